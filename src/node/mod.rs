//! What a node does: the [`Node`] trait, the honest node, statuses, messages and events. No I/O, no
//! clock reading, no randomness.

#![deny(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::disallowed_types
)]

mod event;
mod honest;
mod message;
mod name;
mod offence;
mod persist;

use serde::{Deserialize, Serialize};

pub use event::{About, Event, Place};
pub use honest::{
    CROWDED_INBOX, CROWDED_SHARE, Config, Costs, HonestNode, MAX_INBOX, MAX_INBOX_GONE, MAX_KNOWN,
    MAX_LATENCY_GONE, MAX_POOL, MAX_WAITING, MiningCost, MiningProgress, Outline, PATIENCE,
    RECENT_BLOCKS, RECENT_PAYMENTS, RequestError, Saved, SavedMessage, State, StateError, Thing,
};
pub use message::{Body, Kind, MAX_LOCATOR, MAX_MESSAGE_BYTES, Message};
pub use name::Name;
pub use offence::Offence;
pub use persist::{Persist, Record};

use crate::ledger::{Account, Difficulty, Header, Signature, TxId, UncheckedBlock, Value};

/// A node as a state machine: facts go in, effects come out, all of it plain data.
///
/// # Contract
/// **The driver** hands in one [`Input`] at a time and carries out the [`Effect`]s it gets back, in
/// their order; but for those that wait for a storage, before it hands in the next. It may log, compare
/// and replay both.
///
/// - [`Input::Start`] comes first. Links may come up before it; a node not started refuses every
///   request but reading, keeps what its peers send, and acts at its first tick.
/// - Each request of a controller ([`Input::Start`], [`Input::Reset`], [`Input::Clock`],
///   [`Input::Mine`], [`Input::Pay`], [`Input::AddBlock`]) is answered by exactly one
///   [`Effect::Answer`] among the effects of that very input. Other inputs are answered by none.
/// - [`Input::Clock`] answered well, the node lives every clock up to `to`, and says
///   [`Effect::Reached`] when it is there. That may be later: a node that mines stands still until
///   [`Input::NonceFound`] brings its nonce. Clocks asked for meanwhile raise where it is going to.
/// - [`Effect::Persist`] comes at most once an input and ahead of all else. A driver with storage lets
///   nothing of that input or a later one be seen before it lasts: nothing is sent, answered, shown,
///   read or acknowledged that a crash could take back. It may hand in the next input meanwhile, and
///   closes links and begins and ends searches at once. A write that is lost takes with it everything
///   after it: the driver goes on with a node made of what was written, in which no link is up, and
///   whose clock is not behind one that was shown. A driver without storage drops the effect. A message
///   that [`promises`](Node::promises) nothing may leave at once.
/// - [`Effect::Send`] goes to a peer that is up, in the order given. The transport acknowledges
///   messages on its own: once [`Input::Message`] was handled and what came of it lasts, unless its
///   effects close that link.
///   [`Effect::Reached`] comes once an arrival, not once a clock: whoever waits for a clock up to the one
///   it names is answered. A request for the present clock is granted and reached at once, unless the
///   node stands still; a refused one is followed by none. What a caller is told may wait, besides, for
///   the acknowledgements of what was sent until then.
/// - A reset forgets the clocks asked for before it: they are not reached.
/// - [`Effect::Close`] asks the driver to cut the link to a peer and then say [`Input::PeerDown`].
/// - [`Effect::Offence`] says that a peer is not honest. Whoever holds the links decides what follows;
///   the node itself goes on with that peer as with any other.
/// - [`Effect::Search`] asks for a nonce off to the side. At most one search runs: a new one or
///   [`Effect::CancelSearch`] ends the one before. Facts about searches that ended are ignored.
/// - [`Input::PeerUp`] and [`Input::PeerDown`] alternate for one name; messages come in between.
///   Inputs that do not fit (a message from a peer that is not up) are ignored.
///
/// **The node** never reads a clock, opens a socket, draws randomness, spawns, blocks or locks. Time
/// comes in with [`Input::Clock`], randomness with the salts. Nothing that a peer sends makes it
/// panic. The same inputs give the same outputs, byte for byte, so nothing that reaches an output may
/// be taken from an unordered collection. [`Node::next_clock`] says when it next has something to do,
/// so that time in between costs nothing.
///
/// The trait is for other behaviours as well as the [`HonestNode`]'s: a selfish miner wraps one and
/// holds back [`Effect::Send`]s (see `examples/selfish_miner.rs`), a leaner node says less with its
/// own [`Node::Message`]. A wrapper that drops a send should drop its [`Event::Sent`] too, put what it
/// sends later before [`Effect::Reached`], and give messages of its own sequence numbers that were not
/// used. The honest node inside believes that the peer knows what was held back. Nodes of other kinds
/// run under [`crate::driver`]; the daemon runs honest ones.
///
/// # Example
/// ```
/// use tickchain::node::{Config, Effect, Event, HonestNode, Input, Node, Status};
///
/// let mut node = HonestNode::new(Config::new("node1".parse()?))?;
/// node.handle(Input::Start { salt: 1 });
/// node.handle(Input::Mine);
/// let effects = node.handle(Input::Clock { to: 1, wall: 1_700_000_000 });
/// assert_eq!(node.status(), Status::Mining);
/// assert!(effects.iter().any(|effect| matches!(effect, Effect::Search(_))));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Node {
    /// What nodes of this kind say to each other.
    type Message: Clone + std::fmt::Debug + PartialEq + Send + 'static;

    /// Takes in one fact and returns what is to be done about it.
    fn handle(&mut self, input: Input<Self::Message>) -> Vec<Effect<Self::Message>>;

    /// The first clock after the present one at which this node has something to do, as far as it
    /// knows now; `None` when only an input can change that. A driver that ticks on its own may skip
    /// to it.
    fn next_clock(&self) -> Option<u64>;

    /// The clock the node has lived up to, or stands at because a nonce is missing.
    fn clock(&self) -> u64;

    /// What the node does at this clock.
    fn status(&self) -> Status;

    /// Whether it was started.
    fn is_started(&self) -> bool;

    /// Whether a crash must not take back what was persisted before this message. A question may be asked
    /// once more by who has forgotten it.
    fn promises(_message: &Self::Message) -> bool {
        true
    }
}

/// What a node does at a clock, named as in the documented API.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Nothing.
    #[default]
    Idle,
    /// It mines.
    Mining,
    /// It sends blocks on.
    BroadcastingBlock,
    /// It sends payments on.
    BroadcastingTx,
    /// It takes in blocks.
    ReceivingBlock,
    /// It takes payments into its pool.
    ReceivingTx,
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 6] = [
        Self::Idle,
        Self::Mining,
        Self::BroadcastingBlock,
        Self::BroadcastingTx,
        Self::ReceivingBlock,
        Self::ReceivingTx,
    ];

    /// The name in the documented API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Mining => "mining",
            Self::BroadcastingBlock => "broadcasting-block",
            Self::BroadcastingTx => "broadcasting-tx",
            Self::ReceivingBlock => "receiving-block",
            Self::ReceivingTx => "receiving-tx",
        }
    }
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A payment as a controller asks for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// The id, when the controller brings one: the same id again is the same payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<TxId>,
    /// Who pays.
    pub sender: Account,
    /// Who is paid.
    pub recipient: Account,
    /// How much.
    pub value: Value,
    /// Its number among the sender's payments, in networks that ask for signatures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
    /// The sender's signature, in networks that ask for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<Signature>,
}

/// A fact for a node. See [`Node`] for the contract.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Input<M> {
    /// The node is switched on. A second start changes nothing. Request.
    Start {
        /// A random number, of which 53 bits count, so that payments of this run get ids of their own.
        salt: u64,
    },
    /// Back to clock 0 and genesis; links stay. Request.
    Reset {
        /// As with [`Input::Start`].
        salt: u64,
    },
    /// The clock moves. Request.
    Clock {
        /// Where it moves to.
        to: u64,
        /// Wall time to stamp blocks with, seconds since 1970 UTC.
        wall: i64,
    },
    /// A block is to be mined. Request.
    Mine,
    /// A payment is to be added. Request.
    Pay(Payment),
    /// A block is to be taken as if from a peer. Request.
    AddBlock(UncheckedBlock),
    /// A link is up.
    PeerUp {
        /// The peer.
        peer: Name,
        /// The link's latency in clocks, of both ends' wishes the larger. The node waits it out in its
        /// inbox; the driver delivers at once.
        latency: u64,
    },
    /// A link is gone.
    PeerDown {
        /// The peer.
        peer: Name,
    },
    /// A peer said something.
    Message {
        /// The peer.
        from: Name,
        /// What it said.
        message: M,
    },
    /// A search found its nonce.
    NonceFound {
        /// The [`Search::id`] it was asked for with.
        search: u64,
        /// The nonce.
        nonce: u64,
    },
}

/// What a driver is to do. See [`Node`] for the contract.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Effect<M> {
    /// Write this before anything else is seen.
    Persist(Persist),
    /// Send a message.
    Send {
        /// The peer.
        to: Name,
        /// The message.
        message: M,
    },
    /// Cut the link to a peer.
    Close {
        /// The peer.
        peer: Name,
        /// Why, in a sentence for people.
        reason: String,
    },
    /// A peer did what no honest one does. It comes before the [`Effect::Close`] that may follow from
    /// it.
    Offence {
        /// The peer, whose link may be gone by now.
        peer: Name,
        /// What it did.
        offence: Offence,
    },
    /// Search a nonce.
    Search(Search),
    /// End the search that runs.
    CancelSearch,
    /// The answer to the request that was handed in.
    Answer(Result<Answer, RequestError>),
    /// The node has lived up to this clock and stops there.
    Reached {
        /// The clock.
        clock: u64,
    },
    /// Something to tell observers.
    Event(Event),
}

/// A request that was granted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// It is done, or will be.
    Done,
    /// The payment was accepted.
    Accepted {
        /// Its id.
        id: TxId,
    },
}

/// A nonce to be found: the first one that fits, counted from `start` and on from 0 after 2^53 − 1
/// (see [`crate::ledger::search::search_from`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// What [`Input::NonceFound`] has to bring back.
    pub id: u64,
    /// The header; its own nonce does not matter.
    pub header: Header,
    /// The proof of work it needs.
    pub difficulty: Difficulty,
    /// The nonce to start from.
    pub start: u64,
}
