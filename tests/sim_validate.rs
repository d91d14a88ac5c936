//! What is known, held against what the simulator measures, in its small size.

use tickchain::sim::validate::{Check, Size, jobs};

/// Runs all jobs whose name begins with one of these.
fn checks(names: &[&str]) -> Vec<Check> {
    let jobs = jobs(Size::Quick, None).into_iter();
    let wanted = jobs.filter(|job| names.iter().any(|name| job.name().starts_with(name)));
    let run = wanted.map(|job| job.run().unwrap());
    run.flatten().collect()
}

fn assert_all_pass(checks: &[Check]) {
    let failed: Vec<&Check> = checks.iter().filter(|check| !check.passed).collect();
    assert!(failed.is_empty(), "{failed:#?}");
}

#[test]
fn blocks_are_found_as_often_and_by_whom_they_should_be() {
    let checks = checks(&["mining", "forks"]);
    assert_eq!(checks.len(), 7);
    assert_all_pass(&checks);
}

#[test]
fn attackers_win_races_as_often_as_theory_says() {
    let checks = checks(&["races"]);
    // Three kinds of race, two shares of power, up to ten blocks.
    assert_eq!(checks.len(), 3 * 2 * 10);
    assert_all_pass(&checks);
}

#[test]
fn selfish_miners_get_what_theory_says() {
    let checks = checks(&["selfish"]);
    assert_eq!(checks.len(), 8 * 3);
    assert_all_pass(&checks);
    // Together they are off as much as chance has it: a sum of 24 squares, by chi-square at 99.9 %.
    let squares: f64 = checks
        .iter()
        .map(|check| check.sigmas.unwrap().powi(2))
        .sum();
    assert!((7.0..51.2).contains(&squares), "{squares}");
}

#[cfg(feature = "daemon")]
#[test]
fn blocks_travel_as_in_simblocks_network() {
    let preset = include_str!("../src/daemon/sim/presets/simblock-bitcoin-2019.toml");
    let scenario = toml::from_str(preset).unwrap();
    let jobs = jobs(Size::Quick, Some(&scenario));
    let measured = jobs.iter().find(|job| job.name().starts_with("SimBlock"));
    assert_all_pass(&measured.unwrap().run().unwrap());
}
