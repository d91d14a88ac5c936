//! What a driver needs of a place where things last.

use crate::node::{Node, Persist};

/// Why something was not written. What was read stays right, and reading goes on unless it is
/// [`StorageError::Closed`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StorageError {
    /// No room is left.
    #[error(
        "no space is left in {place}: free some there and try again, nothing need be restarted"
    )]
    Full {
        /// Where.
        place: String,
    },
    /// It cannot even be read, for now: nobody can be told anything about the node.
    #[error(
        "what lasts can be neither read nor written at the moment: {reason}: put that right and try again"
    )]
    Closed {
        /// What is wrong.
        reason: String,
    },
    /// Anything else.
    #[error("what must last cannot be written: {reason}: put that right and try again")]
    Failed {
        /// What is wrong.
        reason: String,
    },
}

/// Told by a [`Storage`] as its writes finish: so many writes last, counted from its start; or those
/// of them that do not last yet are lost. That is told once: writes that come after it are lost as well,
/// up to [`Storage::recover`].
pub type Progress = Box<dyn Fn(Result<u64, StorageError>) + Send>;

/// Where what must last is written; see [`Driver::with_storage`](super::Driver::with_storage).
///
/// Writes are numbered 1, 2, 3 … as they are given, all through the life of the storage: numbers of
/// writes that were lost do not come again.
pub trait Storage<N: Node>: Send {
    /// Called once, before anything is written.
    fn start(&mut self, progress: Progress);

    /// Queues a write and returns at once.
    fn write(&mut self, persist: Persist);

    /// After a failure: the node as it was last written, to be read from, one life later (see
    /// [`Saved::lives`](crate::node::Saved::lives)); its clock is not below `clock`.
    ///
    /// # Errors
    /// A [`StorageError`] when that cannot be read.
    fn reload(&mut self, clock: u64) -> Result<N, StorageError>;

    /// After a failure: tries whether writes last again, and gives back the node as it was last
    /// written, one life later; its clock is not below `clock`. Cheap when asked often: the disk is
    /// looked at twice a second at most, and one that does not answer is not waited for.
    ///
    /// # Errors
    /// A [`StorageError`] as long as they do not; [`StorageError::Closed`] when the node from before can
    /// no longer be read either.
    fn recover(&mut self, clock: u64) -> Result<N, StorageError>;

    /// Waits until everything queued lasts.
    ///
    /// # Errors
    /// A [`StorageError`] when some of it is lost.
    fn finish(&mut self) -> Result<(), StorageError>;
}
