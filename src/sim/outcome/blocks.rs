//! Blocks that are not final yet: who has them, and which of them are main.

use std::collections::{BTreeMap, VecDeque};

use rustc_hash::FxHashMap;

use super::pictures::Fate;
use super::tally::{CONFIRMATIONS, Tally};
use crate::ledger::Hash;
use crate::sim::Time;

/// How much higher the main chain is when a block is final. A selfish miner with 45 % of the hash power
/// keeps a race open for more than 200 blocks about once in ten thousand, and for so many next to never.
pub const FINAL_DEPTH: u64 = 1_000;

/// The shares of all nodes, in percent, for which it is noted when they had a block.
pub const PERCENTS: [u8; 21] = [
    5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 65, 70, 75, 80, 85, 90, 95, 99, 100,
];

/// A block as an event tells it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Told<'a> {
    pub(super) id: u64,
    pub(super) hash: &'a Hash,
    pub(super) parent: &'a Hash,
    /// Whether the node that tells it has just mined it.
    pub(super) mined: bool,
}

/// A block in flight.
#[derive(Debug, Clone)]
pub(super) struct Block {
    pub(super) id: u64,
    hash: Hash,
    parent: Hash,
    /// Blocks are numbered as they are found.
    pub(super) number: u64,
    pub(super) parent_number: Option<u64>,
    /// Who had it first, and mined it unless it came from outside.
    pub(super) first: usize,
    pub(super) mined: bool,
    pub(super) found: Time,
    heard: u32,
    /// How many of [`PERCENTS`] are reached, and after what time.
    next: usize,
    reached: [Time; PERCENTS.len()],
    /// A bit for each node.
    had: Vec<u64>,
}

impl Block {
    /// The times after which the first so many of [`PERCENTS`] had it.
    pub(super) fn reached(&self) -> &[Time] {
        &self.reached[..self.next]
    }
}

#[derive(Debug, Clone)]
pub(super) struct Blocks {
    slots: Vec<Block>,
    free: Vec<usize>,
    by_hash: FxHashMap<Hash, usize>,
    /// Slots by id.
    levels: BTreeMap<u64, Vec<usize>>,
    /// Slots of the main chain, from the lowest id that is not final on.
    main: VecDeque<usize>,
    /// The lowest id that is not final.
    base: u64,
    /// How many blocks were found.
    count: u64,
    /// How many nodes each of [`PERCENTS`] stands for, rounded up.
    thresholds: [u32; PERCENTS.len()],
    /// How many nodes have a block that is told.
    told: u32,
    words: usize,
}

impl Blocks {
    pub(super) fn new(nodes: usize) -> Self {
        let share = |percent: u8| (nodes * usize::from(percent)).div_ceil(100) as u32;
        Self {
            slots: Vec::new(),
            free: Vec::new(),
            by_hash: FxHashMap::default(),
            levels: BTreeMap::new(),
            main: VecDeque::new(),
            base: 1,
            count: 0,
            thresholds: PERCENTS.map(share),
            told: nodes.min(2) as u32,
            words: nodes.div_ceil(64),
        }
    }

    /// The highest id of the main chain.
    pub(super) fn best(&self) -> u64 {
        self.base + self.main.len() as u64 - 1
    }

    #[cfg(test)]
    pub(super) fn in_flight(&self) -> usize {
        self.slots.len()
    }

    /// A node has a block; what became final by that goes to `tally`.
    pub(super) fn heard(&mut self, at: Time, node: usize, told: Told<'_>, tally: &mut Tally) {
        let slot = match self.by_hash.get(told.hash) {
            Some(&slot) => slot,
            None if told.id < self.base => {
                if told.mined {
                    tally.late();
                }
                return;
            }
            None => self.insert(at, node, told),
        };
        let block = &mut self.slots[slot];
        let (word, bit) = (node / 64, 1 << (node % 64));
        if block.had[word] & bit != 0 {
            return;
        }
        block.had[word] |= bit;
        block.heard += 1;
        let delay = at - block.found;
        if node != block.first {
            tally.pair(delay);
        }
        while block.next < PERCENTS.len() && block.heard >= self.thresholds[block.next] {
            block.reached[block.next] = delay;
            block.next += 1;
        }
        if block.heard == self.told && block.id > self.best() {
            self.adopt(slot);
            self.settle(tally);
        }
    }

    fn insert(&mut self, at: Time, node: usize, told: Told<'_>) -> usize {
        let parent = self.by_hash.get(told.parent);
        let block = Block {
            id: told.id,
            hash: *told.hash,
            parent: *told.parent,
            number: self.count,
            parent_number: parent.map(|&slot| self.slots[slot].number),
            first: node,
            mined: told.mined,
            found: at,
            heard: 0,
            next: 0,
            reached: [Time::ZERO; PERCENTS.len()],
            had: Vec::new(),
        };
        self.count += 1;
        let slot = self.free.pop().unwrap_or(self.slots.len());
        if slot == self.slots.len() {
            self.slots.push(block);
        } else {
            let had = std::mem::take(&mut self.slots[slot].had);
            self.slots[slot] = Block { had, ..block };
        }
        let had = &mut self.slots[slot].had;
        had.clear();
        had.resize(self.words, 0);
        self.by_hash.insert(*told.hash, slot);
        self.levels.entry(told.id).or_default().push(slot);
        slot
    }

    /// Makes `tip` and its ancestors the main chain, if they reach down to what is main or final.
    fn adopt(&mut self, tip: usize) {
        let mut branch = Vec::new();
        let mut slot = tip;
        let lowest = loop {
            let block = &self.slots[slot];
            let place = (block.id - self.base) as usize;
            if self.main.get(place) == Some(&slot) {
                break place + 1;
            }
            branch.push(slot);
            if place == 0 {
                break 0;
            }
            match self.by_hash.get(&block.parent) {
                Some(&parent) if self.slots[parent].id + 1 == block.id => slot = parent,
                _ => return,
            }
        };
        self.main.truncate(lowest);
        self.main.extend(branch.into_iter().rev());
    }

    fn settle(&mut self, tally: &mut Tally) {
        while self.main.len() as u64 > FINAL_DEPTH {
            self.settle_lowest(tally);
        }
    }

    /// Counts every block as if it were final.
    pub(super) fn settle_all(&mut self, tally: &mut Tally) {
        while !self.main.is_empty() {
            self.settle_lowest(tally);
        }
        for slots in std::mem::take(&mut self.levels).into_values() {
            for slot in slots {
                let block = &self.slots[slot];
                tally.block(block, self.fate(block, false), &[]);
            }
        }
    }

    /// Counts the blocks of the lowest id, and forgets them.
    fn settle_lowest(&mut self, tally: &mut Tally) {
        let main = self.main.pop_front();
        let later = self.main.iter().take(CONFIRMATIONS);
        let later: Vec<Time> = later.map(|&slot| self.slots[slot].found).collect();
        for slot in self.levels.remove(&self.base).unwrap_or_default() {
            let block = &self.slots[slot];
            tally.block(block, self.fate(block, main == Some(slot)), &later);
            self.by_hash.remove(&block.hash);
            self.free.push(slot);
        }
        self.base += 1;
    }

    fn fate(&self, block: &Block, main: bool) -> Fate {
        if main {
            Fate::Main
        } else if block.heard >= self.told {
            Fate::Orphan
        } else {
            Fate::Untold
        }
    }
}
