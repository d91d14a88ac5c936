//! `tickchain chain`: data directories without a node.

mod args;
mod error;
mod export;
pub mod fuzzing;
mod import;
mod lines;
mod pieces;
mod salvage;
mod verify;

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

pub use args::{ChainArgs, ChainCommand};
pub use error::ChainError;
use lines::Lines;

use super::codec::{self, Table};
use super::dir::{self, DATABASE, GENESIS};
use super::error::DataDirError;
use super::tables::Tables;
use crate::daemon::count::Count;
use crate::daemon::progress::Watcher;
use crate::daemon::{DaemonError, banner};
use crate::ledger::{Genesis, Hash};
use crate::node::Name;

/// A directory that can be read.
struct Source {
    tables: Tables,
    database: PathBuf,
    lock: File,
    name: Name,
    network: Hash,
    genesis: Genesis,
    /// Blocks of the main chain, as far as can be told.
    length: u64,
}

impl Source {
    /// A directory, which stays locked.
    fn open(path: &Path) -> Result<Self, DataDirError> {
        Self::open_database(path, path.join(DATABASE))
    }

    /// As [`Source::open`], with the database that is at another place.
    fn open_database(path: &Path, database: PathBuf) -> Result<Self, DataDirError> {
        if !database.exists() {
            return Err(DataDirError::Absent { path: path.into() });
        }
        let lock = dir::lock(path)?;
        let found = dir::find(path, &database)?;
        let genesis = found.tables.about(GENESIS);
        let genesis = genesis.map_err(|error| dir::failed(path, &error))?;
        let genesis = genesis.and_then(|json| serde_json::from_slice(&json).ok());
        let genesis: Genesis =
            genesis.ok_or_else(|| dir::damaged(path, "it does not say its genesis".to_owned()))?;
        Ok(Self {
            length: length(&found.tables),
            tables: found.tables,
            name: found.name,
            network: found.network,
            database,
            lock,
            genesis,
        })
    }
}

fn length(tables: &Tables) -> u64 {
    let last = tables.table(Table::Main).next_back();
    let last = last.and_then(|last| codec::read_number(&last.ok()?.0[1..]));
    last.map_or(0, |tip| tip.saturating_add(1))
}

/// Does what `tickchain chain` was asked for.
///
/// # Errors
/// [`DaemonError::Chain`], or [`DaemonError::Interrupted`].
pub(in crate::daemon) fn run(args: ChainArgs) -> Result<(), DaemonError> {
    match args.command {
        ChainCommand::Verify { data_dir } => verify(&data_dir),
        ChainCommand::Export { data_dir, file } => export(&data_dir, &file),
        ChainCommand::Import {
            data_dir,
            file,
            name,
        } => import(&data_dir, &file, name),
    }
}

fn verify(path: &Path) -> Result<(), DaemonError> {
    let source = Source::open(path).map_err(ChainError::from)?;
    let watcher = Watcher::new(source.length, "blocks")?;
    let found = verify::verify(source, &watcher);
    watcher.finish()?;
    let found = found.map_err(|what| ChainError::from(dir::damaged(path, what)))?;
    banner::print(&format!(
        "{}: all is as it should be: {}, {} more on side branches, {}, {} in blocks, {} that wait\n",
        path.display(),
        Count(found.blocks, "block"),
        found.side,
        Count(found.accounts as u64, "account"),
        Count(found.payments as u64, "payment"),
        found.kept,
    ));
    Ok(())
}

fn export(path: &Path, file: &Path) -> Result<(), DaemonError> {
    let salvaged = salvage::open(path)?;
    let watcher = Watcher::new(salvaged.source.length, "blocks")?;
    let (file, out): (_, io::Result<Box<dyn Write>>) = match is_stream(file) {
        true => (Path::new("standard output"), Ok(Box::new(io::stdout()))),
        false => (file, File::create_new(file).map(|file| Box::new(file) as _)),
    };
    let exported =
        out.and_then(|out| export::export(&salvaged.source, BufWriter::new(out), &watcher));
    watcher.finish()?;
    let exported = exported.map_err(|source| ChainError::Write {
        file: file.to_owned(),
        source,
    })?;
    match exported.missing + salvaged.missing {
        0 => Ok(()),
        missing => Err(ChainError::Incomplete {
            blocks: exported.written.blocks + exported.written.side,
            payments: exported.written.payments,
            missing,
        }
        .into()),
    }
}

fn import(path: &Path, file: &Path, name: Option<Name>) -> Result<(), DaemonError> {
    let watcher = Watcher::counting("blocks")?;
    let (file, input): (_, io::Result<Box<dyn BufRead>>) = match is_stream(file) {
        true => (
            Path::new("standard input"),
            Ok(Box::new(io::stdin().lock())),
        ),
        false => (
            file,
            File::open(file).map(|file| Box::new(BufReader::new(file)) as _),
        ),
    };
    let input = input.map_err(|source| ChainError::Read {
        file: file.to_owned(),
        source,
    })?;
    let done = import::import(path, name, Lines::new(file, input), &watcher);
    watcher.finish()?;
    let done = done?;
    banner::print(&format!(
        "{}: {}, {} more on side branches, {} that wait\n",
        path.display(),
        Count(done.blocks, "block"),
        done.side,
        Count(done.payments, "payment"),
    ));
    Ok(done.outcome()?)
}

fn is_stream(file: &Path) -> bool {
    file.as_os_str() == "-"
}
