//! What goes wrong, and when.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{NodeNumber, NodeSet};
use crate::sim::Time;

/// Something that goes wrong at a time, or is put right again. Of those at the same time the one that is
/// written first comes first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Fault {
    /// Nodes stop at once.
    Crash {
        /// When, in seconds.
        at_s: f64,
        /// Which.
        nodes: NodeSet,
        /// Whether they come back with what they had; else with the genesis block alone.
        #[serde(default = "yes")]
        keep: bool,
    },
    /// Nodes that crashed run again.
    Restart {
        /// When, in seconds.
        at_s: f64,
        /// Which.
        nodes: NodeSet,
    },
    /// Nodes come for the first time: until then they are not there.
    Join {
        /// When, in seconds.
        at_s: f64,
        /// Which.
        nodes: NodeSet,
    },
    /// Nodes go for good.
    Leave {
        /// When, in seconds.
        at_s: f64,
        /// Which.
        nodes: NodeSet,
    },
    /// The network falls into parts that hear nothing of each other, until `heal`.
    Partition {
        /// When, in seconds.
        at_s: f64,
        /// The parts; nodes that are in none are a part together.
        #[serde(default)]
        groups: Vec<NodeSet>,
        /// In place of `groups`: how large each part is, as shares of the nodes in their order.
        #[serde(default)]
        shares: Vec<f64>,
    },
    /// The parts hear of each other again.
    Heal {
        /// When, in seconds.
        at_s: f64,
    },
    /// The link between two nodes is cut.
    Cut {
        /// When, in seconds.
        at_s: f64,
        /// Its ends.
        between: [NodeNumber; 2],
    },
    /// The link between two nodes works again.
    Restore {
        /// When, in seconds.
        at_s: f64,
        /// Its ends.
        between: [NodeNumber; 2],
    },
    /// The link between two nodes takes longer for everything.
    Slow {
        /// When, in seconds.
        at_s: f64,
        /// Its ends.
        between: [NodeNumber; 2],
        /// So many times as long; 1 is as before.
        factor: f64,
    },
    /// A node hears of attackers alone.
    Eclipse {
        /// When, in seconds.
        at_s: f64,
        /// The node.
        victim: NodeNumber,
        /// Whom it still hears.
        attackers: NodeSet,
    },
    /// A node hears of its neighbours again.
    EndEclipse {
        /// When, in seconds.
        at_s: f64,
        /// The node.
        victim: NodeNumber,
    },
}

impl Fault {
    /// When it happens, in seconds.
    pub fn at_s(&self) -> f64 {
        match self {
            Self::Crash { at_s, .. }
            | Self::Restart { at_s, .. }
            | Self::Join { at_s, .. }
            | Self::Leave { at_s, .. }
            | Self::Partition { at_s, .. }
            | Self::Heal { at_s }
            | Self::Cut { at_s, .. }
            | Self::Restore { at_s, .. }
            | Self::Slow { at_s, .. }
            | Self::Eclipse { at_s, .. }
            | Self::EndEclipse { at_s, .. } => *at_s,
        }
    }

    /// When it happens.
    pub fn at(&self) -> Time {
        Time::from_secs(self.at_s())
    }

    /// The parts of a partition among so many nodes, each node's index at most once where the scenario is
    /// sound; nodes that are named in none make the last part. Empty for all else.
    pub fn partition(&self, nodes: usize) -> Vec<Vec<usize>> {
        let Self::Partition { groups, shares, .. } = self else {
            return Vec::new();
        };
        let mut parts: Vec<Vec<usize>> =
            groups.iter().map(|group| group.iter().collect()).collect();
        let (mut first, mut until) = (0, 0.0);
        for share in shares {
            until += share * nodes as f64;
            let end = (libm::round(until) as usize).min(nodes);
            parts.push((first..end).collect());
            first = end;
        }
        let named: BTreeSet<usize> = parts.iter().flatten().copied().collect();
        let rest: Vec<usize> = (0..nodes).filter(|node| !named.contains(node)).collect();
        if !rest.is_empty() {
            parts.push(rest);
        }
        parts
    }

    /// The highest index of a node it names.
    pub(super) fn last_node(&self) -> Option<usize> {
        match self {
            Self::Crash { nodes, .. }
            | Self::Restart { nodes, .. }
            | Self::Join { nodes, .. }
            | Self::Leave { nodes, .. } => nodes.last(),
            Self::Partition { groups, .. } => groups.iter().filter_map(NodeSet::last).max(),
            Self::Heal { .. } => None,
            Self::Cut { between, .. }
            | Self::Restore { between, .. }
            | Self::Slow { between, .. } => between.iter().map(|end| end.0).max(),
            Self::Eclipse {
                victim, attackers, ..
            } => attackers.last().max(Some(victim.0)),
            Self::EndEclipse { victim, .. } => Some(victim.0),
        }
    }
}

fn yes() -> bool {
    true
}
