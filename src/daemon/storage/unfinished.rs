//! A directory that is being made.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::dir::{self, DATABASE, GENESIS, NAME, NETWORK, failed, system};
use super::error::DataDirError;
use super::identity::Identity;
use super::schema;
use super::store::Shared;
use super::tables::Tables;
use crate::ledger::{Genesis, Hash};
use crate::node::Name;

/// Where the database is until it is whole.
pub(super) const UNFINISHED: &str = "database.new";

/// A database that gets its name when it is whole, so that one that is there always is.
pub(super) struct UnfinishedDir {
    path: PathBuf,
    shared: Arc<Shared>,
    /// Held until it is whole.
    lock: File,
}

impl UnfinishedDir {
    /// Begins to make a directory that is empty or not there.
    pub(super) fn begin(path: &Path) -> Result<Self, DataDirError> {
        let lock = dir::take(path)?;
        if path.join(DATABASE).exists() {
            return Err(DataDirError::Present { path: path.into() });
        }
        Self::within(path, &lock)
    }

    /// Begins to make a directory that is locked.
    pub(super) fn within(path: &Path, lock: &File) -> Result<Self, DataDirError> {
        let lock = || {
            lock.try_clone()
                .map_err(system(path, "the lock cannot be kept"))
        };
        let database = path.join(UNFINISHED);
        let tables = Tables::open(&database).map_err(|error| failed(path, &error))?;
        Ok(Self {
            path: path.to_owned(),
            shared: Arc::new(Shared::new(tables, database, lock()?)),
            lock: lock()?,
        })
    }

    /// Says whose it is.
    pub(super) fn describe(
        &self,
        genesis: &Genesis,
        name: &Name,
        network: Hash,
    ) -> Result<(), DataDirError> {
        let identity = || Identity {
            schema: schema::latest(schema::STEPS),
            name: name.clone(),
            network,
            genesis: genesis.clone(),
        };
        // It may be that of a database that was there before.
        let forgotten = Identity::forget(&self.path);
        forgotten.map_err(system(
            &self.path,
            "what it says of itself cannot be removed",
        ))?;
        Identity::keep(&self.path, identity);
        let json = serde_json::to_vec(genesis).expect("a genesis is written as JSON");
        let said = self.shared.with(|tables| {
            tables.set_about(&[
                (schema::SCHEMA, &schema::latest(schema::STEPS).to_be_bytes()),
                (NAME, name.as_str().as_bytes()),
                (NETWORK, &network.0),
                (GENESIS, &json),
            ])
        });
        self.said(said)
    }

    /// Where it is written to.
    pub(super) fn shared(&self) -> Arc<Shared> {
        Arc::clone(&self.shared)
    }

    /// What the database said, for the user.
    pub(super) fn said<T>(&self, result: fjall::Result<T>) -> Result<T, DataDirError> {
        result.map_err(|error| failed(&self.path, &error))
    }

    /// Gives it its name. Nobody else may use it any more.
    pub(super) fn finish(self) -> Result<(), DataDirError> {
        let Self { path, shared, lock } = self;
        drop(shared);
        let renamed = fs::rename(path.join(UNFINISHED), path.join(DATABASE))
            .and_then(|()| File::open(&path)?.sync_all());
        renamed.map_err(system(&path, "the new database cannot be put in its place"))?;
        drop(lock);
        Ok(())
    }
}
