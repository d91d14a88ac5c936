//! What nodes are: where they stand, who can dial them, what they can hash.

use serde::{Deserialize, Serialize};

use super::Random;

/// How far from 1 shares may sum up, for what was rounded in decimal.
const TOLERANCE: f64 = 1e-6;

/// The most regions a site can tell apart.
const MAX_REGIONS: usize = 1 << 16;

/// What one node is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Site {
    /// The region it stands in, an index into the network's.
    pub region: u16,
    /// Whether others can dial it. A node that is not reachable only dials.
    pub reachable: bool,
    /// Its hash power, in any unit that all nodes share; 0 when it does not mine.
    pub power: f64,
}

/// How hash power is given out.
// The variant without values has braces: serde refuses unknown keys only then.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Power {
    /// Everyone has 1.
    Equal {},
    /// Whole numbers, normally distributed; what is below 1 is 1.
    Normal {
        /// Their mean, above 0.
        mean: f64,
        /// Their standard deviation.
        deviation: f64,
    },
    /// The first nodes have these shares of all, the others have equal parts of what is left.
    Shares {
        /// They sum to 1 at most, and to 1 if every node has one.
        shares: Vec<f64>,
    },
}

impl Default for Power {
    fn default() -> Self {
        Self::Equal {}
    }
}

/// Why sites cannot be made.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SitesError {
    /// A share below 0 or above 1.
    #[error("{what}: share {index} is {share}, take one from 0 to 1")]
    Share {
        /// Shares of what.
        what: &'static str,
        /// Which one, counted from 1.
        index: usize,
        /// As given.
        share: f64,
    },
    /// Shares that do not sum to 1.
    #[error("{what}: {count} shares sum to {sum}, make that 1")]
    Sum {
        /// Shares of what.
        what: &'static str,
        /// How many there are.
        count: usize,
        /// Their sum.
        sum: f64,
    },
    /// More regions than a site can name.
    #[error("{regions} regions, at most {MAX_REGIONS}")]
    Regions {
        /// How many there are.
        regions: usize,
    },
    /// A normal distribution that is none, or whose mean is not positive.
    #[error(
        "normal hash power of mean {mean} and deviation {deviation}: take a mean above 0 and a deviation \
         of 0 or more"
    )]
    Normal {
        /// The mean.
        mean: f64,
        /// The standard deviation.
        deviation: f64,
    },
    /// More nodes have a share of hash power than there are.
    #[error("{shares} shares of hash power for {nodes} nodes: give at most one to each")]
    TooManyShares {
        /// How many shares are given.
        shares: usize,
        /// How many nodes there are.
        nodes: usize,
    },
}

/// Makes what nodes are. The shares of regions, which sum to 1, and of unreachable nodes are filled as
/// quotas (the largest remainders are rounded up) and given out at random: runs of different seeds differ
/// in who is what, not in how many.
///
/// # Errors
/// A [`SitesError`] when a share or a parameter is out of bounds.
///
/// ```
/// use tickchain::sim::{Power, Purpose, Random, sites};
/// let mut random = Random::new(7, Purpose::Nodes, 0);
/// let sites = sites(10, &[0.25, 0.75], &Power::Equal {}, 0.2, &mut random)?;
/// let unreachable = sites.iter().filter(|site| !site.reachable).count();
/// let first_region = sites.iter().filter(|site| site.region == 0).count();
/// // 2.5 and 7.5: of equal remainders the first one's is rounded up.
/// assert_eq!((sites.len(), unreachable, first_region), (10, 2, 3));
/// # Ok::<(), tickchain::sim::SitesError>(())
/// ```
pub fn sites(
    nodes: usize,
    regions: &[f64],
    power: &Power,
    unreachable: f64,
    random: &mut Random,
) -> Result<Vec<Site>, SitesError> {
    if regions.len() > MAX_REGIONS {
        let regions = regions.len();
        return Err(SitesError::Regions { regions });
    }
    let sum = checked_sum("regions", regions)?;
    if (sum - 1.0).abs() > TOLERANCE {
        let (what, count) = ("regions", regions.len());
        return Err(SitesError::Sum { what, count, sum });
    }
    checked_sum("unreachable nodes", &[unreachable])?;
    let powers = power.draw(nodes, random)?;
    let regions = dealt(regions, nodes, random);
    let unreachable = dealt(&[1.0 - unreachable, unreachable], nodes, random);
    let sites = regions.into_iter().zip(unreachable).zip(powers);
    Ok(sites
        .map(|((region, unreachable), power)| Site {
            region,
            reachable: unreachable == 0,
            power,
        })
        .collect())
}

impl Power {
    /// The hash power of each node.
    fn draw(&self, nodes: usize, random: &mut Random) -> Result<Vec<f64>, SitesError> {
        match *self {
            Self::Equal {} => Ok(vec![1.0; nodes]),
            Self::Normal { mean, deviation } => {
                let finite = mean.is_finite() && deviation.is_finite();
                if !finite || mean <= 0.0 || deviation < 0.0 {
                    return Err(SitesError::Normal { mean, deviation });
                }
                let mut power = || libm::trunc(random.normal(mean, deviation)).max(1.0);
                Ok((0..nodes).map(|_| power()).collect())
            }
            Self::Shares { ref shares } => {
                let (count, what) = (shares.len(), "hash power");
                if count > nodes {
                    let shares = count;
                    return Err(SitesError::TooManyShares { shares, nodes });
                }
                let sum = checked_sum(what, shares)?;
                let left = 1.0 - sum;
                if left < -TOLERANCE || (count == nodes && left > TOLERANCE) {
                    return Err(SitesError::Sum { what, count, sum });
                }
                let each = left.max(0.0) / (nodes - count).max(1) as f64;
                let mut powers = shares.clone();
                powers.resize(nodes, each);
                Ok(powers)
            }
        }
    }
}

/// The sum of shares, each of which lies between 0 and 1.
fn checked_sum(what: &'static str, shares: &[f64]) -> Result<f64, SitesError> {
    for (index, &share) in (1..).zip(shares) {
        if !(0.0..=1.0).contains(&share) {
            return Err(SitesError::Share { what, index, share });
        }
    }
    Ok(shares.iter().sum())
}

/// The index of a share for each node, as often as its quota, in random order.
fn dealt(shares: &[f64], nodes: usize, random: &mut Random) -> Vec<u16> {
    let mut all = Vec::with_capacity(nodes);
    for (index, quota) in (0..).zip(quotas(shares, nodes)) {
        all.extend(std::iter::repeat_n(index, quota));
    }
    random.shuffle(&mut all);
    all
}

/// How many of `total` each share gets: what is whole of its part, and one more for the largest
/// remainders, the first of equal ones, until all are given out. The shares sum to about 1.
pub(super) fn quotas(shares: &[f64], total: usize) -> Vec<usize> {
    let sum: f64 = shares.iter().sum();
    let parts: Vec<f64> = shares
        .iter()
        .map(|share| share / sum * total as f64)
        .collect();
    let mut quotas: Vec<usize> = parts
        .iter()
        .map(|part| libm::floor(*part) as usize)
        .collect();
    let mut order: Vec<usize> = (0..parts.len()).collect();
    // What floats cannot tell apart is equal.
    let remainder = |index: &usize| libm::round((parts[*index] - libm::floor(parts[*index])) * 1e9);
    order.sort_by(|one, other| remainder(other).total_cmp(&remainder(one)));
    let left = total.saturating_sub(quotas.iter().sum());
    for index in order.into_iter().take(left) {
        quotas[index] += 1;
    }
    quotas
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sim::Purpose;

    fn random(seed: u64) -> Random {
        Random::new(seed, Purpose::Nodes, 0)
    }

    fn powers(power: &Power, nodes: usize) -> Result<Vec<f64>, SitesError> {
        power.draw(nodes, &mut random(1))
    }

    #[test]
    fn regions_of_simblock_are_filled_as_quotas() {
        let shares = [0.3316, 0.4998, 0.009, 0.1177, 0.0224, 0.0195];
        // 198.96, 299.88, 5.4, 70.62, 13.44, 11.7
        assert_eq!(quotas(&shares, 600), [199, 300, 5, 71, 13, 12]);
        let count = |seed| {
            let made = sites(600, &shares, &Power::Equal {}, 0.0, &mut random(seed)).unwrap();
            let count = |region| made.iter().filter(|site| site.region == region).count();
            ((0..6).map(count).collect::<Vec<_>>(), made)
        };
        let ((one, first), (other, second)) = (count(1), count(2));
        assert_eq!(one, [199, 300, 5, 71, 13, 12]);
        assert_eq!(one, other);
        assert_ne!(first, second);
        assert_eq!(count(1).1, first);
    }

    #[test]
    fn power_is_given_out_as_asked() {
        assert_eq!(powers(&Power::default(), 3), Ok(vec![1.0; 3]));
        let shares = Power::Shares {
            shares: vec![0.5, 0.2],
        };
        let drawn = powers(&shares, 5).unwrap();
        assert_eq!(drawn[..2], [0.5, 0.2]);
        assert!(drawn[2..].iter().all(|power| (power - 0.1).abs() < 1e-12));
        let (mean, deviation) = (400_000.0, 100_000.0);
        let drawn = powers(&Power::Normal { mean, deviation }, 10_000).unwrap();
        let average = drawn.iter().sum::<f64>() / 10_000.0;
        assert!((average / mean - 1.0).abs() < 0.01, "{average}");
        assert!(
            drawn
                .iter()
                .all(|power| *power >= 1.0 && libm::trunc(*power) == *power)
        );
        let low = powers(
            &Power::Normal {
                mean: 1.0,
                deviation: 1000.0,
            },
            100,
        )
        .unwrap();
        assert!(low.iter().filter(|power| **power == 1.0).count() > 30);
    }

    #[test]
    fn what_is_out_of_bounds_is_refused_with_its_number() {
        let made = |regions: &[f64], power: &Power, unreachable| {
            sites(2, regions, power, unreachable, &mut random(1))
                .unwrap_err()
                .to_string()
        };
        let shares = |shares: &[f64]| Power::Shares {
            shares: shares.to_vec(),
        };
        let equal = Power::Equal {};
        assert!(made(&[0.5, 0.4], &equal, 0.0).starts_with("regions: 2 shares sum to 0.9,"));
        assert!(made(&[0.5, -0.5], &equal, 0.0).starts_with("regions: share 2 is -0.5,"));
        assert!(made(&[f64::NAN], &equal, 0.0).starts_with("regions: share 1 is NaN,"));
        assert!(made(&[], &equal, 0.0).starts_with("regions: 0 shares sum to "));
        let many = vec![0.0; MAX_REGIONS + 1];
        assert!(made(&many, &equal, 0.0).starts_with("65537 regions,"));
        assert!(made(&[1.0], &equal, 1.5).starts_with("unreachable nodes: share 1 is 1.5,"));
        assert!(made(&[1.0], &shares(&[0.5; 3]), 0.0).starts_with("3 shares of hash power for 2 "));
        assert!(
            made(&[1.0], &shares(&[0.5, 0.4]), 0.0).starts_with("hash power: 2 shares sum to 0.9,")
        );
        assert!(
            made(&[1.0], &shares(&[0.7, 0.7]), 0.0).starts_with("hash power: 2 shares sum to 1.4,")
        );
        for (mean, deviation) in [(0.0, 1.0), (1.0, -1.0), (f64::INFINITY, 1.0)] {
            let error = made(&[1.0], &Power::Normal { mean, deviation }, 0.0);
            assert!(error.starts_with("normal hash power of mean "), "{error}");
        }
    }

    #[test]
    fn unknown_keys_are_refused() {
        let read = serde_json::from_str::<Power>;
        assert_eq!(read(r#"{"kind": "equal"}"#).unwrap(), Power::Equal {});
        for json in [
            r#"{"kind": "equal", "mean": 1}"#,
            r#"{"kind": "shares", "share": []}"#,
        ] {
            assert!(
                read(json)
                    .unwrap_err()
                    .to_string()
                    .contains("unknown field"),
                "{json}"
            );
        }
    }

    proptest! {
        #[test]
        fn quotas_sum_to_the_whole_and_are_near_their_parts(
            weights in prop::collection::vec(0.0..1.0f64, 1..20),
            total in 0usize..100_000,
        ) {
            let sum: f64 = weights.iter().sum();
            prop_assume!(sum > 0.0);
            let shares: Vec<f64> = weights.iter().map(|weight| weight / sum).collect();
            let quotas = quotas(&shares, total);
            prop_assert_eq!(quotas.iter().sum::<usize>(), total);
            for (quota, share) in quotas.iter().zip(shares) {
                prop_assert!((*quota as f64 - share * total as f64).abs() < 1.0 + 1e-6);
            }
        }

        #[test]
        fn so_many_are_unreachable(nodes in 0usize..500, share in 0.0..=1.0f64, seed: u64) {
            let made = sites(nodes, &[1.0], &Power::Equal {}, share, &mut random(seed)).unwrap();
            let unreachable = made.iter().filter(|site| !site.reachable).count();
            prop_assert!((unreachable as f64 - share * nodes as f64).abs() <= 0.5 + 1e-6);
        }
    }
}
