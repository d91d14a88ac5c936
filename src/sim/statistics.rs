//! Means, intervals and tests of what simulations measured.

use serde::{Deserialize, Serialize};

/// Numbers in short.
///
/// ```
/// use tickchain::sim::statistics::Summary;
/// let summary = Summary::of(&[4.0, 5.0, 6.0]);
/// assert_eq!((summary.count, summary.mean, summary.deviation), (3, 5.0, 1.0));
/// // Student's t for two degrees of freedom is 4.3027.
/// let half = summary.half_width(0.95).expect("there are two numbers or more");
/// assert!((half - 4.3027 / 3f64.sqrt()).abs() < 1e-4);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// How many.
    pub count: usize,
    /// Their mean; 0 of none.
    pub mean: f64,
    /// Their sample deviation (divided by `count` − 1); 0 of fewer than two.
    pub deviation: f64,
}

impl Summary {
    /// Sums numbers up, in the order given.
    pub fn of(values: &[f64]) -> Self {
        let count = values.len();
        let mean = values.iter().sum::<f64>() / count.max(1) as f64;
        let squares: f64 = values.iter().map(|v| (v - mean) * (v - mean)).sum();
        Self {
            count,
            mean,
            deviation: libm::sqrt(squares / count.saturating_sub(1).max(1) as f64),
        }
    }

    /// How uncertain the mean is: its standard error. `None` of fewer than two numbers.
    pub fn error(&self) -> Option<f64> {
        (self.count >= 2).then(|| self.deviation / libm::sqrt(self.count as f64))
    }

    /// Half the width of the confidence interval around the mean at a `level` such as 0.95, by Student's
    /// t. `None` of fewer than two numbers, of which nothing can be said.
    ///
    /// # Panics
    /// When the level is not between 0 and 1.
    pub fn half_width(&self, level: f64) -> Option<f64> {
        let t = |error| error * student_t((self.count - 1) as f64, level);
        self.error().map(t)
    }
}

/// What Student's t with `freedom` degrees of freedom stays below in amount with probability `level`:
/// 1 − α of a two-sided test.
///
/// ```
/// let t = tickchain::sim::statistics::student_t(10.0, 0.95);
/// assert!((t - 2.2281).abs() < 1e-4);
/// ```
///
/// # Panics
/// When the level is not between 0 and 1.
pub fn student_t(freedom: f64, level: f64) -> f64 {
    two_sided(level, |t| {
        incomplete_beta(freedom / 2.0, 0.5, freedom / (freedom + t * t))
    })
}

/// What a standard normal number stays below in amount with probability `level`.
///
/// ```
/// let sigmas = tickchain::sim::statistics::normal(0.99);
/// assert!((sigmas - 2.5758).abs() < 1e-4);
/// ```
///
/// # Panics
/// When the level is not between 0 and 1.
pub fn normal(level: f64) -> f64 {
    two_sided(level, |x| libm::erfc(x / std::f64::consts::SQRT_2))
}

/// Where `outside`, the probability to be further out, falls to 1 − `level`; by bisection.
fn two_sided(level: f64, outside: impl Fn(f64) -> f64) -> f64 {
    assert!(
        level > 0.0 && level < 1.0,
        "a confidence level lies between 0 and 1, {level} does not"
    );
    let (mut low, mut high) = (0.0, 1.0);
    while outside(high) > 1.0 - level {
        (low, high) = (high, high * 2.0);
    }
    // 60 halvings leave less than a double tells apart.
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if outside(middle) > 1.0 - level {
            low = middle;
        } else {
            high = middle;
        }
    }
    (low + high) / 2.0
}

/// The confidence interval of a probability of which `hits` in `trials` were seen, by Wilson's score:
/// exactly those probabilities that a test at this level would not reject.
///
/// ```
/// let (low, high) = tickchain::sim::statistics::wilson(81, 263, 0.95);
/// assert!((low - 0.2553).abs() < 1e-4 && (high - 0.3662).abs() < 1e-4);
/// ```
///
/// # Panics
/// When the level is not between 0 and 1, or there were no trials.
pub fn wilson(hits: u64, trials: u64, level: f64) -> (f64, f64) {
    assert!(trials > 0, "without a trial nothing is known");
    let (n, sigmas) = (trials as f64, normal(level));
    let seen = hits as f64 / n;
    let square = sigmas * sigmas / n;
    let middle = (seen + square / 2.0) / (1.0 + square);
    let spread = libm::sqrt(seen * (1.0 - seen) / n + square / (4.0 * n));
    let half = sigmas * spread / (1.0 + square);
    ((middle - half).max(0.0), (middle + half).min(1.0))
}

/// How many hits in `trials` are too few and too many for a probability: the least and the most that a
/// two-sided binomial test at `level` accepts, computed exactly.
///
/// ```
/// use tickchain::sim::statistics::binomial;
/// // Ten throws of a coin: 0 or 10 heads happen to one in 512.
/// assert_eq!(binomial(0.5, 10, 0.99), (1, 9));
/// ```
///
/// # Panics
/// When the level or the probability is not between 0 and 1.
pub fn binomial(probability: f64, trials: u64, level: f64) -> (u64, u64) {
    assert!(
        (0.0..=1.0).contains(&probability) && level > 0.0 && level < 1.0,
        "a probability and a level lie between 0 and 1, {probability} and {level} do not"
    );
    let tail = (1.0 - level) / 2.0;
    // How likely `hits` or more are.
    let at_least = |hits: u64| match hits {
        0 => 1.0,
        _ if hits > trials => 0.0,
        _ => incomplete_beta(hits as f64, (trials - hits + 1) as f64, probability),
    };
    let first = |rejects: &dyn Fn(u64) -> bool| {
        let (mut low, mut high) = (0, trials + 1);
        while low < high {
            let middle = (low + high) / 2;
            if rejects(middle) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    };
    let least = first(&|hits| 1.0 - at_least(hits + 1) < tail);
    let most = first(&|hits| at_least(hits + 1) >= tail);
    (least, most)
}

/// The result of a Kolmogorov–Smirnov test.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct KolmogorovSmirnov {
    /// The largest distance between the two distribution functions.
    pub statistic: f64,
    /// How likely it is at least that large when the values do have the distribution.
    pub p_value: f64,
}

/// Tests whether values come from the continuous distribution with distribution function `cdf`. The
/// p-value is that of the limit for many values, corrected for few (Stephens 1970): good from some ten
/// values on. Sorts the values.
///
/// ```
/// use tickchain::sim::statistics::kolmogorov_smirnov;
/// let mut even: Vec<f64> = (0..1000).map(|i| (f64::from(i) + 0.5) / 1000.0).collect();
/// assert!(kolmogorov_smirnov(&mut even, |x| x).p_value > 0.99);
/// assert!(kolmogorov_smirnov(&mut even, |x| x * x).p_value < 1e-9);
/// ```
///
/// # Panics
/// When there are no values.
pub fn kolmogorov_smirnov(values: &mut [f64], cdf: impl Fn(f64) -> f64) -> KolmogorovSmirnov {
    assert!(!values.is_empty(), "there are no values to test");
    values.sort_unstable_by(f64::total_cmp);
    let n = values.len() as f64;
    let mut statistic = 0f64;
    for (i, value) in values.iter().enumerate() {
        let expected = cdf(*value);
        let (below, above) = (expected - i as f64 / n, (i + 1) as f64 / n - expected);
        statistic = statistic.max(below).max(above);
    }
    let root = libm::sqrt(n);
    KolmogorovSmirnov {
        statistic,
        p_value: kolmogorov((root + 0.12 + 0.11 / root) * statistic),
    }
}

/// How likely the limit distribution of √n times the statistic exceeds `x`.
fn kolmogorov(x: f64) -> f64 {
    // Below this it is 1 to twelve digits, and the series alternates for long.
    if x < 0.2 {
        return 1.0;
    }
    let mut sum = 0.0;
    let mut sign = 1.0;
    for k in 1..=100 {
        let k = f64::from(k);
        let term = libm::exp(-2.0 * k * k * x * x);
        sum += sign * term;
        sign = -sign;
        if term < 1e-18 {
            break;
        }
    }
    (2.0 * sum).clamp(0.0, 1.0)
}

/// The regularised incomplete beta function I_x(a, b), by its continued fraction (DLMF 8.17.22).
pub(crate) fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    let scale = libm::lgamma(a + b) - libm::lgamma(a) - libm::lgamma(b);
    let front = libm::exp(scale + a * libm::log(x) + b * libm::log1p(-x));
    // On the other side of the mean the fraction of the complement converges faster.
    if x < (a + 1.0) / (a + b + 2.0) {
        front * beta_fraction(a, b, x) / a
    } else {
        1.0 - front * beta_fraction(b, a, 1.0 - x) / b
    }
}

/// Evaluates the continued fraction from its end on; it converges in fewer than √max(a, b) · 10 steps.
fn beta_fraction(a: f64, b: f64, x: f64) -> f64 {
    let steps = 50 + 10 * libm::sqrt(a.max(b)) as u32;
    let mut rest = 0.0;
    for m in (1..=steps).rev() {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        rest = even / (1.0 + odd / (1.0 + rest));
    }
    let first = -(a + b) * x / (a + 1.0);
    1.0 / (1.0 + first / (1.0 + rest))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    #[track_caller]
    pub(in crate::sim) fn near(measured: f64, expected: f64, tolerance: f64) {
        assert!(
            (measured - expected).abs() <= tolerance,
            "{measured} is not {expected}"
        );
    }

    #[test]
    fn students_table() {
        let at_95 = [
            (1.0, 12.7062),
            (2.0, 4.3027),
            (3.0, 3.1824),
            (4.0, 2.7764),
            (5.0, 2.5706),
            (9.0, 2.2622),
            (29.0, 2.0452),
            (99.0, 1.9842),
            (999.0, 1.9623),
        ];
        for (freedom, expected) in at_95 {
            near(student_t(freedom, 0.95), expected, 6e-5);
        }
        let at_99 = [
            (1.0, 63.6567),
            (2.0, 9.9248),
            (4.0, 4.6041),
            (10.0, 3.1693),
            (30.0, 2.7500),
            (120.0, 2.6174),
        ];
        for (freedom, expected) in at_99 {
            near(student_t(freedom, 0.99), expected, 6e-5);
        }
        near(student_t(1e6, 0.99), normal(0.99), 1e-4);
    }

    #[test]
    fn normal_quantiles() {
        near(normal(0.95), 1.959964, 1e-6);
        near(normal(0.99), 2.575829, 1e-6);
        near(normal(0.682689), 1.0, 1e-5);
    }

    #[test]
    fn sums_of_few_numbers() {
        let none = Summary::of(&[]);
        assert_eq!((none.count, none.mean, none.deviation), (0, 0.0, 0.0));
        let one = Summary::of(&[7.0]);
        assert_eq!(
            (one.mean, one.deviation, one.half_width(0.95)),
            (7.0, 0.0, None)
        );
        let some = Summary::of(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]);
        near(some.deviation, 2.13809, 1e-5);
        near(some.half_width(0.95).unwrap(), 1.78749, 1e-4);
    }

    #[test]
    fn wilsons_examples() {
        // Newcombe 1998, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
        for (hits, trials, low, high) in [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ] {
            let interval = wilson(hits, trials, 0.95);
            near(interval.0, low, 6e-5);
            near(interval.1, high, 6e-5);
        }
    }

    #[test]
    fn binomial_tests_accept_what_is_likely_enough() {
        // Tails of 100 throws of a coin: at most 36 has probability 0.0033, at most 37 0.0060.
        assert_eq!(binomial(0.5, 100, 0.99), (37, 63));
        assert_eq!(binomial(0.0, 100, 0.99), (0, 0));
        assert_eq!(binomial(1.0, 100, 0.99), (100, 100));
        // Poisson with mean 0.1: two or more have probability 0.0047.
        assert_eq!(binomial(1e-7, 1_000_000, 0.99), (0, 1));
        let (least, most) = binomial(0.3, 1_000_000, 0.99);
        let sigma = (0.21f64 * 1e6).sqrt();
        near((300_000 - least) as f64 / sigma, 2.5758, 0.005);
        near((most - 300_000) as f64 / sigma, 2.5758, 0.005);
    }

    #[test]
    fn kolmogorovs_table() {
        // The usual critical values of the limit distribution.
        for (x, level) in [
            (1.2238, 0.1),
            (1.3581, 0.05),
            (1.6276, 0.01),
            (1.9495, 0.001),
        ] {
            near(kolmogorov(x), level, 1e-4 * level.sqrt());
        }
        near(kolmogorov(0.5), 0.9639, 1e-4);
        near(kolmogorov(0.21), 1.0, 1e-9);
        // For n = 20 the tables give 0.29408 at 5 %.
        let root = 20f64.sqrt();
        near(
            kolmogorov((root + 0.12 + 0.11 / root) * 0.29408),
            0.05,
            1e-3,
        );
    }

    #[test]
    fn the_distance_is_the_largest_on_either_side_of_a_step() {
        let uniform = |x: f64| x;
        near(
            kolmogorov_smirnov(&mut [0.9, 0.5, 0.8], uniform).statistic,
            0.5,
            1e-15,
        );
        near(
            kolmogorov_smirnov(&mut [0.1, 0.2, 0.4], uniform).statistic,
            0.6,
            1e-15,
        );
    }

    #[test]
    fn incomplete_betas() {
        // I_x(1, b) = 1 − (1 − x)^b, I_x(a, 1) = x^a; the third from tables.
        near(incomplete_beta(1.0, 7.0, 0.3), 1.0 - 0.7f64.powi(7), 1e-13);
        near(incomplete_beta(5.0, 1.0, 0.9), 0.9f64.powi(5), 1e-13);
        near(incomplete_beta(2.0, 3.0, 0.5), 0.6875, 1e-13);
        near(incomplete_beta(500.0, 500.0, 0.5), 0.5, 1e-10);
        assert_eq!(
            (
                incomplete_beta(2.0, 3.0, 0.0),
                incomplete_beta(2.0, 3.0, 1.0)
            ),
            (0.0, 1.0)
        );
    }
}
