//! The network between the nodes of a rig: namespaces and packets, or loopback and streams.

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::fault::Faults;
use super::proxy::Proxy;
use super::relay::{Relay, ethernet};
use super::space::{Space, ip};

/// The addresses for trials of networks (RFC 2544), which disturb nobody. A node takes four.
const TRIALS: u32 = u32::from_be_bytes([198, 18, 0, 0]);
const PLACES: u32 = 1 << 15;

/// Where every node in a namespace listens for peers: nobody else is there.
const PEERS_PORT: u16 = 65001;

/// How nodes reach each other.
pub enum Network {
    /// Each is in a network namespace of its own.
    Spaces { places: Vec<Place>, _relay: Relay },
    /// All are on loopback; a node dials another at a proxy.
    Proxies(BTreeMap<(usize, usize), Proxy>),
}

/// A node's namespace, and where it is reached from outside.
pub struct Place {
    space: Space,
    outside: Ipv4Addr,
    inside: Ipv4Addr,
}

impl Network {
    /// Namespaces where they can be made; else proxies, and why is printed.
    pub fn packets(nodes: usize, faults: &Arc<Faults>) -> Self {
        Self::spaces(nodes, faults).unwrap_or_else(|error| {
            println!("network namespaces are skipped, proxies instead: {error}");
            Self::streams(nodes, faults)
        })
    }

    pub fn streams(nodes: usize, faults: &Arc<Faults>) -> Self {
        let pairs = (0..nodes).flat_map(|from| (0..nodes).map(move |to| (from, to)));
        let proxies = pairs
            .filter(|(from, to)| from != to)
            .map(|(from, to)| ((from, to), Proxy::new(faults, from, to)));
        Self::Proxies(proxies.collect())
    }

    fn spaces(nodes: usize, faults: &Arc<Faults>) -> io::Result<Self> {
        let places: io::Result<Vec<Place>> = (0..nodes).map(|_| Place::new()).collect();
        let places = places?;
        let outside: Vec<SocketAddr> = places
            .iter()
            .map(|place| (place.outside, 0).into())
            .collect();
        let relay = Relay::new(&outside, faults)?;
        for (node, place) in places.iter().enumerate() {
            let port = relay.port(node);
            place.dig(node, nodes, port)?;
            relay.lead_to(node, (place.inside, port).into());
        }
        Ok(Self::Spaces {
            places,
            _relay: relay,
        })
    }

    /// Where a node is to listen: for its controller, and for its peers.
    pub fn listen(&self, node: usize) -> [String; 2] {
        match self {
            Self::Spaces { places, .. } => [
                format!("{}:0", places[node].inside),
                format!("{}:{PEERS_PORT}", peer_ip(node)),
            ],
            Self::Proxies(_) => ["127.0.0.1:0".into(), "127.0.0.1:0".into()],
        }
    }

    /// Where a node dials another.
    pub fn peer(&self, node: usize, other: usize) -> String {
        match self {
            Self::Spaces { .. } => format!("{}:{PEERS_PORT}", peer_ip(other)),
            Self::Proxies(proxies) => proxies[&(node, other)].front.to_string(),
        }
    }

    /// The command, run where the node is.
    pub fn place(&self, node: usize, command: Command) -> Command {
        match self {
            Self::Spaces { places, .. } => places[node].space.enter(&command),
            Self::Proxies(_) => command,
        }
    }

    /// Says where a node listens for peers now, if it runs.
    pub fn listens(&self, node: usize, at: Option<SocketAddr>) {
        if let Self::Proxies(proxies) = self {
            let others = proxies.iter().filter(|((_, to), _)| *to == node);
            others.for_each(|(_, proxy)| proxy.lead_to(at));
        }
    }
}

impl Place {
    /// A namespace with a cable to this one.
    fn new() -> io::Result<Self> {
        static TAKEN: AtomicU32 = AtomicU32::new(0);
        let number = std::process::id() * 64 + TAKEN.fetch_add(1, Ordering::Relaxed);
        let first = TRIALS + number % PLACES * 4;
        let place = Self {
            space: Space::new(&["--net"])?,
            outside: (first + 1).into(),
            inside: (first + 2).into(),
        };
        let (outside, inside) = (place.outside, place.inside);
        let (name, holder) = (format!("tick{first:x}"), place.space.holder());
        ip(&format!(
            "link add {name} type veth peer name eth0 netns {holder}\n\
             addr add {outside}/30 dev {name}\nlink set {name} up\n"
        ))?;
        place.space.ip(&format!(
            "link set lo up\naddr add {inside}/30 dev eth0\nlink set eth0 up\n"
        ))?;
        Ok(place)
    }

    /// The tunnel to the relay, through which the other nodes are reached.
    fn dig(&self, node: usize, nodes: usize, port: u16) -> io::Result<()> {
        let (outside, inside) = (self.outside, self.inside);
        let (own, address) = (ethernet(node), peer_ip(node));
        // A card would cut long packets to pieces: there is none, so none are made.
        let mut commands = format!(
            "link add tunnel address {own} type vxlan id 1 local {inside} remote {outside} \
             dstport {port} dev eth0\naddr add {address}/24 dev tunnel\n\
             link set tunnel gso_max_segs 1 up\n"
        );
        for other in (0..nodes).filter(|other| *other != node) {
            let (at, of) = (peer_ip(other), ethernet(other));
            commands += &format!("neigh add {at} lladdr {of} dev tunnel nud permanent\n");
        }
        self.space.ip(&commands)
    }
}

fn peer_ip(node: usize) -> Ipv4Addr {
    Ipv4Addr::new(10, 0, 0, node as u8 + 1)
}
