//! How a block joins the tree.

use super::Ledger;
use super::outcome::{ConnectError, Inserted, Insertion};
use crate::ledger::block::Block;
use crate::ledger::draft::Draft;

use crate::ledger::header::Work;
use crate::ledger::store::{Changes, Store};

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
        let (above, work) = if parent == self.tip.hash() {
            (*self.tip.header(), self.work)
        } else {
            let entry = self.store.entry(&parent);
            let entry = entry.ok_or(ConnectError::UnknownParent { parent })?;
            (entry.header, entry.work)
        };
        let expected = above.id + 1;
        if header.id != expected {
            return Err(ConnectError::Id {
                id: header.id,
                expected,
            });
        }
        if header.timestamp < above.timestamp {
            let (timestamp, parent) = (header.timestamp, above.timestamp);
            return Err(ConnectError::Timestamp { timestamp, parent });
        }
        // The block was checked, but perhaps for another network.
        let difficulty = self.difficulty();
        if !difficulty.is_met_by(&block.hash()) {
            return Err(ConnectError::ProofOfWork {
                hash: block.hash(),
                zeros: block.hash().trailing_zeros(),
                difficulty,
            });
        }
        // All its payments were checked by the same rules: one of them tells whether by these.
        let first = block.transactions().first();
        if let Some(foreign) = first.filter(|first| !self.rules.is_ours(first)) {
            return Err(ConnectError::OtherRules { id: foreign.id });
        }
        Ok(work + difficulty.work())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{
        Difficulty, Genesis, Hash, MAX_SIDE_BLOCKS, PaymentError, Transaction, TxId, UncheckedBlock,
    };

    fn ledger() -> Ledger {
        let genesis = Genesis {
            difficulty: Difficulty::new(0).unwrap(),
            ..Genesis::default()
        };
        Ledger::new(&genesis).unwrap()
    }

    /// A block on `parent`; `nonce` tells it from its twins.
    fn child(parent: &Block, nonce: u64, payments: &[(u128, &str, &str, u64)]) -> UncheckedBlock {
        let payment = |&(id, sender, recipient, value): &(u128, &str, &str, u64)| Transaction {
            id: TxId::from(id),
            sender: Some(sender.parse().unwrap()),
            recipient: recipient.parse().unwrap(),
            value: value.try_into().unwrap(),
            signed: None,
        };
        UncheckedBlock {
            id: parent.id() + 1,
            hash: None,
            timestamp: parent.header().timestamp,
            transactions: payments.iter().map(payment).collect(),
            previous_block_hash: parent.hash(),
            nonce,
        }
    }

    #[test]
    fn a_block_that_does_not_fit_its_parent_is_refused() {
        let mut ledger = ledger();
        let genesis = ledger.genesis().clone();
        let parent = Hash([3; 32]);
        let stray = UncheckedBlock {
            previous_block_hash: parent,
            ..child(&genesis, 0, &[])
        };
        let unknown = ConnectError::UnknownParent { parent };
        assert_eq!(ledger.insert(stray.seal()).outcome, Err(unknown));
        let skipping = UncheckedBlock {
            id: 2,
            ..child(&genesis, 0, &[])
        };
        let wrong = ConnectError::Id { id: 2, expected: 1 };
        assert_eq!(ledger.insert(skipping.seal()).outcome, Err(wrong));
        let parent = genesis.header().timestamp;
        let timestamp = parent - 1;
        let early = UncheckedBlock {
            timestamp,
            ..child(&genesis, 0, &[])
        };
        let insertion = ledger.insert(early.seal());
        let wrong = ConnectError::Timestamp { timestamp, parent };
        assert_eq!(insertion.outcome, Err(wrong));
        assert_eq!(insertion.changes, Changes::default());
        assert_eq!(ledger.store(), super::tests::ledger().store());
    }

    #[test]
    fn a_block_checked_for_another_network_is_refused() {
        let mut ledger = Ledger::new(&Genesis::default()).unwrap();
        let easy = child(ledger.genesis(), 0, &[]).check(&Difficulty::new(0).unwrap().into());
        let insertion = ledger.insert(easy.unwrap());
        assert!(
            matches!(insertion.outcome, Err(ConnectError::ProofOfWork { zeros, .. }) if zeros < 12)
        );
    }

    #[test]
    fn the_first_of_equals_stays_and_more_work_wins() {
        let mut ledger = ledger();
        let genesis = ledger.genesis().clone();
        let first = child(&genesis, 1, &[(10, "aki", "so", 2)]).seal();
        let second = child(&genesis, 2, &[(11, "so", "new", 1)]).seal();
        let third = child(&second, 3, &[]).seal();
        assert_eq!(ledger.insert(first.clone()).outcome, Ok(Inserted::Extended));
        assert_eq!(ledger.insert(second.clone()).outcome, Ok(Inserted::Side));
        assert_eq!(ledger.tip(), &first);
        assert_eq!(ledger.balance(&"new".parse().unwrap()), None);
        let expected = Inserted::Reorganised {
            left: vec![first.clone()],
            joined: vec![second, third.clone()],
        };
        assert_eq!(ledger.insert(third.clone()).outcome, Ok(expected));
        assert_eq!(ledger.insert(third).outcome, Ok(Inserted::Known));
        assert_eq!(ledger.balance(&"aki".parse().unwrap()), Some(2));
        assert_eq!(ledger.block_of(&TxId::from(10)), None);
        assert_eq!(ledger.block_of(&TxId::from(11)), Some(1));
        assert!(ledger.side_blocks().eq([&first.hash()]));
    }

    #[test]
    fn an_unpayable_branch_is_dropped_from_its_bad_block_on() {
        let mut ledger = ledger();
        let genesis = ledger.genesis().clone();
        let main = child(&genesis, 1, &[]).seal();
        let good = child(&genesis, 2, &[]).seal();
        let bad = child(&good, 3, &[(10, "so", "aki", 1), (11, "aki", "so", 4)]);
        let bad = bad.seal();
        let above = child(&bad, 4, &[]).seal();
        for block in [&main, &good] {
            ledger.insert(block.clone()).outcome.unwrap();
        }
        // At equal work the branch is not looked at; its third block would make it the best.
        let longer = child(&main, 5, &[]).seal();
        ledger.insert(longer.clone()).outcome.unwrap();
        ledger.insert(bad.clone()).outcome.unwrap();
        let insertion = ledger.insert(above);
        let error = PaymentError::Overdrawn {
            account: "aki".parse().unwrap(),
            balance: 3,
            value: 4,
        };
        let expected = ConnectError::Payment {
            block: bad.hash(),
            index: 1,
            error,
        };
        assert_eq!(insertion.outcome, Err(expected));
        assert_eq!(insertion.changes.removed, [bad.hash()]);
        assert_eq!(ledger.tip(), &longer);
        assert!(ledger.side_blocks().eq([&good.hash()]));
    }

    #[test]
    fn side_blocks_are_capped_and_the_changes_say_which_went() {
        let mut ledger = ledger();
        let genesis = ledger.genesis().clone();
        ledger
            .insert(child(&genesis, 0, &[]).seal())
            .outcome
            .unwrap();
        let mut copy = ledger.store().clone();
        for nonce in (1..).take(MAX_SIDE_BLOCKS) {
            let insertion = ledger.insert(child(&genesis, nonce, &[]).seal());
            assert!(insertion.changes.removed.is_empty());
            copy.stage(&insertion.changes);
        }
        let newest = child(&genesis, u64::MAX, &[]).seal();
        let insertion = ledger.insert(newest.clone());
        assert_eq!(insertion.outcome, Ok(Inserted::Side));
        assert_eq!(insertion.changes.removed, [newest.hash()]);
        assert!(!ledger.contains(&newest.hash()));
        copy.stage(&insertion.changes);
        assert_eq!(&copy, ledger.store());
        assert_eq!(ledger.side_blocks().count(), MAX_SIDE_BLOCKS);
    }
}
