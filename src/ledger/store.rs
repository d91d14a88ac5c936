//! Where the ledger reads old blocks, its index and undo data.

use std::collections::HashMap;
use std::sync::Arc;

use super::account::Account;
use super::block::Block;
use super::hash::{Hash, TxId};
use super::header::{Header, Work};

/// What the tree of blocks knows of one block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Its header.
    pub header: Header,
    /// The work of its branch from genesis to it.
    pub work: Work,
}

/// What takes a block off the chain again: the balance of each account it touched as it was before,
/// `None` where the account was not known.
pub type Undo = Arc<[(Account, Option<u64>)]>;

/// One step of the ledger, to be applied whole or not at all, in the order of the fields.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// Blocks that are new in the tree, parents first, each with the work of its branch.
    pub added: Vec<(Block, Work)>,
    /// Blocks that left the main chain, tip first. They stay in the tree; their undo data goes.
    pub disconnected: Vec<Hash>,
    /// Blocks that joined the main chain, lowest first, each with its undo data.
    pub connected: Vec<(Hash, Undo)>,
    /// Balances after this step; `None` where an account is no longer known.
    pub balances: Vec<(Account, Option<u64>)>,
    /// The main-chain block a payment is in after this step; `None` where it is in none.
    pub transactions: Vec<(TxId, Option<u64>)>,
    /// Side blocks that were dropped from the tree.
    pub removed: Vec<Hash>,
}

impl Changes {
    /// Whether there is nothing to apply.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty()
            && self.disconnected.is_empty()
            && self.connected.is_empty()
            && self.removed.is_empty()
    }
}

/// The ledger's memory: by default a [`MemoryStore`], else for example an embedded database.
///
/// Reads see every staged change at once, also before it lasts: a store on disk keeps staged changes
/// in front of the disk until the driver has written them (see [`crate::node::Effect::Persist`]).
/// There is no error here: a store that cannot read what it wrote must stop the program, since
/// nothing above it could go on.
pub trait Store {
    /// A block, on the main chain or a side branch.
    fn block(&self, hash: &Hash) -> Option<Block>;
    /// The index entry of a block.
    fn entry(&self, hash: &Hash) -> Option<Entry>;
    /// The undo data of a block on the main chain; none for genesis.
    fn undo(&self, hash: &Hash) -> Option<Undo>;
    /// The main chain's block with this id.
    fn hash_at(&self, id: u64) -> Option<Hash>;
    /// The number of blocks on the main chain, so the tip's id plus one.
    fn length(&self) -> u64;
    /// An account's balance at the tip.
    fn balance(&self, account: &Account) -> Option<u64>;
    /// All accounts and balances at the tip, ordered by name.
    fn accounts(&self) -> Vec<(Account, u64)>;
    /// The main chain's block that a payment is in.
    fn block_of(&self, transaction: &TxId) -> Option<u64>;
    /// Blocks of the tree that are not on the main chain, in the order they were added or left it. Read
    /// once, when a ledger is opened.
    fn side_blocks(&self) -> Vec<Hash>;
    /// Takes in one step.
    fn stage(&mut self, changes: &Changes);
    /// Forgets everything.
    fn clear(&mut self);
}

/// A store in memory. Two that were told the same are equal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemoryStore {
    // Hash maps are only looked up or sorted before use: their order never reaches an output.
    /// Boxed, so that a growing map moves little.
    blocks: HashMap<Hash, Box<Stored>>,
    main: Vec<Hash>,
    /// Counts blocks as they are added or leave the main chain.
    order: u64,
    balances: HashMap<Account, u64>,
    transactions: HashMap<TxId, u64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Stored {
    block: Block,
    work: Work,
    undo: Undo,
    /// Its place among the side blocks while it is one.
    order: u64,
}

impl Store for MemoryStore {
    fn block(&self, hash: &Hash) -> Option<Block> {
        self.blocks.get(hash).map(|stored| stored.block.clone())
    }

    fn entry(&self, hash: &Hash) -> Option<Entry> {
        self.blocks.get(hash).map(|stored| Entry {
            header: *stored.block.header(),
            work: stored.work,
        })
    }

    fn undo(&self, hash: &Hash) -> Option<Undo> {
        self.blocks.get(hash).map(|stored| stored.undo.clone())
    }

    fn hash_at(&self, id: u64) -> Option<Hash> {
        self.main.get(usize::try_from(id).ok()?).copied()
    }

    fn length(&self) -> u64 {
        self.main.len() as u64
    }

    fn balance(&self, account: &Account) -> Option<u64> {
        self.balances.get(account).copied()
    }

    fn accounts(&self) -> Vec<(Account, u64)> {
        let mut accounts: Vec<_> = self
            .balances
            .iter()
            .map(|(name, balance)| (name.clone(), *balance))
            .collect();
        accounts.sort_unstable();
        accounts
    }

    fn block_of(&self, transaction: &TxId) -> Option<u64> {
        self.transactions.get(transaction).copied()
    }

    fn side_blocks(&self) -> Vec<Hash> {
        let on_main = |block: &Block| self.hash_at(block.id()) == Some(block.hash());
        let stored = self.blocks.values();
        let mut side: Vec<_> = stored
            .filter(|stored| !on_main(&stored.block))
            .map(|stored| (stored.order, stored.block.hash()))
            .collect();
        side.sort_unstable();
        side.into_iter().map(|(_, hash)| hash).collect()
    }

    fn stage(&mut self, changes: &Changes) {
        for (block, work) in &changes.added {
            self.order += 1;
            let stored = Stored {
                block: block.clone(),
                work: *work,
                undo: Undo::default(),
                order: self.order,
            };
            self.blocks.insert(block.hash(), Box::new(stored));
        }
        for hash in &changes.disconnected {
            let left = self.main.pop();
            debug_assert_eq!(left.as_ref(), Some(hash), "blocks leave from the tip");
            self.order += 1;
            if let Some(stored) = self.blocks.get_mut(hash) {
                stored.undo = Undo::default();
                stored.order = self.order;
            }
        }
        for (hash, undo) in &changes.connected {
            self.main.push(*hash);
            if let Some(stored) = self.blocks.get_mut(hash) {
                stored.undo = Arc::clone(undo);
            }
        }
        for (account, balance) in &changes.balances {
            match (balance, self.balances.get_mut(account)) {
                (Some(balance), Some(stored)) => *stored = *balance,
                (Some(balance), None) => {
                    self.balances.insert(account.clone(), *balance);
                }
                (None, _) => {
                    self.balances.remove(account);
                }
            }
        }
        for (transaction, block) in &changes.transactions {
            match block {
                Some(block) => self.transactions.insert(*transaction, *block),
                None => self.transactions.remove(transaction),
            };
        }
        for hash in &changes.removed {
            self.blocks.remove(hash);
        }
    }

    fn clear(&mut self) {
        *self = Self::default();
    }
}
