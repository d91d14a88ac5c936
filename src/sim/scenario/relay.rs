//! How lean nodes pass blocks on.

use serde::{Deserialize, Serialize};

/// How lean nodes pass blocks on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Relay {
    /// What a node does with a new block.
    pub kind: RelayKind,
    /// The size of a block, in bytes.
    pub block_bytes: u64,
    /// Whether blocks go in short form between nodes that both use it.
    pub compact_blocks: bool,
    /// The size of a block in short form, in bytes.
    pub compact_bytes: u64,
    /// The share of the nodes that use the short form.
    pub usage: f64,
    /// The share of the nodes that come and go, and miss more of a block's payments.
    pub churn: f64,
    /// How often the short form is not enough for a node that stays.
    pub failure: f64,
    /// How often it is not enough for one that comes and goes.
    pub churn_failure: f64,
    /// What share of a block is asked for then by a node that stays.
    pub missing: f64,
    /// The same for nodes that come and go: shares, each with its weight.
    pub churn_missing: Vec<(f64, f64)>,
}

impl Default for Relay {
    fn default() -> Self {
        Self {
            kind: RelayKind::Flood,
            block_bytes: 535_000,
            compact_blocks: true,
            compact_bytes: 18_000,
            usage: 1.0,
            churn: 0.0,
            failure: 0.0,
            churn_failure: 0.0,
            missing: 0.01,
            churn_missing: vec![(0.01, 1.0)],
        }
    }
}

/// What a lean node does with a new block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RelayKind {
    /// Sends it to every neighbour but the one it came from.
    #[default]
    Flood,
    /// Announces it to every neighbour; who lacks it asks the first announcer.
    Announce,
}
