//! Writes that were torn by a power cut: all that was synced before is there, and no start needs help.
//!
//! The database has no backend that tears writes, so its files are taken as they were when a write was
//! said to last, and as they were at the next such moment. What came between reached the disk in parts.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};
use tickchain::driver::Storage;
use tickchain::node::{Input, Node as _, Payment, State};

use crate::rig::Rig;

/// Every file, by its path below the directory.
type Files = BTreeMap<PathBuf, Vec<u8>>;

/// A moment at which everything lasted.
struct Synced {
    files: Files,
    /// What the node was after each write since the moment before.
    nodes: Vec<Json>,
}

fn files(root: &Path) -> Files {
    let mut found = Files::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => {
                    let name = path.strip_prefix(root).unwrap().to_owned();
                    found.insert(name, fs::read(&path).unwrap());
                }
            }
        }
    }
    found
}

/// What has to last of a node.
fn look(state: &State) -> Json {
    let state = serde_json::to_value(state).unwrap();
    let queue = state["queue"].as_array().unwrap().iter();
    json!({
        "blocks": state["blocks"],
        "salt": state["counters"]["salt"],
        "issued": state["counters"]["issued"],
        "pool": state["pool"],
        "queue": queue.map(|queued| queued["transaction"].clone()).collect::<Vec<_>>(),
        "accepted": state["accepted"],
    })
}

/// Payments, blocks and a reset, each of which lasts before the next.
fn workload(root: &Path) -> Vec<Synced> {
    drop(Rig::open(root));
    let mut rig = Rig::open(root);
    let mut synced = Vec::new();
    for step in 0..24u64 {
        match step {
            0 => drop(rig.hand_in(Input::Start { salt: 1 })),
            12 => drop(rig.hand_in(Input::Reset { salt: 2 })),
            step if step % 3 == 1 => {
                for number in 0..step {
                    rig.hand_in(Input::Pay(Payment {
                        id: None,
                        sender: "so".parse().unwrap(),
                        recipient: format!("account {step} {number}").parse().unwrap(),
                        value: 1.try_into().unwrap(),
                        sequence: None,
                        signature: None,
                    }));
                }
            }
            step if step % 3 == 2 => drop(rig.hand_in(Input::Mine)),
            _ => rig.clock(rig.node.clock() + 5),
        }
        rig.storage.finish().unwrap();
        synced.push(Synced {
            files: files(root),
            nodes: rig.states.drain(..).map(|state| look(&state)).collect(),
        });
    }
    synced
}

/// What may be left of bytes that were not synced. A hole is left in one batch only: batches are synced one
/// after the other, so what comes behind a broken one is never whole.
fn torn(tail: &[u8], batches: usize) -> Vec<Vec<u8>> {
    let (third, half) = (tail.len() / 3, tail.len() / 2);
    let with = |range: std::ops::Range<usize>, byte: &dyn Fn(usize) -> u8| {
        let mut torn = tail.to_vec();
        torn[range.clone()]
            .iter_mut()
            .zip(range)
            .for_each(|(at, place)| *at = byte(place));
        torn
    };
    let zero = |_| 0;
    let garbage = |place: usize| (place as u8).wrapping_mul(167).wrapping_add(13);
    let mut torn = vec![
        Vec::new(),
        tail[..half].to_vec(),
        tail[..tail.len() - 1].to_vec(),
        with(half..tail.len(), &zero),
        with(half..tail.len(), &garbage),
        with(0..tail.len(), &garbage),
    ];
    if batches == 1 {
        torn.push(with(0..half, &zero));
        torn.push(with(third..2 * third, &zero));
        torn.push(with(third..2 * third, &garbage));
    }
    torn
}

#[test]
fn what_was_synced_is_there_whatever_follows() {
    let directory = tempfile::tempdir().unwrap();
    let synced = workload(directory.path());
    let mut opened = 0;
    for pair in synced.windows(2) {
        let [before, after] = pair else {
            panic!("windows of two");
        };
        let (journal, bytes) = (before.files.iter())
            .find(|(path, _)| path.extension().is_some_and(|end| end == "jnl"))
            .unwrap();
        let Some(tail) = after.files[journal].strip_prefix(bytes.as_slice()) else {
            panic!("a journal only grows");
        };
        if tail.is_empty() {
            continue;
        }
        for torn in torn(tail, after.nodes.len()) {
            let crashed = tempfile::tempdir().unwrap();
            let mut image = before.files.clone();
            image.get_mut(journal).unwrap().extend(torn);
            // Files that came since are there in part.
            for (path, bytes) in &after.files {
                let half = bytes[..bytes.len() / 2].to_vec();
                image.entry(path.clone()).or_insert(half);
            }
            for (path, bytes) in &image {
                let path = crashed.path().join(path);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, bytes).unwrap();
            }
            let node = look(&Rig::open(crashed.path()).node.state());
            assert!(before.nodes.last() == Some(&node) || after.nodes.contains(&node));
            opened += 1;
        }
    }
    assert!(opened > 100, "only {opened} crashes");
}
