//! What can be wrong with bytes from a peer.

use super::hello::PROTOCOL_VERSION;
use crate::ledger::{Hash, MAX_SAFE_INTEGER};
use crate::node::Name;

/// Why a link cannot go on: what came over it is not this protocol, or from a node that must not be
/// linked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WireError {
    /// A line is longer than the decoder's cap. Told as soon as it is, newline or not.
    #[error("a frame has at most {cap} bytes here, this one has more")]
    TooLong {
        /// The cap, newline included.
        cap: usize,
    },
    /// A line is not a frame.
    #[error("a line of {bytes} bytes is not a frame: {reason}")]
    Malformed {
        /// Its length without the newline.
        bytes: usize,
        /// What is wrong and where, shortened.
        reason: String,
    },
    /// A number that a JSON reader may not see exactly.
    #[error("{field} {value} is above {MAX_SAFE_INTEGER}")]
    Number {
        /// The number's name.
        field: &'static str,
        /// The number.
        value: u64,
    },
    /// The peer speaks another protocol.
    #[error("the peer speaks protocol version {theirs}, this node speaks {PROTOCOL_VERSION}")]
    Version {
        /// The peer's version.
        theirs: u32,
    },
    /// The peer belongs to another network.
    #[error("the peer is in network {theirs}, this node in {ours}: their genesis differs")]
    Network {
        /// This node's network.
        ours: Hash,
        /// The peer's network.
        theirs: Hash,
    },
    /// A link to oneself, or to a second node of the same name.
    #[error("both ends of the link are named {name}: names are unique in a network")]
    SameName {
        /// The name.
        name: Name,
    },
}
