//! A store on disk is what a store in memory is, whatever lasts and whenever it is opened anew.

use std::path::Path;

use proptest::prelude::*;
use proptest::sample::Index;

use super::super::changes::Position;
use super::super::schema;
use super::super::tables::Batch;
use super::*;
use crate::ledger::{Difficulty, Genesis, Ledger, MemoryStore, Transaction, UncheckedBlock};

#[derive(Debug, Clone)]
enum Step {
    /// A block on one of those known, with payments between few accounts.
    Insert(Index, Vec<(u8, u8, u64)>),
    Reset,
    /// Writes what was staged since the last time.
    Commit,
    /// Loses what was not written.
    Reopen,
    /// As well, and what lasts was written under the first schema.
    Migrate,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let payments = prop::collection::vec((0..4u8, 0..6u8, 1..4u64), 0..3);
    let step = prop_oneof![
        12 => (any::<Index>(), payments).prop_map(|(parent, payments)| Step::Insert(parent, payments)),
        1 => Just(Step::Reset),
        6 => Just(Step::Commit),
        2 => Just(Step::Reopen),
        1 => Just(Step::Migrate),
    ];
    prop::collection::vec(step, 1..60)
}

fn genesis() -> Genesis {
    Genesis {
        difficulty: Difficulty::new(0).unwrap(),
        ..Genesis::default()
    }
}

/// What is written in one step: whether the ledger was reset, and all changes since.
#[derive(Default)]
struct Write {
    reset: bool,
    changes: Vec<Changes>,
}

fn open(directory: &Path) -> Arc<Shared> {
    let database = directory.join("database");
    let lock = File::create(directory.join("lock")).unwrap();
    let shared = Shared::new(Tables::open(&database).unwrap(), database, lock);
    // What is not there is told without a look from here on.
    let mut unread = Unread::default();
    while !shared.read_on(&mut unread).unwrap() {}
    Arc::new(shared)
}

struct Rig {
    directory: tempfile::TempDir,
    shared: Arc<Shared>,
    disk: Ledger<DiskStore>,
    memory: Ledger<MemoryStore>,
    /// What lasts.
    lasting: Ledger<MemoryStore>,
    next: Write,
    /// Every block ever made, so that some stand on what is gone.
    blocks: Vec<Block>,
}

impl Rig {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let shared = open(directory.path());
        let memory = Ledger::new(&genesis()).unwrap();
        let mut rig = Self {
            disk: Ledger::open(&genesis(), DiskStore::new(Arc::clone(&shared)).unwrap()).unwrap(),
            directory,
            shared,
            blocks: vec![memory.genesis().clone()],
            lasting: memory.clone(),
            memory,
            next: Write {
                reset: true,
                ..Write::default()
            },
        };
        rig.commit();
        rig
    }

    fn insert(&mut self, parent: &Index, payments: &[(u8, u8, u64)]) {
        let parent = parent.get(&self.blocks).clone();
        let number = self.blocks.len() as u64;
        let accounts = ["aki", "so", "satoshi", "a", "b", "c"];
        let payments = (0..)
            .zip(payments)
            .map(|(index, (sender, recipient, value))| Transaction {
                id: TxId::from(u128::from(number % 7) << 8 | index),
                sender: Some(accounts[usize::from(*sender)].parse().unwrap()),
                recipient: accounts[usize::from(*recipient)].parse().unwrap(),
                value: (*value).try_into().unwrap(),
                signed: None,
            });
        let block = UncheckedBlock {
            id: parent.id() + 1,
            hash: None,
            timestamp: parent.header().timestamp,
            transactions: payments.collect(),
            previous_block_hash: parent.hash(),
            nonce: number,
        };
        let block = block.seal();
        let inserted = self.disk.insert(block.clone());
        assert_eq!(inserted, self.memory.insert(block.clone()));
        if !inserted.changes.is_empty() {
            self.next.changes.push(inserted.changes);
        }
        self.blocks.push(block);
    }

    fn reset(&mut self) {
        self.disk.reset();
        self.memory.reset();
        self.next = Write {
            reset: true,
            ..Write::default()
        };
    }

    fn commit(&mut self) {
        let next = std::mem::take(&mut self.next);
        let mut batch = Batch::default();
        let mut position = self.shared.with(Position::read).unwrap();
        if next.reset {
            batch.reset();
            position = Position::default();
            let changes = Changes::of_genesis(self.memory.genesis());
            position.apply(&changes, |put| batch.put(put));
        }
        for changes in &next.changes {
            position.apply(changes, |put| batch.put(put));
        }
        let write = self.shared.queued.fetch_add(1, Ordering::AcqRel) + 1;
        self.shared.commit(batch).unwrap();
        self.shared.lasting.store(write, Ordering::Release);
        self.lasting = self.memory.clone();
    }

    fn reopen(self, changed: impl FnOnce(&mut Tables)) -> Self {
        let Self {
            directory,
            shared,
            disk,
            lasting,
            blocks,
            ..
        } = self;
        drop((disk, shared));
        changed(&mut Tables::open(&directory.path().join("database")).unwrap());
        let shared = open(directory.path());
        Self {
            disk: Ledger::open(&genesis(), DiskStore::new(Arc::clone(&shared)).unwrap()).unwrap(),
            directory,
            shared,
            memory: lasting.clone(),
            lasting,
            next: Write::default(),
            blocks,
        }
    }

    fn compare(&self) {
        let (disk, memory) = (self.disk.store(), self.memory.store());
        assert_eq!(disk.length(), memory.length());
        for id in 0..=memory.length() {
            assert_eq!(disk.hash_at(id), memory.hash_at(id), "block {id}");
        }
        for block in &self.blocks {
            let hash = block.hash();
            assert_eq!(disk.block(&hash), memory.block(&hash));
            assert_eq!(disk.entry(&hash), memory.entry(&hash));
            assert_eq!(disk.undo(&hash), memory.undo(&hash));
            for payment in block.transactions() {
                assert_eq!(disk.block_of(&payment.id), memory.block_of(&payment.id));
                assert_eq!(
                    disk.balance(&payment.recipient),
                    memory.balance(&payment.recipient)
                );
            }
        }
        assert_eq!(disk.accounts(), memory.accounts());
        assert_eq!(disk.side_blocks(), memory.side_blocks());
        assert!(self.disk.side_blocks().eq(self.memory.side_blocks()));
        assert_eq!(self.disk.tip(), self.memory.tip());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn it_is_what_memory_is(steps in steps()) {
        let mut rig = Rig::new();
        for step in &steps {
            match step {
                Step::Insert(parent, payments) => rig.insert(parent, payments),
                Step::Reset => rig.reset(),
                Step::Commit => rig.commit(),
                Step::Reopen => rig = rig.reopen(|_| {}),
                Step::Migrate => {
                    rig = rig.reopen(|tables| {
                        schema::split_undo(tables);
                        schema::STEPS[0](tables).unwrap();
                    });
                }
            }
            rig.compare();
        }
    }
}

/// A batch whose sync fails stands in the journal, and what a write that fails left in memory is written
/// when the journal is closed.
#[test]
fn what_failed_does_not_come_back() {
    let directory = tempfile::tempdir().unwrap();
    let write = |shared: &Shared, key: u8| {
        let mut batch = Batch::default();
        batch.put(([key].into(), Some([key].into())));
        shared.commit(batch).unwrap();
    };
    let there = |shared: &Shared| {
        let is_there = |key: &u8| shared.with(|tables| tables.get(&[*key]).unwrap().is_some());
        (1..=5).filter(is_there).collect::<Vec<u8>>()
    };
    let shared = open(directory.path());
    write(&shared, 1);
    shared.lose(shared.with(Tables::next_batch));
    write(&shared, 2);
    shared.reopen().unwrap();
    assert_eq!(there(&shared), [1]);
    write(&shared, 3);
    shared.reopen().unwrap();
    assert_eq!(there(&shared), [1, 3]);
    // The program ends and did not try again.
    shared.lose(shared.with(Tables::next_batch));
    write(&shared, 4);
    drop(shared);
    assert_eq!(there(&open(directory.path())), [1, 3]);
}

/// As when descriptors run out: the files are there, and cannot be opened.
#[test]
fn what_cannot_be_opened_anew_is_opened_later() {
    let directory = tempfile::tempdir().unwrap();
    let shared = open(directory.path());
    let mut batch = Batch::default();
    batch.put(([1].into(), Some([1].into())));
    shared.commit(batch).unwrap();
    let (database, away) = (
        directory.path().join("database"),
        directory.path().join("away"),
    );
    std::fs::rename(&database, &away).unwrap();
    std::fs::write(&database, "").unwrap();
    for _ in 0..2 {
        shared.reopen().unwrap_err();
    }
    std::fs::remove_file(&database).unwrap();
    std::fs::rename(&away, &database).unwrap();
    shared.reopen().unwrap();
    let there = shared.with(|tables| tables.get(&[1]).unwrap());
    assert!(there.is_some());
}
