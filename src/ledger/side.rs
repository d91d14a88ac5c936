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
        let mut dropped = Vec::new();
        while self.blocks.len() > MAX_SIDE_BLOCKS || self.transactions > MAX_SIDE_TRANSACTIONS {
            let (_, _, leaf) = *self
                .leaves
                .first()
                .expect("side blocks that are there have a leaf");
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
