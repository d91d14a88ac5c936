//! What can go wrong with a request or a link.

use super::storage::StorageError;
use crate::node::{Name, RequestError, StateError};

/// Why a [`Handle`](super::Handle)'s call failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DriverError {
    /// The event loop is over.
    #[error("the node has stopped")]
    Stopped,
    /// The node said no.
    #[error(transparent)]
    Refused(#[from] RequestError),
    /// The node was reset, or got another state, while a clock was waited for.
    #[error("the node was reset before it reached the clock")]
    Reset,
    /// The state that the node was to become is none of its own.
    #[error(transparent)]
    State(#[from] StateError),
    /// There is a link to this peer already; only one may be.
    #[error("there is a link to {peer} already")]
    LinkExists {
        /// The peer.
        peer: Name,
    },
    /// The node broke the contract of [`Node`](crate::node::Node).
    #[error("the node did not answer its request: it breaks the contract of the Node trait")]
    NoAnswer,
    /// What had to last first does not: it is as if this was never asked.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Why a message was not taken: its link is closed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the link is closed: {reason}")]
pub struct LinkClosed {
    /// Why, in a sentence.
    pub reason: String,
}
