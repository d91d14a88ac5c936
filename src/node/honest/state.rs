//! The whole node as a document.

use serde::{Deserialize, Serialize};

use super::inbox::{Item, Key, Question};
use super::pool::Queued;
use super::*;
use crate::ledger::UncheckedBlock;

/// The version of [`State`] that this node writes and reads.
pub(super) const VERSION: u32 = 1;

/// The whole node as one versioned document: what [`HonestNode::restore`] takes to go on as if nothing
/// had been.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// The version of this document.
    pub version: u32,
    /// The node.
    pub name: Name,
    /// Its network.
    pub network: Hash,
    /// Whether it was started.
    pub started: bool,
    /// Its clock.
    pub clock: u64,
    /// What it does at it.
    pub status: Status,
    pub(super) standing: bool,
    pub(super) wall: i64,
    pub(super) counters: Counters,
    /// Main-chain blocks above genesis.
    pub blocks: Vec<UncheckedBlock>,
    /// Side blocks, parents first.
    pub side: Vec<UncheckedBlock>,
    /// The pool, in order.
    pub pool: Vec<Transaction>,
    pub(super) queue: Vec<QueuedState>,
    pub(super) waiting: Vec<(Transaction, bool)>,
    #[serde(default)]
    pub(super) accepted: Vec<TxId>,
    pub(super) inbox: Vec<ItemState>,
    pub(super) mine: Option<(u64, u64)>,
    pub(super) busy: Option<Busy>,
    pub(super) work: Option<WorkState>,
    pub(super) relay_tip: bool,
    pub(super) relay: Vec<Transaction>,
    pub(super) links: Vec<LinkState>,
    pub(super) announcers: Vec<(Name, Hash)>,
    pub(super) asked: Option<(Name, u64)>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Counters {
    pub(super) salt: u64,
    pub(super) issued: u64,
    pub(super) sequence: u64,
    pub(super) arrivals: u64,
    pub(super) searches: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct QueuedState {
    pub(super) transaction: Transaction,
    pub(super) since: (u64, u64),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ItemState {
    pub(super) from: Option<Name>,
    pub(super) ready: u64,
    pub(super) arrival: u64,
    pub(super) message: Message,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct WorkState {
    pub(super) candidate: UncheckedBlock,
    pub(super) found: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LinkState {
    pub(super) peer: Name,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) since: u64,
    pub(super) known: Vec<Thing>,
    pub(super) question: Option<Question>,
    pub(super) asked: Option<u64>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) announced_more: bool,
}

impl State {
    /// The peers it has links to.
    pub fn peers(&self) -> impl Iterator<Item = &Name> {
        self.links.iter().map(|link| &link.peer)
    }

    /// The number of messages in the inbox.
    pub fn inbox_len(&self) -> usize {
        self.inbox.len()
    }

    /// Whether the present clock is not over because a nonce is missing.
    pub fn is_standing(&self) -> bool {
        self.standing
    }

    /// Whether a block is asked for that is not begun yet.
    pub fn is_asked_to_mine(&self) -> bool {
        self.mine.is_some()
    }
}

impl<S: Store> HonestNode<S> {
    /// The whole node as a document.
    pub fn state(&self) -> State {
        let chain = (1..=self.ledger.tip().id()).filter_map(|id| self.ledger.block_at(id));
        let side = self.side_hashes();
        let side = side.iter().filter_map(|hash| self.ledger.block(hash));
        State {
            blocks: chain.map(|block| block.to_unchecked()).collect(),
            side: side.map(|block| block.to_unchecked()).collect(),
            ..self.state_without_blocks(None)
        }
    }

    /// All but the blocks. Of what is remembered without end, what links know and the ids that were
    /// accepted, only those of `recent` are told, where that is given.
    pub(super) fn state_without_blocks(&self, recent: Option<&BTreeSet<Thing>>) -> State {
        State {
            version: VERSION,
            name: self.name.clone(),
            network: self.ledger.network_id(),
            started: self.started,
            clock: self.clock,
            status: self.status,
            standing: self.standing,
            wall: self.wall,
            counters: Counters {
                salt: self.salt,
                issued: self.issued,
                sequence: self.sequence,
                arrivals: self.arrivals,
                searches: self.searches,
            },
            blocks: Vec::new(),
            side: Vec::new(),
            pool: self.pool.iter().cloned().collect(),
            queue: self.queue.iter().map(QueuedState::of).collect(),
            waiting: self.waiting.iter().cloned().collect(),
            accepted: self.accepted_ids(recent),
            inbox: self.inbox_state(),
            mine: self.mine,
            busy: self.busy,
            work: self.work.as_ref().map(WorkState::of),
            relay_tip: self.relay_tip,
            relay: self.relay.clone(),
            links: self
                .links
                .iter()
                .map(|(peer, link)| LinkState::of(peer, link, recent))
                .collect(),
            announcers: self.catch_up.announcers.clone(),
            asked: self.catch_up.asked.clone(),
        }
    }

    /// The inbox in the order in which a restored node has it, so that states of one inbox are equal.
    fn inbox_state(&self) -> Vec<ItemState> {
        let mut items: Vec<(&Key, &Item)> = self.inbox.iter().collect();
        items.sort_unstable_by_key(|(key, item)| (item.ready, *key));
        let items = items.into_iter();
        items.map(|(key, item)| ItemState::of(key, item)).collect()
    }

    /// The ids of accepted payments: looked up from `recent`, since there may be any number.
    fn accepted_ids(&self, recent: Option<&BTreeSet<Thing>>) -> Vec<TxId> {
        let Some(recent) = recent else {
            return self.accepted.iter().copied().collect();
        };
        let ids = recent.iter().filter_map(|thing| match thing {
            Thing::Payment(id) => Some(*id),
            Thing::Block(_) => None,
        });
        ids.filter(|id| self.accepted.contains(id)).collect()
    }

    /// Side blocks, parents first.
    pub(super) fn side_hashes(&self) -> Vec<Hash> {
        let side = self.ledger.side_blocks();
        let entries = side.filter_map(|hash| Some((self.ledger.entry(hash)?.header.id, *hash)));
        let mut side: Vec<(u64, Hash)> = entries.collect();
        side.sort_unstable();
        side.into_iter().map(|(_, hash)| hash).collect()
    }
}

impl QueuedState {
    fn of(queued: &Queued) -> Self {
        Self {
            transaction: queued.transaction.clone(),
            since: queued.since,
        }
    }
}

impl WorkState {
    fn of(work: &Work) -> Self {
        Self {
            candidate: work.candidate.clone(),
            found: work.found,
        }
    }
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl LinkState {
    fn of(peer: &Name, link: &Link, recent: Option<&BTreeSet<Thing>>) -> Self {
        Self {
            peer: peer.clone(),
            since: link.since,
            known: link.known.told(recent),
            question: link.question.clone(),
            asked: link.asked,
            announced_more: link.announced_more,
        }
    }
}

impl ItemState {
    fn of(key: &Key, item: &Item) -> Self {
        Self {
            from: key.from.clone(),
            ready: item.ready,
            arrival: item.arrival,
            message: item.content.message(key),
        }
    }
}
