//! Secrets and the files they lie in.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

use super::error::KeyError;

/// How long every key is, in bytes.
pub const KEY_BYTES: usize = 32;

/// The most bytes of a key file that are looked at.
pub const MAX_KEY_FILE_BYTES: u64 = 256;

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// Shared by all nodes of a network.
    Network,
    /// A node's own.
    Node,
    /// An account's, in a network with signatures.
    Account,
}

impl Kind {
    /// Those that stand in front of their keys.
    const NAMED: [Self; 2] = [Self::Node, Self::Account];
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Network => "network",
            Self::Node => "node",
            Self::Account => "account",
        })
    }
}

/// A key nobody else may know: it is in no log and in no debug text.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret([u8; KEY_BYTES]);

impl Secret {
    /// A secret of these bytes.
    pub fn new(bytes: [u8; KEY_BYTES]) -> Self {
        Self(bytes)
    }

    /// A new one, from the system's random numbers.
    ///
    /// # Errors
    /// [`KeyError::Random`].
    pub fn random() -> Result<Self, KeyError> {
        let mut bytes = [0; KEY_BYTES];
        getrandom::fill(&mut bytes).map_err(KeyError::Random)?;
        Ok(Self(bytes))
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Writes a secret into a new file that only its owner may read.
///
/// # Errors
/// [`KeyError::Exists`] when there is a file already, [`KeyError::Unwritable`].
pub fn write(path: &Path, kind: Kind, secret: &Secret) -> Result<(), KeyError> {
    let digits = hex::encode(secret.bytes());
    let line = match kind {
        Kind::Network => format!("{digits}\n"),
        kind => format!("{kind} {digits}\n"),
    };
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let unwritable = |source: io::Error| match source.kind() {
        io::ErrorKind::AlreadyExists => KeyError::Exists {
            path: path.to_owned(),
        },
        _ => KeyError::Unwritable {
            path: path.to_owned(),
            source,
        },
    };
    let mut file = options.open(path).map_err(unwritable)?;
    let written = file
        .write_all(line.as_bytes())
        .and_then(|()| file.sync_all());
    written.map_err(|error| {
        // Half a key would stand in the way of a whole one.
        let _ = std::fs::remove_file(path);
        unwritable(error)
    })
}

/// The secret in a file, if it is one of this kind.
///
/// # Errors
/// A [`KeyError`] when it cannot be read, others may read it, or it holds no such key.
pub fn read(path: &Path, wanted: Kind) -> Result<Secret, KeyError> {
    match read_any(path)? {
        (kind, secret) if kind == wanted => Ok(secret),
        (found, _) => Err(KeyError::Kind {
            path: path.to_owned(),
            found,
            wanted,
        }),
    }
}

/// The secret in a file and its kind.
///
/// # Errors
/// As [`read`].
pub fn read_any(path: &Path) -> Result<(Kind, Secret), KeyError> {
    let unreadable = |source| KeyError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let file = File::open(path).map_err(unreadable)?;
    check_private(path, &file)?;
    let mut text = Vec::new();
    let most = MAX_KEY_FILE_BYTES + 1;
    file.take(most).read_to_end(&mut text).map_err(unreadable)?;
    parse(path, &text)
}

/// Checks the bytes of a key file; `path` is what errors call it.
///
/// # Errors
/// [`KeyError::Malformed`].
pub fn parse(path: &Path, bytes: &[u8]) -> Result<(Kind, Secret), KeyError> {
    let text = std::str::from_utf8(bytes).ok();
    let text = text.filter(|text| text.len() as u64 <= MAX_KEY_FILE_BYTES);
    let key = text.and_then(|text| parse_line(text.trim()));
    key.ok_or_else(|| KeyError::Malformed {
        path: path.to_owned(),
    })
}

fn parse_line(line: &str) -> Option<(Kind, Secret)> {
    let (kind, digits) = match line.split_once(' ') {
        None => (Kind::Network, line),
        Some((word, digits)) => {
            let kind = Kind::NAMED
                .into_iter()
                .find(|kind| kind.to_string() == word);
            (kind?, digits)
        }
    };
    let mut bytes = [0; KEY_BYTES];
    hex::decode_to_slice(digits, &mut bytes).ok()?;
    Some((kind, Secret(bytes)))
}

/// A key that others may read or write is no secret.
#[cfg(unix)]
fn check_private(path: &Path, file: &File) -> Result<(), KeyError> {
    use std::os::unix::fs::PermissionsExt;
    let metadata = file.metadata().map_err(|source| KeyError::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    let mode = metadata.permissions().mode() & 0o777;
    match mode & 0o077 {
        0 => Ok(()),
        _ => Err(KeyError::Exposed {
            path: path.to_owned(),
            mode,
        }),
    }
}

#[cfg(not(unix))]
fn check_private(_path: &Path, _file: &File) -> Result<(), KeyError> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_kind_and_a_key() {
        let digits = "0f".repeat(KEY_BYTES);
        let key = |kind| Some((kind, Secret([15; KEY_BYTES])));
        assert_eq!(parse_line(&digits), key(Kind::Network));
        assert_eq!(parse_line(&format!("node {digits}")), key(Kind::Node));
        assert_eq!(parse_line(&format!("account {digits}")), key(Kind::Account));
        let short = &digits[2..];
        let (other, twice) = (format!("nodes {digits}"), format!("network {digits}"));
        for line in ["", "node", "node ", short, &other, &twice] {
            assert_eq!(parse_line(line), None, "{line}");
        }
    }

    #[test]
    fn a_secret_is_not_told() {
        assert_eq!(format!("{:?}", Secret([7; KEY_BYTES])), "Secret(…)");
    }
}
