//! What a driver is given besides its node.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use super::search::{Searcher, ThreadSearcher};

/// What a [`Driver`](super::Driver) takes from its surroundings.
///
/// ```
/// use std::sync::Arc;
/// use tickchain::driver::Options;
/// // A run that can be repeated: blocks are always stamped with the same second.
/// let options = Options { wall: Arc::new(|| 1_700_000_000), ..Options::default() };
/// assert_eq!((options.wall)(), 1_700_000_000);
/// ```
#[derive(Clone)]
pub struct Options {
    /// Where nonces are searched. Default: [`ThreadSearcher`].
    pub searcher: Arc<dyn Searcher>,
    /// The wall time that blocks are stamped with, seconds since 1970 UTC. Default: the system's.
    pub wall: Arc<dyn Fn() -> i64 + Send + Sync>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            searcher: Arc::new(ThreadSearcher),
            wall: Arc::new(system_time),
        }
    }
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options").finish_non_exhaustive()
    }
}

/// Seconds since 1970; 0 on a machine whose clock stands before that.
fn system_time() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs() as i64)
}
