//! Data directories of a small chain.

use std::path::{Path, PathBuf};

use serde_json::json;
use tempfile::TempDir;
use tickchain::daemon::storage::fuzzing::{self, Directory};
use tickchain::ledger::{Difficulty, Genesis, Ledger, Transaction, UncheckedBlock};

/// Where syncing costs nothing.
const MEMORY: &str = "/dev/shm";

/// A place that is gone with this.
pub struct Place(TempDir);

impl Place {
    pub fn new() -> Self {
        let made = tempfile::tempdir_in(MEMORY).or_else(|_| tempfile::tempdir());
        Self(made.expect("a temporary directory can be made"))
    }

    pub fn folder(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

/// A directory with a main chain, a side branch, and payments that wait.
pub fn sound(path: &Path) -> Directory {
    let imported = fuzzing::import(path, chain().as_bytes());
    let imported = imported.expect("these lines are an export");
    imported.expect("nothing of it is refused or missing");
    Directory::open(path).expect("it was just made")
}

/// Its lines.
pub fn chain() -> String {
    let genesis = Genesis {
        difficulty: Difficulty::new(0).expect("no bits are allowed"),
        ..Genesis::default()
    };
    let ledger = Ledger::new(&genesis).expect("the document's network");
    let main = branch(&ledger.genesis().to_unchecked(), 1, 4);
    let side = branch(&main[0], 2, 2);
    let header = json!({
        "format": "tickchain chain",
        "version": 1,
        "name": "node1",
        "network": ledger.network_id(),
        "genesis": genesis,
        "blocks": 5,
        "node": {"clock": 9, "started": true, "salt": 1, "issued": 3, "lives": 1},
    });
    let mut lines = vec![header];
    lines.extend(main.iter().map(|block| json!({"block": block})));
    lines.extend(side.iter().map(|block| json!({"side": block})));
    for (number, place) in (60..).zip(["pool", "queue", "waiting", "waiting"]) {
        lines.push(json!({"payment": {"place": place, "payment": payment(number)}}));
    }
    lines.push(json!({"accepted": payment(61).id}));
    lines.push(json!({"accepted": payment(62).id}));
    lines.push(json!({"end": {"blocks": 5, "side": 2, "payments": 4, "accepted": 2}}));
    let lines: Vec<String> = lines.iter().map(|line| format!("{line}\n")).collect();
    lines.concat()
}

/// So many blocks on this one, which no other `kind` has.
fn branch(on: &UncheckedBlock, kind: u64, count: u64) -> Vec<UncheckedBlock> {
    let mut blocks = vec![on.clone()];
    for number in 1..=count {
        let parent = blocks.last().expect("there is one");
        blocks.push(UncheckedBlock {
            id: parent.id + 1,
            hash: None,
            timestamp: parent.timestamp,
            transactions: vec![payment(kind * 10 + number)].into(),
            previous_block_hash: parent.header().hash(),
            nonce: 0,
        });
    }
    blocks.split_off(1)
}

fn payment(number: u64) -> Transaction {
    Transaction {
        id: u128::from(number).into(),
        sender: Some("so".parse().expect("a short name")),
        recipient: "aki".parse().expect("a short name"),
        value: 1.try_into().expect("one is a value"),
        signed: None,
    }
}
