//! A node as `GET outline` tells: everything that changes from clock to clock, without the chain.

use serde::Deserialize;

/// What `GET outline` answers.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Outline {
    /// The number of the node's last event when this was read.
    pub event: u64,
    /// The interval in milliseconds at which its clock runs by itself.
    pub ticks_itself: Option<u64>,
    /// The node.
    #[serde(flatten)]
    pub node: crate::node::Outline,
}
