//! What keeps a simulation from being run.

use std::path::PathBuf;

use super::load::MAX_FILE_BYTES;
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
    #[error("{file} has {bytes} bytes, at most {MAX_FILE_BYTES} are read")]
    TooLarge {
        /// The file.
        file: String,
        /// Its size.
        bytes: u64,
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
