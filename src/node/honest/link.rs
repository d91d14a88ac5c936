//! What a node remembers of each link.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::inbox::Question;
use crate::ledger::{Hash, TxId};

/// How many things a link remembers that its peer knows, at least; at most it is twice as many.
pub const MAX_KNOWN: usize = 16_384;

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
    young: BTreeSet<Thing>,
    old: BTreeSet<Thing>,
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
        self.young.insert(thing)
    }

    pub(super) fn contains(&self, thing: &Thing) -> bool {
        self.young.contains(thing) || self.old.contains(thing)
    }

    /// Everything remembered, the older generation first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Thing> {
        self.old.iter().chain(&self.young)
    }
}

#[derive(Debug, Clone, Default)]
pub(super) struct Link {
    /// The larger of both ends' latencies, in clocks.
    pub(super) latency: u64,
    pub(super) known: Known,
    /// The peer's question that is to be answered with the next broadcasting-block.
    pub(super) question: Option<Question>,
    /// The sequence number of our question that waits for its answer.
    pub(super) asked: Option<u64>,
    /// From this clock on the question counts as lost: the peer may be asked anew.
    pub(super) patience: u64,
}
