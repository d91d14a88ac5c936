//! Processes that end without a word, at any moment, again and again.

use std::time::{Duration, Instant};

use rustix::process::Pid;
use tickchain::sim::{Purpose, Random};

use super::network::Network;
use super::node::Node;
use super::rig::{Rig, Setup};
use super::witness::Witness;

/// How often a node is killed; `TICKCHAIN_KILLS` says another number.
const KILLS: u64 = 15;

/// After so many, everything is looked through.
const KILLS_A_CHECK: u64 = 50;

/// The longest time under load from a start to the next kill.
const LIFE_MS: u64 = 300;

/// The longest time from a start to a kill that is to come while it starts.
const START_US: u64 = 60_000;

/// How long a write is waited for in the middle of which to kill.
const SYNC_PATIENCE: Duration = Duration::from_millis(300);

/// What a node that starts after a crash must not say.
const UNCLEAN: [&str; 4] = ["ERROR", "panicked", "damaged", "cannot"];

#[test]
fn nothing_acknowledged_is_lost_by_kills() {
    let began = Instant::now();
    let kills = std::env::var("TICKCHAIN_KILLS").ok();
    let kills = kills.map_or(KILLS, |text| text.parse().expect("a number of kills"));
    let mut rig = Rig::new(Setup {
        keep: true,
        ..Setup::new(Network::streams)
    });
    let mut random = Random::new(rig.seed, Purpose::Faults, 1);
    let mut witnesses: Vec<Option<Witness>> =
        (0..3).map(|node| Some(witness(&rig, node))).collect();
    let mut load = rig.load();
    let mut points = [0; 3];
    for kill in 1..=kills {
        let node = random.index(rig.nodes.len());
        std::thread::sleep(Duration::from_millis(random.below(LIFE_MS)));
        if random.chance(0.5) {
            points[0] += u64::from(until_it_syncs(&rig.nodes[node]));
        }
        rig.kill(node);
        while random.chance(0.3) {
            points[1] += 1;
            rig.spawn(node);
            std::thread::sleep(Duration::from_micros(random.below(START_US)));
            rig.kill(node);
        }
        witnesses[node] = None;
        rig.start(node);
        points[2] += 1;
        rig.check_kept(node);
        check_clean(&rig.nodes[node]);
        witnesses[node] = Some(witness(&rig, node));
        if kill % KILLS_A_CHECK == 0 || kill == kills {
            load.end();
            witnesses.clear();
            rig.check();
            witnesses.extend((0..3).map(|node| Some(witness(&rig, node))));
            load = rig.load();
            let (payments, blocks) = rig.book.counts();
            println!(
                "{kill} kills under load, {} of them in the middle of a sync, and {} while starting: \
                 {payments} payments and {blocks} blocks acknowledged, 0 missing, {} s",
                points[0],
                points[1],
                began.elapsed().as_secs()
            );
        }
    }
    load.end();
    drop(witnesses);
    for node in 0..rig.nodes.len() {
        assert!(rig.nodes[node].stop().success());
        rig.start(node);
        check_clean(&rig.nodes[node]);
    }
    rig.check();
}

fn witness(rig: &Rig, node: usize) -> Witness {
    Witness::of(node, rig.nodes[node].listens(), &rig.genesis, &rig.book)
}

fn check_clean(node: &Node) {
    let said = node.said();
    let unclean = |line: &&str| UNCLEAN.iter().any(|word| line.contains(word));
    assert_eq!(said.lines().find(unclean), None);
}

/// Waits until one of its threads is in fsync or fdatasync; whether that came about.
fn until_it_syncs(node: &Node) -> bool {
    #[cfg(target_arch = "x86_64")]
    const SYNCS: [&str; 2] = ["74 ", "75 "];
    #[cfg(not(target_arch = "x86_64"))]
    const SYNCS: [&str; 2] = ["82 ", "83 "];
    let began = Instant::now();
    let pid = Pid::as_raw_nonzero(node.pid());
    let Ok(threads) = std::fs::read_dir(format!("/proc/{pid}/task")) else {
        return false;
    };
    let threads: Vec<_> = threads
        .flatten()
        .map(|task| task.path().join("syscall"))
        .collect();
    while began.elapsed() < SYNC_PATIENCE {
        for thread in &threads {
            let call = std::fs::read_to_string(thread).unwrap_or_default();
            if SYNCS.iter().any(|sync| call.starts_with(sync)) {
                return true;
            }
        }
    }
    false
}
