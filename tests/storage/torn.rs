//! Writes that were torn by a power cut: all that was synced before is there, and no start needs help.
//!
//! The database has no backend that tears writes, so its files are taken as they were when a write was
//! said to last, and as they were at the next such moment. What came between reached the disk in parts.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};
use tickchain::driver::Storage;
use tickchain::node::{Body, Input, Message, Node as _, Payment, State};

use crate::rig::{Rig, child};

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

/// A node, and what it was told to last, moment by moment.
struct Run<'root> {
    root: &'root Path,
    rig: Rig,
    synced: Vec<Synced>,
    /// What the peer said.
    said: u64,
}

impl Run<'_> {
    /// All that was handed in lasts now.
    fn sync(&mut self) {
        self.rig.storage.finish().unwrap();
        let nodes = self.rig.states.drain(..);
        let nodes: Vec<Json> = nodes.map(|state| look(&state)).collect();
        if !nodes.is_empty() {
            let files = files(self.root);
            self.synced.push(Synced { files, nodes });
        }
    }

    fn pay(&mut self, payments: u64) {
        for _ in 0..payments {
            self.said += 1;
            self.rig.hand_in(Input::Pay(Payment {
                id: None,
                sender: "so".parse().unwrap(),
                recipient: format!("account {}", self.said).parse().unwrap(),
                value: 1.try_into().unwrap(),
                sequence: None,
                signature: None,
            }));
        }
        self.sync();
    }

    fn mine(&mut self) {
        self.rig.hand_in(Input::Mine);
        self.live(5);
    }

    /// Clock by clock, each of which lasts before the next.
    fn live(&mut self, clocks: u64) {
        for _ in 0..clocks {
            self.rig.clock(self.rig.node.clock() + 1);
            self.sync();
        }
    }

    /// A peer says so many blocks on block `parent` of the main chain.
    fn branch(&mut self, parent: u64, blocks: u64) {
        let mut parent = (self.rig.node.ledger().block_at(parent))
            .unwrap()
            .to_unchecked();
        for _ in 0..blocks {
            self.said += 1;
            parent = child(&parent, self.said);
            let message = Message {
                stamp: 0,
                sequence: self.said,
                body: Body::NewBlock(Box::new(parent.clone())),
            };
            let from = "peer".parse().unwrap();
            self.rig.hand_in(Input::Message { from, message });
            self.sync();
        }
        self.live(2);
    }
}

/// Payments, blocks, side branches, a branch that becomes the main chain, and a reset.
fn workload(root: &Path) -> Vec<Synced> {
    drop(Rig::open(root));
    let rig = Rig::open(root);
    let mut run = Run {
        root,
        rig,
        synced: Vec::new(),
        said: 0,
    };
    let peer = "peer".parse().unwrap();
    run.rig.hand_in(Input::Start { salt: 1 });
    run.rig.hand_in(Input::PeerUp { peer, latency: 0 });
    run.sync();
    for salt in 2..4 {
        run.pay(1);
        run.pay(6);
        run.mine();
        run.pay(3);
        run.branch(0, 1);
        assert!(run.rig.node.ledger().side_blocks().count() > 0);
        run.mine();
        let tip = run.rig.node.ledger().tip().hash();
        run.branch(0, 3);
        assert_ne!(
            run.rig.node.ledger().tip().hash(),
            tip,
            "another branch won"
        );
        run.pay(2);
        run.rig.hand_in(Input::Reset { salt });
        run.sync();
    }
    run.pay(2);
    run.mine();
    run.synced
}

/// What may be left of bytes that were not synced. A hole is left in one batch only: batches are synced one
/// after the other, so what comes behind a broken one is never whole.
fn torn(tail: &[u8], batches: usize) -> Vec<Vec<u8>> {
    let (third, half, end) = (tail.len() / 3, tail.len() / 2, tail.len());
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
    let flipped = |place: usize| with(place..place + 1, &|place| tail[place] ^ 1 << (place % 8));
    let mut torn = vec![
        Vec::new(),
        tail[..7].to_vec(),
        tail[..half].to_vec(),
        tail[..end - 1].to_vec(),
        with(0..end, &zero),
        with(third..end, &zero),
        with(end - 1..end, &zero),
        with(half..end, &garbage),
        with(0..end, &garbage),
        flipped(end - 1),
    ];
    if batches == 1 {
        torn.push(with(0..half, &zero));
        torn.push(with(third..2 * third, &zero));
        torn.push(with(third..2 * third, &garbage));
        // Its tag, the number of its items, its own number made too high, what it says, its checksum.
        torn.extend([0, 2, 12, third, half, end - 9].map(flipped));
    }
    torn
}

/// Of what may be left one in so many is tried at each moment, others at the next.
const TRIED: usize = 3;

#[test]
fn what_was_synced_is_there_whatever_follows() {
    let directory = tempfile::tempdir().unwrap();
    let synced = workload(directory.path());
    let mut opened = 0;
    for (number, pair) in synced.windows(2).enumerate() {
        let [before, after] = pair else {
            panic!("windows of two");
        };
        let (journal, bytes) = (before.files.iter())
            .find(|(path, _)| path.extension().is_some_and(|end| end == "jnl"))
            .unwrap();
        let Some(tail) = after.files[journal].strip_prefix(bytes.as_slice()) else {
            panic!("a journal only grows");
        };
        let torn = torn(tail, after.nodes.len());
        for torn in torn.into_iter().skip(number % TRIED).step_by(TRIED) {
            let crashed = tempfile::tempdir().unwrap();
            let mut image = before.files.clone();
            image.get_mut(journal).unwrap().extend(torn);
            // Files that came since are there in part, or not yet where they are renamed when they last.
            let in_part = |path: &Path| !path.ends_with("current");
            for (path, bytes) in after.files.iter().filter(|(path, _)| in_part(path)) {
                let half = bytes[..bytes.len() / 2].to_vec();
                image.entry(path.clone()).or_insert(half);
            }
            for (path, bytes) in &image {
                let path = crashed.path().join(path);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, bytes).unwrap();
            }
            let mut rig = Rig::open(crashed.path());
            let node = look(&rig.node.state());
            assert!(before.nodes.last() == Some(&node) || after.nodes.contains(&node));
            // And it goes on from there.
            rig.hand_in(Input::Start { salt: 1 });
            rig.hand_in(Input::Mine);
            rig.storage.finish().unwrap();
            opened += 1;
        }
    }
    assert!(opened > 150, "only {opened} crashes of {}", synced.len());
}
