//! How blocks are found, and what a clock of a node is.

use serde::{Deserialize, Serialize};

use crate::sim::Power;

/// How blocks are found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mining {
    /// What a proof of work is here.
    pub proof: ProofKind,
    /// Zero bits that the hash of a block ends in, where it is searched: 0 to 24.
    pub difficulty: u32,
    /// Whether all who have hash power mine without being asked.
    pub continuous: bool,
    /// How hash power is given out.
    pub power: Power,
}

impl Default for Mining {
    fn default() -> Self {
        Self {
            proof: ProofKind::Sampled,
            difficulty: 12,
            continuous: true,
            power: Power::default(),
        }
    }
}

/// What a proof of work is in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProofKind {
    /// Nothing is hashed: the time until a block is found is drawn, exponential by hash power.
    #[default]
    Sampled,
    /// The nonce is searched; as many nonces as were tried take their time.
    Searched,
}

/// What a node's clock is in virtual time, and what activities cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Clocks {
    /// The length of one clock, in milliseconds.
    pub length_ms: f64,
    /// Whether all nodes are ticked one after another at each clock, as a controller does. Messages then
    /// take `latency` clocks, nothing of `network` plays a part, and activities cost what the document says.
    pub stepped: bool,
    /// How long a message takes in a stepped run, in clocks.
    pub latency: u64,
    /// What activities cost, in clocks.
    pub costs: ClockCosts,
}

impl Default for Clocks {
    fn default() -> Self {
        Self {
            length_ms: 1.0,
            stepped: false,
            latency: 0,
            costs: ClockCosts::default(),
        }
    }
}

/// What activities cost, in clocks. What is left out costs nothing, in a stepped run what the document
/// says: 3 for mining, 1 for all else.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClockCosts {
    /// Mining a block, when asked to.
    pub mining: Option<u64>,
    /// Sending blocks on.
    pub broadcasting_block: Option<u64>,
    /// Sending payments on.
    pub broadcasting_tx: Option<u64>,
    /// Taking in blocks.
    pub receiving_block: Option<u64>,
    /// Taking in payments.
    pub receiving_tx: Option<u64>,
}
