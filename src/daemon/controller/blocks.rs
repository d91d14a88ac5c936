//! The blocks of all nodes: where each stands, and those that were seen whole.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use serde::Deserialize;

use super::client::{Client, LARGE_TIMEOUT, NODE_TIMEOUT};
use super::error::CallError;
use super::network::BlockLine;
use crate::ledger::{Hash, UncheckedBlock, format_timestamp};
use crate::node::Name;

/// The most blocks whose place in the tree is kept; the lowest go first.
pub const MAX_KNOWN_BLOCKS: usize = 200_000;

/// The most blocks that are kept whole; those seen first go first and are asked for again.
pub const MAX_WHOLE_BLOCKS: usize = 50_000;

/// The most payments that are kept in whole blocks.
pub const MAX_WHOLE_PAYMENTS: usize = 500_000;

/// How many ids of a node's tree are read at one go.
const TREE_PAGE: u64 = 4096;

/// The blocks of all nodes.
#[derive(Default)]
pub(super) struct Blocks {
    places: HashMap<Hash, Place>,
    /// By id, then as they were first seen.
    order: BTreeMap<(u64, u64), Hash>,
    /// How many were seen.
    seen: u64,
    miners: Recent<Name>,
    whole: Recent<Arc<UncheckedBlock>>,
    payments: usize,
}

struct Place {
    id: u64,
    seen: u64,
    parent: Hash,
    timestamp: String,
    transactions: u64,
}

/// Values by hash, the oldest first out.
struct Recent<T> {
    values: HashMap<Hash, T>,
    order: VecDeque<Hash>,
}

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Self {
            values: HashMap::new(),
            order: VecDeque::new(),
        }
    }
}

impl<T> Recent<T> {
    fn insert(&mut self, hash: Hash, value: T) -> bool {
        let is_new = self.values.insert(hash, value).is_none();
        if is_new {
            self.order.push_back(hash);
        }
        is_new
    }

    fn pop(&mut self) -> Option<T> {
        let oldest = self.order.pop_front()?;
        self.values.remove(&oldest)
    }
}

/// What `GET tree` answers.
#[derive(Deserialize)]
pub(super) struct TreePage {
    blocks: Vec<TreeLine>,
}

/// A block as it shows it.
#[derive(Deserialize)]
pub(super) struct TreeLine {
    id: u64,
    hash: Hash,
    timestamp: String,
    transactions: u64,
    previous_block_hash: Hash,
}

/// Reads a node's whole tree.
pub(super) async fn read_tree(client: &Client) -> Result<Vec<TreeLine>, CallError> {
    let mut lines = Vec::new();
    let mut from = 0;
    loop {
        let path = format!("/tree?from={from}&limit={TREE_PAGE}");
        let page: TreePage = client.get(&path, LARGE_TIMEOUT).await?;
        // There is a block for each id up to the tip's, whatever the node says its length is.
        let is_last = (page.blocks.len() as u64) < TREE_PAGE;
        lines.extend(page.blocks);
        from += TREE_PAGE;
        if is_last || lines.len() >= MAX_KNOWN_BLOCKS {
            return Ok(lines);
        }
    }
}

/// Asks a node for a block. Another one than asked for is none: nodes are not believed what a hash shows.
pub(super) async fn read_block(client: &Client, hash: Hash) -> Result<UncheckedBlock, CallError> {
    let path = format!("/block/{hash}");
    let mut block: UncheckedBlock = client.get(&path, NODE_TIMEOUT).await?;
    let actual = block.header().hash();
    if actual != hash {
        return Err(client.strange(&path, format!("a block whose hash is {actual}")));
    }
    block.hash = Some(hash);
    Ok(block)
}

impl Blocks {
    pub(super) fn knows(&self, hash: &Hash) -> bool {
        self.places.contains_key(hash)
    }

    pub(super) fn note_tree(&mut self, lines: Vec<TreeLine>) {
        for line in lines {
            let place = Place {
                id: line.id,
                seen: 0,
                parent: line.previous_block_hash,
                timestamp: line.timestamp,
                transactions: line.transactions,
            };
            self.place(line.hash, place);
        }
    }

    /// Takes in a whole block.
    pub(super) fn note(&mut self, hash: Hash, block: UncheckedBlock) -> Arc<UncheckedBlock> {
        let place = Place {
            id: block.id,
            seen: 0,
            parent: block.previous_block_hash,
            timestamp: format_timestamp(block.timestamp),
            transactions: block.transactions.len() as u64,
        };
        self.place(hash, place);
        self.keep(hash, block)
    }

    /// Keeps a whole block without saying that it is in the tree.
    pub(super) fn keep(&mut self, hash: Hash, block: UncheckedBlock) -> Arc<UncheckedBlock> {
        let block = Arc::new(block);
        let payments = block.transactions.len();
        if self.whole.insert(hash, Arc::clone(&block)) {
            self.payments += payments;
        }
        while self.whole.order.len() > MAX_WHOLE_BLOCKS || self.payments > MAX_WHOLE_PAYMENTS {
            let Some(oldest) = self.whole.pop() else {
                break;
            };
            self.payments -= oldest.transactions.len();
        }
        block
    }

    pub(super) fn note_miner(&mut self, hash: Hash, miner: Name) {
        self.miners.insert(hash, miner);
        if self.miners.order.len() > MAX_KNOWN_BLOCKS {
            self.miners.pop();
        }
    }

    fn place(&mut self, hash: Hash, mut place: Place) {
        if self.knows(&hash) {
            return;
        }
        if self.places.len() >= MAX_KNOWN_BLOCKS
            && let Some((_, oldest)) = self.order.pop_first()
        {
            self.places.remove(&oldest);
        }
        place.seen = self.seen;
        self.seen += 1;
        self.order.insert((place.id, place.seen), hash);
        self.places.insert(hash, place);
    }

    pub(super) fn whole(&self, hash: &Hash) -> Option<Arc<UncheckedBlock>> {
        self.whole.values.get(hash).cloned()
    }

    pub(super) fn height(&self) -> u64 {
        self.order.last_key_value().map_or(0, |((id, _), _)| *id)
    }

    /// The blocks of `limit` ids from `from` on.
    pub(super) fn lines(&self, from: u64, limit: u64) -> Vec<BlockLine> {
        let end = from.saturating_add(limit);
        let blocks = self.order.range((from, 0)..(end, 0));
        let line = |((id, _), hash): (&(u64, u64), &Hash)| {
            let place = self.places.get(hash)?;
            Some(BlockLine {
                id: *id,
                hash: *hash,
                previous_block_hash: place.parent,
                timestamp: place.timestamp.clone(),
                transactions: place.transactions,
                miner: self.miners.values.get(hash).cloned(),
            })
        };
        blocks.filter_map(line).collect()
    }

    /// Forgets the places of all blocks but these and what they stand on. `false` when one of those is
    /// not known: then the trees have to be read anew.
    pub(super) fn keep_only(&mut self, tips: impl IntoIterator<Item = Hash>) -> bool {
        let mut kept = HashSet::new();
        for tip in tips {
            let mut hash = tip;
            while kept.insert(hash) {
                match self.places.get(&hash) {
                    Some(place) if place.id == 0 => {}
                    Some(place) => hash = place.parent,
                    None => {
                        self.places.clear();
                        self.order.clear();
                        return false;
                    }
                }
            }
        }
        self.order.retain(|_, hash| kept.contains(hash));
        self.places.retain(|hash, _| kept.contains(hash));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(id: u64, parent: u8, payments: usize) -> UncheckedBlock {
        let genesis = crate::ledger::Genesis::default()
            .block()
            .expect("the document's");
        let payment = genesis.transactions()[0].clone();
        UncheckedBlock {
            id,
            hash: None,
            timestamp: 0,
            transactions: vec![payment; payments].into(),
            previous_block_hash: Hash([parent; 32]),
            nonce: 0,
        }
    }

    fn hashes(blocks: &Blocks) -> Vec<u8> {
        let lines = blocks.lines(0, u64::MAX);
        lines.iter().map(|line| line.hash.0[0]).collect()
    }

    #[test]
    fn the_tree_is_by_id_and_then_as_seen() {
        let mut blocks = Blocks::default();
        for (hash, id, parent) in [(9, 0, 0), (5, 1, 9), (7, 2, 5), (3, 1, 9), (7, 2, 5)] {
            blocks.note(Hash([hash; 32]), block(id, parent, 0));
        }
        assert_eq!(hashes(&blocks), [9, 5, 3, 7]);
        assert_eq!(blocks.lines(1, 1).len(), 2);
        assert_eq!(blocks.height(), 2);
        blocks.note_miner(Hash([3; 32]), "node1".parse().expect("a name"));
        assert!(blocks.lines(1, 1)[1].miner.is_some());
        assert!(blocks.keep_only([Hash([3; 32])]));
        assert_eq!(hashes(&blocks), [9, 3]);
        assert!(!blocks.keep_only([Hash([7; 32])]));
        assert!(hashes(&blocks).is_empty());
    }

    #[test]
    fn whole_blocks_are_bounded_by_their_payments() {
        let mut blocks = Blocks::default();
        let half = MAX_WHOLE_PAYMENTS / 2;
        for hash in 1..=3 {
            blocks.keep(Hash([hash; 32]), block(1, 0, half));
        }
        let kept = (1..=3).filter(|hash| blocks.whole(&Hash([*hash; 32])).is_some());
        assert_eq!(kept.collect::<Vec<_>>(), [2, 3]);
        assert!(!blocks.knows(&Hash([3; 32])));
    }
}
