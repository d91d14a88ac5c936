//! Where the daemon's nodes keep their ledger.

mod changes;
mod codec;
mod error;
mod journal;
mod node_store;
mod overlay;
mod store;
mod tables;

pub use error::{DAMAGED_EXIT_CODE, DataDirError};
pub use node_store::NodeStore;
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
