//! The nodes that this controller started: starting and crashing them, and nothing else.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use smol::Timer;

use super::NodeAddress;
use super::url::NodeUrl;
use crate::daemon::DaemonError;
use crate::daemon::links::Security;
use crate::daemon::mesh::MeshSetup;
use crate::daemon::node::{RunningNode, Setup, Sockets};
use crate::node::Name;

/// How long the ports of a node that ended may take to be free.
const PORT_TIMEOUT: Duration = Duration::from_secs(2);

/// How often that is tried.
const PORT_INTERVAL: Duration = Duration::from_millis(5);

/// The nodes that this controller started: it can crash them, start them again, add some.
#[derive(Debug)]
pub struct Fleet {
    setup: MeshSetup,
    places: BTreeMap<Name, Place>,
    running: BTreeMap<Name, RunningNode>,
}

/// What stays of a node while it does not run: where it listens, and its key, without which its peers
/// would not know it again.
#[derive(Debug)]
struct Place {
    http: SocketAddr,
    p2p: SocketAddr,
    security: Option<Security>,
}

impl Place {
    fn of(node: &RunningNode) -> Self {
        Self {
            http: node.http(),
            p2p: node.p2p(),
            security: node.security().cloned(),
        }
    }
}

impl Fleet {
    /// The nodes that [`crate::daemon::mesh::run`] made of this setup.
    pub fn new(setup: MeshSetup, nodes: Vec<RunningNode>) -> Self {
        let named = |node: RunningNode| (node.name().clone(), node);
        Self {
            setup,
            places: nodes
                .iter()
                .map(|node| (node.name().clone(), Place::of(node)))
                .collect(),
            running: nodes.into_iter().map(named).collect(),
        }
    }

    /// What its nodes are made by.
    pub(super) fn setup_mut(&mut self) -> &mut MeshSetup {
        &mut self.setup
    }

    /// The links its nodes were started with.
    pub(super) fn first_links(&self) -> Vec<(Name, Name)> {
        let names: Vec<&Name> = self.names();
        let links = self.setup.topology.links(names.len());
        let named = |(from, to): (usize, usize)| (names[from].clone(), names[to].clone());
        links.into_iter().map(named).collect()
    }

    /// The names of its nodes, node2 before node10.
    pub(super) fn names(&self) -> Vec<&Name> {
        let mut names: Vec<&Name> = self.places.keys().collect();
        names.sort_by_key(|name| (name.as_str().len(), name.as_str()));
        names
    }

    /// How a node of it is called.
    pub(super) fn address(&self, name: &Name) -> Option<NodeAddress> {
        let place = self.places.get(name)?;
        Some(NodeAddress {
            url: NodeUrl::of(place.http),
            token: self.setup.guard.token.clone(),
        })
    }

    /// Where a node of it listens for peers.
    pub(super) fn p2p(&self, name: &Name) -> Option<SocketAddr> {
        self.places.get(name).map(|place| place.p2p)
    }

    /// Ends a node at once.
    pub(super) async fn crash(&mut self, name: &Name) {
        if let Some(node) = self.running.remove(name) {
            node.crash().await;
        }
    }

    /// Runs a node that accepts no peers yet: the one that was there, or a new one. One whose ports are
    /// not given gets those that follow from its number, if they are free, else any.
    pub(super) async fn run(&mut self, name: &Name) -> Result<(), DaemonError> {
        let (sockets, security) = match self.places.get(name) {
            Some(place) => (bind_again(place).await?, place.security.clone()),
            None => (self.bind_new(name)?, self.setup.security()?),
        };
        let setup = Setup {
            open: false,
            ..self.setup.node(name.clone(), security)
        };
        let node = RunningNode::new(sockets, setup)?;
        self.places.insert(name.clone(), Place::of(&node));
        self.running.insert(name.clone(), node);
        Ok(())
    }

    /// Lets a node accept peers.
    pub(super) fn open(&self, name: &Name) {
        if let Some(node) = self.running.get(name) {
            node.open();
        }
    }

    /// Forgets a node; it has to be crashed first.
    pub(super) fn forget(&mut self, name: &Name) {
        self.places.remove(name);
    }

    /// Lets every node finish.
    pub(super) async fn stop(&mut self) {
        let nodes = std::mem::take(&mut self.running);
        RunningNode::stop_all(nodes.into_values()).await;
    }

    fn bind_new(&self, name: &Name) -> Result<Sockets, DaemonError> {
        let number = name
            .as_str()
            .strip_prefix("node")
            .and_then(|n| n.parse::<u16>().ok());
        let port = |base: u16| match (base, number) {
            (0, _) | (_, None | Some(0)) => 0,
            (base, Some(number)) => base.checked_add(number - 1).unwrap_or(0),
        };
        let bind = |http: u16, p2p: u16| {
            let local = IpAddr::V4(Ipv4Addr::LOCALHOST);
            Sockets::bind(
                (SocketAddr::new(self.setup.bind, http), "--http-base"),
                (SocketAddr::new(local, p2p), "--p2p-base"),
            )
        };
        bind(port(self.setup.http_base), port(self.setup.p2p_base)).or_else(|_| bind(0, 0))
    }
}

/// Binds the ports of a node that has just ended, which may take a moment.
async fn bind_again(place: &Place) -> Result<Sockets, DaemonError> {
    let deadline = Instant::now() + PORT_TIMEOUT;
    loop {
        match Sockets::bind((place.http, "--http-base"), (place.p2p, "--p2p-base")) {
            Err(_) if Instant::now() < deadline => {
                Timer::after(PORT_INTERVAL).await;
            }
            bound => return bound,
        }
    }
}
