//! Taking payments in.

use std::sync::Arc;

use super::inbox::{Content, Item, Key};
use super::link::Thing;
use super::packed::Packed;
use super::pool::Queued;
use super::refused::{LATER_WAIT, POOL_FULL};
use super::*;
use crate::ledger::{PaymentError, Signed};
use crate::node::About;

impl<S: Store> HonestNode<S> {
    /// A controller's payment, checked against the tip, the pool and what already waits.
    pub(super) fn pay(&mut self, payment: Payment) -> Result<Answer, RequestError> {
        self.check_started()?;
        let Payment {
            id,
            sender,
            recipient,
            value,
            sequence,
            signature,
        } = payment;
        let signed = Signed::of(sequence, signature)?;
        let rules = self.checker.rules();
        // A signed payment has its id of what it is.
        let named = id.or_else(|| rules.signed_id(&sender, signed?.sequence));
        let id = named.unwrap_or_else(|| self.new_id());
        let transaction = Transaction {
            id,
            sender: Some(sender),
            recipient,
            value,
            signed: signed.map(Arc::new),
        };
        if let Err(error) = self.checker.check_payment(&transaction) {
            return Err(self.refuse(id, error.into()));
        }
        if let Some(known) = self.find_payment(&id) {
            return match signed {
                _ if known == transaction => self.accept_known(transaction),
                None => Err(RequestError::IdTaken { id }),
                Some(Signed { sequence, .. }) => Err(RequestError::SequenceTaken { sequence }),
            };
        }
        if let Err(error) = self.check_payable(&transaction) {
            if named.is_some() {
                self.refused.insert(id, error.to_string().into());
            }
            return Err(self.refuse(id, error));
        }
        self.issued += u64::from(named.is_none());
        self.accepted.insert(id);
        self.record(Record::Queued {
            transaction: transaction.clone(),
            issued: self.issued,
        });
        self.tell(Event::Payment {
            transaction: transaction.clone(),
            place: Place::Waiting,
        });
        let since = (self.clock + 1, self.next_arrival());
        self.queue.push(Queued { transaction, since });
        Ok(Answer::Accepted { id })
    }

    /// A payment that came from a peer first is kept like one of this node's own from now on.
    fn accept_known(&mut self, transaction: Transaction) -> Result<Answer, RequestError> {
        let id = transaction.id;
        if self.accepted.contains(&id) {
            return Ok(Answer::Accepted { id });
        }
        let waits = self.waiting.get(&id).is_some();
        if waits {
            self.check_room()?;
        }
        self.accepted.insert(id);
        // That it is accepted, and then where it is.
        self.record(Record::Queued {
            transaction: transaction.clone(),
            issued: self.issued,
        });
        if let Some(order) = self.pool.order(&id) {
            self.record(Record::Pooled { order, transaction });
        } else if waits {
            self.waiting.accept(transaction.clone());
            self.record(Record::Waiting {
                transaction,
                accepted: true,
            });
        } else {
            self.record(Record::Dropped { id });
        }
        Ok(Answer::Accepted { id })
    }

    /// Tells that a controller's payment is refused.
    fn refuse(&mut self, id: TxId, error: RequestError) -> RequestError {
        self.tell(Event::Refused {
            from: None,
            about: Some(About::Payment(id)),
            reason: error.to_string().into(),
        });
        error
    }

    fn check_room(&self) -> Result<(), RequestError> {
        let kept = self.pool.len() + self.queue.len() + self.waiting.accepted();
        if kept >= MAX_POOL {
            return Err(RequestError::PoolFull { kept });
        }
        Ok(())
    }

    fn check_payable(&self, transaction: &Transaction) -> Result<(), RequestError> {
        self.check_room()?;
        let account = transaction.sender.as_ref().ok_or(PaymentError::Minted)?;
        let in_pool = self.pool.balance(self.ledger.store(), account);
        let balance = self.queue.balance_after(account, in_pool);
        let value = transaction.value.get();
        if balance < value {
            return Err(PaymentError::Overdrawn {
                account: account.clone(),
                balance,
                value,
            }
            .into());
        }
        Ok(())
    }

    /// The next id this node gives a payment, from its name, its salt and its count of ids.
    fn new_id(&self) -> TxId {
        let mut bytes = self.salt.to_be_bytes().to_vec();
        bytes.extend_from_slice(&self.issued.to_be_bytes());
        bytes.extend_from_slice(self.name.as_str().as_bytes());
        let hash = Hash::sha256(&bytes).0;
        TxId(
            *hash
                .first_chunk()
                .expect("a hash has more bytes than an id"),
        )
    }

    /// A payment that is on the chain or kept.
    fn find_payment(&self, id: &TxId) -> Option<Transaction> {
        if let Some(block) = self
            .ledger
            .block_of(id)
            .and_then(|block| self.ledger.block_at(block))
        {
            return block
                .transactions()
                .iter()
                .find(|paid| paid.id == *id)
                .cloned();
        }
        let kept = self
            .pool
            .get(id)
            .or_else(|| self.queue.get(id))
            .or_else(|| self.waiting.get(id));
        kept.cloned()
    }

    /// Whether a payment costs nothing because it is known. Another one with the id of one that only
    /// waits is not: else a peer could keep a payment out by taking its id for one that nobody can pay.
    pub(super) fn is_known(&self, transaction: &Transaction) -> bool {
        self.knows(&transaction.id, |waits| waits == transaction)
    }

    /// Whether a payment is known that has this id and, where one with it waits, is that one.
    fn knows(&self, id: &TxId, is_it: impl FnOnce(&Transaction) -> bool) -> bool {
        self.ledger.block_of(id).is_some()
            || self.pool.get(id).is_some()
            || self.waiting.get(id).is_some_and(is_it)
    }

    /// Since when the payment waits that has waited longest, among a controller's and those of peers
    /// that are ready.
    pub(super) fn first_payment(&self) -> Option<(u64, u64)> {
        let ready = self
            .inbox
            .payments
            .values()
            .map(|item| (item.ready, item.arrival))
            .min();
        let queued = self.queue.first().map(|queued| queued.since);
        ready.into_iter().chain(queued).min()
    }

    /// What is known already costs nothing.
    pub(super) fn drop_known_payments(&mut self) {
        let is_known = |payment: &Packed| {
            let id = payment.id();
            self.knows(&id, |waits| *waits == payment.open()) || self.queue.get(&id).is_some()
        };
        let ready = self.inbox.payments.iter();
        let known = ready
            .filter(|(_, item)| item.content.payment().is_some_and(is_known))
            .map(|(key, _)| key.clone());
        for key in known.collect::<Vec<Key>>() {
            if let Some(item) = self.inbox.payments.remove(&key) {
                self.take_message(key, item);
            }
        }
    }

    /// Of a payment that waits from several peers one is enough.
    pub(super) fn drop_repeated_payments(&mut self) {
        for key in self.inbox.repeated() {
            if let Some(item) = self.inbox.take(&key) {
                self.take_message(key, item);
            }
        }
    }

    /// The payment in a message that leaves the inbox. Its sender knows it.
    fn take_message(&mut self, key: Key, item: Item) -> Option<(Name, Transaction)> {
        let from = key.from.clone();
        let Item {
            arrival, content, ..
        } = item;
        self.taken(key, &content);
        match (from, content) {
            (Some(from), Content::Payment(payment)) => {
                let payment = payment.open();
                self.note_said(&from, arrival, Thing::Payment(payment.id));
                Some((from, payment))
            }
            _ => None,
        }
    }

    /// Takes all payments that wait into the pool, a controller's first; whether any entered.
    pub(super) fn take_payments(&mut self) -> bool {
        let before = self.relay.len();
        for queued in self.queue.take() {
            self.take_payment(None, queued.transaction);
        }
        // Each has at least one effect. A row that doubled as it grew would take three times as much for a moment.
        self.effects.reserve_exact(self.inbox.payments.len());
        for (key, item) in std::mem::take(&mut self.inbox.payments) {
            if let Some((from, payment)) = self.take_message(key, item) {
                self.take_payment(Some(from), payment);
            }
        }
        self.tell_waiting();
        let entered = self.relay.len() > before;
        if entered {
            self.try_waiting();
        }
        entered
    }

    fn take_payment(&mut self, from: Option<Name>, transaction: Transaction) {
        if self.is_known(&transaction) {
            if from.is_none() {
                self.tell_paid(transaction);
            }
            return;
        }
        if self.pool.is_full() {
            if from.is_none() {
                return self.wait(transaction);
            }
            return self.give_up(from, &transaction, &POOL_FULL);
        }
        match self.pool.push(self.ledger.store(), transaction.clone()) {
            Ok(order) => self.entered_pool(order, transaction),
            Err(_) if self.waiting.get(&transaction.id).is_some() => {}
            Err(_) => self.wait(transaction),
        }
    }

    /// A payment is in the pool and is to be sent on.
    pub(super) fn entered_pool(&mut self, order: i64, transaction: Transaction) {
        self.queue.remove(&transaction.id);
        self.record(Record::Pooled {
            order,
            transaction: transaction.clone(),
        });
        self.tell(Event::Payment {
            transaction: transaction.clone(),
            place: Place::Pool,
        });
        self.relay.push(transaction);
    }

    /// A payment cannot be paid yet, or finds no room in the pool. One that was accepted from a
    /// controller is kept however many wait. Who calls this calls [`Self::tell_waiting`] once it is done.
    pub(super) fn wait(&mut self, transaction: Transaction) {
        let accepted = self.accepted.contains(&transaction.id);
        self.queue.remove(&transaction.id);
        let Some(oldest) = self.waiting.push_untold(transaction, accepted) else {
            return;
        };
        // Nobody was told that it waits, perhaps, but it may have been in the pool. Another one with its id is
        // there by now, perhaps, and stays.
        if self.pool.get(&oldest.id).is_none() {
            self.record(Record::Dropped { id: oldest.id });
        }
        self.give_up(None, &oldest, &LATER_WAIT);
    }

    /// Tells which payments have come to wait. Of one that was given up at the same clock it would be told in vain, and
    /// a flood is many thousands of those.
    pub(super) fn tell_waiting(&mut self) {
        for (transaction, accepted) in self.waiting.take_untold() {
            // Another one with its id was payable, and this one does not wait any longer.
            if self.pool.get(&transaction.id).is_some() {
                continue;
            }
            self.record(Record::Waiting {
                transaction: transaction.clone(),
                accepted,
            });
            self.tell(Event::Payment {
                transaction,
                place: Place::Waiting,
            });
        }
    }

    fn give_up(&mut self, from: Option<Name>, transaction: &Transaction, reason: &Arc<str>) {
        self.refused.insert(transaction.id, Arc::clone(reason));
        self.tell(Event::Refused {
            from,
            about: Some(About::Payment(transaction.id)),
            reason: Arc::clone(reason),
        });
    }

    /// Tries payments that wait again, after tip or pool changed, until none enters the pool.
    pub(super) fn try_waiting(&mut self) {
        loop {
            let mut entered = false;
            for (transaction, accepted) in self.waiting.take() {
                if self.ledger.block_of(&transaction.id).is_some() {
                    self.tell_paid(transaction);
                    continue;
                }
                // Another one with its id is in the pool, and a payment is in one place only.
                if self.pool.get(&transaction.id).is_some() {
                    continue;
                }
                if self.pool.is_full() {
                    drop(self.waiting.push(transaction, accepted));
                    continue;
                }
                match self.pool.push(self.ledger.store(), transaction.clone()) {
                    Ok(order) => {
                        entered = true;
                        self.entered_pool(order, transaction);
                    }
                    Err(_) => drop(self.waiting.push(transaction, accepted)),
                }
            }
            if !entered {
                return;
            }
        }
    }
}
