//! Keys that are known but change nothing in a scenario.

use super::{Kind, ProofKind, RelayKind, Scenario};

/// Keys (what is below them is meant too), when they change nothing, and why.
type Rule = (&'static [&'static str], fn(&Scenario) -> bool, &'static str);

const RULES: [Rule; 8] = [
    (
        &["relay"],
        |scenario| scenario.kind == Kind::Ledger,
        "nodes with a ledger flood real blocks; leave it out, or say kind = \"lean\"",
    ),
    (
        &["clocks", "workload", "script", "mining.proof"],
        |scenario| scenario.kind == Kind::Lean,
        "lean nodes have no ledger and no clock; leave it out, or say kind = \"ledger\"",
    ),
    (
        &[
            "relay.compact_blocks",
            "relay.compact_bytes",
            "relay.usage",
            "relay.churn",
            "relay.failure",
            "relay.churn_failure",
            "relay.missing",
            "relay.churn_missing",
        ],
        |scenario| scenario.relay.kind == RelayKind::Flood,
        "whoever floods sends whole blocks; leave it out, or say relay.kind = \"announce\"",
    ),
    (
        &[
            "relay.compact_bytes",
            "relay.usage",
            "relay.churn",
            "relay.failure",
            "relay.churn_failure",
            "relay.missing",
            "relay.churn_missing",
        ],
        |scenario| !scenario.relay.compact_blocks,
        "all blocks are sent whole; leave it out, or say relay.compact_blocks = true",
    ),
    (
        &["mining.difficulty"],
        |scenario| scenario.mining.proof == ProofKind::Sampled,
        "no proof of work is searched; leave it out, or say mining.proof = \"searched\"",
    ),
    (
        &["network", "interval_s"],
        |scenario| scenario.clocks.stepped,
        "a stepped run counts clocks only; leave it out (clocks.latency is how long messages take)",
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
];

/// Why `key`, a dotted path without places in lists (`faults.nodes`), changes nothing in this scenario, and
/// what to do; `None` when it does.
///
/// ```
/// use tickchain::sim::scenario::{Scenario, idle_key};
/// let scenario: Scenario = serde_json::from_str(r#"{"nodes": 5, "blocks": 9}"#)?;
/// assert!(idle_key(&scenario, "relay.usage").is_some(), "it floods");
/// assert!(idle_key(&scenario, "relay.block_bytes").is_none());
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn idle_key(scenario: &Scenario, key: &str) -> Option<&'static str> {
    let meant = |rule: &&str| key == *rule || key.starts_with(&format!("{rule}."));
    let rule = RULES
        .iter()
        .find(|(keys, is_idle, _)| keys.iter().any(meant) && is_idle(scenario));
    rule.map(|(_, _, why)| *why)
}
