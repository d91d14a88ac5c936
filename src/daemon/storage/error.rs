//! What can be wrong with a data directory.

use std::io;
use std::path::{Path, PathBuf};

use super::dir::{damaged, failed};
use super::kept::KeptError;
use crate::driver::StorageError;
use crate::ledger::{GenesisError, Hash};
use crate::node::Name;

/// What the program ends with when its data directory is damaged.
pub const DAMAGED_EXIT_CODE: u8 = 3;

/// Why a data directory cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataDirError {
    /// Another process has it open.
    #[error("{} is in use by another process: stop that one, or give each node a directory of its own", .path.display())]
    Locked {
        /// The directory.
        path: PathBuf,
    },
    /// A file is where a directory has to be.
    #[error("{} is a file: give a directory, which is made if it is not there, or move the file away", .path.display())]
    File {
        /// The file.
        path: PathBuf,
    },
    /// There is none to be read.
    #[error("{} is no data directory: give the one that a node was run with", .path.display())]
    Absent {
        /// The directory.
        path: PathBuf,
    },
    /// There is one where a new one was to be made.
    #[error("{} has data already: give a directory that is empty or not there", .path.display())]
    Present {
        /// The directory.
        path: PathBuf,
    },
    /// It keeps the chain of another network.
    #[error(
        "{} keeps network {stored}, this one is {asked}: give the genesis file and difficulty that it was \
         made with, or another directory",
        .path.display()
    )]
    Network {
        /// The directory.
        path: PathBuf,
        /// The network it was made for.
        stored: Hash,
        /// The network it was to be used in.
        asked: Hash,
    },
    /// It is another node's.
    #[error(
        "{} is that of node {stored}, not of {asked}: run it with --name {stored}, or give {asked} a \
         directory of its own",
        .path.display()
    )]
    Name {
        /// The directory.
        path: PathBuf,
        /// The node it was made for.
        stored: Name,
        /// The node that was to use it.
        asked: Name,
    },
    /// A later release wrote it.
    #[error(
        "{} was written by a later release (schema {schema}, this one knows up to {known}): run that one, or \
         save it there with \"tickchain chain export\" and import that into a new directory here",
        .path.display()
    )]
    Newer {
        /// The directory.
        path: PathBuf,
        /// Its schema.
        schema: u32,
        /// The last one this program knows.
        known: u32,
    },
    /// Something in it is broken.
    #[error(
        "{} is damaged: {what}: save what can be saved with \"tickchain chain export --data-dir {}\", and \
         import that into a new directory",
        .path.display(), .path.display()
    )]
    Damaged {
        /// The directory.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// The network cannot be.
    #[error(transparent)]
    Genesis(#[from] GenesisError),
    /// The system refused something.
    #[error("{}: {what}: {source}{}", .path.display(), advice(.source.kind()))]
    System {
        /// The directory.
        path: PathBuf,
        /// What was tried.
        what: &'static str,
        /// What the system says.
        source: io::Error,
    },
}

impl DataDirError {
    /// Why what a node keeps besides its ledger cannot be read.
    pub(super) fn unreadable(path: &Path, error: KeptError) -> Self {
        match error {
            KeptError::Database(error) => failed(path, &error),
            broken => damaged(path, broken.to_string()),
        }
    }

    /// What the program ends with.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Damaged { .. } => DAMAGED_EXIT_CODE,
            _ => 1,
        }
    }
}

/// What to do about what the system says.
pub(super) fn advice(kind: io::ErrorKind) -> &'static str {
    match kind {
        io::ErrorKind::PermissionDenied => {
            ": let the user that runs this write there, or give another directory"
        }
        io::ErrorKind::ReadOnlyFilesystem => {
            ": mount it for writing, or copy what is there to where it can be written, and give that"
        }
        kind if is_full(kind) => ": make room there, or give another directory",
        _ => "",
    }
}

/// What the system said, where it was the system.
pub(super) fn io_error(error: &fjall::Error) -> Option<&io::Error> {
    match error {
        fjall::Error::Io(error) | fjall::Error::Storage(fjall::LsmError::Io(error)) => Some(error),
        _ => None,
    }
}

/// A database's error in words.
pub(super) fn describe(error: &fjall::Error) -> String {
    match error {
        fjall::Error::Poisoned => "an earlier write failed".to_owned(),
        fjall::Error::Unrecoverable => "its parts do not fit together".to_owned(),
        fjall::Error::JournalRecovery(error) => format!("its journal is broken ({error:?})"),
        fjall::Error::Storage(fjall::LsmError::ChecksumMismatch { .. }) => {
            "a checksum of a table does not match".to_owned()
        }
        fjall::Error::Storage(fjall::LsmError::Unrecoverable) => {
            "a table file is missing or broken".to_owned()
        }
        error => match io_error(error) {
            Some(error) => error.to_string(),
            None => format!("{error:?}"),
        },
    }
}

/// What a write's failure is to a driver.
pub(super) fn storage_error(place: &Path, error: &fjall::Error) -> StorageError {
    match io_error(error) {
        Some(error) if is_full(error.kind()) => StorageError::Full {
            place: place.display().to_string(),
        },
        _ => StorageError::Failed {
            reason: format!("{}: {}", place.display(), describe(error)),
        },
    }
}

fn is_full(kind: io::ErrorKind) -> bool {
    matches!(
        kind,
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    )
}

/// Whether files are not what they were, and not the system in a state that passes.
pub(super) fn is_damage(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::UnexpectedEof | io::ErrorKind::NotFound | io::ErrorKind::InvalidData
    )
}
