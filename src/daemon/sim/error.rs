//! What keeps a simulation from being run.

use std::path::PathBuf;

use super::load::MAX_FILE_BYTES;
use super::plan::MAX_RUNS;
use super::presets;
use crate::sim::CsvError;
use crate::sim::scenario::ScenarioError;

/// Why a simulation cannot be run. Each says what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SimError {
    /// The file cannot be read.
    #[error("cannot read {}: {source}: check the path, or take a network of `tickchain sim presets`", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file is too large.
    #[error("{file} has more than the {MAX_FILE_BYTES} bytes that are read")]
    TooLarge {
        /// The file.
        file: String,
    },
    /// Neither a file nor a preset.
    #[error("there is nothing to simulate: name a file or a --preset")]
    NoNetwork,
    /// The file of a graph is none.
    #[error("{}: {error}", path.display())]
    Graph {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: CsvError,
    },
    /// The scenario cannot be simulated.
    #[error("{0}")]
    Scenario(ScenarioError),
    /// There is no such preset.
    #[error("there is no preset {name}: there are {}", presets::names())]
    NoPreset {
        /// As given.
        name: String,
    },
    /// Something in a file or an option is wrong.
    #[error("{place}: {flaw}")]
    Wrong {
        /// The file and the line, or the option.
        place: String,
        /// What is wrong there.
        flaw: Flaw,
    },
    /// More runs than a sweep may have.
    #[error(
        "the sweep has {runs} simulations, at most {MAX_RUNS} are done: vary less, or lower --replications"
    )]
    TooManyRuns {
        /// How many there would be.
        runs: u64,
    },
    /// A part of a sweep cannot be used.
    #[error(
        "{part} is no part of a sweep: {problem}: give files that `tickchain sim sweep --out` wrote"
    )]
    NoPart {
        /// The file.
        part: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Two parts are not of the same sweep.
    #[error(
        "{one} and {other} are parts of different sweeps: merge those of one scenario, grid, seed and version"
    )]
    OtherSweep {
        /// A part.
        one: String,
        /// Another.
        other: String,
    },
    /// Two parts have the same run.
    #[error("{one} and {other} both have the simulation {run}: leave one of the files out")]
    Twice {
        /// The run.
        run: String,
        /// A part.
        one: String,
        /// Another.
        other: String,
    },
    /// Not all parts are there, or not all is done.
    #[error(
        "{missing} of {of} simulations are missing, the first is {first}: give all parts, and do those again that were stopped"
    )]
    Missing {
        /// How many.
        missing: usize,
        /// Of how many.
        of: usize,
        /// The first.
        first: String,
    },
    /// A file cannot be written.
    #[error("cannot write {}: {source}: choose another file with {option}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// The option that names it.
        option: &'static str,
        /// What the system says.
        source: std::io::Error,
    },
}

/// What is wrong at a place.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Flaw {
    /// Not TOML, or a value of the wrong kind.
    #[error("{0}")]
    Toml(String),
    /// A key that is not there.
    #[error("{0}")]
    Key(String),
    /// A key that changes nothing.
    #[error("{key} changes nothing here: {why}")]
    Idle {
        /// The key.
        key: String,
        /// Why, and what to do.
        why: &'static str,
    },
    /// What the scenario says cannot be.
    #[error("{0}")]
    Scenario(ScenarioError),
}
