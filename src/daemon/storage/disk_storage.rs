//! A data directory as a driver sees it.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::absent::Unread;
use super::changes::Position;
use super::health::StorageHealth;
use super::kept::{self, Records};
use super::store::{DiskStore, Shared};
use super::writer::{Job, Writer};
use super::{DaemonNode, DataDirError, NodeStore};
use crate::driver::{Progress, Storage, StorageError};
use crate::ledger::{Changes, Ledger};
use crate::node::{Config, HonestNode, Persist, Saved};

/// How often, at most, a disk that refused a write is tried again.
const RECOVER_INTERVAL: Duration = Duration::from_millis(500);

/// How long a driver waits to hear whether a disk that refused a write takes one again. It hears of a
/// slower one when it asks again.
const PROBE_PATIENCE: Duration = Duration::from_millis(100);

/// What the thread says to what it was asked.
type Said = Receiver<Result<(), StorageError>>;

/// Writes what a node says must last into its data directory, on a thread of its own.
pub struct DiskStorage {
    directory: PathBuf,
    config: Config,
    shared: Arc<Shared>,
    pub(super) health: StorageHealth,
    /// `None` once it is dropped.
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
    /// When writing was tried again, and what came of it.
    tried: Option<(Instant, StorageError)>,
    /// A look at the disk that has not come to its end.
    probing: Option<Said>,
}

impl std::fmt::Debug for DiskStorage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DiskStorage")
            .field("directory", &self.directory)
            .finish_non_exhaustive()
    }
}

impl DiskStorage {
    /// # Panics
    /// When the system refuses a thread.
    pub(super) fn new(
        directory: PathBuf,
        shared: Arc<Shared>,
        config: Config,
        genesis: Changes,
        position: Position,
        records: Records,
    ) -> Self {
        let (jobs, queued) = mpsc::channel();
        let health = StorageHealth::default();
        let writer = Writer {
            directory: directory.clone(),
            shared: Arc::clone(&shared),
            genesis,
            position,
            records,
            health: health.clone(),
            progress: Box::new(drop),
            taken: 0,
            failed: None,
            unread: Some(Unread::default()),
        };
        let thread = std::thread::Builder::new()
            .name("storage".to_owned())
            .spawn(move || writer.run(&queued))
            .expect("the system has room for one more thread");
        Self {
            directory,
            config,
            shared,
            health,
            jobs: Some(jobs),
            thread: Some(thread),
            tried: None,
            probing: None,
        }
    }

    /// The node as it was last written, its clock not below `clock`; else what is wrong.
    fn node(&self, clock: u64) -> Result<DaemonNode, String> {
        let unreadable = |error| DataDirError::unreadable(&self.directory, error).to_string();
        let (mut saved, _) = self.shared.with(kept::read).map_err(unreadable)?;
        saved.clock = saved.clock.max(clock);
        self.resume(saved)
    }

    /// The node that what was read makes; else what is wrong.
    pub(super) fn resume(&self, saved: Saved) -> Result<DaemonNode, String> {
        let store = DiskStore::new(Arc::clone(&self.shared)).map_err(|error| {
            let error = kept::KeptError::Database(error);
            DataDirError::unreadable(&self.directory, error).to_string()
        })?;
        let ledger = Ledger::open(&self.config.genesis, NodeStore::Disk(store));
        let ledger = ledger.map_err(|error| error.to_string())?;
        let config = self.config.clone();
        HonestNode::resume(config, ledger, saved).map_err(|error| error.to_string())
    }

    fn ask(&self, job: Job) {
        let jobs = self.jobs.as_ref().expect("it is there until it is dropped");
        jobs.send(job)
            .expect("the thread runs until nobody can ask it");
    }

    fn asked(&self, job: impl FnOnce(Sender<Result<(), StorageError>>) -> Job) -> Said {
        let (reply, said) = mpsc::channel();
        self.ask(job(reply));
        said
    }

    fn answered(
        &self,
        job: impl FnOnce(Sender<Result<(), StorageError>>) -> Job,
    ) -> Result<(), StorageError> {
        self.asked(job).recv().expect(ANSWERS)
    }

    /// Whether a disk that failed takes a write.
    fn probe(&mut self) -> Result<(), StorageError> {
        let probing = self.probing.take();
        let probing = probing.unwrap_or_else(|| self.asked(Job::Probe));
        match probing.recv_timeout(PROBE_PATIENCE) {
            Ok(said) => said,
            Err(RecvTimeoutError::Timeout) => {
                self.probing = Some(probing);
                Err(StorageError::Failed {
                    reason: format!("{} does not answer", self.directory.display()),
                })
            }
            Err(RecvTimeoutError::Disconnected) => panic!("{ANSWERS}"),
        }
    }
}

const ANSWERS: &str = "the thread answers what it is asked";

impl Storage<DaemonNode> for DiskStorage {
    fn start(&mut self, progress: Progress) {
        self.ask(Job::Start(progress));
    }

    fn write(&mut self, persist: Persist) {
        self.shared.queued.fetch_add(1, Ordering::AcqRel);
        self.ask(Job::Write(persist));
    }

    fn reload(&mut self, clock: u64) -> Result<DaemonNode, StorageError> {
        let failed = |reason| StorageError::Failed { reason };
        self.node(clock).map_err(failed)
    }

    fn recover(&mut self, clock: u64) -> Result<DaemonNode, StorageError> {
        if let Some((when, error)) = &self.tried
            && when.elapsed() < RECOVER_INTERVAL
        {
            return Err(error.clone());
        }
        let tried = self.probe().and_then(|()| self.answered(Job::Recover));
        self.tried = tried.clone().err().map(|error| (Instant::now(), error));
        tried?;
        self.reload(clock)
    }

    fn finish(&mut self) -> Result<(), StorageError> {
        self.answered(Job::Finish)
    }
}

impl Drop for DiskStorage {
    /// Waits for the thread, so that the directory is free.
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // It panicked, and said so.
            let _ = thread.join();
        }
    }
}
