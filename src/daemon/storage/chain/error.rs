//! What keeps a chain from being verified, exported or imported.

use std::io;

use crate::daemon::storage::DataDirError;
use crate::daemon::storage::error::{DAMAGED_EXIT_CODE, describe};

/// Why `tickchain chain` did not do all that it was asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
    /// The data directory cannot be used, or is damaged.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// Not all of a damaged directory could be read.
    #[error(
        "{missing} things could not be read, each is named above; what could be read is written: import it \
         into a new directory, and its node gets blocks from its peers"
    )]
    Incomplete {
        /// How many.
        missing: u64,
    },
    /// Some lines were not taken in.
    #[error(
        "{refused} lines were refused, the first of them are named above; the directory holds all others"
    )]
    Refused {
        /// How many.
        refused: u64,
    },
    /// A line is none of an export.
    #[error("line {line}: {reason}: give a file that tickchain chain export wrote")]
    Line {
        /// Which, counted from 1.
        line: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// What is to be imported cannot be read.
    #[error("what is to be imported cannot be read: {0}")]
    Read(io::Error),
    /// What is exported cannot be written.
    #[error("what is exported cannot be written: {0}")]
    Write(io::Error),
    /// The database of a directory that is being made cannot be written.
    #[error("the data directory cannot be written: {}", describe(.0))]
    Database(fjall::Error),
}

impl ChainError {
    /// What the program ends with.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::DataDir(error) => error.exit_code(),
            Self::Incomplete { .. } => DAMAGED_EXIT_CODE,
            _ => 1,
        }
    }
}
