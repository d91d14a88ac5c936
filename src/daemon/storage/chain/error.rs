//! What keeps a chain from being verified, exported or imported.

use std::io;
use std::path::PathBuf;

use crate::daemon::storage::DataDirError;
use crate::daemon::storage::error::{DAMAGED_EXIT_CODE, advice, describe};

/// Why `tickchain chain` did not do all that it was asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
    /// The data directory cannot be used, or is damaged.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// Not all of a damaged directory could be read.
    #[error(
        "{blocks} blocks and {payments} payments that wait are written, {missing} things could not be read, \
         each is named above: import what is written into a new directory, and its node gets blocks from its \
         peers"
    )]
    Incomplete {
        /// Blocks that are written, genesis too.
        blocks: u64,
        /// Payments that are written.
        payments: u64,
        /// What is not.
        missing: u64,
    },
    /// Too little of a damaged directory could be read.
    #[error(
        "nothing of {} can be saved: {what}: bring back a backup, or run the node on a new directory, where it \
         gets blocks from its peers",
        .path.display()
    )]
    Lost {
        /// The directory.
        path: PathBuf,
        /// What is missing.
        what: String,
    },
    /// Some lines were not taken in.
    #[error(
        "{refused} lines were refused, the first of them are named above; the directory holds all others"
    )]
    Refused {
        /// How many.
        refused: u64,
    },
    /// Fewer blocks were there than the first line says.
    #[error(
        "the first line says {promised} blocks, and {came} came, genesis too; {refused} lines were refused: \
         the directory holds all others, and its node gets blocks from its peers; if the file was cut, import \
         the whole one into a new directory"
    )]
    Short {
        /// Blocks of the main chain that were there, genesis too.
        came: u64,
        /// How many there were to be.
        promised: u64,
        /// Lines that were refused.
        refused: u64,
    },
    /// The first line is none of an export.
    #[error("line 1: {reason}: give a file that tickchain chain export wrote")]
    Header {
        /// What is wrong with it.
        reason: String,
    },
    /// What is to be imported cannot be read.
    #[error("{} cannot be read: {source}{}", .file.display(), read_advice(.source.kind()))]
    Read {
        /// The file.
        file: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// What is exported cannot be written.
    #[error("{} cannot be written: {source}{}", .file.display(), write_advice(.source.kind()))]
    Write {
        /// The file.
        file: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The database of a directory that is being made cannot be written.
    #[error("the data directory cannot be written: {}", describe(.0))]
    Database(fjall::Error),
}

impl ChainError {
    /// What the program ends with.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::DataDir(error) => error.exit_code(),
            Self::Incomplete { .. } | Self::Lost { .. } => DAMAGED_EXIT_CODE,
            _ => 1,
        }
    }
}

fn read_advice(kind: io::ErrorKind) -> &'static str {
    match kind {
        io::ErrorKind::NotFound | io::ErrorKind::IsADirectory => {
            ": give a file that tickchain chain export wrote, or - for standard input"
        }
        io::ErrorKind::PermissionDenied => ": let the user that runs this read it",
        _ => "",
    }
}

fn write_advice(kind: io::ErrorKind) -> &'static str {
    match kind {
        io::ErrorKind::AlreadyExists => ": give another name, or move that file away",
        io::ErrorKind::NotFound => ": make the directory that it is to be in",
        kind => advice(kind),
    }
}
