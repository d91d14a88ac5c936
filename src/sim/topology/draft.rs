//! A graph as it grows.

use rustc_hash::FxHashSet;

use super::{Graph, MAX_LINKS, TopologyError};
use crate::sim::{Random, Site};

/// How often a stranger is drawn blindly before all are listed: for who knows half of the others, in vain
/// once in four billion times.
const BLIND_DRAWS: usize = 32;

/// Links so far, and who can be dialled.
pub(super) struct Draft<'a> {
    sites: &'a [Site],
    reachable: Vec<u32>,
    joined: FxHashSet<(u32, u32)>,
    links: Vec<(u32, u32)>,
}

impl<'a> Draft<'a> {
    /// Begins a graph that will have so many links.
    pub(super) fn new(sites: &'a [Site], links: u64) -> Result<Self, TopologyError> {
        check_links(links)?;
        let mut joined = FxHashSet::default();
        joined.reserve(links as usize);
        Ok(Self {
            sites,
            reachable: reachable(sites).collect(),
            joined,
            links: Vec::with_capacity(links as usize),
        })
    }

    pub(super) fn are_linked(&self, one: u32, other: u32) -> bool {
        self.joined.contains(&ordered(one, other))
    }

    pub(super) fn link(&mut self, (from, to): (u32, u32)) {
        debug_assert!(self.sites[to as usize].reachable, "{to} accepts no link");
        let new = self.joined.insert(ordered(from, to));
        debug_assert!(new && from != to, "a link from {from} to {to}");
        self.links.push((from, to));
    }

    /// Puts another link in the place of the one with this index.
    pub(super) fn replace(&mut self, index: usize, (from, to): (u32, u32)) {
        let (one, other) = std::mem::replace(&mut self.links[index], (from, to));
        self.joined.remove(&ordered(one, other));
        self.joined.insert(ordered(from, to));
    }

    /// A reachable node that is neither `node` nor its neighbour, each as likely as the others; `None`
    /// when there is none.
    pub(super) fn stranger(&self, node: u32, random: &mut Random) -> Option<u32> {
        if self.reachable.is_empty() {
            return None;
        }
        let is_stranger = |other: u32| other != node && !self.are_linked(node, other);
        let mut draws =
            (0..BLIND_DRAWS).map(|_| self.reachable[random.index(self.reachable.len())]);
        if let Some(drawn) = draws.find(|drawn| is_stranger(*drawn)) {
            return Some(drawn);
        }
        let all = self.reachable.iter().copied();
        let strangers: Vec<u32> = all.filter(|other| is_stranger(*other)).collect();
        (!strangers.is_empty()).then(|| strangers[random.index(strangers.len())])
    }

    pub(super) fn finish(self) -> Graph {
        Graph {
            nodes: self.sites.len(),
            links: self.links,
        }
    }
}

/// Refuses what would be too large before any of it is made.
pub(super) fn check_links(links: u64) -> Result<(), TopologyError> {
    if links > MAX_LINKS {
        return Err(TopologyError::Links { links });
    }
    Ok(())
}

/// The nodes that can be dialled, in order.
pub(super) fn reachable(sites: &[Site]) -> impl Iterator<Item = u32> {
    (0..)
        .zip(sites)
        .filter_map(|(node, site)| site.reachable.then_some(node))
}

/// The link between two nodes, made by the first if the other is reachable, else by the other; `None`
/// when neither is.
pub(super) fn dialled(sites: &[Site], first: u32, other: u32) -> Option<(u32, u32)> {
    if sites[other as usize].reachable {
        Some((first, other))
    } else {
        sites[first as usize].reachable.then_some((other, first))
    }
}

/// One key for both directions.
pub(super) fn ordered(one: u32, other: u32) -> (u32, u32) {
    (one.min(other), one.max(other))
}
