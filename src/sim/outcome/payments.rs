//! Payments: asked for, accepted, in a block.

use rustc_hash::FxHashMap;

use super::figures::Payments;
use super::measures::Lengths;
use crate::ledger::TxId;
use crate::sim::Time;

/// The most accepted payments that are waited for at once. Those above it are counted as accepted and not
/// watched any further.
const MAX_PENDING: usize = 1_000_000;

#[derive(Debug, Clone)]
pub(super) struct Ledgered {
    accepted: u64,
    refused: u64,
    pending: FxHashMap<TxId, Time>,
    waits: Lengths,
}

impl Ledgered {
    pub(super) fn new() -> Self {
        Self {
            accepted: 0,
            refused: 0,
            pending: FxHashMap::default(),
            waits: Lengths::new(),
        }
    }

    pub(super) fn accepted(&mut self, at: Time, id: TxId) {
        self.accepted += 1;
        if self.pending.len() < MAX_PENDING {
            self.pending.entry(id).or_insert(at);
        }
    }

    pub(super) fn refused(&mut self) {
        self.refused += 1;
    }

    /// Some node has the payment in a block of its main chain.
    pub(super) fn confirmed(&mut self, at: Time, id: &TxId) {
        if let Some(accepted) = self.pending.remove(id) {
            self.waits.add(at - accepted);
        }
    }

    pub(super) fn figures(&self) -> Payments {
        Payments {
            accepted: self.accepted,
            refused: self.refused,
            confirmed: self.waits.sums().count(),
            wait: self.waits.durations(),
        }
    }
}
