//! The network as a controller shows it: plain data.

use serde::Serialize;

use super::action::{Action, Outcome};
use crate::ledger::{Account, Hash, Transaction, UncheckedBlock};
use crate::node::{MiningProgress, Name, Status};

/// Everything of the network but its blocks.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Network {
    /// The number of the controller's last event when this was so.
    pub event: u64,
    /// The program's version.
    pub version: &'static str,
    /// What tells this network from others; `None` while no node has answered yet.
    pub network: Option<Hash>,
    /// The hash of its genesis block.
    pub genesis: Option<Hash>,
    /// The bits of proof of work each block needs.
    pub difficulty: Option<u8>,
    /// Whether its payments are signed.
    pub signatures: bool,
    /// The accounts of its genesis block, in order.
    pub accounts: Vec<Account>,
    /// How often all clocks were moved.
    pub tick: u64,
    /// What runs by itself.
    pub activity: Option<Activity>,
    /// The nodes, in the order they are ticked.
    pub nodes: Vec<NodeView>,
    /// The links.
    pub links: Vec<LinkView>,
    /// Where in its history the network is.
    pub position: Position,
    /// The branches of its history.
    pub branches: Vec<BranchView>,
    /// The lesson that is open.
    pub lesson: Option<LessonView>,
    /// Whether nodes can be added and crashed.
    pub fleet: bool,
}

/// What runs by itself until it is done or paused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Activity {
    /// Its kind.
    pub kind: ActivityKind,
    /// What it does, in words: "until all are idle".
    pub what: String,
    /// The pause between two ticks, in milliseconds, where there is one.
    pub interval_ms: Option<u64>,
    /// Ticks done.
    pub done: u64,
    /// Ticks at most.
    pub of: Option<u64>,
}

/// A kind of [`Activity`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ActivityKind {
    /// So many ticks.
    Tick,
    /// Until something is so.
    Until,
    /// Until it is paused.
    Play,
    /// A lesson that plays.
    Lesson,
}

/// A node as the controller last saw it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NodeView {
    /// Its name.
    pub name: Name,
    /// Where its HTTP API is.
    pub http: String,
    /// Where it listens for peers, once that is known.
    pub p2p: Option<String>,
    /// Whether this controller started it.
    pub own: bool,
    /// Whether it answers.
    pub state: Reach,
    /// Why it does not, in a sentence.
    pub why: Option<String>,
    /// Whether it is switched on.
    pub started: bool,
    /// The interval in milliseconds at which its clock runs by itself.
    pub ticks_itself: Option<u64>,
    /// Its clock.
    pub clock: u64,
    /// What it does at it.
    pub status: Status,
    /// How far it is with mining.
    pub mining: Option<MiningProgress>,
    /// The id of its tip.
    pub height: u64,
    /// Its tip; `None` where the node never answered.
    pub tip: Option<Hash>,
    /// Payments in its pool.
    pub pool: u64,
    /// Messages in its inbox.
    pub inbox: u64,
    /// Payments that cannot be paid yet.
    pub waiting: u64,
    /// Payments that wait for their clock.
    pub queued: u64,
}

/// Whether a node answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// It does.
    Up,
    /// It has not answered yet; it is left out until it has.
    Slow,
    /// Nobody is there.
    Down,
    /// It was crashed by this controller.
    Crashed,
}

/// A link of two nodes, the one that is ticked first first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LinkView {
    /// One end.
    pub a: Name,
    /// The other.
    pub b: Name,
    /// How it is.
    pub state: LinkState,
}

/// How a link is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkState {
    /// Both ends have it.
    Up,
    /// It was cut by this controller.
    Cut,
    /// It should be there and is not.
    Down,
}

/// Where in its history the network is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Position {
    /// The history branch.
    pub branch: u64,
    /// The tick.
    pub tick: u64,
    /// Whether this is the branch's end, where the network goes on.
    pub live: bool,
}

/// A branch of history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BranchView {
    /// Its number.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// The branch it left.
    pub parent: Option<u64>,
    /// The tick at which it left it.
    pub from: u64,
    /// The first tick that is kept of it.
    pub first: u64,
    /// The last.
    pub last: u64,
}

/// The lesson that is open, and how far it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LessonView {
    /// Its name among those that come with the program.
    pub lesson: Option<String>,
    /// Its title.
    pub title: String,
    /// What it is about.
    pub about: String,
    /// Steps done.
    pub step: usize,
    /// Steps there are.
    pub of: usize,
    /// What to see now.
    pub caption: String,
    /// All steps.
    pub steps: Vec<LessonStep>,
    /// What is not as it should be, in a sentence.
    pub unmet: Option<String>,
    /// Whether it is over.
    pub done: bool,
}

/// A step of a lesson.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LessonStep {
    /// What is done, in words.
    pub text: String,
    /// What to say about it.
    pub note: Option<String>,
    /// Whether something is expected then.
    pub expects: bool,
}

/// An event of a node, as that node told it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NodeEvent {
    /// The node.
    pub node: Name,
    /// The event's number among that node's.
    pub id: u64,
    /// The event, its kind under `type`.
    pub event: serde_json::Value,
}

/// Something that a controller tells those who watch. As JSON its kind stands under `type`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ControllerEvent {
    /// All clocks were moved.
    Tick {
        /// The tick it is now.
        tick: u64,
        /// All nodes.
        nodes: Vec<NodeView>,
        /// All links.
        links: Vec<LinkView>,
        /// What happened, by node in the order they are ticked.
        events: Vec<NodeEvent>,
        /// Where in its history the network is.
        position: Position,
        /// The branches of its history.
        branches: Vec<BranchView>,
    },
    /// Something changed between ticks.
    Changed {
        /// All nodes.
        nodes: Vec<NodeView>,
        /// All links.
        links: Vec<LinkView>,
        /// What happened, by node in the order they are ticked.
        events: Vec<NodeEvent>,
    },
    /// An action was done.
    Did {
        /// The tick after it.
        tick: u64,
        /// The action.
        action: Action,
        /// What came of it.
        outcome: Outcome,
    },
    /// Something began to run by itself, went on, or ended.
    Activity {
        /// What runs now.
        activity: Option<Activity>,
    },
    /// A lesson was opened, went on, or was closed.
    Lesson {
        /// The lesson that is open now.
        lesson: Option<LessonView>,
    },
    /// The list of snapshots is another.
    Snapshots,
    /// Everything may be another: read the network anew.
    Reload {
        /// Why, in a few words.
        why: String,
    },
}

/// A node from near.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NodeDetail {
    /// As the network shows it.
    pub view: NodeView,
    /// Balances at its tip, by name.
    pub accounts: serde_json::Value,
    /// Its pool, in order.
    pub pool: Vec<Transaction>,
    /// Payments that wait for their clock.
    pub queue: Vec<Transaction>,
    /// Payments that cannot be paid yet.
    pub waiting: Vec<Transaction>,
    /// Messages it has not looked at.
    pub inbox: Vec<InboxItem>,
    /// The block it mines.
    pub candidate: Option<UncheckedBlock>,
    /// Its peers, as it shows them.
    pub peers: serde_json::Value,
}

/// A message in an inbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InboxItem {
    /// Who sent it; `None` for a controller.
    pub from: Option<Name>,
    /// The clock at which it is looked at, at the latest.
    pub ready: u64,
    /// The sender's clock when it was sent.
    pub stamp: u64,
    /// The sender's count.
    pub sequence: u64,
    /// Its kind.
    pub kind: crate::node::Kind,
    /// The block's hash or the payment's id, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<crate::node::About>,
}

/// The blocks of all nodes together.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Tree {
    /// The highest id there is.
    pub height: u64,
    /// The blocks asked for, by id and then as they were first seen.
    pub blocks: Vec<BlockLine>,
    /// Each node's tip.
    pub tips: std::collections::BTreeMap<Name, Hash>,
}

/// A block as the tree shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BlockLine {
    /// Its id.
    pub id: u64,
    /// Its hash.
    pub hash: Hash,
    /// Its parent.
    pub previous_block_hash: Hash,
    /// `YYYY/MM/DD HH:MM:SS`.
    pub timestamp: String,
    /// Its payments, counted.
    pub transactions: u64,
    /// Who mined it, where that was seen.
    pub miner: Option<Name>,
}

/// Where a payment is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Whereabouts {
    /// The payment, where one of the nodes shows it.
    pub transaction: Option<Transaction>,
    /// What each node that knows it says.
    pub places: Vec<NodePlace>,
}

/// Where a payment is at one node.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NodePlace {
    /// The node.
    pub node: Name,
    /// What it says, as `GET tx/ID` does.
    pub place: serde_json::Value,
}
