//! What the command line asks to simulate.

use super::args::NetworkArgs;
use super::error::SimError;
use super::load::Source;
use crate::ledger::Hash;
use crate::sim::scenario::{Ground, Scenario, ScenarioError};
use crate::sim::{Graph, Topology};

impl Source {
    /// The file or the preset that is asked for.
    ///
    /// # Errors
    /// When there is none.
    pub(super) fn of(args: &NetworkArgs) -> Result<Self, SimError> {
        match (&args.file, &args.preset) {
            (Some(file), _) => Self::file(file),
            (None, Some(preset)) => Self::preset(preset),
            (None, None) => Err(SimError::NoNetwork),
        }
    }
}

/// A scenario with the graph it names, if it names one.
#[derive(Debug, Clone)]
pub(super) struct Task {
    pub(super) scenario: Scenario,
    graph: Option<Graph>,
    /// What the graph's file is told by.
    pub(super) graph_hash: Option<Hash>,
}

impl Task {
    /// Reads the graph that the scenario names.
    ///
    /// # Errors
    /// When it cannot be read or is none.
    pub(super) fn new(source: &Source, scenario: Scenario) -> Result<Self, SimError> {
        let Topology::File { path } = &scenario.topology else {
            return Ok(Self {
                scenario,
                graph: None,
                graph_hash: None,
            });
        };
        let path = source.beside(path);
        let text = std::fs::read_to_string(&path).map_err(|source| SimError::Unreadable {
            path: path.clone(),
            source,
        })?;
        let graph = Graph::from_csv(&text).map_err(|error| SimError::Graph { path, error })?;
        Ok(Self {
            scenario,
            graph: Some(graph),
            graph_hash: Some(Hash::sha256(text.as_bytes())),
        })
    }

    /// What a run with this seed stands on.
    ///
    /// # Errors
    /// When the scenario cannot be simulated.
    pub(super) fn ground(&self, seed: u64) -> Result<Ground, ScenarioError> {
        self.scenario.ground(seed, self.graph.as_ref())
    }
}
