//! The tree of blocks and its best tip.

mod connect;
mod outcome;

pub use outcome::{ConnectError, Inserted, Insertion};

use super::account::Account;
use super::block::Block;
use super::draft::Draft;
use super::genesis::{Genesis, GenesisError, network_id};
use super::hash::{Hash, TxId};
use super::header::{Difficulty, Work};
use super::rules::Rules;
use super::side::SideBlocks;
use super::store::{Changes, Entry, MemoryStore, Store, Undo};

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
    rules: Rules,
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
        let block = genesis.block()?;
        let (rules, genesis) = (genesis.rules_above(&block), block);
        match store.hash_at(0) {
            None => store.stage(&Changes::of_genesis(&genesis)),
            Some(stored) if stored == genesis.hash() => {}
            Some(stored) => {
                return Err(GenesisError::Other {
                    expected: genesis.hash(),
                    stored,
                });
            }
        }
        let blocks = store.length() - 1;
        let tip = store.hash_at(blocks).and_then(|hash| store.block(&hash));
        let tip = tip.expect("a store has the blocks it counts");
        let entry = store.entry(&tip.hash());
        let work = entry.expect("a store indexes the blocks it has").work;
        if work != Work::from(blocks) * difficulty.work() {
            return Err(GenesisError::OtherDifficulty {
                difficulty,
                blocks,
                work,
            });
        }
        let side = side_blocks(&store);
        Ok(Self {
            store,
            genesis,
            rules,
            tip,
            work,
            side,
        })
    }

    /// Back to the genesis block alone.
    pub fn reset(&mut self) {
        self.store.clear();
        self.store.stage(&Changes::of_genesis(&self.genesis));
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
        self.rules.difficulty()
    }

    /// What this network asks of blocks and payments.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// What tells this network from others.
    pub fn network_id(&self) -> Hash {
        network_id(&self.genesis, self.difficulty())
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

    /// The id of the first main-chain block that a locator names, so the highest in one made by
    /// [`Ledger::locator`]; 0 where it names none.
    pub fn common(&self, locator: &[Hash]) -> u64 {
        let known = locator.iter().find(|hash| self.is_on_main_chain(hash));
        known
            .and_then(|hash| self.store.entry(hash))
            .map_or(0, |entry| entry.header.id)
    }
}

fn side_blocks(store: &impl Store) -> SideBlocks {
    let mut side = SideBlocks::default();
    for hash in store.side_blocks() {
        let block = store.block(&hash);
        let block = block.expect("a store has the side blocks it lists");
        let entry = store.entry(&hash);
        let work = entry.expect("a store indexes the blocks it has").work;
        let parent = block.header().previous_block_hash;
        side.insert(hash, parent, work, block.transactions().len());
    }
    side
}

impl Changes {
    /// What makes an empty store hold the chain of this genesis block, as after [`Ledger::reset`].
    pub fn of_genesis(genesis: &Block) -> Self {
        let mut draft = Draft::default();
        draft.connect_genesis(&MemoryStore::default(), genesis);
        let mut changes = Self {
            added: vec![(genesis.clone(), 0)],
            connected: vec![(genesis.hash(), Undo::default())],
            ..Self::default()
        };
        draft.into_changes(&mut changes);
        changes
    }
}
