//! What is done to a network from outside.

use crate::node::Payment;

/// What is done to a network from outside, at a time of its own. Nodes are counted from 0.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Action {
    /// A node is asked to mine a block.
    Mine {
        /// Which one.
        node: usize,
    },
    /// A node is asked to add a payment.
    Pay {
        /// Which one.
        node: usize,
        /// The payment.
        payment: Payment,
    },
    /// A node stops, or leaves: its links go down, and what is on its way to it is lost.
    Crash {
        /// Which one.
        node: usize,
        /// Whether it will know what it knew when it starts again; else it begins from genesis.
        keep: bool,
    },
    /// A node that crashed starts again, or one that was absent joins.
    Restart {
        /// Which one.
        node: usize,
    },
    /// A link goes down, whatever else happens to its ends.
    Cut {
        /// One end.
        from: usize,
        /// The other.
        to: usize,
    },
    /// A link that was cut comes back.
    Restore {
        /// One end.
        from: usize,
        /// The other.
        to: usize,
    },
    /// Only nodes of one group hear each other from now on; those that no group names are one as well.
    Partition {
        /// The groups.
        groups: Vec<Vec<usize>>,
    },
    /// The partition ends.
    Heal,
    /// Latencies of a link are multiplied, in both directions; 1 makes it as it was.
    Slow {
        /// One end.
        from: usize,
        /// The other.
        to: usize,
        /// By what.
        factor: f64,
    },
    /// A node hears its attackers only, who link to it where they are not linked yet.
    Eclipse {
        /// Who is eclipsed.
        victim: usize,
        /// Whom it still hears.
        attackers: Vec<usize>,
    },
    /// The victim hears its other peers again. Links that attackers made stay.
    EndEclipse {
        /// Who was eclipsed.
        victim: usize,
    },
}

impl Action {
    /// What it is called in scenarios and traces.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Mine { .. } => "mine",
            Self::Pay { .. } => "pay",
            Self::Crash { .. } => "crash",
            Self::Restart { .. } => "restart",
            Self::Cut { .. } => "cut",
            Self::Restore { .. } => "restore",
            Self::Partition { .. } => "partition",
            Self::Heal => "heal",
            Self::Slow { .. } => "slow",
            Self::Eclipse { .. } => "eclipse",
            Self::EndEclipse { .. } => "end-eclipse",
        }
    }

    /// The nodes it names.
    pub fn nodes(&self) -> Vec<usize> {
        match self {
            Self::Mine { node }
            | Self::Pay { node, .. }
            | Self::Crash { node, .. }
            | Self::Restart { node }
            | Self::EndEclipse { victim: node } => vec![*node],
            Self::Cut { from, to } | Self::Restore { from, to } | Self::Slow { from, to, .. } => {
                vec![*from, *to]
            }
            Self::Partition { groups } => groups.concat(),
            Self::Heal => Vec::new(),
            Self::Eclipse { victim, attackers } => [attackers.as_slice(), &[*victim]].concat(),
        }
    }
}
