//! Reading a directory whose database does not open.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{ChainError, Source, pieces};
use crate::daemon::storage::dir::DATABASE;
use crate::daemon::storage::error::DataDirError;
use crate::daemon::storage::journal::cut_damage;

/// A copy of the database to try things on. Files that are never changed are not copied but linked.
const COPY: &str = "database.salvage";

/// What can be read, and how many things are known to be missing already.
pub(super) struct Salvaged {
    pub(super) source: Source,
    pub(super) missing: u64,
    _copy: Option<Copy>,
}

/// Removed when it is no longer needed.
struct Copy(PathBuf);

impl Drop for Copy {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            log::warn!("{} cannot be removed: {error}", self.0.display());
        }
    }
}

/// Opens a directory; of one that is damaged a copy without what keeps it from being opened.
pub(super) fn open(path: &Path) -> Result<Salvaged, ChainError> {
    let what = match Source::open(path) {
        Ok(source) => {
            return Ok(Salvaged {
                source,
                missing: 0,
                _copy: None,
            });
        }
        Err(DataDirError::Damaged { what, .. }) => what,
        Err(error) => return Err(error.into()),
    };
    let copy = Copy(path.join(COPY));
    let written = |source| ChainError::Write {
        file: copy.0.clone(),
        source,
    };
    copy_database(&path.join(DATABASE), &copy.0)
        .and_then(|()| cut_damage(&copy.0))
        .map_err(written)?;
    let missing = match Source::open_database(path, copy.0.clone()) {
        Ok(source) => {
            log::error!("missing: what was written last: {what}");
            return Ok(Salvaged {
                source,
                missing: 1,
                _copy: Some(copy),
            });
        }
        Err(DataDirError::Damaged { .. }) => {
            log::error!("the database does not open: {what}: its files are read one by one");
            fs::remove_dir_all(&copy.0).map_err(written)?;
            // What does not open counts, though all that is in it may be in other files.
            1 + pieces::put_together(path, &copy.0)?
        }
        Err(error) => return Err(error.into()),
    };
    let source = Source::open_database(path, copy.0.clone());
    Ok(Salvaged {
        source: source.map_err(|error| match error {
            DataDirError::Damaged { path, what } => ChainError::Lost { path, what },
            error => error.into(),
        })?,
        missing,
        _copy: Some(copy),
    })
}

fn copy_database(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (path, copy) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            copy_database(&path, &copy)?;
        } else if from.file_name().is_some_and(|folder| folder == "tables") {
            // Not every file system has links.
            fs::hard_link(&path, &copy).or_else(|_| fs::copy(&path, &copy).map(drop))?;
        } else {
            fs::copy(&path, &copy)?;
        }
    }
    Ok(())
}
