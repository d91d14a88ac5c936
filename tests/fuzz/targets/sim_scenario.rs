//! Scenario files of `tickchain sim`: a network that can be built, or an error that names one of its
//! lines. None is run.

use tickchain::daemon::sim::load::Source;
use tickchain::sim::Topology;
use tickchain::sim::scenario::{Kind, Scenario};

/// The most nodes of a network that is built: files may ask for a million.
const MOST_NODES: usize = 64;

use super::lines;

pub fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    match Source::new("file", text).scenario(&[]) {
        Ok(scenario) => can_be_built(&scenario),
        Err(error) => lines::names_one(&error.to_string(), text),
    }
}

fn can_be_built(scenario: &Scenario) {
    if scenario.nodes > MOST_NODES || matches!(scenario.topology, Topology::File { .. }) {
        return;
    }
    let seed = scenario.seed;
    // What only shows with the draw is refused here.
    let Ok(ground) = scenario.ground(seed, None) else {
        return;
    };
    assert_eq!(ground.sites.len(), scenario.nodes);
    match scenario.kind {
        Kind::Lean => assert_eq!(scenario.lean(seed, &ground).nodes().len(), scenario.nodes),
        Kind::Ledger => assert_eq!(scenario.ledger(seed, &ground).nodes().len(), scenario.nodes),
    }
}
