//! What the HTTP API asks of the rest of the daemon: the peers, and the clock that runs by itself.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::daemon::key::PublicKey;
use crate::node::{Name, Offence};

/// The longest host name, in bytes (RFC 1035).
pub const MAX_HOST_BYTES: usize = 253;

/// Where a peer listens: `{"addr": "127.0.0.1", "port": 65002}`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PeerAddress {
    /// An IP address or a host name.
    pub addr: String,
    /// A port, never 0.
    pub port: u16,
}

impl std::fmt::Display for PeerAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.addr.contains(':') {
            write!(f, "[{}]:{}", self.addr, self.port)
        } else {
            write!(f, "{}:{}", self.addr, self.port)
        }
    }
}

/// A peer as `GET peer` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Peer {
    /// Where it listens.
    #[serde(flatten)]
    pub address: PeerAddress,
    /// Its name, once it said it.
    pub name: Option<Name>,
    /// Whether a link to it is up.
    pub connected: bool,
    /// The public key it has shown, where links are encrypted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<PublicKey>,
    /// Until when it is banned, as timestamps are written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub banned_until: Option<String>,
}

impl Peer {
    /// A peer without a link.
    pub fn absent(address: PeerAddress, name: Option<Name>) -> Self {
        Self {
            address,
            name,
            connected: false,
            key: None,
            banned_until: None,
        }
    }
}

/// What peers did that no honest one does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PeerCounts {
    /// How often each offence was seen.
    pub offences: Vec<(Offence, u64)>,
    /// How many bans there ever were.
    pub bans: u64,
    /// How many are on.
    pub banned: u64,
}

/// Why a peer was not added or dropped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PeerError {
    /// No more peers are kept.
    #[error("{max} peers are kept already, the most a node has: drop one first")]
    Full {
        /// The most peers.
        max: usize,
    },
    /// It is this node's own address.
    #[error("{address} is this node's own address: give another node's")]
    Own {
        /// The address.
        address: PeerAddress,
    },
    /// Nobody is known there.
    #[error("no peer is known at {address}: GET /peer lists them")]
    Unknown {
        /// The address.
        address: PeerAddress,
    },
}

/// The peers of a node: whom it dials, and who has dialled it. No call here waits.
pub trait PeerBook: Send + Sync + 'static {
    /// All peers, by address.
    fn list(&self) -> Vec<Peer>;

    /// What peers did that no honest one does.
    fn counts(&self) -> PeerCounts {
        PeerCounts::default()
    }

    /// Takes a peer in and dials it; one that was dropped or banned is welcome again, and may have a new
    /// key. Adding one twice changes nothing else.
    ///
    /// # Errors
    /// [`PeerError::Full`] or [`PeerError::Own`].
    fn add(&self, address: PeerAddress) -> Result<(), PeerError>;

    /// Drops a peer: its link is cut and refused until it is added again.
    ///
    /// # Errors
    /// [`PeerError::Unknown`].
    fn remove(&self, address: &PeerAddress) -> Result<(), PeerError>;

    /// Peers that were configured or added and have no link yet.
    fn missing(&self) -> Vec<PeerAddress>;
}

/// The clock that runs by itself.
pub trait Ticker: Send + Sync + 'static {
    /// Ticks every `interval` from now on; `None` stops it.
    fn set(&self, interval: Option<Duration>);

    /// The interval it ticks at; `None` when it does not.
    fn interval(&self) -> Option<Duration>;
}
