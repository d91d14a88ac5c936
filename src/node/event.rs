//! What observers are told.

use serde::Serialize;

use super::message::Kind;
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
        about: Option<String>,
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
        about: Option<String>,
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
        about: Option<String>,
        /// Why, in a sentence.
        reason: String,
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

/// How an event names what it is about.
pub(super) fn about(body: &super::Body) -> Option<String> {
    match body {
        super::Body::NewBlock(block) => block.hash.map(|hash| hash.to_string()),
        super::Body::NewTx(transaction) => Some(transaction_id(&transaction.id)),
        super::Body::ReqChain(_) | super::Body::Chain(_) => None,
    }
}

fn transaction_id(id: &TxId) -> String {
    id.to_string()
}
