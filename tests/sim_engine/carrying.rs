//! What links do to messages.

use tickchain::sim::{Action, Latency, Time};

use super::rig::*;

const BLOCK: &str = "NEW_BLOCK";

/// Lets node 0 of a line mine; what was seen.
fn mined_by_the_first(run: &mut Run) -> Log {
    let mut log = Log::default();
    run.schedule(run.time(), Action::Mine { node: 0 });
    while run.step(&mut log) {}
    log
}

#[test]
fn a_slow_link_takes_so_many_times_as_long_in_both_directions_until_it_is_as_before() {
    let mut run = Rig::new(false).line();
    for (slow, factor) in [((1, 2), 5.0), ((2, 1), 5.0), ((1, 2), 1.0)] {
        let (from, to) = slow;
        act(&mut run, Action::Slow { from, to, factor });
        let log = mined_by_the_first(&mut run);
        let took: Vec<((usize, usize), f64)> = log
            .sent
            .iter()
            .map(|message| {
                (
                    message.ends,
                    (message.arrives.unwrap() - message.sent).as_ms(),
                )
            })
            .collect();
        assert_eq!(took, [((0, 1), 100.0), ((1, 2), 100.0 * factor)]);
    }
    let there = Action::Slow {
        from: 0,
        to: 1,
        factor: 3.0,
    };
    act(&mut run, there);
    run.schedule(run.time(), pay(1, 11, "so", "aki", 1));
    let mut log = Log::default();
    while run.step(&mut log) {}
    let back = log.sent.iter().find(|sent| sent.ends == (1, 0)).unwrap();
    assert_eq!((back.arrives.unwrap() - back.sent).as_ms(), 300.0);
}

#[test]
fn what_is_on_its_way_when_its_link_goes_down_is_lost() {
    // Each of these brings the link of the message down; in the last two it is up again when it arrives.
    let (from, to) = (0, 1);
    let groups = vec![vec![0], vec![1, 2]];
    let crash = Action::Crash {
        node: 1,
        keep: true,
    };
    let eclipse = Action::Eclipse {
        victim: 1,
        attackers: vec![2],
    };
    let downs = [
        (vec![Action::Cut { from, to }], 0),
        (
            vec![Action::Partition {
                groups: groups.clone(),
            }],
            0,
        ),
        (vec![crash], 0),
        (vec![eclipse], 0),
        // Bringing it up again tells the tip anew, so there is one more message, and it arrives.
        (
            vec![Action::Cut { from, to }, Action::Restore { from, to }],
            1,
        ),
        (vec![Action::Partition { groups }, Action::Heal], 1),
    ];
    for (actions, arrive) in downs {
        let mut run = Rig::new(false).line();
        let mut log = Log::default();
        run.schedule(Time::ZERO, Action::Mine { node: 0 });
        while log.sent.is_empty() {
            assert!(run.step(&mut log));
        }
        let halfway = run.time() + Time::from_ms(LATENCY_MS / 2.0);
        for action in &actions {
            run.schedule(halfway, action.clone());
        }
        while run.step(&mut log) {}
        let to_it = log.sent.iter().filter(|sent| sent.ends == (0, 1)).count();
        let arrived = |seen: &&(Time, (usize, usize), &str)| seen.1 == (0, 1) && seen.2 == BLOCK;
        assert_eq!(to_it, 1 + arrive, "{actions:?}");
        assert_eq!(
            log.delivered.iter().filter(arrived).count(),
            arrive,
            "{actions:?}"
        );
    }
}

#[test]
fn a_link_that_goes_down_takes_nothing_from_others() {
    let mut run = Rig::new(false).run(4, &[(0, 1), (0, 2), (0, 3)]);
    let mut log = Log::default();
    run.schedule(Time::ZERO, Action::Mine { node: 0 });
    while log.sent.is_empty() {
        assert!(run.step(&mut log));
    }
    let halfway = run.time() + Time::from_ms(LATENCY_MS / 2.0);
    run.schedule(halfway, Action::Cut { from: 0, to: 2 });
    rest(&mut run);
    assert_eq!(heights(&run), [1, 1, 0, 1]);
}

#[test]
fn loss_loses_its_share_and_everything_at_one() {
    let mut rig = Rig::new(true);
    rig.network.loss = 1.0;
    let mut run = rig.triangle();
    let mut log = Log::default();
    run.run_until(Time::from_secs(1_000.0), &mut log);
    assert!(log.sent.len() > 100 && log.delivered.is_empty());
    assert!(log.sent.iter().all(|message| message.arrives.is_none()));
    let heights = heights(&run);
    assert!(heights.iter().all(|height| *height > 10), "{heights:?}");
    assert!(!agree(&run, &[0, 1]) && !agree(&run, &[1, 2]) && !agree(&run, &[0, 2]));

    rig.network.loss = 0.25;
    let mut run = rig.triangle();
    let mut log = Log::default();
    run.run_until(Time::from_secs(20_000.0), &mut log);
    let lost = log.sent.iter().filter(|message| message.arrives.is_none());
    let share = lost.count() as f64 / log.sent.len() as f64;
    assert!((0.22..0.28).contains(&share), "{share}");
    assert!(log.delivered.len() < log.sent.len());
}

#[test]
fn what_comes_twice_is_delivered_twice_and_does_no_harm() {
    let mut rig = Rig::new(false);
    rig.network.duplication = 1.0;
    let mut run = rig.line();
    act(&mut run, pay(0, 11, "aki", "so", 2));
    for node in 0..3 {
        let mut log = Log::default();
        run.schedule(run.time(), Action::Mine { node });
        while run.step(&mut log) {}
        assert_eq!(log.delivered.len(), log.sent.len());
        for message in &log.sent {
            let same = log.sent.iter().filter(|other| {
                (other.ends, other.kind, other.sent) == (message.ends, message.kind, message.sent)
            });
            assert_eq!(same.count(), 2, "{message:?}");
        }
    }
    assert_eq!(heights(&run), [3, 3, 3]);
    let accounts = run.nodes()[2].ledger().accounts();
    let balances = [("aki", 0), ("satoshi", 5), ("so", 9)];
    let balances = balances.map(|(account, balance)| (account.parse().unwrap(), balance));
    assert_eq!(accounts, balances);
}

#[test]
fn links_keep_the_order_of_what_is_sent_where_they_are_to() {
    let overtaken = |in_order| {
        let mut rig = Rig::new(true);
        rig.network.in_order = in_order;
        rig.network.latency = Latency::Uniform {
            min_ms: 0.0,
            max_ms: 30_000.0,
        };
        let mut log = Log::default();
        rig.line().run_until(Time::from_secs(5_000.0), &mut log);
        let mut overtaken = 0;
        for ends in [(0, 1), (1, 0), (1, 2), (2, 1)] {
            let mut last = Time::ZERO;
            for sent in log.sent.iter().filter(|sent| sent.ends == ends) {
                let arrives = sent.arrives.unwrap();
                overtaken += usize::from(arrives < last);
                last = last.max(arrives);
            }
        }
        overtaken
    };
    assert_eq!(overtaken(true), 0);
    assert!(overtaken(false) > 50);
}
