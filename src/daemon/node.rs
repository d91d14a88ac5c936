//! One node with its sockets: driver, links, HTTP API, ticker.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_channel::Sender;
use smol::future::FutureExt;
use smol::{Task, Timer};

use super::error::DaemonError;
use super::executor;
use super::http::{Guard, serve};
use super::key::PublicKey;
use super::links::{Identity, Links, Security};
use super::node_api::{NodeApi, PeerAddress, PeerBook, Ticker};
use super::search::LowPrioritySearcher;
use super::storage::{self, DaemonNode, DataDir, Kept, Opened};
use super::ticker::SelfTicker;
use crate::driver::{Driver, Handle, Options};
use crate::ledger::{Genesis, network_id};
use crate::node::{Config, Name};

/// How long requests may go on once a node is stopped, before the node itself is: a clock that waits
/// for a nonce would outlast any patience.
const REQUEST_GRACE: Duration = Duration::from_millis(500);

/// How long the rest may take: with [`REQUEST_GRACE`] well under 2 seconds.
const STOP_GRACE: Duration = Duration::from_millis(700);

/// How long its connections may take to end after a crash.
const CRASH_GRACE: Duration = Duration::from_millis(200);

/// The connections that may wait to be accepted (the system's own bound may be lower). The standard
/// library asks for 128: one more at once is told nothing and tries again after a second.
const BACKLOG: i32 = 1024;

/// What a node is to be.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Its name; its peer address where there is none.
    pub name: Option<Name>,
    /// The network.
    pub genesis: Genesis,
    /// The latency it wants of its links, in clocks.
    pub latency: u64,
    /// The keys of its links; without them links are plain TCP.
    pub security: Option<Security>,
    /// Who may use its API.
    pub guard: Guard,
    /// Where it searches nonces and what time it is.
    pub options: Options,
    /// Where it keeps everything and goes on from; without it, it is in memory.
    pub data_dir: Option<PathBuf>,
    /// Whether it accepts peers from the beginning; else from [`RunningNode::open`] on.
    pub open: bool,
}

impl Setup {
    /// A node of the document's network, as the command line would run it.
    pub fn new(name: Option<Name>) -> Self {
        Self {
            name,
            genesis: Genesis::default(),
            latency: 0,
            security: None,
            guard: Guard::default(),
            options: Options {
                searcher: Arc::new(LowPrioritySearcher),
                ..Options::default()
            },
            data_dir: None,
            open: true,
        }
    }
}

/// The two sockets of a node, bound.
#[derive(Debug)]
pub struct Sockets {
    http: TcpListener,
    p2p: TcpListener,
}

impl Sockets {
    /// Binds both; port 0 takes a free one. Each address comes with the option it was given by, for the
    /// error.
    ///
    /// # Errors
    /// [`DaemonError::Bind`].
    pub fn bind(
        http: (SocketAddr, &'static str),
        p2p: (SocketAddr, &'static str),
    ) -> Result<Self, DaemonError> {
        Ok(Self {
            http: bind(http.0, http.1)?,
            p2p: bind(p2p.0, p2p.1)?,
        })
    }
}

pub(super) fn bind(address: SocketAddr, option: &'static str) -> Result<TcpListener, DaemonError> {
    let bound = TcpListener::bind(address).and_then(|listener| {
        // A socket that listens already takes the new number.
        rustix::net::listen(&listener, BACKLOG)?;
        Ok(listener)
    });
    bound.map_err(|source| DaemonError::Bind {
        address,
        option,
        source,
    })
}

/// A node that runs, on the daemon's executor. Dropping it ends it at once; [`RunningNode::stop`] lets
/// it finish.
#[derive(Debug)]
pub struct RunningNode {
    name: Name,
    kept: Option<Kept>,
    http: SocketAddr,
    p2p: SocketAddr,
    security: Option<Security>,
    handle: Handle<DaemonNode>,
    links: Arc<Links<DaemonNode>>,
    ticker: Arc<SelfTicker>,
    driving: Task<()>,
    serving: Task<()>,
    stopping: Sender<()>,
}

impl RunningNode {
    /// Runs a node on these sockets. It is not started yet, dials nobody, and its clock stands still.
    ///
    /// # Errors
    /// A [`DaemonError`] when the genesis is none or a socket fails.
    pub fn new(sockets: Sockets, setup: Setup) -> Result<Self, DaemonError> {
        // It reads a disk, and waits for that also where it fails half way.
        executor::in_place(|| Self::on(sockets, setup))
    }

    fn on(sockets: Sockets, setup: Setup) -> Result<Self, DaemonError> {
        let system = |source| DaemonError::System {
            what: "a socket that was bound cannot be used",
            source,
        };
        let http = sockets.http.local_addr().map_err(system)?;
        let p2p = sockets.p2p.local_addr().map_err(system)?;
        let http_listener = async_net::TcpListener::try_from(sockets.http).map_err(system)?;
        let p2p_listener = async_net::TcpListener::try_from(sockets.p2p).map_err(system)?;
        let data_dir = setup.data_dir.as_deref().map(DataDir::open).transpose()?;
        let stored = data_dir.as_ref().and_then(DataDir::name);
        let name = match setup.name.or_else(|| stored.cloned()) {
            Some(name) => name,
            None => default_name(p2p)?,
        };
        let network = network_id(&setup.genesis.block()?, setup.genesis.difficulty);
        let mut config = Config::new(name.clone());
        config.genesis = setup.genesis;
        let (driver, handle, kept) = match data_dir {
            None => {
                let (driver, handle) = Driver::new(storage::in_memory(config)?, setup.options);
                (driver, handle, None)
            }
            Some(data_dir) => {
                let Opened {
                    node,
                    storage,
                    kept,
                    ..
                } = data_dir.run(config)?;
                let storage = Box::new(storage);
                let (driver, handle) = Driver::with_storage(node, setup.options, storage);
                (driver, handle, Some(kept))
            }
        };
        let identity = Identity {
            name: name.clone(),
            network,
            latency: setup.latency,
            security: setup.security.clone(),
        };
        let links = Links::new(p2p_listener, handle.clone(), identity).map_err(system)?;
        let links = Arc::new(links);
        if setup.open {
            links.open();
        }
        let ticker = Arc::new(SelfTicker::new(handle.clone()));
        let api = NodeApi {
            name: name.clone(),
            handle: handle.clone(),
            peers: Arc::clone(&links) as Arc<dyn PeerBook>,
            ticker: Arc::clone(&ticker) as Arc<dyn Ticker>,
            guard: setup.guard,
            storage: kept.as_ref().map(|kept| kept.health.clone()),
        };
        let service = api.service();
        let (stopping, stopped) = async_channel::bounded::<()>(1);
        let serving = executor::spawn(async move {
            let shutdown = async {
                let _ = stopped.recv().await;
            };
            if let Err(error) = serve(http_listener, service, shutdown).await {
                log::error!("the HTTP API has ended: {error}");
            }
        });
        Ok(Self {
            driving: executor::spawn_in_place(driver.run()),
            name,
            kept,
            http,
            p2p,
            security: setup.security,
            handle,
            links,
            ticker,
            serving,
            stopping,
        })
    }

    /// Its name.
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// What its data directory held when it began; `None` where it is in memory.
    pub fn kept(&self) -> Option<&Kept> {
        self.kept.as_ref()
    }

    /// Where its HTTP API listens.
    pub fn http(&self) -> SocketAddr {
        self.http
    }

    /// Where it listens for peers.
    pub fn p2p(&self) -> SocketAddr {
        self.p2p
    }

    /// The keys of its links.
    pub fn security(&self) -> Option<&Security> {
        self.security.as_ref()
    }

    /// The key others know it by, where links have keys.
    pub fn public_key(&self) -> Option<&PublicKey> {
        let security = self.security.as_ref();
        security.map(|security| security.node_key.public())
    }

    /// Its handle.
    pub fn handle(&self) -> &Handle<DaemonNode> {
        &self.handle
    }

    /// Its peers.
    pub fn peers(&self) -> &dyn PeerBook {
        &*self.links
    }

    /// Dials a peer until there is a link.
    ///
    /// # Errors
    /// [`DaemonError::Peer`].
    pub fn dial(&self, address: PeerAddress) -> Result<(), DaemonError> {
        Ok(self.links.add(address)?)
    }

    /// Accepts peers from now on. Those that have connected meanwhile have waited.
    pub fn open(&self) {
        self.links.open();
    }

    /// Starts it, as `GET /start` does.
    ///
    /// # Errors
    /// [`DaemonError::Driver`].
    pub async fn start(&self) -> Result<(), DaemonError> {
        // 53 bits, which JSON readers of a state see exactly.
        let salt = getrandom::u64().map_err(DaemonError::Random)? >> 11;
        Ok(self.handle.start(salt).await?)
    }

    /// Lets its clock run by itself, or not.
    pub fn tick(&self, interval: Option<Duration>) {
        self.ticker.set(interval);
    }

    /// Ends it at once, as the end of its process would: no request is finished, no peer is told. Both
    /// ports are free when this returns.
    pub async fn crash(self) {
        self.ticker.set(None);
        self.driving.cancel().await;
        self.links.crash().await;
        // What was asked and not answered fails now; connections that wait for nothing just end.
        self.stopping.close();
        let mut serving = self.serving;
        within(CRASH_GRACE, &mut serving).await;
        serving.cancel().await;
    }

    /// Stops nodes together. None dials another one that has gone already, and complains of it.
    pub async fn stop_all(nodes: impl IntoIterator<Item = Self>) {
        let nodes: Vec<Self> = nodes.into_iter().collect();
        nodes.iter().for_each(|node| node.links.dial_nobody());
        let stops: Vec<_> = (nodes.into_iter())
            .map(|node| executor::spawn(node.stop()))
            .collect();
        for stop in stops {
            stop.await;
        }
    }

    /// Accepts nothing more, lets requests that run finish, cancels a search that would hold them up,
    /// says BYE to its peers. Takes less than 2 seconds.
    pub async fn stop(self) {
        let Self {
            handle,
            links,
            ticker,
            driving,
            mut serving,
            stopping,
            ..
        } = self;
        ticker.set(None);
        stopping.close();
        let served = within(REQUEST_GRACE, &mut serving).await;
        links.stop().await;
        handle.stop();
        if !served {
            within(STOP_GRACE, &mut serving).await;
        }
        within(STOP_GRACE, driving).await;
    }
}

/// Whether the future was done in time.
async fn within(time: Duration, future: impl Future<Output = ()>) -> bool {
    let done = async {
        future.await;
        true
    };
    let late = async {
        Timer::after(time).await;
        false
    };
    done.or(late).await
}

/// The peer address, with a short random tail where it says nothing of the machine.
fn default_name(p2p: SocketAddr) -> Result<Name, DaemonError> {
    let name = match p2p.ip().is_unspecified() {
        false => p2p.to_string(),
        true => {
            let tail = getrandom::u32().map_err(DaemonError::Random)?;
            format!("{p2p}-{tail:08x}")
        }
    };
    Ok(name
        .parse()
        .expect("an address has at most 58 bytes, one of every interface far fewer"))
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

    use super::*;

    /// Other systems refuse the first one that has no place, or have fewer.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_burst_of_connections_waits_to_be_accepted() {
        let listener = bind(([127, 0, 0, 1], 0).into(), "--http").unwrap();
        let address = listener.local_addr().unwrap();
        let mut waiting = Vec::new();
        for number in 0..400 {
            let connection = TcpStream::connect_timeout(&address, Duration::from_millis(900));
            let Ok(connection) = connection else {
                panic!("connection {number} would try again in a second");
            };
            waiting.push(connection);
        }
    }
}
