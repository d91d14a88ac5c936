//! Who gets a link, and what becomes of peers that misbehave.

#![cfg(all(feature = "daemon", unix))]
#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![allow(unreachable_pub, reason = "modules of one test")]

#[path = "../common/http.rs"]
mod http;
#[path = "../common/process.rs"]
mod process;
#[path = "../common/raw.rs"]
mod raw;

mod bans;
mod rates;
mod sealed;
mod strangers;
mod throughput;
mod trust;

use std::fs;
use std::os::unix::fs::PermissionsExt;

use process::{Node, Process, text, tickchain, until};
use tempfile::{NamedTempFile, TempDir};

/// A folder with key files.
pub(crate) struct Keys(TempDir);

impl Keys {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// A file for its owner alone.
    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    /// A network key of this byte.
    pub(crate) fn network(&self, byte: u8) -> String {
        self.file(&format!("network{byte}"), &hex::encode([byte; 32]))
    }
}

/// A node that writes its log to a file.
pub(crate) struct Logged {
    pub(crate) node: Node,
    log: NamedTempFile,
}

impl Logged {
    #[track_caller]
    pub(crate) fn start(name: &str, more: &[&str]) -> Self {
        let mut arguments = vec!["node", "--name", name, "--start", "--log", "debug"];
        arguments.extend(["--http", "127.0.0.1:0", "--p2p", "127.0.0.1:0", "--json"]);
        arguments.extend(more);
        let log = NamedTempFile::new().unwrap();
        let mut command = tickchain(&arguments);
        command.stderr(log.reopen().unwrap());
        Self {
            node: Node::of(Process::of(command)),
            log,
        }
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.log.path()).unwrap()
    }

    #[track_caller]
    pub(crate) fn waits_for(&self, words: &str) {
        until(words, || self.log().contains(words));
    }
}

/// The node's public key, as it says itself.
pub(crate) fn public_key(node: &Node) -> String {
    text(&node.process.ready["nodes"][0]["key"])
}
