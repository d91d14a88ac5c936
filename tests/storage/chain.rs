//! `tickchain chain`: what was exported and imported is the same, and damage is told and survived.

use std::fs;
use std::path::Path;
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
