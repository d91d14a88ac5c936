//! The handshake.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::error::WireError;
use crate::ledger::Hash;
use crate::node::Name;

/// The version of the protocol. Nodes with another one refuse each other.
pub const PROTOCOL_VERSION: u32 = 1;

/// The most clocks of latency that one end can make a link have for the other: messages wait for so long.
pub const MAX_LATENCY: u64 = 1_000_000;

/// What each end of a link says first. Keys that are not known are skipped, so that a later version
/// can say more and still be told that it is another version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// The version of the protocol: [`PROTOCOL_VERSION`].
    pub version: u32,
    /// What tells one network from another: [`network_id`](crate::ledger::network_id).
    pub network: Hash,
    /// The sender's name.
    pub name: Name,
    /// Where the sender listens for peers.
    pub listen: SocketAddr,
    /// The latency the sender wants, in clocks.
    pub latency: u64,
}

impl Hello {
    /// Checks that this node can be linked to the one that said `theirs`, and gives the link's latency
    /// in clocks: the larger of both ends', of the other one [`MAX_LATENCY`] at most.
    ///
    /// ```
    /// use tickchain::ledger::Hash;
    /// use tickchain::wire::{Hello, PROTOCOL_VERSION, WireError};
    /// let hello = |name: &str, latency| Hello {
    ///     version: PROTOCOL_VERSION,
    ///     network: Hash::ZERO,
    ///     name: name.parse().expect("a short name"),
    ///     listen: ([127, 0, 0, 1], 65001).into(),
    ///     latency,
    /// };
    /// assert_eq!(hello("node1", 0).agree(&hello("node2", 3)), Ok(3));
    /// assert!(matches!(
    ///     hello("node1", 0).agree(&hello("node1", 0)),
    ///     Err(WireError::SameName { .. }),
    /// ));
    /// ```
    ///
    /// # Errors
    /// [`WireError::Version`], [`WireError::Network`] or [`WireError::SameName`].
    pub fn agree(&self, theirs: &Self) -> Result<u64, WireError> {
        if theirs.version != self.version {
            return Err(WireError::Version {
                theirs: theirs.version,
            });
        }
        if theirs.network != self.network {
            return Err(WireError::Network {
                ours: self.network,
                theirs: theirs.network,
            });
        }
        if theirs.name == self.name {
            return Err(WireError::SameName {
                name: theirs.name.clone(),
            });
        }
        Ok(self.latency.max(theirs.latency.min(MAX_LATENCY)))
    }
}
