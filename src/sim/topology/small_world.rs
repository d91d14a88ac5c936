//! A ring of near neighbours, partly rewired.

use super::draft::{Draft, dialled};
use super::{Graph, TopologyError};
use crate::sim::{Random, Site};

pub(super) fn graph(
    sites: &[Site],
    degree: u32,
    rewire: f64,
    random: &mut Random,
) -> Result<Graph, TopologyError> {
    let nodes = sites.len();
    if degree == 0 || degree as usize >= nodes {
        return Err(TopologyError::Degree { degree, nodes });
    }
    if degree % 2 == 1 {
        return Err(TopologyError::OddDegree { degree });
    }
    if !(0.0..=1.0).contains(&rewire) {
        return Err(TopologyError::Rewire { rewire });
    }
    let mut draft = Draft::new(sites, nodes as u64 * u64::from(degree / 2))?;
    let nodes = nodes as u32;
    let lattice = || {
        (1..=degree / 2)
            .flat_map(move |away| (0..nodes).map(move |one| (one, (one + away) % nodes)))
    };
    for (one, other) in lattice() {
        if let Some(link) = dialled(sites, one, other) {
            draft.link(link);
        }
    }
    // Nearest first, around the ring: so the paper does it.
    let mut next = 0;
    for (one, other) in lattice() {
        let dialled = dialled(sites, one, other);
        let index = next;
        next += usize::from(dialled.is_some());
        if dialled.is_some() && !random.chance(rewire) {
            continue;
        }
        // Who knows everyone keeps what it has.
        let Some(stranger) = draft.stranger(one, random) else {
            continue;
        };
        match dialled {
            Some(_) => draft.replace(index, (one, stranger)),
            None => draft.link((one, stranger)),
        }
    }
    Ok(draft.finish())
}
