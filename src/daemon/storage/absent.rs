//! Blocks and payments that are known not to be on disk.

use std::hash::RandomState;
use std::ops::Bound::{Excluded, Included};
use std::sync::atomic::{AtomicBool, Ordering};

use fastbloom::AtomicBloomFilter;
use fjall::Slice;

use super::codec::{self, Table};
use super::tables::{Batch, Tables};
use crate::ledger::Hash;

/// The bits of the filter: 2 MiB.
const FILTER_BITS: usize = 16 * 1024 * 1024;

/// How many keys the filter is made for: it does not know then of one in a hundred that it is absent, with twice
/// as many of one in seven.
const FILTER_KEYS: usize = 1_600_000;

/// The most keys that a start reads into the filter; it would not tell much of more.
const MAX_READ: usize = 2 * FILTER_KEYS;

/// So many entries are read before the writer looks whether something is to be written: some milliseconds.
const READ_STEP: usize = 4096;

/// Says of most keys of [`Table::Block`] and [`Table::Paid`] that the disk does not have them. A block is looked
/// up before it is inserted, and a payment some four times before it is paid, from when it is asked for to when its
/// block is connected: all but never are they there, and a look passes by all tables.
pub(super) struct Absent {
    filter: AtomicBloomFilter<RandomState>,
    /// Whether the filter has all that are on disk.
    complete: AtomicBool,
}

impl Default for Absent {
    fn default() -> Self {
        let filter = AtomicBloomFilter::with_num_bits(FILTER_BITS)
            .hasher(RandomState::new())
            .expected_items(FILTER_KEYS);
        Self {
            filter,
            complete: AtomicBool::new(false),
        }
    }
}

impl Absent {
    /// Whether it is certain that nothing is under this key.
    pub(super) fn has(&self, key: &[u8]) -> bool {
        is_known(key) && self.complete.load(Ordering::Acquire) && !self.filter.contains(key)
    }

    /// A batch is about to be written. That it is not, or that something goes later, does no harm.
    pub(super) fn writing(&self, batch: &Batch) {
        let keys = batch.puts.iter().map(|(key, _)| key);
        for key in keys.filter(|key| is_known(key)) {
            self.filter.insert(&**key);
        }
    }
}

/// Whether the filter has keys of this one's table.
fn is_known(key: &[u8]) -> bool {
    let tables = [Table::Block, Table::Paid];
    tables.iter().any(|table| key.starts_with(&[*table as u8]))
}

fn block_key(hash: Hash) -> Slice {
    Table::Block.key(&hash.0)
}

/// What was on disk before the start, and is still to be read into the filter.
#[derive(Debug, Default)]
pub(super) struct Unread {
    after: Option<Slice>,
    read: usize,
}

impl Unread {
    /// Reads some more; whether that is over, be it because there are too many.
    pub(super) fn read_on(&mut self, tables: &Tables, absent: &Absent) -> fjall::Result<bool> {
        // Blocks are read where they are named, not where they are whole.
        let start = Included(Table::Main.key(&[]));
        let start = self.after.take().map_or(start, Excluded);
        let end = Table::Kept.key(&[]);
        let mut step = 0;
        for entry in tables.range((start, Excluded(end))).take(READ_STEP) {
            let (key, value) = entry?;
            let known = match key[0] {
                table if table == Table::Main as u8 => codec::read_main_hash(&value).map(block_key),
                table if table == Table::Side as u8 => codec::read_hash_key(&key).map(block_key),
                table if table == Table::Paid as u8 => Some(key.clone()),
                _ => None,
            };
            if let Some(known) = known {
                absent.filter.insert(&*known);
                self.read += 1;
            }
            self.after = Some(key);
            step += 1;
        }
        if step < READ_STEP {
            absent.complete.store(true, Ordering::Release);
        }
        Ok(step < READ_STEP || self.read >= MAX_READ)
    }
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use super::*;

    fn key(number: u64) -> Slice {
        Table::Paid.key(&u128::from(number).to_be_bytes())
    }

    fn batch(keys: impl Iterator<Item = u64>) -> Batch {
        let mut batch = Batch::default();
        keys.for_each(|number| batch.put((key(number), Some(Slice::default()))));
        batch
    }

    /// How many of these keys it says are absent.
    fn absent_of(absent: &Absent, keys: Range<u64>) -> usize {
        keys.filter(|number| absent.has(&key(*number))).count()
    }

    #[test]
    fn nothing_is_absent_before_all_that_is_there_was_read() {
        let directory = tempfile::tempdir().unwrap();
        let mut tables = Tables::open(directory.path()).unwrap();
        let there = 2 * READ_STEP as u64 + 1;
        tables.commit(batch(0..there)).unwrap();
        let (absent, mut unread) = (Absent::default(), Unread::default());
        let steps = (1..).find(|_| {
            assert_eq!(absent_of(&absent, 0..2 * there), 0);
            unread.read_on(&tables, &absent).unwrap()
        });
        assert_eq!(steps, Some(3));
        assert_eq!(absent_of(&absent, 0..there), 0);
        let others = absent_of(&absent, there..2 * there);
        assert!(others > there as usize * 99 / 100, "{others} of {there}");
    }

    #[test]
    fn what_is_being_written_is_not_absent_and_other_tables_are_looked_up() {
        let directory = tempfile::tempdir().unwrap();
        let tables = Tables::open(directory.path()).unwrap();
        let absent = Absent::default();
        assert!(Unread::default().read_on(&tables, &absent).unwrap());
        assert_eq!(absent_of(&absent, 0..9), 9);
        absent.writing(&batch(3..6));
        assert_eq!(absent_of(&absent, 3..6), 0);
        assert_eq!(absent_of(&absent, 0..9), 6);
        assert!(!absent.has(&Table::Kept.key(&[7; 16])));
    }
}
