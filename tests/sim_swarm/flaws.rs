//! The swarm finds what is broken: nodes and ledgers with one flaw each, and some seed that fails for it.

use std::marker::PhantomData;

use tickchain::ledger::{
    Account, Block, Changes, Difficulty, Entry, Hash, MemoryStore, Store, TxId, Undo,
};

use super::member::Flaw;
use super::play_all;

/// How many seeds a flaw has to be found within.
const SEEDS: u64 = 24;

/// What a store does wrong; each does one thing, the rest as it should.
pub trait Wrong: std::fmt::Debug + Default + Clone {
    fn undo(undo: Undo) -> Undo {
        undo
    }

    fn entry(entry: Entry, is_main: bool) -> Entry {
        let _ = is_main;
        entry
    }

    fn changes(changes: &Changes) -> Changes {
        changes.clone()
    }
}

/// A store in memory that does something wrong.
#[derive(Debug, Default, Clone)]
struct Flawed<W>(MemoryStore, PhantomData<W>);

impl<W: Wrong> Store for Flawed<W> {
    fn block(&self, hash: &Hash) -> Option<Block> {
        self.0.block(hash)
    }

    fn entry(&self, hash: &Hash) -> Option<Entry> {
        let entry = self.0.entry(hash)?;
        let is_main = self.0.hash_at(entry.header.id) == Some(*hash);
        Some(W::entry(entry, is_main))
    }

    fn undo(&self, hash: &Hash) -> Option<Undo> {
        self.0.undo(hash).map(W::undo)
    }

    fn hash_at(&self, id: u64) -> Option<Hash> {
        self.0.hash_at(id)
    }

    fn length(&self) -> u64 {
        self.0.length()
    }

    fn balance(&self, account: &Account) -> Option<u64> {
        self.0.balance(account)
    }

    fn accounts(&self) -> Vec<(Account, u64)> {
        self.0.accounts()
    }

    fn block_of(&self, transaction: &TxId) -> Option<u64> {
        self.0.block_of(transaction)
    }

    fn side_blocks(&self) -> Vec<Hash> {
        self.0.side_blocks()
    }

    fn stage(&mut self, changes: &Changes) {
        self.0.stage(&W::changes(changes));
    }

    fn clear(&mut self) {
        self.0.clear();
    }
}

/// Undoing a block forgets one of the accounts that its payments changed.
#[derive(Debug, Default, Clone)]
struct ForgetsAPayment;

impl Wrong for ForgetsAPayment {
    fn undo(undo: Undo) -> Undo {
        undo.iter().skip(1).cloned().collect()
    }
}

/// Payments of a branch that is left count as paid for ever, so no pool gets them back.
#[derive(Debug, Default, Clone)]
struct KeepsWhatLeft;

impl Wrong for KeepsWhatLeft {
    fn changes(changes: &Changes) -> Changes {
        let mut changes = changes.clone();
        changes.transactions.retain(|(_, block)| block.is_some());
        changes
    }
}

/// What a block of a side branch is thought to have in work: so many blocks more.
fn with_more(entry: Entry, is_main: bool, blocks: i128) -> Entry {
    let block = difficulty_work(&entry);
    let work = entry.work as i128 + if is_main { 0 } else { blocks * block as i128 };
    Entry {
        work: work.max(0) as u128,
        ..entry
    }
}

/// The work of one block, from the work of all up to this one.
fn difficulty_work(entry: &Entry) -> u128 {
    let blocks = u128::from(entry.header.id).max(1);
    (entry.work / blocks).max(Difficulty::new(0).expect("64 at most").work())
}

/// Side branches win when they are as good as the main chain.
#[derive(Debug, Default, Clone)]
struct TakesEquals;

impl Wrong for TakesEquals {
    fn entry(entry: Entry, is_main: bool) -> Entry {
        with_more(entry, is_main, 1)
    }
}

/// Side branches win only when they are two blocks better.
#[derive(Debug, Default, Clone)]
struct WantsTwoMore;

impl Wrong for WantsTwoMore {
    fn entry(entry: Entry, is_main: bool) -> Entry {
        with_more(entry, is_main, -1)
    }
}

#[track_caller]
fn is_found<S: Store + Default + 'static>(flaw: Flaw) {
    let seeds: Vec<u64> = (0..SEEDS).collect();
    let (_, failures) = play_all::<S>(&seeds, flaw);
    println!("{} of {SEEDS}: {failures:#?}", failures.len());
    assert!(
        !failures.is_empty(),
        "{flaw:?} went through {SEEDS} scenarios"
    );
}

#[test]
fn an_undo_that_forgets_a_payment_is_found() {
    is_found::<Flawed<ForgetsAPayment>>(Flaw::None);
}

#[test]
fn a_pool_that_forgets_what_a_reorganisation_left_is_found() {
    is_found::<Flawed<KeepsWhatLeft>>(Flaw::None);
}

#[test]
fn a_fork_choice_that_takes_equals_is_found() {
    is_found::<Flawed<TakesEquals>>(Flaw::None);
}

#[test]
fn a_fork_choice_that_wants_one_block_too_many_is_found() {
    is_found::<Flawed<WantsTwoMore>>(Flaw::None);
}

#[test]
fn a_relay_that_skips_a_peer_is_found() {
    is_found::<MemoryStore>(Flaw::SkipsAPeer);
}

#[test]
fn an_inbox_that_drops_what_is_too_much_is_found() {
    is_found::<MemoryStore>(Flaw::DropsAbove(2));
}

#[test]
fn a_node_that_never_asks_for_what_it_misses_is_found() {
    is_found::<MemoryStore>(Flaw::NeverAsks);
}
