//! What a node's records say, and a node that goes on from there.

use super::pool::Queued;
use super::*;

/// How many messages a node numbers in one life, as a power of two.
const LIFE_BITS: u32 = 32;

/// What a node keeps besides its ledger, as its records say.
///
/// ```
/// use tickchain::ledger::{Ledger, MemoryStore, Store};
/// use tickchain::node::{Config, Effect, HonestNode, Input, Node, Saved};
///
/// let config = Config::new("node1".parse()?);
/// let mut node = HonestNode::new(config.clone())?;
/// let (mut store, mut saved) = (node.ledger().store().clone(), Saved::default());
/// for input in [Input::Start { salt: 1 }, Input::Mine] {
///     if let Some(Effect::Persist(persist)) = node.handle(input).first() {
///         persist.ledger.iter().for_each(|changes| store.stage(changes));
///         saved.apply(persist);
///     }
/// }
/// // Some time later:
/// saved.lives += 1;
/// let ledger = Ledger::open(&config.genesis, store)?;
/// let mut again = HonestNode::resume(config, ledger, saved)?;
/// again.handle(Input::Clock { to: 1, wall: 0 });
/// assert_eq!(again.status(), tickchain::node::Status::Mining);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Saved {
    /// Its clock, as of the last thing that mattered.
    pub clock: u64,
    /// Whether it was started.
    pub started: bool,
    /// What makes the ids of this run's payments its own.
    pub salt: u64,
    /// The ids it has made.
    pub issued: u64,
    /// Whether a mine request waits, or a block is being mined for one.
    pub mine: bool,
    /// How often it was brought back. Its messages are numbered from `lives << 32` on, so that none is
    /// taken for one of before: whoever brings it back counts this up first, in a way that lasts.
    pub lives: u64,
    /// Payments that were accepted and wait for their clock.
    pub queue: Vec<Transaction>,
    /// The pool, each payment with its place, in order.
    pub pool: Vec<(i64, Transaction)>,
    /// Payments that cannot be paid yet, each with whether it was accepted here.
    pub waiting: Vec<(Transaction, bool)>,
    /// The ids of all payments that were accepted here, ordered.
    pub accepted: Vec<TxId>,
    /// What is in the inbox, in the order of arrival.
    pub inbox: Vec<SavedMessage>,
}

/// A message in the inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedMessage {
    /// From whom; `None` for a block that a controller added.
    pub from: Option<Name>,
    /// The clock from which on it can be taken up.
    pub ready: u64,
    /// The message.
    pub message: Message,
}

impl Saved {
    /// Takes in what changed, all but the ledger.
    pub fn apply(&mut self, persist: &Persist) {
        for record in &persist.records {
            self.take(record.clone());
        }
        self.clock = persist.clock;
    }

    fn take(&mut self, record: Record) {
        match record {
            Record::Started { salt } => (self.started, self.salt) = (true, salt),
            Record::Reset { salt } => {
                *self = Self {
                    started: true,
                    salt,
                    lives: self.lives,
                    ..Self::default()
                }
            }
            Record::Queued {
                transaction,
                issued,
            } => {
                self.issued = issued;
                self.accept(transaction.id);
                self.queue.push(transaction);
            }
            Record::Pooled { order, transaction } => {
                self.drop_payment(&transaction.id);
                let place = self.pool.partition_point(|(other, _)| *other < order);
                self.pool.insert(place, (order, transaction));
            }
            Record::Waiting {
                transaction,
                accepted,
            } => {
                self.drop_payment(&transaction.id);
                self.waiting.push((transaction, accepted));
            }
            Record::Dropped { id } => self.drop_payment(&id),
            Record::Received {
                from,
                ready,
                message,
            } => self.inbox.push(SavedMessage {
                from,
                ready,
                message,
            }),
            Record::Taken {
                from,
                stamp,
                sequence,
            } => {
                let taken = (&from, stamp, sequence);
                self.inbox.retain(|kept| {
                    (&kept.from, kept.message.stamp, kept.message.sequence) != taken
                });
            }
            Record::Restored(state) => {
                let lives = self.lives.max(state.counters.sequence >> LIFE_BITS);
                *self = Self {
                    lives,
                    ..Self::of(*state)
                };
            }
            Record::Mine { waits } => self.mine = waits,
        }
    }

    fn accept(&mut self, id: TxId) {
        if let Err(place) = self.accepted.binary_search(&id) {
            self.accepted.insert(place, id);
        }
    }

    /// A payment is in one place only.
    fn drop_payment(&mut self, id: &TxId) {
        self.queue.retain(|kept| kept.id != *id);
        self.pool.retain(|(_, kept)| kept.id != *id);
        self.waiting.retain(|(kept, _)| kept.id != *id);
    }

    /// What a node keeps that became what a document says.
    fn of(mut state: State) -> Self {
        state.inbox.sort_by_key(|item| item.arrival);
        let message = |item: super::state::ItemState| SavedMessage {
            from: item.from,
            ready: item.ready,
            message: item.message,
        };
        let mut saved = Self {
            clock: state.clock,
            started: state.started,
            salt: state.counters.salt,
            issued: state.counters.issued,
            mine: state.mine.is_some() || state.work.is_some(),
            lives: 0,
            queue: state.queue.into_iter().map(|q| q.transaction).collect(),
            pool: (0..).zip(state.pool).collect(),
            waiting: state.waiting,
            accepted: state.accepted,
            inbox: state.inbox.into_iter().map(message).collect(),
        };
        saved.accepted.sort_unstable();
        saved.accepted.dedup();
        for index in 0..saved.waiting.len() {
            if let (Transaction { id, .. }, true) = saved.waiting[index] {
                saved.accept(id);
            }
        }
        saved
    }
}

impl<S: Store> HonestNode<S> {
    /// A node that goes on from what its records said, over the ledger that goes with it. It has no
    /// links yet; a block that was being mined is begun anew.
    ///
    /// # Errors
    /// A [`StateError`] when what was saved contradicts itself, the ledger or its rules.
    pub fn resume(config: Config, ledger: Ledger<S>, saved: Saved) -> Result<Self, StateError> {
        let numbers = [saved.clock, saved.salt, saved.issued];
        if numbers.iter().any(|number| *number > MAX_SAFE_INTEGER) {
            let what = "a number is above 2^53 - 1";
            return Err(StateError::Contradiction { what });
        }
        let mut node = Self::with_ledger(config, ledger);
        (node.started, node.salt, node.issued) = (saved.started, saved.salt, saved.issued);
        (node.clock, node.target) = (saved.clock, saved.clock);
        node.sequence = saved.lives.min(MAX_SAFE_INTEGER >> LIFE_BITS) << LIFE_BITS;
        node.searches = node.sequence;
        node.accepted = saved.accepted.into_iter().collect();
        node.refill_pool(saved.pool)?;
        node.refill_waiting(saved.waiting)?;
        // A controller's blocks are numbered by their arrival: those to come must not be like these.
        let own = saved.inbox.iter().filter(|kept| kept.from.is_none());
        node.arrivals = own.map(|kept| kept.message.sequence).max().unwrap_or(0);
        for kept in saved.inbox {
            let arrival = node.next_arrival();
            node.refill_inbox(kept.from, kept.ready, arrival, kept.message)?;
        }
        let soon = saved.clock + 1;
        for transaction in saved.queue {
            let since = (soon, node.next_arrival());
            node.refill_queue([Queued { transaction, since }])?;
        }
        node.mine = saved.mine.then(|| (soon, node.next_arrival()));
        Ok(node)
    }
}
