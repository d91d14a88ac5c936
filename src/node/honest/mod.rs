//! The honest node.

mod blocks;
mod catch_up;
mod clock;
mod config;
mod inbox;
mod link;
mod messages;
mod mining;
mod outline;
mod packed;
mod payments;
mod pool;
mod receive;
mod refill;
mod refused;
mod request;
mod restore;
mod saved;
mod state;

use std::collections::{BTreeMap, BTreeSet};

pub use config::{Config, Costs, MiningCost};
pub use inbox::{CROWDED_INBOX, CROWDED_SHARE, MAX_INBOX, MAX_INBOX_GONE, MAX_LATENCY_GONE};
pub use link::{MAX_KNOWN, Thing};
pub use outline::{MiningProgress, Outline, RECENT_BLOCKS, RECENT_PAYMENTS};
pub use pool::{MAX_POOL, MAX_WAITING};
pub use request::RequestError;
pub use restore::StateError;
pub use saved::{Saved, SavedMessage};
pub use state::State;

pub use catch_up::PATIENCE;

use self::catch_up::CatchUp;
use self::clock::Busy;
use self::inbox::Inbox;
use self::link::Link;
use self::mining::Work;
use self::pool::{Pool, Queue, Waiting};
use self::refused::RefusedPayments;
use super::message::Message;
use super::{
    Answer, Effect, Event, Input, Name, Node, Payment, Persist, Place, Record, Search, Status,
};
use crate::ledger::{
    Checker, GenesisError, Hash, Ledger, MAX_BLOCK_TRANSACTIONS, MAX_SAFE_INTEGER, MemoryStore,
    Store, Transaction, TxId,
};

/// The node that keeps the rules: what the daemon runs and what a simulation compares others with.
/// [`Node`] has the contract and an example.
///
/// Each clock it does one thing, and that is its status: it goes on with what it began; else sends on
/// what it received or mined, blocks before payments; else takes in the blocks that are ready; else
/// takes up what has waited longest, a mine request or payments; else it is idle. What it knows
/// already costs nothing.
#[derive(Debug, Clone)]
pub struct HonestNode<S = MemoryStore> {
    name: Name,
    costs: Costs,
    ledger: Ledger<S>,
    checker: Checker,
    started: bool,
    clock: u64,
    status: Status,
    /// The clock the node is living up to.
    target: u64,
    /// Whether the present clock is not over because a nonce is missing.
    standing: bool,
    /// The wall time that came with the last clock, seconds since 1970 UTC.
    wall: i64,
    /// Makes the ids of this run's payments its own.
    salt: u64,
    /// Ids made, messages sent, things that arrived and searches asked for so far.
    issued: u64,
    sequence: u64,
    arrivals: u64,
    searches: u64,
    /// The most payments it puts into a block.
    block_limit: usize,
    /// How many clocks a peer may take to answer before another one is asked.
    patience: u64,
    /// Whether it says what must last.
    persists: bool,
    links: BTreeMap<Name, Link>,
    inbox: Inbox,
    queue: Queue,
    /// The clock from which on a mine request waits, and its place among all arrivals.
    mine: Option<(u64, u64)>,
    busy: Option<Busy>,
    work: Option<Work>,
    pool: Pool,
    waiting: Waiting,
    refused: RefusedPayments,
    /// The ids of all payments that this node's controller added: they are never given up, also not
    /// after they were in a block that left the chain.
    accepted: BTreeSet<TxId>,
    /// Whether the tip is to be sent on.
    relay_tip: bool,
    /// Payments to be sent on, in order.
    relay: Vec<Transaction>,
    catch_up: CatchUp,
    persist: Persist,
    effects: Vec<Effect<Message>>,
}

impl HonestNode {
    /// A node in memory.
    ///
    /// # Errors
    /// A [`GenesisError`] when its network cannot be.
    pub fn new(config: Config) -> Result<Self, GenesisError> {
        let ledger = Ledger::new(&config.genesis)?;
        Ok(Self::with_ledger(config, ledger))
    }
}

impl<S: Store> HonestNode<S> {
    /// A node over a ledger of its own; the configuration's genesis is the ledger's.
    pub fn with_ledger(config: Config, ledger: Ledger<S>) -> Self {
        Self {
            name: config.name,
            costs: config.costs,
            checker: Checker::new(ledger.rules().clone()),
            ledger,
            started: false,
            clock: 0,
            status: Status::Idle,
            target: 0,
            standing: false,
            wall: 0,
            salt: 0,
            issued: 0,
            sequence: 0,
            arrivals: 0,
            searches: 0,
            block_limit: MAX_BLOCK_TRANSACTIONS,
            patience: PATIENCE,
            persists: true,
            links: BTreeMap::new(),
            inbox: Inbox::default(),
            queue: Queue::default(),
            mine: None,
            busy: None,
            work: None,
            pool: Pool::default(),
            waiting: Waiting::default(),
            refused: RefusedPayments::default(),
            accepted: BTreeSet::new(),
            relay_tip: false,
            relay: Vec::new(),
            catch_up: CatchUp::default(),
            persist: Persist::default(),
            effects: Vec::new(),
        }
    }

    /// The same node, which from now on puts no more than `limit` payments into a block it mines, and none
    /// above [`MAX_BLOCK_TRANSACTIONS`]. It passes them on like any other.
    pub fn with_block_limit(mut self, limit: usize) -> Self {
        self.block_limit = limit.min(MAX_BLOCK_TRANSACTIONS);
        self
    }

    /// The same node, which waits so many clocks for a peer's answer before it asks another one, besides the
    /// link's latency; otherwise [`PATIENCE`]. Where a clock is shorter than a message's way, it needs more.
    pub fn with_patience(mut self, clocks: u64) -> Self {
        self.patience = clocks;
        self
    }

    /// The same node, which gives out no [`Effect::Persist`]: a driver that would drop it anyway, as a
    /// simulation does, saves the time to make it.
    pub fn without_persist(mut self) -> Self {
        self.persists = false;
        self
    }

    /// The node's name.
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// The ledger.
    pub fn ledger(&self) -> &Ledger<S> {
        &self.ledger
    }

    /// The pool: payments that can be paid one after the other at the tip, in that order.
    pub fn pool(&self) -> impl Iterator<Item = &Transaction> {
        self.pool.iter()
    }

    /// The number of payments in the pool.
    pub fn pool_len(&self) -> usize {
        self.pool.len()
    }

    /// Payments that were added and wait for their clock, then those that cannot be paid yet.
    pub fn waiting(&self) -> impl Iterator<Item = &Transaction> {
        let queued = self.queue.iter().map(|queued| &queued.transaction);
        queued.chain(self.waiting.iter().map(|(transaction, _)| transaction))
    }

    /// The number of messages in the inbox.
    pub fn inbox_len(&self) -> usize {
        self.inbox.len()
    }

    /// The peers whose links are up, ordered by name.
    pub fn peers(&self) -> impl Iterator<Item = &Name> {
        self.links.keys()
    }

    /// Where a payment is; `None` when nothing is known of it.
    pub fn place(&self, id: &TxId) -> Option<Place> {
        if let Some(id) = self.ledger.block_of(id) {
            Some(Place::Block { id })
        } else if self.pool.get(id).is_some() {
            Some(Place::Pool)
        } else if self
            .queue
            .get(id)
            .or_else(|| self.waiting.get(id))
            .is_some()
        {
            Some(Place::Waiting)
        } else {
            self.refused.reason(id).map(|reason| Place::Refused {
                reason: reason.to_owned(),
            })
        }
    }

    fn start(&mut self, salt: u64) -> Result<Answer, RequestError> {
        if !self.started {
            self.started = true;
            self.salt = salt;
            self.record(Record::Started { salt });
            self.tell(Event::Started);
        }
        Ok(Answer::Done)
    }

    /// Everything goes but the links, the name and what counts messages, so that none of before is
    /// taken for one of after.
    fn reset(&mut self, salt: u64) -> Result<Answer, RequestError> {
        self.check_started()?;
        if self.work.is_some() {
            self.effects.push(Effect::CancelSearch);
        }
        self.ledger.reset();
        (self.clock, self.target, self.standing) = (0, 0, false);
        self.status = Status::Idle;
        (self.salt, self.issued) = (salt, 0);
        (self.busy, self.work, self.mine) = (None, None, None);
        self.relay_tip = false;
        self.relay.clear();
        self.inbox = Inbox::default();
        self.queue = Queue::default();
        self.pool = Pool::default();
        self.waiting = Waiting::default();
        self.refused = RefusedPayments::default();
        self.accepted = BTreeSet::new();
        self.catch_up = CatchUp::default();
        for link in self.links.values_mut() {
            *link = Link {
                latency: link.latency,
                ..Link::default()
            };
        }
        self.persist = Persist::default();
        self.record(Record::Reset { salt });
        self.tell(Event::Reset);
        Ok(Answer::Done)
    }

    fn ask_to_mine(&mut self) -> Result<Answer, RequestError> {
        self.check_started()?;
        if self.mine.is_none() {
            self.mine = Some((self.clock + 1, self.next_arrival()));
            self.record(Record::Mine { waits: true });
        }
        Ok(Answer::Done)
    }

    fn check_started(&self) -> Result<(), RequestError> {
        if self.started {
            Ok(())
        } else {
            Err(RequestError::NotStarted)
        }
    }

    fn next_arrival(&mut self) -> u64 {
        self.arrivals += 1;
        self.arrivals
    }

    fn tell(&mut self, event: Event) {
        self.effects.push(Effect::Event(event));
    }

    fn record(&mut self, record: Record) {
        if self.persists {
            self.persist.records.push(record);
        }
    }

    /// The effects of the input at hand, what must last first.
    fn take_effects(&mut self) -> Vec<Effect<Message>> {
        let mut effects = std::mem::take(&mut self.effects);
        if !self.persist.ledger.is_empty() || !self.persist.records.is_empty() {
            let persist = Persist {
                clock: self.clock,
                ..std::mem::take(&mut self.persist)
            };
            effects.insert(0, Effect::Persist(persist));
        }
        effects
    }
}

impl<S: Store> Node for HonestNode<S> {
    type Message = Message;

    fn handle(&mut self, input: Input<Message>) -> Vec<Effect<Message>> {
        match input {
            // A state tells the salt, and JSON readers see no number above exactly.
            Input::Start { salt } => self.answer(|node| node.start(salt & MAX_SAFE_INTEGER)),
            Input::Reset { salt } => self.answer(|node| node.reset(salt & MAX_SAFE_INTEGER)),
            Input::Mine => self.answer(Self::ask_to_mine),
            Input::Pay(payment) => self.answer(|node| node.pay(payment)),
            Input::AddBlock(block) => self.answer(|node| node.add_block(block)),
            Input::Clock { to, wall } => {
                self.answer(|node| node.check_clock(to));
                if self.started && (self.clock..=MAX_SAFE_INTEGER).contains(&to) {
                    self.move_clock(to, wall);
                }
            }
            Input::PeerUp { peer, latency } => self.peer_up(peer, latency),
            Input::PeerDown { peer } => self.peer_down(&peer),
            Input::Message { from, message } => self.receive(&from, message),
            Input::NonceFound { search, nonce } => self.nonce_found(search, nonce),
        }
        self.take_effects()
    }

    fn next_clock(&self) -> Option<u64> {
        self.next_busy_clock()
    }

    fn clock(&self) -> u64 {
        self.clock
    }

    fn status(&self) -> Status {
        self.status
    }

    fn is_started(&self) -> bool {
        self.started
    }

    fn promises(message: &Message) -> bool {
        message.body.kind() != super::Kind::ReqChain
    }
}

impl<S: Store> HonestNode<S> {
    fn answer(&mut self, request: impl FnOnce(&mut Self) -> Result<Answer, RequestError>) {
        let answer = request(self);
        self.effects.push(Effect::Answer(answer));
    }
}
