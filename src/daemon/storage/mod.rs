//! Where the daemon's nodes keep what they know: in memory, or in a data directory.

mod absent;
mod chain;
mod changes;
mod check;
mod codec;
mod dir;
mod disk_storage;
mod error;
mod health;
mod identity;
mod journal;
mod kept;
mod manifest;
mod message;
mod node_store;
mod overlay;
mod payment_log;
mod schema;
mod space;
mod store;
mod tables;
mod unfinished;
mod writer;

#[doc(hidden)]
pub use chain::fuzzing;
pub(in crate::daemon) use chain::run as run_chain;
pub use chain::{ChainArgs, ChainCommand, ChainError};
pub use dir::{DataDir, Kept, Opened};
pub use disk_storage::DiskStorage;
pub use error::{DAMAGED_EXIT_CODE, DataDirError};
pub use health::StorageHealth;
pub use node_store::NodeStore;
pub use space::RESERVED_BYTES;
pub use store::DiskStore;

use crate::ledger::{GenesisError, Ledger};
use crate::node::{Config, HonestNode};

/// The node that the daemon runs.
pub type DaemonNode = HonestNode<NodeStore>;

/// A node in memory, which says nothing of what must last.
///
/// ```
/// use tickchain::daemon::storage;
/// use tickchain::driver::{Driver, Options};
/// use tickchain::node::Config;
///
/// let node = storage::in_memory(Config::new("node1".parse()?))?;
/// let (driver, handle) = Driver::new(node, Options::default());
/// # let _ = (driver, handle);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// A [`GenesisError`] when its network cannot be.
pub fn in_memory(config: Config) -> Result<DaemonNode, GenesisError> {
    let ledger = Ledger::open(&config.genesis, NodeStore::default())?;
    Ok(HonestNode::with_ledger(config, ledger).without_persist())
}
