//! What a node keeps besides its ledger, as tables: what [`Saved`] is in memory.

use fjall::Slice;
use serde::{Deserialize, Serialize};

use super::changes::Put;
use super::codec::{self, Table};
use super::error::describe;
use super::message;
use super::payment_log::{POOL, PaymentLog, QUEUE, WAITING, WAITING_ACCEPTED};
use super::tables::{Batch, Tables};
use crate::ledger::{MAX_SAFE_INTEGER, Transaction, TxId};
use crate::node::{Message, Name, Persist, Record, Saved};

/// The numbers of a node, one small value.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Counters {
    clock: u64,
    started: bool,
    salt: u64,
    issued: u64,
    mine: bool,
    lives: u64,
}

/// So many ids of accepted payments stand in one row where all are written at once.
pub(super) const IDS_A_ROW: usize = 4096;

/// What a writer has to know of what it wrote before.
#[derive(Debug, Default)]
pub(super) struct Records {
    counters: Counters,
    /// Numbers what is kept in the order it comes.
    arrivals: u64,
    payments: PaymentLog,
    /// Payments accepted since the last batch.
    accepted: Vec<TxId>,
}

impl Records {
    /// Hands out what a node's records change, all but the ledger and what [`Records::finish`] does. A reset is
    /// the caller's to have made.
    pub(super) fn apply(&mut self, persist: &Persist, batch: &mut Batch) {
        for record in &persist.records {
            self.record(record, batch);
        }
        self.counters.clock = persist.clock;
    }

    fn record(&mut self, record: &Record, batch: &mut Batch) {
        match record {
            Record::Started { salt } => {
                (self.counters.started, self.counters.salt) = (true, *salt);
            }
            Record::Reset { .. } | Record::Restored(_) => {
                let mut saved = Saved {
                    lives: self.counters.lives,
                    ..Saved::default()
                };
                saved.apply(&Persist {
                    records: vec![record.clone()],
                    ..Persist::default()
                });
                self.write(&saved, batch);
            }
            Record::Queued {
                transaction,
                issued,
            } => {
                self.counters.issued = *issued;
                self.accepted.push(transaction.id);
                self.keep_in_order(QUEUE, transaction, batch);
            }
            Record::Pooled { order, transaction } => {
                self.payments.keep(POOL, *order, transaction, batch);
            }
            Record::Waiting {
                transaction,
                accepted,
            } => self.keep_waiting(transaction, *accepted, batch),
            Record::Dropped { id } => self.payments.drop(*id, batch),
            Record::Received {
                from,
                ready,
                message,
            } => batch.put(self.message(from, *ready, message)),
            Record::Taken {
                from,
                stamp,
                sequence,
            } => batch.put((message::key(from, *stamp, *sequence), None)),
            Record::Mine { waits } => self.counters.mine = *waits,
        }
    }

    /// Writes everything, into tables that hold nothing of it.
    pub(super) fn write(&mut self, saved: &Saved, batch: &mut Batch) {
        (self.payments, self.accepted) = Default::default();
        self.counters = Counters {
            clock: saved.clock,
            started: saved.started,
            salt: saved.salt,
            issued: saved.issued,
            mine: saved.mine,
            lives: saved.lives,
        };
        for ids in saved.accepted.chunks(IDS_A_ROW) {
            batch.put(accepted(self.next_arrival(), ids));
        }
        for transaction in &saved.queue {
            self.keep_in_order(QUEUE, transaction, batch);
        }
        for (order, transaction) in &saved.pool {
            self.payments.keep(POOL, *order, transaction, batch);
        }
        for (transaction, accepted) in &saved.waiting {
            self.keep_waiting(transaction, *accepted, batch);
        }
        self.payments.close(batch);
        for kept in &saved.inbox {
            batch.put(self.message(&kept.from, kept.ready, &kept.message));
        }
        batch.put(self.counters());
    }

    /// Counts one more life, which is to be written.
    pub(super) fn begin_life(&mut self) -> Put {
        self.counters.lives += 1;
        self.counters()
    }

    /// Hands out what a batch says once, whatever it holds: the counters as they are after all that was applied,
    /// which payments were accepted, and what became of those that are kept. `read` looks up what was written
    /// before.
    pub(super) fn finish(
        &mut self,
        batch: &mut Batch,
        read: impl Fn(&[u8]) -> fjall::Result<Option<Slice>>,
    ) -> fjall::Result<()> {
        if !self.accepted.is_empty() {
            let ids = std::mem::take(&mut self.accepted);
            batch.put(accepted(self.next_arrival(), &ids));
        }
        batch.put(self.counters());
        self.payments.finish(batch, read)
    }

    fn counters(&self) -> Put {
        let numbers = serde_json::to_vec(&self.counters).expect("numbers are written as JSON");
        (Table::Node.key(&[]), Some(numbers.into()))
    }

    fn keep_waiting(&mut self, transaction: &Transaction, accepted: bool, batch: &mut Batch) {
        let place = if accepted { WAITING_ACCEPTED } else { WAITING };
        self.keep_in_order(place, transaction, batch);
    }

    fn keep_in_order(&mut self, place: u8, transaction: &Transaction, batch: &mut Batch) {
        let arrival = self.next_arrival().cast_signed();
        self.payments.keep(place, arrival, transaction, batch);
    }

    fn message(&mut self, from: &Option<Name>, ready: u64, message: &Message) -> Put {
        let key = message::key(from, message.stamp, message.sequence);
        let value = message::value(self.next_arrival(), from, ready, message);
        (key, Some(value.into()))
    }

    fn next_arrival(&mut self) -> u64 {
        self.arrivals += 1;
        self.arrivals
    }
}

/// Payments that were accepted together.
pub(super) fn accepted(number: u64, ids: &[TxId]) -> Put {
    let ids = ids.iter().flat_map(|id| id.0);
    (
        Table::Accepted.numbered(number),
        Some(ids.collect::<Vec<u8>>().into()),
    )
}

/// Why what is kept cannot be read.
#[derive(Debug)]
pub(super) enum KeptError {
    Database(fjall::Error),
    /// What cannot be understood.
    Broken(String),
}

impl std::fmt::Display for KeptError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Database(error) => f.write_str(&describe(error)),
            Self::Broken(what) => write!(f, "{what} is broken"),
        }
    }
}

impl From<fjall::Error> for KeptError {
    fn from(error: fjall::Error) -> Self {
        Self::Database(error)
    }
}

/// What is kept, and what a writer goes on from.
pub(super) fn read(tables: &Tables) -> Result<(Saved, Records), KeptError> {
    let counters = read_counters(tables)?;
    let mut saved = counters.saved();
    let mut arrivals = 0;
    read_accepted(tables, &mut saved, &mut arrivals)?;
    let payments = read_payments(tables, &mut saved, &mut arrivals)?;
    read_inbox(tables, &mut saved, &mut arrivals)?;
    if arrivals.max(counters.lives) > MAX_SAFE_INTEGER {
        let what = format!("a count of {}", arrivals.max(counters.lives));
        return Err(KeptError::Broken(what));
    }
    let records = Records {
        counters,
        arrivals,
        payments,
        accepted: Vec::new(),
    };
    Ok((saved, records))
}

/// The numbers alone.
pub(super) fn read_numbers(tables: &Tables) -> Result<Saved, KeptError> {
    Ok(read_counters(tables)?.saved())
}

fn read_counters(tables: &Tables) -> Result<Counters, KeptError> {
    match tables.get(&Table::Node.key(&[]))? {
        Some(value) => serde_json::from_slice(&value)
            .map_err(|error| KeptError::Broken(format!("what the node counts ({error})"))),
        None => Ok(Counters::default()),
    }
}

impl Counters {
    fn saved(&self) -> Saved {
        Saved {
            clock: self.clock,
            started: self.started,
            salt: self.salt,
            issued: self.issued,
            mine: self.mine,
            lives: self.lives,
            ..Saved::default()
        }
    }
}

fn read_accepted(tables: &Tables, saved: &mut Saved, arrivals: &mut u64) -> Result<(), KeptError> {
    for entry in tables.table(Table::Accepted) {
        let (key, value) = entry?;
        let row = codec::read_number(&key[1..]).zip(read_ids(&value));
        let (number, ids) = row.ok_or_else(|| KeptError::Broken(ACCEPTED_IDS.to_owned()))?;
        *arrivals = number.max(*arrivals);
        saved.accepted.extend(ids);
    }
    saved.accepted.sort_unstable();
    saved.accepted.dedup();
    Ok(())
}

/// What a row of [`Table::Accepted`] is called where it is broken.
pub(super) const ACCEPTED_IDS: &str = "a row with the ids of accepted payments";

/// The ids in a row of [`Table::Accepted`].
pub(super) fn read_ids(value: &[u8]) -> Option<impl Iterator<Item = TxId>> {
    let (ids, rest) = value.as_chunks();
    rest.is_empty().then(|| ids.iter().copied().map(TxId))
}

fn read_payments(
    tables: &Tables,
    saved: &mut Saved,
    arrivals: &mut u64,
) -> Result<PaymentLog, KeptError> {
    let (payments, log) = PaymentLog::read(tables)?;
    for payment in payments.in_order() {
        let transaction = payment.transaction;
        match payment.place {
            POOL => saved.pool.push((payment.order, transaction)),
            QUEUE => saved.queue.push(transaction),
            place => saved.waiting.push((transaction, place == WAITING_ACCEPTED)),
        }
        if payment.place != POOL {
            *arrivals = payment.order.unsigned_abs().max(*arrivals);
        }
    }
    Ok(log)
}

fn read_inbox(tables: &Tables, saved: &mut Saved, arrivals: &mut u64) -> Result<(), KeptError> {
    let mut inbox = Vec::new();
    for entry in tables.table(Table::Inbox) {
        let (key, value) = entry?;
        let (arrival, kept) = message::read(&key, &value)
            .ok_or_else(|| KeptError::Broken("a message in the inbox".to_owned()))?;
        *arrivals = arrival.max(*arrivals);
        inbox.push((arrival, kept));
    }
    saved.inbox = in_order(inbox);
    Ok(())
}

fn in_order<T>(mut numbered: Vec<(u64, T)>) -> Vec<T> {
    numbered.sort_by_key(|(number, _)| *number);
    numbered.into_iter().map(|(_, thing)| thing).collect()
}
