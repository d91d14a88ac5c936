//! Which side blocks are kept: least work goes first.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::hash::Hash;
use super::header::Work;

/// The most side blocks a tree keeps. A partition that lasted longer than this on its lighter side
/// cannot heal by reorganisation.
pub const MAX_SIDE_BLOCKS: usize = 10_000;

/// The most payments all side blocks have together, which bounds their memory to some 300 MB.
pub const MAX_SIDE_TRANSACTIONS: usize = 1_000_000;

#[derive(Debug, Clone)]
struct SideBlock {
    parent: Hash,
    work: Work,
    added: u64,
    transactions: usize,
}

/// The side blocks of a tree. Only a branch's last block can be dropped, so that no block is kept
/// whose parent is not.
#[derive(Debug, Clone, Default)]
pub(super) struct SideBlocks {
    blocks: BTreeMap<Hash, SideBlock>,
    /// Side blocks by parent, which is a side block or on the main chain.
    children: BTreeMap<Hash, BTreeSet<Hash>>,
    /// The last blocks of all side branches, least work first; of equals, the newest first.
    leaves: BTreeSet<(Work, Reverse<u64>, Hash)>,
    added: u64,
    transactions: usize,
}

impl SideBlocks {
    /// Takes in a block whose parent is here or on the main chain.
    pub(super) fn insert(&mut self, hash: Hash, parent: Hash, work: Work, transactions: usize) {
        self.added += 1;
        self.transactions += transactions;
        if let Some(above) = self.blocks.get(&parent) {
            self.leaves
                .remove(&(above.work, Reverse(above.added), parent));
        }
        self.children.entry(parent).or_default().insert(hash);
        let added = self.added;
        self.blocks.insert(
            hash,
            SideBlock {
                parent,
                work,
                added,
                transactions,
            },
        );
        if !self.children.contains_key(&hash) {
            self.leaves.insert((work, Reverse(added), hash));
        }
    }

    /// Takes out a block that joins the main chain or is dropped. Its children, if any, stay.
    pub(super) fn remove(&mut self, hash: &Hash) {
        let Some(block) = self.blocks.remove(hash) else {
            return;
        };
        self.transactions -= block.transactions;
        self.leaves
            .remove(&(block.work, Reverse(block.added), *hash));
        let siblings = self
            .children
            .get_mut(&block.parent)
            .expect("a child is listed");
        siblings.remove(hash);
        if siblings.is_empty() {
            self.children.remove(&block.parent);
            if let Some(parent) = self.blocks.get(&block.parent) {
                self.leaves
                    .insert((parent.work, Reverse(parent.added), block.parent));
            }
        }
    }

    /// Drops blocks until both caps hold; which ones.
    pub(super) fn prune(&mut self) -> Vec<Hash> {
        self.prune_to(MAX_SIDE_BLOCKS, MAX_SIDE_TRANSACTIONS)
    }

    fn prune_to(&mut self, blocks: usize, transactions: usize) -> Vec<Hash> {
        let mut dropped = Vec::new();
        while self.blocks.len() > blocks || self.transactions > transactions {
            let leaf = self.leaves.first();
            let (_, _, leaf) = *leaf.expect("side blocks that are there have a leaf");
            self.remove(&leaf);
            dropped.push(leaf);
        }
        dropped
    }

    /// Drops `root`, if it is here, and all that stands on it; which blocks, children first.
    pub(super) fn remove_branch(&mut self, root: &Hash) -> Vec<Hash> {
        if !self.blocks.contains_key(root) {
            return Vec::new();
        }
        let mut branch = vec![*root];
        let mut next = 0;
        while next < branch.len() {
            branch.extend(self.children.get(&branch[next]).into_iter().flatten());
            next += 1;
        }
        branch.reverse();
        for hash in &branch {
            self.remove(hash);
        }
        branch
    }

    /// The hashes of all side blocks, ordered.
    pub(super) fn hashes(&self) -> impl Iterator<Item = &Hash> {
        self.blocks.keys()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MAIN: Hash = Hash::ZERO;

    fn hash(number: u8) -> Hash {
        Hash([number; 32])
    }

    #[test]
    fn least_work_goes_first_and_of_equals_the_newest() {
        let mut side = SideBlocks::default();
        for (number, work) in [(1, 5), (2, 3), (3, 3), (4, 4)] {
            side.insert(hash(number), MAIN, work, 0);
        }
        assert_eq!(side.prune_to(1, 0), [hash(3), hash(2), hash(4)]);
        assert!(side.hashes().eq([&hash(1)]));
    }

    #[test]
    fn a_branch_goes_from_its_end() {
        let mut side = SideBlocks::default();
        side.insert(hash(1), MAIN, 1, 0);
        side.insert(hash(2), hash(1), 2, 0);
        side.insert(hash(3), MAIN, 2, 0);
        assert_eq!(side.prune_to(0, 0), [hash(3), hash(2), hash(1)]);
    }

    #[test]
    fn payments_are_counted_as_blocks_come_and_go() {
        let mut side = SideBlocks::default();
        side.insert(hash(1), MAIN, 1, 60);
        side.insert(hash(2), MAIN, 2, 50);
        assert_eq!(side.prune_to(9, 100), [hash(1)]);
        side.insert(hash(1), MAIN, 1, 50);
        assert!(side.prune_to(9, 100).is_empty());
    }

    #[test]
    fn the_documented_caps_hold() {
        let mut side = SideBlocks::default();
        side.insert(hash(1), MAIN, 1, MAX_SIDE_TRANSACTIONS);
        assert!(side.prune().is_empty());
        side.insert(hash(2), MAIN, 2, 1);
        assert_eq!(side.prune(), [hash(1)]);
    }

    #[test]
    fn a_dropped_branch_is_listed_children_first() {
        let mut side = SideBlocks::default();
        side.insert(hash(1), MAIN, 1, 0);
        side.insert(hash(2), hash(1), 2, 0);
        side.insert(hash(3), hash(2), 3, 0);
        side.insert(hash(4), hash(2), 3, 0);
        assert_eq!(side.remove_branch(&hash(2)), [hash(4), hash(3), hash(2)]);
        assert!(side.remove_branch(&hash(2)).is_empty());
        assert!(side.hashes().eq([&hash(1)]));
        assert_eq!(side.prune_to(0, 0), [hash(1)]);
    }

    proptest! {
        /// Insertions on random parents, some removals from below as a reorganisation does, and caps.
        #[test]
        fn no_block_outlives_its_parent(
            steps in prop::collection::vec((any::<prop::sample::Index>(), 0..4u8, 0..5usize), 1..60),
            cap in 0..20usize,
        ) {
            let mut side = SideBlocks::default();
            for (number, (parent, action, payments)) in (1..).zip(steps) {
                let known: Vec<(Hash, Work)> = std::iter::once((MAIN, 0))
                    .chain(side.blocks.iter().map(|(hash, block)| (*hash, block.work)))
                    .collect();
                let (parent, work) = *parent.get(&known);
                side.insert(hash(number), parent, work + 1, payments);
                if action == 0 {
                    side.prune_to(cap, 2 * cap);
                    prop_assert!(side.blocks.len() <= cap && side.transactions <= 2 * cap);
                }
                let counted: usize = side.blocks.values().map(|block| block.transactions).sum();
                prop_assert_eq!(side.transactions, counted);
                for (hash, block) in &side.blocks {
                    prop_assert!(block.parent == MAIN || side.blocks.contains_key(&block.parent));
                    let leaf = side.blocks.values().all(|other| other.parent != *hash);
                    let listed = side.leaves.contains(&(block.work, Reverse(block.added), *hash));
                    prop_assert_eq!(leaf, listed);
                }
                let leaves = side.leaves.iter();
                prop_assert!(leaves.clone().all(|(_, _, leaf)| side.blocks.contains_key(leaf)));
            }
        }
    }
}
