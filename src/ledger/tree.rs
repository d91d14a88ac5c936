//! The tree of blocks and its best tip.

use super::account::Account;
use super::block::Block;
use super::draft::{Draft, PaymentError};
use super::genesis::{Genesis, GenesisError, network_id};
use super::hash::{Hash, TxId};
use super::header::{Difficulty, Work};
use super::side::SideBlocks;
use super::store::{Changes, Entry, MemoryStore, Store, Undo};

/// Why a block does not join the tree, though its own contents may be in order.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The parent is not in the tree.
    #[error("the parent {parent} is not known")]
    UnknownParent {
        /// The parent's hash.
        parent: Hash,
    },
    /// The id does not follow the parent's.
    #[error("block id {id} does not follow its parent, whose next is {expected}")]
    Id {
        /// The block's id.
        id: u64,
        /// The parent's id plus one.
        expected: u64,
    },
    /// The timestamp lies before the parent's.
    #[error("timestamp {timestamp} lies before the parent's, {parent}")]
    Timestamp {
        /// Seconds since 1970 UTC.
        timestamp: i64,
        /// The parent's.
        parent: i64,
    },
    /// A payment of the block, or of one below it on its branch, cannot be paid. That block and all
    /// that stood on it are dropped from the tree.
    #[error("transaction {index} of block {block}: {error}")]
    Payment {
        /// The block with the payment.
        block: Hash,
        /// The payment's position in it.
        index: usize,
        /// What is wrong with it.
        error: PaymentError,
    },
}

/// What became of a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inserted {
    /// It was in the tree already.
    Known,
    /// It stands on a side branch.
    Side,
    /// It stands on the old tip and is the new one.
    Extended,
    /// It is the tip of what was a side branch, which is now the main chain.
    Reorganised {
        /// The blocks that left the main chain, lowest first.
        left: Vec<Block>,
        /// The blocks that joined it, lowest first.
        joined: Vec<Block>,
    },
}

/// What [`Ledger::insert`] did: the answer, and the changes that must last. There can be changes with
/// an error: an unpayable branch is dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Insertion {
    /// What became of the block.
    pub outcome: Result<Inserted, ConnectError>,
    /// The changes, already staged in the ledger's own store.
    pub changes: Changes,
}

/// The tree of blocks. The tip with the most work is the best; of equals, the one seen first.
///
/// ```
/// use tickchain::ledger::{Genesis, Ledger};
/// let ledger = Ledger::new(&Genesis::default())?;
/// assert_eq!(ledger.tip().id(), 0);
/// assert_eq!(ledger.balance(&"so".parse()?), Some(7));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Ledger<S = MemoryStore> {
    store: S,
    genesis: Block,
    difficulty: Difficulty,
    tip: Block,
    work: Work,
    side: SideBlocks,
}

impl Ledger<MemoryStore> {
    /// A ledger in memory that holds the genesis block.
    ///
    /// # Errors
    /// A [`GenesisError`] when no genesis block can be made.
    pub fn new(genesis: &Genesis) -> Result<Self, GenesisError> {
        Ledger::open(genesis, MemoryStore::default())
    }
}

impl<S: Store> Ledger<S> {
    /// A ledger over `store`, which is empty or holds a chain of this genesis.
    ///
    /// # Errors
    /// A [`GenesisError`] when no genesis block can be made, or when the store holds another one.
    pub fn open(genesis: &Genesis, mut store: S) -> Result<Self, GenesisError> {
        let difficulty = genesis.difficulty;
        let genesis = genesis.block()?;
        match store.hash_at(0) {
            None => store.stage(&genesis_changes(&store, &genesis)),
            Some(stored) if stored == genesis.hash() => {}
            Some(stored) => {
                return Err(GenesisError::Other {
                    expected: genesis.hash(),
                    stored,
                });
            }
        }
        let tip = store
            .hash_at(store.length() - 1)
            .and_then(|hash| store.block(&hash));
        let tip = tip.expect("a store has the blocks it counts");
        let work = store
            .entry(&tip.hash())
            .expect("a store indexes the blocks it has")
            .work;
        let mut side = SideBlocks::default();
        for hash in store.side_blocks() {
            let block = store
                .block(&hash)
                .expect("a store has the side blocks it lists");
            let entry = store
                .entry(&hash)
                .expect("a store indexes the blocks it has");
            side.insert(
                hash,
                entry.header.previous_block_hash,
                entry.work,
                block.transactions().len(),
            );
        }
        Ok(Self {
            store,
            genesis,
            difficulty,
            tip,
            work,
            side,
        })
    }

    /// Back to the genesis block alone.
    pub fn reset(&mut self) {
        self.store.clear();
        self.store
            .stage(&genesis_changes(&self.store, &self.genesis));
        self.tip = self.genesis.clone();
        self.work = 0;
        self.side = SideBlocks::default();
    }

    /// The genesis block.
    pub fn genesis(&self) -> &Block {
        &self.genesis
    }

    /// Proof of work asked of every block but genesis.
    pub fn difficulty(&self) -> Difficulty {
        self.difficulty
    }

    /// What tells this network from others.
    pub fn network_id(&self) -> Hash {
        network_id(&self.genesis, self.difficulty)
    }

    /// The last block of the main chain.
    pub fn tip(&self) -> &Block {
        &self.tip
    }

    /// The work of the main chain.
    pub fn work(&self) -> Work {
        self.work
    }

    /// Where blocks, balances and payments are read.
    pub fn store(&self) -> &S {
        &self.store
    }

    /// A block of the tree.
    pub fn block(&self, hash: &Hash) -> Option<Block> {
        self.store.block(hash)
    }

    /// The main chain's block with this id.
    pub fn block_at(&self, id: u64) -> Option<Block> {
        self.store
            .hash_at(id)
            .and_then(|hash| self.store.block(&hash))
    }

    /// Whether the tree has this block.
    pub fn contains(&self, hash: &Hash) -> bool {
        self.store.entry(hash).is_some()
    }

    /// Whether this block is on the main chain.
    pub fn is_on_main_chain(&self, hash: &Hash) -> bool {
        self.store
            .entry(hash)
            .is_some_and(|entry| self.store.hash_at(entry.header.id) == Some(*hash))
    }

    /// An account's balance at the tip; `None` where the chain never named it.
    pub fn balance(&self, account: &Account) -> Option<u64> {
        self.store.balance(account)
    }

    /// All accounts and balances at the tip, ordered by name.
    pub fn accounts(&self) -> Vec<(Account, u64)> {
        self.store.accounts()
    }

    /// The main chain's block that a payment is in.
    pub fn block_of(&self, transaction: &TxId) -> Option<u64> {
        self.store.block_of(transaction)
    }

    /// Hashes of all blocks that are not on the main chain, ordered.
    pub fn side_blocks(&self) -> impl Iterator<Item = &Hash> {
        self.side.hashes()
    }

    /// The index entry of a block of the tree.
    pub fn entry(&self, hash: &Hash) -> Option<Entry> {
        self.store.entry(hash)
    }

    /// Hashes that tell another node where the chains part: the tip, and blocks below it at doubling
    /// distances, down to genesis.
    pub fn locator(&self) -> Vec<Hash> {
        let mut hashes = Vec::new();
        let (mut id, mut distance) = (self.tip.id(), 1);
        while id > 0 {
            hashes.extend(self.store.hash_at(id));
            id = id.saturating_sub(distance);
            distance *= 2;
        }
        hashes.push(self.genesis.hash());
        hashes
    }

    /// The id of the highest main-chain block that a locator names; 0 where it names none.
    pub fn common(&self, locator: &[Hash]) -> u64 {
        let known = locator.iter().find(|hash| self.is_on_main_chain(hash));
        known
            .and_then(|hash| self.store.entry(hash))
            .map_or(0, |entry| entry.header.id)
    }

    /// Takes a block into the tree and, when its branch has more work than the main chain, makes that
    /// branch the main chain.
    pub fn insert(&mut self, block: Block) -> Insertion {
        match self.try_insert(block) {
            Ok((inserted, changes)) => Insertion {
                outcome: Ok(inserted),
                changes,
            },
            Err((error, changes)) => Insertion {
                outcome: Err(error),
                changes,
            },
        }
    }

    fn try_insert(&mut self, block: Block) -> Result<(Inserted, Changes), (ConnectError, Changes)> {
        if self.contains(&block.hash()) {
            return Ok((Inserted::Known, Changes::default()));
        }
        let work = self
            .check_header(&block)
            .map_err(|error| (error, Changes::default()))?;
        if block.header().previous_block_hash == self.tip.hash() {
            let changes = self
                .extend(block, work)
                .map_err(|error| (error, Changes::default()))?;
            return Ok((Inserted::Extended, changes));
        }
        let parent = block.header().previous_block_hash;
        self.side
            .insert(block.hash(), parent, work, block.transactions().len());
        let added = Changes {
            added: vec![(block.clone(), work)],
            ..Changes::default()
        };
        self.store.stage(&added);
        if work <= self.work {
            return Ok((Inserted::Side, self.prune(added)));
        }
        match self.reorganise(block, work) {
            Ok((left, joined, changes)) => {
                let changes = self.prune(Changes {
                    added: added.added,
                    ..changes
                });
                Ok((Inserted::Reorganised { left, joined }, changes))
            }
            Err((bad, index, error)) => {
                let removed = self.side.remove_branch(&bad);
                let dropped = Changes {
                    removed,
                    ..Changes::default()
                };
                self.store.stage(&dropped);
                let error = ConnectError::Payment {
                    block: bad,
                    index,
                    error,
                };
                Err((
                    error,
                    Changes {
                        added: added.added,
                        ..dropped
                    },
                ))
            }
        }
    }

    /// The work of the block's branch, when the block fits its parent.
    fn check_header(&self, block: &Block) -> Result<Work, ConnectError> {
        let header = block.header();
        let parent = header.previous_block_hash;
        let above = self
            .store
            .entry(&parent)
            .ok_or(ConnectError::UnknownParent { parent })?;
        let expected = above.header.id + 1;
        if header.id != expected {
            return Err(ConnectError::Id {
                id: header.id,
                expected,
            });
        }
        if header.timestamp < above.header.timestamp {
            let (timestamp, parent) = (header.timestamp, above.header.timestamp);
            return Err(ConnectError::Timestamp { timestamp, parent });
        }
        Ok(above.work + self.difficulty.work())
    }

    fn extend(&mut self, block: Block, work: Work) -> Result<Changes, ConnectError> {
        let mut draft = Draft::with_capacity(block.transactions().len());
        let undo = draft
            .connect(&self.store, &block)
            .map_err(|(index, error)| ConnectError::Payment {
                block: block.hash(),
                index,
                error,
            })?;
        let mut changes = draft.into_changes(vec![(block.hash(), undo)]);
        changes.added.push((block.clone(), work));
        self.store.stage(&changes);
        (self.tip, self.work) = (block, work);
        Ok(changes)
    }

    /// Makes the side branch that ends in `tip` the main chain. Fails without a trace, with the block
    /// and the payment that cannot be paid.
    #[expect(
        clippy::type_complexity,
        reason = "three lists, named where they are used"
    )]
    fn reorganise(
        &mut self,
        tip: Block,
        work: Work,
    ) -> Result<(Vec<Block>, Vec<Block>, Changes), (Hash, usize, PaymentError)> {
        let joined = self.side_branch(&tip);
        let fork = joined[0].id() - 1;
        let left: Vec<Block> = (fork + 1..=self.tip.id())
            .map(|id| {
                self.block_at(id)
                    .expect("the main chain has every id up to its tip's")
            })
            .collect();
        let mut draft = Draft::default();
        for block in left.iter().rev() {
            let undo = self
                .store
                .undo(&block.hash())
                .expect("main-chain blocks have undo data");
            draft.disconnect(&self.store, block, undo);
        }
        let mut connected: Vec<(Hash, Undo)> = Vec::with_capacity(joined.len());
        for block in &joined {
            let undo = draft.connect(&self.store, block);
            let undo = undo.map_err(|(index, error)| (block.hash(), index, error))?;
            connected.push((block.hash(), undo));
        }
        let mut changes = draft.into_changes(connected);
        changes.disconnected = left.iter().rev().map(Block::hash).collect();
        self.store.stage(&changes);
        self.move_sides(&left, &joined);
        (self.tip, self.work) = (tip, work);
        Ok((left, joined, changes))
    }

    /// The blocks of the side branch that ends in `tip`, lowest first.
    fn side_branch(&self, tip: &Block) -> Vec<Block> {
        let mut branch = vec![tip.clone()];
        let mut parent = tip.header().previous_block_hash;
        while !self.is_on_main_chain(&parent) {
            let block = self
                .store
                .block(&parent)
                .expect("side blocks have their parents in the tree");
            parent = block.header().previous_block_hash;
            branch.push(block);
        }
        branch.reverse();
        branch
    }

    fn move_sides(&mut self, left: &[Block], joined: &[Block]) {
        for block in joined.iter().rev() {
            self.side.remove(&block.hash());
        }
        for block in left {
            let entry = self
                .store
                .entry(&block.hash())
                .expect("blocks that left stay in the tree");
            let parent = block.header().previous_block_hash;
            self.side
                .insert(block.hash(), parent, entry.work, block.transactions().len());
        }
    }

    fn prune(&mut self, mut changes: Changes) -> Changes {
        changes.removed = self.side.prune();
        if !changes.removed.is_empty() {
            let dropped = Changes {
                removed: changes.removed.clone(),
                ..Changes::default()
            };
            self.store.stage(&dropped);
        }
        changes
    }
}

fn genesis_changes(store: &impl Store, genesis: &Block) -> Changes {
    let mut draft = Draft::default();
    draft.connect_genesis(store, genesis);
    let mut changes = draft.into_changes(vec![(genesis.hash(), Undo::new())]);
    changes.added.push((genesis.clone(), 0));
    changes
}
