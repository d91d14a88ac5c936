//! What is looked at each time a directory is opened.

use fjall::Slice;

use super::codec::{self, Table};
use super::error::describe;
use super::tables::Tables;
use crate::ledger::{Block, Hash, merkle_root};

/// So many blocks from the tip down are read and hashed at each start: what was written last is what a
/// crash would have hurt. All of them are `tickchain chain verify`'s.
const LAST_BLOCKS: u64 = 64;

/// Whether the last blocks of the main chain are there, are what their hashes say and stand on each
/// other; else what is wrong.
pub(super) fn last_blocks(tables: &Tables) -> Result<(), String> {
    let last = tables.table(Table::Main).next_back();
    let (key, _) = last
        .ok_or("the genesis block is missing")?
        .map_err(|error| describe(&error))?;
    let tip = codec::read_number(&key[1..]).ok_or("the main chain's index is broken")?;
    let mut above: Option<Hash> = None;
    for id in (tip.saturating_sub(LAST_BLOCKS - 1)..=tip).rev() {
        let hash = hash_at(tables, id)?;
        if above.is_some_and(|above| above != hash) {
            return Err(format!("block {} does not stand on block {id}", id + 1));
        }
        let block = block(tables, id, &hash)?;
        if merkle_root(block.transactions()) != block.header().merkle_root {
            return Err(format!(
                "the payments of block {id} are not those of its hash"
            ));
        }
        above = Some(block.header().previous_block_hash);
    }
    Ok(())
}

/// The main chain's block with this id.
pub(super) fn hash_at(tables: &Tables, id: u64) -> Result<Hash, String> {
    hash_of(&main_row(tables, id)?, id)
}

/// What is kept of the main chain's block with this id, besides the block.
pub(super) fn main_row(tables: &Tables, id: u64) -> Result<Slice, String> {
    let row = tables
        .get(&Table::Main.numbered(id))
        .map_err(|error| describe(&error))?;
    row.ok_or_else(|| format!("the main chain has no block {id}"))
}

/// The hash in a [`main_row`].
pub(super) fn hash_of(row: &[u8], id: u64) -> Result<Hash, String> {
    codec::read_main_hash(row).ok_or_else(|| format!("the main chain's index is broken at {id}"))
}

/// A block that must be there.
pub(super) fn block(tables: &Tables, id: u64, hash: &Hash) -> Result<Block, String> {
    let value = tables
        .get(&Table::Block.key(&hash.0))
        .map_err(|error| format!("block {id} ({hash}) cannot be read: {}", describe(&error)))?;
    let value = value.ok_or_else(|| format!("block {id} ({hash}) is missing"))?;
    let block = codec::read_block(hash, &value).map(|(block, _)| block);
    let block = block.filter(|block| block.id() == id);
    block.ok_or_else(|| format!("block {id} ({hash}) is not what its hash says"))
}
