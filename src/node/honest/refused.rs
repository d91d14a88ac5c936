//! Payments that were refused, so that it can be said why.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, LazyLock};

use super::inbox::{CROWDED_INBOX, CROWDED_SHARE};
use super::pool::{MAX_POOL, MAX_WAITING};
use crate::ledger::TxId;

/// What a flood of payments is refused with, thousands of times: made once, and shared by all that tell it.
pub(super) static CROWDED: LazyLock<Arc<str>> = LazyLock::new(|| {
    let waiting = format!("the inbox is crowded with {CROWDED_INBOX} messages");
    format!("{waiting}, and {CROWDED_SHARE} of this peer wait").into()
});
pub(super) static POOL_FULL: LazyLock<Arc<str>> =
    LazyLock::new(|| format!("the pool is full with {MAX_POOL} payments").into());
pub(super) static LATER_WAIT: LazyLock<Arc<str>> =
    LazyLock::new(|| format!("{MAX_WAITING} payments that came later wait too").into());

/// How many refused payments are remembered.
const MAX_REFUSED: usize = 1_000;

#[derive(Debug, Clone, Default)]
pub(super) struct RefusedPayments {
    reasons: BTreeMap<TxId, Arc<str>>,
    order: VecDeque<TxId>,
}

impl RefusedPayments {
    pub(super) fn reason(&self, id: &TxId) -> Option<&str> {
        self.reasons.get(id).map(|reason| &**reason)
    }

    pub(super) fn insert(&mut self, id: TxId, reason: Arc<str>) {
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
