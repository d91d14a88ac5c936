//! One order of events, which the seed decides.

use tickchain::ledger::Hash;
use tickchain::sim::{Action, Latency, Time};

use super::rig::*;

/// A run with faults and chance in everything; its digest and its number of events.
fn lively(seed: u64) -> (Hash, u64) {
    let mut rig = Rig::new(true);
    rig.seed = seed;
    rig.network.latency = Latency::LogNormal {
        median_ms: 200.0,
        sigma: 1.0,
    };
    (rig.network.loss, rig.network.duplication) = (0.1, 0.1);
    let mut run = rig.run(5, &[(0, 1), (1, 2), (2, 3), (3, 4), (4, 0)]);
    let at = |seconds: f64| Time::from_secs(seconds);
    let groups = vec![vec![0, 1]];
    run.schedule(at(50.0), pay(1, 11, "so", "aki", 2));
    run.schedule(at(60.0), Action::Partition { groups });
    run.schedule(
        at(70.0),
        Action::Crash {
            node: 3,
            keep: true,
        },
    );
    run.schedule(at(90.0), Action::Restart { node: 3 });
    run.schedule(at(120.0), Action::Heal);
    run.run_until(at(1_000.0), &mut ());
    (run.digest(), run.events())
}

#[test]
fn the_same_seed_gives_the_same_run_and_another_seed_another() {
    assert_eq!(lively(1), lively(1));
    let digests: Vec<Hash> = (1..6).map(|seed| lively(seed).0).collect();
    for (number, digest) in digests.iter().enumerate() {
        assert!(!digests[..number].contains(digest));
    }
}

#[test]
fn a_digest_sees_one_action_more() {
    let digest = |extra: bool| {
        let mut run = Rig::new(false).line();
        run.schedule(Time::ZERO, Action::Mine { node: 0 });
        if extra {
            run.schedule(Time::from_secs(1.0), Action::Heal);
        }
        rest(&mut run);
        run.digest()
    };
    assert_eq!(digest(false), digest(false));
    assert_ne!(digest(false), digest(true));
}

#[test]
fn going_in_small_steps_or_at_once_is_the_same_run() {
    let mut once = Rig::new(true).triangle();
    once.run_until(Time::from_secs(500.0), &mut ());
    let mut steps = Rig::new(true).triangle();
    for second in 1..=500 {
        steps.run_until(Time::from_secs(f64::from(second)), &mut ());
        assert_eq!(steps.time(), Time::from_secs(f64::from(second)));
    }
    assert_eq!(once.digest(), steps.digest());
    assert_eq!(once.events(), steps.events());
}

#[test]
fn without_latency_events_come_to_an_end() {
    let mut rig = Rig::new(true);
    rig.network.latency = Latency::Constant { ms: 0.0 };
    let links: Vec<(u32, u32)> = (0..6)
        .flat_map(|to| (0..to).map(move |from| (from, to)))
        .collect();
    let mut run = rig.run(6, &links);
    for (number, node) in (0..6).enumerate() {
        run.schedule(Time::ZERO, pay(node, number as u128 + 10, "so", "aki", 1));
    }
    run.run_until(Time::from_secs(1_000.0), &mut ());
    assert!(heights(&run)[0] > 50 && agree(&run, &[0, 1, 2, 3, 4, 5]));
    let events = run.events();
    assert!(events < 100_000, "{events} events for a few hundred blocks");
}

#[test]
fn what_is_done_at_one_time_is_done_as_it_was_scheduled() {
    let mut run = Rig::new(false).line();
    let at = Time::from_secs(1.0);
    let (from, to) = (0, 1);
    for _ in 0..3 {
        run.schedule(at, Action::Cut { from, to });
        run.schedule(at, Action::Restore { from, to });
    }
    run.schedule(at, Action::Cut { from: 1, to: 2 });
    run.run_until(at, &mut ());
    let peers = |node: usize| run.nodes()[node].peers().count();
    assert_eq!([peers(0), peers(1), peers(2)], [1, 1, 0]);
}

#[test]
fn what_is_scheduled_for_the_past_is_done_next() {
    let mut run = Rig::new(false).line();
    run.run_until(Time::from_secs(100.0), &mut ());
    run.schedule(Time::from_secs(1.0), pay(0, 11, "so", "aki", 1));
    rest(&mut run);
    assert_eq!(pool(&run, 2).len(), 1);
    assert!(run.time() >= Time::from_secs(100.2), "{}", run.time());
}
