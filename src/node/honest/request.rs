//! Why a controller's request is refused.

use crate::ledger::{BlockError, ConnectError, HalfSigned, MAX_SAFE_INTEGER, PaymentError, TxId};

/// Why a request was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The node was not started.
    #[error("the node is not started: start it first")]
    NotStarted,
    /// Nodes of this kind do not do this; the honest one does everything.
    #[error("this kind of node does not do that")]
    NotOffered,
    /// The clock never goes back.
    #[error("the clock is at {clock} and never goes back, not to {asked} either")]
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
    /// The payment has a sequence or a signature alone.
    #[error(transparent)]
    HalfSigned(#[from] HalfSigned),
    /// The id belongs to another payment.
    #[error("id {id} belongs to another payment: leave it out or choose another")]
    IdTaken {
        /// The id.
        id: TxId,
    },
    /// The sequence belongs to another payment of its sender.
    #[error(
        "the sender has another payment with sequence {sequence}: sign with one that it has not used"
    )]
    SequenceTaken {
        /// The sequence.
        sequence: u64,
    },
    /// No more payments are taken for now.
    #[error("{kept} payments wait to be mined, which is the most a node keeps: mine a block first")]
    PoolFull {
        /// Payments the node keeps.
        kept: usize,
    },
    /// The block breaks a rule of its own.
    #[error(transparent)]
    Block(#[from] BlockError),
    /// The block does not fit the tree.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The inbox holds no more.
    #[error("the inbox is full: move the clock first")]
    InboxFull,
}
