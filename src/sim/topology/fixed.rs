//! Shapes that leave nothing to chance.

use super::draft::{check_links, dialled, reachable};
use super::{Graph, TopologyError};
use crate::sim::Site;

pub(super) fn full(sites: &[Site]) -> Result<Graph, TopologyError> {
    let nodes = sites.len() as u32;
    check_links(u64::from(nodes) * u64::from(nodes).saturating_sub(1) / 2)?;
    let pairs = (0..nodes).flat_map(|one| (one + 1..nodes).map(move |other| (one, other)));
    Ok(graph(sites, pairs))
}

pub(super) fn ring(sites: &[Site]) -> Graph {
    let nodes = sites.len() as u32;
    // Two nodes are a line: the way back would be a second link.
    let close = (nodes > 2).then(|| (nodes - 1, 0));
    graph(sites, steps(nodes).chain(close))
}

pub(super) fn line(sites: &[Site]) -> Graph {
    graph(sites, steps(sites.len() as u32))
}

pub(super) fn star(sites: &[Site]) -> Graph {
    let nodes = sites.len() as u32;
    let centre = reachable(sites).next();
    let pairs = centre.into_iter().flat_map(|centre| {
        let others = (0..nodes).filter(move |other| *other != centre);
        others.map(move |other| (other, centre))
    });
    graph(sites, pairs)
}

fn steps(nodes: u32) -> impl Iterator<Item = (u32, u32)> {
    (1..nodes).map(|next| (next - 1, next))
}

fn graph(sites: &[Site], pairs: impl Iterator<Item = (u32, u32)>) -> Graph {
    Graph {
        nodes: sites.len(),
        links: pairs
            .filter_map(|(one, other)| dialled(sites, one, other))
            .collect(),
    }
}
