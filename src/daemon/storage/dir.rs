//! A data directory: whose it is, and a node that goes on from it.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::changes::Position;
use super::check;
use super::disk_storage::DiskStorage;
use super::error::{DataDirError, describe};
use super::health::StorageHealth;
use super::identity::Identity;
use super::journal::{JournalError, cut_torn_end};
use super::kept;
use super::manifest;
use super::schema;
use super::store::Shared;
use super::tables::{Batch, Tables};
use super::unfinished::{UNFINISHED, UnfinishedDir};
use crate::daemon::storage::DaemonNode;
use crate::ledger::{Block, Changes, Hash, network_id};
use crate::node::{Config, Name, Node as _};

/// Locked while a process uses the directory.
const LOCK: &str = "lock";

/// Where the database is.
pub(super) const DATABASE: &str = "database";

/// What a directory says of itself, by key.
pub(super) const NAME: &str = "name";
pub(super) const NETWORK: &str = "network";
pub(super) const GENESIS: &str = "genesis";

/// A data directory that this process has for itself.
///
/// ```
/// use tickchain::daemon::storage::DataDir;
/// use tickchain::node::Config;
///
/// let parent = tempfile::tempdir()?;
/// let path = parent.path().join("node1");
/// let config = Config::new("node1".parse()?);
/// drop(DataDir::open(&path)?.run(config.clone())?);
///
/// let again = DataDir::open(&path)?;
/// assert_eq!(again.name(), Some(&config.name));
/// assert_eq!(again.run(config)?.kept.blocks, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct DataDir {
    path: PathBuf,
    /// `None` in a directory that is new. Closed before the lock is given back.
    found: Option<Found>,
    lock: File,
}

pub(super) struct Found {
    pub(super) tables: Tables,
    pub(super) name: Name,
    pub(super) network: Hash,
}

impl std::fmt::Debug for DataDir {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DataDir")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// A node that goes on from a data directory, and what it goes on from.
#[derive(Debug)]
#[non_exhaustive]
pub struct Opened {
    /// The node.
    pub node: DaemonNode,
    /// Where it is written, for [`Driver::with_storage`](crate::driver::Driver::with_storage).
    pub storage: DiskStorage,
    /// What was there.
    pub kept: Kept,
}

/// What a data directory held when it was opened, and whether it can be written to.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Kept {
    /// The directory.
    pub path: PathBuf,
    /// Blocks on the main chain.
    pub blocks: u64,
    /// The node's clock.
    pub clock: u64,
    /// Whether writes last.
    pub health: StorageHealth,
}

impl DataDir {
    /// Takes a directory, which is made if it is not there.
    ///
    /// # Errors
    /// [`DataDirError::Locked`] while another process has it; a [`DataDirError`] when what is there
    /// cannot be read.
    pub fn open(path: &Path) -> Result<Self, DataDirError> {
        let lock = take(path)?;
        let database = path.join(DATABASE);
        let found = match database.exists() {
            true => Some(find(path, &database)?),
            false => None,
        };
        Ok(Self {
            path: path.to_owned(),
            lock,
            found,
        })
    }

    /// Whose it is, unless it is new.
    pub fn name(&self) -> Option<&Name> {
        self.found.as_ref().map(|found| &found.name)
    }

    /// A node of this name and network, with what is kept here.
    ///
    /// # Errors
    /// [`DataDirError::Name`] or [`DataDirError::Network`] when this is another's directory;
    /// [`DataDirError::Damaged`] when what is there is not as it was written.
    pub fn run(self, config: Config) -> Result<Opened, DataDirError> {
        let Self { path, lock, found } = self;
        let genesis = config.genesis.block()?;
        let network = network_id(&genesis, config.genesis.difficulty);
        let database = path.join(DATABASE);
        let tables = match found {
            Some(found) => {
                check_owner(&path, &found, &config.name, network)?;
                found.tables
            }
            None => {
                create(&path, &lock, &config, &genesis, network)?;
                Tables::open(&database).map_err(|error| failed(&path, &error))?
            }
        };
        check::last_blocks(&tables).map_err(|what| damaged(&path, what))?;
        Identity::keep(&path, || Identity {
            schema: schema::latest(schema::STEPS),
            name: config.name.clone(),
            network,
            genesis: config.genesis.clone(),
        });
        let (mut saved, mut records) =
            kept::read(&tables).map_err(|error| DataDirError::unreadable(&path, error))?;
        let position = Position::read(&tables).map_err(|error| failed(&path, &error))?;
        let shared = Arc::new(Shared::new(tables, database, lock));
        let mut life = Batch::default();
        life.put(records.begin_life());
        saved.lives += 1;
        shared.commit(life).map_err(|error| failed(&path, &error))?;
        let genesis = Changes::of_genesis(&genesis);
        let storage = DiskStorage::new(path.clone(), shared, config, genesis, position, records);
        let node = storage.resume(saved);
        let node = node.map_err(|what| damaged(&path, what))?;
        let kept = Kept {
            path,
            blocks: node.ledger().tip().id() + 1,
            clock: node.clock(),
            health: storage.health.clone(),
        };
        Ok(Opened {
            node,
            storage,
            kept,
        })
    }
}

/// Makes a directory if it is not there, locks it, and removes what an interrupted start left.
pub(super) fn take(path: &Path) -> Result<File, DataDirError> {
    make(path)?;
    let lock = lock(path)?;
    let unfinished = path.join(UNFINISHED);
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished).map_err(system(
            path,
            "what an interrupted start left cannot be removed",
        ))?;
    }
    Ok(lock)
}

fn make(path: &Path) -> Result<(), DataDirError> {
    fs::create_dir_all(path).map_err(|error| {
        // Also one above it.
        let file = path.ancestors().find(|above| above.is_file());
        match file {
            Some(file) => DataDirError::File { path: file.into() },
            None => system(path, "the data directory cannot be made")(error),
        }
    })
}

pub(super) fn lock(path: &Path) -> Result<File, DataDirError> {
    let refused = system(path, "the data directory cannot be locked");
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path.join(LOCK));
    let file = match file {
        Ok(file) => file,
        Err(error) => return Err(refused(error)),
    };
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(DataDirError::Locked { path: path.into() }),
        Err(fs::TryLockError::Error(error)) => Err(refused(error)),
    }
}

/// Opens a database that is there.
pub(super) fn find(path: &Path, database: &Path) -> Result<Found, DataDirError> {
    let list = manifest::broken(database).map_err(system(path, "the database cannot be read"))?;
    if let Some(list) = list {
        let what = format!("{} is not what was written", list.display());
        return Err(damaged(path, what));
    }
    cut_torn_end(database).map_err(|error| match error {
        JournalError::Io(error) => system(path, "the journal cannot be read")(error),
        JournalError::Absent => damaged(path, "its journal is missing".to_owned()),
        JournalError::Damaged { file, at } => {
            let what = format!(
                "{} is broken at byte {at}, and goes on after that",
                file.display()
            );
            damaged(path, what)
        }
    })?;
    let mut tables = Tables::open(database).map_err(|error| failed(path, &error))?;
    schema::migrate(path, &mut tables, schema::STEPS)?;
    let about = |key: &str| {
        let value = tables.about(key).map_err(|error| failed(path, &error))?;
        value.ok_or_else(|| damaged(path, format!("it does not say its {key}")))
    };
    let name = std::str::from_utf8(&about(NAME)?)
        .ok()
        .and_then(|name| name.parse().ok());
    let network = <[u8; 32]>::try_from(&about(NETWORK)?[..]).map(Hash);
    let broken = || damaged(path, "what it says of itself cannot be read".to_owned());
    Ok(Found {
        name: name.ok_or_else(broken)?,
        network: network.map_err(|_| broken())?,
        tables,
    })
}

fn check_owner(path: &Path, found: &Found, name: &Name, network: Hash) -> Result<(), DataDirError> {
    if found.network != network {
        return Err(DataDirError::Network {
            path: path.into(),
            stored: found.network,
            asked: network,
        });
    }
    if found.name != *name {
        return Err(DataDirError::Name {
            path: path.into(),
            stored: found.name.clone(),
            asked: name.clone(),
        });
    }
    Ok(())
}

/// Makes a database with the genesis block.
fn create(
    path: &Path,
    lock: &File,
    config: &Config,
    genesis: &Block,
    network: Hash,
) -> Result<(), DataDirError> {
    let unfinished = UnfinishedDir::within(path, lock)?;
    unfinished.describe(&config.genesis, &config.name, network)?;
    let mut batch = Batch::default();
    let changes = Changes::of_genesis(genesis);
    Position::default().apply(&changes, |put| batch.put(put));
    unfinished.said(unfinished.shared().commit(batch))?;
    unfinished.finish()
}

pub(super) fn system(path: &Path, what: &'static str) -> impl Fn(io::Error) -> DataDirError {
    let path = path.to_owned();
    move |source| DataDirError::System {
        path: path.clone(),
        what,
        source,
    }
}

pub(super) fn damaged(path: &Path, what: String) -> DataDirError {
    DataDirError::Damaged {
        path: path.into(),
        what,
    }
}

/// What a database's error is to the user: the system's, or damage.
pub(super) fn failed(path: &Path, error: &fjall::Error) -> DataDirError {
    match super::error::io_error(error) {
        Some(error) if !super::error::is_damage(error) => {
            let source = io::Error::new(error.kind(), error.to_string());
            system(path, "the database cannot be used")(source)
        }
        _ => damaged(path, describe(error)),
    }
}
