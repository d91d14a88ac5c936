//! What a run measured, as plain data.

use serde::{Deserialize, Serialize};

use super::measures::Durations;
use super::pictures::Pictures;
use crate::ledger::Hash;
use crate::sim::behaviour::Attempts;

/// What a run measured. What could not be measured (no block reached everyone) is `None`, in JSON null.
///
/// Which blocks are main, orphans or untold, and what is final, stands with the module's docs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// Whether the run came to its end; else it was stopped.
    pub complete: bool,
    /// Virtual time at the end, in seconds.
    pub time_s: f64,
    /// Messages delivered and timers fired.
    pub events: u64,
    /// The digest of all that happened: equal for equal runs.
    pub digest: Hash,
    /// How many nodes there were, those that were down included.
    pub nodes: usize,
    /// Blocks of the main chain, the genesis block left out.
    pub blocks: u64,
    /// Blocks that two nodes or more had, and that are not main.
    pub orphans: u64,
    /// Blocks that only one node had.
    pub untold: u64,
    /// Orphans by main blocks and orphans.
    pub fork_rate: f64,
    /// The mean over main blocks of the milliseconds from being found until half of all nodes, rounded
    /// up, had them: the miner counts, at 0. Blocks that never got that far are left out, here as below.
    pub t50_ms: Option<f64>,
    /// The same for 90 % of the nodes.
    pub t90_ms: Option<f64>,
    /// The same for 99 %.
    pub t99_ms: Option<f64>,
    /// The same for all nodes.
    pub t100_ms: Option<f64>,
    /// How many main blocks got so far.
    pub reached: Reached,
    /// Pairs of a block, main or not, and a node other than its miner that had it.
    pub pairs: u64,
    /// The median over these pairs of the milliseconds from finding to having, to three digits.
    pub pair_median_ms: Option<f64>,
    /// Their mean.
    pub pair_mean_ms: Option<f64>,
    /// Times between main blocks that follow each other.
    pub interval: Durations,
    /// Reorganisations, of all nodes.
    pub reorganisations: Reorganisations,
    /// How long main blocks waited for the blocks above them.
    pub confirmations: Vec<Confirmation>,
    /// Payments that were asked for; none in lean runs.
    pub payments: Payments,
    /// How the attacks of all double spenders ended, where there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub double_spends: Option<Attempts>,
    /// What each group of miners put in and got out.
    pub groups: Vec<Miner>,
    /// The same for the nodes with most hash power, most first.
    pub miners: Vec<Miner>,
    /// Messages by kind.
    pub messages: Vec<Messages>,
    /// What pictures are drawn from; may be left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pictures: Option<Pictures>,
}

/// How many main blocks reached so many nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Reached {
    /// Half.
    pub t50: u64,
    /// 90 %.
    pub t90: u64,
    /// 99 %.
    pub t99: u64,
    /// All.
    pub t100: u64,
}

/// Reorganisations. One fork makes one in every node that had taken the other branch.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Reorganisations {
    /// How many there were.
    pub count: u64,
    /// The most blocks that left a main chain at once.
    pub deepest: u64,
    /// How many of each depth, those of [`super::FINAL_DEPTH`] and above together.
    pub by_depth: Vec<Depth>,
}

/// Reorganisations of one depth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Depth {
    /// Blocks that left.
    pub depth: u64,
    /// How many times.
    pub count: u64,
}

/// How long it took until so many main blocks stood above one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Confirmation {
    /// Blocks above it.
    pub above: usize,
    /// Main blocks that had so many above them in the end.
    pub blocks: u64,
    /// Seconds from finding it to finding the last of them, the mean over blocks.
    pub mean_s: f64,
    /// The standard deviation, from two on.
    pub deviation_s: Option<f64>,
}

/// Payments.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Payments {
    /// How many were accepted by the nodes they were asked of.
    pub accepted: u64,
    /// How many requests were refused.
    pub refused: u64,
    /// How many of the accepted ones came into a block that was main to some node.
    pub confirmed: u64,
    /// From being accepted to that.
    pub wait: Durations,
}

/// A miner, or a group of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Miner {
    /// The node's or the group's name.
    pub name: String,
    /// How many nodes.
    pub nodes: usize,
    /// Their share of all hash power, 0 to 1.
    pub hash_share: f64,
    /// Blocks they mined.
    pub mined: u64,
    /// Those of them that are main.
    pub blocks: u64,
    /// Their share of the main blocks that were mined, 0 to 1.
    pub revenue_share: f64,
}

/// Messages of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Messages {
    /// The kind.
    pub kind: String,
    /// How many were sent.
    pub sent: u64,
    /// How many were lost.
    pub lost: u64,
    /// Bytes of those that were sent.
    pub bytes: u64,
}

impl Outcome {
    /// Every figure that is one number, with a name of its own: what a table of many runs is made of.
    /// Groups of miners, depths and kinds of messages come in the order they have above.
    pub fn figures(&self) -> Vec<(String, Option<f64>)> {
        let count = |count: u64| Some(count as f64);
        let mut figures: Vec<(String, Option<f64>)> = [
            ("time_s", Some(self.time_s)),
            ("events", count(self.events)),
            ("nodes", count(self.nodes as u64)),
            ("blocks", count(self.blocks)),
            ("orphans", count(self.orphans)),
            ("untold", count(self.untold)),
            ("fork_rate", Some(self.fork_rate)),
            ("t50_ms", self.t50_ms),
            ("t90_ms", self.t90_ms),
            ("t99_ms", self.t99_ms),
            ("t100_ms", self.t100_ms),
            ("reached_t50", count(self.reached.t50)),
            ("reached_t90", count(self.reached.t90)),
            ("reached_t99", count(self.reached.t99)),
            ("reached_t100", count(self.reached.t100)),
            ("pairs", count(self.pairs)),
            ("pair_median_ms", self.pair_median_ms),
            ("pair_mean_ms", self.pair_mean_ms),
            ("interval_mean_s", self.interval.mean_s),
            ("interval_deviation_s", self.interval.deviation_s),
            ("interval_median_s", self.interval.median_s),
            ("reorganisations", count(self.reorganisations.count)),
            (
                "deepest_reorganisation",
                count(self.reorganisations.deepest),
            ),
            ("payments_accepted", count(self.payments.accepted)),
            ("payments_refused", count(self.payments.refused)),
            ("payments_confirmed", count(self.payments.confirmed)),
            ("payment_wait_mean_s", self.payments.wait.mean_s),
            ("payment_wait_median_s", self.payments.wait.median_s),
            (
                "messages",
                count(self.messages.iter().map(|kind| kind.sent).sum()),
            ),
            (
                "bytes",
                count(self.messages.iter().map(|kind| kind.bytes).sum()),
            ),
            (
                "lost",
                count(self.messages.iter().map(|kind| kind.lost).sum()),
            ),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        for confirmation in &self.confirmations {
            let name = format!("confirmation_{}_mean_s", confirmation.above);
            figures.push((name, Some(confirmation.mean_s)));
        }
        if let Some(attempts) = &self.double_spends {
            for (name, value) in [
                ("double_spends_begun", attempts.begun),
                ("double_spends_succeeded", attempts.succeeded),
                ("double_spends_given_up", attempts.given_up),
            ] {
                figures.push((name.to_owned(), count(value)));
            }
        }
        for group in &self.groups {
            for (what, value) in [
                ("hash_share", group.hash_share),
                ("revenue_share", group.revenue_share),
            ] {
                figures.push((format!("{what}_{}", group.name), Some(value)));
            }
        }
        figures
    }
}
