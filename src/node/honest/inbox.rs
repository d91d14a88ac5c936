//! What arrived and was not taken up yet.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ledger::{Block, Hash, Transaction};
use crate::node::{Body, Message, Name};

/// The most that waits in the inbox from one peer: a payment counts 1, a block 1 and its payments,
/// a question 1. The answer to a question of ours does not count: there is one at most. It leaves room
/// for the whole pool of a peer, which comes when a link comes up.
pub const MAX_INBOX: usize = 16_384;

/// The most that waits in the inbox from peers whose links are gone, all together. The messages of one
/// more are dropped as it goes: what they said comes with the exchange on its next link.
pub const MAX_INBOX_GONE: usize = 4 * MAX_INBOX;

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

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    Block(Block),
    Chain(Vec<Block>),
    Payment(Transaction),
    Question(Question),
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
            Self::Block(block) => Body::NewBlock(block.to_unchecked()),
            Self::Payment(transaction) => Body::NewTx(transaction.clone()),
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

    /// Blocks, of either kind.
    pub(super) fn blocks(&self) -> &[Block] {
        match self {
            Self::Block(block) => std::slice::from_ref(block),
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

#[derive(Debug, Clone, Default)]
pub(super) struct Inbox {
    coming: BTreeMap<(u64, Key), Item>,
    /// Blocks and chains that are ready.
    pub(super) blocks: BTreeMap<Key, Item>,
    /// Payments that are ready.
    pub(super) payments: BTreeMap<Key, Item>,
    /// Every message's key, and the clock from which on it is ready: a key is here once.
    keys: BTreeMap<Key, u64>,
    /// By peer; there is no entry for 0.
    load: BTreeMap<Option<Name>, usize>,
}

impl Inbox {
    /// Whether `content` fits what may wait from this peer.
    pub(super) fn has_room(&self, from: &Option<Name>, content: &Content) -> bool {
        self.load.get(from).unwrap_or(&0) + content.load() <= MAX_INBOX
    }

    /// Takes in a message. There must be none with its key.
    pub(super) fn insert(&mut self, key: Key, item: Item) {
        self.add_load(&key.from, item.content.load());
        let before = self.keys.insert(key.clone(), item.ready);
        debug_assert_eq!(before, None, "a key is in the inbox once");
        self.coming.insert((item.ready, key), item);
    }

    pub(super) fn contains(&self, key: &Key) -> bool {
        self.keys.contains_key(key)
    }

    /// Where a message with this key is here, the highest number with its stamp and sender.
    pub(super) fn last_like(&self, key: &Key) -> Option<u64> {
        self.keys.get(key)?;
        let highest = Key {
            sequence: u64::MAX,
            ..key.clone()
        };
        let (last, _) = self.keys.range(key..=&highest).next_back()?;
        Some(last.sequence)
    }

    /// Takes out the message with this key, ready or not, if it is here; it is to be released.
    pub(super) fn take(&mut self, key: &Key) -> Option<Content> {
        let ready = *self.keys.get(key)?;
        let item = self
            .coming
            .remove(&(ready, key.clone()))
            .or_else(|| self.blocks.remove(key))
            .or_else(|| self.payments.remove(key));
        item.map(|item| item.content)
    }

    /// What waits from peers that `is_gone` says are gone, counted as for [`MAX_INBOX`].
    pub(super) fn load_of(&self, is_gone: impl Fn(&Name) -> bool) -> usize {
        let gone = |(from, _): &(&Option<Name>, &usize)| from.as_ref().is_some_and(&is_gone);
        self.load.iter().filter(gone).map(|(_, load)| load).sum()
    }

    /// Takes out all that waits from a peer.
    pub(super) fn take_from(&mut self, peer: &Name) -> Vec<(Key, Content)> {
        let is_from = |key: &Key| key.from.as_ref() == Some(peer);
        let (theirs, others) = std::mem::take(&mut self.coming)
            .into_iter()
            .partition(|((_, key), _)| is_from(key));
        self.coming = others;
        let theirs: BTreeMap<(u64, Key), Item> = theirs;
        let mut taken: Vec<(Key, Item)> = theirs
            .into_iter()
            .map(|((_, key), item)| (key, item))
            .collect();
        for ready in [&mut self.blocks, &mut self.payments] {
            let (theirs, others): (BTreeMap<_, _>, _) = std::mem::take(ready)
                .into_iter()
                .partition(|(key, _)| is_from(key));
            *ready = others;
            taken.extend(theirs);
        }
        let content = |(key, item): (Key, Item)| (key, item.content);
        taken.into_iter().map(content).collect()
    }

    /// The clock at which the next message that is not ready yet becomes so.
    pub(super) fn next_ready(&self) -> Option<u64> {
        self.coming.keys().next().map(|(ready, _)| *ready)
    }

    /// Makes ready what is due at `clock`. Questions are returned, in order, and leave the inbox.
    pub(super) fn ripen(&mut self, clock: u64) -> Vec<(Key, Question)> {
        let mut questions = BTreeMap::new();
        while let Some(entry) = self.coming.first_entry() {
            if entry.key().0 > clock {
                break;
            }
            let ((_, key), item) = entry.remove_entry();
            match item.content {
                Content::Question(question) => {
                    questions.insert(key, question);
                }
                Content::Payment(_) => {
                    self.payments.insert(key, item);
                }
                Content::Block(_) | Content::Chain(_) => {
                    self.blocks.insert(key, item);
                }
            }
        }
        questions.into_iter().collect()
    }

    /// Gives back the room of something that was taken out.
    pub(super) fn release(&mut self, key: &Key, content: &Content) {
        self.keys.remove(key);
        if let Some(load) = self.load.get_mut(&key.from) {
            *load -= content.load();
            if *load == 0 {
                self.load.remove(&key.from);
            }
        }
    }

    fn add_load(&mut self, from: &Option<Name>, load: usize) {
        if load > 0 {
            *self.load.entry(from.clone()).or_insert(0) += load;
        }
    }

    /// The number of messages, ready or not.
    pub(super) fn len(&self) -> usize {
        self.coming.len() + self.blocks.len() + self.payments.len()
    }

    /// Every message, ready or not, in no particular order but always the same.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Key, &Item)> {
        let coming = self.coming.iter().map(|((_, key), item)| (key, item));
        coming.chain(&self.blocks).chain(&self.payments)
    }
}
