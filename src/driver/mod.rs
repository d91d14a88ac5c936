//! One node as an event loop on any executor.

mod cable;
mod error;
mod event_loop;
mod handle;
mod link;
mod observers;
mod options;
mod search;
mod waits;

pub use cable::{Cable, join};
pub use error::{DriverError, LinkClosed};
pub use event_loop::Driver;
pub use handle::{Handle, View};
pub use link::{Link, OUTGOING_QUEUE};
pub use observers::{EVENT_RING, Next, NumberedEvent, Subscription};
pub use options::Options;
pub use search::{Found, Searcher, ThreadSearcher, search_until};
