//! Which key may bear which name.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::refusal::Refusal;
use crate::daemon::key::PublicKey;
use crate::node::Name;

/// The largest list of peers that is read, 1 MiB.
pub const MAX_ALLOW_LIST_BYTES: u64 = 1024 * 1024;

/// The most names whose first key is remembered. While there are so many, no other name is let in.
pub const MAX_PINNED_NAMES: usize = 4096;

/// Why a list of peers cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AllowListError {
    /// It cannot be read.
    #[error("cannot read the list of peers {}: {source}: check the path given with --allow-peers", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// It is larger than [`MAX_ALLOW_LIST_BYTES`].
    #[error("the list of peers {} has {bytes} bytes, at most {MAX_ALLOW_LIST_BYTES} are read", .path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        bytes: u64,
    },
    /// A line is none.
    #[error(
        "the list of peers {}, line {line}: {problem}: each line is a node's NAME and its PUBLIC-KEY, \
         as `tickchain key show FILE` prints it",
        .path.display()
    )]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        problem: String,
    },
}

/// The peers that are let in, each with its key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllowList(BTreeMap<Name, PublicKey>);

impl AllowList {
    /// Reads a file with a name and a public key a line. What follows a `#` at a line's beginning, and
    /// empty lines, do not count.
    ///
    /// # Errors
    /// An [`AllowListError`] that says which line is wrong.
    pub fn read(path: &Path) -> Result<Self, AllowListError> {
        let unreadable = |source| AllowListError::Unreadable {
            path: path.to_owned(),
            source,
        };
        let bytes = std::fs::metadata(path).map_err(unreadable)?.len();
        if bytes > MAX_ALLOW_LIST_BYTES {
            let path = path.to_owned();
            return Err(AllowListError::TooLarge { path, bytes });
        }
        let text = std::fs::read_to_string(path).map_err(unreadable)?;
        Self::parse(path, &text)
    }

    /// Checks the text of a list; `path` is what errors call it.
    ///
    /// # Errors
    /// An [`AllowListError::Line`].
    pub fn parse(path: &Path, text: &str) -> Result<Self, AllowListError> {
        let mut list = BTreeMap::new();
        for (line, number) in text.lines().map(str::trim).zip(1..) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let wrong = |problem: String| AllowListError::Line {
                path: path.to_owned(),
                line: number,
                problem,
            };
            let (name, key) = line
                .rsplit_once(char::is_whitespace)
                .ok_or_else(|| wrong("there is only one word".to_owned()))?;
            let name = name.trim_end();
            // As it is told by whoever shows a key.
            let name = name.strip_suffix(" node").map_or(name, str::trim_end);
            let key = key
                .parse()
                .map_err(|_| wrong(format!("{key:?} is not 64 hex digits")))?;
            let name: Name = name
                .parse()
                .map_err(|error: crate::ledger::AccountError| wrong(error.to_string()))?;
            if list.insert(name.clone(), key).is_some() {
                return Err(wrong(format!("{name} is there already")));
            }
        }
        Ok(Self(list))
    }
}

/// Which key may bear which name: the one on the list; without a list, the one that had it first.
#[derive(Debug, Default)]
pub(super) struct Trust {
    allowed: Option<AllowList>,
    first: BTreeMap<Name, PublicKey>,
}

impl Trust {
    pub(super) fn new(allowed: Option<AllowList>) -> Self {
        Self {
            allowed,
            first: BTreeMap::new(),
        }
    }

    /// Whether `name` belongs to who came with `key`.
    pub(super) fn check(&self, name: &Name, key: &PublicKey) -> Result<(), Refusal> {
        let known = match &self.allowed {
            Some(AllowList(list)) => list.get(name),
            None => self.first.get(name),
        };
        let (name, key) = (name.clone(), *key);
        match (known, &self.allowed) {
            (Some(known), _) if *known == key => Ok(()),
            (_, Some(_)) => Err(Refusal::NotAllowed { name, key }),
            (Some(_), None) => Err(Refusal::OtherKey { name, key }),
            (None, None) if self.first.len() >= MAX_PINNED_NAMES => Err(Refusal::TooManyNames),
            (None, None) => Ok(()),
        }
    }

    /// From now on the name is this key's.
    pub(super) fn pin(&mut self, name: &Name, key: PublicKey) {
        if self.allowed.is_none() {
            self.first.entry(name.clone()).or_insert(key);
        }
    }

    /// The name may come with another key.
    pub(super) fn forget(&mut self, name: &Name) {
        self.first.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(digit: char) -> PublicKey {
        digit.to_string().repeat(64).parse().unwrap()
    }

    fn name(name: &str) -> Name {
        name.parse().unwrap()
    }

    #[test]
    fn a_list_has_a_name_and_a_key_a_line() {
        let (a, b) = (key('a'), key('b'));
        let path = Path::new("peers.txt");
        let text = format!("# the lab\n\nnode1 node {a}\n  so 7 of us \t{b}\r\n");
        let list = AllowList::parse(path, &text).unwrap();
        let expected = [(name("node1"), a), (name("so 7 of us"), b)];
        assert_eq!(list, AllowList(expected.into()));
        let long = "x".repeat(65);
        for (text, line, problem) in [
            ("node1".to_owned(), 1, "only one word"),
            (format!("\nnode1 {a}0"), 2, "64 hex digits"),
            (format!("{long} {a}"), 1, "64"),
            (format!("n {a}\nn {b}"), 2, "there already"),
        ] {
            let error = AllowList::parse(path, &text).unwrap_err().to_string();
            let said = error.split_once(&format!("peers.txt, line {line}: "));
            assert!(
                said.is_some_and(|(_, said)| said.contains(problem)),
                "{error}"
            );
        }
    }

    #[test]
    fn a_list_lets_in_nobody_else_and_each_under_its_name_only() {
        let list = AllowList([(name("a"), key('a')), (name("b"), key('b'))].into());
        let mut trust = Trust::new(Some(list));
        assert_eq!(trust.check(&name("a"), &key('a')), Ok(()));
        for (who, with) in [("a", 'b'), ("b", 'a'), ("c", 'c')] {
            let refused = Refusal::NotAllowed {
                name: name(who),
                key: key(with),
            };
            trust.pin(&name(who), key(with));
            assert_eq!(trust.check(&name(who), &key(with)), Err(refused));
        }
    }

    #[test]
    fn without_a_list_a_name_stays_with_its_first_key() {
        let mut trust = Trust::default();
        assert_eq!(trust.check(&name("a"), &key('a')), Ok(()));
        trust.pin(&name("a"), key('a'));
        trust.pin(&name("a"), key('b'));
        assert_eq!(trust.check(&name("a"), &key('a')), Ok(()));
        let refused = Refusal::OtherKey {
            name: name("a"),
            key: key('b'),
        };
        assert_eq!(trust.check(&name("a"), &key('b')), Err(refused));
        trust.forget(&name("a"));
        assert_eq!(trust.check(&name("a"), &key('b')), Ok(()));

        for number in 0..MAX_PINNED_NAMES {
            trust.pin(&name(&number.to_string()), key('c'));
        }
        assert_eq!(
            trust.check(&name("one more"), &key('c')),
            Err(Refusal::TooManyNames)
        );
        assert_eq!(trust.check(&name("7"), &key('c')), Ok(()));
    }
}
