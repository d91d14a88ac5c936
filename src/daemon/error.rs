//! What keeps the daemon from running.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use super::controller::ControllerError;
use super::controller::scenario::ScenarioError;
use super::genesis_file::GenesisFileError;
use super::key::KeyError;
use super::links::AllowListError;
use super::node_api::{PeerAddress, PeerError};
use super::sim::SimError;
use super::storage::{ChainError, DataDirError};
use crate::driver::DriverError;
use crate::ledger::GenesisError;

/// Why the daemon cannot run. Each says what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DaemonError {
    /// The options do not fit together.
    #[error("{0}")]
    Usage(String),
    /// A socket cannot listen.
    #[error("{}", cannot_listen(.address, .option, .source))]
    Bind {
        /// Where it was to listen.
        address: SocketAddr,
        /// The option that says so.
        option: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// The genesis file cannot be used.
    #[error(transparent)]
    GenesisFile(#[from] GenesisFileError),
    /// The network's parameters make no genesis block.
    #[error("the network's parameters make no genesis block: {0}")]
    Genesis(#[from] GenesisError),
    /// The data directory cannot be used.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// A data directory could not be verified, exported or imported.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// A peer cannot be dialled.
    #[error("{0}: check --peer")]
    Peer(#[from] PeerError),
    /// The node does not answer.
    #[error("the node does not run: {0}")]
    Driver(#[from] DriverError),
    /// The nodes of a mesh found no way to each other.
    #[error("{node} has no link to {} after {seconds} seconds: look for the reason with --log info", list(.missing))]
    NotLinked {
        /// The first node that misses a link.
        node: String,
        /// Whom it misses.
        missing: Vec<PeerAddress>,
        /// How long was waited.
        seconds: u64,
    },
    /// A scenario file cannot be used.
    #[error(transparent)]
    Scenario(Box<ScenarioError>),
    /// A simulation cannot be run.
    #[error(transparent)]
    Sim(Box<SimError>),
    /// Scenarios did not go as they expect.
    #[error("{failed} of {of} scenarios did not go as expected: the report says where")]
    Unmet {
        /// How many.
        failed: usize,
        /// Of so many.
        of: usize,
    },
    /// The simulator is not as it should be.
    #[error("{failed} of {of} checks do not hold: the table says which")]
    Unheld {
        /// How many.
        failed: usize,
        /// Of so many.
        of: usize,
    },
    /// A signal ended a run before its time.
    #[error("{signal}: stopped before the end")]
    Interrupted {
        /// The signal.
        signal: &'static str,
    },
    /// The controller does not run.
    #[error(transparent)]
    Controller(#[from] Box<ControllerError>),
    /// A file with a token cannot be used.
    #[error("{}: {reason}: give a file with the nodes' token in one line with --node-token-file", .path.display())]
    TokenFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A key file cannot be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A list of peers cannot be used.
    #[error(transparent)]
    AllowList(#[from] AllowListError),
    /// The system gives no random numbers.
    #[error("the system gives no random numbers: {0}")]
    Random(getrandom::Error),
    /// Anything else that the system refused.
    #[error("{what}: {source}")]
    System {
        /// What was tried.
        what: &'static str,
        /// What the system says.
        source: io::Error,
    },
}

impl DaemonError {
    /// What the program ends with: 2 for wrong usage, 1 for all else.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) | Self::Peer(_) | Self::Scenario(_) | Self::Sim(_) => 2,
            Self::DataDir(error) => error.exit_code(),
            Self::Chain(error) => error.exit_code(),
            _ => 1,
        }
    }
}

impl From<ScenarioError> for DaemonError {
    fn from(error: ScenarioError) -> Self {
        Self::Scenario(Box::new(error))
    }
}

impl From<SimError> for DaemonError {
    fn from(error: SimError) -> Self {
        Self::Sim(Box::new(error))
    }
}

impl From<ControllerError> for DaemonError {
    fn from(error: ControllerError) -> Self {
        match error {
            ControllerError::Fleet(error) => *error,
            error => Self::Controller(Box::new(error)),
        }
    }
}

fn cannot_listen(address: &SocketAddr, option: &str, error: &io::Error) -> String {
    let (ip, port) = (address.ip(), address.port());
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            format!("port {port} is taken: stop what uses it or choose another with {option}")
        }
        io::ErrorKind::AddrNotAvailable => format!(
            "this machine has no address {ip}: give one of its own, or 127.0.0.1, with {option}"
        ),
        io::ErrorKind::PermissionDenied => {
            format!("port {port} may not be used by this user: choose one above 1023 with {option}")
        }
        _ => format!("cannot listen on {address}: {error}: choose another with {option}"),
    }
}

fn list(addresses: &[PeerAddress]) -> String {
    let texts: Vec<String> = addresses.iter().map(PeerAddress::to_string).collect();
    texts.join(", ")
}
