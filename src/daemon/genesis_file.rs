//! Genesis files: the parameters of a network as TOML.
//!
//! ```toml
//! difficulty = 12                      # zero bits a block's hash ends in; 12 when left out
//! timestamp = "2009/01/03 18:15:05"    # UTC; this one when left out
//! signatures = true                    # payments are signed; not when left out
//!
//! [[accounts]]
//! name = "aki"
//! balance = 2
//! key = "64 hex digits"                # with signatures only: what `tickchain key account` prints
//! ```

use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;

use crate::ledger::{Difficulty, Genesis, GenesisAccount, GenesisError};

/// The largest genesis file that is read, 256 MiB: more than the most accounts take.
pub const MAX_GENESIS_FILE_BYTES: u64 = 256 * 1024 * 1024;

/// Why a genesis file cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GenesisFileError {
    /// It cannot be read.
    #[error("cannot read the genesis file {}: {source}: check the path given with --genesis", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// It is larger than [`MAX_GENESIS_FILE_BYTES`].
    #[error("the genesis file {} has {bytes} bytes, at most {MAX_GENESIS_FILE_BYTES} are read", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        bytes: u64,
    },
    /// It is not TOML, or not of the right form.
    #[error(
        "the genesis file {}, line {line}: {problem}: it needs [[accounts]] with name and balance, \
         and may have difficulty, timestamp and signatures (see `tickchain node --help`)",
        path.display()
    )]
    Wrong {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        problem: String,
    },
    /// Its parameters make no genesis block.
    #[error("the genesis file {}, line {line}: {source}", path.display())]
    Refused {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The rule that is broken.
        source: GenesisError,
    },
}

/// [`Genesis`] with the places its accounts came from.
#[derive(Deserialize)]
struct Places {
    #[serde(default)]
    accounts: Vec<Spanned<GenesisAccount>>,
}

/// The network's parameters: those of `path`, or [`Genesis::default`]'s; `difficulty` outranks the file's.
///
/// # Errors
/// A [`GenesisFileError`] that says which line of which file is wrong.
pub fn read(
    path: Option<&Path>,
    difficulty: Option<Difficulty>,
) -> Result<Genesis, GenesisFileError> {
    let mut genesis = match path {
        Some(path) => parse(path, &read_text(path)?)?,
        None => Genesis::default(),
    };
    genesis.difficulty = difficulty.unwrap_or(genesis.difficulty);
    Ok(genesis)
}

fn read_text(path: &Path) -> Result<String, GenesisFileError> {
    let unreadable = |source| GenesisFileError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let bytes = std::fs::metadata(path).map_err(unreadable)?.len();
    if bytes > MAX_GENESIS_FILE_BYTES {
        return Err(GenesisFileError::TooLarge {
            path: path.to_owned(),
            bytes,
        });
    }
    std::fs::read_to_string(path).map_err(unreadable)
}

/// Checks the text of a genesis file; `path` is what errors call it.
///
/// # Errors
/// As [`read`].
pub fn parse(path: &Path, text: &str) -> Result<Genesis, GenesisFileError> {
    let wrong = |error: toml::de::Error| GenesisFileError::Wrong {
        path: path.to_owned(),
        line: line_of(text, error.span().map_or(0, |span| span.start)),
        problem: error.message().trim_end().replace('\n', ", "),
    };
    let genesis: Genesis = toml::from_str(text).map_err(wrong)?;
    match genesis.block() {
        Ok(_) => Ok(genesis),
        Err(source) => {
            let places: Places = toml::from_str(text).map_err(wrong)?;
            Err(GenesisFileError::Refused {
                path: path.to_owned(),
                line: line_of(text, offset_of(&source, &places)),
                source,
            })
        }
    }
}

/// Where the account stands that breaks the rule; the first line where none does.
fn offset_of(error: &GenesisError, places: &Places) -> usize {
    let account = match error {
        GenesisError::Twice { account }
        | GenesisError::KeyMissing { account }
        | GenesisError::KeyUnused { account }
        | GenesisError::KeyUnsound { account }
        | GenesisError::KeyOther { account } => {
            (places.accounts.iter()).rfind(|place| place.get_ref().name == *account)
        }
        GenesisError::Supply | GenesisError::Count { .. } => places.accounts.last(),
        _ => None,
    };
    account.map_or(0, |place| place.span().start)
}

fn line_of(text: &str, offset: usize) -> usize {
    let before = &text.as_bytes()[..offset.min(text.len())];
    1 + before.iter().filter(|byte| **byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(text: &str) -> String {
        let error = parse(Path::new("net.toml"), text).expect_err("the text is wrong");
        error.to_string()
    }

    #[test]
    fn a_file_sets_what_it_names() {
        let text = "difficulty = 4\ntimestamp = \"2020/02/29 00:00:01\"\n\
                    [[accounts]]\nname = \"a\"\nbalance = 9\n";
        let genesis = parse(Path::new("net.toml"), text).expect("the text is right");
        assert_eq!(genesis.difficulty.bits(), 4);
        assert_eq!(genesis.timestamp, 1_582_934_401);
        assert_eq!(genesis.accounts.len(), 1);
        let key = "58".to_owned() + &"66".repeat(31);
        let signed =
            format!("signatures = true\n[[accounts]]\nname = \"a\"\nbalance = 9\nkey = \"{key}\"");
        let genesis = parse(Path::new("net.toml"), &signed).expect("the text is right");
        assert!(genesis.signatures);
        assert_eq!(
            genesis.accounts[0].key.map(|key| key.to_string()),
            Some(key)
        );
        let short = parse(Path::new("net.toml"), "accounts = []").expect("the rest has defaults");
        assert_eq!(short.timestamp, Genesis::default().timestamp);
    }

    #[test]
    fn a_wrong_file_says_which_line() {
        let account = "[[accounts]]\nname = \"a\"\nbalance = 1\n";
        let key = format!("key = \"{}\"\n", "07".repeat(32));
        let unsound = format!("key = \"{}\"\n", "02".repeat(32));
        for (text, line, words) in [
            ("difficulty = 4\nthis is not toml", 2, "net.toml"),
            ("difficulty = 400\naccounts = []", 1, "400"),
            ("timestamp = \"yesterday\"\naccounts = []", 1, "YYYY/MM/DD"),
            ("[[accounts]]\nname = \"a\"\nbalance = 0\n", 3, "from 1 to"),
            ("[[accounts]]\nname = \"\"\nbalance = 1\n", 2, "1 to 64"),
            ("colour = 1\naccounts = []", 1, "colour"),
            ("difficulty = 4\n", 1, "accounts"),
            (&format!("{account}{account}"), 4, "twice"),
            (
                &format!("signatures = true\n{account}"),
                2,
                "tickchain key account",
            ),
            (&format!("{account}{key}"), 1, "signatures = true"),
            (&format!("{account}key = \"7\"\n"), 4, "64 hex digits"),
            (
                &format!("signatures = true\n{account}{unsound}"),
                2,
                "no ed25519",
            ),
        ] {
            let problem = problem(text);
            assert!(
                problem.contains(&format!("line {line}:")),
                "{text}: {problem}"
            );
            assert!(problem.contains(words), "{text}: {problem}");
        }
    }
}
