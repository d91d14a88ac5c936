//! Payments that are in no block, as a log: rows of [`Table::Kept`] that say one after the other what became of
//! which, all that a batch says of them in one row. A payment comes to several places before it is in a block; a
//! row for each of them cost more than all else that is written of it.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hash::BuildHasher;

use fjall::Slice;

use super::codec::{self, Table};
use super::kept::KeptError;
use super::tables::{Batch, Tables};
use crate::ledger::{MAX_SAFE_INTEGER, Transaction, TxId};

/// Where a payment is; the first byte of an entry that has it.
pub(super) const QUEUE: u8 = 0;
pub(super) const POOL: u8 = 1;
pub(super) const WAITING: u8 = 2;
pub(super) const WAITING_ACCEPTED: u8 = 3;

/// The first byte of an entry that says to which place a payment came.
const MOVED: u8 = 4;

/// The first byte of an entry that says that a payment is no longer kept.
const DROPPED: u8 = 5;

/// A row that has so many bytes is not added to: what one damaged row says is lost together.
const ROW_BYTES: usize = 32 * 1024;

/// What may be said of payments that are gone before the log is made shorter: as much as is said of those that are
/// kept, and this.
const SLACK_BYTES: usize = 256 * 1024;

/// A payment that is in no block, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KeptPayment {
    /// [`QUEUE`], [`POOL`], [`WAITING`] or [`WAITING_ACCEPTED`].
    pub(super) place: u8,
    /// Among those of its place; of those that wait it counts arrivals.
    pub(super) order: i64,
    pub(super) transaction: Transaction,
}

/// One thing that a row says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Entry {
    Kept(KeptPayment),
    Moved { id: TxId, place: u8, order: i64 },
    Dropped(TxId),
}

impl Entry {
    pub(super) fn write(&self, row: &mut Vec<u8>) {
        match self {
            Self::Kept(payment) => {
                write_kept(payment.place, payment.order, &payment.transaction, row);
            }
            Self::Moved { id, place, order } => {
                row.push(MOVED);
                row.extend_from_slice(&id.0);
                row.push(*place);
                row.extend_from_slice(&order.to_be_bytes());
            }
            Self::Dropped(id) => {
                row.push(DROPPED);
                row.extend_from_slice(&id.0);
            }
        }
    }

    /// Takes an entry off the front of a row; `None` when there is none.
    fn read(row: &mut &[u8]) -> Option<Self> {
        let kind = *row.split_off_first()?;
        match kind {
            MOVED => Some(Self::Moved {
                id: read_id(row)?,
                place: read_place(*row.split_off_first()?)?,
                order: read_order(row)?,
            }),
            DROPPED => Some(Self::Dropped(read_id(row)?)),
            place => Some(Self::Kept(KeptPayment {
                place: read_place(place)?,
                order: read_order(row)?,
                transaction: Transaction::read_canonical(row)?,
            })),
        }
    }
}

fn write_kept(place: u8, order: i64, transaction: &Transaction, row: &mut Vec<u8>) {
    row.push(place);
    row.extend_from_slice(&order.to_be_bytes());
    transaction.write_canonical(row);
}

fn read_id(row: &mut &[u8]) -> Option<TxId> {
    Some(TxId(*row.split_off(..16)?.first_chunk()?))
}

fn read_place(byte: u8) -> Option<u8> {
    [QUEUE, POOL, WAITING, WAITING_ACCEPTED]
        .contains(&byte)
        .then_some(byte)
}

fn read_order(row: &mut &[u8]) -> Option<i64> {
    Some(i64::from_be_bytes(*row.split_off(..8)?.first_chunk()?))
}

/// All that a row says, each with its bytes; ends with `None` where it says nothing that can be understood.
pub(super) fn entries(mut row: &[u8]) -> impl Iterator<Item = Option<(Entry, usize)>> {
    std::iter::from_fn(move || {
        let before = row.len();
        if before == 0 {
            return None;
        }
        let entry = Entry::read(&mut row);
        if entry.is_none() {
            row = &[];
        }
        Some(entry.map(|entry| (entry, before - row.len())))
    })
}

/// What a row of the log is called where it is broken.
pub(super) fn row_at(key: &[u8]) -> String {
    let number = hex::encode(&key[1..]);
    format!("the row {number} of what became of payments")
}

/// The payments that rows which were read in order leave. What is said of others is of payments whose row went,
/// as nothing in it was kept any more.
#[derive(Debug, Default)]
pub(super) struct Payments(BTreeMap<TxId, KeptPayment>);

impl Payments {
    pub(super) fn apply(&mut self, entry: Entry) {
        match entry {
            Entry::Kept(payment) => drop(self.0.insert(payment.transaction.id, payment)),
            Entry::Moved { id, place, order } => {
                if let Some(payment) = self.0.get_mut(&id) {
                    (payment.place, payment.order) = (place, order);
                }
            }
            Entry::Dropped(id) => drop(self.0.remove(&id)),
        }
    }

    /// In their order, whatever the place.
    pub(super) fn in_order(self) -> Vec<KeptPayment> {
        let mut payments: Vec<_> = self.0.into_values().collect();
        payments.sort_by_key(|payment| payment.order);
        payments
    }
}

/// A row that is written, or being made.
#[derive(Debug)]
struct Row {
    number: u64,
    bytes: usize,
    /// The payments in it that are kept.
    kept: usize,
}

/// Where a payment is, and in which row it stands.
#[derive(Debug)]
struct Whereabouts {
    row: u64,
    bytes: usize,
    place: u8,
    order: i64,
    /// Of all the payment says: another one can have its id.
    digest: u64,
}

/// What a writer has to know of the log in order to add to it.
///
/// A row says nothing of payments in later rows. So the oldest one can go as soon as no payment in it is kept; where
/// some stay for long, they are written once more.
#[derive(Debug, Default)]
pub(super) struct PaymentLog {
    /// In order. The last one is being made where [`PaymentLog::open`] holds anything.
    rows: VecDeque<Row>,
    open: Vec<u8>,
    last: u64,
    whereabouts: HashMap<TxId, Whereabouts>,
    /// Of all rows, and of the payments in them that are kept.
    bytes: usize,
    kept_bytes: usize,
}

impl PaymentLog {
    /// The payments that are kept, and what a writer goes on from.
    pub(super) fn read(tables: &Tables) -> Result<(Payments, Self), KeptError> {
        Self::replay(tables.table(Table::Kept))
    }

    fn replay(
        rows: impl Iterator<Item = fjall::Result<(Slice, Slice)>>,
    ) -> Result<(Payments, Self), KeptError> {
        let (mut payments, mut log) = (Payments::default(), Self::default());
        for row in rows {
            let (key, row) = row?;
            let broken = || KeptError::Broken(row_at(&key));
            let number = codec::read_number(&key[1..]);
            let number = number.filter(|number| *number <= MAX_SAFE_INTEGER);
            log.last = number.ok_or_else(broken)?;
            log.begin_row();
            for entry in entries(&row) {
                let (entry, bytes) = entry.ok_or_else(broken)?;
                log.note(&entry, bytes);
                payments.apply(entry);
            }
        }
        Ok((payments, log))
    }

    /// A payment is in this place from now on.
    pub(super) fn keep(
        &mut self,
        place: u8,
        order: i64,
        transaction: &Transaction,
        batch: &mut Batch,
    ) {
        let id = transaction.id;
        let digest = self.digest(transaction);
        let kept = self.whereabouts.get(&id);
        match kept.is_some_and(|kept| kept.digest == digest) {
            true => self.say(&Entry::Moved { id, place, order }, batch),
            false => self.put(place, order, transaction, digest, batch),
        }
    }

    /// A payment is no longer kept.
    pub(super) fn drop(&mut self, id: TxId, batch: &mut Batch) {
        if self.whereabouts.contains_key(&id) {
            self.say(&Entry::Dropped(id), batch);
        }
    }

    /// Writes what was said since the last batch, and takes away what says nothing any more. `read` looks up a row
    /// that was written; one that is not there yet stays for now.
    pub(super) fn finish(
        &mut self,
        batch: &mut Batch,
        read: impl Fn(&[u8]) -> fjall::Result<Option<Slice>>,
    ) -> fjall::Result<()> {
        while let Some(oldest) = self.rows.front() {
            let number = oldest.number;
            let stays =
                oldest.kept > 0 && !(self.is_long() && self.repeat(number, &read, batch)?);
            if stays || number == self.last && !self.open.is_empty() {
                break;
            }
            self.bytes -= self.rows.pop_front().map_or(0, |row| row.bytes);
            batch.put((Table::Kept.numbered(number), None));
        }
        self.close(batch);
        Ok(())
    }

    /// With a key that is new in each process: nobody can make two payments that have the same.
    fn digest(&self, transaction: &Transaction) -> u64 {
        self.whereabouts.hasher().hash_one(transaction)
    }

    fn is_long(&self) -> bool {
        self.bytes > 2 * self.kept_bytes + SLACK_BYTES
    }

    /// Writes the payments of the oldest row that are kept once more; whether all were in it.
    fn repeat(
        &mut self,
        number: u64,
        read: impl Fn(&[u8]) -> fjall::Result<Option<Slice>>,
        batch: &mut Batch,
    ) -> fjall::Result<bool> {
        let Some(row) = read(&Table::Kept.numbered(number))? else {
            return Ok(false);
        };
        let mut payments = Payments::default();
        for (entry, _) in entries(&row).flatten() {
            payments.apply(entry);
        }
        for KeptPayment { transaction, .. } in payments.in_order() {
            let digest = self.digest(&transaction);
            let kept = self.whereabouts.get(&transaction.id);
            if let Some(kept) = kept.filter(|kept| (kept.row, kept.digest) == (number, digest)) {
                self.put(kept.place, kept.order, &transaction, digest, batch);
            }
        }
        Ok(self.rows.front().is_none_or(|oldest| oldest.kept == 0))
    }

    /// Ends the row that is being made. Where it is the only one and nothing in it is kept, it is not needed.
    pub(super) fn close(&mut self, batch: &mut Batch) {
        if self.open.is_empty() {
            return;
        }
        let row = std::mem::take(&mut self.open);
        if self.rows.len() == 1 && self.whereabouts.is_empty() {
            self.rows.clear();
            self.bytes = 0;
            return;
        }
        batch.put((Table::Kept.numbered(self.last), Some(row.into())));
    }

    fn put(
        &mut self,
        place: u8,
        order: i64,
        transaction: &Transaction,
        digest: u64,
        batch: &mut Batch,
    ) {
        let bytes = self.add(batch, |row| write_kept(place, order, transaction, row));
        let kept = Whereabouts {
            row: self.last,
            bytes,
            place,
            order,
            digest,
        };
        self.note_kept(transaction.id, kept);
    }

    fn say(&mut self, entry: &Entry, batch: &mut Batch) {
        let bytes = self.add(batch, |row| entry.write(row));
        self.note(entry, bytes);
    }

    /// Adds to the row that is being made, or begins one; how many bytes that is.
    fn add(&mut self, batch: &mut Batch, write: impl FnOnce(&mut Vec<u8>)) -> usize {
        if self.open.len() >= ROW_BYTES {
            self.close(batch);
        }
        if self.open.is_empty() {
            self.last += 1;
            self.begin_row();
        }
        let before = self.open.len();
        write(&mut self.open);
        self.open.len() - before
    }

    fn begin_row(&mut self) {
        self.rows.push_back(Row {
            number: self.last,
            bytes: 0,
            kept: 0,
        });
    }

    /// Counts what the last row says.
    fn note(&mut self, entry: &Entry, bytes: usize) {
        match entry {
            Entry::Kept(payment) => {
                let kept = Whereabouts {
                    row: self.last,
                    bytes,
                    place: payment.place,
                    order: payment.order,
                    digest: self.digest(&payment.transaction),
                };
                return self.note_kept(payment.transaction.id, kept);
            }
            Entry::Moved { id, place, order } => {
                if let Some(kept) = self.whereabouts.get_mut(id) {
                    (kept.place, kept.order) = (*place, *order);
                }
            }
            Entry::Dropped(id) => self.forget(id),
        }
        self.grow(bytes, 0);
    }

    fn note_kept(&mut self, id: TxId, kept: Whereabouts) {
        self.forget(&id);
        let bytes = kept.bytes;
        self.whereabouts.insert(id, kept);
        self.kept_bytes += bytes;
        self.grow(bytes, 1);
    }

    fn grow(&mut self, bytes: usize, kept: usize) {
        let row = self.rows.back_mut().expect("it was begun");
        row.bytes += bytes;
        row.kept += kept;
        self.bytes += bytes;
    }

    /// The payment counts no longer, neither in the log nor in its row.
    fn forget(&mut self, id: &TxId) {
        if let Some(kept) = self.whereabouts.remove(id) {
            self.kept_bytes -= kept.bytes;
            let at = self
                .rows
                .binary_search_by_key(&kept.row, |row| row.number)
                .expect("a row stays as long as a payment in it is kept");
            self.rows[at].kept -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    /// The table as batches leave it.
    #[derive(Default)]
    struct Rows(BTreeMap<Slice, Slice>);

    impl Rows {
        fn write(&mut self, log: &mut PaymentLog) {
            self.write_with(log, Batch::default());
        }

        fn write_with(&mut self, log: &mut PaymentLog, mut batch: Batch) {
            let written = |key: &[u8]| Ok(self.0.get(key).cloned());
            log.finish(&mut batch, written).unwrap();
            for (key, value) in batch.puts {
                match value {
                    Some(value) => drop(self.0.insert(key, value)),
                    None => drop(self.0.remove(&key)),
                }
            }
        }

        fn read(&self) -> (Vec<KeptPayment>, PaymentLog) {
            let rows = self.0.clone().into_iter();
            let (payments, log) = PaymentLog::replay(rows.map(Ok)).unwrap();
            (payments.0.into_values().collect(), log)
        }

        fn bytes(&self) -> usize {
            self.0.values().map(|row| row.len()).sum()
        }
    }

    fn payment(id: u64, value: u64) -> Transaction {
        Transaction {
            id: TxId::from(u128::from(id)),
            sender: Some("aki".parse().unwrap()),
            recipient: "so".parse().unwrap(),
            value: value.try_into().unwrap(),
            signed: None,
        }
    }

    /// A table and its log in which one payment is kept.
    fn of_one(place: u8) -> (Rows, PaymentLog) {
        let (mut rows, mut log) = (Rows::default(), PaymentLog::default());
        let mut batch = Batch::default();
        log.keep(place, 3, &payment(1, 1), &mut batch);
        rows.write_with(&mut log, batch);
        (rows, log)
    }

    /// Payments that come and go, more than are let lie about.
    fn pass_through(log: &mut PaymentLog, batch: &mut Batch) {
        for id in 1000..5000 {
            log.keep(QUEUE, 7, &payment(id, 1), batch);
            log.keep(POOL, 7, &payment(id, 1), batch);
            log.drop(TxId::from(u128::from(id)), batch);
        }
    }

    #[derive(Debug, Clone)]
    enum Act {
        Keep {
            id: u64,
            value: u64,
            place: u8,
            order: i64,
        },
        Drop {
            id: u64,
        },
        PassThrough,
        Write,
        Start,
    }

    fn act() -> impl Strategy<Value = Act> {
        prop_oneof![
            6 => (0u64..6, 1u64..3, QUEUE..=WAITING_ACCEPTED, -9i64..9).prop_map(
                |(id, value, place, order)| Act::Keep { id, value, place, order }
            ),
            3 => (0u64..6).prop_map(|id| Act::Drop { id }),
            1 => Just(Act::PassThrough),
            3 => Just(Act::Write),
            1 => Just(Act::Start),
        ]
    }

    proptest! {
        #[test]
        fn what_rows_leave_is_what_was_said_last(acts in vec(act(), 1..60)) {
            let (mut rows, mut log) = (Rows::default(), PaymentLog::default());
            let mut batch = Batch::default();
            let mut model = BTreeMap::new();
            for act in acts.into_iter().chain([Act::Start]) {
                match act {
                    Act::Keep { id, value, place, order } => {
                        let transaction = payment(id, value);
                        log.keep(place, order, &transaction, &mut batch);
                        model.insert(id, KeptPayment { place, order, transaction });
                    }
                    Act::Drop { id } => {
                        log.drop(TxId::from(u128::from(id)), &mut batch);
                        model.remove(&id);
                    }
                    Act::PassThrough => pass_through(&mut log, &mut batch),
                    Act::Write | Act::Start => {
                        rows.write_with(&mut log, std::mem::take(&mut batch));
                        let (read, again) = rows.read();
                        prop_assert_eq!(read, model.values().cloned().collect::<Vec<_>>());
                        prop_assert_eq!(again.bytes, rows.bytes());
                        prop_assert_eq!((again.bytes, again.kept_bytes), (log.bytes, log.kept_bytes));
                        prop_assert!(!rows.0.is_empty() || model.is_empty());
                        if matches!(act, Act::Start) {
                            log = again;
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn a_payment_that_stays_does_not_keep_the_rest() {
        let (mut rows, mut log) = of_one(WAITING);
        for _ in 0..5 {
            let mut batch = Batch::default();
            pass_through(&mut log, &mut batch);
            rows.write_with(&mut log, batch);
            rows.write(&mut log);
            assert!(
                rows.bytes() < SLACK_BYTES + 2 * ROW_BYTES,
                "{}",
                rows.bytes()
            );
        }
        let kept = KeptPayment {
            place: WAITING,
            order: 3,
            transaction: payment(1, 1),
        };
        assert_eq!(rows.read().0, [kept]);
        log.drop(TxId::from(1), &mut Batch::default());
        rows.write(&mut log);
        assert_eq!(rows.bytes(), 0, "nothing is kept");
    }

    #[test]
    fn rows_that_none_can_follow_or_that_say_anything_else_are_broken() {
        let mut dropped = Vec::new();
        Entry::Dropped(TxId::from(1)).write(&mut dropped);
        let read = |number: u64, row: &[u8]| {
            let row = (Table::Kept.numbered(number), row.into());
            PaymentLog::replay([Ok(row)].into_iter()).is_ok()
        };
        assert!(read(MAX_SAFE_INTEGER, &dropped));
        assert!(!read(MAX_SAFE_INTEGER + 1, &dropped));
        assert!(!read(1, &[&dropped[..], &[MOVED]].concat()));
        assert!(!read(1, &[WAITING_ACCEPTED + 9]));
    }

    #[test]
    fn a_row_that_does_not_say_what_it_should_stays() {
        let (_, mut log) = of_one(POOL);
        let mut batch = Batch::default();
        pass_through(&mut log, &mut batch);
        let refused = log.finish(&mut batch, |_| Err(fjall::Error::Unrecoverable));
        assert!(refused.is_err());
        let mut another = Vec::new();
        write_kept(POOL, 3, &payment(1, 2), &mut another);
        for wrong in [None, Some(&[9][..]), Some(&[]), Some(&another)] {
            let row = |_: &[u8]| Ok(wrong.map(Slice::from));
            log.finish(&mut batch, row).unwrap();
            assert!(batch.puts.iter().all(|(_, value)| value.is_some()));
        }
        // Its row is there to be counted down.
        log.drop(TxId::from(1), &mut batch);
    }
}
