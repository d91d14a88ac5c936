//! Nonce searches that leave the processor to everything else.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::driver::{Found, Searcher, search_until};
use crate::node::Search;

/// Each search on a thread of its own, at low priority where the system can do that for one thread
/// (Linux): requests are answered while a nonce is searched, on one core too.
#[derive(Debug, Clone, Copy, Default)]
pub struct LowPrioritySearcher;

impl Searcher for LowPrioritySearcher {
    /// # Panics
    /// When the system refuses another thread: a node whose nonce never comes would stand still
    /// without a word.
    fn search(&self, search: Search, stop: Arc<AtomicBool>, found: Found) {
        std::thread::Builder::new()
            .name("nonce search".to_owned())
            .spawn(move || {
                lower_priority();
                search_until(&search, &stop, found);
            })
            .expect("the system has room for one more thread");
    }
}

/// On Linux a priority belongs to a thread, `None` being the one that asks.
#[cfg(target_os = "linux")]
fn lower_priority() {
    /// The lowest there is.
    const NICE: i32 = 19;
    if let Err(error) = rustix::process::setpriority_process(None, NICE) {
        log::debug!("nonces are searched at normal priority: {error}");
    }
}

#[cfg(not(target_os = "linux"))]
fn lower_priority() {}
