//! What is known about such networks, in closed form: simulations are held against it.
//!
//! Shares of hash power are written as in the papers: the attacker's is α or `q`, the others' is
//! `p` = 1 − `q`.

/// The share of the main chain's blocks that a selfish miner gets, in the long run.
///
/// `alpha` is its share of the hash power, below 1/2; `gamma` the share of the others' power that mines
/// on its block when two blocks of equal height compete. Eyal and Sirer, "Majority is not enough"
/// (2014), equation 8.
///
/// ```
/// use tickchain::sim::theory;
/// // At a third of the power, nobody on its side in a race: just what honest mining brings.
/// assert!((theory::selfish_revenue(1.0 / 3.0, 0.0) - 1.0 / 3.0).abs() < 1e-12);
/// assert!(theory::selfish_revenue(0.4, 0.0) > 0.4);
/// ```
pub fn selfish_revenue(alpha: f64, gamma: f64) -> f64 {
    let honest = 1.0 - alpha;
    let gain = alpha * honest * honest * (4.0 * alpha + gamma * (1.0 - 2.0 * alpha));
    (gain - alpha * alpha * alpha) / (1.0 - alpha * (1.0 + (2.0 - alpha) * alpha))
}

/// The share of the hash power above which selfish mining pays. Eyal and Sirer (2014), equation 9.
///
/// ```
/// assert_eq!(tickchain::sim::theory::selfish_threshold(0.5), 0.25);
/// ```
pub fn selfish_threshold(gamma: f64) -> f64 {
    (1.0 - gamma) / (3.0 - 2.0 * gamma)
}

/// How likely an attacker with share `q` of the power ever draws level from `behind` blocks behind:
/// (q/p)^behind, the gambler's ruin. Nakamoto, "Bitcoin" (2008), section 11.
///
/// ```
/// use tickchain::sim::theory;
/// assert!((theory::catch_up(0.2, 3) - 1.0 / 64.0).abs() < 1e-12);
/// assert_eq!(theory::catch_up(0.5, 3), 1.0);
/// ```
pub fn catch_up(q: f64, behind: u32) -> f64 {
    let ratio = q / (1.0 - q);
    if ratio >= 1.0 {
        1.0
    } else {
        libm::pow(ratio, f64::from(behind))
    }
}

/// As [`catch_up`] for an attacker who gives up at `limit` blocks behind: the gambler's ruin with two
/// ends (Feller, "An introduction to probability theory", volume 1, XIV.2).
///
/// ```
/// use tickchain::sim::theory;
/// assert_eq!(theory::catch_up_within(0.5, 1, 4), 0.75);
/// assert!(theory::catch_up_within(0.3, 2, 5) < theory::catch_up(0.3, 2));
/// ```
pub fn catch_up_within(q: f64, behind: u32, limit: u32) -> f64 {
    if behind == 0 {
        return 1.0;
    }
    if behind >= limit {
        return 0.0;
    }
    let (behind, limit) = (f64::from(behind), f64::from(limit));
    let ratio = q / (1.0 - q);
    if ratio == 1.0 {
        return 1.0 - behind / limit;
    }
    let end = libm::pow(ratio, limit);
    (libm::pow(ratio, behind) - end) / (1.0 - end)
}

/// How likely a payment with `z` blocks on it is undone, by Nakamoto's own estimate: the attacker's
/// progress is taken as Poisson, as if the honest `z` blocks took their mean time. Nakamoto (2008),
/// section 11; its table is pinned in the tests.
///
/// ```
/// let undone = tickchain::sim::theory::double_spend_poisson(0.1, 5);
/// assert!((undone - 0.0009137).abs() < 5e-8);
/// ```
pub fn double_spend_poisson(q: f64, z: u32) -> f64 {
    let mean = f64::from(z) * q / (1.0 - q);
    let mut found = libm::exp(-mean);
    let mut safe = 0.0;
    for k in 0..=z {
        if k > 0 {
            found *= mean / f64::from(k);
        }
        safe += found * (1.0 - catch_up(q, z - k));
    }
    1.0 - safe
}

/// How likely a payment with `z` blocks on it is undone, exactly: the attacker's progress while the
/// others find `z` blocks is negative binomial. Rosenfeld, "Analysis of hashrate-based double-spending"
/// (2014), equation 1; Grunspan and Pérez-Marco, "Double spend races" (2017), give the same as an
/// incomplete beta function.
///
/// To undo is to draw level here, as in Nakamoto's paper. It is also what an attacker reaches who
/// has to be ahead and had found one block before the race began, as in Rosenfeld's.
///
/// ```
/// let undone = tickchain::sim::theory::double_spend(0.1, 6);
/// assert!((undone - 0.00059).abs() < 5e-6);
/// ```
pub fn double_spend(q: f64, z: u32) -> f64 {
    race(q, z, |behind| catch_up(q, behind))
}

/// As [`double_spend`] for an attacker without a block of its own at the start, who publishes when it is
/// ahead by one, not before `z` blocks are on the payment, and gives up at `limit` blocks behind, also
/// not before.
///
/// ```
/// use tickchain::sim::theory;
/// assert!(theory::overtake(0.3, 2, 50) < theory::double_spend(0.3, 2));
/// ```
pub fn overtake(q: f64, z: u32, limit: u32) -> f64 {
    // From one ahead, giving up is one further away.
    race_ahead(q, z, |missing| catch_up_within(q, missing, limit + 1))
}

/// Sums over how many blocks the attacker found while the others found `z`; `then` tells how likely it
/// draws level from so many behind.
fn race(q: f64, z: u32, then: impl Fn(u32) -> f64) -> f64 {
    1.0 - (0..=z)
        .zip(progress(q, z))
        .map(|(found, likely)| likely * (1.0 - then(z - found)))
        .sum::<f64>()
}

/// As [`race`], to one block ahead.
fn race_ahead(q: f64, z: u32, then: impl Fn(u32) -> f64) -> f64 {
    1.0 - (0..=z)
        .zip(progress(q, z))
        .map(|(found, likely)| likely * (1.0 - then(z + 1 - found)))
        .sum::<f64>()
}

/// How likely the attacker finds 0, 1, 2… blocks before the others find `z`.
fn progress(q: f64, z: u32) -> impl Iterator<Item = f64> {
    let first = libm::pow(1.0 - q, f64::from(z));
    let next = move |(found, likely): &(u32, f64)| {
        let more = found + 1;
        Some((
            more,
            likely * q * (f64::from(z) + f64::from(*found)) / f64::from(more),
        ))
    };
    std::iter::successors(Some((0, first)), next).map(|(_, likely)| likely)
}

/// How large a part of all blocks is orphaned when a block takes `delay` to the others and one is found
/// each `interval` on average: 1 − exp(−delay / interval). Decker and Wattenhofer, "Information
/// propagation in the Bitcoin network" (2013), section V, for a delay that is the same for all. Both
/// lengths in the same unit.
///
/// ```
/// let rate = tickchain::sim::theory::fork_rate(1.1, 60.0);
/// assert!((rate - 0.01817).abs() < 1e-5);
/// ```
pub fn fork_rate(delay: f64, interval: f64) -> f64 {
    -libm::expm1(-delay / interval)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::statistics::incomplete_beta;
    use crate::sim::statistics::tests::near;

    #[test]
    fn nakamotos_tables() {
        let tenth = [
            1.0, 0.2045873, 0.0509779, 0.0131722, 0.0034552, 0.0009137, 0.0002428, 0.0000647,
            0.0000173, 0.0000046, 0.0000012,
        ];
        for (z, expected) in (0..).zip(tenth) {
            near(double_spend_poisson(0.1, z), expected, 5.1e-8);
        }
        let third = [
            (0, 1.0),
            (5, 0.1773523),
            (10, 0.0416605),
            (15, 0.0101008),
            (20, 0.0024804),
            (25, 0.0006132),
            (30, 0.0001522),
            (35, 0.0000379),
            (40, 0.0000095),
            (45, 0.0000024),
            (50, 0.0000006),
        ];
        for (z, expected) in third {
            near(double_spend_poisson(0.3, z), expected, 5.1e-8);
        }
        // "P < 0.1%" of the same section.
        for (q, z) in [(0.1, 5), (0.15, 8), (0.2, 11), (0.25, 15), (0.3, 24)] {
            assert!(double_spend_poisson(q, z) < 0.001 && double_spend_poisson(q, z - 1) > 0.001);
        }
    }

    #[test]
    fn rosenfelds_table() {
        // Table 1 of the paper, in percent.
        let table = [
            (0.10, 1, 20.0),
            (0.10, 2, 5.6),
            (0.10, 6, 0.059),
            (0.20, 3, 11.584),
            (0.30, 6, 15.645),
            (0.30, 10, 6.511),
            (0.40, 2, 70.4),
            (0.40, 3, 63.488),
        ];
        for (q, z, percent) in table {
            near(100.0 * double_spend(q, z), percent, 6e-4);
        }
        near(double_spend(0.5, 7), 1.0, 1e-12);
    }

    #[test]
    fn the_exact_race_is_an_incomplete_beta_function() {
        for q in [0.05, 0.1, 0.3, 0.45] {
            for z in 1..=20 {
                let beta = incomplete_beta(f64::from(z), 0.5, 4.0 * q * (1.0 - q));
                near(double_spend(q, z), beta, 1e-9);
            }
        }
    }

    #[test]
    fn selfish_mining_pays_above_its_threshold() {
        near(selfish_threshold(0.0), 1.0 / 3.0, 1e-15);
        near(selfish_threshold(0.5), 0.25, 1e-15);
        near(selfish_threshold(1.0), 0.0, 1e-15);
        for gamma in [0.0, 0.25, 0.5, 0.75, 0.99] {
            let alpha = selfish_threshold(gamma);
            near(selfish_revenue(alpha, gamma), alpha, 1e-12);
            assert!(selfish_revenue(alpha + 0.01, gamma) > alpha + 0.01);
            assert!(selfish_revenue(alpha - 0.005, gamma) < alpha - 0.005);
        }
        near(selfish_revenue(0.5, 0.3), 1.0, 1e-12);
    }

    #[test]
    fn giving_up_far_away_is_never_giving_up() {
        for z in 0..=10 {
            near(catch_up_within(0.3, z, 60), catch_up(0.3, z), 1e-15);
            // With a block found before the race, being ahead is what drawing level is without.
            near(
                race(0.3, z, |behind| catch_up_within(0.3, behind, 60)),
                double_spend(0.3, z),
                1e-12,
            );
        }
        // One behind, the limit at two behind: p has to lose the next block, or it is over.
        near(catch_up_within(0.3, 1, 2), 0.3, 1e-12);
        // No confirmation asked for: ahead by one, from level, before one behind.
        near(overtake(0.3, 0, 1), 0.3, 1e-12);
        near(overtake(0.3, 0, 60), 3.0 / 7.0, 1e-12);
    }

    #[test]
    fn the_fork_rate_that_decker_and_wattenhofer_found() {
        near(fork_rate(0.0, 60.0), 0.0, 0.0);
        near(fork_rate(11.37, 633.68), 0.0178, 5e-5);
    }
}
