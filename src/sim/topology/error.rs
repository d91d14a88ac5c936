//! Why a graph cannot be made.

use super::{MAX_LINKS, MAX_NODES};

/// Why a graph cannot be made.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TopologyError {
    /// More than [`MAX_NODES`] nodes.
    #[error("{nodes} nodes, a graph has at most {MAX_NODES}")]
    Nodes {
        /// Nodes asked for.
        nodes: usize,
    },
    /// More than [`MAX_LINKS`] links.
    #[error("{links} links, a graph has at most {MAX_LINKS}: take fewer nodes or fewer links each")]
    Links {
        /// Links there would be.
        links: u64,
    },
    /// A degree that is 0, or not below the number of nodes.
    #[error("degree {degree} among {nodes} nodes: take one from 1 to the number of nodes less 1")]
    Degree {
        /// The degree asked for.
        degree: u32,
        /// How many nodes there are.
        nodes: usize,
    },
    /// Nodes × degree is odd, and a link has two ends.
    #[error("{nodes} nodes of degree {degree} have an odd number of ends: make one of both even")]
    OddEnds {
        /// How many nodes there are.
        nodes: usize,
        /// The degree asked for.
        degree: u32,
    },
    /// A small world's degree is odd.
    #[error(
        "degree {degree} is odd: a small world begins with half of the links to each side, take an \
         even one"
    )]
    OddDegree {
        /// The degree asked for.
        degree: u32,
    },
    /// A probability that is none.
    #[error("rewire = {rewire} is no probability: take one from 0 to 1")]
    Rewire {
        /// As given.
        rewire: f64,
    },
    /// Too few sites can be dialled.
    #[error(
        "{reachable} of {nodes} nodes are reachable, this topology needs {needed}: lower the share of \
         unreachable nodes or the number of links"
    )]
    Reachable {
        /// How many nodes there are.
        nodes: usize,
        /// How many of them are reachable.
        reachable: usize,
        /// How many have to be.
        needed: usize,
    },
    /// Chance did not find a regular graph; mostly there is none, or hardly any.
    #[error(
        "no graph of {nodes} nodes ({unreachable} of them unreachable) with {degree} links each was \
         found in {tries} tries: take another seed, degree or share of unreachable nodes"
    )]
    NotFound {
        /// How many nodes there are.
        nodes: usize,
        /// How many of them are not reachable.
        unreachable: usize,
        /// The degree asked for.
        degree: u32,
        /// How often it was tried.
        tries: u32,
    },
    /// Newcomers that make no link.
    #[error("links = 0: newcomers of a scale-free graph make at least 1")]
    NoLinks,
    /// A cumulative distribution that is none.
    #[error(
        "cdf[{index}] = {value} after {before}: a cumulative distribution never falls, and ends in 1"
    )]
    Cdf {
        /// Where, counted from 0.
        index: usize,
        /// What stands there; 0 for an empty list.
        value: f64,
        /// What stands before it, 0 at the beginning.
        before: f64,
    },
    /// The graph is in a file that nobody has read.
    #[error("the graph is in the file {path}: read it with Graph::from_csv")]
    File {
        /// Where the file is.
        path: String,
    },
}
