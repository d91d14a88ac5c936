//! Keys that are known but change nothing in a scenario.

use super::{Behaviour, Kind, Miner, ProofKind, Scenario};
use crate::sim::{Latency, Regions, RelayKind};

/// Keys (what is below them is meant too), when they change nothing, and why.
type Rule = (&'static [&'static str], fn(&Scenario) -> bool, &'static str);

/// What compact blocks are like.
const COMPACT: [&str; 8] = [
    "relay.compact_blocks",
    "relay.compact_bytes",
    "relay.usage",
    "relay.churn",
    "relay.churn_failure",
    "relay.failure",
    "relay.missing_weights",
    "relay.missing",
];

const RULES: &[Rule] = &[
    (
        &["relay"],
        |scenario| scenario.kind == Kind::Ledger,
        "nodes with a ledger flood real blocks; leave it out, or say kind = \"lean\"",
    ),
    (
        &[
            "clocks",
            "workload",
            "script",
            "mining.proof",
            "mining.continuous",
        ],
        |scenario| scenario.kind == Kind::Lean,
        "lean nodes have no ledger, no clock costs, and mine on and on; leave it out, or say kind = \"ledger\"",
    ),
    (
        &["network", "interval_s"],
        |scenario| scenario.clocks.stepped,
        "a stepped run counts clocks only; leave it out (clocks.latency is how long messages take)",
    ),
    (
        &COMPACT,
        |scenario| scenario.relay.kind == RelayKind::Flood,
        "whoever floods sends whole blocks; leave it out, or say relay.kind = \"announce\"",
    ),
    (
        &["relay.retry_ms", "network.overhead_ms"],
        |scenario| scenario.kind == Kind::Lean && scenario.relay.kind == RelayKind::Flood,
        "whoever floods sends blocks and nothing else; leave it out, or say relay.kind = \"announce\"",
    ),
    (
        // All but the first, which makes the difference.
        COMPACT.split_at(1).1,
        |scenario| !scenario.relay.compact_blocks,
        "all blocks are sent whole; leave it out, or say relay.compact_blocks = true",
    ),
    (
        &["mining.difficulty"],
        |scenario| scenario.mining.proof == ProofKind::Sampled,
        "no proof of work is searched; leave it out, or say mining.proof = \"searched\"",
    ),
    (
        &["miners.confirmations", "miners.give_up"],
        |scenario| {
            let spends = |miner: &Miner| miner.behaviour == Behaviour::DoubleSpend;
            !scenario.miners.iter().any(spends)
        },
        "only a double spender waits for blocks; leave it out, or say behaviour = \"double-spend\"",
    ),
    (
        &["mining.power"],
        |scenario| scenario.miners.len() == scenario.nodes,
        "every node is one of the miners, which have shares of their own; leave it out",
    ),
    (
        &["clocks.latency"],
        |scenario| !scenario.clocks.stepped,
        "only a stepped run counts latency in clocks; say network.latency instead",
    ),
    (
        &["clocks.costs.mining"],
        |scenario| scenario.mining.continuous && !scenario.clocks.stepped,
        "who mines on and on does so beside all else; leave it out, or say mining.continuous = false",
    ),
    (
        &["interval_s"],
        |scenario| !scenario.mining.continuous && scenario.clocks.costs.mining.is_some(),
        "mining takes clocks here; leave it out, or clocks.costs.mining",
    ),
    (
        &[
            "network.latency.ms",
            "network.latency.min_ms",
            "network.latency.max_ms",
        ],
        |scenario| scenario.network.latency == Latency::Regions,
        "latency goes by regions; leave it out, or choose another kind of network.latency",
    ),
    (
        &["network.regions.spread"],
        |scenario| scenario.network.latency != Latency::Regions,
        "latency does not go by regions; leave it out, or say network.latency = { kind = \"regions\" }",
    ),
    (
        &["network.regions"],
        |scenario| {
            let limits = |regions: &Regions| {
                regions.download_mbit.is_some() || regions.upload_mbit.is_some()
            };
            let network = &scenario.network;
            network.latency != Latency::Regions && !network.regions.as_ref().is_some_and(limits)
        },
        "neither latency nor bandwidth goes by regions; leave them out, or say \
         network.latency = { kind = \"regions\" }",
    ),
    (
        &["network.bandwidth_mbit"],
        |scenario| {
            let both = |regions: &Regions| {
                regions.download_mbit.is_some() && regions.upload_mbit.is_some()
            };
            scenario.network.regions.as_ref().is_some_and(both)
        },
        "the regions have bandwidths of their own; leave one of them out",
    ),
];

/// Why `key`, a dotted path without places in lists (`faults.nodes`), changes nothing in this scenario, and
/// what to do; `None` when it does.
///
/// ```
/// use tickchain::sim::scenario::{Scenario, idle_key};
/// let scenario: Scenario = serde_json::from_str(r#"{"nodes": 5, "blocks": 9, "relay": {"kind": "flood"}}"#)?;
/// assert!(idle_key(&scenario, "relay.usage").is_some(), "it floods");
/// assert!(idle_key(&scenario, "relay.block_bytes").is_none());
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn idle_key(scenario: &Scenario, key: &str) -> Option<&'static str> {
    let meant = |rule: &&str| key == *rule || key.starts_with(&format!("{rule}."));
    let rule =
        (RULES.iter()).find(|(keys, is_idle, _)| keys.iter().any(meant) && is_idle(scenario));
    rule.map(|(_, _, why)| *why)
}
