//! Why a scenario cannot be simulated.

use super::NodeNumber;
use crate::sim::{NetworkError, RelayError, SitesError, TopologyError, WorkloadError};

/// Why a scenario cannot be simulated. Each names the key that is to be changed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ScenarioError {
    /// A number is out of its range.
    #[error("{key} is {value}: it has to be {rule}")]
    Range {
        /// The key.
        key: String,
        /// As given.
        value: f64,
        /// What it has to be.
        rule: String,
    },
    /// Nothing ends the run.
    #[error("nothing ends the run: say blocks, time_s or both")]
    NoEnd,
    /// A node that is not there.
    #[error("{key} names {node}, but there are {nodes} nodes, node1 to node{nodes}")]
    NoSuchNode {
        /// The key.
        key: String,
        /// The node.
        node: NodeNumber,
        /// How many there are.
        nodes: usize,
    },
    /// One node twice where it can be once.
    #[error("{key} names {node} a second time: leave it out here or there")]
    NodeTwice {
        /// The key.
        key: String,
        /// The node.
        node: NodeNumber,
    },
    /// Shares of a whole that are more or less than that.
    #[error("{key}: the shares add up to {sum}, {rule}")]
    Shares {
        /// The key.
        key: String,
        /// What they add up to.
        sum: f64,
        /// What they have to.
        rule: &'static str,
    },
    /// Two things that exclude each other.
    #[error("{key}: {problem}")]
    Conflict {
        /// The key.
        key: String,
        /// What is wrong with it, and what to do.
        problem: &'static str,
    },
    /// A graph from a file that is larger than the network.
    #[error("the graph has {graph} nodes, the scenario {nodes}: say nodes = {graph}")]
    GraphSize {
        /// Nodes of the graph.
        graph: usize,
        /// Nodes of the scenario.
        nodes: usize,
    },
    /// Nobody has the hash power that miners leave.
    #[error(
        "miners leave {left} of all hash power, and no other node has any: make their shares add up to 1"
    )]
    NoPower {
        /// The share that is left.
        left: f64,
    },
    /// Nodes cannot be like this.
    #[error(transparent)]
    Sites(#[from] SitesError),
    /// Nodes cannot be linked like this.
    #[error("topology: {0}")]
    Topology(#[from] TopologyError),
    /// There are no such payments.
    #[error("workload: {0}")]
    Workload(#[from] WorkloadError),
    /// What lies between nodes cannot be.
    #[error("network: {0}")]
    Network(#[from] NetworkError),
    /// Blocks cannot be passed on in this way.
    #[error(transparent)]
    Relay(#[from] RelayError),
}

impl ScenarioError {
    /// The key that is to be changed, as a dotted path; entries of lists are counted from 1:
    /// `faults.2.nodes`.
    pub fn key(&self) -> &str {
        match self {
            Self::NoEnd => "blocks",
            Self::GraphSize { .. } => "nodes",
            Self::NoPower { .. } => "miners",
            Self::Sites(_) => "mining.power",
            Self::Topology(_) => "topology",
            Self::Workload(_) => "workload",
            Self::Network(_) => "network",
            Self::Relay(_) => "relay",
            Self::Range { key, .. }
            | Self::NoSuchNode { key, .. }
            | Self::NodeTwice { key, .. }
            | Self::Shares { key, .. }
            | Self::Conflict { key, .. } => key,
        }
    }
}
