//! Newcomers that dial whoever has many links.

use super::draft::{Draft, reachable};
use super::{Graph, TopologyError};
use crate::sim::{Random, Site};

pub(super) fn graph(
    sites: &[Site],
    links: u32,
    random: &mut Random,
) -> Result<Graph, TopologyError> {
    if links == 0 {
        return Err(TopologyError::NoLinks);
    }
    let needed = links as usize + 1;
    let first: Vec<u32> = reachable(sites).take(needed).collect();
    if first.len() < needed {
        return Err(TopologyError::Reachable {
            nodes: sites.len(),
            reachable: first.len(),
            needed,
        });
    }
    let newcomers = (sites.len() - needed) as u64;
    let each = u64::from(links);
    let mut draft = Draft::new(sites, each * (each + 1) / 2 + newcomers * each)?;
    // Who can be dialled, once for each link: an element drawn is a node drawn by its links.
    let mut ends: Vec<u32> = Vec::new();
    for (index, &newcomer) in first.iter().enumerate() {
        for &other in &first[..index] {
            draft.link((newcomer, other));
            ends.extend([newcomer, other]);
        }
    }
    let last = first[first.len() - 1];
    for (newcomer, site) in (0..).zip(sites) {
        if newcomer <= last && site.reachable {
            continue;
        }
        // What a newcomer adds counts from the next one on.
        let before = ends.len();
        for _ in 0..links {
            let other = loop {
                let drawn = ends[random.index(before)];
                if !draft.are_linked(newcomer, drawn) {
                    break drawn;
                }
            };
            draft.link((newcomer, other));
            ends.push(other);
        }
        if site.reachable {
            ends.extend(std::iter::repeat_n(newcomer, links as usize));
        }
    }
    Ok(draft.finish())
}
