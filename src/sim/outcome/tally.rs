//! What is summed up of blocks that are final.

use std::collections::VecDeque;

use super::blocks::{Block, PERCENTS};
use super::measures::{Lengths, Sums};
use super::pictures::{Fate, TREE_BLOCKS, TreeBlock};
use crate::sim::Time;

/// Up to how many blocks above a block are waited for.
pub const CONFIRMATIONS: usize = 12;

/// A block of the tree that is drawn; numbers stand where [`TreeBlock`] has places.
#[derive(Debug, Clone)]
pub(super) struct Drawn {
    pub(super) number: u64,
    pub(super) parent: Option<u64>,
    pub(super) block: TreeBlock,
}

#[derive(Debug, Clone)]
pub(super) struct Tally {
    pub(super) blocks: u64,
    pub(super) orphans: u64,
    pub(super) untold: u64,
    /// Main blocks by miner.
    pub(super) main_of: Vec<u32>,
    /// All delays of a block on its way to another node.
    pub(super) pairs: Lengths,
    /// For each of [`PERCENTS`], the delays of main blocks.
    pub(super) reach: Vec<Lengths>,
    pub(super) intervals: Lengths,
    last_main: Option<Time>,
    pub(super) confirmations: [Sums; CONFIRMATIONS],
    pub(super) tree: VecDeque<Drawn>,
}

impl Tally {
    pub(super) fn new(nodes: usize) -> Self {
        Self {
            blocks: 0,
            orphans: 0,
            untold: 0,
            main_of: vec![0; nodes],
            pairs: Lengths::new(),
            reach: vec![Lengths::new(); PERCENTS.len()],
            intervals: Lengths::new(),
            last_main: None,
            confirmations: [Sums::default(); CONFIRMATIONS],
            tree: VecDeque::new(),
        }
    }

    /// A node other than its finder has a block.
    #[inline]
    pub(super) fn pair(&mut self, delay: Time) {
        self.pairs.add(delay);
    }

    /// A block was mined where everything is final.
    pub(super) fn late(&mut self) {
        self.orphans += 1;
    }

    /// A block is final; `later` is when those of the main chain above it were found.
    pub(super) fn block(&mut self, block: &Block, fate: Fate, later: &[Time]) {
        match fate {
            Fate::Main => self.main(block, later),
            Fate::Orphan => self.orphans += 1,
            Fate::Untold => self.untold += 1,
        }
        self.draw(block, fate);
    }

    fn main(&mut self, block: &Block, later: &[Time]) {
        self.blocks += 1;
        if block.mined {
            self.main_of[block.first] += 1;
        }
        for (lengths, &delay) in self.reach.iter_mut().zip(block.reached()) {
            lengths.add(delay);
        }
        if let Some(last) = self.last_main.replace(block.found) {
            self.intervals.add(block.found - last);
        }
        for (sums, &found) in self.confirmations.iter_mut().zip(later) {
            sums.add(found - block.found);
        }
    }

    fn draw(&mut self, block: &Block, fate: Fate) {
        if self.tree.len() == TREE_BLOCKS {
            self.tree.pop_front();
        }
        self.tree.push_back(Drawn {
            number: block.number,
            parent: block.parent_number,
            block: TreeBlock {
                id: block.id,
                parent: None,
                node: block.first,
                fate,
                found_s: block.found.as_secs(),
            },
        });
    }
}
