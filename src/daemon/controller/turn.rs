//! Having the turn: doing several things with the network without anything in between.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use smol::lock::MutexGuardArc;

use super::error::ControllerError;
use super::network::{BranchView, ControllerEvent, Position, Reach};
use super::outline::Outline;
use super::world::World;
use crate::daemon::executor;
use crate::ledger::{Genesis, Hash, UncheckedBlock};
use crate::node::{Name, State};

/// The two ends of a link, the smaller name first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pair(Name, Name);

impl Pair {
    /// The pair of two nodes, in either order.
    pub fn new(a: Name, b: Name) -> Self {
        match a <= b {
            true => Self(a, b),
            false => Self(b, a),
        }
    }

    /// Both ends.
    pub fn ends(&self) -> (&Name, &Name) {
        (&self.0, &self.1)
    }

    /// The other end, where this is one.
    pub fn other(&self, name: &Name) -> Option<&Name> {
        match (*name == self.0, *name == self.1) {
            (true, _) => Some(&self.1),
            (_, true) => Some(&self.0),
            _ => None,
        }
    }

    pub(super) fn names(&self) -> [Name; 2] {
        [self.0.clone(), self.1.clone()]
    }
}

/// Nobody else does anything with the network while this is held.
pub struct Turn(pub(super) MutexGuardArc<World>);

/// How a network's nodes and links are to be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Topology {
    /// The nodes, in the order they are ticked.
    pub nodes: Vec<Name>,
    /// Those of them that are crashed.
    pub crashed: BTreeSet<Name>,
    /// The links there are or should be, those that are cut as well.
    pub links: BTreeSet<Pair>,
    /// Those that are cut.
    pub cut: BTreeSet<Pair>,
}

impl Turn {
    /// The controller's tick.
    pub(super) fn tick(&self) -> u64 {
        self.0.tick
    }

    /// Says what tick it is.
    pub(super) fn set_tick(&mut self, tick: u64) {
        self.0.set_tick(tick);
    }

    /// The nodes in the order they are ticked, with their last outlines; `None` for those that never
    /// answered, or were crashed.
    pub(super) fn outlines(&self) -> Vec<(Name, Option<Arc<Outline>>)> {
        let members = self.0.members.iter();
        members
            .map(|member| (member.name.clone(), member.outline.clone()))
            .collect()
    }

    /// How nodes and links are.
    pub(super) fn topology(&self) -> Topology {
        self.0.topology()
    }

    /// A block that some node has or had.
    pub(super) async fn block(
        &mut self,
        hash: Hash,
    ) -> Result<Arc<UncheckedBlock>, ControllerError> {
        self.0.block(hash).await
    }

    /// Adds, removes, crashes and starts nodes of the fleet, cuts and heals links until the network is so,
    /// and waits until the links are up. Tells nobody.
    ///
    /// # Errors
    /// [`ControllerError::Conflict`] when a node that is not of the fleet had to be another.
    pub(super) async fn arrange(&mut self, wanted: &Topology) -> Result<(), ControllerError> {
        let world = &mut *self.0;
        for name in world.names() {
            if !wanted.nodes.contains(&name) {
                world.remove(&name).await?;
            }
        }
        for name in &wanted.nodes {
            let crashed = wanted.crashed.contains(name);
            match world.member(name).map(|member| member.reach) {
                Err(_) => world.add_named(name).await?,
                Ok(Reach::Crashed) if !crashed => world.start_again(name).await.map(drop)?,
                Ok(_) => {}
            }
            if crashed && world.member(name)?.reach != Reach::Crashed {
                world.crash(name).await?;
            }
        }
        world
            .members
            .sort_by_key(|member| wanted.nodes.iter().position(|name| *name == member.name));
        let extra: Vec<Pair> = world.links.difference(&wanted.links).cloned().collect();
        for pair in extra {
            world.cut_pair(&pair).await?;
            world.links.remove(&pair);
            world.cut.remove(&pair);
        }
        for pair in wanted.cut.difference(&world.cut.clone()) {
            world.cut_pair(pair).await?;
        }
        for pair in wanted.links.difference(&wanted.cut) {
            if !world.has_link(pair) {
                world.connect(pair).await?;
            }
        }
        Ok(())
    }

    /// Makes each node as its state says, and looks at all of them anew. Tells nobody.
    pub(super) async fn put_states(
        &mut self,
        states: Vec<(Name, State)>,
    ) -> Result<(), ControllerError> {
        let world = &mut *self.0;
        let mut puts = Vec::new();
        for (name, state) in states {
            let client = world.living(&name)?.client.clone();
            puts.push(executor::spawn(async move {
                // A state can be large: it is written where it holds up nobody.
                let json = smol::unblock(move || serde_json::to_vec(&state)).await;
                let json = Bytes::from(json.expect("a state has string keys"));
                client.put("/state", json).await
            }));
        }
        let mut failed = None;
        for put in puts {
            if let Err(error) = put.await {
                failed = Some(error);
            }
        }
        world.gather().await;
        world.forget_old_blocks().await;
        failed.map_or(Ok(()), |error| Err(error.into()))
    }

    /// Ends all of the fleet and starts another one: these nodes, these links, every clock at 0. Tells
    /// nobody.
    ///
    /// # Errors
    /// [`ControllerError::Conflict`] when there are nodes that are not of the fleet.
    pub(super) async fn rebuild(
        &mut self,
        names: &[Name],
        links: &BTreeSet<Pair>,
        genesis: Genesis,
        latency: u64,
    ) -> Result<(), ControllerError> {
        let world = &mut *self.0;
        if !world.is_all_own() {
            return Err(ControllerError::Conflict(
                "there are nodes that this controller did not start, so they cannot be made another \
                 network: do this with `tickchain mesh`"
                    .to_owned(),
            ));
        }
        if let Some(fleet) = &mut world.fleet {
            let setup = fleet.setup_mut();
            (setup.genesis, setup.latency) = (genesis, latency);
        }
        world.build(names, links).await?;
        world.gather().await;
        world.begin_history().await;
        Ok(())
    }

    /// Looks at every node, and tells what is new.
    pub(super) async fn refresh(&mut self) {
        self.0.refresh().await;
    }

    /// Says where in its history the network is; those who watch hear of it with what comes next.
    pub(super) fn set_place(&mut self, position: Position, branches: Vec<BranchView>) {
        self.0.board.set_place(position, branches);
    }

    /// Tells those who watch to read everything anew.
    pub(super) fn reload(&self, why: &str) {
        let world = &*self.0;
        world.board.changed(world.sight(), Vec::new());
        self.publish(ControllerEvent::Reload {
            why: why.to_owned(),
        });
    }

    /// Tells those who watch.
    pub(super) fn publish(&self, event: ControllerEvent) {
        self.0.board.publish(event);
    }
}
