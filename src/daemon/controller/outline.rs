//! A node as `GET outline` tells: everything that changes from clock to clock, without the chain.

use std::time::Duration;

use serde::Deserialize;

use super::client::Client;
use super::error::CallError;
use crate::ledger::MAX_SAFE_INTEGER;

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

impl Outline {
    /// Asks a node how it is.
    pub(super) async fn ask(client: &Client, limit: Duration) -> Result<Self, CallError> {
        let outline: Self = client.get("/outline", limit).await?;
        let clock = outline.node.state.clock;
        // Clocks are counted on from here.
        match clock <= MAX_SAFE_INTEGER {
            true => Ok(outline),
            false => Err(client.strange(
                "/outline",
                format!("a clock of {clock}, which is above {MAX_SAFE_INTEGER}"),
            )),
        }
    }
}
