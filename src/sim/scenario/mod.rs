//! What is simulated, as a file says it: plain data with defaults, every unknown key refused.
//!
//! The library reads no files: `tickchain sim` parses TOML into a [`Scenario`], another program may fill
//! one in. [`KEYS`] lists every key with what it means; docs/simulator.md shows the list.

mod build;
mod check;
mod clocks;
mod error;
mod faults;
mod idle;
mod keys;
mod miners;
mod nodes;
mod run;
mod script;

use serde::{Deserialize, Serialize};

pub use build::Ground;
pub use clocks::{ClockCosts, Clocks, Mining, ProofKind};
pub use error::ScenarioError;
pub use faults::Fault;
pub use idle::idle_key;
pub use keys::{KEYS, Key};
pub use miners::{Behaviour, Miner};
pub use nodes::{NodeNumber, NodeSet};
pub use run::{Progress, run};
pub use script::Step;

use super::{Network, Relay, Topology, Workload};

/// The most nodes of a run.
pub const MAX_NODES: usize = 1_000_000;
/// The longest time of a run or of anything in it, in seconds: some 31 years.
pub const MAX_TIME_S: f64 = 1e9;
/// The most blocks of a run.
pub const MAX_BLOCKS: u64 = 100_000_000;

/// A whole scenario. What has a default may be left out.
///
/// ```
/// use tickchain::sim::scenario::Scenario;
/// let scenario: Scenario = serde_json::from_str(r#"{"nodes": 50, "blocks": 100}"#)?;
/// scenario.check()?;
/// assert_eq!(scenario.interval_s, 600.0);
/// let wrong: Scenario = serde_json::from_str(r#"{"nodes": 0, "blocks": 100}"#)?;
/// assert_eq!(wrong.check().unwrap_err().key(), "nodes");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// A name for people.
    #[serde(default)]
    pub title: String,
    /// What it shows, in a few sentences.
    #[serde(default)]
    pub about: String,
    /// What the nodes are.
    #[serde(default)]
    pub kind: Kind,
    /// How many there are, from 1 to [`MAX_NODES`].
    pub nodes: usize,
    /// The run ends when a block above this height is found. This or `time_s` is needed; with both, what
    /// comes first ends it.
    #[serde(default)]
    pub blocks: Option<u64>,
    /// The run ends at this time, in seconds.
    #[serde(default)]
    pub time_s: Option<f64>,
    /// Everything random follows from it.
    #[serde(default = "one")]
    pub seed: u64,
    /// The mean time between blocks of the whole network, in seconds.
    #[serde(default = "ten_minutes")]
    pub interval_s: f64,
    /// How blocks are found.
    #[serde(default)]
    pub mining: Mining,
    /// What a node's clock is.
    #[serde(default)]
    pub clocks: Clocks,
    /// Who is linked to whom.
    #[serde(default = "everyone")]
    pub topology: Topology,
    /// The share of the nodes that nobody can dial, 0 to 1.
    #[serde(default)]
    pub unreachable: f64,
    /// How messages travel.
    #[serde(default)]
    pub network: Network,
    /// How blocks are passed on by lean nodes.
    #[serde(default)]
    pub relay: Relay,
    /// Miners that are not like the others.
    #[serde(default)]
    pub miners: Vec<Miner>,
    /// Payments that nodes with a ledger are asked for.
    #[serde(default)]
    pub workload: Option<Workload>,
    /// What goes wrong, and when.
    #[serde(default)]
    pub faults: Vec<Fault>,
    /// What nodes with a ledger are asked for.
    #[serde(default)]
    pub script: Vec<Step>,
}

/// What the nodes of a run are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Lean nodes: which block is where and when, and nothing else.
    #[default]
    Lean,
    /// The nodes that also serve TCP: a real ledger, checked balances, real messages, flooding.
    Ledger,
}

fn one() -> u64 {
    1
}

fn everyone() -> Topology {
    Topology::Full {}
}

fn ten_minutes() -> f64 {
    600.0
}
