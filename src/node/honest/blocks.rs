//! Taking blocks in.

use super::inbox::{Content, Item, Key};
use super::link::Thing;
use super::pool::Rebuilt;
use super::*;
use crate::ledger::{Block, Changes, ConnectError, Inserted};
use crate::node::{About, Offence};

/// What blocks did to the main chain.
#[derive(Debug, Default)]
struct Moves {
    tip_moved: bool,
    /// Blocks that left the main chain, in chain order.
    left: Vec<Block>,
}

impl<S: Store> HonestNode<S> {
    /// Does at no cost what costs nothing: drops ready blocks that are known, and asks for the parents
    /// of those that cannot be connected.
    pub(super) fn sort_out_blocks(&mut self) {
        if self.inbox.blocks.is_empty() {
            return;
        }
        let mut in_order: Vec<(u64, Key)> = Vec::with_capacity(self.inbox.blocks.len());
        let mut coming = BTreeSet::new();
        for (key, item) in &self.inbox.blocks {
            match &item.content {
                Content::Block(block) => in_order.push((block.id(), key.clone())),
                content => coming.extend(content.blocks().iter().map(Block::hash)),
            }
        }
        in_order.sort_unstable();
        for (_, key) in in_order {
            let Some(Content::Block(block)) = self.inbox.blocks.get(&key).map(|item| &item.content)
            else {
                continue;
            };
            let (hash, parent) = (block.hash(), block.header().previous_block_hash);
            if self.ledger.contains(&hash) {
                self.drop_block(key, None);
            } else if self.ledger.contains(&parent) || coming.contains(&parent) {
                coming.insert(hash);
            } else {
                self.drop_block(key, Some((hash, parent)));
            }
        }
        self.drop_known_chains();
    }

    /// Drops a block that is known, or one whose parent is not: then what leads up to it is asked for.
    fn drop_block(&mut self, key: Key, orphan: Option<(Hash, Hash)>) {
        let Some(item) = self.inbox.blocks.remove(&key) else {
            return;
        };
        self.note_blocks_said(&key, &item);
        let from = key.from.clone();
        self.taken(key, &item.content);
        match (orphan, from) {
            (None, _) => {}
            (Some((hash, _)), Some(from)) => self.announced(from, hash),
            (Some((hash, parent)), None) => {
                let reason = ConnectError::UnknownParent { parent }.to_string();
                self.tell(Event::Refused {
                    from: None,
                    about: Some(About::Block(hash)),
                    reason: reason.into(),
                });
            }
        }
    }

    /// Answers that bring nothing new cost nothing.
    fn drop_known_chains(&mut self) {
        let is_known = |item: &Item| {
            matches!(&item.content, Content::Chain(blocks)
                if blocks.iter().all(|block| self.ledger.contains(&block.hash())))
        };
        let known = self.inbox.blocks.iter().filter(|(_, item)| is_known(item));
        for key in known.map(|(key, _)| key.clone()).collect::<Vec<_>>() {
            let from = key.from.clone();
            self.drop_block(key, None);
            self.answered(from.as_ref(), false);
        }
    }

    /// Takes in all blocks that are ready; whether the tip moved.
    pub(super) fn take_blocks(&mut self) -> bool {
        let mut moves = Moves::default();
        // A block may come before its parent in the order. Those that can be connected are taken in
        // rounds; one whose parent came later in the order has its turn in the round after that.
        let mut turns = BTreeMap::new();
        let mut orphans: BTreeMap<Hash, Vec<(Key, Item)>> = BTreeMap::new();
        for (key, item) in std::mem::take(&mut self.inbox.blocks) {
            match self.missing_parent(&item.content) {
                None => drop(turns.insert((0, key), item)),
                Some(parent) => orphans.entry(parent).or_default().push((key, item)),
            }
        }
        while let Some(((round, key), item)) = turns.pop_first() {
            let came: Vec<Hash> = item.content.blocks().iter().map(Block::hash).collect();
            self.take_item(key.clone(), item, &mut moves);
            for parent in came {
                if !orphans.contains_key(&parent) || !self.ledger.contains(&parent) {
                    continue;
                }
                for (child, item) in orphans.remove(&parent).into_iter().flatten() {
                    turns.insert((round + u64::from(child < key), child), item);
                }
            }
        }
        let orphans: BTreeMap<Key, Item> = orphans.into_values().flatten().collect();
        for (key, item) in orphans {
            self.take_item(key, item, &mut moves);
        }
        self.after_moves(moves)
    }

    /// The parent of the first block, when the tree does not have it.
    fn missing_parent(&self, content: &Content) -> Option<Hash> {
        let parent = content.blocks().first()?.header().previous_block_hash;
        (!self.ledger.contains(&parent)).then_some(parent)
    }

    fn take_item(&mut self, key: Key, item: Item, moves: &mut Moves) {
        self.note_blocks_said(&key, &item);
        let from = key.from.clone();
        self.taken(key, &item.content);
        let mut news = false;
        let is_chain = matches!(item.content, Content::Chain(_));
        for block in item.content.blocks() {
            let (hash, parent) = (block.hash(), block.header().previous_block_hash);
            match (self.insert(block.clone(), moves), &from) {
                (Ok(is_new), _) => news |= is_new,
                (Err(ConnectError::UnknownParent { .. }), Some(from)) if !is_chain => {
                    self.announced(from.clone(), hash);
                }
                (Err(error), from) => {
                    debug_assert_ne!(parent, hash, "no block is its own parent");
                    // After a reset an answer may stand on what was forgotten.
                    let forged = !matches!(error, ConnectError::UnknownParent { .. });
                    let about = Some(About::Block(hash));
                    let reason = error.to_string();
                    match from {
                        Some(peer) if forged && self.is_of_this_link(peer, item.arrival) => {
                            self.offended(Some(peer.clone()), about, Offence::ForgedBlock, reason);
                        }
                        from => self.tell(Event::Refused {
                            from: from.clone(),
                            about,
                            reason: reason.into(),
                        }),
                    }
                    break;
                }
            }
        }
        if is_chain {
            self.answered(from.as_ref(), news);
        }
    }

    /// Adds a block of this node's own.
    pub(super) fn join(&mut self, block: Block) {
        let mut moves = Moves::default();
        let inserted = self.insert(block, &mut moves);
        debug_assert_eq!(
            inserted,
            Ok(true),
            "a candidate is payable at the tip it was made for"
        );
        self.after_moves(moves);
    }

    /// Inserts a block into the tree; whether it is new there.
    fn insert(&mut self, block: Block, moves: &mut Moves) -> Result<bool, ConnectError> {
        let (id, hash) = (block.id(), block.hash());
        let previous_block_hash = block.header().previous_block_hash;
        let transactions = block.transactions().len();
        let insertion = self.ledger.insert(block);
        self.keep_changes(insertion.changes);
        let main = match insertion.outcome? {
            Inserted::Known => return Ok(false),
            Inserted::Side => false,
            Inserted::Extended => true,
            Inserted::Reorganised { left, joined } => {
                self.tell(Event::Reorganisation {
                    fork: joined[0].id() - 1,
                    left: left.iter().map(Block::hash).collect(),
                    joined: joined.iter().map(Block::hash).collect(),
                });
                moves.left.extend(left);
                true
            }
        };
        moves.tip_moved |= main;
        self.tell(Event::Block {
            id,
            hash,
            previous_block_hash,
            transactions,
            main,
        });
        Ok(true)
    }

    /// A step of the ledger must last.
    pub(super) fn keep_changes(&mut self, changes: Changes) {
        if self.persists && !changes.is_empty() {
            self.persist.ledger.push(changes);
        }
    }

    /// Brings pool and waiting list up to the new tip, which is to be sent on; whether it moved.
    fn after_moves(&mut self, moves: Moves) -> bool {
        if moves.tip_moved {
            self.relay_tip = true;
            if matches!(self.costs.mining, MiningCost::UntilFound { .. }) {
                self.drop_work();
            }
            let mut seen = BTreeSet::new();
            let left = moves.left.iter().flat_map(|block| block.transactions());
            let returned = left
                .filter(|transaction| self.ledger.block_of(&transaction.id).is_none())
                .filter(|transaction| seen.insert(transaction.id))
                .cloned()
                .collect();
            let rebuilt = self.pool.rebuild(self.ledger.store(), returned);
            self.tell_rebuilt(rebuilt);
            self.try_waiting();
        }
        moves.tip_moved
    }

    fn tell_rebuilt(&mut self, rebuilt: Rebuilt) {
        for transaction in rebuilt.paid {
            self.tell_paid(transaction);
        }
        for (order, transaction) in rebuilt.returned {
            self.entered_pool(order, transaction);
        }
        for transaction in rebuilt.left_over {
            self.wait(transaction);
        }
        self.tell_waiting();
    }

    /// Says that a kept payment is in a block of the main chain. Where it is in none, another one of its id
    /// is kept, which stays.
    pub(super) fn tell_paid(&mut self, transaction: Transaction) {
        if let Some(id) = self.ledger.block_of(&transaction.id) {
            self.record(Record::Dropped { id: transaction.id });
            self.tell(Event::Payment {
                transaction,
                place: Place::Block { id },
            });
        }
    }

    fn note_blocks_said(&mut self, key: &Key, item: &Item) {
        let Some(from) = &key.from else { return };
        // Of a long answer only the end can be announced again.
        if let Some(last) = item.content.blocks().last() {
            self.note_said(from, item.arrival, Thing::Block(last.hash()));
        }
    }
}
