//! Virtual time.

use std::fmt;
use std::ops::{Add, AddAssign, Sub};

use serde::{Deserialize, Serialize};

/// A point of virtual time, or a length of it, in microseconds; a run begins at zero.
///
/// ```
/// use tickchain::sim::Time;
/// let time = Time::from_secs(2.0) + Time::from_ms(0.5);
/// assert_eq!(time, Time(2_000_500));
/// assert_eq!(time.as_ms(), 2000.5);
/// ```
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Time(
    /// Microseconds.
    pub u64,
);

impl Time {
    /// Where a run begins.
    pub const ZERO: Self = Self(0);
    /// Later than anything that happens.
    pub const MAX: Self = Self(u64::MAX);

    /// So many milliseconds, rounded to whole microseconds; what is negative is zero.
    pub fn from_ms(ms: f64) -> Self {
        Self(libm::round(ms * 1e3) as u64)
    }

    /// So many seconds, rounded to whole microseconds; what is negative is zero.
    pub fn from_secs(seconds: f64) -> Self {
        Self(libm::round(seconds * 1e6) as u64)
    }

    /// In milliseconds.
    pub fn as_ms(self) -> f64 {
        self.0 as f64 / 1e3
    }

    /// In seconds.
    pub fn as_secs(self) -> f64 {
        self.0 as f64 / 1e6
    }
}

impl Add for Time {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Time {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Time {
    type Output = Self;

    /// The length from `other` to `self`, zero where `other` is later.
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.6} s", self.as_secs())
    }
}
