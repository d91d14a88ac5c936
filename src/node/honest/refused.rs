//! Payments that were refused, so that it can be said why.

use std::collections::{BTreeMap, VecDeque};

use crate::ledger::TxId;

/// How many refused payments are remembered.
const MAX_REFUSED: usize = 1_000;

#[derive(Debug, Clone, Default)]
pub(super) struct RefusedPayments {
    reasons: BTreeMap<TxId, String>,
    order: VecDeque<TxId>,
}

impl RefusedPayments {
    pub(super) fn reason(&self, id: &TxId) -> Option<&str> {
        self.reasons.get(id).map(String::as_str)
    }

    pub(super) fn insert(&mut self, id: TxId, reason: String) {
        if self.reasons.insert(id, reason).is_none() {
            self.order.push_back(id);
        }
        if self.order.len() > MAX_REFUSED
            && let Some(oldest) = self.order.pop_front()
        {
            self.reasons.remove(&oldest);
        }
    }
}
