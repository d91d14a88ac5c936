//! Where nonces are searched: never in the event loop.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::ledger::search::{Outcome, Parts};
use crate::ledger::{Difficulty, Header};
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

/// The least difficulty, in bits, at which a search is worth more than one thread: below it, a nonce is
/// mostly found before a second thread has started.
pub const MANY_THREADS_FROM: u8 = 20;

/// Searches until `stop` is set or the nonce is there, which goes to `found`. From
/// [`MANY_THREADS_FROM`] on all processors help; else it is this thread alone. The nonce is the same.
pub fn search_until(search: &Search, stop: &AtomicBool, found: Found) {
    let Search {
        header,
        difficulty,
        start,
        ..
    } = *search;
    let threads = if difficulty.bits() < MANY_THREADS_FROM {
        NonZeroUsize::MIN
    } else {
        processors()
    };
    let stopped = || stop.load(Ordering::Relaxed);
    if let Outcome::Found(nonce) = search_on(threads, &header, difficulty, start, stopped) {
        found(nonce);
    }
}

/// The processors this program may use; one where the system does not say.
pub fn processors() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// As [`search_from`](crate::ledger::search::search_from), by this thread and others beside it.
///
/// ```
/// use tickchain::driver::{processors, search_on};
/// use tickchain::ledger::{Difficulty, Genesis, search};
/// let header = *Genesis::default().block()?.header();
/// let difficulty = Difficulty::new(16).expect("16 bits are allowed");
/// let found = search_on(processors(), &header, difficulty, 0, || false);
/// assert_eq!(found, search::search_from(&header, difficulty, 0, || false));
/// # Ok::<(), tickchain::ledger::GenesisError>(())
/// ```
///
/// # Panics
/// When `start` is above [`MAX_SAFE_INTEGER`](crate::ledger::MAX_SAFE_INTEGER), or the system refuses a
/// thread.
pub fn search_on(
    threads: NonZeroUsize,
    header: &Header,
    difficulty: Difficulty,
    start: u64,
    stop: impl Fn() -> bool + Sync,
) -> Outcome {
    let parts = Parts::new(start);
    let search = || parts.search(header, difficulty, &stop);
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads.get()).map(|_| scope.spawn(search)).collect();
        let own = search();
        let others = others
            .into_iter()
            .map(|thread| thread.join().expect("a search does not panic"));
        parts.first(others.chain([own]))
    })
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
