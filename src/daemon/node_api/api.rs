//! What the handlers act on.

use std::sync::Arc;
use std::time::Duration;

use hyper::{Method, StatusCode};
use smol::Task;

use super::metrics::Metrics;
use super::peers::{PeerBook, Ticker};
use super::routes::ROUTES;
use crate::daemon::executor;
use crate::daemon::http::{Application, Closing, Guard, History, Limit, MAX_STREAMS, Service};
use crate::daemon::storage::{DaemonNode, StorageHealth};
use crate::driver::Handle;
use crate::node::{MAX_MESSAGE_BYTES, Name};

/// The largest body of `POST block/add`: as large as a message between peers, 4 MiB.
pub const MAX_BLOCK_BODY_BYTES: usize = MAX_MESSAGE_BYTES;

/// The largest body of `PUT state`, 256 MiB.
pub const MAX_STATE_BODY_BYTES: usize = 256 * 1024 * 1024;

/// Bodies of `POST block/add` that are read at once.
pub const MAX_LARGE_BODIES: usize = 8;

/// A node and its surroundings, as the HTTP API shows them.
#[derive(Clone)]
pub struct NodeApi {
    /// The node's name.
    pub name: Name,
    /// The node.
    pub handle: Handle<DaemonNode>,
    /// Its peers.
    pub peers: Arc<dyn PeerBook>,
    /// Its own clock.
    pub ticker: Arc<dyn Ticker>,
    /// Who may call.
    pub guard: Guard,
    /// Whether its writes last; `None` where it is in memory.
    pub storage: Option<StorageHealth>,
}

impl NodeApi {
    /// The API of this node. Starts a task that counts the node's events.
    pub fn service(self) -> Service {
        let metrics = Arc::new(Metrics::new());
        let events = self.handle.subscribe(None);
        let counting = Arc::clone(&metrics);
        let shared = Shared {
            node: self,
            metrics,
            streams: Limit::new(MAX_STREAMS, "event streams"),
            large_bodies: Limit::new(MAX_LARGE_BODIES, "large bodies"),
            states: Limit::new(1, "state"),
            closing: Closing::new(),
            history: History::new(),
            _watch: executor::spawn(async move { counting.watch(events).await }),
        };
        Service::new(Arc::new(shared), ROUTES)
    }
}

/// What every handler is given.
pub(super) type Api = Arc<Shared>;

/// A [`NodeApi`] with what its service keeps beside it.
pub(super) struct Shared {
    pub(super) node: NodeApi,
    pub(super) metrics: Arc<Metrics>,
    /// Event streams that are open.
    pub(super) streams: Arc<Limit>,
    /// Bodies above the ordinary size that are being read or worked on.
    large_bodies: Arc<Limit>,
    /// States that are being written or read.
    pub(super) states: Arc<Limit>,
    pub(super) closing: Closing,
    pub(super) history: History,
    /// Counts events; ends with the service.
    _watch: Task<()>,
}

impl Application for Shared {
    fn guard(&self) -> &Guard {
        &self.node.guard
    }

    fn closing(&self) -> &Closing {
        &self.closing
    }

    fn large_body(&self, method: &Method, path: &str) -> Option<(usize, &Arc<Limit>)> {
        match (method, path) {
            (&Method::POST, "/block/add") => Some((MAX_BLOCK_BODY_BYTES, &self.large_bodies)),
            (&Method::PUT, "/state") => Some((MAX_STATE_BODY_BYTES, &self.states)),
            _ => None,
        }
    }

    fn answered(&self, method: &Method, route: &'static str, status: StatusCode, took: Duration) {
        self.metrics.request(method, route, status, took);
    }
}
