//! Whether writes last.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::driver::StorageError;

/// What became of a data directory's last writes, for those who look after it. Clones tell the same.
#[derive(Debug, Clone, Default)]
pub struct StorageHealth(Arc<Mutex<Health>>);

#[derive(Debug, Default)]
struct Health {
    failure: Option<StorageError>,
    /// Since when a write is under way.
    began: Option<Instant>,
}

impl StorageHealth {
    /// Why nothing is written at present; `None` while all is well.
    pub fn failure(&self) -> Option<StorageError> {
        self.lock().failure.clone()
    }

    /// For how long the write that is under way has been. A disk that hangs fails no write: it is known by
    /// this alone.
    pub fn writes_since(&self) -> Option<Duration> {
        self.lock().began.map(|began| began.elapsed())
    }

    pub(super) fn set(&self, failure: Option<StorageError>) {
        self.lock().failure = failure;
    }

    pub(super) fn begin(&self) {
        self.lock().began = Some(Instant::now());
    }

    pub(super) fn end(&self) {
        self.lock().began = None;
    }

    fn lock(&self) -> MutexGuard<'_, Health> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
