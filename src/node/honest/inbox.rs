//! What arrived and was not taken up yet.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::packed::{Mark, Packed};
use crate::ledger::{Block, Hash, Transaction};
use crate::node::{Body, Message, Name};

/// The most that waits in the inbox from one peer: a payment counts 1, a block 1 and its payments,
/// a question 1. The answer to a question of ours does not count: there is one at most. It leaves room
/// for the whole pool of a peer, which comes when a link comes up.
pub const MAX_INBOX: usize = 12_288;

/// The most that waits in the inbox from peers whose links are gone, all together. The messages of one
/// more are dropped as it goes: what they said comes with the exchange on its next link.
pub const MAX_INBOX_GONE: usize = MAX_INBOX;

/// From so much on that waits in the inbox from all peers together, counted as for [`MAX_INBOX`], it is
/// crowded. Then a payment that waits already is not kept twice: the pools of honest peers are much the same,
/// and come from all of them at once when a node joins. And a peer of which [`CROWDED_SHARE`] waits gets no
/// more payments and blocks in; who floods under many names only takes the room of its own.
pub const CROWDED_INBOX: usize = MAX_INBOX;

/// How much of a peer's is taken into a crowded inbox: 128 links, which is how many a daemon has, fill it
/// once more at most, but for what a block has beyond this.
pub const CROWDED_SHARE: usize = CROWDED_INBOX / 128;

/// The most clocks over which a peer's messages are kept after its link is gone. It chooses the latency, and
/// what is not taken up for so long would take others' room.
pub const MAX_LATENCY_GONE: u64 = 1_000;

/// What orders messages that are ready at one clock.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) stamp: u64,
    /// `None` is a controller.
    pub(super) from: Option<Name>,
    pub(super) sequence: u64,
}

/// A peer's question for blocks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Question {
    pub(super) sequence: u64,
    pub(super) locator: Vec<Hash>,
}

/// What a message says. There may be very many payments: what is larger stands away from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    Block(Box<Block>),
    Chain(Vec<Block>),
    Payment(Packed),
    Question(Box<Question>),
}

impl Content {
    fn load(&self) -> usize {
        match self {
            Self::Block(block) => 1 + block.transactions().len(),
            Self::Chain(_) => 0,
            Self::Payment(_) | Self::Question(_) => 1,
        }
    }

    /// The message that this was in, as it was kept. What an answer answered does not matter any more: that
    /// was checked when it arrived.
    pub(super) fn message(&self, key: &Key) -> Message {
        let body = match self {
            Self::Block(block) => Body::NewBlock(Box::new(block.to_unchecked())),
            Self::Payment(payment) => Body::NewTx(payment.open()),
            Self::Question(question) => Body::ReqChain(question.locator.clone()),
            Self::Chain(blocks) => Body::Chain {
                answers: 0,
                blocks: blocks.iter().map(Block::to_unchecked).collect(),
            },
        };
        Message {
            stamp: key.stamp,
            sequence: key.sequence,
            body,
        }
    }

    pub(super) fn payment(&self) -> Option<&Packed> {
        match self {
            Self::Payment(payment) => Some(payment),
            _ => None,
        }
    }

    /// Blocks, of either kind.
    pub(super) fn blocks(&self) -> &[Block] {
        match self {
            Self::Block(block) => std::slice::from_ref(&**block),
            Self::Chain(blocks) => blocks,
            Self::Payment(_) | Self::Question(_) => &[],
        }
    }
}

/// A message with the clock from which on it is ready, and its place among all arrivals.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) ready: u64,
    pub(super) arrival: u64,
    pub(super) content: Content,
}

/// Up to so many keys are listed of those that become ready at one clock. Where more do, all that comes is looked
/// through then, which a peer can bring about at few clocks only: it has room for [`MAX_INBOX`] messages.
const FEW: usize = 1024;

/// What becomes ready at one clock. A flood does at one and the same: its keys are not kept twice.
#[derive(Debug, Clone)]
enum Due {
    Few(Vec<Key>),
    /// So many.
    Many(usize),
}

impl Default for Due {
    fn default() -> Self {
        Self::Few(Vec::new())
    }
}

impl Due {
    fn add(&mut self, key: &Key) {
        match self {
            Self::Few(keys) if keys.len() < FEW => keys.push(key.clone()),
            Self::Few(keys) => *self = Self::Many(keys.len() + 1),
            Self::Many(count) => *count += 1,
        }
    }

    fn remove(&mut self, key: &Key) {
        match self {
            Self::Few(keys) => keys.retain(|due| due != key),
            Self::Many(count) => *count -= 1,
        }
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::Few(keys) => keys.is_empty(),
            Self::Many(count) => *count == 0,
        }
    }
}

#[derive(Debug, Clone, Default)]
pub(super) struct Inbox {
    /// What is not ready yet.
    coming: BTreeMap<Key, Item>,
    /// Which of those become ready at which clock.
    due: BTreeMap<u64, Due>,
    /// Blocks and chains that are ready.
    pub(super) blocks: BTreeMap<Key, Item>,
    /// Payments that are ready.
    pub(super) payments: BTreeMap<Key, Item>,
    /// By peer; there is no entry for 0.
    load: BTreeMap<Option<Name>, usize>,
    /// What all peers have there.
    all: usize,
    /// How often each payment waits, by all that it is: known from when the inbox gets crowded until half of it
    /// is gone.
    payments_here: Option<HashMap<Mark, u32>>,
}

impl Inbox {
    /// Whether `content` fits what may wait from this peer.
    pub(super) fn has_room(&self, from: &Option<Name>, content: &Content) -> bool {
        self.load.get(from).unwrap_or(&0) + content.load() <= MAX_INBOX
    }

    fn is_crowded(&self) -> bool {
        self.all >= CROWDED_INBOX
    }

    /// Whether no payment and no block is taken from this peer until the inbox is emptier. Of one that fills
    /// [`MAX_INBOX`] alone [`Inbox::has_room`] tells.
    pub(super) fn is_shut_to(&self, from: &Name) -> bool {
        let load = || self.load.get(&Some(from.clone())).copied().unwrap_or(0);
        self.is_crowded() && (CROWDED_SHARE..MAX_INBOX).contains(&load())
    }

    /// Whether this very payment waits, as far as that is known.
    pub(super) fn repeats(&self, payment: &Transaction) -> bool {
        let here = self.payments_here.as_ref();
        here.is_some_and(|here| here.contains_key(&Packed::of(payment).mark()))
    }

    /// Takes in a message. There must be none with its key.
    pub(super) fn insert(&mut self, key: Key, item: Item) {
        self.add_load(&key.from, item.content.load());
        self.count_payment(&item.content);
        debug_assert!(!self.contains(&key), "a key is in the inbox once");
        self.due.entry(item.ready).or_default().add(&key);
        self.coming.insert(key, item);
    }

    /// Whether it has just become crowded, and [`Inbox::repeated`] has to be looked at.
    pub(super) fn gets_crowded(&self) -> bool {
        self.is_crowded() && self.payments_here.is_none()
    }

    /// The keys of payments that wait more than once, but for each one's that will be taken up first.
    pub(super) fn repeated(&mut self) -> Vec<Key> {
        let (mut here, mut repeated) = (HashMap::with_capacity(self.len()), Vec::new());
        let mut coming: Vec<_> = self.coming.iter().collect();
        coming.sort_unstable_by_key(|(key, item)| (item.ready, *key));
        for (key, item) in self.payments.iter().chain(coming) {
            let Some(payment) = item.content.payment() else {
                continue;
            };
            let count = here.entry(payment.mark()).or_insert(0);
            *count += 1;
            if *count > 1 {
                repeated.push(key.clone());
            }
        }
        self.payments_here = Some(here);
        repeated
    }

    fn count_payment(&mut self, content: &Content) {
        if let (Some(here), Some(payment)) = (&mut self.payments_here, content.payment()) {
            *here.entry(payment.mark()).or_insert(0) += 1;
        }
    }

    fn discount_payment(&mut self, content: &Content) {
        if self.all < CROWDED_INBOX / 2 {
            self.payments_here = None;
        }
        let (Some(here), Some(payment)) = (&mut self.payments_here, content.payment()) else {
            return;
        };
        let mark = payment.mark();
        if let Some(count) = here.get_mut(&mark) {
            *count -= 1;
            if *count == 0 {
                here.remove(&mark);
            }
        }
    }

    pub(super) fn contains(&self, key: &Key) -> bool {
        self.maps().iter().any(|map| map.contains_key(key))
    }

    /// Where a message with this key is here, the highest number with its stamp and sender.
    pub(super) fn last_like(&self, key: &Key) -> Option<u64> {
        if !self.contains(key) {
            return None;
        }
        let highest = Key {
            sequence: u64::MAX,
            ..key.clone()
        };
        let last = self.maps().map(|map| map.range(key..=&highest).next_back());
        let last = last.into_iter().flatten();
        last.map(|(last, _)| last.sequence).max()
    }

    /// Takes out the message with this key, ready or not, if it is here; it is to be released.
    pub(super) fn take(&mut self, key: &Key) -> Option<Item> {
        let Some(item) = self.coming.remove(key) else {
            let block = self.blocks.remove(key);
            return block.or_else(|| self.payments.remove(key));
        };
        if let Some(due) = self.due.get_mut(&item.ready) {
            due.remove(key);
            if due.is_empty() {
                self.due.remove(&item.ready);
            }
        }
        Some(item)
    }

    /// What waits from peers that `is_gone` says are gone, counted as for [`MAX_INBOX`].
    pub(super) fn load_of(&self, is_gone: impl Fn(&Name) -> bool) -> usize {
        let gone = |(from, _): &(&Option<Name>, &usize)| from.as_ref().is_some_and(&is_gone);
        self.load.iter().filter(gone).map(|(_, load)| load).sum()
    }

    /// The keys of all that waits from a peer, in order.
    pub(super) fn keys_from(&self, peer: &Name) -> Vec<Key> {
        let keys = self.iter().map(|(key, _)| key);
        let theirs = keys.filter(|key| key.from.as_ref() == Some(peer));
        let mut theirs: Vec<Key> = theirs.cloned().collect();
        theirs.sort_unstable();
        theirs
    }

    /// The clock at which the next message that is not ready yet becomes so.
    pub(super) fn next_ready(&self) -> Option<u64> {
        self.due.keys().next().copied()
    }

    /// Makes ready what is due at `clock`. Questions are returned, in order, and leave the inbox.
    pub(super) fn ripen(&mut self, clock: u64) -> Vec<(Key, Item)> {
        let mut questions = Vec::new();
        while let Some(due) = self.due.first_entry().filter(|due| *due.key() <= clock) {
            let ready = *due.key();
            match due.remove() {
                Due::Few(keys) => {
                    for key in keys {
                        let item = self.coming.remove(&key);
                        let item = item.expect("what is due is coming");
                        self.make_ready(key, item, &mut questions);
                    }
                }
                // What is not due goes back: a list of all that is would be as large as a flood.
                Due::Many(_) => {
                    for (key, item) in std::mem::take(&mut self.coming) {
                        if item.ready == ready {
                            self.make_ready(key, item, &mut questions);
                        } else {
                            self.coming.insert(key, item);
                        }
                    }
                }
            }
        }
        questions.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        questions
    }

    fn make_ready(&mut self, key: Key, item: Item, questions: &mut Vec<(Key, Item)>) {
        let map = match item.content {
            Content::Question(_) => return questions.push((key, item)),
            Content::Payment(_) => &mut self.payments,
            Content::Block(_) | Content::Chain(_) => &mut self.blocks,
        };
        map.insert(key, item);
    }

    /// Gives back the room of something that was taken out.
    pub(super) fn release(&mut self, key: &Key, content: &Content) {
        if let Some(load) = self.load.get_mut(&key.from) {
            *load -= content.load();
            self.all -= content.load();
            if *load == 0 {
                self.load.remove(&key.from);
            }
        }
        self.discount_payment(content);
    }

    fn add_load(&mut self, from: &Option<Name>, load: usize) {
        if load > 0 {
            *self.load.entry(from.clone()).or_insert(0) += load;
            self.all += load;
        }
    }

    /// The number of messages, ready or not.
    pub(super) fn len(&self) -> usize {
        self.maps().iter().map(|map| map.len()).sum()
    }

    /// Every message, ready or not, in no particular order but always the same.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Key, &Item)> {
        self.maps().into_iter().flatten()
    }

    fn maps(&self) -> [&BTreeMap<Key, Item>; 3] {
        [&self.coming, &self.blocks, &self.payments]
    }
}

#[cfg(test)]
mod tests;
