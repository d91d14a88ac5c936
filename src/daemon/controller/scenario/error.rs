//! Why a scenario file cannot be used.

use std::path::PathBuf;

use super::words;
use super::{
    MAX_DIFFICULTY, MAX_FILE_BYTES, MAX_LATENCY, MAX_NODES, MAX_STEP_TICKS, MAX_STEPS,
    MAX_TEXT_CHARS, VERSION,
};
use crate::ledger::{Difficulty, GenesisError};
use crate::node::Name;

/// Why a scenario cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScenarioError {
    /// The file cannot be read.
    #[error("cannot read the scenario {}: {source}: check the path", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// It is larger than [`MAX_FILE_BYTES`].
    #[error("the scenario {file} has {bytes} bytes, at most {MAX_FILE_BYTES} are read")]
    TooLarge {
        /// The file's name.
        file: String,
        /// Its size.
        bytes: u64,
    },
    /// A line of it is wrong.
    #[error("the scenario {file}, line {line}: {flaw}")]
    Wrong {
        /// The file's name.
        file: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        flaw: Flaw,
    },
}

/// What is wrong with a line of a scenario, and what is allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Flaw {
    /// Not TOML, an unknown key, or a value of the wrong kind.
    #[error("{0}")]
    Toml(String),
    /// Written for another version of the format.
    #[error("version {version} is not known here: write version = {VERSION}")]
    Version {
        /// The version asked for.
        version: u64,
    },
    /// A text is too long.
    #[error("{key} has {chars} characters, at most {MAX_TEXT_CHARS} are shown")]
    TextTooLong {
        /// The text's key.
        key: &'static str,
        /// Its length.
        chars: usize,
    },
    /// Too few or too many nodes.
    #[error("{count} nodes: a scenario has 1 to {MAX_NODES}")]
    NodeCount {
        /// Nodes asked for.
        count: u64,
    },
    /// Two nodes of the same name.
    #[error("node {name} is there twice: give each a name of its own")]
    NodeTwice {
        /// The name.
        name: String,
    },
    /// A name that `expect` gives a meaning.
    #[error("a node cannot be called {name}: expect uses that word; choose another name")]
    NodeReserved {
        /// The name.
        name: String,
    },
    /// A node that is not there.
    #[error("there is no node {name} here: the nodes are {}", words::names(.known))]
    UnknownNode {
        /// The name.
        name: String,
        /// Those that are there.
        known: Vec<Name>,
    },
    /// Both ways of saying who is linked to whom.
    #[error("topology and links both say who is linked to whom: leave one of them out")]
    TopologyAndLinks,
    /// A node linked to itself.
    #[error("{name} cannot be linked to itself: name two nodes")]
    SelfLink {
        /// The node.
        name: String,
    },
    /// A link given twice.
    #[error("{a} and {b} are linked already: leave this link out")]
    LinkTwice {
        /// One end.
        a: String,
        /// The other.
        b: String,
    },
    /// Messages would take too long.
    #[error("latency {latency}: a message takes 0 to {MAX_LATENCY} ticks")]
    Latency {
        /// The latency asked for.
        latency: u64,
    },
    /// Mining would take too long.
    #[error(
        "difficulty {difficulty}: a scenario's is 0 to {MAX_DIFFICULTY} bits, so that mining takes no time"
    )]
    Difficulty {
        /// The bits asked for.
        difficulty: Difficulty,
    },
    /// The accounts make no genesis block.
    #[error("{0}")]
    Genesis(GenesisError),
    /// Nothing to do, or too much.
    #[error("{count} steps: a scenario has 1 to {MAX_STEPS}; begin each with [[steps]]")]
    StepCount {
        /// Steps there are.
        count: usize,
    },
    /// A step that is empty.
    #[error("this step says nothing: give it an action, a note or an expect")]
    EmptyStep,
    /// A key that steps do not have.
    #[error("a step has no {key}: it may have note, expect, refused and one action of {actions}")]
    UnknownKey {
        /// The key.
        key: String,
        /// Every action.
        actions: String,
    },
    /// Two actions in a step.
    #[error(
        "{second} is a second action beside {first}: a step has one; begin another with [[steps]]"
    )]
    TwoActions {
        /// The first.
        first: String,
        /// The second.
        second: String,
    },
    /// An action's value is wrong.
    #[error("{action}: {problem}; write {example}")]
    Action {
        /// The action.
        action: String,
        /// What is wrong.
        problem: String,
        /// How it is written.
        example: &'static str,
    },
    /// Too few or too many ticks in one step.
    #[error("{ticks} ticks: a step has 1 to {MAX_STEP_TICKS}")]
    Ticks {
        /// The ticks asked for.
        ticks: u64,
    },
    /// `refused` where nothing can be refused.
    #[error("refused is for steps with a tx, a block or a forge: leave it out here")]
    NothingRefused,
    /// A value that an expectation cannot have.
    #[error("{0}")]
    Expect(String),
}
