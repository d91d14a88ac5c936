//! Having the turn: doing several things with the network without anything in between.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::error::ControllerError;
use super::network::{BranchView, ControllerEvent, LessonView, Position};
use super::outline::Outline;
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
}

/// Nobody else does anything with the network while this is held.
pub struct Turn {}

#[allow(dead_code, clippy::unused_async, reason = "to be filled")]
impl Turn {
    /// The controller's tick.
    pub(super) fn tick(&self) -> u64 {
        unimplemented!()
    }

    /// Says what tick it is.
    pub(super) fn set_tick(&mut self, _tick: u64) {}

    /// The nodes in the order they are ticked, with their last outlines; `None` for those that never
    /// answered.
    pub(super) fn outlines(&self) -> Vec<(Name, Option<Arc<Outline>>)> {
        unimplemented!()
    }

    /// The links that are cut.
    pub(super) fn cut(&self) -> &BTreeSet<Pair> {
        unimplemented!()
    }

    /// The links there are or should be, those that are cut as well.
    pub(super) fn links(&self) -> &BTreeSet<Pair> {
        unimplemented!()
    }

    /// The nodes that were crashed.
    pub(super) fn crashed(&self) -> BTreeSet<Name> {
        unimplemented!()
    }

    /// A block that some node has or had.
    pub(super) async fn block(
        &mut self,
        _hash: Hash,
    ) -> Result<Arc<UncheckedBlock>, ControllerError> {
        unimplemented!()
    }

    /// Crashes and starts nodes, cuts and heals links until the network is so, and waits until the
    /// links are up.
    pub(super) async fn arrange(
        &mut self,
        _crashed: &BTreeSet<Name>,
        _links: &BTreeSet<Pair>,
        _cut: &BTreeSet<Pair>,
    ) -> Result<(), ControllerError> {
        unimplemented!()
    }

    /// Makes each node as its state says, and reads all outlines anew.
    pub(super) async fn put_states(
        &mut self,
        _states: Vec<(Name, State)>,
    ) -> Result<(), ControllerError> {
        unimplemented!()
    }

    /// Ends all of the fleet and starts another one: these nodes, these links, every clock at 0.
    pub(super) async fn rebuild(
        &mut self,
        _names: &[Name],
        _links: &BTreeSet<Pair>,
        _genesis: Genesis,
        _latency: u64,
    ) -> Result<(), ControllerError> {
        unimplemented!()
    }

    /// Reads every node's outline anew.
    pub(super) async fn refresh(&mut self) {}

    /// Says where in its history the network is.
    pub(super) fn set_place(&mut self, _position: Position, _branches: Vec<BranchView>) {}

    /// Says which lesson is open, and tells those who watch.
    pub(super) fn set_lesson(&mut self, _lesson: Option<LessonView>) {}

    /// Tells those who watch.
    pub(super) fn publish(&self, _event: ControllerEvent) {}
}
