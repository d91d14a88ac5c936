//! What changes from clock to clock, without the chain.

use serde::{Deserialize, Serialize};

use super::packed::Packed;
use super::*;
use crate::ledger::{Block, UncheckedBlock};

/// How many of the chain's last blocks an outline looks up in what links know.
pub const RECENT_BLOCKS: u64 = 64;

/// How many payments in blocks an outline looks up in what links know, those of the tip first.
pub const RECENT_PAYMENTS: usize = 4096;

/// A node without its chain: made in a time that does not grow with the chain's length, so that it can
/// be looked at after every clock.
///
/// With the blocks that it names it is a [`State`] again, see [`Outline::whole`]. Of what links know it
/// has only what they know of recent things: the last [`RECENT_BLOCKS`] blocks, side blocks as high as
/// those, up to [`RECENT_PAYMENTS`] payments in all of them, and everything in pool, queue, waiting
/// list and inbox. A node that is restored from it goes on as the one it was taken from, unless a
/// reorganisation goes back beyond these.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outline {
    /// The tip's id.
    pub height: u64,
    /// The tip.
    pub tip: Hash,
    /// Side blocks, parents first.
    pub side: Vec<Hash>,
    /// Payments in the pool.
    pub pool: usize,
    /// Messages in the inbox.
    pub inbox: usize,
    /// Payments that cannot be paid yet.
    pub waiting: usize,
    /// Payments of the controller that wait for their clock.
    pub queued: usize,
    /// How far mining is, where it takes a number of clocks.
    pub mining: Option<MiningProgress>,
    /// Whether the node was started.
    pub started: bool,
    /// The rest of the node. No blocks, no side blocks.
    pub state: State,
}

/// Which clock of mining a node is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MiningProgress {
    /// This clock, from 1.
    pub clock: u64,
    /// The clocks that mining takes.
    pub of: u64,
}

impl Outline {
    /// The whole state, with the chain and the side blocks that `block` finds by hash.
    ///
    /// # Errors
    /// The hash of the first block that `block` does not find.
    pub fn whole(
        self,
        mut block: impl FnMut(&Hash) -> Option<UncheckedBlock>,
    ) -> Result<State, Hash> {
        let mut state = self.state;
        let mut hash = self.tip;
        let mut chain = Vec::new();
        for _ in 0..self.height {
            let found = block(&hash).ok_or(hash)?;
            hash = found.previous_block_hash;
            chain.push(found);
        }
        chain.reverse();
        state.blocks = chain;
        let side = self.side.iter().map(|hash| block(hash).ok_or(*hash));
        state.side = side.collect::<Result<_, _>>()?;
        Ok(state)
    }
}

impl<S: Store> HonestNode<S> {
    /// The node without its chain.
    pub fn outline(&self) -> Outline {
        let side = self.side_hashes();
        let recent = self.recent_things(&side);
        Outline {
            height: self.ledger.tip().id(),
            tip: self.ledger.tip().hash(),
            side,
            pool: self.pool.len(),
            inbox: self.inbox.len(),
            waiting: self.waiting.iter().count(),
            queued: self.queue.len(),
            mining: self.mining_progress(),
            started: self.started,
            state: self.state_without_blocks(Some(&recent)),
        }
    }

    fn mining_progress(&self) -> Option<MiningProgress> {
        let MiningCost::Clocks(of) = self.costs.mining else {
            return None;
        };
        let left = match self.busy {
            Some(Busy {
                status: Status::Mining,
                left,
            }) => left,
            // Its last clock: lived, or standing still.
            _ if self.status == Status::Mining || self.standing => 0,
            _ => return None,
        };
        let clock = of.saturating_sub(left);
        Some(MiningProgress { clock, of })
    }

    /// What links may be asked whether they know it, as far as it can matter soon.
    fn recent_things(&self, side: &[Hash]) -> BTreeSet<Thing> {
        let mut things = BTreeSet::new();
        let tip = self.ledger.tip().id();
        let lowest = tip.saturating_sub(RECENT_BLOCKS - 1).max(1);
        let mut room = RECENT_PAYMENTS;
        let mut add = |block: &Block| {
            things.insert(Thing::Block(block.hash()));
            let fitting = block.transactions().iter().take(room);
            room -= fitting.len();
            things.extend(fitting.map(|transaction| Thing::Payment(transaction.id)));
        };
        for id in (lowest..=tip).rev() {
            self.ledger.block_at(id).iter().for_each(&mut add);
        }
        // Highest last.
        let side = side.iter().rev().filter_map(|hash| self.ledger.block(hash));
        side.take_while(|block| block.id() >= lowest)
            .for_each(|block| add(&block));
        for (_, item) in self.inbox.iter() {
            item.content.blocks().iter().for_each(&mut add);
        }
        let coming = self.inbox.iter();
        let coming = coming.filter_map(|(_, item)| item.content.payment().map(Packed::id));
        let kept = self.pool.iter().chain(self.waiting()).chain(&self.relay);
        let ids = kept.map(|kept| kept.id).chain(coming);
        things.extend(ids.map(Thing::Payment));
        things
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(name: &str) -> HonestNode {
        let name: Name = name.parse().expect("a word is a name");
        let mut node = HonestNode::new(Config::new(name)).expect("the document's network can be");
        node.handle(Input::Start { salt: 1 });
        node
    }

    #[test]
    fn mining_shows_which_clock_it_is_at() {
        let mut node = node("a");
        node.handle(Input::Mine);
        let mut seen = Vec::new();
        for to in 1..=3 {
            node.handle(Input::Clock { to, wall: 0 });
            seen.push(
                node.outline()
                    .mining
                    .map(|mining| (mining.clock, mining.of)),
            );
        }
        assert_eq!(seen, [Some((1, 3)), Some((2, 3)), Some((3, 3))]);
    }

    #[test]
    fn a_block_that_is_not_found_is_named() {
        let mut outline = node("a").outline();
        assert_eq!(outline.mining, None);
        (outline.height, outline.tip) = (1, Hash([7; 32]));
        assert_eq!(outline.whole(|_| None), Err(Hash([7; 32])));
    }

    #[test]
    fn of_what_links_know_only_the_recent_is_told() {
        let mut node = node("a");
        let peer: Name = "b".parse().expect("a word is a name");
        let latency = 0;
        let up = Input::PeerUp {
            peer: peer.clone(),
            latency,
        };
        node.handle(up);
        for number in 0..200 {
            node.note_known(&peer, Thing::Payment(TxId([number; 16])));
        }
        assert_eq!(node.state().links[0].known.len(), 200);
        let known = &node.outline().state.links[0].known;
        assert_eq!(known.len(), 64);
        assert_eq!(known[63], Thing::Payment(TxId([199; 16])));
    }
}
