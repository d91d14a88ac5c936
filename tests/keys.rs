//! `tickchain key`: what is written, and what is refused.

#![cfg(all(feature = "daemon", unix))]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "common/http.rs"]
mod http;
#[path = "common/process.rs"]
mod process;

use std::fs;
use std::os::unix::fs::PermissionsExt;

use process::{fails, output, says};
use tempfile::TempDir;

fn file(folder: &TempDir, name: &str) -> String {
    folder.path().join(name).to_str().unwrap().to_owned()
}

fn mode(path: &str) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_key_is_made_once_and_for_its_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let network = file(&folder, "network.key");
    says(&["key", "network", &network], &["--network-key"]);
    assert_eq!(mode(&network), 0o600);
    let text = fs::read_to_string(&network).unwrap();
    let digits = text.trim_end();
    assert_eq!(digits.len(), 64);
    assert!(digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    fails(&["key", "network", &network], 1, &["is there already"]);
    assert_eq!(fs::read_to_string(&network).unwrap(), text, "it stays");
    says(&["key", "show", &network], &["network"]);
    let shown = output(&["key", "show", &network]).stdout;
    assert!(!String::from_utf8(shown).unwrap().contains(digits));

    let nowhere = file(&folder, "nowhere/network.key");
    fails(&["key", "network", &nowhere], 1, &["cannot write"]);
}

#[test]
fn a_nodes_public_key_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let node = file(&folder, "node.key");
    let made = output(&["key", "node", &node]);
    let public = String::from_utf8(made.stdout).unwrap();
    let public = public.trim_end();
    assert_eq!(public.len(), 64);
    assert_eq!(mode(&node), 0o600);
    says(&["key", "show", &node], &[&format!("node {public}")]);
}

#[test]
fn what_is_no_key_or_no_secret_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let key = file(&folder, "node.key");
    let show = ["key", "show", &key];
    fails(&show, 1, &["cannot read", "node.key"]);
    says(&["key", "node", &key], &[]);
    for exposed in [0o640, 0o604, 0o666] {
        fs::set_permissions(&key, fs::Permissions::from_mode(exposed)).unwrap();
        fails(&show, 1, &[&format!("mode {exposed:03o}"), "chmod 600"]);
    }
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    for text in ["", "node\n", "hello", &"0".repeat(63), &"0".repeat(10_000)] {
        fs::write(&key, text).unwrap();
        fails(&show, 1, &["is no key file", "64 hex digits"]);
    }
}
