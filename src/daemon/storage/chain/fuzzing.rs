//! Not for use: what tests/fuzz gives any bytes.

use std::io;
use std::path::Path;

use fjall::Slice;

use super::{ChainError, Lines, Source, export, length, verify};
use crate::daemon::progress::Watcher;
use crate::daemon::storage::changes::Position;
use crate::daemon::storage::codec::{self, Table};
use crate::daemon::storage::error::{DataDirError, describe};
use crate::daemon::storage::tables::Batch;
use crate::daemon::storage::{check, kept, message, payment_log};
use crate::ledger::TxId;
use crate::node::{Persist, Record, SavedMessage};

const TABLES: [Table; 9] = [
    Table::Block,
    Table::Main,
    Table::Side,
    Table::Account,
    Table::Paid,
    Table::Kept,
    Table::Accepted,
    Table::Inbox,
    Table::Node,
];

fn watcher() -> Watcher {
    Watcher::undisturbed("blocks")
}

/// An entry that was read and is written again; `None` where it is none, or is JSON.
pub fn again(key: &[u8], value: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let table = TABLES
        .into_iter()
        .find(|table| Some(&(*table as u8)) == key.first())?;
    let number = || codec::read_number(&key[1..]);
    let value: Slice = match table {
        Table::Block => {
            let (block, work) = codec::read_block(&codec::read_hash_key(key)?, value)?;
            codec::block_value(&block, work).into()
        }
        Table::Main => {
            let (hash, undo) = codec::read_main(value)?;
            codec::main_value(&hash, &undo).into()
        }
        Table::Side | Table::Account | Table::Paid => {
            codec::read_number(value)?.to_be_bytes().into()
        }
        Table::Kept => {
            let mut row = Vec::new();
            for entry in payment_log::entries(value) {
                entry?.0.write(&mut row);
            }
            row.into()
        }
        Table::Accepted => {
            let ids: Vec<TxId> = kept::read_ids(value)?.collect();
            kept::accepted(number()?, &ids).1?
        }
        Table::Inbox => {
            let (arrival, saved) = message::read(key, value)?;
            return Some(message(arrival, &saved));
        }
        Table::Node => return None,
    };
    let key = match table {
        Table::Main | Table::Kept | Table::Accepted => table.numbered(number()?),
        Table::Account => codec::account_key(&codec::read_account(key)?),
        Table::Paid => table.key(&codec::read_id(key)?.0),
        _ => table.key(&codec::read_hash_key(key)?.0),
    };
    Some((key.to_vec(), value.to_vec()))
}

/// The entry of a message in the inbox.
pub fn message(arrival: u64, saved: &SavedMessage) -> (Vec<u8>, Vec<u8>) {
    let SavedMessage {
        from,
        ready,
        message,
    } = saved;
    let key = message::key(from, message.stamp, message.sequence);
    let value = message::value(arrival, from, *ready, message);
    (key.to_vec(), value)
}

/// Makes a directory of these lines; whether all were there and taken in.
///
/// # Errors
/// As `tickchain chain import`.
pub fn import(path: &Path, lines: &[u8]) -> Result<Result<(), ChainError>, ChainError> {
    let lines = Lines::new(Path::new("memory"), lines);
    let done = super::import::import(path, None, lines, &watcher())?;
    Ok(done.outcome())
}

/// A data directory whose entries can be made anything.
pub struct Directory(Source);

impl std::fmt::Debug for Directory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Directory(…)")
    }
}

impl Directory {
    /// One that is there.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open(path: &Path) -> Result<Self, DataDirError> {
        Source::open(path).map(Self)
    }

    /// All entries.
    ///
    /// # Panics
    /// When the disk fails.
    pub fn entries(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        let entries = TABLES
            .into_iter()
            .flat_map(|table| self.0.tables.table(table));
        let entries = entries.map(|entry| entry.expect("the disk is well"));
        entries
            .map(|(key, value)| (key.to_vec(), value.to_vec()))
            .collect()
    }

    /// Makes entries something else, or nothing.
    ///
    /// # Panics
    /// When the disk fails.
    pub fn write(&mut self, puts: impl IntoIterator<Item = (Vec<u8>, Option<Vec<u8>>)>) {
        let mut batch = Batch::default();
        for (key, value) in puts {
            batch.put((key.into(), value.map(Slice::from)));
        }
        let written = self.0.tables.commit(batch);
        written.expect("the disk is well");
        self.0.length = length(&self.0.tables);
    }

    /// What a node looks at when it starts.
    ///
    /// # Errors
    /// What is wrong.
    pub fn start(&self) -> Result<(), String> {
        let tables = &self.0.tables;
        check::last_blocks(tables)?;
        let (saved, mut records) = kept::read(tables).map_err(|error| error.to_string())?;
        Position::read(tables).map_err(|error| describe(&error))?;
        records.begin_life();
        // As when all of them are paid.
        let pooled = saved.pool.iter().map(|(_, payment)| payment);
        let waiting = saved.waiting.iter().map(|(payment, _)| payment);
        let kept = saved.queue.iter().chain(pooled).chain(waiting);
        let paid = Persist {
            records: kept.map(|kept| Record::Dropped { id: kept.id }).collect(),
            ..Persist::default()
        };
        let mut batch = Batch::default();
        records.apply(&paid, &mut batch);
        let finished = records.finish(&mut batch, |key| tables.get(key));
        finished.map_err(|error| describe(&error))?;
        // As a reset and a restored state do.
        records.write(&saved, &mut Batch::default());
        Ok(())
    }

    /// `tickchain chain verify`.
    ///
    /// # Errors
    /// What is wrong.
    ///
    /// # Panics
    /// When the system gives no file handle.
    pub fn verify(&self) -> Result<(), String> {
        let source = Source {
            tables: self.0.tables.clone(),
            database: self.0.database.clone(),
            lock: self.0.lock.try_clone().expect("one more handle"),
            name: self.0.name.clone(),
            network: self.0.network,
            genesis: self.0.genesis.clone(),
            length: self.0.length,
        };
        verify::verify(source, &watcher()).map(drop)
    }

    /// The lines of `tickchain chain export`, and how many things are missing.
    ///
    /// # Errors
    /// As that.
    pub fn export(&self) -> io::Result<(Vec<u8>, u64)> {
        let mut lines = Vec::new();
        let done = export::export(&self.0, &mut lines, &watcher())?;
        Ok((lines, done.missing))
    }
}
