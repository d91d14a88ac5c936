//! Why a controller does not do as asked.

use std::time::Duration;

use super::action::MAX_TICKS;
use super::network_file::NetworkFileError;
use super::snapshots::SnapshotError;
use super::url::UrlError;
use crate::daemon::DaemonError;
use crate::node::Name;

/// Why a controller does not do as asked. Each says what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ControllerError {
    /// No such node.
    #[error("there is no node {name}: the nodes are {}", list(.names))]
    UnknownNode {
        /// The name given.
        name: Name,
        /// The names there are.
        names: Vec<Name>,
    },
    /// Something runs already.
    #[error("{what} runs already: pause it first, with POST /pause")]
    Busy {
        /// What runs.
        what: String,
    },
    /// The action cannot be done as it is asked for.
    #[error("{0}")]
    Malformed(String),
    /// The action does not fit what is.
    #[error("{0}")]
    Conflict(String),
    /// What is asked for is not there.
    #[error("{0}")]
    Absent(String),
    /// A number of ticks that is none.
    #[error("{asked} ticks: ask for 1 to {MAX_TICKS}")]
    Ticks {
        /// The number given.
        asked: u64,
    },
    /// A node cannot be used by its URL.
    #[error(transparent)]
    Url(#[from] UrlError),
    /// A node was asked and gave no answer that could be used.
    #[error(transparent)]
    Call(#[from] CallError),
    /// A node of this controller's cannot run.
    #[error("the node cannot run: {0}")]
    Fleet(Box<DaemonError>),
    /// A network file is none, or too large.
    #[error(transparent)]
    NetworkFile(#[from] NetworkFileError),
    /// There is no such snapshot, or none can be made.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// The controller is over.
    #[error("the controller is stopping: start the program again")]
    Stopped,
}

impl From<DaemonError> for ControllerError {
    fn from(error: DaemonError) -> Self {
        Self::Fleet(Box::new(error))
    }
}

/// Why a node's answer cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// Nobody is there.
    #[error("{node} cannot be reached at {at} ({source}): look whether it runs")]
    Unreachable {
        /// The node.
        node: String,
        /// Where it should be.
        at: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// The connection ended before the answer did.
    #[error(
        "{node} ended the connection before it answered {call} ({reason}): look whether it runs"
    )]
    Broken {
        /// The node.
        node: String,
        /// What it was asked.
        call: String,
        /// What is known of it.
        reason: String,
    },
    /// No answer in time.
    #[error("{node} has not answered {call} within {} ms: look whether it runs", .limit.as_millis())]
    Late {
        /// The node.
        node: String,
        /// What it was asked.
        call: String,
        /// How long was waited.
        limit: Duration,
    },
    /// The node said no.
    #[error("{node} says to {call}: {detail}")]
    Refused {
        /// The node.
        node: String,
        /// What it was asked.
        call: String,
        /// The status of its answer.
        status: u16,
        /// Its reason.
        detail: String,
    },
    /// The answer is larger than any such answer.
    #[error(
        "{node} answered {call} with more than {cap} bytes: this is no tickchain node of this version"
    )]
    TooLarge {
        /// The node.
        node: String,
        /// What it was asked.
        call: String,
        /// The most that is read.
        cap: usize,
    },
    /// The answer is none.
    #[error(
        "{node} answered {call} with something else than expected ({reason}): run the same version of tickchain there"
    )]
    Strange {
        /// The node.
        node: String,
        /// What it was asked.
        call: String,
        /// What is wrong with it.
        reason: String,
    },
}

fn list(names: &[Name]) -> String {
    let names: Vec<&str> = names.iter().map(Name::as_str).collect();
    match names.is_empty() {
        true => "none yet".to_owned(),
        false => names.join(", "),
    }
}
