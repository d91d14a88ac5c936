//! Several nodes in one process, linked to each other over real sockets.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use smol::Timer;

use super::cli::Topology;
use super::error::DaemonError;
use super::http::Guard;
use super::key::{KeyError, NodeKey, Secret};
use super::links::Security;
use super::node::{RunningNode, Setup, Sockets};
use super::node_api::PeerAddress;
use crate::ledger::Genesis;
use crate::node::Name;

/// How long the links of a mesh may take to come up.
const LINK_TIMEOUT: Duration = Duration::from_secs(10);

/// How often that is looked at.
const LOOK_INTERVAL: Duration = Duration::from_millis(1);

/// What a mesh is to be.
#[derive(Debug, Clone)]
pub struct MeshSetup {
    /// How many nodes.
    pub nodes: u16,
    /// Who is linked to whom.
    pub topology: Topology,
    /// Where the HTTP APIs listen.
    pub bind: IpAddr,
    /// The first HTTP port; 0 for free ones.
    pub http_base: u16,
    /// The first port for peers; 0 for free ones.
    pub p2p_base: u16,
    /// The network.
    pub genesis: Genesis,
    /// The latency of every link, in clocks.
    pub latency: u64,
    /// The network's key; without it links are plain TCP.
    pub network_key: Option<Secret>,
    /// Who may use the APIs.
    pub guard: Guard,
    /// Where each node has a directory to keep everything in; without it they are in memory.
    pub data_dir: Option<PathBuf>,
}

impl Default for MeshSetup {
    /// Three nodes, each linked to the others, on free ports.
    fn default() -> Self {
        Self {
            nodes: 3,
            topology: Topology::Full,
            bind: Ipv4Addr::LOCALHOST.into(),
            http_base: 0,
            p2p_base: 0,
            genesis: Genesis::default(),
            latency: 0,
            network_key: None,
            guard: Guard::default(),
            data_dir: None,
        }
    }
}

impl MeshSetup {
    /// The keys of one more node: the network's and a new one of its own.
    ///
    /// # Errors
    /// [`KeyError::Random`].
    pub fn security(&self) -> Result<Option<Security>, KeyError> {
        let security = |network_key: &Secret| {
            Ok(Security {
                network_key: network_key.clone(),
                node_key: NodeKey::new(Secret::random()?),
                allowed: None,
            })
        };
        self.network_key.as_ref().map(security).transpose()
    }

    /// What its node of this name is to be.
    pub(super) fn node(&self, name: Name, security: Option<Security>) -> Setup {
        Setup {
            genesis: self.genesis.clone(),
            latency: self.latency,
            security,
            guard: self.guard.clone(),
            data_dir: self
                .data_dir
                .as_ref()
                .map(|parent| parent.join(folder(&name))),
            ..Setup::new(Some(name))
        }
    }
}

/// Runs a mesh: every node started, all links up. All sockets are bound before anything runs.
///
/// # Errors
/// A [`DaemonError`]; then nothing runs.
pub async fn run(setup: &MeshSetup) -> Result<Vec<RunningNode>, DaemonError> {
    let nodes: Vec<RunningNode> = bind(setup)?
        .into_iter()
        .zip(1..)
        .map(|(sockets, number)| {
            RunningNode::new(sockets, setup.node(numbered(number), setup.security()?))
        })
        .collect::<Result<_, _>>()?;
    for (from, to) in setup.topology.links(nodes.len()) {
        // Both dial, so that a link comes back whichever side lost it.
        nodes[from].dial(address(nodes[to].p2p()))?;
        nodes[to].dial(address(nodes[from].p2p()))?;
    }
    for node in &nodes {
        node.start().await?;
    }
    linked(&nodes).await?;
    Ok(nodes)
}

/// A node's name, where that is plain enough for a directory; else it in hex.
fn folder(name: &Name) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    match name.as_str().bytes().all(plain) {
        true => name.to_string(),
        false => format!("0x{}", hex::encode(name.as_str())),
    }
}

fn numbered(number: usize) -> Name {
    let name = format!("node{number}");
    name.parse().expect("a word and a number make a name")
}

fn bind(setup: &MeshSetup) -> Result<Vec<Sockets>, DaemonError> {
    let local = IpAddr::V4(Ipv4Addr::LOCALHOST);
    (0..setup.nodes)
        .map(|number| {
            let http = port(setup.http_base, number, "--http-base")?;
            let p2p = port(setup.p2p_base, number, "--p2p-base")?;
            Sockets::bind(
                (SocketAddr::new(setup.bind, http), "--http-base"),
                (SocketAddr::new(local, p2p), "--p2p-base"),
            )
        })
        .collect()
}

fn port(base: u16, number: u16, option: &str) -> Result<u16, DaemonError> {
    match base {
        0 => Ok(0),
        _ => base.checked_add(number).ok_or_else(|| {
            DaemonError::Usage(format!(
                "port {base} and {number} more is beyond 65535: give a lower one with {option}"
            ))
        }),
    }
}

fn address(socket: SocketAddr) -> PeerAddress {
    PeerAddress {
        addr: socket.ip().to_string(),
        port: socket.port(),
    }
}

/// Waits until no node misses a link.
async fn linked(nodes: &[RunningNode]) -> Result<(), DaemonError> {
    let deadline = Instant::now() + LINK_TIMEOUT;
    for node in nodes {
        loop {
            let missing = node.peers().missing();
            if missing.is_empty() {
                break;
            }
            if Instant::now() > deadline {
                return Err(DaemonError::NotLinked {
                    node: node.name().to_string(),
                    missing,
                    seconds: LINK_TIMEOUT.as_secs(),
                });
            }
            Timer::after(LOOK_INTERVAL).await;
        }
    }
    Ok(())
}
