//! Whole scenarios drawn from a seed: networks under faults, with liars among them. Safety is checked all
//! along, liveness after everything healed and one node mined one more block.
//!
//! `TICKCHAIN_SWARM_SEEDS=10000` plays so many; `TICKCHAIN_SWARM_SEED=7` plays one and tells what happens.
#![allow(unreachable_pub, reason = "modules of one test")]

mod flaws;
mod judge;
mod lies;
mod member;
mod play;
mod scenario;
mod truth;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use tickchain::ledger::{MemoryStore, Store};

use member::Flaw;
use play::{Counts, play};

/// How many seeds are played when nothing else is said.
const SEEDS: u64 = 300;

/// Seeds that once found something, and what.
const PINNED: [(u64, &str); 7] = [
    (
        193,
        "where a payment waits behind a double spend it is not passed on: pools of peers agree, not all",
    ),
    (
        928,
        "of nodes that mine all the time the last block has to stand alone",
    ),
    (
        2261,
        "an answer to an old question hid what its peer had announced since: nobody asked again",
    ),
    (
        4928,
        "what a peer said on an earlier link counted as known to it, though it had lost it since",
    ),
    (7717, "the same: a node was left with a tip of its own"),
    (8706, "the same again"),
    (222, "a liar need not have the payment it told of"),
];

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    let number = text.parse();
    Some(number.unwrap_or_else(|_| panic!("{variable} is a number, not {text:?}")))
}

/// Plays these seeds on all cores; how often things happened, or what went wrong.
fn play_all<S: Store + Default + 'static>(
    seeds: &[u64],
    flaw: Flaw,
) -> (Counts, Vec<(u64, String)>) {
    let next = AtomicUsize::new(0);
    let results = Mutex::new((BTreeMap::new(), Vec::new()));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while let Some(seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed)) {
                    println!("seed {seed}");
                    let played = play::<S>(*seed, flaw, false);
                    let mut results = results.lock().expect("no panic while it is held");
                    match played {
                        Ok(counts) => {
                            for (what, count) in counts {
                                *results.0.entry(what).or_insert(0) += count;
                            }
                        }
                        Err(error) => results.1.push((*seed, error)),
                    }
                }
            });
        }
    });
    results.into_inner().expect("no panic while it was held")
}

#[test]
fn whatever_happens_nothing_is_lost_and_all_agree_in_the_end() {
    if let Some(seed) = number("TICKCHAIN_SWARM_SEED") {
        println!("seed {seed}");
        let played = play::<MemoryStore>(seed, Flaw::None, true);
        println!("{played:?}");
        assert!(played.is_ok(), "seed {seed}: {played:?}");
        return;
    }
    let count = number("TICKCHAIN_SWARM_SEEDS").unwrap_or(SEEDS);
    let seeds: Vec<u64> = PINNED
        .iter()
        .map(|(seed, _)| *seed)
        .chain(0..count)
        .collect();
    let (counts, failures) = play_all::<MemoryStore>(&seeds, Flaw::None);
    println!("{counts:?}");
    assert!(
        failures.is_empty(),
        "{} of {} scenarios failed: {failures:#?}; TICKCHAIN_SWARM_SEED=n tells what happens in one",
        failures.len(),
        seeds.len()
    );
    // A swarm in which nothing happens finds nothing.
    for what in [
        "mined",
        "reorganisations",
        "catching up",
        "refused",
        "offences",
        "accepted",
        "crash",
        "eclipse",
    ] {
        let often = counts.get(what).copied().unwrap_or(0);
        assert!(often * 3 > seeds.len(), "{what}: {counts:?}");
    }
}
