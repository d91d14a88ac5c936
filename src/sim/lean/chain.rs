//! What a lean node remembers of the tree of blocks.

use super::*;

impl LeanNode {
    pub(super) fn tell_block(&mut self, block: Summary, main: bool) {
        self.tell(Event::Block {
            id: block.height.into(),
            hash: block.hash(),
            previous_block_hash: Summary::hash_of(block.parent),
            transactions: 0,
            main,
        });
    }

    /// Tells which blocks left the chain and which joined, as far back as it remembers.
    pub(super) fn tell_reorganisation(&mut self, old: Summary) {
        let (mut left, mut joined) = (Vec::new(), Vec::new());
        let (mut old, mut new) = (Some(old), Some(self.tip));
        while let (Some(below), Some(above)) = (old, new)
            && below.number != above.number
        {
            if above.height > below.height {
                joined.push(above.hash());
                new = self.block(above.parent);
            } else {
                left.push(below.hash());
                old = self.block(below.parent);
            }
        }
        let fork = old.or(new).map_or(0, |block| block.height.into());
        left.reverse();
        joined.reverse();
        // Blocks that were skipped are no reorganisation.
        if !left.is_empty() {
            self.tell(Event::Reorganisation { fork, left, joined });
        }
    }

    /// A block it has.
    pub(super) fn block(&self, number: u64) -> Option<Summary> {
        let known = self
            .known
            .iter()
            .rev()
            .find(|known| known.block.number == number);
        known.filter(|known| known.has).map(|known| known.block)
    }

    /// Forgets blocks far below the tip, now and then.
    pub(super) fn forget(&mut self) {
        if self.known.len() >= 2 * REMEMBERED as usize {
            let lowest = self.tip.height.saturating_sub(REMEMBERED);
            self.known.retain(|known| known.block.height >= lowest);
        }
    }
}
