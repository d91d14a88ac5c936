//! One line of the table.

use serde::{Deserialize, Serialize};

use crate::sim::statistics::{Summary, binomial, student_t};

/// The level of the tests against closed forms.
pub const LEVEL: f64 = 0.99;

/// A figure that was measured, held against what it should be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// What it is called.
    pub name: String,
    /// What was measured, on how much, and where the bounds are from.
    pub about: String,
    /// As measured.
    pub measured: f64,
    /// As it should be.
    pub expected: f64,
    /// The least it may be.
    pub low: f64,
    /// The most it may be.
    pub high: f64,
    /// By how many standard errors it is off, where they are known.
    pub sigmas: Option<f64>,
    /// Whether it lies within its bounds.
    pub passed: bool,
}

impl Check {
    /// A figure that has to lie between `low` and `high`.
    pub(super) fn within(
        name: String,
        about: String,
        measured: f64,
        expected: f64,
        [low, high]: [f64; 2],
    ) -> Self {
        Self {
            name,
            about,
            measured,
            expected,
            low,
            high,
            sigmas: None,
            passed: (low..=high).contains(&measured),
        }
    }

    /// A mean of independent figures, by Student's t.
    ///
    /// # Panics
    /// When there are fewer than two.
    pub(super) fn mean(name: String, about: String, figures: &[f64], expected: f64) -> Self {
        let summary = Summary::of(figures);
        let error = summary.error().expect("there are several figures");
        let half = error * student_t((summary.count - 1) as f64, LEVEL);
        let bounds = [expected - half, expected + half];
        let sigmas = Some((summary.mean - expected) / error);
        Self {
            sigmas,
            ..Self::within(name, about, summary.mean, expected, bounds)
        }
    }

    /// How often something happened, by the binomial test.
    pub(super) fn proportion(
        name: String,
        about: String,
        hits: u64,
        trials: u64,
        expected: f64,
    ) -> Self {
        let share = |hits: u64| hits as f64 / trials.max(1) as f64;
        let (least, most) = binomial(expected, trials, LEVEL);
        let about = format!("{about}: {hits} of {trials}");
        let error = libm::sqrt(expected * (1.0 - expected) / trials.max(1) as f64);
        let bounds = [share(least), share(most)];
        Self {
            sigmas: (error > 0.0).then(|| (share(hits) - expected) / error),
            passed: trials > 0 && (least..=most).contains(&hits),
            ..Self::within(name, about, share(hits), expected, bounds)
        }
    }
}
