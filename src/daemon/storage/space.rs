//! Whether there is room to write.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use crate::driver::StorageError;

/// So much has to be free where a node writes: above it table files are written and merged while the
/// next writes come in, and a table file that finds no room would cost more than a refused write.
pub const RESERVED_BYTES: u64 = 32 * 1024 * 1024;

/// The file that tells whether writes last again.
const PROBE: &str = "probe";

/// # Errors
/// [`StorageError::Full`] when less than [`RESERVED_BYTES`] are free.
pub(super) fn check(directory: &Path) -> Result<(), StorageError> {
    // A file system that does not say is asked by writing.
    let Ok(found) = rustix::fs::statvfs(directory) else {
        return Ok(());
    };
    match found.f_bavail.saturating_mul(found.f_frsize) < RESERVED_BYTES {
        true => Err(StorageError::Full {
            place: directory.display().to_string(),
        }),
        false => Ok(()),
    }
}

/// Writes something, sees it last, and takes it away.
pub(super) fn probe(directory: &Path) -> io::Result<()> {
    let path = directory.join(PROBE);
    let mut file = File::create(&path)?;
    file.write_all(&[1; 4096])?;
    file.sync_all()?;
    fs::remove_file(&path)
}
