//! Data directories in which anything was made anything else: each entry is read as it was written or not at
//! all, and a start, `chain verify` and `chain export` say what is wrong and go no further.

use std::cell::RefCell;

use arbitrary::{Result, Unstructured};
use tickchain::daemon::storage::fuzzing::{self, Directory, again};
use tickchain::ledger::{HEADER_BYTES, Hash, Header};
use tickchain::node::{Body, Message, SavedMessage};

use super::directories::{self, Place};

/// The tables, by the first byte of their keys.
const TABLES: std::ops::RangeInclusive<u8> = 1..=10;

/// Keys of blocks are hashes of headers, which come behind so many bytes of work.
const BLOCK: u8 = 1;
const WORK_BYTES: usize = 16;

/// The most entries that are changed.
const MOST: usize = 4;

/// After so many inputs the directory is made anew: what it let go of is still looked through.
const INPUTS: u32 = 100;

type Entry = (Vec<u8>, Vec<u8>);
type Put = (Vec<u8>, Option<Vec<u8>>);

/// A directory that is sound, and what is in it.
struct Sound {
    directory: Directory,
    entries: Vec<Entry>,
    uses: u32,
    _place: Place,
}

impl Sound {
    fn new() -> Self {
        let place = Place::new();
        let mut directory = directories::sound(&place.folder("sound"));
        directory.write([said_by_a_peer()]);
        assert_eq!(directory.verify(), Ok(()));
        Self {
            entries: directory.entries(),
            directory,
            uses: 0,
            _place: place,
        }
    }
}

/// A message in the inbox.
fn said_by_a_peer() -> Put {
    let message = Message {
        stamp: 3,
        sequence: 5,
        body: Body::ReqChain(vec![Hash::ZERO]),
    };
    let saved = SavedMessage {
        from: Some("node2".parse().expect("a name")),
        ready: 4,
        message,
    };
    let (key, value) = fuzzing::message(8, &saved);
    (key, Some(value))
}

thread_local!(static SOUND: RefCell<Option<Sound>> = const { RefCell::new(None) });

pub fn run(bytes: &[u8]) {
    let kept = SOUND.take().filter(|sound| sound.uses < INPUTS);
    let mut sound = kept.unwrap_or_else(Sound::new);
    sound.uses += 1;
    let mut bytes = Unstructured::new(bytes);
    let mut puts: Vec<Put> = Vec::new();
    while puts.len() < MOST && !bytes.is_empty() {
        let Ok(put) = change(&mut bytes, &sound.entries) else {
            break;
        };
        puts.push(put);
    }
    for (key, value) in &puts {
        let value = value.as_deref().unwrap_or_default();
        if let Some(again) = again(key, value) {
            assert_eq!((&again.0[..], &again.1[..]), (&key[..], value));
        }
    }
    look(&mut sound, puts);
    SOUND.set(Some(sound));
}

/// Makes these changes, has everything read, and takes them back.
fn look(sound: &mut Sound, puts: Vec<Put>) {
    let back: Vec<Put> = puts
        .iter()
        .map(|(key, _)| {
            let before = sound.entries.iter().find(|(before, _)| before == key);
            (key.clone(), before.map(|(_, value)| value.clone()))
        })
        .collect();
    let directory = &mut sound.directory;
    directory.write(puts);
    let (start, verified) = (directory.start(), directory.verify());
    let (_, missing) = directory.export().expect("memory has room");
    if verified.is_ok() {
        assert_eq!(start, Ok(()));
        assert_eq!(missing, 0);
    }
    directory.write(back);
}

/// What becomes of one entry.
fn change(bytes: &mut Unstructured<'_>, entries: &[Entry]) -> Result<Put> {
    let (mut key, mut value) = bytes.choose(entries)?.clone();
    match bytes.int_in_range(0..=9)? {
        0 => return Ok((key, None)),
        1 => {
            let at = bytes.int_in_range(1..=key.len().max(2) - 1)?;
            match key.get_mut(at) {
                Some(byte) => *byte ^= bytes.int_in_range(1..=255)?,
                None => key.push(bytes.arbitrary()?),
            }
        }
        2 => value.truncate(bytes.int_in_range(0..=value.len())?),
        3 => value.extend_from_slice(some_bytes(bytes)?),
        4 => {
            key = vec![bytes.int_in_range(TABLES)?];
            key.extend_from_slice(some_bytes(bytes)?);
            value = some_bytes(bytes)?.to_vec();
        }
        5 => value = bytes.choose(entries)?.1.clone(),
        // Of a number all bits, or those of its last bytes.
        8 => {
            let from = bytes.int_in_range(1..=8)?;
            key.iter_mut().skip(from).for_each(|byte| *byte = 255);
        }
        9 => value = huge_number(&value, bytes.arbitrary()?),
        // A few bytes in a row: numbers that are huge, or near each other.
        6 => {
            let at = bytes.int_in_range(0..=value.len())?;
            let count = bytes.int_in_range(1..=16)?;
            let byte = *bytes.choose(&[0, 1, 127, 128, 254, 255])?;
            value
                .iter_mut()
                .skip(at)
                .take(count)
                .for_each(|place| *place = byte);
        }
        _ => {
            let at = bytes.int_in_range(0..=value.len())?;
            let flips = bytes.int_in_range(1..=255)?;
            value
                .iter_mut()
                .skip(at)
                .take(1)
                .for_each(|byte| *byte ^= flips);
        }
    }
    if key[0] == BLOCK && bytes.ratio(3, 4)? {
        follow_header(&mut key, &value);
    }
    Ok((key, Some(value)))
}

/// JSON in which one of the numbers is the largest there is.
fn huge_number(json: &[u8], which: u8) -> Vec<u8> {
    let text = String::from_utf8_lossy(json);
    let parts: Vec<&str> = text
        .split_inclusive(|c: char| !c.is_ascii_digit())
        .collect();
    let numbers = parts.iter().enumerate();
    let numbers = numbers.filter(|(_, part)| part.starts_with(|c: char| c.is_ascii_digit()));
    let places: Vec<usize> = numbers.map(|(place, _)| place).collect();
    let Some(place) = places.get(usize::from(which) % places.len().max(1)) else {
        return json.to_vec();
    };
    let rest = parts[*place].trim_start_matches(|c: char| c.is_ascii_digit());
    let huge = format!("{}{rest}", u64::MAX);
    let (before, after) = (parts[..*place].concat(), parts[place + 1..].concat());
    [before, huge, after].concat().into_bytes()
}

fn some_bytes<'a>(bytes: &mut Unstructured<'a>) -> Result<&'a [u8]> {
    let count = bytes.int_in_range(0..=40)?;
    bytes.bytes(count.min(bytes.len()))
}

/// Makes a block's key the hash of its header.
fn follow_header(key: &mut Vec<u8>, value: &[u8]) {
    let header = value
        .get(WORK_BYTES..)
        .and_then(<[u8]>::first_chunk::<HEADER_BYTES>);
    if let Some(header) = header {
        *key = [&[BLOCK][..], &Header::from_bytes(header).hash().0].concat();
    }
}
