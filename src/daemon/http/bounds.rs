//! What a service has only so much of, and how it says that it closes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_channel::{Receiver, Sender};

use super::problem::Problem;

/// Says once, to any number of listeners, that the service closes.
#[derive(Clone)]
pub(crate) struct Closing {
    sender: Sender<std::convert::Infallible>,
    receiver: Receiver<std::convert::Infallible>,
}

impl Closing {
    pub(crate) fn new() -> Self {
        let (sender, receiver) = async_channel::bounded(1);
        Self { sender, receiver }
    }

    pub(crate) fn close(&self) {
        self.sender.close();
    }

    /// Waits until the service closes.
    pub(crate) async fn closed(&self) {
        // Nothing can be sent, so this ends when the channel is closed, and only then.
        let _ = self.receiver.recv().await;
    }
}

/// So many at once and no more.
pub(crate) struct Limit {
    taken: AtomicUsize,
    max: usize,
    what: &'static str,
}

/// One of them, given back when dropped.
pub(crate) struct Place(Arc<Limit>);

impl Limit {
    pub(crate) fn new(max: usize, what: &'static str) -> Arc<Self> {
        let taken = AtomicUsize::new(0);
        Arc::new(Self { taken, max, what })
    }

    pub(crate) fn take(self: &Arc<Self>) -> Result<Place, Problem> {
        let more = |taken| (taken < self.max).then_some(taken + 1);
        match self
            .taken
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more)
        {
            Ok(_) => Ok(Place(Arc::clone(self))),
            Err(_) => Err(Problem::busy(format!(
                "{} {} at once are the most that is taken here: try again in a moment",
                self.max, self.what
            ))),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.taken.fetch_sub(1, Ordering::Relaxed);
    }
}
