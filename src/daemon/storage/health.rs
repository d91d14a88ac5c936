//! Whether writes last.

use std::sync::{Arc, Mutex, PoisonError};

use crate::driver::StorageError;

/// What became of a data directory's last writes, for those who look after it. Clones tell the same.
#[derive(Debug, Clone, Default)]
pub struct StorageHealth(Arc<Mutex<Option<StorageError>>>);

impl StorageHealth {
    /// Why nothing is written at present; `None` while all is well.
    pub fn failure(&self) -> Option<StorageError> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(super) fn set(&self, failure: Option<StorageError>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = failure;
    }
}
