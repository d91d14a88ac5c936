//! What becomes of a block that is to join the tree.

use crate::ledger::block::Block;
use crate::ledger::draft::PaymentError;
use crate::ledger::hash::{Hash, TxId};
use crate::ledger::header::Difficulty;
use crate::ledger::store::Changes;

/// Why a block does not join the tree, though its own contents may be in order.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The parent is not in the tree.
    #[error("the parent {parent} is not known")]
    UnknownParent {
        /// The parent's hash.
        parent: Hash,
    },
    /// The id does not follow the parent's.
    #[error("block id {id} does not follow its parent, whose next is {expected}")]
    Id {
        /// The block's id.
        id: u64,
        /// The parent's id plus one.
        expected: u64,
    },
    /// The timestamp lies before the parent's.
    #[error("timestamp {timestamp} lies before the parent's, {parent}")]
    Timestamp {
        /// Seconds since 1970 UTC.
        timestamp: i64,
        /// The parent's.
        parent: i64,
    },
    /// The block was checked for less work than this network asks for.
    #[error("hash {hash} ends in {zeros} zero bits, {difficulty} are needed")]
    ProofOfWork {
        /// The block's hash.
        hash: Hash,
        /// Zero bits it ends in.
        zeros: u32,
        /// Zero bits asked for.
        difficulty: Difficulty,
    },
    /// The block was checked by the rules of a network that signs payments in another way, or not at all.
    #[error("payment {id} is of another network: check the block by this ledger's rules")]
    OtherRules {
        /// The block's first payment.
        id: TxId,
    },
    /// A payment of the block, or of one below it on its branch, cannot be paid. That block and all
    /// that stood on it are dropped from the tree.
    #[error("transaction {index} of block {block}: {error}")]
    Payment {
        /// The block with the payment.
        block: Hash,
        /// The payment's position in it.
        index: usize,
        /// What is wrong with it.
        error: PaymentError,
    },
}

impl ConnectError {
    pub(super) fn payment(block: &Block, index: usize, error: PaymentError) -> Self {
        Self::Payment {
            block: block.hash(),
            index,
            error,
        }
    }
}

/// What became of a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inserted {
    /// It was in the tree already.
    Known,
    /// It stands on a side branch; or was dropped at once, as the one with least work of too many (see
    /// [`Changes::removed`]).
    Side,
    /// It stands on the old tip and is the new one.
    Extended,
    /// It is the tip of what was a side branch, which is now the main chain.
    Reorganised {
        /// The blocks that left the main chain, lowest first.
        left: Vec<Block>,
        /// The blocks that joined it, lowest first.
        joined: Vec<Block>,
    },
}

/// What [`Ledger::insert`](super::Ledger::insert) did: the answer, and the changes that must last. There can be changes with
/// an error: an unpayable branch is dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Insertion {
    /// What became of the block.
    pub outcome: Result<Inserted, ConnectError>,
    /// The changes, already staged in the ledger's own store.
    pub changes: Changes,
}
