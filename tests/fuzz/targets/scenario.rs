//! Scenario files of `tickchain run`: one that can be played, or an error that names one of its lines.

use tickchain::daemon::controller::scenario::{MAX_NODES, MAX_STEPS, ScenarioError, parse};

use super::lines;

pub fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    match parse("file", text) {
        Ok(scenario) => {
            assert!((1..=MAX_STEPS).contains(&scenario.steps.len()));
            assert!((1..=MAX_NODES as usize).contains(&scenario.layout.nodes.len()));
            for step in &scenario.steps {
                assert!(!step.text().is_empty());
            }
        }
        Err(error @ ScenarioError::Wrong { .. }) => lines::names_one(&error.to_string(), text),
        Err(error) => panic!("a text that is in memory: {error}"),
    }
}
