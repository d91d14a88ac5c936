//! How lean nodes pass blocks on.

use serde::{Deserialize, Serialize};

use crate::sim::Random;

/// Why a relay cannot be.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RelayError {
    /// A share or probability lies between 0 and 1.
    #[error("relay.{key} is from 0 to 1, not {value}")]
    Share {
        /// Its key.
        key: &'static str,
        /// As given.
        value: f64,
    },
    /// Nothing would ever be missing.
    #[error("relay.missing_weights needs a weight above 0, and none below")]
    Weights,
}

/// How lean nodes pass blocks on. Sizes, shares and probabilities are those that SimBlock measured in
/// Bitcoin's network (Nagayama et al., 2020), unless said otherwise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Relay {
    /// Whether blocks are sent at once, or announced first.
    pub kind: RelayKind,
    /// The size of a block.
    pub block_bytes: u32,
    /// Whether nodes that can send compact blocks do.
    pub compact_blocks: bool,
    /// The size of a compact block.
    pub compact_bytes: u32,
    /// The share of nodes that can send and take compact blocks.
    pub usage: f64,
    /// The share of nodes that come and go, and so often miss payments.
    pub churn: f64,
    /// The probability that such a node misses some payments of a compact block.
    pub churn_failure: f64,
    /// The probability that one of the others does.
    pub failure: f64,
    /// How often which share of a block is missing at nodes that come and go: the first weight is that of
    /// 1 %, the second that of 2 %, and so on.
    pub missing_weights: Vec<u32>,
    /// The share that is missing at the others.
    pub missing: f64,
    /// After how many milliseconds another announcer is asked for a block that has not come; never without
    /// it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_ms: Option<u64>,
}

/// Whether blocks are sent at once, or announced first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RelayKind {
    /// A node sends each new tip, whole, to all its peers.
    Flood,
    /// A node announces each new tip to all its peers; who has not heard of it asks for it, the first
    /// announcer only.
    #[default]
    Announce,
}

/// What a lean node is able to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Abilities {
    /// It sends and takes compact blocks.
    pub compact: bool,
    /// It comes and goes, and so often misses payments.
    pub churns: bool,
}

impl Default for Relay {
    fn default() -> Self {
        Self {
            kind: RelayKind::Announce,
            block_bytes: 535_000,
            compact_blocks: true,
            compact_bytes: 18_000,
            usage: 0.964,
            churn: 0.976,
            churn_failure: 0.27,
            failure: 0.13,
            missing_weights: MISSING_WEIGHTS.to_vec(),
            missing: 0.01,
            retry_ms: None,
        }
    }
}

#[rustfmt::skip]
const MISSING_WEIGHTS: [u32; 96] = [
    546, 66, 39, 27, 21, 17, 14, 12, 11, 10, 9, 8, 7, 7, 6, 6, 5, 5, 5, 4, 4, 4, 4, 4, 3, 3, 3, 3, 3, 3, 3, 3,
    2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
];

impl Relay {
    /// Whether it can be.
    ///
    /// # Errors
    /// A [`RelayError`] with the first key that cannot.
    pub fn check(&self) -> Result<(), RelayError> {
        for (key, value) in [
            ("usage", self.usage),
            ("churn", self.churn),
            ("churn_failure", self.churn_failure),
            ("failure", self.failure),
            ("missing", self.missing),
        ] {
            if !(0.0..=1.0).contains(&value) {
                return Err(RelayError::Share { key, value });
            }
        }
        if self.missing_weights.iter().all(|weight| *weight == 0) {
            return Err(RelayError::Weights);
        }
        Ok(())
    }

    /// What each of so many nodes is able to do: shares are filled exactly, and then spread by chance.
    pub fn abilities(&self, nodes: usize, random: &mut Random) -> Vec<Abilities> {
        let mut shared = |share: f64| {
            let count = libm::round(share * nodes as f64) as usize;
            let mut able: Vec<bool> = (0..nodes).map(|node| node < count).collect();
            random.shuffle(&mut able);
            able
        };
        let compact = shared(self.usage);
        let churns = shared(self.churn);
        let both = compact.into_iter().zip(churns);
        both.map(|(compact, churns)| Abilities { compact, churns })
            .collect()
    }

    /// How many bytes of a compact block a node misses, if any.
    pub(super) fn missing(&self, abilities: Abilities, random: &mut Random) -> Option<u32> {
        let failure = if abilities.churns {
            self.churn_failure
        } else {
            self.failure
        };
        if !random.chance(failure) {
            return None;
        }
        let share = if abilities.churns {
            self.missing_share(random)
        } else {
            self.missing
        };
        Some((share * f64::from(self.block_bytes)) as u32)
    }

    fn missing_share(&self, random: &mut Random) -> f64 {
        let all: u64 = self
            .missing_weights
            .iter()
            .map(|weight| u64::from(*weight))
            .sum();
        let mut left = random.below(all);
        for (place, weight) in self.missing_weights.iter().enumerate() {
            if left < u64::from(*weight) {
                return (place + 1) as f64 / 100.0;
            }
            left -= u64::from(*weight);
        }
        unreachable!("the draw is below the sum of the weights")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::Purpose;

    #[test]
    fn what_is_missing_has_the_mean_that_was_measured() {
        let relay = Relay::default();
        let mut random = Random::new(1, Purpose::Behaviour, 0);
        let draws: Vec<f64> = (0..100_000)
            .map(|_| relay.missing_share(&mut random))
            .collect();
        let mean = draws.iter().sum::<f64>() / draws.len() as f64;
        assert!((mean - 0.0872).abs() < 0.002, "{mean}");
    }

    #[test]
    fn abilities_have_exactly_their_shares() {
        let abilities = Relay::default().abilities(1_000, &mut Random::new(1, Purpose::Nodes, 0));
        assert_eq!(abilities.iter().filter(|able| able.compact).count(), 964);
        assert_eq!(abilities.iter().filter(|able| able.churns).count(), 976);
        assert!(abilities[..100].iter().any(|able| !able.compact));
    }

    #[test]
    fn what_cannot_be_is_named() {
        let relay = Relay {
            usage: 2.0,
            ..Relay::default()
        };
        let error = relay.check().unwrap_err();
        assert_eq!(error.to_string(), "relay.usage is from 0 to 1, not 2");
    }
}
