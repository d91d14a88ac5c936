//! A node as `GET outline` tells: everything that changes from clock to clock, without the chain.

use serde::Deserialize;

use super::network::MiningView;
use crate::ledger::Hash;
use crate::node::State;

/// What `GET outline` answers.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Outline {
    /// The number of the node's last event when this was read.
    pub event: u64,
    /// The id of its tip.
    pub height: u64,
    /// Its tip.
    pub tip: Hash,
    /// Its side blocks, parents first.
    pub side: Vec<Hash>,
    /// Payments in its pool.
    pub pool: u64,
    /// Messages in its inbox.
    pub inbox: u64,
    /// Payments that cannot be paid yet.
    pub waiting: u64,
    /// Payments that wait for their clock.
    pub queued: u64,
    /// How far it is with mining.
    pub mining: Option<MiningView>,
    /// Whether it is switched on.
    pub started: bool,
    /// The interval in milliseconds at which its clock runs by itself.
    pub ticks_itself: Option<u64>,
    /// The state without its blocks.
    pub state: State,
}
