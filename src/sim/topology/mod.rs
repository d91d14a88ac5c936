//! Who is linked to whom: the graph, the rules that make one, and the files it is written to and read
//! from.
//!
//! Every rule takes time and room in proportion to the links it makes, but for a logarithm; more where
//! nodes are to know nearly all others by chance (`stranger` in `draft.rs`).

mod csv;
mod degrees;
mod draft;
mod error;
mod fixed;
mod graph;
mod graphml;
mod regular;
mod scale_free;
mod small_world;

use serde::{Deserialize, Serialize};

use super::{Random, Site};

pub use csv::CsvError;
pub use error::TopologyError;
pub use graph::Graph;

/// The most nodes a graph may have.
pub const MAX_NODES: usize = 1_000_000;

/// The most links a graph may have: 240 MB while it is made.
pub const MAX_LINKS: u64 = 20_000_000;

/// A rule by which nodes are linked.
///
/// Links serve both ways, there is one at most between two nodes, and none from a node to itself. A site
/// that is not [reachable](Site::reachable) accepts no link: of the two ends of a link it is always the
/// one that dialled, so two such sites are never linked. What that means for each rule stands with it.
///
/// Only [`Full`](Self::Full), [`Ring`](Self::Ring), [`Line`](Self::Line) and [`Star`](Self::Star) with
/// reachable sites and [`ScaleFree`](Self::ScaleFree) always make a graph that is connected; the others
/// are asked with [`Graph::components`].
///
/// ```
/// use tickchain::sim::{Purpose, Random, Site, Topology};
/// let topology: Topology = serde_json::from_str(r#"{"kind": "random-regular", "degree": 4}"#)?;
/// let sites = [Site { region: 0, reachable: true, power: 1.0 }; 50];
/// let graph = topology.graph(&sites, &mut Random::new(7, Purpose::Topology, 0))?;
/// assert_eq!(graph.degrees(), [4; 50]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
// The variants without values have braces: serde refuses unknown keys only then.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Topology {
    /// Everyone with everyone. Links between two sites that are not reachable are left out.
    Full {},
    /// Each with the next, the last with the first. Links between two sites that are not reachable are
    /// left out, so that the ring may fall apart.
    Ring {},
    /// Each with the next. Links between two sites that are not reachable are left out, so that the line
    /// may fall apart.
    Line {},
    /// All others with one, the first that is reachable.
    Star {},
    /// Exactly `degree` links for each node: all their ends are paired at random, and pairs that cannot be
    /// links swap ends with random others. These are few, so that large graphs are all about as likely;
    /// among tiny ones those with short rings are too rare, by up to a half. Sites that are not reachable
    /// are linked with reachable ones only, so there must be as many of those. Of degree 3 or more the
    /// graph is hardly ever not connected; of degree 2 it mostly falls into several rings.
    RandomRegular {
        /// Links of each node, fewer than there are nodes; nodes × degree is even.
        degree: u32,
    },
    /// A ring in which each node is linked with its nearest, some links rewired at random: D. J. Watts and
    /// S. H. Strogatz, *Collective dynamics of 'small-world' networks*, Nature 393 (1998). A link between
    /// two sites that are not reachable is always rewired. Connected for sure only without rewiring, and
    /// with any but tiny degrees almost surely.
    SmallWorld {
        /// Links of each node before rewiring, half of them to each side; even, and fewer than there are
        /// nodes.
        degree: u32,
        /// The probability with which a node dials a random other one in place of its neighbour.
        rewire: f64,
    },
    /// Newcomers dial nodes that have many links already: A.-L. Barabási and R. Albert, *Emergence of
    /// scaling in random networks*, Science 286 (1999). The first `links` + 1 reachable sites are linked
    /// with each other, then the others come in order, and each dials `links` reachable ones, with
    /// probabilities that are as the links these have.
    ScaleFree {
        /// Links each newcomer makes, at least 1.
        links: u32,
    },
    /// Each node dials a number of others that follows a distribution: the shares are filled as quotas
    /// and given out at random, then the nodes, in order, dial random reachable ones that are not their
    /// neighbours yet in either direction, or all of these if they are fewer. So the mean of all links of
    /// a node is twice the distribution's mean. Connected almost surely where most dial several.
    Degrees {
        /// The share of nodes that dial at most 1, 2, 3, … others; never falls, and ends in 1.
        cdf: Vec<f64>,
    },
    /// As a file says, see [`Graph::from_csv`]. Nothing here reads files: whoever does makes the graph.
    File {
        /// Where the file is.
        path: String,
    },
}

impl Topology {
    /// Links `sites` by this rule.
    ///
    /// # Errors
    /// A [`TopologyError`] when there is no such graph or its size is out of bounds, and for
    /// [`Topology::File`].
    pub fn graph(&self, sites: &[Site], random: &mut Random) -> Result<Graph, TopologyError> {
        if sites.len() > MAX_NODES {
            return Err(TopologyError::Nodes { nodes: sites.len() });
        }
        match self {
            Self::Full {} => fixed::full(sites),
            Self::Ring {} => Ok(fixed::ring(sites)),
            Self::Line {} => Ok(fixed::line(sites)),
            Self::Star {} => Ok(fixed::star(sites)),
            Self::RandomRegular { degree } => regular::graph(sites, *degree, random),
            Self::SmallWorld { degree, rewire } => {
                small_world::graph(sites, *degree, *rewire, random)
            }
            Self::ScaleFree { links } => scale_free::graph(sites, *links, random),
            Self::Degrees { cdf } => degrees::graph(sites, cdf, random),
            Self::File { path } => Err(TopologyError::File { path: path.clone() }),
        }
    }
}

#[cfg(test)]
mod tests;
