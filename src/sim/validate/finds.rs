//! Who found which block, and when.

use rustc_hash::FxHashMap;

use crate::ledger::Hash;
use crate::node::Event;
use crate::sim::{LeanNode, Observer, Time};

/// Remembers who finds a block, and when, in order.
#[derive(Debug, Default)]
pub(super) struct Finds(pub(super) Vec<(Time, usize)>);

impl Observer<LeanNode> for Finds {
    fn event(&mut self, at: Time, node: usize, event: &Event) {
        if matches!(event, Event::Mined { .. }) {
            self.0.push((at, node));
        }
    }
}

/// Remembers who found each block of a tree, and where the chain of one node ends.
#[derive(Debug)]
pub(super) struct Chain {
    /// Whose chain it is.
    node: usize,
    tip: u64,
    pub(super) height: u64,
    /// Each block's parent, and who found it.
    blocks: FxHashMap<u64, (u64, u32)>,
}

/// What tells one lean block from another: its hash is that and zeros.
fn number(hash: &Hash) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = hash.0;
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

impl Chain {
    pub(super) fn of(node: usize) -> Self {
        Self {
            node,
            tip: 0,
            height: 0,
            blocks: FxHashMap::default(),
        }
    }

    /// Who found the blocks of the chain, lowest first.
    pub(super) fn miners(&self) -> Vec<u32> {
        let mut miners = Vec::with_capacity(self.height as usize);
        let mut block = self.tip;
        while let Some((parent, miner)) = self.blocks.get(&block) {
            miners.push(*miner);
            block = *parent;
        }
        miners.reverse();
        miners
    }
}

impl Observer<LeanNode> for Chain {
    fn event(&mut self, _at: Time, node: usize, event: &Event) {
        if let Event::Block {
            id,
            hash,
            previous_block_hash: parent,
            main,
            ..
        } = event
        {
            // Who finds a block is the first to have it.
            let block = self.blocks.entry(number(hash));
            block.or_insert((number(parent), node as u32));
            if *main && node == self.node {
                (self.tip, self.height) = (number(hash), *id);
            }
        }
    }
}
