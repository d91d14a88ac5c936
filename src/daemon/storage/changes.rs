//! Steps of a ledger as changes of tables.

use std::collections::BTreeSet;

use fjall::Slice;

use super::codec::{self, Table};
use crate::ledger::{Changes, Hash};

/// What becomes of one key: its new value, or `None` where it goes.
pub(super) type Put = (Slice, Option<Slice>);

/// What the tables do not say but by being read through.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Position {
    /// Blocks on the main chain.
    pub(super) length: u64,
    /// Counts blocks as they come to stand on a side branch.
    pub(super) side: u64,
}

impl Position {
    /// Hands out what a step of the ledger changes, in order: a key may come twice.
    pub(super) fn apply(&mut self, changes: &Changes, mut put: impl FnMut(Put)) {
        let joined: BTreeSet<Hash> = changes.connected.iter().map(|(hash, _)| *hash).collect();
        for (block, work) in &changes.added {
            let hash = block.hash();
            let value = codec::block_value(block, *work);
            put((Table::Block.key(&hash.0), Some(value.into())));
            if !joined.contains(&hash) {
                put(self.side_put(&hash));
            }
        }
        for hash in &changes.disconnected {
            self.length -= 1;
            put((Table::Main.numbered(self.length), None));
            put(self.side_put(hash));
        }
        let added: BTreeSet<Hash> = changes
            .added
            .iter()
            .map(|(block, _)| block.hash())
            .collect();
        for (hash, undo) in &changes.connected {
            let value = codec::main_value(hash, undo);
            put((Table::Main.numbered(self.length), Some(value.into())));
            self.length += 1;
            if !added.contains(hash) {
                put((Table::Side.key(&hash.0), None));
            }
        }
        for (account, balance) in &changes.balances {
            put((codec::account_key(account), balance.map(number)));
        }
        for (id, block) in &changes.transactions {
            put((Table::Paid.key(&id.0), block.map(number)));
        }
        for hash in &changes.removed {
            put((Table::Block.key(&hash.0), None));
            put((Table::Side.key(&hash.0), None));
        }
    }

    fn side_put(&mut self, hash: &Hash) -> Put {
        self.side += 1;
        (Table::Side.key(&hash.0), Some(number(self.side)))
    }
}

fn number(number: u64) -> Slice {
    Slice::from(number.to_be_bytes())
}
