//! How data directories are laid out, and how older ones become newer.

use std::ops::Bound::{Excluded, Included};
use std::path::Path;

use fjall::Slice;

use super::codec::{self, Table};
use super::dir::{damaged, failed, system};
use super::error::DataDirError;
use super::identity::Identity;
use super::kept::{self, IDS_A_ROW};
#[cfg(test)]
use super::payment_log::{Entry, PaymentLog};
use super::tables::{Batch, Tables};
use crate::ledger::{MAX_SAFE_INTEGER, TxId};

/// The key under which a directory says its schema: the newest that anything in it is of.
pub(super) const SCHEMA: &str = "schema";

/// The key under which it says the schema that all of it has reached, where that was ever another one.
pub(super) const REACHED: &str = "reached";

/// Makes one schema of the one before it. One that was interrupted is done again, on what it left.
pub(super) type Step = fn(&mut Tables) -> fjall::Result<()>;

/// From schema 1 on, in order.
pub(super) const STEPS: &[Step] = &[join_undo, number_payments, log_payments];

/// The first byte of the keys under which schema 1 had undo data, by the block's id.
const UNDO: u8 = 3;

/// So many blocks are changed in one batch: undo data of a full block are up to half a megabyte, and are in
/// memory more than once.
const STEP_BLOCKS: usize = 128;

/// The bytes of a key under which schema 2 had a payment, or that it was accepted: by its id.
const ID_KEY_BYTES: usize = 1 + 16;

type Row = (Slice, Slice);

/// Changes the rows of a table, so many in one batch.
fn in_batches(
    tables: &mut Tables,
    table: u8,
    rows_a_batch: usize,
    mut change: impl FnMut(&Tables, Vec<Row>, &mut Batch) -> fjall::Result<()>,
) -> fjall::Result<()> {
    let end = Slice::from([table + 1]);
    let mut start = Included(Slice::from([table]));
    loop {
        let rows = tables.range((start, Excluded(end.clone())));
        let rows: Vec<Row> = rows.take(rows_a_batch).collect::<fjall::Result<_>>()?;
        let Some((last, _)) = rows.last() else {
            return Ok(());
        };
        start = Excluded(last.clone());
        let mut batch = Batch::default();
        change(tables, rows, &mut batch)?;
        tables.commit(batch)?;
    }
}

/// Undo data come to stand behind their block's hash, in the same row.
fn join_undo(tables: &mut Tables) -> fjall::Result<()> {
    in_batches(tables, UNDO, STEP_BLOCKS, |tables, rows, batch| {
        for (key, undo) in rows {
            let main = Slice::from([&[Table::Main as u8], &key[1..]].concat());
            // A directory that was saved from damage may lack some.
            if let Some(hash) = tables.get(&main)? {
                batch.put((main, Some([hash, undo].concat().into())));
            }
            batch.put((key, None));
        }
        Ok(())
    })
}

/// Payments that are kept come to stand under numbers, and the ids of accepted ones many in a row.
fn number_payments(tables: &mut Tables) -> fjall::Result<()> {
    let mut number = highest(tables, Table::Kept)?;
    in_batches(tables, Table::Kept as u8, IDS_A_ROW, |_, rows, batch| {
        for (key, payment) in rows.into_iter().filter(stands_under_id) {
            number += 1;
            batch.put((Table::Kept.numbered(number), Some(payment)));
            batch.put((key, None));
        }
        Ok(())
    })?;
    let mut number = highest(tables, Table::Accepted)?;
    in_batches(
        tables,
        Table::Accepted as u8,
        IDS_A_ROW,
        |_, rows, batch| {
            let rows: Vec<Row> = rows.into_iter().filter(stands_under_id).collect();
            let ids: Vec<TxId> = (rows.iter())
                .filter_map(|(key, _)| codec::read_id(key))
                .collect();
            if !ids.is_empty() {
                number += 1;
                batch.put(kept::accepted(number, &ids));
            }
            rows.into_iter().for_each(|(key, _)| batch.put((key, None)));
            Ok(())
        },
    )
}

/// Rows come to say more than one thing each, of payments that stand in others too: the rows of before say one.
/// What they are does not change, but an earlier release does not understand what is added to them.
fn log_payments(_: &mut Tables) -> fjall::Result<()> {
    Ok(())
}

fn stands_under_id((key, _): &Row) -> bool {
    key.len() == ID_KEY_BYTES
}

/// The highest number that a row of a table has, of those that have one; 0 where none has.
fn highest(tables: &Tables, table: Table) -> fjall::Result<u64> {
    let mut highest = 0;
    for row in tables.table(table) {
        let (key, _) = row?;
        highest = codec::read_number(&key[1..]).unwrap_or(0).max(highest);
    }
    // Nothing counts so far, and what follows would begin at 0 again.
    match highest <= MAX_SAFE_INTEGER {
        true => Ok(highest),
        false => Err(fjall::Error::Unrecoverable),
    }
}

/// Makes of what a directory keeps besides the chain what it was under schema 2, in so many rows of each table,
/// the last ones.
#[cfg(test)]
fn name_payments(tables: &mut Tables, most: usize) {
    let mut batch = Batch::default();
    let (payments, _) = PaymentLog::read(tables).unwrap();
    for row in tables.table(Table::Kept) {
        batch.put((row.unwrap().0, None));
    }
    for (number, payment) in (1u64..).zip(payments.in_order().into_iter().rev()) {
        let key = match number <= most as u64 {
            true => Table::Kept.key(&payment.transaction.id.0),
            false => Table::Kept.numbered(number),
        };
        let mut row = Vec::new();
        Entry::Kept(payment).write(&mut row);
        batch.put((key, Some(row.into())));
    }
    for row in tables.table(Table::Accepted).rev().take(most) {
        let (key, value) = row.unwrap();
        batch.put((key, None));
        for id in kept::read_ids(&value).unwrap() {
            batch.put((Table::Accepted.key(&id.0), Some(Slice::default())));
        }
    }
    tables.commit(batch).unwrap();
}

/// Makes of a directory what it was under schema 1.
#[cfg(test)]
pub(super) fn split_undo(tables: &mut Tables) {
    let mut batch = Batch::default();
    for row in tables.table(Table::Main) {
        let (main, value) = row.unwrap();
        let (hash, undo) = value.split_at(crate::ledger::Hash::ZERO.0.len());
        let key = [&[UNDO], &main[1..]].concat();
        batch.put((key.into(), Some(undo.into())));
        batch.put((main, Some(hash.into())));
    }
    tables.commit(batch).unwrap();
}

/// The schema that so many steps lead to.
pub(super) const fn latest(steps: &[Step]) -> u32 {
    1 + steps.len() as u32
}

/// Brings a directory to the latest schema. Each step's number is written before it, so that no earlier release
/// uses what is half changed, and that it was reached when all that the step wrote lasts.
pub(super) fn migrate(
    path: &Path,
    tables: &mut Tables,
    steps: &[Step],
) -> Result<(), DataDirError> {
    let unreadable = |error: fjall::Error| failed(path, &error);
    let schema = number(path, tables, SCHEMA)?;
    let schema = schema.ok_or_else(|| damaged(path, "it does not say its schema".to_owned()))?;
    let known = latest(steps);
    if schema > known {
        return Err(DataDirError::Newer {
            path: path.into(),
            schema,
            known,
        });
    }
    let reached = number(path, tables, REACHED)?.unwrap_or(schema);
    for (step, from) in steps.iter().zip(1..).skip(reached as usize - 1) {
        let next: u32 = from + 1;
        log::warn!(
            "{}: schema {from} becomes {next}: this may take a while, and goes on at the next start if it is \
             interrupted",
            path.display()
        );
        Identity::forget(path).map_err(system(path, "what it says of itself cannot be removed"))?;
        let (from, next) = (from.to_be_bytes(), next.to_be_bytes());
        tables
            .set_about(&[(SCHEMA, &next), (REACHED, &from)])
            .map_err(unreadable)?;
        step(tables).map_err(unreadable)?;
        tables.set_about(&[(REACHED, &next)]).map_err(unreadable)?;
    }
    Ok(())
}

/// The number of a schema that a directory says of itself.
fn number(path: &Path, tables: &Tables, key: &str) -> Result<Option<u32>, DataDirError> {
    let value = tables.about(key).map_err(|error| failed(path, &error))?;
    let Some(value) = value else {
        return Ok(None);
    };
    let number = value[..].try_into().map(u32::from_be_bytes).ok();
    let number = number.filter(|number| *number > 0);
    let broken = || damaged(path, format!("what it says as its {key} is no schema"));
    number.map(Some).ok_or_else(broken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::daemon::storage::codec::read_number;
    use crate::ledger::Transaction;
    use crate::node::Saved;

    const FIRST: &[u8] = b"first";
    const SECOND: &[u8] = b"second";

    fn open(path: &Path) -> Tables {
        Tables::open(&path.join("database")).unwrap()
    }

    fn write(tables: &mut Tables, key: &[u8], number: u64) -> fjall::Result<()> {
        let mut batch = Batch::default();
        batch.put((key.into(), Some(number.to_be_bytes().into())));
        tables.commit(batch)
    }

    fn read(tables: &Tables, key: &[u8]) -> Option<u64> {
        read_number(&tables.get(key).unwrap()?)
    }

    fn schema(tables: &Tables) -> u32 {
        let value = tables.about(SCHEMA).unwrap().unwrap();
        u32::from_be_bytes(value[..].try_into().unwrap())
    }

    /// Counts how often it is done.
    fn first(tables: &mut Tables) -> fjall::Result<()> {
        let done = read(tables, FIRST).unwrap_or(0);
        write(tables, FIRST, done + 1)
    }

    /// Stands on what the first step left.
    fn second(tables: &mut Tables) -> fjall::Result<()> {
        let first = read(tables, FIRST).expect("the first step was done");
        write(tables, SECOND, first * 10)
    }

    /// Does not come to its end.
    fn interrupted(tables: &mut Tables) -> fjall::Result<()> {
        write(tables, SECOND, 7)?;
        Err(fjall::Error::Poisoned)
    }

    /// A directory of this schema.
    fn of_schema(schema: u32) -> (tempfile::TempDir, Tables) {
        let directory = tempfile::tempdir().unwrap();
        let tables = open(directory.path());
        tables
            .set_about(&[(SCHEMA, &schema.to_be_bytes())])
            .unwrap();
        (directory, tables)
    }

    #[test]
    fn steps_are_done_in_order_and_once() {
        let (directory, mut tables) = of_schema(1);
        for _ in 0..2 {
            migrate(directory.path(), &mut tables, &[first, second]).unwrap();
            let written = (read(&tables, FIRST), read(&tables, SECOND));
            assert_eq!((written, schema(&tables)), ((Some(1), Some(10)), 3));
            drop(tables);
            tables = open(directory.path());
        }
        let (directory, mut tables) = of_schema(2);
        write(&mut tables, FIRST, 4).unwrap();
        migrate(directory.path(), &mut tables, &[first, second]).unwrap();
        let written = (read(&tables, FIRST), read(&tables, SECOND));
        assert_eq!(
            written,
            (Some(4), Some(40)),
            "it had the first step behind it"
        );
    }

    #[test]
    fn a_step_that_was_interrupted_is_done_again_and_those_before_it_are_not() {
        let (directory, mut tables) = of_schema(1);
        migrate(directory.path(), &mut tables, &[first, interrupted]).unwrap_err();
        assert_eq!((read(&tables, SECOND), schema(&tables)), (Some(7), 3));
        let earlier = migrate(directory.path(), &mut tables, &[first]).unwrap_err();
        assert!(earlier.to_string().contains("schema 3"), "{earlier}");
        drop(tables);
        let mut tables = open(directory.path());
        migrate(directory.path(), &mut tables, &[first, second]).unwrap();
        let written = (read(&tables, FIRST), read(&tables, SECOND));
        assert_eq!((written, schema(&tables)), ((Some(1), Some(10)), 3));
    }

    #[test]
    fn a_later_schema_is_refused_with_both_numbers_and_what_to_do() {
        let (directory, mut tables) = of_schema(4);
        let refused = migrate(directory.path(), &mut tables, &[first, second]).unwrap_err();
        assert_eq!((read(&tables, FIRST), schema(&tables)), (None, 4));
        assert_eq!(refused.exit_code(), 1);
        let text = refused.to_string();
        for part in ["schema 4", "up to 3", "tickchain chain export"] {
            assert!(text.contains(part), "{text}");
        }
    }

    fn rows(tables: &Tables) -> Vec<Row> {
        let all = (Included(Slice::from([0])), Included(Slice::from([255])));
        tables.range(all).collect::<fjall::Result<_>>().unwrap()
    }

    #[test]
    fn undo_data_come_to_stand_behind_their_hash_however_many_and_however_often() {
        let directory = tempfile::tempdir().unwrap();
        let mut tables = open(directory.path());
        let blocks = 2 * STEP_BLOCKS as u64 + 1;
        let mut batch = Batch::default();
        for id in 0..blocks {
            let value = [&[7; 32][..], &id.to_be_bytes()].concat();
            batch.put((Table::Main.numbered(id), Some(value.into())));
        }
        tables.commit(batch).unwrap();
        let now = rows(&tables);
        split_undo(&mut tables);
        assert_eq!(rows(&tables).len(), 2 * now.len());
        // One of a block that was lost.
        let key = [&[UNDO][..], &(blocks + 5).to_be_bytes()].concat();
        write(&mut tables, &key, 1).unwrap();
        for _ in 0..2 {
            join_undo(&mut tables).unwrap();
            assert!(rows(&tables) == now);
        }
    }

    #[test]
    fn payments_come_to_stand_under_numbers_however_many_and_however_often() {
        let payment = |number: u64| Transaction {
            id: TxId::from(u128::from(number.wrapping_mul(0x9e37_79b9_7f4a_7c15)) << 64),
            sender: Some("aki".parse().unwrap()),
            recipient: "so".parse().unwrap(),
            value: 1.try_into().unwrap(),
            signed: None,
        };
        let many = 2 * IDS_A_ROW as u64 + 1;
        let mut saved = Saved {
            queue: (1..many).map(payment).collect(),
            pool: vec![(-7, payment(many)), (9, payment(many + 1))],
            waiting: vec![(payment(many + 2), true), (payment(many + 3), false)],
            accepted: (0..many).map(|number| payment(number).id).collect(),
            ..Saved::default()
        };
        saved.accepted.sort_unstable();
        let directory = tempfile::tempdir().unwrap();
        let mut tables = open(directory.path());
        let mut batch = Batch::default();
        kept::Records::default().write(&saved, &mut batch);
        tables.commit(batch).unwrap();
        for most in [usize::MAX, 1, 0] {
            name_payments(&mut tables, most);
            let before: [u8; 4] = 2u32.to_be_bytes();
            tables
                .set_about(&[(SCHEMA, &before), (REACHED, &before)])
                .unwrap();
            migrate(directory.path(), &mut tables, STEPS).unwrap();
            assert!(rows(&tables).iter().all(|row| !stands_under_id(row)));
            assert!(tables.table(Table::Accepted).count() <= 4);
            let (read, _) = kept::read(&tables).unwrap();
            assert!(read == saved, "{most}");
        }
    }

    #[test]
    fn a_directory_that_does_not_say_its_schema_is_damaged() {
        let (directory, mut tables) = of_schema(0);
        let refused = migrate(directory.path(), &mut tables, &[]).unwrap_err();
        assert_eq!(refused.exit_code(), 3, "{refused}");
    }
}
