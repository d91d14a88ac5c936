//! What a node remembers of each link.

use std::collections::{BTreeSet, HashSet, VecDeque};

use serde::{Deserialize, Serialize};

use super::inbox::Question;
use crate::ledger::{Hash, TxId};

/// How many things a link remembers that its peer knows, at least; at most it is twice as many. More than a
/// whole pool, and no more than fit a table of 16,384 places: one more would double it.
pub const MAX_KNOWN: usize = 14_336;

/// How many things a link told of last are told with an outline, whatever they are: among them are
/// blocks that this node has not got yet.
const LAST: usize = 64;

/// Something a peer can know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Thing {
    /// A block.
    Block(Hash),
    /// A payment.
    Payment(TxId),
}

/// What a peer knows, as far as this link saw it: a memory of two generations, the older of which is
/// forgotten when the younger is full.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    young: Things,
    old: Things,
    /// The last [`LAST`] of them, in order.
    last: VecDeque<Thing>,
}

/// A set of things. Hashed, since every message looks here; sorted before anything is told of it.
#[derive(Debug, Clone, Default)]
struct Things {
    blocks: HashSet<Hash>,
    payments: HashSet<TxId>,
}

impl Things {
    fn len(&self) -> usize {
        self.blocks.len() + self.payments.len()
    }

    fn contains(&self, thing: &Thing) -> bool {
        match thing {
            Thing::Block(hash) => self.blocks.contains(hash),
            Thing::Payment(id) => self.payments.contains(id),
        }
    }

    fn insert(&mut self, thing: Thing) -> bool {
        match thing {
            Thing::Block(hash) => self.blocks.insert(hash),
            Thing::Payment(id) => self.payments.insert(id),
        }
    }

    fn sorted(&self) -> BTreeSet<Thing> {
        let blocks = self.blocks.iter().copied().map(Thing::Block);
        let payments = self.payments.iter().copied().map(Thing::Payment);
        blocks.chain(payments).collect()
    }
}

impl Known {
    /// Remembers `thing`; whether it is new.
    pub(super) fn insert(&mut self, thing: Thing) -> bool {
        if self.contains(&thing) {
            return false;
        }
        if self.young.len() >= MAX_KNOWN {
            self.old = std::mem::take(&mut self.young);
        }
        if self.last.len() >= LAST {
            self.last.pop_front();
        }
        self.last.push_back(thing);
        self.young.insert(thing)
    }

    pub(super) fn contains(&self, thing: &Thing) -> bool {
        self.young.contains(thing) || self.old.contains(thing)
    }

    /// Everything remembered, the older generation first; of it only the last things and those among
    /// `recent`, where that is given. Inserted in this order, it is the same memory again.
    pub(super) fn told(&self, recent: Option<&BTreeSet<Thing>>) -> Vec<Thing> {
        let last: BTreeSet<&Thing> = self.last.iter().collect();
        let before = |thing: &&Thing| !last.contains(thing);
        let mut told: Vec<Thing> = match recent {
            None => {
                let (old, young) = (self.old.sorted(), self.young.sorted());
                old.iter().chain(&young).filter(before).copied().collect()
            }
            Some(recent) => {
                let known = recent.iter().filter(|thing| self.contains(thing));
                known.filter(before).copied().collect()
            }
        };
        told.extend(&self.last);
        told
    }
}

#[derive(Debug, Clone, Default)]
pub(super) struct Link {
    /// The larger of both ends' latencies, in clocks.
    pub(super) latency: u64,
    /// How many things had arrived when it came up: what its peer said before may be lost to that peer.
    pub(super) since: u64,
    pub(super) known: Known,
    /// The peer's question that is to be answered with the next broadcasting-block.
    pub(super) question: Option<Question>,
    /// The sequence number of our question that waits for its answer.
    pub(super) asked: Option<u64>,
    /// Whether the peer announced something since that cannot be connected either.
    pub(super) announced_more: bool,
    /// From this clock on the question counts as lost: the peer may be asked anew.
    pub(super) patience: u64,
}
