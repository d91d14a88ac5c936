//! Why there is no link.

use std::net::{IpAddr, SocketAddr};

use super::addresses::MAX_LINKS_AN_ADDRESS;
use super::book::MAX_PEERS;
use super::trust::MAX_PINNED_NAMES;
use crate::daemon::key::PublicKey;
use crate::node::Name;

/// Why there is no link on a connection.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    #[error(
        "a node named {name} that listens on {listens} is linked already: names are unique in a network"
    )]
    SecondNode { name: Name, listens: SocketAddr },
    #[error("{name} was dropped here and is refused until it is added again")]
    Dropped { name: Name },
    #[error("{MAX_PEERS} peers are linked already, the most a node has")]
    TooMany,
    #[error("{MAX_LINKS_AN_ADDRESS} links from {from} are there already, the most of one address")]
    TooManyThere { from: IpAddr },
    #[error("{name} with key {key} is not on the list of peers that are let in")]
    NotAllowed { name: Name, key: PublicKey },
    #[error(
        "{name} came with another key before, not {key}: start it with --node-key FILE, so that it keeps \
         its key, or add it here again"
    )]
    OtherKey { name: Name, key: PublicKey },
    #[error("{MAX_PINNED_NAMES} names have keys already, the most a node remembers")]
    TooManyNames,
    #[error("another link to {name} is there: of two, the one dialled by the smaller name stays")]
    Double { name: Name },
}
