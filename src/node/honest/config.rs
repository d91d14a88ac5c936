//! What an honest node is made with.

use crate::ledger::Genesis;
use crate::node::Name;

/// What an honest node is made with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The node's name, unique in its network.
    pub name: Name,
    /// The network.
    pub genesis: Genesis,
    /// What activities cost.
    pub costs: Costs,
}

impl Config {
    /// A node of this name with the default genesis block and costs.
    pub fn new(name: Name) -> Self {
        Self {
            name,
            genesis: Genesis::default(),
            costs: Costs::default(),
        }
    }
}

/// What each activity costs, in clocks. The default: mining 3, all else 1. An
/// activity that costs 0 happens within the same clock as what comes after it.
///
/// Sending and taking in happen at the first of their clocks; a mined block joins at the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Costs {
    /// Mining a block.
    pub mining: MiningCost,
    /// Sending blocks on.
    pub broadcasting_block: u64,
    /// Sending payments on.
    pub broadcasting_tx: u64,
    /// Taking in blocks.
    pub receiving_block: u64,
    /// Taking in payments.
    pub receiving_tx: u64,
}

impl Default for Costs {
    fn default() -> Self {
        Self {
            mining: MiningCost::Clocks(3),
            broadcasting_block: 1,
            broadcasting_tx: 1,
            receiving_block: 1,
            receiving_tx: 1,
        }
    }
}

/// How long mining lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MiningCost {
    /// So many clocks, at which nothing else is done. The block joins the chain at the last, where
    /// the clock stands still until the nonce is there.
    Clocks(u64),
    /// Until the nonce is found, alongside everything else: the block joins when it is.
    UntilFound {
        /// Whether mining goes on by itself, without being asked.
        continuous: bool,
    },
}
