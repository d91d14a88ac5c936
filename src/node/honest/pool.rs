//! Payments that are not in a block yet.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::ledger::{Account, Draft, PaymentError, Store, Transaction, TxId};

/// The most payments in the pool: no more than what a new link takes. A controller's are accepted as
/// long as the pool, its own that wait and those it just added are fewer, all together; those that a
/// reorganisation puts back wait where they find no room.
pub const MAX_POOL: usize = 10_000;

/// The most payments of others that wait. What this node's controller added is kept beyond it.
pub const MAX_WAITING: usize = 1_000;

/// Payments that can be paid one after the other at the tip, in that order.
#[derive(Debug, Clone, Default)]
pub(super) struct Pool {
    entries: BTreeMap<i64, Transaction>,
    orders: BTreeMap<TxId, i64>,
    draft: Draft,
}

impl Pool {
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Transaction> {
        self.entries.values()
    }

    pub(super) fn get(&self, id: &TxId) -> Option<&Transaction> {
        self.orders.get(id).map(|order| &self.entries[order])
    }

    /// A payment's place in the order.
    pub(super) fn order(&self, id: &TxId) -> Option<i64> {
        self.orders.get(id).copied()
    }

    pub(super) fn is_full(&self) -> bool {
        self.entries.len() >= MAX_POOL
    }

    /// What `account` has when everything in the pool is paid.
    pub(super) fn balance(&self, store: &impl Store, account: &Account) -> u64 {
        self.draft.balance(store, account)
    }

    /// Adds a payment at the end; its place in the order.
    pub(super) fn push(
        &mut self,
        store: &impl Store,
        transaction: Transaction,
    ) -> Result<i64, PaymentError> {
        let last = self.entries.last_key_value();
        let order = last.map_or(0, |(order, _)| order + 1);
        self.push_at(store, order, transaction)?;
        Ok(order)
    }

    /// Adds a payment at this place, which must be behind all others.
    pub(super) fn push_at(
        &mut self,
        store: &impl Store,
        order: i64,
        transaction: Transaction,
    ) -> Result<(), PaymentError> {
        // Which block it will be in does not matter to a draft that is never staged.
        self.draft.pay(store, &transaction, 0)?;
        self.orders.insert(transaction.id, order);
        self.entries.insert(order, transaction);
        Ok(())
    }

    /// Puts payments of a branch that was left ahead of all others, and builds the pool anew on the
    /// present tip.
    pub(super) fn rebuild(&mut self, store: &impl Store, returned: Vec<Transaction>) -> Rebuilt {
        let first = self
            .entries
            .first_key_value()
            .map_or(0, |(order, _)| *order);
        let mut candidates = std::mem::take(self).entries;
        let before = first - i64::try_from(returned.len()).expect("a pool is held in memory");
        candidates.extend((before..).zip(returned));
        let mut rebuilt = Rebuilt::default();
        for (order, transaction) in candidates {
            if self.is_full() {
                match self.draft.block_of(store, &transaction.id) {
                    Some(_) => rebuilt.paid.push(transaction),
                    None => rebuilt.left_over.push(transaction),
                }
                continue;
            }
            match self.draft.pay(store, &transaction, 0) {
                Ok(()) => {
                    if order < first {
                        rebuilt.returned.push((order, transaction.clone()));
                    }
                    self.orders.insert(transaction.id, order);
                    self.entries.insert(order, transaction);
                }
                Err(PaymentError::Twice { .. }) => rebuilt.paid.push(transaction),
                Err(_) => rebuilt.left_over.push(transaction),
            }
        }
        rebuilt
    }
}

/// What became of a pool's payments when the tip moved.
#[derive(Debug, Default)]
pub(super) struct Rebuilt {
    /// In the pool again, after having been in a block.
    pub(super) returned: Vec<(i64, Transaction)>,
    /// In a block now.
    pub(super) paid: Vec<Transaction>,
    /// Not payable any more, or too many for the pool.
    pub(super) left_over: Vec<Transaction>,
}

/// Payments that cannot be paid yet, in the order they came.
#[derive(Debug, Clone, Default)]
pub(super) struct Waiting {
    entries: VecDeque<(Transaction, bool)>,
    ids: BTreeSet<TxId>,
    accepted: usize,
    /// How many of the last ones nobody was told of yet.
    untold: usize,
}

impl Waiting {
    /// The number of payments among these that this node had accepted.
    pub(super) fn accepted(&self) -> usize {
        self.accepted
    }

    /// The payments, each with whether this node had accepted it.
    pub(super) fn iter(&self) -> impl Iterator<Item = &(Transaction, bool)> {
        self.entries.iter()
    }

    pub(super) fn get(&self, id: &TxId) -> Option<&Transaction> {
        let waits = self.ids.contains(id).then(|| self.entries.iter());
        waits?
            .map(|(transaction, _)| transaction)
            .find(|waits| waits.id == *id)
    }

    /// Adds a payment. When more than [`MAX_WAITING`] wait that were not accepted, the oldest of
    /// them is given up and returned.
    pub(super) fn push(&mut self, transaction: Transaction, accepted: bool) -> Option<Transaction> {
        self.ids.insert(transaction.id);
        self.entries.push_back((transaction, accepted));
        self.accepted += usize::from(accepted);
        if self.entries.len() - self.accepted <= MAX_WAITING {
            return None;
        }
        let oldest = self.entries.iter().position(|(_, accepted)| !accepted)?;
        let told = self.entries.len() - self.untold;
        let (given_up, _) = self.entries.remove(oldest)?;
        self.ids.remove(&given_up.id);
        self.untold -= usize::from(oldest >= told);
        Some(given_up)
    }

    /// As [`Waiting::push`], for one that [`Waiting::take_untold`] brings later if it still waits then.
    pub(super) fn push_untold(
        &mut self,
        transaction: Transaction,
        accepted: bool,
    ) -> Option<Transaction> {
        self.untold += 1;
        self.push(transaction, accepted)
    }

    /// Those that nobody was told of, in order, each with whether this node had accepted it. They count as told now.
    pub(super) fn take_untold(&mut self) -> Vec<(Transaction, bool)> {
        let told = self.entries.len() - std::mem::take(&mut self.untold);
        self.entries.iter().skip(told).cloned().collect()
    }

    /// Makes a payment that waits one that this node accepted, and the last of all.
    pub(super) fn accept(&mut self, transaction: Transaction) {
        self.entries.retain(|(waits, _)| waits.id != transaction.id);
        let given_up = self.push(transaction, true);
        debug_assert_eq!(given_up, None, "no more wait that were not accepted");
    }

    /// Takes everything out, in order.
    pub(super) fn take(&mut self) -> VecDeque<(Transaction, bool)> {
        std::mem::take(self).entries
    }
}

/// Payments that a controller added and that wait for their clock.
#[derive(Debug, Clone, Default)]
pub(super) struct Queue {
    entries: Vec<Queued>,
    /// Where in the entries a payment is.
    indices: BTreeMap<TxId, usize>,
    /// What these payments change, by account.
    changes: BTreeMap<Account, i128>,
}

#[derive(Debug, Clone)]
pub(super) struct Queued {
    pub(super) transaction: Transaction,
    /// The first clock at which it could be taken up, and its place among all arrivals.
    pub(super) since: (u64, u64),
}

impl Queue {
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn first(&self) -> Option<&Queued> {
        self.entries.first()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Queued> {
        self.entries.iter()
    }

    pub(super) fn get(&self, id: &TxId) -> Option<&Transaction> {
        self.indices
            .get(id)
            .map(|index| &self.entries[*index].transaction)
    }

    /// What an account that has `balance` has after these payments; 0 when it would be less.
    pub(super) fn balance_after(&self, account: &Account, balance: u64) -> u64 {
        let after = i128::from(balance) + self.changes.get(account).unwrap_or(&0);
        u64::try_from(after).unwrap_or(0)
    }

    pub(super) fn push(&mut self, queued: Queued) {
        let Transaction {
            sender,
            recipient,
            value,
            ..
        } = &queued.transaction;
        if let Some(sender) = sender {
            *self.changes.entry(sender.clone()).or_insert(0) -= i128::from(value.get());
        }
        *self.changes.entry(recipient.clone()).or_insert(0) += i128::from(value.get());
        self.indices
            .insert(queued.transaction.id, self.entries.len());
        self.entries.push(queued);
    }

    /// Takes a payment out that has come to be kept elsewhere, if it is here. That is seldom: it was in a block
    /// meanwhile, which left the chain again.
    pub(super) fn remove(&mut self, id: &TxId) {
        if let Some(index) = self.indices.get(id).copied() {
            let mut entries = self.take();
            entries.remove(index);
            entries.into_iter().for_each(|queued| self.push(queued));
        }
    }

    /// Takes everything out, in order.
    pub(super) fn take(&mut self) -> Vec<Queued> {
        std::mem::take(self).entries
    }
}
