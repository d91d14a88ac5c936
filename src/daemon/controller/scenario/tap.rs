//! Reports in the [Test Anything Protocol, version 14](https://testanything.org/tap-version-14-specification.html):
//! a subtest for each scenario, a test point for each step.

use super::report::{Played, PlayedStep, StepResult};

/// What comes before everything else.
pub(super) fn head(scenarios: usize) -> String {
    format!("TAP version 14\n1..{scenarios}\n")
}

/// What comes before a scenario's first step.
pub(super) fn begin(title: &str, steps: usize) -> String {
    format!("# Subtest: {}\n    1..{steps}\n", escaped(title))
}

/// A step, the `number`th from 1.
pub(super) fn step(number: usize, file: &str, step: &PlayedStep) -> String {
    let text = escaped(&step.text);
    match &step.result {
        StepResult::Met => format!("    ok {number} - {text}\n"),
        StepResult::Skipped => format!("    ok {number} - {text} # SKIP not played\n"),
        StepResult::Unmet(unmet) => format!(
            "    not ok {number} - {text}\n      ---\n      message: {}\n      severity: fail\n      \
             at:\n        file: {}\n        line: {}\n      ...\n",
            quoted(&unmet.problem),
            quoted(file),
            unmet.line
        ),
    }
}

/// What comes after the last step of the `number`th scenario, from 1.
pub(super) fn end(number: usize, played: &Played) -> String {
    let ok = if played.is_met() { "ok" } else { "not ok" };
    format!("{ok} {number} - {}\n", escaped(&played.title))
}

/// That nothing more will come.
pub(super) fn bail_out(why: &str) -> String {
    format!("Bail out! {}\n", escaped(why))
}

/// A description on one line, with nothing that means something else.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '\\' | '#' => out.extend(['\\', char]),
            char if char.is_control() => out.push(' '),
            char => out.push(char),
        }
    }
    out
}

/// A string of JSON, which is one of YAML.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::daemon::controller::scenario::report::Unmet;
    use std::time::Duration;

    fn played(result: StepResult) -> PlayedStep {
        PlayedStep {
            text: "tick # 1\nof \\ 3".to_owned(),
            line: 4,
            result,
            time: Duration::ZERO,
        }
    }

    #[test]
    fn a_step_is_a_point() {
        assert_eq!(
            step(1, "a.toml", &played(StepResult::Met)),
            "    ok 1 - tick \\# 1 of \\\\ 3\n"
        );
        let skipped = step(2, "a.toml", &played(StepResult::Skipped));
        assert_eq!(
            skipped,
            "    ok 2 - tick \\# 1 of \\\\ 3 # SKIP not played\n"
        );
        let unmet = StepResult::Unmet(Unmet {
            problem: "node1: expected \"a\"".to_owned(),
            line: 7,
        });
        let expected = "    not ok 3 - tick \\# 1 of \\\\ 3\n      ---\n      \
                        message: \"node1: expected \\\"a\\\"\"\n      severity: fail\n      \
                        at:\n        file: \"a.toml\"\n        line: 7\n      ...\n";
        assert_eq!(step(3, "a.toml", &played(unmet)), expected);
    }
}
