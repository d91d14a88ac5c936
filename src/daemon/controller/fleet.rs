//! The nodes that this controller started.

use std::collections::BTreeMap;

use crate::daemon::mesh::MeshSetup;
use crate::daemon::node::RunningNode;
use crate::node::Name;

/// The nodes that this controller started: it can crash them, start them again, add some.
#[derive(Debug)]
pub struct Fleet {
    _setup: MeshSetup,
    _nodes: BTreeMap<Name, RunningNode>,
}

impl Fleet {
    /// The nodes that [`crate::daemon::mesh::run`] made of this setup.
    pub fn new(setup: MeshSetup, nodes: Vec<RunningNode>) -> Self {
        let nodes = nodes.into_iter().map(|node| (node.name().clone(), node));
        Self {
            _setup: setup,
            _nodes: nodes.collect(),
        }
    }
}
