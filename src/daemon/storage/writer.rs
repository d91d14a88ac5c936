//! The thread that makes things last: all writes that wait, in one batch, with one sync.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, Sender, TryRecvError};
use std::thread;

use super::absent::Unread;
use super::changes::Position;
use super::error::{DataDirError, describe, storage_error};
use super::health::StorageHealth;
use super::kept::{self, Records};
use super::space;
use super::store::Shared;
use super::tables::Batch;
use crate::driver::{Progress, StorageError};
use crate::ledger::Changes;
use crate::node::{Persist, Record};

/// No more writes join a batch that has so many bytes: it is in memory twice.
const BATCH_BYTES: usize = 8 * 1024 * 1024;

/// What the writer is asked to do, in order.
pub(super) enum Job {
    Start(Progress),
    Write(Persist),
    /// Looks whether the disk takes writes, after a failure.
    Probe(Sender<Result<(), StorageError>>),
    /// Goes on after a failure, where it does.
    Recover(Sender<Result<(), StorageError>>),
    /// Says whether all that was queued before lasts.
    Finish(Sender<Result<(), StorageError>>),
}

pub(super) struct Writer {
    pub(super) directory: PathBuf,
    pub(super) shared: Arc<Shared>,
    /// What a reset leaves of the ledger.
    pub(super) genesis: Changes,
    pub(super) position: Position,
    pub(super) records: Records,
    pub(super) health: StorageHealth,
    pub(super) progress: Progress,
    /// The number of the last write that was taken up.
    pub(super) taken: u64,
    /// Why nothing is written until that is tried again.
    pub(super) failed: Option<StorageError>,
    /// What is read while there is nothing to write; `None` once that is over.
    pub(super) unread: Option<Unread>,
}

impl Writer {
    /// Runs until nobody can ask for anything any more.
    pub(super) fn run(mut self, jobs: &Receiver<Job>) {
        let mut next = self.wait(jobs);
        while let Some(job) = next.take() {
            match job {
                Job::Start(progress) => self.progress = progress,
                Job::Write(persist) => next = self.write(persist, jobs),
                // Each fails when nobody waits for it any more.
                Job::Probe(reply) => {
                    let probed = self.probe();
                    let _ = reply.send(self.tried(probed));
                }
                Job::Recover(reply) => {
                    let recovered = self.recover();
                    let _ = reply.send(self.tried(recovered));
                }
                Job::Finish(reply) => {
                    let _ = reply.send(self.failed.clone().map_or(Ok(()), Err));
                }
            }
            next = next.or_else(|| self.wait(jobs));
        }
    }

    /// What it is asked next; until it is, reads what there is to be read.
    fn wait(&mut self, jobs: &Receiver<Job>) -> Option<Job> {
        while let Some(unread) = &mut self.unread {
            match jobs.try_recv() {
                Err(TryRecvError::Empty) => {}
                asked => return asked.ok(),
            }
            // What cannot be read now, the ledger's store will find when it needs it.
            if self.failed.is_some() || self.shared.read_on(unread).unwrap_or(true) {
                self.unread = None;
            }
        }
        jobs.recv().ok()
    }

    /// Writes all that waits; the first thing that waits and is no write.
    fn write(&mut self, first: Persist, jobs: &Receiver<Job>) -> Option<Job> {
        let mut batch = Batch::default();
        self.add(&first, &mut batch);
        let mut next = None;
        let mut waited = false;
        while batch.bytes < BATCH_BYTES && next.is_none() {
            match jobs.try_recv() {
                Ok(Job::Write(persist)) => {
                    self.add(&persist, &mut batch);
                    waited = false;
                }
                Ok(job) => next = Some(job),
                Err(_) if waited => break,
                // What is about to be asked for shares the sync. With a processor to spare this takes no time.
                Err(_) => {
                    thread::yield_now();
                    waited = true;
                }
            }
        }
        if self.failed.is_none() {
            let finished = self.finish(&mut batch);
            match finished.and_then(|()| self.commit(batch)) {
                Ok(()) => {
                    self.shared.lasting.store(self.taken, Ordering::Release);
                    (self.progress)(Ok(self.taken));
                }
                Err(error) => self.fail(error),
            }
        }
        next
    }

    /// Adds a write to a batch. What comes after a failure is lost with what failed.
    fn add(&mut self, persist: &Persist, batch: &mut Batch) {
        self.taken += 1;
        if self.failed.is_some() {
            return;
        }
        let first = persist.records.first();
        if matches!(first, Some(Record::Reset { .. } | Record::Restored(_))) {
            batch.reset();
            self.position = Position::default();
            self.position.apply(&self.genesis, |put| batch.put(put));
        }
        for changes in &persist.ledger {
            self.position.apply(changes, |put| batch.put(put));
        }
        self.records.apply(persist, batch);
    }

    /// Adds what a batch says once.
    fn finish(&mut self, batch: &mut Batch) -> Result<(), StorageError> {
        // Until a reset is written the tables are those of before.
        let (shared, resets) = (&self.shared, batch.reset);
        let written = |key: &[u8]| match resets {
            true => Ok(None),
            false => shared.with(|tables| tables.get(key)),
        };
        self.health.begin();
        let finished = self.records.finish(batch, written);
        self.health.end();
        finished.map_err(|error| self.said(&error))
    }

    fn commit(&self, batch: Batch) -> Result<(), StorageError> {
        space::check(&self.directory)?;
        self.health.begin();
        let written = self.shared.commit(batch);
        self.health.end();
        written.map_err(|error| self.said(&error))
    }

    /// An error as the driver is told. What a table file ran into is not told to those who write later,
    /// but is most often that there is no room.
    fn said(&self, error: &fjall::Error) -> StorageError {
        match (error, space::check(&self.directory)) {
            (fjall::Error::Poisoned, Err(full)) => full,
            _ => storage_error(&self.directory, error),
        }
    }

    fn fail(&mut self, error: StorageError) {
        log::error!("{error}; requests that change something are refused until then");
        self.remember(Some(error.clone()));
        (self.progress)(Err(error));
    }

    fn remember(&mut self, failed: Option<StorageError>) {
        self.health.set(failed.clone());
        self.failed = failed;
    }

    /// Notes and logs what is news of a failure.
    fn tried(&mut self, again: Result<(), StorageError>) -> Result<(), StorageError> {
        match &again {
            Err(error) if self.failed.as_ref() != Some(error) => {
                log::warn!("{error}");
                self.remember(Some(error.clone()));
            }
            _ => {}
        }
        again
    }

    fn probe(&self) -> Result<(), StorageError> {
        if self.failed.is_none() {
            return Ok(());
        }
        space::check(&self.directory)?;
        space::probe(&self.directory)
            .map_err(|error| storage_error(&self.directory, &fjall::Error::Io(error)))
    }

    /// Opens the database anew, which one that failed needs, and begins another life, which is the first
    /// write.
    fn recover(&mut self) -> Result<(), StorageError> {
        if self.failed.is_none() {
            return Ok(());
        }
        self.shared.reopen().map_err(|error| StorageError::Closed {
            reason: format!("{}: {}", self.directory.display(), describe(&error)),
        })?;
        let read = self.shared.with(|tables| {
            let position = Position::read(tables).map_err(kept::KeptError::Database)?;
            kept::read(tables).map(|(_, records)| (position, records))
        });
        let (position, records) = read.map_err(|error| StorageError::Failed {
            reason: DataDirError::unreadable(&self.directory, error).to_string(),
        })?;
        (self.position, self.records) = (position, records);
        let mut batch = Batch::default();
        batch.put(self.records.begin_life());
        self.commit(batch)?;
        log::warn!("{}: writes last again", self.directory.display());
        self.remember(None);
        Ok(())
    }
}
