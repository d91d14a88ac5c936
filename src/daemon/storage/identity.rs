//! Whose a directory is, once more, beside the database: what a chain cannot be
//! read without must not go with one table.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::ledger::{Genesis, Hash};
use crate::node::Name;

/// The file, in the data directory.
const FILE: &str = "identity.json";

/// Until it is whole.
const UNFINISHED: &str = "identity.json.new";

/// What a directory says of itself.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Identity {
    pub(super) schema: u32,
    pub(super) name: Name,
    pub(super) network: Hash,
    pub(super) genesis: Genesis,
}

impl Identity {
    /// `None` where there is none that can be read.
    pub(super) fn read(path: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(path.join(FILE)).ok()?).ok()
    }

    /// Writes it where it is not there. A directory is good without, so one that cannot be written says so only.
    pub(super) fn keep(path: &Path, make: impl FnOnce() -> Self) {
        if path.join(FILE).exists() {
            return;
        }
        if let Err(error) = make().write(path) {
            log::info!("{} cannot be written: {error}", path.join(FILE).display());
        }
    }

    /// Removes it, before the database says something else.
    pub(super) fn forget(path: &Path) -> io::Result<()> {
        match fs::remove_file(path.join(FILE)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn write(&self, path: &Path) -> io::Result<()> {
        let unfinished = path.join(UNFINISHED);
        let mut file = BufWriter::new(File::create(&unfinished)?);
        serde_json::to_writer(&mut file, self)?;
        file.flush()?;
        file.get_ref().sync_all()?;
        fs::rename(unfinished, path.join(FILE))?;
        File::open(path)?.sync_all()
    }
}
