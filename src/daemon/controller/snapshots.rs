//! Named network files in one folder.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use serde::Serialize;

use super::network_file::{MAX_NETWORK_FILE_BYTES, NetworkFileError, Summary, write_atomically};

/// The most snapshots that are kept.
pub const MAX_SNAPSHOTS: usize = 100;

/// The most bytes that all snapshots take, 1 GiB.
pub const MAX_SNAPSHOTS_BYTES: u64 = 1024 * 1024 * 1024;

/// The most bytes of a snapshot's name.
pub const MAX_SNAPSHOT_NAME_BYTES: usize = 64;

/// What the files of snapshots end in.
const ENDING: &str = ".network.json";

/// Why there is no such snapshot, or none can be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// The name is none.
    #[error(
        "{name:?} is no snapshot's name: give 1 to {MAX_SNAPSHOT_NAME_BYTES} letters, digits, spaces or \
         -_. and neither a dot nor a space at either end"
    )]
    Name {
        /// The name given, shortened.
        name: String,
    },
    /// There is none of that name.
    #[error("there is no snapshot {name:?}: GET /snapshots lists those there are")]
    Unknown {
        /// The name given.
        name: String,
    },
    /// No more are kept.
    #[error(
        "there are {MAX_SNAPSHOTS} snapshots already, the most that are kept: remove one first"
    )]
    TooMany,
    /// They take too much room.
    #[error(
        "with this one of {bytes} bytes all snapshots would take more than {MAX_SNAPSHOTS_BYTES}: remove \
         one first"
    )]
    TooLarge {
        /// Its size.
        bytes: u64,
    },
    /// The folder or the file cannot be used.
    #[error("cannot use {}: {source}: check --snapshots", path.display())]
    Unusable {
        /// What.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// A snapshot as `GET snapshots` lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SnapshotView {
    /// Its name.
    pub name: String,
    /// The tick it was saved at; `None` where it is damaged.
    pub tick: Option<u64>,
    /// How many nodes it has; `None` where it is damaged.
    pub nodes: Option<usize>,
    /// Its size.
    pub bytes: u64,
    /// Why it cannot be restored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub damaged: Option<String>,
}

/// Named network files in one folder, which is made with the first. Every call reads or writes files.
#[derive(Debug)]
pub(super) struct Snapshots {
    folder: PathBuf,
    /// What was found in a file, as long as it is the same.
    read: Mutex<BTreeMap<String, Known>>,
}

#[derive(Debug, Clone)]
struct Known {
    bytes: u64,
    changed: Option<SystemTime>,
    summary: Result<Summary, String>,
}

impl Snapshots {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            read: Mutex::default(),
        }
    }

    fn read(&self) -> MutexGuard<'_, BTreeMap<String, Known>> {
        // Every change is whole before anything in it can panic.
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All snapshots by name. One that is damaged says so and is no error.
    pub(super) fn list(&self) -> Result<Vec<SnapshotView>, SnapshotError> {
        let files = self.files()?;
        let mut read = self.read();
        read.retain(|name, _| files.contains_key(name));
        let view = |(name, (bytes, changed)): (String, (u64, Option<SystemTime>))| {
            let known = read.get(&name);
            let same = known.filter(|known| known.bytes == bytes && known.changed == changed);
            let summary = match same {
                Some(known) => known.summary.clone(),
                None => {
                    let summary = summary_of(&self.path(&name), bytes);
                    let known = Known {
                        bytes,
                        changed,
                        summary: summary.clone(),
                    };
                    read.insert(name.clone(), known);
                    summary
                }
            };
            SnapshotView {
                name,
                tick: summary.as_ref().ok().map(|summary| summary.tick),
                nodes: summary.as_ref().ok().map(|summary| summary.nodes),
                bytes,
                damaged: summary.err(),
            }
        };
        Ok(files.into_iter().map(view).collect())
    }

    /// Saves under this name; one that has it already is replaced.
    pub(super) fn save(&self, name: &str, file: &[u8]) -> Result<(), SnapshotError> {
        check_name(name)?;
        let bytes = file.len() as u64;
        let mut files = self.files()?;
        files.remove(name);
        if files.len() >= MAX_SNAPSHOTS {
            return Err(SnapshotError::TooMany);
        }
        if files.values().map(|(bytes, _)| bytes).sum::<u64>() + bytes > MAX_SNAPSHOTS_BYTES {
            return Err(SnapshotError::TooLarge { bytes });
        }
        fs::create_dir_all(&self.folder).map_err(|error| unusable(&self.folder, error))?;
        let path = self.path(name);
        write_atomically(&path, file).map_err(|error| unusable(&path, error))
    }

    /// The network file of a snapshot, which stays.
    pub(super) fn open(&self, name: &str) -> Result<Vec<u8>, SnapshotError> {
        let path = self.existing(name)?;
        let read = || {
            let mut bytes = Vec::new();
            let limit = MAX_NETWORK_FILE_BYTES as u64 + 1;
            File::open(&path)?.take(limit).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        read().map_err(|error| unusable(&path, error))
    }

    pub(super) fn remove(&self, name: &str) -> Result<(), SnapshotError> {
        let path = self.existing(name)?;
        fs::remove_file(&path).map_err(|error| unusable(&path, error))
    }

    fn existing(&self, name: &str) -> Result<PathBuf, SnapshotError> {
        check_name(name)?;
        let path = self.path(name);
        // A folder or a pipe of that name is none.
        match fs::metadata(&path) {
            Ok(found) if found.is_file() => Ok(path),
            _ => Err(SnapshotError::Unknown {
                name: name.to_owned(),
            }),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}{ENDING}"))
    }

    /// The sizes and times of all snapshots.
    fn files(&self) -> Result<BTreeMap<String, (u64, Option<SystemTime>)>, SnapshotError> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
            Err(error) => return Err(unusable(&self.folder, error)),
        };
        let named = entries.flatten().filter_map(|entry| {
            let file_name = entry.file_name().into_string().ok()?;
            let name = file_name.strip_suffix(ENDING)?;
            check_name(name).ok()?;
            let found = fs::metadata(entry.path()).ok()?;
            let size_and_time = (found.len(), found.modified().ok());
            found.is_file().then(|| (name.to_owned(), size_and_time))
        });
        Ok(named.collect())
    }
}

/// Names are file names: nothing in them leads out of the folder or hides a file.
fn check_name(name: &str) -> Result<(), SnapshotError> {
    let listed = |c: char| c.is_alphanumeric() || " -_.".contains(c);
    let fits = (1..=MAX_SNAPSHOT_NAME_BYTES).contains(&name.len()) && name.chars().all(listed);
    let ends = |c: &[char]| name.starts_with(c) || name.ends_with(c);
    match fits && !ends(&['.', ' ']) {
        true => Ok(()),
        false => Err(SnapshotError::Name {
            name: name.chars().take(MAX_SNAPSHOT_NAME_BYTES).collect(),
        }),
    }
}

fn summary_of(path: &Path, bytes: u64) -> Result<Summary, String> {
    if bytes > MAX_NETWORK_FILE_BYTES as u64 {
        let size = usize::try_from(bytes).unwrap_or(usize::MAX);
        return Err(NetworkFileError::TooLarge { bytes: size }.to_string());
    }
    let file = File::open(path).map_err(|error| format!("it cannot be read: {error}"))?;
    Summary::read(BufReader::new(file)).map_err(|error| error.to_string())
}

fn unusable(path: &Path, source: io::Error) -> SnapshotError {
    SnapshotError::Unusable {
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = r#"{"tickchain_network":1,"tick":7,"network":"0000000000000000000000000000000000000000000000000000000000000000","latency":null,"genesis":{"accounts":[]},"nodes":[{"name":"a","state":null}],"links":[]}"#;

    fn snapshots() -> (tempfile::TempDir, Snapshots) {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let snapshots = Snapshots::new(folder.path().join("snapshots"));
        (folder, snapshots)
    }

    #[test]
    fn they_are_saved_listed_opened_and_removed() {
        let (_folder, snapshots) = snapshots();
        assert_eq!(snapshots.list().expect("no folder is no error"), []);
        snapshots
            .save("before it – 1", b"")
            .expect_err("a dash that is none of these");
        for name in ["b", "a fork, healed".replace(',', "").as_str(), "Übung_1.2"] {
            snapshots.save(name, EMPTY.as_bytes()).expect(name);
        }
        let listed = snapshots.list().expect("they are there");
        let names: Vec<&str> = listed.iter().map(|view| view.name.as_str()).collect();
        assert_eq!(names, ["a fork healed", "b", "Übung_1.2"]);
        assert_eq!((listed[0].tick, listed[0].nodes), (Some(7), Some(1)));
        assert_eq!(snapshots.open("b").expect("it is there"), EMPTY.as_bytes());
        snapshots.remove("b").expect("it is there");
        for gone in [snapshots.remove("b"), snapshots.open("b").map(drop)] {
            assert!(matches!(gone, Err(SnapshotError::Unknown { .. })));
        }
        assert_eq!(snapshots.list().expect("two are there").len(), 2);
    }

    #[test]
    fn names_lead_nowhere_else() {
        let long = "a".repeat(MAX_SNAPSHOT_NAME_BYTES + 1);
        for name in [
            "", ".", "..", ".a", "a.", " a", "a/b", "../a", "a\\b", "a\0", "a\n", "a:b", "*", &long,
        ] {
            let error = check_name(name).expect_err(name);
            assert!(matches!(error, SnapshotError::Name { .. }), "{error}");
        }
    }

    #[test]
    fn what_is_damaged_says_so_and_harms_nothing() {
        let (_folder, snapshots) = snapshots();
        snapshots
            .save("good", EMPTY.as_bytes())
            .expect("it can be written");
        snapshots
            .save("cut off", &EMPTY.as_bytes()[..50])
            .expect("it can be written");
        let newer = EMPTY.replace("network\":1", "network\":2");
        snapshots
            .save("newer", newer.as_bytes())
            .expect("it can be written");
        fs::create_dir(snapshots.path("a folder")).expect("it can be made");
        fs::write(snapshots.folder.join(".good.new"), "left behind").expect("it can be written");
        let listed = snapshots.list().expect("it can be read");
        let damaged: Vec<_> = listed
            .iter()
            .map(|view| (view.name.as_str(), view.damaged.as_deref()))
            .collect();
        assert_eq!(damaged.len(), 3, "{damaged:?}");
        assert!(
            damaged[0].1.is_some_and(|why| why.contains("EOF")),
            "{damaged:?}"
        );
        assert_eq!(damaged[1], ("good", None));
        assert!(
            damaged[2].1.is_some_and(|why| why.contains("version 2")),
            "{damaged:?}"
        );
        fs::write(snapshots.path("cut off"), EMPTY).expect("it can be written");
        let listed = snapshots.list().expect("it can be read");
        assert_eq!(
            listed[0].damaged, None,
            "a file that has changed is read again"
        );
    }

    #[test]
    fn there_is_no_end_of_bounds() {
        let (_folder, snapshots) = snapshots();
        for number in 0..MAX_SNAPSHOTS {
            snapshots
                .save(&number.to_string(), b"")
                .expect("there is room");
        }
        assert!(matches!(
            snapshots.save("more", b""),
            Err(SnapshotError::TooMany)
        ));
        snapshots.save("7", b"again").expect("one is replaced");
        snapshots.remove("8").expect("it is there");
        let large = File::options()
            .write(true)
            .open(snapshots.path("9"))
            .expect("it is there");
        large
            .set_len(MAX_SNAPSHOTS_BYTES)
            .expect("files may have holes");
        let full = snapshots.save("8", b"1");
        assert!(matches!(full, Err(SnapshotError::TooLarge { .. })));
    }
}
