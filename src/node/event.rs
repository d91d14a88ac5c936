//! What observers are told.

use std::sync::Arc;

use serde::Serialize;

use super::message::{Body, Kind};
use super::{Name, Status};
use crate::ledger::{Hash, Transaction, TxId};

/// Something that happened in a node, for people and controllers to see. As JSON its kind stands
/// under `type`, in snake case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// The node was started.
    Started,
    /// The node was reset.
    Reset,
    /// The node lived a clock. Idle clocks that were skipped are told of once, with the last.
    Clock {
        /// The clock.
        clock: u64,
        /// What the node did at it.
        status: Status,
    },
    /// A link is up.
    PeerUp {
        /// The peer.
        peer: Name,
    },
    /// A link is gone.
    PeerDown {
        /// The peer.
        peer: Name,
    },
    /// A message was sent.
    Sent {
        /// To whom.
        to: Name,
        /// Its kind.
        kind: Kind,
        /// Its sequence number.
        sequence: u64,
        /// The block's hash or the payment's id it is about, where it is about one.
        #[serde(skip_serializing_if = "Option::is_none")]
        about: Option<About>,
    },
    /// A message arrived and is in the inbox.
    Received {
        /// From whom.
        from: Name,
        /// Its kind.
        kind: Kind,
        /// The sender's sequence number.
        sequence: u64,
        /// The block's hash or the payment's id it is about, where it is about one.
        #[serde(skip_serializing_if = "Option::is_none")]
        about: Option<About>,
    },
    /// Mining began: the candidate is made.
    MiningBegan {
        /// The id the block will have.
        id: u64,
        /// Its payments.
        transactions: usize,
    },
    /// Mining ended without a block: another one moved the tip.
    MiningDropped {
        /// The id the block would have had.
        id: u64,
    },
    /// A block was mined and is the tip.
    Mined {
        /// Its id.
        id: u64,
        /// Its hash.
        hash: Hash,
    },
    /// A block joined the tree.
    Block {
        /// Its id.
        id: u64,
        /// Its hash.
        hash: Hash,
        /// Its parent's hash.
        previous_block_hash: Hash,
        /// Its payments.
        transactions: usize,
        /// Whether it is on the main chain now.
        main: bool,
    },
    /// Another branch became the main chain.
    Reorganisation {
        /// The id of the last block both branches share.
        fork: u64,
        /// Hashes of the blocks that left, lowest first.
        left: Vec<Hash>,
        /// Hashes of the blocks that joined, lowest first.
        joined: Vec<Hash>,
    },
    /// A payment is somewhere else now.
    Payment {
        /// The payment.
        transaction: Transaction,
        /// Where it is.
        place: Place,
    },
    /// Blocks are asked for from a peer that knows more.
    CatchingUp {
        /// The peer that was asked.
        peer: Name,
    },
    /// Something was refused.
    Refused {
        /// Who brought it; `None` for a controller.
        #[serde(skip_serializing_if = "Option::is_none")]
        from: Option<Name>,
        /// The block's hash or the payment's id, where there is one.
        #[serde(skip_serializing_if = "Option::is_none")]
        about: Option<About>,
        /// Why, in a sentence. Shared, since a flood is refused thousands of times for the same reason.
        reason: Arc<str>,
    },
}

/// Where a payment is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "place", rename_all = "snake_case")]
pub enum Place {
    /// Accepted but not in the pool: it waits for its clock, or until it can be paid.
    Waiting,
    /// In the pool, payable.
    Pool,
    /// In a block of the main chain.
    Block {
        /// The block's id.
        id: u64,
    },
    /// Refused, or given up.
    Refused {
        /// Why, in a sentence.
        reason: String,
    },
}

/// The block or payment that an event is about: in JSON its hash or id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum About {
    /// A block.
    Block(Hash),
    /// A payment.
    Payment(TxId),
}

impl About {
    /// What a message is about, where it is about one thing.
    pub fn of(body: &Body) -> Option<Self> {
        match body {
            Body::NewBlock(block) => block.hash.map(Self::Block),
            Body::NewTx(transaction) => Some(Self::Payment(transaction.id)),
            Body::ReqChain(_) | Body::Chain { .. } => None,
        }
    }
}
