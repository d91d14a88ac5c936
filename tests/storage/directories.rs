//! Whose a directory is, and what is refused.

use std::fs;
use std::path::Path;

use tickchain::daemon::storage::{DataDir, DataDirError};
use tickchain::driver::Storage;
use tickchain::node::{Config, Input, Payment};

use crate::rig::{Rig, config};

fn refused(path: &Path, config: Config) -> DataDirError {
    DataDir::open(path).unwrap().run(config).unwrap_err()
}

/// A directory with some blocks, of a node that has ended.
pub(crate) fn written() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let mut rig = Rig::open(directory.path());
    rig.hand_in(Input::Start { salt: 1 });
    for clock in 1..40 {
        rig.hand_in(Input::Pay(Payment {
            id: None,
            sender: "so".parse().unwrap(),
            recipient: format!("account{clock}").parse().unwrap(),
            value: 1.try_into().unwrap(),
            sequence: None,
            signature: None,
        }));
        rig.hand_in(Input::Mine);
        rig.clock(clock);
        rig.storage.finish().unwrap();
    }
    assert!(rig.node.ledger().tip().id() > 5);
    directory
}

#[test]
fn one_process_at_a_time_has_a_directory() {
    let directory = tempfile::tempdir().unwrap();
    let rig = Rig::open(directory.path());
    let refused = DataDir::open(directory.path()).unwrap_err();
    assert!(matches!(refused, DataDirError::Locked { .. }), "{refused}");
    assert!(
        refused
            .to_string()
            .contains(directory.path().to_str().unwrap())
    );
    drop(rig);
    Rig::open(directory.path());
}

#[test]
fn another_name_or_network_is_refused_with_what_to_do() {
    let directory = written();
    let path = directory.path();
    let named = Config {
        name: "node2".parse().unwrap(),
        ..config()
    };
    let other = refused(path, named).to_string();
    assert!(other.contains("--name node1"), "{other}");
    let mut elsewhere = config();
    elsewhere.genesis.accounts.pop();
    let other = refused(path, elsewhere);
    assert!(matches!(other, DataDirError::Network { .. }), "{other}");
    assert_eq!(DataDir::open(path).unwrap().name(), Some(&config().name));
}

#[test]
fn what_can_be_no_directory_is_refused_with_what_to_do() {
    let parent = tempfile::tempdir().unwrap();
    let file = parent.path().join("file");
    fs::write(&file, "").unwrap();
    for path in [file.clone(), file.join("below/it")] {
        let refused = DataDir::open(&path).unwrap_err();
        assert_eq!(refused.exit_code(), 1);
        let text = refused.to_string();
        let said = format!("{} is a file: give a directory", file.display());
        assert!(text.starts_with(&said), "{text}");
    }
}

/// Nobody may make a directory there, not even root; on some systems it is mounted for reading only.
#[cfg(target_os = "linux")]
#[test]
fn a_directory_that_may_not_be_made_is_refused_with_what_to_do() {
    let refused = DataDir::open(Path::new("/sys/tickchain")).unwrap_err();
    let text = refused.to_string();
    assert!(text.contains("cannot be made"), "{text}");
    assert!(text.ends_with("or give another directory"), "{text}");
}

#[test]
fn a_start_that_was_interrupted_begins_anew() {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir_all(directory.path().join("database.new/keyspaces")).unwrap();
    fs::write(directory.path().join("database.new/lock"), "").unwrap();
    let rig = Rig::open(directory.path());
    assert_eq!(rig.node.ledger().tip().id(), 0);
}

/// The file of a journal.
fn journal(path: &Path) -> std::path::PathBuf {
    let files = fs::read_dir(path.join("database")).unwrap();
    let paths = files.map(|entry| entry.unwrap().path());
    let mut journals = paths.filter(|path| path.extension().is_some_and(|end| end == "jnl"));
    journals.next().unwrap()
}

#[test]
fn what_was_being_written_is_cut_off() {
    let directory = written();
    let path = directory.path();
    let before = Rig::open(path).node.ledger().tip().hash();
    let file = journal(path);
    let whole = fs::read(&file).unwrap();
    let used = whole.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    // The last batch, of the second start, lost a piece in its middle.
    let mut torn = whole[..used].to_vec();
    torn[used - 30] ^= 0xff;
    fs::write(&file, &torn).unwrap();
    assert_eq!(Rig::open(path).node.ledger().tip().hash(), before);
}

#[test]
fn a_broken_journal_is_refused_with_what_is_wrong() {
    let directory = written();
    let path = directory.path();
    let file = journal(path);
    let mut bytes = fs::read(&file).unwrap();
    bytes[3000] ^= 0xff;
    fs::write(&file, &bytes).unwrap();
    let refused = DataDir::open(path).unwrap_err();
    assert_eq!(refused.exit_code(), 3);
    let text = refused.to_string();
    for part in ["is broken at byte", "tickchain chain export --data-dir"] {
        assert!(text.contains(part), "{text}");
    }
}
