//! The database: one keyspace for what is about the directory, one for all that a node keeps.

use std::ops::Bound;
use std::path::Path;
use std::thread;
use std::time::Duration;

use fjall::config::PartitioningPolicy;
use fjall::{
    AbstractTree as _, CompressionType, Database, Keyspace, KeyspaceCreateOptions, PersistMode,
    Slice,
};

use super::changes::Put;
use super::codec::{Table, read_number};
use super::error::describe;

/// What is written and not yet in a table file, at most, for each keyspace that is being filled. Up to
/// four more may wait for being written out.
const MEMTABLE_BYTES: u64 = 8 * 1024 * 1024;

/// Blocks of table files that are kept in memory.
const CACHE_BYTES: u64 = 16 * 1024 * 1024;

/// Open table files: few, as descriptors are what a node needs for its peers.
const OPEN_FILES: usize = 64;

/// Sealed journals are written out above this. With the one that is written to, it bounds what a start
/// reads.
const JOURNAL_BYTES: u64 = 64 * 1024 * 1024;

/// The most runs of tables that wait to be merged when a batch is written. The database stops at 30 until
/// they are fewer, whatever becomes of the threads that merge them.
const WAITING_RUNS: usize = 24;

/// How often it is looked whether there is room again.
const ROOM_INTERVAL: Duration = Duration::from_millis(1);

/// One writes tables out while the other merges them.
const WORKERS: usize = 2;

/// Which of the node's keyspaces is the present one: each reset begins a new one.
const GENERATION: &str = "generation";

/// What is written in one step.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// Whether everything of before goes first.
    pub(super) reset: bool,
    /// What becomes of each key, in the order it came: the last word on one holds.
    pub(super) puts: Vec<Put>,
    /// Of all these keys and values.
    pub(super) bytes: usize,
}

impl Batch {
    pub(super) fn put(&mut self, (key, value): Put) {
        self.bytes += key.len() + value.as_ref().map_or(0, |value| value.len());
        self.puts.push((key, value));
    }

    /// Everything of before goes, also what this batch says of it.
    pub(super) fn reset(&mut self) {
        *self = Self {
            reset: true,
            ..Self::default()
        };
    }

    /// The last word on each key, ordered by key: neighbours in a table are found faster one after another.
    fn last_words(mut self) -> Vec<Put> {
        self.puts.reverse();
        self.puts.sort_by(|(one, _), (other, _)| one.cmp(other));
        self.puts.dedup_by(|(one, _), (other, _)| one == other);
        self.puts
    }
}

/// The tables of a data directory. Clones are the same ones.
#[derive(Clone)]
pub(super) struct Tables {
    database: Database,
    about: Keyspace,
    node: Keyspace,
    generation: u64,
    /// Whether the keyspaces were asked to let go of sealed journals.
    bounding: bool,
}

impl Tables {
    /// Opens the database at `path`, or makes an empty one.
    pub(super) fn open(path: &Path) -> fjall::Result<Self> {
        let database = Database::builder(path)
            .cache_size(CACHE_BYTES)
            .worker_threads(WORKERS)
            .max_cached_files(Some(OPEN_FILES))
            .max_journaling_size(JOURNAL_BYTES)
            .journal_compression(CompressionType::None)
            .open()?;
        let about = database.keyspace("about", options)?;
        let generation = match about.get(GENERATION)? {
            Some(value) => read_number(&value).ok_or(fjall::Error::Unrecoverable)?,
            None => 0,
        };
        let present = keyspace_name(generation);
        for name in database.list_keyspace_names() {
            if name.starts_with("node-") && *name != *present {
                database.delete_keyspace(database.keyspace(&name, options)?)?;
            }
        }
        let node = database.keyspace(&present, options)?;
        Ok(Self {
            database,
            about,
            node,
            generation,
            bounding: false,
        })
    }

    /// What the directory says of itself under `key`.
    pub(super) fn about(&self, key: &str) -> fjall::Result<Option<Slice>> {
        self.about.get(key)
    }

    /// Says something of the directory; it lasts when this returns.
    pub(super) fn set_about(&self, entries: &[(&str, &[u8])]) -> fjall::Result<()> {
        let mut batch = self
            .database
            .batch()
            .durability(Some(PersistMode::SyncData));
        for (key, value) in entries {
            batch.insert(&self.about, *key, *value);
        }
        batch.commit()?;
        // Out of the journal, which could not be let go of for this alone.
        self.about.rotate_memtable()?;
        Ok(())
    }

    pub(super) fn get(&self, key: &[u8]) -> fjall::Result<Option<Slice>> {
        self.node.get(key)
    }

    /// The least number that the next batch can have, or the one that just failed had: all below it last.
    pub(super) fn next_batch(&self) -> u64 {
        self.database.visible_seqno()
    }

    /// A table's keys and values, ordered by key.
    pub(super) fn table(
        &self,
        table: Table,
    ) -> impl DoubleEndedIterator<Item = fjall::Result<(Slice, Slice)>> {
        self.node
            .prefix([table as u8])
            .map(fjall::Guard::into_inner)
    }

    /// Keys in this range and their values, ordered by key.
    pub(super) fn range(
        &self,
        keys: (Bound<Slice>, Bound<Slice>),
    ) -> impl Iterator<Item = fjall::Result<(Slice, Slice)>> {
        self.node.range(keys).map(fjall::Guard::into_inner)
    }

    /// Writes all of a batch or nothing; it lasts when this returns.
    pub(super) fn commit(&mut self, batch: Batch) -> fjall::Result<()> {
        self.wait_for_room()?;
        if batch.reset {
            return self.begin_anew(batch);
        }
        let mut written = self
            .database
            .batch()
            .durability(Some(PersistMode::SyncData));
        fill(&mut written, &self.node, batch);
        written.commit()?;
        self.bound_journals();
        Ok(())
    }

    /// Waits for what is to be written out and merged. The database does so itself after a batch where four
    /// memtables or thirty runs wait, and for ever where the threads that work them off have failed; with
    /// one and [`WAITING_RUNS`] at most before a batch, which adds two at most, it never comes to that.
    fn wait_for_room(&self) -> fjall::Result<()> {
        let waits = |keyspace: &Keyspace| {
            keyspace.sealed_memtable_count() > 1 || keyspace.tree.l0_run_count() > WAITING_RUNS
        };
        while waits(&self.node) || waits(&self.about) {
            // Fails once those threads have.
            self.database.persist(PersistMode::Buffer)?;
            thread::sleep(ROOM_INTERVAL);
        }
        Ok(())
    }

    /// A keyspace of before goes as a whole: its files are deleted.
    fn begin_anew(&mut self, batch: Batch) -> fjall::Result<()> {
        let generation = self.generation + 1;
        let node = self
            .database
            .keyspace(&keyspace_name(generation), options)?;
        let mut written = self
            .database
            .batch()
            .durability(Some(PersistMode::SyncData));
        written.insert(&self.about, GENERATION, generation.to_be_bytes());
        fill(&mut written, &node, batch);
        written.commit()?;
        self.generation = generation;
        let before = std::mem::replace(&mut self.node, node);
        after_all(self.database.delete_keyspace(before));
        after_all(self.about.rotate_memtable());
        Ok(())
    }

    /// A sealed journal is let go of when all that is in it is in tables. Nothing here waits for that.
    fn bound_journals(&mut self) {
        let sealed = self.database.journal_count() > 1;
        if sealed && !self.bounding {
            after_all(self.about.rotate_memtable());
            after_all(self.node.rotate_memtable());
        }
        self.bounding = sealed;
    }
}

/// What comes after a batch lasts does not undo it; what is left undone is done at the next start.
fn after_all<T>(done: fjall::Result<T>) {
    if let Err(error) = done {
        log::info!("the data directory is not tidied up: {}", describe(&error));
    }
}

fn fill(written: &mut fjall::OwnedWriteBatch, node: &Keyspace, batch: Batch) {
    for (key, value) in batch.last_words() {
        match value {
            Some(value) => written.insert(node, key, value),
            None => written.remove(node, key),
        }
    }
}

fn keyspace_name(generation: u64) -> String {
    format!("node-{generation}")
}

fn options() -> KeyspaceCreateOptions {
    // Filters and indexes in pieces: those of a table of 64 MB are some 500 KB each, which the cache would
    // lose and read again for every block.
    KeyspaceCreateOptions::default()
        .max_memtable_size(MEMTABLE_BYTES)
        .filter_block_partitioning_policy(PartitioningPolicy::all(true))
        .index_block_partitioning_policy(PartitioningPolicy::all(true))
}
