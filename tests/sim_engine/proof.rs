//! How nonces are found, and clocks that a controller steps.

use tickchain::node::{Costs, MiningCost, Node, Status};
use tickchain::sim::{Action, Proof, Stepped, Time};

use super::rig::*;

#[test]
fn a_sampled_nonce_is_not_searched_and_takes_its_time_by_hash_power() {
    let mut log = Log::default();
    let mut run = Rig::new(true).triangle();
    run.run_until(Time::from_secs(30_000.0), &mut log);
    let mean = 30_000.0 / log.mined.len() as f64;
    assert!((9.4..10.6).contains(&mean), "a block every {mean} s");
    for node in 0..3 {
        let own = log.mined.iter().filter(|(_, miner)| *miner == node).count();
        let share = own as f64 / log.mined.len() as f64;
        assert!((0.29..0.38).contains(&share), "{share}");
    }
}

#[test]
fn a_searched_nonce_fits_and_takes_as_long_as_it_takes_to_try() {
    let mut rig = Rig::new(false);
    rig.difficulty = 6;
    rig.options.proof = Proof::Searched { hashes_per_s: 64.0 };
    let mut run = rig.line();
    let mut took = 0.0;
    for _ in 0..200 {
        let begun = run.time();
        let mut log = Log::default();
        run.schedule(begun, Action::Mine { node: 1 });
        while run.step(&mut log) {}
        // A clock later it begins, at the next one it may end.
        took += (log.mined[0].0 - begun).as_secs();
    }
    assert_eq!(heights(&run), [200; 3]);
    let ledger = run.nodes()[0].ledger();
    for id in 1..=200 {
        let block = ledger.block_at(id).unwrap();
        assert!(block.hash().trailing_zeros() >= 6);
    }
    let mean = took / 200.0;
    assert!((0.8..1.2).contains(&mean), "64 nonces on average, {mean} s");
}

#[test]
fn one_without_hash_power_never_finds_a_nonce() {
    for proof in [
        Proof::Searched { hashes_per_s: 0.0 },
        Proof::Sampled {
            interval: Time::from_secs(1e12),
        },
    ] {
        let mut rig = Rig::new(true);
        rig.options.proof = proof;
        let mut run = rig.line();
        run.run_until(Time::from_secs(100_000.0), &mut ());
        assert_eq!(heights(&run), [0; 3]);
    }
}

/// Three nodes with the document's costs, stepped.
fn stepped(hashes_per_s: f64) -> Run {
    let mut rig = Rig::new(false);
    rig.costs = Costs::default();
    rig.difficulty = 8;
    rig.network.latency = tickchain::sim::Latency::Constant { ms: 0.0 };
    rig.options.proof = Proof::Searched { hashes_per_s };
    rig.options.stepped = Some(Stepped { latency: 0 });
    assert_eq!(rig.costs.mining, MiningCost::Clocks(3));
    rig.triangle()
}

/// What the three do at a clock.
fn statuses(run: &mut Run, clock: u64) -> Vec<Status> {
    run.run_until(Time::from_ms(clock as f64) - Time(1), &mut ());
    assert!(run.nodes().iter().all(|node| node.clock() == clock));
    run.nodes().iter().map(Node::status).collect()
}

#[test]
fn stepped_clocks_tell_the_document_s_story() {
    use Status::*;
    let story = [
        [ReceivingTx, Idle, Idle],
        [BroadcastingTx, ReceivingTx, ReceivingTx],
        [Idle, BroadcastingTx, BroadcastingTx],
        [Idle, Idle, Idle],
        [Mining, Idle, Idle],
        [Mining, Idle, Idle],
        [Mining, Idle, Idle],
        [BroadcastingBlock, ReceivingBlock, ReceivingBlock],
        [Idle, BroadcastingBlock, BroadcastingBlock],
        [Idle, Idle, Idle],
    ];
    let mut run = stepped(f64::INFINITY);
    run.schedule(Time::ZERO, pay(0, 11, "aki", "so", 2));
    for (clock, expected) in (1..).zip(story) {
        if clock == 5 {
            run.schedule(run.time(), Action::Mine { node: 0 });
        }
        assert_eq!(statuses(&mut run, clock), expected, "clock {clock}");
    }
    assert_eq!(heights(&run), [1; 3]);
}

#[test]
fn a_stepped_node_whose_nonce_takes_time_stands_still_and_nobody_waits_forever() {
    let mut run = stepped(10_000.0);
    run.schedule(Time::ZERO, Action::Mine { node: 0 });
    run.run_until(Time::from_secs(1.0), &mut ());
    assert_eq!(heights(&run), [1; 3]);
    assert!(run.events() < 10_000, "{}", run.events());
    let clocks: Vec<u64> = run.nodes().iter().map(Node::clock).collect();
    assert_eq!(clocks, [1_001, 1_001 - 1, 1_001 - 1]);
}
