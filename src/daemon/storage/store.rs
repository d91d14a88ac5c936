//! The ledger's store on disk.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};
use std::{process, thread};

use fjall::Slice;

use super::absent::{Absent, Unread};
use super::changes::Position;
use super::codec::{self, Table};
use super::error::{DAMAGED_EXIT_CODE, describe, io_error, is_damage};
use super::journal;
use super::overlay::Overlay;
use super::tables::{Batch, Tables};
use crate::ledger::{Account, Block, Changes, Entry, Hash, Store, TxId, Undo};

/// What the stores and the writer of one data directory share.
pub(super) struct Shared {
    /// `None` while it is being opened anew, and when that failed.
    tables: RwLock<Option<Tables>>,
    absent: Absent,
    database: PathBuf,
    /// The number of the write that was queued last.
    pub(super) queued: AtomicU64,
    /// The number of the last write that lasts.
    pub(super) lasting: AtomicU64,
    /// The number of the first batch that failed; above all that there are when none did.
    lost: AtomicU64,
    /// Held as long as anything is open.
    _lock: File,
}

impl Shared {
    pub(super) fn new(tables: Tables, database: PathBuf, lock: File) -> Self {
        Self {
            tables: RwLock::new(Some(tables)),
            absent: Absent::default(),
            database,
            queued: AtomicU64::new(0),
            lasting: AtomicU64::new(0),
            lost: AtomicU64::new(NOTHING_LOST),
            _lock: lock,
        }
    }

    // Nothing panics half way through a change of the handles, so that a poisoned lock is none.
    pub(super) fn with<T>(&self, read: impl FnOnce(&Tables) -> T) -> T {
        let tables = self.tables.read().unwrap_or_else(PoisonError::into_inner);
        read(tables.as_ref().expect(OPEN))
    }

    fn get(&self, key: &[u8]) -> fjall::Result<Option<Slice>> {
        if self.absent.has(key) {
            return Ok(None);
        }
        self.with(|tables| tables.get(key))
    }

    /// Reads some more of what a start has to know of payments; whether that is over.
    pub(super) fn read_on(&self, unread: &mut Unread) -> fjall::Result<bool> {
        self.with(|tables| unread.read_on(tables, &self.absent))
    }

    /// Writes a batch. Nobody has to wait for it in order to read.
    pub(super) fn commit(&self, batch: Batch) -> fjall::Result<()> {
        self.absent.writing(&batch);
        let mut written = self.with(Tables::clone);
        if let Err(error) = written.commit(batch) {
            self.lose(written.next_batch());
            return Err(error);
        }
        *self.tables.write().unwrap_or_else(PoisonError::into_inner) = Some(written);
        Ok(())
    }

    /// Batches from this number on failed. They must not come back: who waited for them was told so.
    fn lose(&self, from: u64) {
        self.lost.fetch_min(from, Ordering::AcqRel);
    }

    /// Opens the database anew, without what failed.
    ///
    /// # Errors
    /// What the system says that may pass: then nothing can be read before this succeeds. Damage ends the
    /// program.
    pub(super) fn reopen(&self) -> fjall::Result<()> {
        let mut tables = self.tables.write().unwrap_or_else(PoisonError::into_inner);
        *tables = None;
        let cut = self.cut_lost().map_err(fjall::Error::Io);
        let opened = cut.and_then(|()| Tables::open(&self.database));
        *tables = Some(opened.map_err(unless_damaged)?);
        Ok(())
    }

    /// Takes what failed out of the journals, which nobody must have open.
    fn cut_lost(&self) -> io::Result<()> {
        let lost = self.lost.load(Ordering::Acquire);
        if lost != NOTHING_LOST {
            journal::cut_lost(&self.database, lost)?;
            self.lost.store(NOTHING_LOST, Ordering::Release);
        }
        Ok(())
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        *self
            .tables
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner) = None;
        if let Err(error) = self.cut_lost() {
            log::error!(
                "{}: what failed may be there at the next start: {error}",
                self.database.display()
            );
        }
    }
}

const NOTHING_LOST: u64 = u64::MAX;

/// Why there are tables.
const OPEN: &str =
    "a driver is told that nothing can be read, and does not, before the tables are open";

/// How long a read that the system refuses is tried again: descriptors may have run out, which passes.
const READ_PATIENCE: Duration = Duration::from_secs(5);

/// How often.
const READ_INTERVAL: Duration = Duration::from_millis(10);

/// A ledger's store in a data directory: what lasts is read from the disk, what is staged and does not
/// last yet is kept in front of it.
///
/// A clone sees what its original sees; what one of them stages the other does not see before it lasts.
/// The one that goes on must be the one whose changes are written.
#[derive(Clone)]
pub struct DiskStore {
    shared: Arc<Shared>,
    overlay: Overlay,
    position: Position,
}

impl std::fmt::Debug for DiskStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DiskStore")
            .field("length", &self.position.length)
            .finish_non_exhaustive()
    }
}

impl DiskStore {
    /// What lasts, with nothing staged.
    pub(super) fn new(shared: Arc<Shared>) -> fjall::Result<Self> {
        let position = shared.with(Position::read)?;
        Ok(Self {
            shared,
            overlay: Overlay::default(),
            position,
        })
    }

    fn lasting(&self) -> u64 {
        self.shared.lasting.load(Ordering::Acquire)
    }

    /// The write that will carry what is staged now.
    fn next_write(&self) -> u64 {
        self.shared.queued.load(Ordering::Acquire) + 1
    }

    fn get<T>(&self, key: &[u8], read: impl FnOnce(&[u8]) -> Option<T>) -> Option<T> {
        if let Some(staged) = self.overlay.get(key) {
            return staged.map(|value| read(value).expect("what is staged was just written down"));
        }
        if self.overlay.hides_disk(self.lasting()) {
            return None;
        }
        let value = patiently(|| self.shared.get(key))?;
        Some(read(&value).unwrap_or_else(|| end(&broken(key))))
    }

    /// A table's keys and values, ordered by key.
    fn table(&self, table: Table) -> BTreeMap<Slice, Slice> {
        let read = |tables: &Tables| tables.table(table).collect();
        let mut entries: BTreeMap<Slice, Slice> = match self.overlay.hides_disk(self.lasting()) {
            true => BTreeMap::new(),
            false => patiently(|| self.shared.with(read)),
        };
        for (key, value) in self.overlay.of_table(table as u8) {
            match value {
                Some(value) => entries.insert(key.into(), value.into()),
                None => entries.remove(key),
            };
        }
        entries
    }
}

impl Position {
    pub(super) fn read(tables: &Tables) -> fjall::Result<Self> {
        let last = tables.table(Table::Main).next_back().transpose()?;
        let length = match &last {
            Some((key, _)) => codec::read_number(&key[1..])
                .and_then(|tip| tip.checked_add(1))
                .ok_or(fjall::Error::Unrecoverable)?,
            None => 0,
        };
        let mut side = 0;
        for entry in tables.table(Table::Side) {
            let (_, order) = entry?;
            side = side.max(codec::read_number(&order).ok_or(fjall::Error::Unrecoverable)?);
        }
        Ok(Self { length, side })
    }
}

impl Store for DiskStore {
    fn block(&self, hash: &Hash) -> Option<Block> {
        let key = Table::Block.key(&hash.0);
        self.get(&key, |value| codec::read_block(hash, value))
            .map(|(block, _)| block)
    }

    fn entry(&self, hash: &Hash) -> Option<Entry> {
        let key = Table::Block.key(&hash.0);
        self.get(&key, |value| codec::read_entry(hash, value))
    }

    fn undo(&self, hash: &Hash) -> Option<Undo> {
        let id = self.entry(hash)?.header.id;
        let on_main = self.get(&Table::Main.numbered(id), codec::read_main);
        let on_main = on_main.filter(|(main, _)| main == hash);
        Some(on_main.map(|(_, undo)| undo).unwrap_or_default())
    }

    fn hash_at(&self, id: u64) -> Option<Hash> {
        self.get(&Table::Main.numbered(id), codec::read_main_hash)
    }

    fn length(&self) -> u64 {
        self.position.length
    }

    fn balance(&self, account: &Account) -> Option<u64> {
        self.get(&codec::account_key(account), codec::read_number)
    }

    fn accounts(&self) -> Vec<(Account, u64)> {
        let entries = self.table(Table::Account);
        let read = |(key, value): (&Slice, &Slice)| {
            let account = codec::read_account(key).zip(codec::read_number(value));
            account.unwrap_or_else(|| end(&broken(key)))
        };
        entries.iter().map(read).collect()
    }

    fn block_of(&self, transaction: &TxId) -> Option<u64> {
        self.get(&Table::Paid.key(&transaction.0), codec::read_number)
    }

    fn side_blocks(&self) -> Vec<Hash> {
        let entries = self.table(Table::Side);
        let read = |(key, value): (&Slice, &Slice)| {
            let side = codec::read_number(value).zip(codec::read_hash_key(key));
            side.unwrap_or_else(|| end(&broken(key)))
        };
        let mut side: Vec<(u64, Hash)> = entries.iter().map(read).collect();
        side.sort_unstable();
        side.into_iter().map(|(_, hash)| hash).collect()
    }

    fn stage(&mut self, changes: &Changes) {
        self.overlay.prune(self.lasting());
        let write = self.next_write();
        self.position.apply(changes, self.overlay.stage(write));
    }

    fn clear(&mut self) {
        self.overlay.clear(self.next_write());
        self.position = Position::default();
    }
}

fn broken(key: &[u8]) -> String {
    format!("what is kept under the key {} is broken", hex::encode(key))
}

/// What is read, be it after some tries.
fn patiently<T>(read: impl Fn() -> fjall::Result<T>) -> T {
    let began = Instant::now();
    loop {
        match read().map_err(unless_damaged) {
            Ok(value) => return value,
            Err(error) if began.elapsed() >= READ_PATIENCE => {
                log::error!(
                    "the data directory cannot be read: {}: stopping; put that right and start again",
                    describe(&error)
                );
                process::exit(1)
            }
            Err(_) => thread::sleep(READ_INTERVAL),
        }
    }
}

/// What the system says that may pass. All else ends the program.
fn unless_damaged(error: fjall::Error) -> fjall::Error {
    match io_error(&error) {
        Some(io) if !is_damage(io) => error,
        _ => end(&describe(&error)),
    }
}

/// Nothing above a store could go on with a guess.
fn end(what: &str) -> ! {
    log::error!(
        "the data directory cannot be read: {what}: stopping; look at it with tickchain chain verify, and \
         save what can be saved with tickchain chain export"
    );
    process::exit(DAMAGED_EXIT_CODE.into())
}

#[cfg(test)]
mod tests;
