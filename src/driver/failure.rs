//! A driver's storage, and what follows when it fails.

use super::command::{Effects, Written};
use super::error::DriverError;
use super::event_loop::Driver;
use super::handle::View;
use super::held::Outward;
use super::storage::{Storage, StorageError};
use crate::node::{Effect, Node, Persist};

/// What peers are told of a storage that has failed: where the data lies is nothing for them.
pub const CANNOT_WRITE: &str = "the node cannot write what must last";

/// Where what must last is written.
pub(super) struct Keeping<N> {
    storage: Box<dyn Storage<N>>,
    health: Health,
}

/// What a storage is good for.
enum Health {
    Writing,
    /// It has failed; what was written can be read.
    Reading,
    /// It has failed for good or for now: not even that.
    Nothing(StorageError),
}

impl<N: Node> Keeping<N> {
    pub(super) fn new(storage: Box<dyn Storage<N>>) -> Self {
        Self {
            storage,
            health: Health::Writing,
        }
    }

    fn is_writing(&self) -> bool {
        matches!(self.health, Health::Writing)
    }
}

impl<N: Node + 'static> Driver<N> {
    /// Gives what must last to the storage, and back the rest, which comes after it.
    pub(super) fn write(&mut self, effects: Effects<N>) -> Written<N> {
        let mut effects = effects.into_iter().peekable();
        while let Some(Effect::Persist(persist)) =
            effects.next_if(|effect| matches!(effect, Effect::Persist(_)))
        {
            if let Some(keeping) = &mut self.keeping {
                keeping.storage.write(persist);
                self.held.given();
            }
        }
        self.show(Outward::View(View::of(&self.node)));
        effects
    }

    /// What was given to the storage and does not last is lost, and all that came of it.
    pub(super) fn fail(&mut self, error: StorageError) {
        let clock = self.view().clock;
        let Some(keeping) = self.keeping.as_mut().filter(|keeping| keeping.is_writing()) else {
            return;
        };
        keeping.health = match keeping.storage.reload(clock) {
            Ok(node) => {
                self.node = node;
                Health::Reading
            }
            Err(error) => Health::Nothing(error),
        };
        let error = DriverError::Storage(error);
        self.search = None;
        self.links.close_all(CANNOT_WRITE);
        self.publisher.break_off();
        self.held.fail(&error);
        self.waits.fail(&error);
        // Where the node could not be read, the view stays as it was: this node is what was lost.
        if self.unreadable().is_none() {
            self.show(Outward::View(View::of(&self.node)));
        }
    }

    /// Whether the node may be told something: after a failure, when writes last again.
    pub(super) fn recover(&mut self) -> Result<(), DriverError> {
        let clock = self.view().clock;
        let failed = self
            .keeping
            .as_mut()
            .filter(|keeping| !keeping.is_writing());
        if let Some(keeping) = failed {
            match keeping.storage.recover(clock) {
                Ok(node) => self.node = node,
                Err(error) => {
                    if matches!(error, StorageError::Closed { .. }) {
                        keeping.health = Health::Nothing(error.clone());
                    }
                    return Err(error.into());
                }
            }
            keeping.health = Health::Writing;
            self.show(Outward::View(View::of(&self.node)));
        }
        Ok(())
    }

    /// Why the node cannot be read: what it is does not last, and what lasts cannot be read.
    pub(super) fn unreadable(&self) -> Option<DriverError> {
        match &self.keeping.as_ref()?.health {
            Health::Nothing(error) => Some(error.clone().into()),
            Health::Writing | Health::Reading => None,
        }
    }

    /// Waits until everything lasts, for those who still wait for it. Then the clock is written, as ticks alone
    /// write nothing; one that is lost is that of what was written last.
    pub(super) fn finish(&mut self) {
        let Some(keeping) = self.keeping.as_mut().filter(|keeping| keeping.is_writing()) else {
            return;
        };
        if let Err(error) = keeping.storage.finish() {
            return self.held.fail(&error.into());
        }
        keeping.storage.write(Persist {
            clock: self.node.clock(),
            ..Persist::default()
        });
        let _ = keeping.storage.finish();
        self.held.last_all();
        self.release();
    }
}
