//! Numbers of outbound links that follow a distribution.

use super::draft::Draft;
use super::{Graph, TopologyError};
use crate::sim::sites::quotas;
use crate::sim::{Random, Site};

/// How far from 1 a distribution may end, for what was rounded in decimal.
const TOLERANCE: f64 = 1e-9;

pub(super) fn graph(
    sites: &[Site],
    cdf: &[f64],
    random: &mut Random,
) -> Result<Graph, TopologyError> {
    let counts = quotas(&shares(cdf)?, sites.len());
    let mut outbound: Vec<u32> = Vec::with_capacity(sites.len());
    for (degree, count) in (1..).zip(counts) {
        outbound.extend(std::iter::repeat_n(degree, count));
    }
    random.shuffle(&mut outbound);
    let mut draft = Draft::new(
        sites,
        outbound.iter().map(|degree| u64::from(*degree)).sum(),
    )?;
    for (node, degree) in (0..).zip(outbound) {
        for _ in 0..degree {
            let Some(other) = draft.stranger(node, random) else {
                break;
            };
            draft.link((node, other));
        }
    }
    Ok(draft.finish())
}

/// The share of each degree, from 1 on.
fn shares(cdf: &[f64]) -> Result<Vec<f64>, TopologyError> {
    let mut before = 0.0;
    let mut shares = Vec::with_capacity(cdf.len());
    for (index, &value) in cdf.iter().enumerate() {
        let ends = index + 1 < cdf.len() || (value - 1.0).abs() <= TOLERANCE;
        if !(before..=1.0 + TOLERANCE).contains(&value) || !ends {
            return Err(TopologyError::Cdf {
                index,
                value,
                before,
            });
        }
        shares.push(value - before);
        before = value;
    }
    if shares.is_empty() {
        let (index, value) = (0, 0.0);
        return Err(TopologyError::Cdf {
            index,
            value,
            before,
        });
    }
    Ok(shares)
}
