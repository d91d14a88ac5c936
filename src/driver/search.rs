//! Where nonces are searched: never in the event loop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::ledger::search::{Outcome, search_from};
use crate::node::Search;

/// What a searcher calls, once, with the nonce it found.
pub type Found = Box<dyn FnOnce(u64) + Send>;

/// Carries out nonce searches beside the event loop.
///
/// ```
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicBool, Ordering};
/// use tickchain::driver::{Found, Searcher, search_until};
/// use tickchain::node::Search;
///
/// /// Searches on the executor's pool for blocking work.
/// struct PoolSearcher;
///
/// impl Searcher for PoolSearcher {
///     fn search(&self, search: Search, stop: Arc<AtomicBool>, found: Found) {
///         # let spawn_blocking = |work: Box<dyn FnOnce() + Send>| work();
///         spawn_blocking(Box::new(move || search_until(&search, &stop, found)));
///     }
/// }
/// ```
pub trait Searcher: Send + Sync {
    /// Begins `search` and returns at once. Looks at `stop` every few thousand hashes and gives up
    /// when it is set; else calls `found` with the first nonce that fits, from [`Search::start`] on.
    fn search(&self, search: Search, stop: Arc<AtomicBool>, found: Found);
}

/// Searches on this thread until `stop` is set or the nonce is there, which goes to `found`.
pub fn search_until(search: &Search, stop: &AtomicBool, found: Found) {
    let stopped = || stop.load(Ordering::Relaxed);
    let outcome = search_from(&search.header, search.difficulty, search.start, stopped);
    if let Outcome::Found(nonce) = outcome {
        found(nonce);
    }
}

/// The default: each search on a thread of its own.
#[derive(Debug, Clone, Copy, Default)]
pub struct ThreadSearcher;

impl Searcher for ThreadSearcher {
    /// # Panics
    /// When the system refuses another thread: a node whose nonce never comes would stand still
    /// without a word.
    fn search(&self, search: Search, stop: Arc<AtomicBool>, found: Found) {
        std::thread::Builder::new()
            .name("nonce search".to_owned())
            .spawn(move || search_until(&search, &stop, found))
            .expect("the system has room for one more thread");
    }
}

/// The search that runs; dropping it ends the search.
#[derive(Debug, Default)]
pub(super) struct Running(Arc<AtomicBool>);

impl Running {
    pub(super) fn stop_flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.0)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
