//! What is kept of a tick: every node without its chain, packed, and how they were linked.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Serialize;

use super::action::Action;
use super::network::NodeEvent;
use super::outline::Outline;
use super::scenario::Record;
use super::turn::Topology;
use crate::node::{self, Name};

/// How the network is: what a moment is made of.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) tick: u64,
    /// The nodes in the order they are ticked; `None` for those that do not answer or are crashed.
    pub(super) nodes: Vec<(Name, Option<Arc<Outline>>)>,
    pub(super) topology: Topology,
}

impl Seen {
    /// Whether nothing has happened between the two.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        let same = |one: &Arc<Outline>, other: &Arc<Outline>| {
            Arc::ptr_eq(one, other) || one.node == other.node
        };
        let all_same = || {
            let pairs = self.nodes.iter().zip(&other.nodes);
            pairs
                .into_iter()
                .all(|((_, one), (_, other))| match (one, other) {
                    (Some(one), Some(other)) => same(one, other),
                    (one, other) => one.is_none() && other.is_none(),
                })
        };
        self.tick == other.tick && self.topology == other.topology && all_same()
    }
}

/// Something worth finding again in a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Mark {
    /// A block that no node had before.
    Block,
    /// A payment was added.
    Payment,
    /// A node went over to another branch.
    Reorganisation,
    /// A link was cut.
    Cut,
    /// A link was healed.
    Heal,
    /// A node was crashed.
    Crash,
    /// A node was started.
    Start,
    /// A node refused something.
    Refused,
}

impl Mark {
    /// What a node's event is marked with.
    pub(super) fn of_event(event: &NodeEvent) -> Option<Self> {
        match event.event["type"].as_str()? {
            "reorganisation" => Some(Self::Reorganisation),
            "refused" => Some(Self::Refused),
            // Others hear of it later; it was added where it waits first.
            "payment" if event.event["place"]["place"] == "waiting" => Some(Self::Payment),
            _ => None,
        }
    }

    /// What an action that was done is marked with.
    pub(super) fn of_action(action: &Action) -> Option<Self> {
        match action {
            Action::Cut(_) => Some(Self::Cut),
            Action::Heal(_) => Some(Self::Heal),
            Action::Crash(_) => Some(Self::Crash),
            Action::Start(_) => Some(Self::Start),
            _ => None,
        }
    }
}

/// What happened at a tick, and was done before the next.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Happened {
    /// What is marked.
    pub marks: BTreeSet<Mark>,
    /// How many events the nodes told of.
    pub events: u64,
}

impl Happened {
    pub(super) fn add(&mut self, more: impl IntoIterator<Item = Mark>, events: u64) {
        self.marks.extend(more);
        self.events += events;
    }
}

/// The network at one tick.
#[derive(Debug)]
pub(super) struct Moment {
    pub(super) topology: Topology,
    pub(super) happened: Happened,
    /// What had been done since the network began.
    pub(super) record: Record,
    nodes: Vec<(Name, Option<Box<[u8]>>)>,
}

impl Moment {
    /// Packs what was seen, which takes a while.
    pub(super) fn of(seen: &Seen, happened: Happened, record: Record) -> Self {
        let packed = |(name, outline): &(Name, Option<Arc<Outline>>)| {
            let packed = outline.as_ref().map(|outline| pack(&outline.node));
            (name.clone(), packed)
        };
        Self {
            topology: seen.topology.clone(),
            happened,
            record,
            nodes: seen.nodes.iter().map(packed).collect(),
        }
    }

    /// The memory it takes, about.
    pub(super) fn bytes(&self) -> usize {
        /// Names, lists and pointers of one node or link.
        const AROUND: usize = 128;
        let packed = self.nodes.iter().filter_map(|(_, packed)| packed.as_ref());
        let links = self.topology.links.len() + self.topology.cut.len();
        packed.map(|packed| packed.len()).sum::<usize>() + AROUND * (1 + self.nodes.len() + links)
    }

    /// The nodes in the order they are ticked; `None` for those that did not answer or were crashed.
    pub(super) fn outlines(&self) -> Vec<(Name, Option<node::Outline>)> {
        let unpacked = |(name, packed): &(Name, Option<Box<[u8]>>)| {
            (name.clone(), packed.as_deref().map(unpack))
        };
        self.nodes.iter().map(unpacked).collect()
    }
}

/// What links know is much alike, so that it packs well: a mesh of thirty takes a tenth of the memory.
fn pack(outline: &node::Outline) -> Box<[u8]> {
    let json = serde_json::to_vec(outline).expect("an outline has string keys");
    lz4_flex::compress_prepend_size(&json).into()
}

fn unpack(packed: &[u8]) -> node::Outline {
    let json = lz4_flex::decompress_size_prepended(packed).expect("it was packed here");
    serde_json::from_slice(&json).expect("it was written here")
}
