//! Means, deviations and medians of lengths of time, in memory that does not grow.

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use crate::sim::Time;

/// Decimal digits to which medians are known: a histogram's value is off by half of its last digit at most.
const DIGITS: u8 = 3;

/// Lengths of time, summed up. Sums are whole numbers, so their order changes nothing; squares overflow
/// after some 2^40 lengths of a month each.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sums {
    count: u64,
    sum: u128,
    squares: u128,
}

impl Sums {
    pub(super) fn add(&mut self, length: Time) {
        let length = u128::from(length.0);
        self.count += 1;
        self.sum += length;
        self.squares += length * length;
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// In milliseconds.
    pub(super) fn mean_ms(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum as f64 / self.count as f64 / 1e3)
    }

    pub(super) fn mean_s(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum as f64 / self.count as f64 / 1e6)
    }

    /// The deviation of a sample: none for fewer than two.
    pub(super) fn deviation_s(&self) -> Option<f64> {
        if self.count < 2 {
            return None;
        }
        let count = self.count as f64;
        let mean = self.sum as f64 / count;
        let variance = (self.squares as f64 - mean * self.sum as f64) / (count - 1.0);
        Some(libm::sqrt(variance.max(0.0)) / 1e6)
    }
}

/// Lengths of time, summed up and sorted into a histogram.
#[derive(Debug, Clone)]
pub(super) struct Lengths {
    sums: Sums,
    histogram: Histogram<u64>,
}

impl Lengths {
    pub(super) fn new() -> Self {
        let histogram = Histogram::new(DIGITS).expect("a histogram may have up to 5 digits");
        Self {
            sums: Sums::default(),
            histogram,
        }
    }

    #[inline]
    pub(super) fn add(&mut self, length: Time) {
        self.sums.add(length);
        let recorded = self.histogram.record(length.0);
        recorded.expect("a histogram grows with what it is given");
    }

    pub(super) fn sums(&self) -> &Sums {
        &self.sums
    }

    /// The length that this share of all lengths does not exceed.
    pub(super) fn quantile(&self, share: f64) -> Option<Time> {
        (self.sums.count > 0).then(|| {
            let value = self.histogram.value_at_quantile(share);
            Time(self.histogram.median_equivalent(value))
        })
    }

    /// How many lengths lie in each of `bins` equal parts of 0 to `end`, those beyond in the last.
    pub(super) fn bins(&self, bins: usize, end: Time) -> Vec<u64> {
        let mut counts = vec![0; bins];
        for step in self.histogram.iter_recorded() {
            let value = self.histogram.median_equivalent(step.value_iterated_to());
            let place = u128::from(value) * bins as u128 / u128::from(end.0.max(1));
            counts[(place as usize).min(bins - 1)] += step.count_at_value();
        }
        counts
    }

    pub(super) fn durations(&self) -> Durations {
        Durations {
            count: self.sums.count,
            mean_s: self.sums.mean_s(),
            deviation_s: self.sums.deviation_s(),
            median_s: self.quantile(0.5).map(Time::as_secs),
        }
    }
}

/// Lengths of time, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Durations {
    /// How many there were.
    pub count: u64,
    /// Their mean.
    pub mean_s: Option<f64>,
    /// Their standard deviation (of a sample), from two on.
    pub deviation_s: Option<f64>,
    /// Their median, to three digits.
    pub median_s: Option<f64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mean_deviation_and_median_are_what_they_are_by_hand() {
        let mut lengths = Lengths::new();
        assert_eq!(lengths.durations(), Durations::default());
        for seconds in [1.0, 2.0, 3.0, 4.0, 10.0] {
            lengths.add(Time::from_secs(seconds));
        }
        let durations = lengths.durations();
        assert_eq!((durations.count, durations.mean_s), (5, Some(4.0)));
        // (9 + 4 + 1 + 0 + 36) / 4
        let deviation = durations.deviation_s.unwrap();
        assert!((deviation - 12.5_f64.sqrt()).abs() < 1e-9, "{deviation}");
        let median = durations.median_s.unwrap();
        assert!((median - 3.0).abs() < 0.0015, "{median}");
    }

    #[test]
    fn bins_hold_every_length_and_the_last_what_is_beyond() {
        let mut lengths = Lengths::new();
        for seconds in [0.5, 1.5, 1.6, 3.5, 100.0] {
            lengths.add(Time::from_secs(seconds));
        }
        assert_eq!(lengths.bins(4, Time::from_secs(4.0)), [1, 2, 0, 2]);
    }
}
