//! The controller: it moves the clocks of several nodes, asks them for things, and shows what happens.
//!
//! It drives nodes through their HTTP API alone, as anyone could; only its own nodes (its *fleet*) it
//! can also start and crash.

mod action;
pub mod api;
mod error;
mod fleet;
mod forge;
mod network;
mod outline;
pub mod scenario;
mod turn;
mod url;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

pub use action::{
    Action, Add, Change, Condition, Forge, GivenBlock, MAX_TICKS, NodeAnswer, Outcome, Reset, Tx,
    Until, Verdict,
};
pub use error::{CallError, ControllerError};
pub use fleet::Fleet;
pub use forge::{ForgeError, MAX_FORGE_BITS};
pub use network::{
    Activity, ActivityKind, BlockLine, BranchView, ControllerEvent, InboxItem, LessonStep,
    LessonView, LinkState, LinkView, MiningView, Network, NodeDetail, NodeEvent, NodePlace,
    NodeView, Position, Reach, Tree, Whereabouts,
};
pub use outline::Outline;
pub use turn::{Pair, Turn};
pub use url::{NodeUrl, UrlError};

use crate::driver::Subscription;
use crate::ledger::{Hash, TxId, UncheckedBlock};
use crate::node::Name;

/// The most nodes a controller has.
pub const MAX_NODES: usize = 64;

/// A node of others.
#[derive(Debug, Clone)]
pub struct NodeAddress {
    /// Where its HTTP API is.
    pub url: NodeUrl,
    /// The secret it asks for.
    pub token: Option<String>,
}

/// What a controller is to control.
#[derive(Debug, Default)]
pub struct Setup {
    /// Nodes of others.
    pub nodes: Vec<NodeAddress>,
    /// Nodes of its own.
    pub fleet: Option<Fleet>,
}

/// A controller. Cheap to clone; it goes on until [`Controller::stop`].
#[derive(Clone)]
pub struct Controller(Arc<Shared>);

struct Shared {}

fn todo<T>() -> Result<T, ControllerError> {
    Err(ControllerError::Conflict("not there yet".to_owned()))
}

impl Controller {
    /// A controller of these nodes, on smol's global executor. Nodes of others need not answer yet.
    ///
    /// # Errors
    /// [`ControllerError::Conflict`] when there are more than [`MAX_NODES`] or two of one name.
    pub async fn new(_setup: Setup) -> Result<Self, ControllerError> {
        todo()
    }

    /// The network as it is now.
    pub fn network(&self) -> Network {
        unimplemented!()
    }

    /// What happens from here on, or after the event with the number `after`: 0 for all that is kept.
    pub fn subscribe(&self, _after: Option<u64>) -> Subscription<ControllerEvent> {
        unimplemented!()
    }

    /// Does something, when what is being done is done. Waits until it is done, for ticks until the
    /// last.
    ///
    /// # Errors
    /// A [`ControllerError`] when the action makes no sense or a node does not answer. What a node or
    /// the rules refuse is an [`Outcome`].
    pub async fn act(&self, _action: Action) -> Result<Outcome, ControllerError> {
        todo()
    }

    /// Ticks until it is paused, with a pause of `interval` between two ticks.
    ///
    /// # Errors
    /// [`ControllerError::Busy`] when something runs already.
    pub async fn play(&self, _interval: Duration) -> Result<(), ControllerError> {
        todo()
    }

    /// Ends what runs by itself, and returns when it has ended.
    pub async fn pause(&self) {}

    /// Waits until nothing else is being done, and keeps others from doing anything while it is held.
    pub async fn turn(&self) -> Turn {
        unimplemented!()
    }

    /// A node from near.
    ///
    /// # Errors
    /// [`ControllerError::UnknownNode`], or a [`CallError`].
    pub async fn node(&self, _name: &Name) -> Result<NodeDetail, ControllerError> {
        todo()
    }

    /// `limit` ids' blocks of all nodes, from the id `from` on.
    pub async fn tree(&self, _from: u64, _limit: u64) -> Tree {
        Tree {
            height: 0,
            blocks: Vec::new(),
            tips: BTreeMap::new(),
        }
    }

    /// A block, as a node shows it.
    ///
    /// # Errors
    /// [`ControllerError::Absent`], or a [`CallError`].
    pub async fn block(&self, _hash: Hash) -> Result<Arc<UncheckedBlock>, ControllerError> {
        todo()
    }

    /// Where a payment is at each node.
    ///
    /// # Errors
    /// [`ControllerError::Absent`] when no node that answers has heard of it.
    pub async fn tx(&self, _id: TxId) -> Result<Whereabouts, ControllerError> {
        todo()
    }

    /// Ends what runs and stops the controller's own nodes.
    pub async fn stop(&self) {}
}
