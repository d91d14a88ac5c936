//! The end of a journal that a crash tore.
//!
//! The database below discards a last batch that was cut short, but takes one that has a hole in its
//! middle for damage: pages that were not synced reach a disk in any order. As each batch is synced
//! before the next one is written, only the last one can be torn, and nobody was told of it. So it is
//! cut off before the database looks. A broken batch with a sound one behind it is damage.

use std::fs::{self, File};
use std::hash::Hasher;
use std::io;
use std::path::{Path, PathBuf};

use xxhash_rust::xxh3::Xxh3;

/// What the last bytes of a batch are.
const TRAILER: &[u8] = b"FJL\x03";

const START: u8 = 1;
const ITEM: u8 = 2;
const END: u8 = 3;

/// What is wrong with a journal.
#[derive(Debug)]
pub(super) enum JournalError {
    /// It cannot be read or cut.
    Io(io::Error),
    /// It is broken in the middle.
    Damaged { file: PathBuf, at: usize },
}

impl From<io::Error> for JournalError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Cuts what a crash left of a last batch off the journal that was written last, if there is one.
pub(super) fn cut_torn_end(database: &Path) -> Result<(), JournalError> {
    let Some(file) = last_journal(database)? else {
        return Ok(());
    };
    let bytes = fs::read(&file)?;
    let sound = sound_bytes(&bytes);
    let rest = &bytes[sound..];
    if rest.iter().all(|byte| *byte == 0) {
        return Ok(());
    }
    let starts = (1..rest.len()).filter(|at| rest[*at] == START);
    if starts
        .map(|at| batch_bytes(&rest[at..]))
        .any(|batch| batch.is_some())
    {
        return Err(JournalError::Damaged { file, at: sound });
    }
    log::info!(
        "{}: what was being written when the program or the machine stopped is cut off at byte {sound}",
        file.display()
    );
    cut(&file, sound)
}

/// Cuts the journal that was written last at its first broken batch, whatever follows.
pub(super) fn cut_damage(database: &Path) -> io::Result<()> {
    match last_journal(database)? {
        Some(file) => {
            let sound = sound_bytes(&fs::read(&file)?);
            match cut(&file, sound) {
                Err(JournalError::Io(error)) => Err(error),
                _ => Ok(()),
            }
        }
        None => Ok(()),
    }
}

fn cut(file: &Path, bytes: usize) -> Result<(), JournalError> {
    let file = File::options().write(true).open(file)?;
    file.set_len(bytes as u64)?;
    Ok(file.sync_all()?)
}

fn last_journal(database: &Path) -> io::Result<Option<PathBuf>> {
    let mut last = None;
    for entry in fs::read_dir(database)? {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "jnl") {
            continue;
        }
        let number = path
            .file_stem()
            .and_then(|stem| stem.to_str()?.parse::<u64>().ok());
        last = last.max(number.map(|number| (number, path)));
    }
    Ok(last.map(|(_, path)| path))
}

/// How many bytes whole batches take from the beginning on.
fn sound_bytes(bytes: &[u8]) -> usize {
    let mut sound = 0;
    while let Some(batch) = batch_bytes(&bytes[sound..]) {
        sound += batch;
    }
    sound
}

/// The bytes of the batch that `bytes` begin with, if it is whole.
fn batch_bytes(bytes: &[u8]) -> Option<usize> {
    let mut rest = bytes;
    if *rest.split_off_first()? != START {
        return None;
    }
    let items = read_u32(&mut rest)?;
    rest.split_off(..8)?;
    let mut hasher = Xxh3::new();
    for _ in 0..items {
        let item = rest;
        skip_item(&mut rest)?;
        hasher.update(&item[..item.len() - rest.len()]);
    }
    if *rest.split_off_first()? != END {
        return None;
    }
    let checksum = u64::from_le_bytes(*rest.split_off(..8)?.first_chunk()?);
    let whole = checksum == hasher.finish() && rest.split_off(..TRAILER.len())? == TRAILER;
    whole.then_some(bytes.len() - rest.len())
}

/// An item: its tag, kind and compression, the keyspace (8), the key's length (2), the value's (4) and
/// that on disk (4), all little-endian, the key, the value.
fn skip_item(rest: &mut &[u8]) -> Option<()> {
    if *rest.split_off_first()? != ITEM {
        return None;
    }
    rest.split_off(..2 + 8)?;
    let key = u16::from_le_bytes(*rest.split_off(..2)?.first_chunk()?);
    read_u32(rest)?;
    let value = read_u32(rest)?;
    rest.split_off(..usize::from(key))?;
    rest.split_off(..value as usize)?;
    Some(())
}

fn read_u32(rest: &mut &[u8]) -> Option<u32> {
    Some(u32::from_le_bytes(*rest.split_off(..4)?.first_chunk()?))
}
