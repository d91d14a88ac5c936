//! The controller: it moves the clocks of several nodes, asks them for things, and shows what happens.
//!
//! It drives nodes through their HTTP API alone, as anyone could; only its own nodes (its *fleet*) it
//! can also start and crash.

mod act;
mod action;
pub mod api;
mod blocks;
mod board;
mod client;
mod conductor;
mod error;
mod fleet;
mod follow;
mod forge;
mod gather;
mod history;
mod join;
mod lives;
mod member;
mod moment;
mod near;
mod network;
mod network_file;
mod outline;
mod past;
mod save;
pub mod scenario;
mod snapshots;
mod travel;
mod turn;
mod url;
mod wiring;
mod world;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_channel::Receiver;
use smol::Task;
use smol::lock::Mutex;

pub use action::{
    Action, Add, Change, Condition, Forge, GivenBlock, MAX_TICKS, NodeAnswer, Outcome, Reset, Tx,
    Until, Verdict,
};
pub use blocks::{MAX_KNOWN_BLOCKS, MAX_WHOLE_BLOCKS, MAX_WHOLE_PAYMENTS};
pub use board::CONTROLLER_EVENTS;
pub use client::{MAX_ANSWER_BYTES, NODE_TIMEOUT};
pub use error::{CallError, ControllerError};
pub use fleet::Fleet;
pub use follow::{LONGEST_WAIT, MAX_PENDING_BYTES, MAX_PENDING_EVENTS};
pub use forge::{ForgeError, MAX_FORGE_BITS};
pub use history::{BranchHistory, HistoryView, MAX_HISTORY_BYTES, MAX_MOMENTS, MomentView};
pub use moment::{Happened, Mark};
pub use network::{
    Activity, ActivityKind, BlockLine, BranchView, ControllerEvent, InboxItem, LessonStep,
    LessonView, LinkState, LinkView, Network, NodeDetail, NodeEvent, NodePlace, NodeView, Position,
    Reach, Tree, Whereabouts,
};
pub use network_file::{MAX_NETWORK_FILE_BYTES, NETWORK_FILE_VERSION, NetworkFileError};
pub use outline::Outline;
pub use snapshots::{
    MAX_SNAPSHOT_NAME_BYTES, MAX_SNAPSHOTS, MAX_SNAPSHOTS_BYTES, SnapshotError, SnapshotView,
};
pub use turn::{Pair, Topology, Turn};
pub use url::{NodeUrl, UrlError};

use self::board::Board;
use self::client::Client;
use self::conductor::{Conductor, Goal, Run, pursue};
use self::past::Past;
use self::scenario::Player;
use self::snapshots::Snapshots;
use self::world::World;
use crate::daemon::executor;
use crate::driver::Subscription;
use crate::ledger::{Hash, TxId, UncheckedBlock};
use crate::node::Name;

/// The most nodes a controller has.
pub const MAX_NODES: usize = 64;

/// The folder for snapshots where no other is given.
pub const SNAPSHOTS_FOLDER: &str = "tickchain-snapshots";

/// A node of others.
#[derive(Clone)]
pub struct NodeAddress {
    /// Where its HTTP API is.
    pub url: NodeUrl,
    /// The secret it asks for.
    pub token: Option<String>,
}

impl std::fmt::Debug for NodeAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NodeAddress")
            .field("url", &self.url)
            .field("token", &self.token.as_ref().map(|_| "set"))
            .finish()
    }
}

/// What a controller is to control.
#[derive(Debug, Default)]
pub struct Setup {
    /// Nodes of others.
    pub nodes: Vec<NodeAddress>,
    /// Nodes of its own.
    pub fleet: Option<Fleet>,
    /// The folder for snapshots; [`SNAPSHOTS_FOLDER`] where none is given. It is made with the first.
    pub snapshots: Option<PathBuf>,
}

/// A controller. Cheap to clone; it goes on until the last clone is gone, or [`Controller::stop`].
#[derive(Clone)]
pub struct Controller(Arc<Shared>);

struct Shared {
    world: Arc<Mutex<World>>,
    board: Arc<Board>,
    conductor: Arc<Conductor>,
    /// The scenario that is open.
    stage: Mutex<Option<Player>>,
    past: Past,
    snapshots: Arc<Snapshots>,
    _watch: Task<()>,
}

impl Controller {
    /// A controller of these nodes, on the daemon's executor. Nodes of others need not answer yet.
    ///
    /// # Errors
    /// [`ControllerError::Conflict`] when there are more than [`MAX_NODES`] or two at one address.
    pub async fn new(setup: Setup) -> Result<Self, ControllerError> {
        let (news, told) = async_channel::bounded(1);
        let mut world = World::new(setup.fleet, news)?;
        for address in &setup.nodes {
            world.add_other(address)?;
        }
        world.meet().await;
        world.begin_history().await;
        let past = world.past.clone();
        let folder = setup.snapshots.unwrap_or_else(|| SNAPSHOTS_FOLDER.into());
        let board = Arc::clone(&world.board);
        let world = Arc::new(Mutex::new(world));
        Ok(Self(Arc::new(Shared {
            _watch: executor::spawn(watch(Arc::clone(&world), told)),
            world,
            board,
            conductor: Arc::default(),
            stage: Mutex::default(),
            past,
            snapshots: Arc::new(Snapshots::new(folder)),
        })))
    }

    /// The network as it was last seen.
    pub fn network(&self) -> Network {
        self.0.board.network()
    }

    /// What happens from here on, or after the event with the number `after`: 0 for all that is kept.
    pub fn subscribe(&self, after: Option<u64>) -> Subscription<ControllerEvent> {
        self.0.board.subscribe(after)
    }

    /// Does something, when what is being done is done. Waits until it is done, for ticks until the
    /// last. It is done also when the future is dropped.
    ///
    /// # Errors
    /// A [`ControllerError`] when the action makes no sense or a node does not answer. What a node or
    /// the rules refuse is an [`Outcome`].
    pub async fn act(&self, action: Action) -> Result<Outcome, ControllerError> {
        let controller = self.clone();
        finished(async move { controller.carry_out(action).await }).await
    }

    async fn carry_out(&self, action: Action) -> Result<Outcome, ControllerError> {
        if let Some(goal) = Goal::of(&action)? {
            let mut run = self.begin(goal.activity())?;
            return Ok(self.tick_to(goal, &mut run, action).await);
        }
        if matches!(action, Action::Reset(Reset { node: None })) {
            self.pause().await;
        }
        self.act_at_once(action).await
    }

    async fn tick_to(&self, goal: Goal, run: &mut Run, action: Action) -> Outcome {
        let mut outcome = pursue(run, goal, &self.0.world).await;
        outcome.tick = self.network().tick;
        self.did(action, &outcome);
        outcome
    }

    async fn act_at_once(&self, action: Action) -> Result<Outcome, ControllerError> {
        let mut world = self.0.world.lock().await;
        let mut outcome = world.act(&action).await?;
        outcome.tick = world.tick;
        let tick = world.tick;
        world.record.note(tick, &action, &outcome);
        // Told while nobody else can act, so that actions are told in their order.
        self.did(action, &outcome);
        Ok(outcome)
    }

    fn did(&self, action: Action, outcome: &Outcome) {
        self.0.board.publish(ControllerEvent::Did {
            tick: outcome.tick,
            action,
            outcome: outcome.clone(),
        });
    }

    /// Begins something that runs by itself, and ends with what is returned.
    fn begin(&self, activity: Activity) -> Result<Run, ControllerError> {
        self.0.conductor.begin(&self.0.board, activity)
    }

    /// As [`Controller::act`], within an activity that runs already.
    async fn act_within(&self, run: &mut Run, action: Action) -> Result<Outcome, ControllerError> {
        match Goal::of(&action)? {
            Some(goal) => Ok(self.tick_to(goal, run, action).await),
            None => self.act_at_once(action).await,
        }
    }

    /// Ticks until it is paused, with a pause of `interval` between two ticks.
    ///
    /// # Errors
    /// [`ControllerError::Busy`] when something runs already.
    pub async fn play(&self, interval: Duration) -> Result<(), ControllerError> {
        let goal = Goal::Play(interval);
        let mut run = self.begin(goal.activity())?;
        let world = Arc::clone(&self.0.world);
        let play = async move {
            pursue(&mut run, goal, &world).await;
        };
        executor::spawn(play).detach();
        Ok(())
    }

    /// Ends what runs by itself, and returns when it has ended.
    pub async fn pause(&self) {
        self.0.conductor.pause().await;
    }

    /// Waits until nothing else is being done, and keeps others from doing anything while it is held.
    pub async fn turn(&self) -> Turn {
        Turn(self.0.world.lock_arc().await)
    }

    /// A node from near; of one that does not answer, what was last seen of it.
    ///
    /// # Errors
    /// [`ControllerError::UnknownNode`], or a [`CallError`].
    pub async fn node(&self, name: &Name) -> Result<NodeDetail, ControllerError> {
        let (client, view) = {
            let world = self.0.world.lock().await;
            let member = world.member(name)?;
            let client = member.may_answer().then(|| member.client.clone());
            (client, member.view())
        };
        match client {
            Some(client) => near::detail(&client, view).await,
            None => Ok(near::detail_of_absent(view)),
        }
    }

    /// `limit` ids' blocks of all nodes, from the id `from` on.
    pub async fn tree(&self, from: u64, limit: u64) -> Tree {
        let world = self.0.world.lock().await;
        let tip = |member: &member::Member| {
            let outline = member.outline.as_ref()?;
            Some((member.name.clone(), outline.node.tip))
        };
        Tree {
            height: world.blocks.height(),
            blocks: world.blocks.lines(from, limit),
            tips: world.members.iter().filter_map(tip).collect(),
        }
    }

    /// A block, as a node shows it.
    ///
    /// # Errors
    /// [`ControllerError::Absent`], or a [`CallError`].
    pub async fn block(&self, hash: Hash) -> Result<Arc<UncheckedBlock>, ControllerError> {
        let clients = {
            let world = self.0.world.lock().await;
            if let Some(block) = world.blocks.whole(&hash) {
                return Ok(block);
            }
            world.answering()
        };
        // Nobody else waits while nodes are asked.
        let block = gather::find_block(&clients, hash).await?;
        Ok(self.0.world.lock().await.blocks.keep(hash, block))
    }

    /// Where a payment is at each node.
    ///
    /// # Errors
    /// [`ControllerError::Absent`] when no node that answers has heard of it.
    pub async fn tx(&self, id: TxId) -> Result<Whereabouts, ControllerError> {
        near::whereabouts(self.answering().await, id).await
    }

    async fn answering(&self) -> Vec<(Name, Client)> {
        let world = self.0.world.lock().await;
        let there = world.members.iter().filter(|member| member.may_answer());
        let named = |member: &member::Member| (member.name.clone(), member.client.clone());
        there.map(named).collect()
    }

    /// Ends what runs and stops the controller's own nodes.
    pub async fn stop(&self) {
        self.pause().await;
        let mut world = self.0.world.lock().await;
        if let Some(fleet) = &mut world.fleet {
            fleet.stop().await;
        }
    }
}

/// Carries it out also when nobody waits any more: what was begun with several nodes is not left half
/// done.
async fn finished<T: Send + 'static>(
    done: impl Future<Output = Result<T, ControllerError>> + Send + 'static,
) -> Result<T, ControllerError> {
    let (answering, answer) = async_channel::bounded(1);
    let task = executor::spawn(async move {
        // Fails when nobody waits any more.
        let _ = answering.try_send(done.await);
    });
    task.detach();
    answer.recv().await.unwrap_or(Err(ControllerError::Stopped))
}

/// Tells what happens while nobody acts.
async fn watch(world: Arc<Mutex<World>>, told: Receiver<()>) {
    while told.recv().await.is_ok() {
        let mut world = world.lock().await;
        if world.members.iter().any(member::Member::has_news) {
            world.refresh().await;
        }
    }
}
