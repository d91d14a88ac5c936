//! A database of what can be read in the files of one that does not open.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fjall::Slice;
use lsm_tree::{Cache, Checksum, Table};

use super::ChainError;
use crate::daemon::storage::dir::{self, DATABASE, GENESIS, NAME, NETWORK};
use crate::daemon::storage::identity::Identity;
use crate::daemon::storage::journal;
use crate::daemon::storage::manifest;
use crate::daemon::storage::schema::{REACHED, SCHEMA};
use crate::daemon::storage::tables::{Batch, Tables};

/// What a directory says of itself is in the keyspace that was made first.
const ABOUT: u64 = 1;

/// So many keys are written in one step.
const BATCH_KEYS: usize = 20_000;

/// Of each table file that is read: it is read from its beginning to its end.
const CACHE_BYTES: u64 = 256 * 1024;

/// What is said of a key: by which batch, and what; `None` is that it was taken out.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    key: Slice,
    number: u64,
    value: Option<Slice>,
}

/// All that journals say, by keyspace and key: the last word.
type Journals = BTreeMap<u64, BTreeMap<Slice, (u64, Option<Slice>)>>;

/// Entries in the order of their keys.
type Entries = Box<dyn Iterator<Item = lsm_tree::Result<Entry>>>;

/// Makes a database at `to` of the one in the directory; how many things could not be read, each of which is
/// named in the log.
pub(super) fn put_together(path: &Path, to: &Path) -> Result<u64, ChainError> {
    let mut pieces = Pieces {
        database: path.join(DATABASE),
        missing: 0,
    };
    let read = |source| ChainError::Read {
        file: path.join(DATABASE),
        source,
    };
    let mut journals = pieces.journals().map_err(read)?;
    let keyspaces = manifest::keyspaces(&pieces.database).map_err(read)?;
    let about = keyspaces.iter().find(|(number, _)| *number == ABOUT);
    let about = pieces.entries(
        about.map(|(_, folder)| folder.as_path()),
        journals.remove(&ABOUT),
    );
    let mut said: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
    pieces.merge(about.map_err(read)?, |key, value| {
        said.insert(key.to_vec(), value.to_vec());
        Ok(())
    })?;
    let mut tables = Tables::open(to).map_err(|error| dir::failed(path, &error))?;
    describe(path, &tables, said)?;
    // The present one is the last that anything was written to: a reset begins with the genesis block.
    let last = keyspaces.last().map(|(number, _)| *number);
    let present = last.max(journals.keys().next_back().copied());
    let folder = keyspaces
        .iter()
        .find(|(number, _)| Some(*number) == present);
    let written = present.and_then(|number| journals.remove(&number));
    let node = pieces.entries(folder.map(|(_, folder)| folder.as_path()), written);
    let mut batch = Batch::default();
    pieces.merge(node.map_err(read)?, |key, value| {
        batch.put((key, Some(value)));
        match batch.puts.len() < BATCH_KEYS {
            true => Ok(()),
            false => tables.commit(std::mem::take(&mut batch)),
        }
    })?;
    tables.commit(batch).map_err(ChainError::Database)?;
    Ok(pieces.missing)
}

/// Says whose the database is, as what was read does, or else as the directory does beside it.
fn describe(
    path: &Path,
    tables: &Tables,
    said: BTreeMap<Vec<u8>, Vec<u8>>,
) -> Result<(), ChainError> {
    let get = |key: &str| said.get(key.as_bytes()).cloned();
    let read = [SCHEMA, NAME, NETWORK, GENESIS].map(|key| get(key).map(|value| (key, value)));
    let entries = match read {
        [Some(schema), Some(name), Some(network), Some(genesis)] => {
            let reached = get(REACHED).map(|value| (REACHED, value));
            let said = [schema, name, network, genesis];
            said.into_iter().chain(reached).collect()
        }
        _ => match Identity::read(path) {
            Some(identity) => vec![
                (SCHEMA, identity.schema.to_be_bytes().to_vec()),
                (NAME, identity.name.as_str().into()),
                (NETWORK, identity.network.0.into()),
                (
                    GENESIS,
                    serde_json::to_vec(&identity.genesis).expect("a genesis is written as JSON"),
                ),
            ],
            None => {
                return Err(ChainError::Lost {
                    path: path.to_owned(),
                    what: "whose it is and its genesis cannot be read".to_owned(),
                });
            }
        },
    };
    let entries: Vec<_> = (entries.iter())
        .map(|(key, value)| (*key, &value[..]))
        .collect();
    tables.set_about(&entries).map_err(ChainError::Database)
}

struct Pieces {
    database: PathBuf,
    missing: u64,
}

impl Pieces {
    fn miss(&mut self, what: &str) {
        self.missing += 1;
        log::error!("missing: {what}");
    }

    /// Everything in journals, each up to the first batch that is broken.
    fn journals(&mut self) -> io::Result<Journals> {
        let mut found = Journals::new();
        let journals = journal::journals(&self.database)?;
        if journals.is_empty() {
            self.miss("the journal, with what was written last");
        }
        for file in journals.into_values() {
            let broken = journal::read_items(&fs::read(&file)?, |number, item| {
                let keyspace = found.entry(item.keyspace).or_default();
                keyspace.insert(item.key.into(), (number, item.value.map(Slice::from)));
            });
            if broken {
                self.miss(&format!(
                    "what follows the first broken batch in {}",
                    file.display()
                ));
            }
        }
        Ok(found)
    }

    /// What each table file in a keyspace's folder says, and a journal.
    fn entries(
        &mut self,
        folder: Option<&Path>,
        journal: Option<BTreeMap<Slice, (u64, Option<Slice>)>>,
    ) -> io::Result<Vec<Entries>> {
        let journal = journal.unwrap_or_default().into_iter();
        let journal = journal.map(|(key, (number, value))| Ok(Entry { key, number, value }));
        let mut entries: Vec<Entries> = vec![Box::new(journal)];
        let folder = folder.map(|folder| folder.join("tables"));
        let files = folder.filter(|folder| folder.exists()).map(fs::read_dir);
        for file in files.transpose()?.into_iter().flatten() {
            let file = file?.path();
            match open_table(&file) {
                Ok(table) => entries.push(table),
                Err(error) => self.miss(&format!("what is in {}: {error}", file.display())),
            }
        }
        Ok(entries)
    }

    /// Shows the last word on each key that was not taken out, in the order of keys.
    fn merge(
        &mut self,
        mut entries: Vec<Entries>,
        mut show: impl FnMut(Slice, Slice) -> fjall::Result<()>,
    ) -> Result<(), ChainError> {
        let mut heads: Vec<Option<Entry>> = entries
            .iter_mut()
            .map(|entries| self.next(entries))
            .collect();
        let mut last = None;
        loop {
            let heads_there = heads
                .iter()
                .enumerate()
                .filter_map(|(at, head)| Some((at, head.as_ref()?)));
            let first = heads_there.min_by_key(|(_, head)| (&head.key, Reverse(head.number)));
            let Some((at, _)) = first else {
                return Ok(());
            };
            let following = self.next(&mut entries[at]);
            let Some(Entry { key, value, .. }) = std::mem::replace(&mut heads[at], following)
            else {
                return Ok(());
            };
            if last.as_ref() == Some(&key) {
                continue;
            }
            last = Some(key.clone());
            if let Some(value) = value {
                show(key, value).map_err(ChainError::Database)?;
            }
        }
    }

    /// The next entry that can be read.
    fn next(&mut self, entries: &mut Entries) -> Option<Entry> {
        loop {
            match entries.next()? {
                Ok(entry) => return Some(entry),
                Err(error) => self.miss(&format!("a part of a table file: {error}")),
            }
        }
    }
}

fn open_table(file: &Path) -> lsm_tree::Result<Entries> {
    let cache = Arc::new(Cache::with_capacity_bytes(CACHE_BYTES));
    // Which list it stands in, and with what checksum of the whole, matters to none that reads it alone.
    let table = Table::recover(
        file.to_owned(),
        Checksum::from_raw(0),
        0,
        0,
        cache,
        None,
        false,
        false,
    )?;
    Ok(Box::new(table.iter().map(|entry| {
        let entry = entry?;
        Ok(Entry {
            number: entry.key.seqno,
            value: (!entry.key.value_type.is_tombstone()).then_some(entry.value),
            key: entry.key.user_key,
        })
    })))
}
