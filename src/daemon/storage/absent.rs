//! Payments that are known to be in no block on disk.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use fjall::Slice;

use super::codec::Table;
use super::tables::Batch;

/// How many are remembered: more than are under way between being asked for and being paid.
const MAX_ABSENT: usize = 8 * 1024;

/// Keys of [`Table::Paid`] that the disk does not have. A payment is looked up some four times before it is
/// paid, from when it is asked for to when its block is connected, and each look passes by all tables.
#[derive(Debug, Default)]
pub(super) struct Absent(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    keys: HashSet<Slice>,
    /// Counts batches: what was looked up before one may be there after it.
    batches: u64,
}

impl Absent {
    fn known(&self) -> MutexGuard<'_, Known> {
        // Nothing panics half way through a change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is under a key, for which `look_up` need not be called when it is known to be nothing.
    pub(super) fn or_look_up(
        &self,
        key: &[u8],
        look_up: impl FnOnce() -> fjall::Result<Option<Slice>>,
    ) -> fjall::Result<Option<Slice>> {
        if key.first() != Some(&(Table::Paid as u8)) {
            return look_up();
        }
        let batches = {
            let known = self.known();
            if known.keys.contains(key) {
                return Ok(None);
            }
            known.batches
        };
        let value = look_up()?;
        if value.is_none() {
            self.known().note(key, batches);
        }
        Ok(value)
    }

    /// What a batch says of payments.
    pub(super) fn of(batch: &Batch) -> Vec<Slice> {
        let paid = Table::Paid.key(&[])..Table::Kept.key(&[]);
        batch.puts.range(paid).map(|(key, _)| key.clone()).collect()
    }

    /// These keys were just written.
    pub(super) fn written(&self, keys: &[Slice]) {
        let mut known = self.known();
        known.batches += 1;
        for key in keys {
            known.keys.remove(key);
        }
    }
}

impl Known {
    /// Remembers what was not there when so many batches had been written.
    fn note(&mut self, key: &[u8], batches: u64) {
        if self.batches != batches {
            return;
        }
        if self.keys.len() >= MAX_ABSENT {
            self.keys.clear();
        }
        self.keys.insert(key.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paid(number: u8) -> Slice {
        Table::Paid.key(&[number; 16])
    }

    /// What a look at the key brings when the disk has nothing there, and whether the disk was asked.
    fn look(absent: &Absent, key: &[u8]) -> bool {
        let mut asked = false;
        let value = absent.or_look_up(key, || {
            asked = true;
            Ok(None)
        });
        assert_eq!(value.unwrap(), None);
        asked
    }

    #[test]
    fn what_is_not_there_is_looked_up_once_until_it_is_written() {
        let absent = Absent::default();
        assert!(look(&absent, &paid(1)) && look(&absent, &paid(2)));
        assert!(!look(&absent, &paid(1)));
        let mut batch = Batch::default();
        for key in [paid(1), Table::Kept.key(&[2; 16])] {
            batch.put((key, Some(Slice::default())));
        }
        absent.written(&Absent::of(&batch));
        assert!(look(&absent, &paid(1)) && !look(&absent, &paid(2)));
    }

    #[test]
    fn what_is_written_while_it_is_looked_up_is_not_absent() {
        let absent = Absent::default();
        let value = absent.or_look_up(&paid(1), || {
            absent.written(&[paid(1)]);
            Ok(None)
        });
        assert_eq!(value.unwrap(), None);
        assert!(look(&absent, &paid(1)));
    }

    #[test]
    fn what_is_there_and_other_tables_are_looked_up_each_time() {
        let absent = Absent::default();
        let there = || absent.or_look_up(&paid(1), || Ok(Some(Slice::from([7]))));
        assert_eq!(there().unwrap(), there().unwrap());
        let other = Table::Main.numbered(1);
        assert!(look(&absent, &other) && look(&absent, &other));
    }

    #[test]
    fn no_more_are_remembered_than_there_is_room_for() {
        let absent = Absent::default();
        for number in 0..2 * MAX_ABSENT as u64 {
            look(
                &absent,
                &Table::Paid.key(&[number.to_be_bytes(); 2].concat()),
            );
        }
        assert!(absent.known().keys.len() <= MAX_ABSENT);
    }
}
