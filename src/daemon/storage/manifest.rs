//! The lists of a database's table files.
//!
//! The database reads such a list without a look at its checksum, and believes what it says: it reserves memory
//! for as many entries as a broken one names, and deletes the files that it does not. So it is looked at before.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use xxhash_rust::xxh3::xxh3_128;

/// Where the keyspaces are, each in a folder named after its number.
const KEYSPACES: &str = "keyspaces";

/// Says which list is the present one: its number (8), the checksum of its bytes (16), both little-endian, and
/// the kind of checksum.
const CURRENT: &str = "current";

/// XXH3 with 128 bits.
const KIND: u8 = 0;

/// The folders of all keyspaces, by number.
pub(super) fn keyspaces(database: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let mut found = Vec::new();
    let folder = database.join(KEYSPACES);
    if !folder.exists() {
        return Ok(found);
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let number = path
            .file_name()
            .and_then(|name| name.to_str()?.parse().ok());
        found.extend(number.map(|number| (number, path)));
    }
    found.sort_unstable();
    Ok(found)
}

/// The first file that is not what was written, if there is one. A file that is missing is none: a keyspace that is
/// being made or removed may lack any of them, the database removes the rest of it, and says so of all others.
pub(super) fn broken(database: &Path) -> io::Result<Option<PathBuf>> {
    for (_, keyspace) in keyspaces(database)? {
        let current = keyspace.join(CURRENT);
        let Some(said) = read(&current)? else {
            continue;
        };
        let Some((number, checksum)) = read_current(&said) else {
            return Ok(Some(current));
        };
        let list = keyspace.join(format!("v{number}"));
        if read(&list)?.is_some_and(|bytes| xxh3_128(&bytes) != checksum) {
            return Ok(Some(list));
        }
    }
    Ok(None)
}

/// The bytes of a file, if it is there.
fn read(file: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        read => read.map(Some),
    }
}

fn read_current(mut bytes: &[u8]) -> Option<(u64, u128)> {
    let number = u64::from_le_bytes(*bytes.split_off(..8)?.first_chunk()?);
    let checksum = u128::from_le_bytes(*bytes.split_off(..16)?.first_chunk()?);
    (bytes == [KIND]).then_some((number, checksum))
}
