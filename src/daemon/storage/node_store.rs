//! The store of a node whose kind is known only when it runs.

use super::store::DiskStore;
use crate::ledger::{Account, Block, Changes, Entry, Hash, MemoryStore, Store, TxId, Undo};

/// Where a node of the daemon keeps its ledger.
#[derive(Debug, Clone)]
pub enum NodeStore {
    /// In memory: it ends with the program.
    Memory(MemoryStore),
    /// In a data directory.
    Disk(DiskStore),
}

impl Default for NodeStore {
    fn default() -> Self {
        Self::Memory(MemoryStore::default())
    }
}

/// What the store at hand says.
macro_rules! ask {
    ($self:ident, $store:ident => $answer:expr) => {
        match $self {
            Self::Memory($store) => $answer,
            Self::Disk($store) => $answer,
        }
    };
}

impl Store for NodeStore {
    fn block(&self, hash: &Hash) -> Option<Block> {
        ask!(self, store => store.block(hash))
    }

    fn entry(&self, hash: &Hash) -> Option<Entry> {
        ask!(self, store => store.entry(hash))
    }

    fn undo(&self, hash: &Hash) -> Option<Undo> {
        ask!(self, store => store.undo(hash))
    }

    fn hash_at(&self, id: u64) -> Option<Hash> {
        ask!(self, store => store.hash_at(id))
    }

    fn length(&self) -> u64 {
        ask!(self, store => store.length())
    }

    fn balance(&self, account: &Account) -> Option<u64> {
        ask!(self, store => store.balance(account))
    }

    fn accounts(&self) -> Vec<(Account, u64)> {
        ask!(self, store => store.accounts())
    }

    fn block_of(&self, transaction: &TxId) -> Option<u64> {
        ask!(self, store => store.block_of(transaction))
    }

    fn side_blocks(&self) -> Vec<Hash> {
        ask!(self, store => store.side_blocks())
    }

    fn stage(&mut self, changes: &Changes) {
        ask!(self, store => store.stage(changes));
    }

    fn clear(&mut self) {
        ask!(self, store => store.clear());
    }
}
