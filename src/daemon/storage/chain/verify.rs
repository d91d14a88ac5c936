//! `tickchain chain verify`: all that a directory keeps, against what follows from its blocks.

use std::collections::HashMap;
use std::sync::Arc;

use super::Source;
use crate::daemon::progress::Watcher;
use crate::daemon::storage::check::{block, hash_of, main_row};
use crate::daemon::storage::codec::{self, Table};
use crate::daemon::storage::error::describe;
use crate::daemon::storage::kept;
use crate::daemon::storage::store::{DiskStore, Shared};
use crate::daemon::storage::tables::Tables;
use crate::ledger::{Account, Block, Entry, Genesis, GenesisError, Hash, Ledger, Rules, TxId};
use crate::node::{Config, HonestNode};

/// What was found to be in order.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) blocks: u64,
    pub(super) side: u64,
    pub(super) accounts: usize,
    pub(super) payments: usize,
    pub(super) kept: usize,
}

/// What follows from the blocks that were looked at.
#[derive(Default)]
struct Replay {
    balances: HashMap<Account, u64>,
    paid: HashMap<TxId, u64>,
}

/// What the blocks of a network are checked by.
struct Network {
    genesis: Block,
    rules: Rules,
}

impl Network {
    fn of(genesis: &Genesis) -> Result<Self, GenesisError> {
        Ok(Self {
            genesis: genesis.block()?,
            rules: genesis.rules()?,
        })
    }
}

/// Checks everything, for so long as no signal comes; the first thing that is wrong.
pub(super) fn verify(source: Source, watcher: &Watcher) -> Result<Found, String> {
    let tables = &source.tables;
    let network = Network::of(&source.genesis).map_err(|error| error.to_string())?;
    let length = length(tables)?;
    let mut replay = Replay::default();
    // Of signed networks not zeros: their keys' hash.
    let mut above = network.genesis.header().previous_block_hash;
    for id in 0..length {
        let row = main_row(tables, id)?;
        let hash = hash_of(&row, id)?;
        let block = block(tables, id, &hash)?;
        if block.header().previous_block_hash != above {
            return Err(format!("block {id} does not stand on the one before it"));
        }
        check_block(&network, &block)?;
        check_work(tables, &network, &block)?;
        check_undo(&row, &replay, &block)?;
        replay.connect(&block)?;
        above = hash;
        watcher.at(id, String::new);
        if watcher.is_interrupted() {
            return Ok(Found::default());
        }
    }
    replay.compare(tables)?;
    let side = check_side(tables, &network)?;
    check_count(tables, length + side)?;
    let found = Found {
        blocks: length,
        side,
        accounts: replay.balances.len(),
        payments: replay.paid.len(),
        kept: 0,
    };
    drop(replay);
    let kept = check_node(source)?;
    Ok(Found { kept, ..found })
}

fn length(tables: &Tables) -> Result<u64, String> {
    let last = tables.table(Table::Main).next_back();
    let last = last.transpose().map_err(|error| describe(&error))?;
    let (key, _) = last.ok_or("the genesis block is missing")?;
    let tip = codec::read_number(&key[1..]);
    let length = tip.and_then(|tip| tip.checked_add(1));
    length.ok_or_else(|| "the main chain's index is broken".to_owned())
}

/// All that a block says of itself, as when it came from a stranger.
fn check_block(network: &Network, block: &Block) -> Result<(), String> {
    let id = block.id();
    if id == 0 {
        return match network.genesis == *block {
            true => Ok(()),
            false => Err("block 0 is not the network's genesis block".to_owned()),
        };
    }
    match block.to_unchecked().check(&network.rules) {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("block {id}: {error}")),
    }
}

fn check_work(tables: &Tables, network: &Network, block: &Block) -> Result<(), String> {
    let id = block.id();
    let expected = u128::from(id) * network.rules.difficulty().work();
    match entry(tables, &block.hash())? {
        Some(entry) if entry.work == expected => Ok(()),
        _ => Err(format!(
            "the work that stands behind block {id} is not {expected}"
        )),
    }
}

fn entry(tables: &Tables, hash: &Hash) -> Result<Option<Entry>, String> {
    let value = tables
        .get(&Table::Block.key(&hash.0))
        .map_err(|error| describe(&error))?;
    Ok(value.and_then(|value| codec::read_entry(hash, &value)))
}

/// What takes the block off again are the balances before it.
fn check_undo(row: &[u8], replay: &Replay, block: &Block) -> Result<(), String> {
    let id = block.id();
    let (_, undo) = codec::read_main(row)
        .ok_or_else(|| format!("what takes block {id} off again is broken"))?;
    let touched = block
        .transactions()
        .iter()
        .flat_map(|payment| payment.sender.iter().chain([&payment.recipient]));
    let complete = id == 0
        || touched
            .into_iter()
            .all(|account| undo.iter().any(|(name, _)| name == account));
    let right = undo
        .iter()
        .all(|(account, before)| replay.balances.get(account) == before.as_ref());
    match complete && right {
        true => Ok(()),
        false => Err(format!(
            "what takes block {id} off again is not what was before it"
        )),
    }
}

impl Replay {
    fn connect(&mut self, block: &Block) -> Result<(), String> {
        let id = block.id();
        for payment in block.transactions() {
            if let Some(before) = self.paid.insert(payment.id, id) {
                return Err(format!(
                    "payment {} is in block {before} and in block {id}",
                    payment.id
                ));
            }
            let value = payment.value.get();
            if let Some(sender) = &payment.sender {
                let balance = self
                    .balances
                    .get_mut(sender)
                    .filter(|balance| **balance >= value);
                *balance.ok_or_else(|| {
                    format!(
                        "payment {} of block {id}: {sender} has less than {value}",
                        payment.id
                    )
                })? -= value;
            }
            *self.balances.entry(payment.recipient.clone()).or_insert(0) += value;
        }
        Ok(())
    }

    /// Whether the tables of accounts and payments say the same.
    fn compare(&self, tables: &Tables) -> Result<(), String> {
        let mut accounts = 0;
        for found in tables.table(Table::Account) {
            let (key, value) = found.map_err(|error| describe(&error))?;
            let account = codec::read_account(&key).ok_or("an account's name is broken")?;
            let balance = codec::read_number(&value);
            if self.balances.get(&account) != balance.as_ref() {
                return Err(format!(
                    "the balance of {account} is not what the blocks make it"
                ));
            }
            accounts += 1;
        }
        if accounts != self.balances.len() {
            let expected = self.balances.len();
            return Err(format!(
                "{accounts} accounts are kept, the blocks name {expected}"
            ));
        }
        let mut payments = 0;
        for found in tables.table(Table::Paid) {
            let (key, value) = found.map_err(|error| describe(&error))?;
            let id = codec::read_id(&key).ok_or("a payment's id is broken")?;
            if self.paid.get(&id) != codec::read_number(&value).as_ref() {
                return Err(format!(
                    "payment {id} is not in the block that is kept for it"
                ));
            }
            payments += 1;
        }
        match payments == self.paid.len() {
            true => Ok(()),
            false => Err(format!(
                "{payments} payments are kept, the blocks have {}",
                self.paid.len()
            )),
        }
    }
}

/// Every block of a side branch; how many there are.
fn check_side(tables: &Tables, network: &Network) -> Result<u64, String> {
    let mut count = 0;
    for found in tables.table(Table::Side) {
        let (key, _) = found.map_err(|error| describe(&error))?;
        let hash = codec::read_hash_key(&key).ok_or("the hash of a side block is broken")?;
        let said = entry(tables, &hash)?.ok_or_else(|| format!("side block {hash} is missing"))?;
        let block = block(tables, said.header.id, &hash)?;
        check_block(network, &block)?;
        let parent = entry(tables, &said.header.previous_block_hash)?;
        let parent = parent.ok_or_else(|| format!("the parent of side block {hash} is missing"))?;
        let work = parent.work.checked_add(network.rules.difficulty().work());
        let id = parent.header.id.checked_add(1);
        if (Some(said.work), Some(said.header.id)) != (work, id) {
            return Err(format!("side block {hash} does not follow its parent"));
        }
        count += 1;
    }
    Ok(count)
}

/// No block but those of the main chain and of side branches is there.
fn check_count(tables: &Tables, expected: u64) -> Result<(), String> {
    let mut count = 0;
    for found in tables.table(Table::Block) {
        found.map_err(|error| describe(&error))?;
        count += 1;
    }
    match count == expected {
        true => Ok(()),
        false => Err(format!("{count} blocks are there, {expected} have a place")),
    }
}

/// What is kept besides the ledger makes a node; how many payments it has.
fn check_node(source: Source) -> Result<usize, String> {
    let (saved, _) = kept::read(&source.tables).map_err(|error| error.to_string())?;
    let kept = saved.queue.len() + saved.pool.len() + saved.waiting.len();
    let mut config = Config::new(source.name);
    config.genesis = source.genesis;
    let shared = Arc::new(Shared::new(source.tables, source.database, source.lock));
    let store = DiskStore::new(shared).map_err(|error| describe(&error))?;
    let ledger = Ledger::open(&config.genesis, store).map_err(|error| error.to_string())?;
    HonestNode::resume(config, ledger, saved).map_err(|error| error.to_string())?;
    Ok(kept)
}
