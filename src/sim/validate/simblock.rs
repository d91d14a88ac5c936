//! The network that SimBlock measured, against its figures.

use std::ops::ControlFlow;

use super::{Check, Size};
use crate::sim::outcome::Outcome;
use crate::sim::scenario::{Scenario, ScenarioError, run};
use crate::sim::theory;

/// What SimBlock measured with 600 nodes, 1,000 blocks and 600 s between them: mean and standard deviation
/// of five seeds, in milliseconds.
const FIGURES: [(&str, f64, f64, Figure); 4] = [
    ("t50", 964.5, 18.0, |outcome| outcome.t50_ms),
    ("t90", 2176.0, 36.0, |outcome| outcome.t90_ms),
    ("t100", 4531.0, 67.0, |outcome| outcome.t100_ms),
    ("pair median", 981.0, 20.0, |outcome| outcome.pair_median_ms),
];

/// The same with 500 blocks and without compact blocks, means of three seeds.
const WHOLE: [(&str, f64, Figure); 3] = [
    ("t50", 2778.1, |outcome| outcome.t50_ms),
    ("t90", 4852.7, |outcome| outcome.t90_ms),
    ("t100", 8720.0, |outcome| outcome.t100_ms),
];

/// Its fork rates with 60 s between blocks: the least and the most of three seeds of 2,000 blocks, and all
/// together.
const FORK_RATES: [f64; 3] = [0.0128, 0.0225, 0.0182];

type Figure = fn(&Outcome) -> Option<f64>;

/// Runs a scenario with several seeds.
fn runs(scenario: &Scenario, seed: u64, count: u64) -> Result<Vec<Outcome>, ScenarioError> {
    let one = |seed| {
        let ground = scenario.ground(seed, None)?;
        run(scenario, seed, &ground, &mut (), |_| {
            ControlFlow::Continue(())
        })
    };
    (seed..seed + count).map(one).collect()
}

/// The mean of a figure; it is not a number where a run did not have it.
fn mean(outcomes: &[Outcome], figure: Figure) -> f64 {
    let sum: f64 = outcomes
        .iter()
        .map(|outcome| figure(outcome).unwrap_or(f64::NAN))
        .sum();
    sum / outcomes.len() as f64
}

/// How blocks travel as they are in the scenario, which is SimBlock's.
pub(super) fn compact(
    scenario: &Scenario,
    size: Size,
    seed: u64,
) -> Result<Vec<Check>, ScenarioError> {
    let (blocks, count) = match size {
        Size::Quick => (100, 1),
        Size::Full => (1_000, 10),
    };
    let scenario = Scenario {
        blocks: Some(blocks),
        ..scenario.clone()
    };
    let outcomes = runs(&scenario, seed, count)?;
    let check = |(name, expected, deviation, figure): (&str, f64, f64, Figure)| {
        let (half, rule) = match size {
            Size::Quick => (
                0.1 * expected,
                "10 %: so much do its runs of 100 blocks vary",
            ),
            Size::Full => (2.0 * deviation, "two standard deviations of its five seeds"),
        };
        Check::within(
            format!("{name}, compact blocks"),
            format!("ms, SimBlock's; within {rule}; {count} × {blocks} blocks"),
            mean(&outcomes, figure),
            expected,
            [expected - half, expected + half],
        )
    };
    Ok(FIGURES.into_iter().map(check).collect())
}

/// How blocks travel whole.
pub(super) fn whole(scenario: &Scenario, seed: u64) -> Result<Vec<Check>, ScenarioError> {
    let mut scenario = Scenario {
        blocks: Some(500),
        ..scenario.clone()
    };
    scenario.relay.compact_blocks = false;
    let outcomes = runs(&scenario, seed, 3)?;
    let check = |(name, expected, figure): (&str, f64, Figure)| {
        Check::within(
            format!("{name}, whole blocks"),
            "ms, SimBlock's; within 3 % of the mean of its three seeds; 3 × 500 blocks".to_owned(),
            mean(&outcomes, figure),
            expected,
            [0.97 * expected, 1.03 * expected],
        )
    };
    Ok(WHOLE.into_iter().map(check).collect())
}

/// How many blocks are orphaned with a minute between them.
pub(super) fn forks(scenario: &Scenario, seed: u64) -> Result<Vec<Check>, ScenarioError> {
    const SEEDS: u64 = 3;
    const BLOCKS: u64 = 10_000;
    let scenario = Scenario {
        blocks: Some(BLOCKS),
        interval_s: 60.0,
        ..scenario.clone()
    };
    let outcomes = runs(&scenario, seed, SEEDS)?;
    let orphans: u64 = outcomes.iter().map(|outcome| outcome.orphans).sum();
    let found = format!("{orphans} orphans of {SEEDS} × {BLOCKS} blocks");
    let rate = mean(&outcomes, |outcome| Some(outcome.fork_rate));
    let delay_s = mean(&outcomes, |outcome| outcome.pair_mean_ms) / 1e3;
    let expected = theory::fork_rate(delay_s, scenario.interval_s);
    let [low, high, pooled] = FORK_RATES;
    Ok(vec![
        Check::within(
            "fork rate, a block a minute".to_owned(),
            format!("within the spread of SimBlock's three seeds; {found}"),
            rate,
            pooled,
            [low, high],
        ),
        Check::within(
            "fork rate by mean delay".to_owned(),
            format!(
                "1 − exp(−delay/interval), within 10 %; mean delay of all pairs {delay_s:.3} s, {found}"
            ),
            rate,
            expected,
            [0.9 * expected, 1.1 * expected],
        ),
    ])
}
