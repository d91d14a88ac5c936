//! How a block joins the tree.

use super::Ledger;
use crate::ledger::block::Block;
use crate::ledger::draft::{Draft, PaymentError};
use crate::ledger::hash::Hash;
use crate::ledger::header::{Difficulty, Work};
use crate::ledger::store::{Changes, Store};

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
    fn payment(block: &Block, index: usize, error: PaymentError) -> Self {
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

/// What [`Ledger::insert`] did: the answer, and the changes that must last. There can be changes with
/// an error: an unpayable branch is dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Insertion {
    /// What became of the block.
    pub outcome: Result<Inserted, ConnectError>,
    /// The changes, already staged in the ledger's own store.
    pub changes: Changes,
}

impl<S: Store> Ledger<S> {
    /// Takes a block into the tree and, when its branch has more work than the main chain, makes that
    /// branch the main chain.
    ///
    /// A side branch is not checked for payments until it would become the main chain: only then is it
    /// known what its accounts hold.
    pub fn insert(&mut self, block: Block) -> Insertion {
        let mut changes = Changes::default();
        let outcome = self.try_insert(block, &mut changes);
        if !changes.is_empty() {
            self.store.stage(&changes);
        }
        Insertion { outcome, changes }
    }

    fn try_insert(
        &mut self,
        block: Block,
        changes: &mut Changes,
    ) -> Result<Inserted, ConnectError> {
        if self.contains(&block.hash()) {
            return Ok(Inserted::Known);
        }
        let work = self.check_header(&block)?;
        if block.header().previous_block_hash == self.tip.hash() {
            self.extend(block, work, changes)?;
            return Ok(Inserted::Extended);
        }
        let inserted = if work > self.work {
            let (left, joined) = self.reorganise(block, work, changes)?;
            Inserted::Reorganised { left, joined }
        } else {
            self.add_side(&block, work);
            changes.added.push((block, work));
            Inserted::Side
        };
        changes.removed = self.side.prune();
        Ok(inserted)
    }

    /// The work of the block's branch, when the block fits its parent.
    fn check_header(&self, block: &Block) -> Result<Work, ConnectError> {
        let header = block.header();
        let parent = header.previous_block_hash;
        let above = self
            .store
            .entry(&parent)
            .ok_or(ConnectError::UnknownParent { parent })?;
        let expected = above.header.id + 1;
        if header.id != expected {
            return Err(ConnectError::Id {
                id: header.id,
                expected,
            });
        }
        if header.timestamp < above.header.timestamp {
            let (timestamp, parent) = (header.timestamp, above.header.timestamp);
            return Err(ConnectError::Timestamp { timestamp, parent });
        }
        // The block was checked, but perhaps for another network.
        if !self.difficulty.is_met_by(&block.hash()) {
            return Err(ConnectError::ProofOfWork {
                hash: block.hash(),
                zeros: block.hash().trailing_zeros(),
                difficulty: self.difficulty,
            });
        }
        Ok(above.work + self.difficulty.work())
    }

    fn extend(
        &mut self,
        block: Block,
        work: Work,
        changes: &mut Changes,
    ) -> Result<(), ConnectError> {
        let mut draft = Draft::with_capacity(block.transactions().len());
        let undo = draft
            .connect(&self.store, &block)
            .map_err(|(index, error)| ConnectError::payment(&block, index, error))?;
        draft.into_changes(changes);
        changes.connected.push((block.hash(), undo));
        changes.added.push((block.clone(), work));
        (self.tip, self.work) = (block, work);
        Ok(())
    }

    /// Makes the branch that ends in `tip` the main chain; the blocks that left and those that joined,
    /// lowest first. When a payment cannot be paid, the main chain stays as it was and its block is
    /// dropped with all that stands on it.
    fn reorganise(
        &mut self,
        tip: Block,
        work: Work,
        changes: &mut Changes,
    ) -> Result<(Vec<Block>, Vec<Block>), ConnectError> {
        let joined = self.branch_of(&tip);
        let left = self.main_chain_from(joined[0].id());
        let mut draft = Draft::default();
        for block in left.iter().rev() {
            let undo = self.store.undo(&block.hash());
            draft.disconnect(
                &self.store,
                block,
                &undo.expect("main-chain blocks have undo data"),
            );
        }
        let mut connected = Vec::with_capacity(joined.len());
        for block in &joined {
            match draft.connect(&self.store, block) {
                Ok(undo) => connected.push((block.hash(), undo)),
                Err((index, error)) => {
                    changes.removed = self.side.remove_branch(&block.hash());
                    return Err(ConnectError::payment(block, index, error));
                }
            }
        }
        draft.into_changes(changes);
        changes.added.push((tip.clone(), work));
        changes.disconnected = left.iter().rev().map(Block::hash).collect();
        changes.connected = connected;
        self.swap_sides(&left, &joined);
        (self.tip, self.work) = (tip, work);
        Ok((left, joined))
    }

    /// The blocks from the main chain up to `tip`, which need not be in the tree, lowest first.
    fn branch_of(&self, tip: &Block) -> Vec<Block> {
        let mut branch = vec![tip.clone()];
        let mut parent = tip.header().previous_block_hash;
        while !self.is_on_main_chain(&parent) {
            let block = self
                .store
                .block(&parent)
                .expect("side blocks have their parents in the tree");
            parent = block.header().previous_block_hash;
            branch.push(block);
        }
        branch.reverse();
        branch
    }

    fn main_chain_from(&self, id: u64) -> Vec<Block> {
        (id..=self.tip.id())
            .map(|id| {
                self.block_at(id)
                    .expect("the main chain has every id up to its tip's")
            })
            .collect()
    }

    fn swap_sides(&mut self, left: &[Block], joined: &[Block]) {
        for block in joined.iter().rev() {
            self.side.remove(&block.hash());
        }
        for block in left {
            let entry = self.store.entry(&block.hash());
            let work = entry.expect("main-chain blocks are in the tree").work;
            self.add_side(block, work);
        }
    }

    fn add_side(&mut self, block: &Block, work: Work) {
        let parent = block.header().previous_block_hash;
        self.side
            .insert(block.hash(), parent, work, block.transactions().len());
    }
}
