//! The end of a journal that a crash tore.
//!
//! The database below discards a last batch that was cut short, but takes one that has a hole in its
//! middle for damage: pages that were not synced reach a disk in any order. As each batch is synced
//! before the next one is written, only the last one can be torn, and nobody was told of it. So it is
//! cut off before the database looks. A broken batch with a sound one behind it is damage.

use std::collections::BTreeMap;
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

/// What a batch begins with: its tag, the number of its items (4) and its own (8).
const BATCH_START_BYTES: usize = 1 + 4 + 8;

/// The kind of an item that is no removal.
const VALUE: u8 = 0;

/// The numbers between two batches are those of what the database writes besides: few.
const MAX_STEP: u64 = 1 << 32;

/// What is wrong with a journal.
#[derive(Debug)]
pub(super) enum JournalError {
    /// It cannot be read or cut.
    Io(io::Error),
    /// It is broken in the middle.
    Damaged { file: PathBuf, at: usize },
    /// There is none. A database that is there always has one.
    Absent,
}

impl From<io::Error> for JournalError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Cuts what a crash left of a last batch off the journal that was written last.
pub(super) fn cut_torn_end(database: &Path) -> Result<(), JournalError> {
    let Some(file) = last_journal(database)? else {
        return Err(JournalError::Absent);
    };
    let bytes = fs::read(&file)?;
    let sound = sound_bytes(&bytes);
    let rest = &bytes[sound..];
    if rest.iter().all(|byte| *byte == 0) {
        return Ok(());
    }
    let mut starts = (1..rest.len()).filter(|at| rest[*at] == START);
    if starts.any(|at| is_end_of_journal(&rest[at..])) {
        return Err(JournalError::Damaged { file, at: sound });
    }
    log::info!(
        "{}: what was being written when the program or the machine stopped is cut off at byte {sound}",
        file.display()
    );
    cut(&file, sound)
}

/// Whether these are whole batches to the end, and not begun by an empty one, as none is written. In what is left
/// of a batch single ones can be found: values hold what strangers said.
fn is_end_of_journal(bytes: &[u8]) -> bool {
    let sound = sound_bytes(bytes);
    sound > 0 && bytes[1..5] != [0; 4] && bytes[sound..].iter().all(|byte| *byte == 0)
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

/// Takes batches from this number on out of all journals: they failed, and may have come to be there all
/// the same, since what waited to be written is written when a journal is closed.
pub(super) fn cut_lost(database: &Path, from: u64) -> io::Result<()> {
    for (_, file) in journals(database)? {
        let bytes = fs::read(&file)?;
        let kept = bytes_while(&bytes, |number, _| number < from);
        if bytes[kept..].iter().all(|byte| *byte == 0) {
            continue;
        }
        log::info!("{}: what failed is cut off at byte {kept}", file.display());
        // In the place of the file: whoever still has it open writes no more to this one.
        if let Err(error) = replace(database, &file, &bytes[..kept]) {
            log::info!("{}: cut in place: {error}", file.display());
            let file = File::options().write(true).open(&file)?;
            file.set_len(kept as u64)?;
            file.sync_all()?;
        }
    }
    Ok(())
}

fn replace(database: &Path, file: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = file.with_extension("new");
    let written = fs::write(&new, bytes).and_then(|()| File::open(&new)?.sync_all());
    if let Err(error) = written {
        // It may have taken the last room there was.
        let _ = fs::remove_file(&new);
        return Err(error);
    }
    fs::rename(&new, file)?;
    File::open(database)?.sync_all()
}

fn cut(file: &Path, bytes: usize) -> Result<(), JournalError> {
    let file = File::options().write(true).open(file)?;
    file.set_len(bytes as u64)?;
    Ok(file.sync_all()?)
}

fn last_journal(database: &Path) -> io::Result<Option<PathBuf>> {
    Ok(journals(database)?.pop_last().map(|(_, path)| path))
}

/// The journals, by number.
pub(super) fn journals(database: &Path) -> io::Result<BTreeMap<u64, PathBuf>> {
    let mut journals = BTreeMap::new();
    for entry in fs::read_dir(database)? {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "jnl") {
            continue;
        }
        let number = path
            .file_stem()
            .and_then(|stem| stem.to_str()?.parse::<u64>().ok());
        journals.extend(number.map(|number| (number, path)));
    }
    Ok(journals)
}

/// How many bytes whole batches take from the beginning on.
fn sound_bytes(bytes: &[u8]) -> usize {
    bytes_while(bytes, |_, _| true)
}

/// How many bytes whole batches take from the beginning on, up to the first that is not meant, by its number and
/// its bytes.
fn bytes_while(bytes: &[u8], mut meant: impl FnMut(u64, &[u8]) -> bool) -> usize {
    let (mut sound, mut last) = (0, None);
    while let Some(batch) = batch_bytes(&bytes[sound..]) {
        let batch = &bytes[sound..sound + batch];
        let number = number(batch);
        if !follows(last, number) || !meant(number, batch) {
            break;
        }
        (sound, last) = (sound + batch.len(), Some(number));
    }
    sound
}

/// Whether a batch can have this number after the last one: no checksum tells.
fn follows(last: Option<u64>, number: u64) -> bool {
    last.is_none_or(|last| number > last && number - last < MAX_STEP)
}

/// The number of a whole batch, behind its tag and the number of its items. They rise.
fn number(batch: &[u8]) -> u64 {
    let number = batch[5..BATCH_START_BYTES]
        .try_into()
        .expect("these are 8 bytes");
    u64::from_le_bytes(number)
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
        read_item(&mut rest)?;
        hasher.update(&item[..item.len() - rest.len()]);
    }
    if *rest.split_off_first()? != END {
        return None;
    }
    let checksum = u64::from_le_bytes(*rest.split_off(..8)?.first_chunk()?);
    let whole = checksum == hasher.finish() && rest.split_off(..TRAILER.len())? == TRAILER;
    whole.then_some(bytes.len() - rest.len())
}

/// What a batch says of one key of a keyspace.
pub(super) struct Item<'a> {
    pub(super) keyspace: u64,
    pub(super) key: &'a [u8],
    /// `None`: it is taken out.
    pub(super) value: Option<&'a [u8]>,
}

/// An item: its tag, kind and compression, the keyspace (8), the key's length (2), the value's (4) and
/// that on disk (4), all little-endian, the key, the value.
fn read_item<'a>(rest: &mut &'a [u8]) -> Option<Item<'a>> {
    if *rest.split_off_first()? != ITEM {
        return None;
    }
    let kind = *rest.split_off_first()?;
    rest.split_off_first()?;
    let keyspace = u64::from_le_bytes(*rest.split_off(..8)?.first_chunk()?);
    let key = u16::from_le_bytes(*rest.split_off(..2)?.first_chunk()?);
    read_u32(rest)?;
    let value = read_u32(rest)?;
    let key = rest.split_off(..usize::from(key))?;
    let value = rest.split_off(..value as usize)?;
    Some(Item {
        keyspace,
        key,
        value: (kind == VALUE).then_some(value),
    })
}

/// Shows what the whole batches of a journal say, with each batch's number, up to the first that is broken;
/// whether one is.
pub(super) fn read_items(bytes: &[u8], mut show: impl FnMut(u64, Item<'_>)) -> bool {
    let sound = bytes_while(bytes, |number, batch| {
        let mut items = &batch[BATCH_START_BYTES..];
        while let Some(item) = read_item(&mut items) {
            show(number, item);
        }
        true
    });
    bytes[sound..].iter().any(|byte| *byte != 0)
}

fn read_u32(rest: &mut &[u8]) -> Option<u32> {
    Some(u32::from_le_bytes(*rest.split_off(..4)?.first_chunk()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(number: u64, value: &[u8]) -> Vec<u8> {
        let length = u32::try_from(value.len()).unwrap().to_le_bytes();
        let item = [
            &[ITEM, 0, 0][..],
            &[0; 8],
            &[1, 0],
            &length,
            &length,
            b"k",
            value,
        ]
        .concat();
        let mut hasher = Xxh3::new();
        hasher.update(&item);
        let checksum = hasher.finish().to_le_bytes();
        let head = [&[START, 1, 0, 0, 0][..], &number.to_le_bytes()].concat();
        [&head[..], &item, &[END], &checksum, TRAILER].concat()
    }

    /// A journal of these bytes after it was looked at; `None` where it is damaged.
    fn looked_at(bytes: &[u8]) -> Option<Vec<u8>> {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("0.jnl");
        fs::write(&file, bytes).unwrap();
        match cut_torn_end(directory.path()) {
            Ok(()) => Some(fs::read(file).unwrap()),
            Err(JournalError::Damaged { at, .. }) => {
                assert_eq!(at, batch(1, b"first").len());
                None
            }
            Err(error) => panic!("{error:?}"),
        }
    }

    #[test]
    fn what_looks_like_a_batch_within_a_torn_one_is_torn_too() {
        let first = batch(1, b"first");
        let empty = [
            &[START][..],
            &[0; 12],
            &[END],
            &Xxh3::new().finish().to_le_bytes(),
            TRAILER,
        ];
        for lie in [batch(3, b"lie"), empty.concat()] {
            let torn = batch(2, &[&lie[..], &[7; 99]].concat());
            for length in (1..torn.len() - 1).step_by(5) {
                let left = [&first[..], &torn[..length]].concat();
                // Only one that ends with it could be one that was written.
                if !torn[..length].ends_with(&lie) || lie.len() < 40 {
                    assert_eq!(looked_at(&left).as_ref(), Some(&first), "{length}");
                }
            }
        }
    }

    #[test]
    fn a_hole_with_whole_batches_behind_it_is_damage() {
        let mut bytes = [batch(1, b"first"), batch(2, b"second"), batch(3, b"third")].concat();
        let at = batch(1, b"first").len() + 20;
        bytes[at] ^= 1;
        assert_eq!(looked_at(&bytes), None);
        bytes.extend([0; 50]);
        assert_eq!(looked_at(&bytes), None);
    }
}
