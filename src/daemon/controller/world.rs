//! Everything a controller holds while it acts.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_channel::Sender;
use serde::Deserialize;

use super::blocks::Blocks;
use super::board::{Board, Sight};
use super::error::ControllerError;
use super::fleet::Fleet;
use super::member::Member;
use super::network::{LinkState, LinkView, Reach};
use super::past::Past;
use super::scenario::Record;
use super::turn::Pair;
use super::{MAX_NODES, NodeAddress};
use crate::daemon::node_api::PeerAddress;
use crate::ledger::{Difficulty, Hash};
use crate::node::Name;

/// Everything a controller holds while it acts. Whoever has the turn has it.
pub(super) struct World {
    pub(super) board: Arc<Board>,
    pub(super) members: Vec<Member>,
    /// The links that are there or should be, those that are cut as well.
    pub(super) links: BTreeSet<Pair>,
    pub(super) cut: BTreeSet<Pair>,
    pub(super) tick: u64,
    pub(super) blocks: Blocks,
    pub(super) fleet: Option<Fleet>,
    pub(super) origin: Option<Parameters>,
    pub(super) news: Sender<()>,
    pub(super) past: Past,
    /// What was done since the network began.
    pub(super) record: Record,
}

/// What all nodes of a network have in common.
#[derive(Debug, Clone)]
pub(super) struct Parameters {
    pub(super) network: Hash,
    pub(super) difficulty: Option<Difficulty>,
}

/// A peer as `GET peer` shows it.
#[derive(Deserialize)]
pub(super) struct PeerLine {
    #[serde(flatten)]
    pub(super) address: PeerAddress,
    pub(super) name: Option<Name>,
}

impl World {
    pub(super) fn new(fleet: Option<Fleet>, news: Sender<()>) -> Result<Self, ControllerError> {
        let mut world = Self {
            board: Arc::new(Board::new(fleet.is_some())),
            members: Vec::new(),
            links: BTreeSet::new(),
            cut: BTreeSet::new(),
            tick: 0,
            blocks: Blocks::default(),
            fleet,
            origin: None,
            news,
            record: Record::lost("nothing is known yet"),
            past: Past::default(),
        };
        if let Some(fleet) = &world.fleet {
            let names: Vec<Name> = fleet.names().into_iter().cloned().collect();
            let links = fleet.first_links();
            world.links = links.into_iter().map(|(a, b)| Pair::new(a, b)).collect();
            for name in names {
                world.add_own(name, false)?;
            }
        }
        Ok(world)
    }

    /// Takes in a node of the fleet; a new one is followed from its first event on.
    pub(super) fn add_own(&mut self, name: Name, new: bool) -> Result<(), ControllerError> {
        self.check_room()?;
        let fleet = self.fleet.as_ref();
        let address = fleet.and_then(|fleet| fleet.address(&name));
        let address = address.expect("a node of the fleet has an address");
        let p2p = fleet.and_then(|fleet| fleet.p2p(&name));
        let mut member = Member::new(name, &address, Some(new), self.news.clone())?;
        member.p2p = p2p.map(|socket| PeerAddress {
            addr: socket.ip().to_string(),
            port: socket.port(),
        });
        self.members.push(member);
        Ok(())
    }

    /// Takes in a node of others, under its address until it says its name.
    pub(super) fn add_other(&mut self, address: &NodeAddress) -> Result<usize, ControllerError> {
        self.check_room()?;
        if self
            .members
            .iter()
            .any(|member| *member.url() == address.url)
        {
            let text = format!("{} is controlled already", address.url);
            return Err(ControllerError::Conflict(text));
        }
        let name: Name = address.url.authority().parse().map_err(|_| {
            ControllerError::Malformed(format!("{} is too long for a name", address.url))
        })?;
        let member = Member::new(name, address, None, self.news.clone())?;
        self.members.push(member);
        Ok(self.members.len() - 1)
    }

    pub(super) fn check_room(&self) -> Result<(), ControllerError> {
        match self.members.len() < MAX_NODES {
            true => Ok(()),
            false => Err(ControllerError::Conflict(format!(
                "there are {MAX_NODES} nodes already, the most a controller has: remove one first"
            ))),
        }
    }

    pub(super) fn index(&self, name: &Name) -> Result<usize, ControllerError> {
        let index = self.members.iter().position(|member| member.name == *name);
        index.ok_or_else(|| ControllerError::UnknownNode {
            name: name.clone(),
            names: self.names(),
        })
    }

    /// All nodes, in the order they are ticked.
    pub(super) fn names(&self) -> Vec<Name> {
        let members = self.members.iter();
        members.map(|member| member.name.clone()).collect()
    }

    pub(super) fn member(&self, name: &Name) -> Result<&Member, ControllerError> {
        Ok(&self.members[self.index(name)?])
    }

    /// A node that can be asked for something.
    pub(super) fn living(&self, name: &Name) -> Result<&Member, ControllerError> {
        let member = self.member(name)?;
        match member.reach {
            Reach::Crashed => Err(ControllerError::Conflict(format!(
                "{name} was crashed: start it first, with {{\"start\": \"{name}\"}}"
            ))),
            _ => Ok(member),
        }
    }

    pub(super) fn set_tick(&mut self, tick: u64) {
        self.tick = tick;
        self.board.set_tick(tick);
    }

    /// All nodes and links as they were last seen.
    pub(super) fn sight(&self) -> Sight {
        Sight {
            nodes: self.members.iter().map(Member::view).collect(),
            links: self.link_views(),
        }
    }

    fn link_views(&self) -> Vec<LinkView> {
        let mut views = Vec::new();
        for (index, a) in self.members.iter().enumerate() {
            for b in &self.members[index + 1..] {
                let pair = Pair::new(a.name.clone(), b.name.clone());
                let state = match self.link_state(&pair, a, b) {
                    Some(state) => state,
                    None => continue,
                };
                views.push(LinkView {
                    a: a.name.clone(),
                    b: b.name.clone(),
                    state,
                });
            }
        }
        views
    }

    fn link_state(&self, pair: &Pair, a: &Member, b: &Member) -> Option<LinkState> {
        if self.cut.contains(pair) {
            return Some(LinkState::Cut);
        }
        if a.is_linked_to(&b.name) && b.is_linked_to(&a.name) {
            return Some(LinkState::Up);
        }
        self.links.contains(pair).then_some(LinkState::Down)
    }
}
