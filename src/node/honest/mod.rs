//! The honest node.

use super::*;
use crate::ledger::*;
use serde::{Deserialize, Serialize};

/// STUB
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
    /// The document's defaults under this name.
    pub fn new(name: Name) -> Self {
        Self {
            name,
            genesis: Genesis::default(),
            costs: Costs::default(),
        }
    }
}

/// What each activity costs, in clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Costs {
    /// Mining.
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
    /// So many clocks; the block joins at the last of them.
    Clocks(u64),
    /// Until the nonce is found, alongside everything else.
    UntilFound {
        /// Whether mining goes on by itself, without being asked.
        continuous: bool,
    },
}

/// Why a request was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The node was not started.
    #[error("the node is not started: start it first")]
    NotStarted,
    /// The clock never goes back.
    #[error("the clock is at {clock} already and never goes back to {asked}")]
    ClockBehind {
        /// The node's clock.
        clock: u64,
        /// The clock asked for.
        asked: u64,
    },
    /// Clocks stay below 2^53.
    #[error("clock {asked} is above {MAX_SAFE_INTEGER}")]
    ClockTooHigh {
        /// The clock asked for.
        asked: u64,
    },
    /// The payment breaks a rule.
    #[error(transparent)]
    Payment(#[from] PaymentError),
    /// The id belongs to another payment.
    #[error("id {id} belongs to another payment: leave it out or choose another")]
    IdTaken {
        /// The id.
        id: TxId,
    },
    /// No more payments are taken for now.
    #[error("{waiting} payments wait for a block already, the most a node keeps: mine first")]
    PoolFull {
        /// Payments that wait.
        waiting: usize,
    },
    /// The block breaks a rule of its own.
    #[error(transparent)]
    Block(#[from] BlockError),
    /// The block does not fit the tree.
    #[error(transparent)]
    Connect(#[from] ConnectError),
}

/// The whole node as one versioned document. STUB
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// The version of this document.
    pub version: u32,
}

/// The honest node. STUB
#[derive(Debug, Clone)]
pub struct HonestNode<S = MemoryStore> {
    ledger: Ledger<S>,
    config: Config,
}

impl HonestNode {
    /// A node in memory.
    pub fn new(config: Config) -> Result<Self, GenesisError> {
        Ok(Self {
            ledger: Ledger::new(&config.genesis)?,
            config,
        })
    }
}

impl<S: Store> HonestNode<S> {
    /// Its name.
    pub fn name(&self) -> &Name {
        &self.config.name
    }
    /// Its ledger.
    pub fn ledger(&self) -> &Ledger<S> {
        &self.ledger
    }
    /// The pool, in the order it is paid.
    pub fn pool(&self) -> impl Iterator<Item = &Transaction> {
        std::iter::empty()
    }
    /// Messages in the inbox.
    pub fn inbox_len(&self) -> usize {
        0
    }
    /// Payments that wait.
    pub fn waiting(&self) -> impl Iterator<Item = &Transaction> {
        std::iter::empty()
    }
    /// Where a payment is; `None` when it was never heard of.
    pub fn place(&self, _id: &TxId) -> Option<Place> {
        None
    }
    /// The whole node as a document.
    pub fn state(&self) -> State {
        State { version: 1 }
    }
    /// Becomes what the document says; links stay.
    pub fn restore(&mut self, _state: State) -> Result<(), StateError> {
        Ok(())
    }
}

/// Why a state was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// The version is not known.
    #[error("state version {version} is not known, this node reads version 1")]
    Version {
        /// The version given.
        version: u32,
    },
}

impl<S: Store> Node for HonestNode<S> {
    type Message = Message;

    fn handle(&mut self, _input: Input<Message>) -> Vec<Effect<Message>> {
        Vec::new()
    }
    fn next_clock(&self) -> Option<u64> {
        None
    }
    fn clock(&self) -> u64 {
        0
    }
    fn status(&self) -> Status {
        Status::Idle
    }
    fn is_started(&self) -> bool {
        false
    }
}
