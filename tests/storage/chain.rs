//! `tickchain chain`: what was exported and imported is the same, and damage is told and survived.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tickchain::daemon::storage::DataDir;
use tickchain::driver::Storage;
use tickchain::ledger::PrivateKey;
use tickchain::node::{Config, Input, Payment};

use crate::directories::written;
use crate::rig::{Rig, config};

fn chain(arguments: &[&str], directory: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tickchain"));
    let (what, files) = arguments.split_first().unwrap();
    command
        .args(["chain", what, "--data-dir"])
        .arg(directory)
        .args(files);
    command.output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn what_is_exported_and_imported_is_the_same() {
    let (first, parent) = (written(), tempfile::tempdir().unwrap());
    let verified = chain(&["verify"], first.path());
    assert!(verified.status.success(), "{}", said(&verified));
    let lines = parent.path().join("lines");
    let exported = chain(&["export", lines.to_str().unwrap()], first.path());
    assert!(exported.status.success(), "{}", said(&exported));
    let again = parent.path().join("again");
    let imported = chain(&["import", lines.to_str().unwrap()], &again);
    assert!(imported.status.success(), "{}", said(&imported));
    let verified = chain(&["verify"], &again);
    assert!(verified.status.success(), "{}", said(&verified));
    let node = |path: &Path| DataDir::open(path).unwrap().run(config()).unwrap().node;
    assert_eq!(
        node(&again).ledger().tip(),
        node(first.path()).ledger().tip()
    );
    // Its pool is queued again: it is checked anew at the next clock.
    let blocks = |output: Output| {
        let text = String::from_utf8(output.stdout).unwrap();
        let blocks = text.lines().filter(|line| line.starts_with("{\"block\""));
        blocks.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(
        blocks(chain(&["export"], &again)),
        blocks(chain(&["export"], first.path()))
    );
    let refused = chain(&["import", lines.to_str().unwrap()], &again);
    assert!(!refused.status.success());
    assert!(
        said(&refused).contains("has data already"),
        "{}",
        said(&refused)
    );
}

/// A network in which aki's key is 1, so's 2, satoshi's 3.
fn signed() -> Config {
    let mut config = config();
    config.genesis.signatures = true;
    for (number, account) in (1..).zip(&mut config.genesis.accounts) {
        account.key = Some(PrivateKey::from_bytes([number; 32]).public());
    }
    config
}

#[test]
fn a_signed_network_is_exported_and_imported_too() {
    let (first, parent) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let network = signed().genesis.network_id().unwrap();
    let mut rig = Rig::open_as(first.path(), signed());
    rig.hand_in(Input::Start { salt: 1 });
    for sequence in 1..8 {
        let name = |name: &str| name.parse().unwrap();
        let value = 1.try_into().unwrap();
        let key = PrivateKey::from_bytes([2; 32]);
        let paid = key.pay(&network, name("so"), name("aki"), value, sequence);
        let answer = rig.hand_in(Input::Pay(Payment {
            id: None,
            sender: name("so"),
            recipient: name("aki"),
            value,
            sequence: Some(sequence),
            signature: Some(paid.signed.unwrap().signature),
        }));
        assert!(answer.unwrap().is_ok());
        for clock in 3 * sequence..3 * sequence + 3 {
            rig.hand_in(Input::Mine);
            rig.clock(clock);
        }
        rig.storage.finish().unwrap();
    }
    assert!(rig.node.ledger().tip().id() > 1);
    drop(rig);
    let verified = chain(&["verify"], first.path());
    assert!(verified.status.success(), "{}", said(&verified));
    let lines = parent.path().join("lines");
    let exported = chain(&["export", lines.to_str().unwrap()], first.path());
    assert!(exported.status.success(), "{}", said(&exported));
    assert!(
        fs::read_to_string(&lines)
            .unwrap()
            .contains("\"signature\"")
    );
    let again = parent.path().join("again");
    let imported = chain(&["import", lines.to_str().unwrap()], &again);
    assert!(imported.status.success(), "{}", said(&imported));
    let copied = chain(&["verify"], &again);
    assert!(copied.status.success(), "{}", said(&copied));
}

#[test]
fn a_forged_block_is_refused_and_named() {
    let (first, parent) = (written(), tempfile::tempdir().unwrap());
    let exported = chain(&["export"], first.path());
    let text = String::from_utf8(exported.stdout).unwrap();
    let forged = text.replacen(
        "\"recipient\":\"account1\"",
        "\"recipient\":\"account2\"",
        1,
    );
    assert_ne!(text, forged);
    let lines = parent.path().join("lines");
    fs::write(&lines, forged).unwrap();
    let again = parent.path().join("again");
    let imported = chain(&["import", lines.to_str().unwrap()], &again);
    assert_eq!(imported.status.code(), Some(1));
    assert!(said(&imported).contains("line "), "{}", said(&imported));
    assert!(chain(&["verify"], &again).status.success());
}

#[test]
fn of_a_damaged_directory_what_can_be_read_is_saved() {
    let (first, parent) = (written(), tempfile::tempdir().unwrap());
    let journal = first.path().join("database/0.jnl");
    let mut bytes = fs::read(&journal).unwrap();
    bytes[3000] ^= 0xff;
    fs::write(&journal, &bytes).unwrap();
    let verified = chain(&["verify"], first.path());
    assert_eq!(verified.status.code(), Some(3), "{}", said(&verified));
    let lines = parent.path().join("lines");
    let exported = chain(&["export", lines.to_str().unwrap()], first.path());
    assert_eq!(exported.status.code(), Some(3), "{}", said(&exported));
    assert!(said(&exported).contains("missing: "), "{}", said(&exported));
    let again = parent.path().join("again");
    let imported = chain(&["import", lines.to_str().unwrap()], &again);
    assert!(imported.status.success(), "{}", said(&imported));
    assert!(chain(&["verify"], &again).status.success());
}

#[test]
fn a_directory_without_its_journal_misses_what_was_in_it() {
    let (first, parent) = (written(), tempfile::tempdir().unwrap());
    fs::remove_file(first.path().join("database/0.jnl")).unwrap();
    let verified = chain(&["verify"], first.path());
    assert_eq!(verified.status.code(), Some(3), "{}", said(&verified));
    let lines = parent.path().join("lines");
    let exported = chain(&["export", lines.to_str().unwrap()], first.path());
    assert_eq!(exported.status.code(), Some(3), "{}", said(&exported));
    let told = said(&exported);
    assert!(told.contains("its journal is missing"), "{told}");
    assert!(told.contains("missing: the genesis block"), "{told}");
    assert!(told.contains("1 block and 0 payments"), "{told}");
}

/// The lines of a chain, the first of which is the header.
fn exported() -> Vec<String> {
    let output = chain(&["export"], written().path());
    let text = String::from_utf8(output.stdout).unwrap();
    text.split_inclusive('\n').map(str::to_owned).collect()
}

/// Imports a text that is not a whole export; what is said of it, once what came was found to be sound.
fn import_part(text: &str) -> String {
    let parent = tempfile::tempdir().unwrap();
    let (lines, directory) = (parent.path().join("lines"), parent.path().join("again"));
    fs::write(&lines, text).unwrap();
    let imported = chain(&["import", lines.to_str().unwrap()], &directory);
    assert_eq!(imported.status.code(), Some(1), "{}", said(&imported));
    let verified = chain(&["verify"], &directory);
    assert!(verified.status.success(), "{}", said(&verified));
    let found = String::from_utf8(verified.stdout).unwrap();
    assert!(found.contains(": 4 blocks, "), "{found}");
    said(&imported)
}

#[test]
fn of_an_export_that_was_cut_what_came_is_taken_in() {
    let lines = exported();
    let blocks = lines.iter().filter(|line| line.starts_with("{\"block\""));
    let promised = format!("says {} blocks, and 4 came", blocks.count() + 1);
    let cut = import_part(&lines[..4].concat());
    assert!(cut.contains(&promised), "{cut}");
    assert!(cut.contains("0 lines refused"), "{cut}");
    let half = &lines[4][..lines[4].len() / 2];
    let cut = import_part(&(lines[..4].concat() + half));
    assert!(cut.contains("line 5: it ends before it is whole"), "{cut}");
    assert!(cut.contains(&promised), "{cut}");
}

#[test]
fn an_export_that_was_cut_behind_its_blocks_is_told_too() {
    let mut lines = exported();
    let blocks = lines.iter().filter(|line| line.starts_with("{\"block\""));
    let first = 1 + blocks.count();
    let import = |lines: &[String]| {
        let parent = tempfile::tempdir().unwrap();
        let file = parent.path().join("lines");
        fs::write(&file, lines.concat()).unwrap();
        let again = parent.path().join("again");
        let imported = chain(&["import", file.to_str().unwrap()], &again);
        assert!(chain(&["verify"], &again).status.success());
        (imported.status.code(), said(&imported))
    };
    assert_eq!(import(&lines).0, Some(0));
    assert!(first + 2 < lines.len());
    for length in first..lines.len() {
        let (code, told) = import(&lines[..length]);
        assert_eq!(code, Some(1));
        let ends = format!("ends after {length} lines without");
        assert!(told.contains(&ends), "{told}");
    }
    let accepted = lines.len() - 1 - first;
    lines.remove(first);
    let (code, told) = import(&lines);
    assert_eq!(code, Some(1));
    let less = format!("of {accepted} accepted ids {} came", accepted - 1);
    assert!(told.contains(&less), "{told}");
}

#[test]
fn a_line_that_is_none_is_refused_alone() {
    let mut lines = exported();
    lines.truncate(4);
    lines[0] = lines[0].replacen("\"blocks\":", "\"blocks\":4,\"were\":", 1);
    let end = r#"{"end":{"blocks":4,"side":0,"payments":0,"accepted":0}}"#;
    lines.push(end.to_owned() + "\n");
    lines.insert(2, "rubbish\n".to_owned());
    let told = import_part(&lines.concat());
    assert!(told.contains("line 3: expected value, at byte 1"), "{told}");
    assert!(told.contains("1 line refused, the first"), "{told}");
}

#[test]
fn files_that_cannot_be_used_are_named_with_what_to_do() {
    let (first, parent) = (written(), tempfile::tempdir().unwrap());
    let lines = parent.path().join("lines");
    let name = lines.to_str().unwrap();
    let again = parent.path().join("again");
    let absent = chain(&["import", name], &again);
    let told = said(&absent);
    assert!(told.contains(&format!("{name} cannot be read: ")), "{told}");
    assert!(told.contains("give a file that"), "{told}");
    fs::write(&lines, "kept").unwrap();
    let exists = chain(&["export", name], first.path());
    let told = said(&exists);
    assert!(
        told.contains(&format!("{name} cannot be written: ")),
        "{told}"
    );
    assert!(told.contains("give another name"), "{told}");
    assert_eq!(fs::read_to_string(&lines).unwrap(), "kept");
}

/// All files of a database.
fn files(path: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![path.join("database")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => files.push(path),
            }
        }
    }
    files
}

/// Blocks and payments are in the journal: all else can be made anew, or is said elsewhere.
#[test]
fn whichever_small_file_is_broken_all_blocks_are_saved() {
    let lines = |output: &Output| {
        let text = String::from_utf8(output.stdout.clone()).unwrap();
        text.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let directory = written();
    let whole = lines(&chain(&["export"], directory.path()));
    let mut broken = 0;
    for file in files(directory.path()) {
        let bytes = fs::read(&file).unwrap();
        if bytes.is_empty() || file.extension().is_some_and(|end| end == "jnl") {
            continue;
        }
        for place in [0, bytes.len() / 4, bytes.len() / 2, bytes.len() - 1] {
            let copy = tempfile::tempdir().unwrap();
            let copied = Command::new("cp")
                .arg("-r")
                .arg(directory.path().join("."))
                .arg(copy.path())
                .status();
            assert!(copied.unwrap().success());
            let name = file.strip_prefix(directory.path()).unwrap();
            let mut flipped = bytes.clone();
            flipped[place] ^= 0xff;
            fs::write(copy.path().join(name), flipped).unwrap();
            let exported = chain(&["export"], copy.path());
            let case = format!("{} at {place}: {}", name.display(), said(&exported));
            match exported.status.code() {
                // Some bytes say nothing.
                Some(0) => {}
                Some(3) => broken += 1,
                _ => panic!("{case}"),
            }
            assert!(lines(&exported) == whole, "{case}");
        }
    }
    assert!(broken > 20, "{broken}");
}
