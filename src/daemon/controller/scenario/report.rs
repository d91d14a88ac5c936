//! What came of scenarios that were played, as data.

use std::time::Duration;

/// A scenario that was played.
#[derive(Debug, Clone)]
pub struct Played {
    /// Its file.
    pub file: String,
    /// Its title.
    pub title: String,
    /// Its steps, in order.
    pub steps: Vec<PlayedStep>,
}

/// A step of it.
#[derive(Debug, Clone)]
pub struct PlayedStep {
    /// What it does, in words.
    pub text: String,
    /// The line it begins at.
    pub line: usize,
    /// How it went.
    pub result: StepResult,
    /// How long it took.
    pub time: Duration,
}

/// How a step went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepResult {
    /// All was as expected.
    Met,
    /// Something was not.
    Unmet(Unmet),
    /// It was not played, since an earlier one went wrong or it was interrupted.
    Skipped,
}

/// What was not as expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmet {
    /// What was expected and what was found.
    pub problem: String,
    /// The line that expects it.
    pub line: usize,
}

impl Played {
    /// Whether all was as expected.
    pub fn is_met(&self) -> bool {
        (self.steps.iter()).all(|step| step.result == StepResult::Met)
    }
}
