//! What the handlers act on.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_channel::{Receiver, Sender};

use super::guard::Guard;
use super::metrics::Metrics;
use super::peers::{PeerBook, Ticker};
use super::problem::Problem;
use crate::driver::Handle;
use crate::node::HonestNode;

/// A node and its surroundings, as the HTTP API shows them.
#[derive(Clone)]
pub struct NodeApi {
    /// The node.
    pub handle: Handle<HonestNode>,
    /// Its peers.
    pub peers: Arc<dyn PeerBook>,
    /// Its own clock.
    pub ticker: Arc<dyn Ticker>,
    /// Who may call.
    pub guard: Guard,
}

/// What every handler is given.
pub(super) type Api = Arc<Shared>;

/// A [`NodeApi`] with what its service keeps beside it.
pub(super) struct Shared {
    pub(super) node: NodeApi,
    pub(super) metrics: Metrics,
    /// Event streams that are open.
    pub(super) streams: Arc<Limit>,
    /// Bodies above the ordinary size that are being read or worked on.
    pub(super) large_bodies: Arc<Limit>,
    /// States that are being written or read.
    pub(super) states: Arc<Limit>,
    pub(super) closing: Closing,
}

/// Says once, to any number of listeners, that the service closes.
#[derive(Clone)]
pub(super) struct Closing {
    sender: Sender<std::convert::Infallible>,
    receiver: Receiver<std::convert::Infallible>,
}

impl Closing {
    pub(super) fn new() -> Self {
        let (sender, receiver) = async_channel::bounded(1);
        Self { sender, receiver }
    }

    pub(super) fn close(&self) {
        self.sender.close();
    }

    /// Waits until the service closes.
    pub(super) async fn closed(&self) {
        // Nothing can be sent, so this ends when the channel is closed, and only then.
        let _ = self.receiver.recv().await;
    }
}

/// So many at once and no more.
pub(super) struct Limit {
    taken: AtomicUsize,
    max: usize,
    what: &'static str,
}

/// One of them, given back when dropped.
pub(super) struct Place(Arc<Limit>);

impl Limit {
    pub(super) fn new(max: usize, what: &'static str) -> Arc<Self> {
        let taken = AtomicUsize::new(0);
        Arc::new(Self { taken, max, what })
    }

    pub(super) fn take(self: &Arc<Self>) -> Result<Place, Problem> {
        let more = |taken| (taken < self.max).then_some(taken + 1);
        match self
            .taken
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more)
        {
            Ok(_) => Ok(Place(Arc::clone(self))),
            Err(_) => Err(Problem::busy(format!(
                "{} {} at once are the most this node takes: try again in a moment",
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
