//! A node behind its HTTP API, as new for each input.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use smol::LocalExecutor;
use tickchain::daemon::http::{Guard, Service};
use tickchain::daemon::node_api::{NodeApi, Peer, PeerAddress, PeerBook, PeerError, Ticker};
use tickchain::daemon::storage::{self, DaemonNode};
use tickchain::driver::{Driver, Found, Handle, Options, Searcher, search_until};
use tickchain::ledger::{Difficulty, Genesis};
use tickchain::node::{Config, Search, State};

use super::exchange::exchange;

/// A service, its node, and the tasks of both on this thread.
pub struct Served {
    executor: LocalExecutor<'static>,
    service: Service,
    handle: Handle<DaemonNode>,
}

impl Served {
    /// A started node that admits whom `guard` says.
    pub fn new(guard: Guard) -> Self {
        let config = Config {
            genesis: Genesis {
                difficulty: Difficulty::new(1).expect("one bit is allowed"),
                ..Genesis::default()
            },
            ..Config::new("node1".parse().expect("a short name"))
        };
        let options = Options {
            wall: Arc::new(|| 1_700_000_000),
            searcher: Arc::new(AtOnce),
        };
        let node = storage::in_memory(config).expect("the document's network");
        let (driver, handle) = Driver::new(node, options);
        let executor = LocalExecutor::new();
        executor.spawn(driver.run()).detach();
        let service = NodeApi {
            name: "node1".parse().expect("a short name"),
            handle: handle.clone(),
            peers: Arc::new(Nobody),
            ticker: Arc::new(Stopped),
            guard,
            storage: None,
        }
        .service();
        let served = Self {
            executor,
            service,
            handle,
        };
        smol::block_on(served.executor.run(served.handle.start(1))).expect("it runs");
        served
    }

    /// What it answers to these bytes; see [`exchange`].
    pub fn answers(&self, bytes: &[u8], whole: bool) -> Vec<u8> {
        exchange(&self.executor, &self.service, bytes, whole)
    }

    pub fn state(&self) -> State {
        let state = self.handle.read(DaemonNode::state);
        smol::block_on(self.executor.run(state)).expect("it runs")
    }
}

/// Searches in the event loop itself: one bit is found at once.
struct AtOnce;

impl Searcher for AtOnce {
    fn search(&self, search: Search, stop: Arc<AtomicBool>, found: Found) {
        search_until(&search, &stop, found);
    }
}

/// Peers that are not remembered.
struct Nobody;

impl PeerBook for Nobody {
    fn list(&self) -> Vec<Peer> {
        Vec::new()
    }

    fn add(&self, _: PeerAddress) -> Result<(), PeerError> {
        Ok(())
    }

    fn remove(&self, address: &PeerAddress) -> Result<(), PeerError> {
        let address = address.clone();
        Err(PeerError::Unknown { address })
    }

    fn missing(&self) -> Vec<PeerAddress> {
        Vec::new()
    }
}

/// A clock that does not run by itself.
struct Stopped;

impl Ticker for Stopped {
    fn set(&self, _: Option<Duration>) {}

    fn interval(&self) -> Option<Duration> {
        None
    }
}
