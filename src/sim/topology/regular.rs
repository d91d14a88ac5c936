//! The same number of links for everyone.

use rustc_hash::FxHashSet;

use super::draft::{check_links, dialled, ordered, reachable};
use super::{Graph, TopologyError};
use crate::sim::{Random, Site};

/// How often all ends are paired anew.
const TRIES: u32 = 20;

/// How many swaps are tried each time, for each pair. The last misfits are the hardest: where just half of
/// the nodes are reachable, the logarithm of the number of pairs is needed.
const SWAPS: usize = 64;

pub(super) fn graph(
    sites: &[Site],
    degree: u32,
    random: &mut Random,
) -> Result<Graph, TopologyError> {
    check(sites, degree)?;
    let nodes = sites.len() as u32;
    let unreachable = nodes - reachable(sites).count() as u32;
    // Where most pairs are links, the few that are none are easier to find by chance. Those of two
    // unreachable nodes are among them from the start.
    let sparse = degree <= (nodes - 1) / 2;
    let ends = |site: &Site| match (sparse, site.reachable) {
        (true, _) => degree,
        (false, true) => nodes - 1 - degree,
        (false, false) => nodes - degree - unreachable,
    };
    for _ in 0..TRIES {
        let Some(chosen) = choose(sites, ends, random) else {
            continue;
        };
        let pairs = if sparse {
            chosen
        } else {
            all_but(nodes, chosen)
        };
        let links = pairs
            .into_iter()
            .filter_map(|(one, other)| dialled(sites, one, other));
        return Ok(Graph {
            nodes: sites.len(),
            links: links.collect(),
        });
    }
    Err(TopologyError::NotFound {
        nodes: sites.len(),
        unreachable: unreachable as usize,
        degree,
        tries: TRIES,
    })
}

fn check(sites: &[Site], degree: u32) -> Result<(), TopologyError> {
    let nodes = sites.len();
    if degree == 0 || degree as usize >= nodes {
        return Err(TopologyError::Degree { degree, nodes });
    }
    let ends = nodes as u64 * u64::from(degree);
    if ends % 2 == 1 {
        return Err(TopologyError::OddEnds { nodes, degree });
    }
    check_links(ends / 2)?;
    let reachable = reachable(sites).count();
    let needed = nodes.div_ceil(2).max(degree as usize);
    if reachable < nodes && reachable < needed {
        return Err(TopologyError::Reachable {
            nodes,
            reachable,
            needed,
        });
    }
    Ok(())
}

/// Pairs of nodes, none twice, none of two unreachable ones, in which each node is as often as it has
/// ends: all ends are paired at random, and what does not fit swaps ends with random others. `None` when
/// that takes too long.
fn choose(
    sites: &[Site],
    ends: impl Fn(&Site) -> u32,
    random: &mut Random,
) -> Option<Vec<(u32, u32)>> {
    let mut all: Vec<u32> = Vec::new();
    for (node, site) in (0..).zip(sites) {
        all.extend(std::iter::repeat_n(node, ends(site) as usize));
    }
    random.shuffle(&mut all);
    let mut pairs: Vec<_> = all.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
    drop(all);

    let may = |one: u32, other: u32| {
        one != other && (sites[one as usize].reachable || sites[other as usize].reachable)
    };
    let mut taken = FxHashSet::default();
    taken.reserve(pairs.len());
    let takes = |&(one, other): &(u32, u32)| may(one, other) && taken.insert(ordered(one, other));
    let mut fits: Vec<bool> = pairs.iter().map(takes).collect();
    let mut swaps = SWAPS * pairs.len();
    for misfit in 0..pairs.len() {
        while !fits[misfit] {
            swaps = swaps.checked_sub(1)?;
            let partner = random.index(pairs.len());
            if !fits[partner] {
                continue;
            }
            let ((a, b), (c, d)) = (pairs[misfit], pairs[partner]);
            let keys = [ordered(a, d), ordered(c, b)];
            let new = keys[0] != keys[1] && keys.iter().all(|key| !taken.contains(key));
            if new && may(a, d) && may(c, b) {
                taken.remove(&ordered(c, d));
                taken.extend(keys);
                pairs[misfit] = (a, d);
                pairs[partner] = (c, b);
                fits[misfit] = true;
            }
        }
    }
    Some(pairs)
}

/// All pairs but these.
fn all_but(nodes: u32, pairs: Vec<(u32, u32)>) -> Vec<(u32, u32)> {
    let out: FxHashSet<_> = pairs
        .into_iter()
        .map(|(one, other)| ordered(one, other))
        .collect();
    let all = (0..nodes).flat_map(|one| (one + 1..nodes).map(move |other| (one, other)));
    all.filter(|pair| !out.contains(pair)).collect()
}
