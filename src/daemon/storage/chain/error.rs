//! What keeps a chain from being verified, exported or imported.

use std::io;
use std::path::PathBuf;

use crate::daemon::count::Count;
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
        "written: {} and {} that wait; {} could not be read, named above: import what is written into a new \
         directory, and its node gets blocks from its peers",
        Count(*.blocks, "block"), Count(*.payments, "payment"), Count(*.missing, "thing")
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
        "{} refused, the first of them named above; the directory holds all others",
        Count(*.refused, "line")
    )]
    Refused {
        /// How many.
        refused: u64,
    },
    /// Fewer blocks were there than the first line says.
    #[error(
        "the first line says {}, and {came} came, genesis too; {} refused: the directory holds all others, and \
         its node gets blocks from its peers; if the file was cut, import the whole one into a new directory",
        Count(*.promised, "block"), Count(*.refused, "line")
    )]
    Short {
        /// Blocks of the main chain that were there, genesis too.
        came: u64,
        /// How many there were to be.
        promised: u64,
        /// Lines that were refused.
        refused: u64,
    },
    /// The last line is missing.
    #[error(
        "the file ends after {} without the one that ends an export: it was cut, and side branches, payments or \
         accepted ids may be missing; {} refused: the directory holds all others; import the whole file into a \
         new directory",
        Count(*.lines, "line"), Count(*.refused, "line")
    )]
    Cut {
        /// Lines that came.
        lines: u64,
        /// Lines that were refused.
        refused: u64,
    },
    /// Fewer lines were there than the last one says.
    #[error(
        "lines are missing: {missing}, as the last line says; {} refused: the directory holds all others; if there \
         is a whole file, import that into a new directory",
        Count(*.refused, "line")
    )]
    Gap {
        /// Of what how many came.
        missing: String,
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
