//! A whole network as one document: what `GET save` gives and `POST load` takes.
//!
//! ```json
//! {"tickchain_network": 1,
//!  "tick": 17,
//!  "network": "9f2c…",
//!  "genesis": {"difficulty": 12, "timestamp": "2009/01/03 18:15:05",
//!              "accounts": [{"name": "aki", "balance": 2}]},
//!  "latency": 0,
//!  "nodes": [{"name": "node1", "state": {…as GET state…}}, {"name": "node2", "state": null}],
//!  "links": [{"a": "node1", "b": "node2", "cut": true}]}
//! ```
//!
//! A node without a state is crashed. `latency` is null where it is not known.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::MAX_NODES;
use super::travel::Target;
use super::turn::{Pair, Topology};
use crate::ledger::{Genesis, GenesisError, Hash, MAX_SAFE_INTEGER, network_id};
use crate::node::{Name, State};

/// The version of a network file that is written and read.
pub const NETWORK_FILE_VERSION: u32 = 1;

/// The largest network file, 256 MiB.
pub const MAX_NETWORK_FILE_BYTES: usize = 256 * 1024 * 1024;

/// Why a network file is none. Nothing has changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NetworkFileError {
    /// It is larger than any.
    #[error("the network file has {bytes} bytes, at most {MAX_NETWORK_FILE_BYTES} are taken")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// It is not JSON, or not of the right form.
    #[error("this is not a network file ({0}): send what GET /save answered")]
    Form(#[from] serde_json::Error),
    /// Its version is not known.
    #[error(
        "the network file is of version {version}, this program reads version {NETWORK_FILE_VERSION}: \
         use the one that saved it"
    )]
    Version {
        /// Its version.
        version: u32,
    },
    /// Its parameters make no network.
    #[error("the network file's genesis: {0}")]
    Genesis(#[from] GenesisError),
    /// Its parts contradict each other.
    #[error("the network file contradicts itself: {0}")]
    Contradiction(String),
}

/// A whole network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NetworkFile {
    tickchain_network: u32,
    pub(super) tick: u64,
    pub(super) network: Hash,
    pub(super) genesis: Genesis,
    pub(super) latency: Option<u64>,
    nodes: Vec<NodeFile>,
    links: Vec<LinkFile>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct NodeFile {
    name: Name,
    state: Option<State>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LinkFile {
    a: Name,
    b: Name,
    cut: bool,
}

#[derive(Deserialize)]
struct Version {
    tickchain_network: u32,
}

/// What a list of network files shows of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Summary {
    pub(super) tick: u64,
    pub(super) nodes: usize,
}

impl Summary {
    /// Reads a network file as far as that is needed, without keeping it.
    pub(super) fn read(file: impl Read) -> Result<Self, NetworkFileError> {
        #[derive(Deserialize)]
        struct Read {
            tickchain_network: u32,
            tick: u64,
            nodes: Vec<IgnoredAny>,
        }
        let read: Read = serde_json::from_reader(file)?;
        check_version(read.tickchain_network)?;
        Ok(Self {
            tick: read.tick,
            nodes: read.nodes.len(),
        })
    }
}

impl NetworkFile {
    /// The network file of a network that is there.
    pub(super) fn of(
        target: Target,
        network: Hash,
        genesis: Genesis,
        latency: Option<u64>,
    ) -> Self {
        let Target {
            tick,
            topology,
            mut states,
        } = target;
        let mut state_of = |name: &Name| {
            let index = states.iter().position(|(known, _)| known == name)?;
            Some(states.swap_remove(index).1)
        };
        let node = |name: Name| NodeFile {
            state: state_of(&name),
            name,
        };
        let link = |pair: &Pair| {
            let (a, b) = pair.ends();
            LinkFile {
                a: a.clone(),
                b: b.clone(),
                cut: topology.cut.contains(pair),
            }
        };
        Self {
            tickchain_network: NETWORK_FILE_VERSION,
            tick,
            network,
            genesis,
            latency,
            links: topology.links.iter().map(link).collect(),
            nodes: topology.nodes.into_iter().map(node).collect(),
        }
    }

    /// As it is written.
    pub(super) fn write(&self) -> Result<Vec<u8>, NetworkFileError> {
        let bytes = serde_json::to_vec(self)?;
        match bytes.len() <= MAX_NETWORK_FILE_BYTES {
            true => Ok(bytes),
            false => Err(NetworkFileError::TooLarge { bytes: bytes.len() }),
        }
    }

    /// Reads a network file, and checks all that can be said of it without its nodes.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, NetworkFileError> {
        if bytes.len() > MAX_NETWORK_FILE_BYTES {
            return Err(NetworkFileError::TooLarge { bytes: bytes.len() });
        }
        // First: another version may have another form.
        let version: Version = serde_json::from_slice(bytes)?;
        check_version(version.tickchain_network)?;
        let file: Self = serde_json::from_slice(bytes)?;
        file.check()?;
        Ok(file)
    }

    fn check(&self) -> Result<(), NetworkFileError> {
        let contradiction = |text: String| Err(NetworkFileError::Contradiction(text));
        if self.tick > MAX_SAFE_INTEGER {
            let tick = self.tick;
            return contradiction(format!("its tick is {tick}, above {MAX_SAFE_INTEGER}"));
        }
        let network = network_id(&self.genesis.block()?, self.genesis.difficulty);
        if network != self.network {
            let said = self.network;
            return contradiction(format!("it says {said}, and its genesis makes {network}"));
        }
        if !(1..=MAX_NODES).contains(&self.nodes.len()) {
            let count = self.nodes.len();
            return contradiction(format!("{count} nodes, there are 1 to {MAX_NODES}"));
        }
        let mut names = BTreeSet::new();
        for NodeFile { name, state } in &self.nodes {
            if !names.insert(name) {
                return contradiction(format!("{name} is there twice"));
            }
            if let Some(state) = state {
                if state.name != *name {
                    let other = &state.name;
                    return contradiction(format!("{name} has the state of {other}"));
                }
                if state.network != self.network {
                    return contradiction(format!("{name} is of another network"));
                }
            }
        }
        for LinkFile { a, b, .. } in &self.links {
            if a == b || !names.contains(a) || !names.contains(b) {
                return contradiction(format!(
                    "a link of {a} and {b}, which are no two of its nodes"
                ));
            }
        }
        Ok(())
    }

    /// Where it leads.
    pub(super) fn into_target(self) -> Target {
        let pair = |link: &LinkFile| Pair::new(link.a.clone(), link.b.clone());
        let cut = self.links.iter().filter(|link| link.cut);
        let crashed = self.nodes.iter().filter(|node| node.state.is_none());
        let topology = Topology {
            nodes: self.nodes.iter().map(|node| node.name.clone()).collect(),
            crashed: crashed.map(|node| node.name.clone()).collect(),
            links: self.links.iter().map(pair).collect(),
            cut: cut.map(pair).collect(),
        };
        let states = self.nodes.into_iter();
        Target {
            tick: self.tick,
            topology,
            states: states
                .filter_map(|node| Some((node.name, node.state?)))
                .collect(),
        }
    }
}

fn check_version(version: u32) -> Result<(), NetworkFileError> {
    match version {
        NETWORK_FILE_VERSION => Ok(()),
        version => Err(NetworkFileError::Version { version }),
    }
}

/// Writes a file so that after a crash it is there whole, or is what it was before.
pub(super) fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    // In the same folder, so that it is renamed and not copied. What a crash leaves behind is
    // overwritten by the next of the same name.
    let new = folder.join(format!(".{}.new", name.to_string_lossy()));
    let write = || {
        let mut file = File::create(&new)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&new, path)?;
        // The new name lasts only when its folder is written too.
        File::open(folder)?.sync_all()
    };
    let written = write();
    if written.is_err() {
        let _ = fs::remove_file(&new);
    }
    written
}
