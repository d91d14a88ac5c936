//! What lies between nodes: how long messages take, and what becomes of them.

mod carrier;

use serde::{Deserialize, Serialize};

pub(super) use carrier::{Carrier, Fate};

/// Why a network cannot be.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NetworkError {
    /// A probability lies between 0 and 1.
    #[error("{key} is a probability, from 0 to 1, not {value}")]
    Probability {
        /// Its key in a scenario.
        key: &'static str,
        /// As given.
        value: f64,
    },
    /// A number is finite and not negative, some not zero.
    #[error("{key} is {value}; it has to be {rule}")]
    Number {
        /// Its key in a scenario.
        key: &'static str,
        /// As given.
        value: f64,
        /// What it has to be.
        rule: &'static str,
    },
    /// Latency goes by region where there are none.
    #[error(
        "latency goes by regions, but there are none: add [network.regions], or choose another kind"
    )]
    NoRegions,
    /// A table of regions does not have a value for each.
    #[error("{key} has {given} values for {regions} regions; it needs one for each")]
    RegionCount {
        /// Its key in a scenario.
        key: &'static str,
        /// How many are given.
        given: usize,
        /// How many regions there are.
        regions: usize,
    },
}

/// What lies between nodes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Network {
    /// How long a message takes, whatever its size.
    pub latency: Latency,
    /// Regions that nodes stand in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub regions: Option<Regions>,
    /// Megabits a second of each node, up and down; without it there is no limit. Regions have their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bandwidth_mbit: Option<f64>,
    /// When a sender's next bulk message starts.
    pub queue: Queueing,
    /// Milliseconds that a small message takes on top of its latency.
    pub overhead_ms: f64,
    /// Milliseconds that a bulk message takes on top of all else.
    pub processing_ms: f64,
    /// The probability that a message is lost.
    pub loss: f64,
    /// The probability that a message comes twice.
    pub duplication: f64,
    /// Whether what is sent on a link arrives in the order it was sent, as on a TCP connection.
    pub in_order: bool,
}

impl Default for Network {
    fn default() -> Self {
        Self {
            latency: Latency::Constant { ms: 100.0 },
            regions: None,
            bandwidth_mbit: None,
            queue: Queueing::Sent,
            overhead_ms: 0.0,
            processing_ms: 0.0,
            loss: 0.0,
            duplication: 0.0,
            in_order: true,
        }
    }
}

/// How long a message takes, whatever its size, in milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Latency {
    /// Always the same.
    Constant {
        /// Milliseconds.
        ms: f64,
    },
    /// Anything between two limits.
    Uniform {
        /// The least.
        min_ms: f64,
        /// The most.
        max_ms: f64,
    },
    /// Log-normal.
    LogNormal {
        /// The median.
        median_ms: f64,
        /// The deviation of its logarithm.
        sigma: f64,
    },
    /// Pareto: at least the scale, longer than x with probability (scale / x)^shape.
    Pareto {
        /// The least.
        scale_ms: f64,
        /// The larger, the nearer to the scale.
        shape: f64,
    },
    /// By the regions of both ends.
    Regions,
}

/// Regions that nodes stand in, in the order of [`super::Site::region`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Regions {
    /// Their names.
    pub names: Vec<String>,
    /// Which share of the nodes stands in each; they sum to 1.
    pub shares: Vec<f64>,
    /// Mean latency from each (a row) to each, milliseconds.
    pub latency_ms: Vec<Vec<f64>>,
    /// How single latencies lie around their mean.
    #[serde(default)]
    pub spread: Spread,
    /// Megabits a second that a node can receive; no limit without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub download_mbit: Option<Vec<f64>>,
    /// Megabits a second that a node can send; no limit without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upload_mbit: Option<Vec<f64>>,
}

/// How single latencies between regions lie around their mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Spread {
    /// All are the mean.
    #[default]
    Constant,
    /// As SimBlock draws them: of mean m, Pareto with shape 0.2 m and scale m − 5, in whole milliseconds
    /// (Aoki et al., SimBlock, 2019).
    Pareto,
}

/// When a sender's next bulk message starts: it sends one at a time, to whomever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Queueing {
    /// When the one before has left.
    #[default]
    Sent,
    /// When the one before has arrived, as SimBlock has it.
    Arrived,
}

impl Network {
    /// Whether it can be.
    ///
    /// # Errors
    /// A [`NetworkError`] with the first key that cannot.
    pub fn check(&self) -> Result<(), NetworkError> {
        for (key, value) in [("loss", self.loss), ("duplication", self.duplication)] {
            if !(0.0..=1.0).contains(&value) {
                return Err(NetworkError::Probability { key, value });
            }
        }
        not_negative("overhead_ms", self.overhead_ms)?;
        not_negative("processing_ms", self.processing_ms)?;
        self.bandwidth_mbit
            .map_or(Ok(()), |mbit| positive("bandwidth_mbit", mbit))?;
        self.latency.check()?;
        match &self.regions {
            Some(regions) => regions.check(),
            None if self.latency == Latency::Regions => Err(NetworkError::NoRegions),
            None => Ok(()),
        }
    }
}

impl Latency {
    fn check(&self) -> Result<(), NetworkError> {
        match *self {
            Self::Constant { ms } => not_negative("latency.ms", ms),
            Self::Uniform { min_ms, max_ms } => {
                not_negative("latency.min_ms", min_ms)?;
                not_negative("latency.max_ms − latency.min_ms", max_ms - min_ms)
            }
            Self::LogNormal { median_ms, sigma } => {
                not_negative("latency.median_ms", median_ms)?;
                not_negative("latency.sigma", sigma)
            }
            Self::Pareto { scale_ms, shape } => {
                not_negative("latency.scale_ms", scale_ms)?;
                positive("latency.shape", shape)
            }
            Self::Regions => Ok(()),
        }
    }
}

impl Regions {
    fn check(&self) -> Result<(), NetworkError> {
        let regions = self.names.len();
        let each = |key, given| {
            let error = NetworkError::RegionCount {
                key,
                given,
                regions,
            };
            if given == regions { Ok(()) } else { Err(error) }
        };
        each("regions.shares", self.shares.len())?;
        each("regions.latency_ms", self.latency_ms.len())?;
        for row in &self.latency_ms {
            each("a row of regions.latency_ms", row.len())?;
            for ms in row {
                not_negative("regions.latency_ms", *ms)?;
                if self.spread == Spread::Pareto && *ms <= 5.0 {
                    let (key, rule) = ("regions.latency_ms", "above 5 with spread = \"pareto\"");
                    let value = *ms;
                    return Err(NetworkError::Number { key, value, rule });
                }
            }
        }
        for (key, limits) in [
            ("regions.download_mbit", &self.download_mbit),
            ("regions.upload_mbit", &self.upload_mbit),
        ] {
            let Some(limits) = limits else { continue };
            each(key, limits.len())?;
            limits.iter().try_for_each(|mbit| positive(key, *mbit))?;
        }
        Ok(())
    }
}

fn not_negative(key: &'static str, value: f64) -> Result<(), NetworkError> {
    let rule = "zero or more";
    if value.is_finite() && value >= 0.0 {
        Ok(())
    } else {
        Err(NetworkError::Number { key, value, rule })
    }
}

fn positive(key: &'static str, value: f64) -> Result<(), NetworkError> {
    let rule = "above zero";
    if value.is_finite() && value > 0.0 {
        Ok(())
    } else {
        Err(NetworkError::Number { key, value, rule })
    }
}
