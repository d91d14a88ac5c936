//! How data directories are laid out, and how older ones become newer.

use std::ops::Bound::{Excluded, Included};
use std::path::Path;

use fjall::Slice;

use super::codec::Table;
use super::dir::{damaged, failed, system};
use super::error::DataDirError;
use super::identity::Identity;
use super::tables::{Batch, Tables};

/// The key under which a directory says its schema.
pub(super) const SCHEMA: &str = "schema";

/// Makes one schema of the one before it. One that was interrupted is done again, on what it left.
pub(super) type Step = fn(&mut Tables) -> fjall::Result<()>;

/// From schema 1 on, in order.
pub(super) const STEPS: &[Step] = &[join_undo];

/// The first byte of the keys under which schema 1 had undo data, by the block's id.
const UNDO: u8 = 3;

/// So many blocks are changed in one batch: undo data of a full block are up to half a megabyte, and are in
/// memory more than once.
const STEP_BLOCKS: usize = 128;

/// Undo data come to stand behind their block's hash, in the same row.
fn join_undo(tables: &mut Tables) -> fjall::Result<()> {
    let end = Slice::from([UNDO + 1]);
    let mut start = Included(Slice::from([UNDO]));
    loop {
        let rows = tables.range((start, Excluded(end.clone())));
        let rows: Vec<_> = rows.take(STEP_BLOCKS).collect::<fjall::Result<_>>()?;
        let Some((last, _)) = rows.last() else {
            return Ok(());
        };
        start = Excluded(last.clone());
        let mut batch = Batch::default();
        for (key, undo) in rows {
            let main = Slice::from([&[Table::Main as u8], &key[1..]].concat());
            // A directory that was saved from damage may lack some.
            if let Some(hash) = tables.get(&main)? {
                batch.put((main, Some([hash, undo].concat().into())));
            }
            batch.put((key, None));
        }
        tables.commit(batch)?;
    }
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

/// Brings a directory to the latest schema. After each step the new number is written, when all that the
/// step wrote lasts.
pub(super) fn migrate(
    path: &Path,
    tables: &mut Tables,
    steps: &[Step],
) -> Result<(), DataDirError> {
    let unreadable = |error: fjall::Error| failed(path, &error);
    let schema = of(path, tables)?;
    let known = latest(steps);
    if schema > known {
        return Err(DataDirError::Newer {
            path: path.into(),
            schema,
            known,
        });
    }
    for (step, from) in steps.iter().zip(1..).skip(schema as usize - 1) {
        let next: u32 = from + 1;
        log::warn!(
            "{}: schema {from} becomes {next}: of a long chain that takes a while, and goes on at the next start \
             if it is interrupted",
            path.display()
        );
        Identity::forget(path).map_err(system(path, "what it says of itself cannot be removed"))?;
        step(tables).map_err(unreadable)?;
        tables
            .set_about(&[(SCHEMA, &next.to_be_bytes())])
            .map_err(unreadable)?;
    }
    Ok(())
}

/// The schema of a directory.
fn of(path: &Path, tables: &Tables) -> Result<u32, DataDirError> {
    let value = tables.about(SCHEMA).map_err(|error| failed(path, &error))?;
    let schema = value.and_then(|value| Some(u32::from_be_bytes(value[..].try_into().ok()?)));
    let schema = schema.filter(|schema| *schema > 0);
    schema.ok_or_else(|| damaged(path, "it does not say its schema".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::daemon::storage::codec::read_number;

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
        assert_eq!((read(&tables, SECOND), schema(&tables)), (Some(7), 2));
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

    fn rows(tables: &Tables) -> Vec<(Slice, Slice)> {
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
    fn a_directory_that_does_not_say_its_schema_is_damaged() {
        let (directory, mut tables) = of_schema(0);
        let refused = migrate(directory.path(), &mut tables, &[]).unwrap_err();
        assert_eq!(refused.exit_code(), 3, "{refused}");
    }
}
