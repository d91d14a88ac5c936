//! What is done to nodes and links.

use tickchain::ledger::{Hash, MAX_SAFE_INTEGER, TxId};
use tickchain::node::{
    Body, Effect, HonestNode, Input, MAX_LOCATOR, Message, Name, Node, Place, Status,
};
use tickchain::sim::{Action, REDIAL, Simulation, Time, name};

use super::rig::*;

const SOON: Time = Time(3_600_000_000);

#[test]
fn a_node_that_crashed_catches_up_with_what_it_kept_or_from_genesis() {
    for keep in [true, false] {
        let mut run = Rig::new(false).triangle();
        for _ in 0..3 {
            act(&mut run, Action::Mine { node: 0 });
        }
        assert_eq!(heights(&run), [3, 3, 3]);
        act(&mut run, Action::Crash { node: 2, keep });
        assert!(!run.is_up(2) && run.is_up(1));
        assert_eq!(heights(&run), [3, 3, if keep { 3 } else { 0 }]);
        for _ in 0..2 {
            act(&mut run, Action::Mine { node: 1 });
        }
        act(&mut run, Action::Mine { node: 2 });
        assert_eq!(heights(&run)[..2], [5, 5], "what is down does not mine");
        act(&mut run, Action::Restart { node: 2 });
        assert!(run.is_up(2));
        assert_eq!(heights(&run), [5, 5, 5], "keep: {keep}");
        act(&mut run, Action::Mine { node: 2 });
        assert_eq!(heights(&run), [6, 6, 6]);
    }
}

#[test]
fn a_node_that_crashed_while_all_mine_is_heard_again() {
    for keep in [true, false] {
        let mut run = Rig::new(true).triangle();
        run.schedule(Time::from_secs(100.0), Action::Crash { node: 2, keep });
        run.schedule(Time::from_secs(300.0), Action::Restart { node: 2 });
        run.run_until(Time::from_secs(299.0), &mut ());
        let before = heights(&run);
        assert!(
            before[0] > before[2],
            "the others went on without it: {before:?}"
        );
        let mut log = Log::default();
        run.run_until(SOON, &mut log);
        assert!(agree(&run, &[0, 1, 2]), "{:?}", heights(&run));
        let own = log.mined.iter().filter(|(_, node)| *node == 2).count();
        assert!((70..160).contains(&own), "a third of 330 blocks, not {own}");
    }
}

#[test]
fn one_that_was_left_out_joins_without_a_new_block() {
    let mut run = Rig::new(false).triangle();
    run.leave_out(2);
    act(&mut run, Action::Mine { node: 0 });
    act(&mut run, Action::Mine { node: 1 });
    act(&mut run, pay(0, 11, "so", "aki", 1));
    assert_eq!(heights(&run), [2, 2, 0]);
    assert!(!run.is_up(2) && run.nodes()[2].peers().count() == 0);
    act(&mut run, Action::Restart { node: 2 });
    assert_eq!(heights(&run), [2, 2, 2]);
    assert_eq!(pool(&run, 2), [TxId::from(11)]);
}

#[test]
fn a_partition_makes_two_chains_that_heal_to_one_and_lose_no_payment() {
    let mut run = Rig::new(false).run(4, &[(0, 1), (1, 2), (2, 3), (3, 0)]);
    let groups = vec![vec![0, 1], vec![2, 3]];
    act(&mut run, Action::Partition { groups });
    act(&mut run, pay(2, 17, "so", "aki", 3));
    act(&mut run, pay(0, 18, "satoshi", "so", 1));
    act(&mut run, Action::Mine { node: 2 });
    act(&mut run, Action::Mine { node: 0 });
    act(&mut run, Action::Mine { node: 1 });
    assert_eq!(heights(&run), [2, 2, 1, 1]);
    assert!(!agree(&run, &[0, 2]) && agree(&run, &[0, 1]) && agree(&run, &[2, 3]));
    assert_eq!(
        run.nodes()[3].place(&TxId::from(17)),
        Some(Place::Block { id: 1 })
    );
    assert_eq!(run.nodes()[0].place(&TxId::from(17)), None);

    act(&mut run, Action::Heal);
    assert_eq!(heights(&run), [2, 2, 2, 2]);
    assert!(agree(&run, &[0, 1, 2, 3]));
    for node in 0..4 {
        assert_eq!(
            pool(&run, node),
            [TxId::from(17)],
            "it came back, and was told"
        );
        let place = run.nodes()[node].place(&TxId::from(18));
        assert_eq!(place, Some(Place::Block { id: 1 }));
    }
    act(&mut run, Action::Mine { node: 0 });
    let balances = [("aki", 5), ("satoshi", 4), ("so", 5)];
    let balances = balances.map(|(account, balance)| (account.parse().unwrap(), balance));
    assert!(
        run.nodes()
            .iter()
            .all(|node| node.ledger().accounts() == balances)
    );
}

#[test]
fn nodes_no_group_names_are_a_group() {
    let mut run = Rig::new(false).run(4, &[(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]);
    let groups = vec![vec![1]];
    act(&mut run, Action::Partition { groups });
    act(&mut run, Action::Mine { node: 3 });
    assert_eq!(heights(&run), [1, 0, 1, 1]);
}

#[test]
fn a_link_that_is_cut_carries_nothing_until_it_is_restored() {
    let mut run = Rig::new(false).line();
    act(&mut run, Action::Cut { from: 2, to: 1 });
    act(&mut run, Action::Mine { node: 0 });
    assert_eq!(heights(&run), [1, 1, 0]);
    // What else comes and goes does not bring it back.
    act(
        &mut run,
        Action::Crash {
            node: 1,
            keep: true,
        },
    );
    act(&mut run, Action::Restart { node: 1 });
    act(&mut run, Action::Heal);
    assert_eq!(heights(&run), [1, 1, 0]);
    act(&mut run, Action::Restore { from: 1, to: 2 });
    assert_eq!(heights(&run), [1, 1, 1]);
}

#[test]
fn a_partition_does_not_heal_what_was_cut() {
    let mut run = Rig::new(false).line();
    act(&mut run, Action::Cut { from: 0, to: 1 });
    act(
        &mut run,
        Action::Partition {
            groups: vec![vec![0], vec![1, 2]],
        },
    );
    act(&mut run, Action::Restore { from: 0, to: 1 });
    act(&mut run, Action::Mine { node: 0 });
    assert_eq!(heights(&run), [1, 0, 0], "restored, but divided");
    act(&mut run, Action::Heal);
    assert_eq!(heights(&run), [1, 1, 1]);
}

#[test]
fn one_that_is_eclipsed_hears_its_attackers_alone() {
    // Node 3 is linked with node 0 alone; nodes 1 and 2 attack it.
    let mut run = Rig::new(false).run(4, &[(0, 1), (1, 2), (3, 0)]);
    let attackers = vec![1, 2];
    act(
        &mut run,
        Action::Eclipse {
            victim: 3,
            attackers: attackers.clone(),
        },
    );
    let peers: Vec<&str> = run.nodes()[3].peers().map(|peer| peer.as_str()).collect();
    assert_eq!(peers, ["node2", "node3"]);
    act(&mut run, Action::Cut { from: 0, to: 1 });
    act(&mut run, Action::Mine { node: 0 });
    assert_eq!(heights(&run), [1, 0, 0, 0]);
    act(&mut run, Action::Mine { node: 1 });
    assert!(agree(&run, &[1, 2, 3]) && !agree(&run, &[0, 1]));
    act(&mut run, Action::Mine { node: 0 });
    assert_eq!(heights(&run), [2, 1, 1, 1]);
    act(&mut run, Action::EndEclipse { victim: 3 });
    assert_eq!(run.nodes()[3].peers().count(), 3, "their links stay");
    assert_eq!(heights(&run), [2, 2, 2, 2], "it tells them, too");
}

#[test]
fn a_victim_has_new_attackers_when_it_is_eclipsed_again() {
    let mut run = Rig::new(false).triangle();
    for attackers in [vec![0], vec![1]] {
        act(
            &mut run,
            Action::Eclipse {
                victim: 2,
                attackers,
            },
        );
    }
    let peers: Vec<&str> = run.nodes()[2].peers().map(|peer| peer.as_str()).collect();
    assert_eq!(peers, ["node2"]);
    act(&mut run, Action::EndEclipse { victim: 2 });
    assert_eq!(run.nodes()[2].peers().count(), 2);
}

#[test]
fn a_payment_that_cannot_be_is_refused_and_told_of() {
    let mut run = Rig::new(false).line();
    let mut log = Log::default();
    run.schedule(Time::ZERO, pay(0, 11, "aki", "so", 2));
    run.schedule(Time::ZERO, pay(1, 12, "aki", "so", 3));
    run.run_until(SOON, &mut log);
    assert_eq!(log.accepted, 1);
    assert_eq!(log.refused.len(), 1);
    assert!(log.refused[0].contains("aki"), "{:?}", log.refused);
}

#[test]
#[should_panic(expected = "in a network of 3 nodes")]
fn what_names_a_node_that_is_not_there_is_refused() {
    let mut run = Rig::new(false).line();
    run.schedule(Time::ZERO, Action::Cut { from: 0, to: 3 });
}

/// A node that asks one of its peers with more hashes than a question may have, once for each mine request.
struct Rude(HonestNode, Name);

impl Node for Rude {
    type Message = Message;

    fn handle(&mut self, input: Input<Message>) -> Vec<Effect<Message>> {
        let is_rude = input == Input::Mine && self.0.name() != &self.1;
        let mut effects = self.0.handle(input);
        if is_rude {
            let question = Message {
                stamp: self.0.clock(),
                sequence: MAX_SAFE_INTEGER,
                body: Body::ReqChain(vec![Hash::ZERO; MAX_LOCATOR + 1]),
            };
            effects.push(Effect::Send {
                to: self.1.clone(),
                message: question,
            });
        }
        effects
    }

    fn next_clock(&self) -> Option<u64> {
        self.0.next_clock()
    }

    fn clock(&self) -> u64 {
        self.0.clock()
    }

    fn status(&self) -> Status {
        self.0.status()
    }

    fn is_started(&self) -> bool {
        self.0.is_started()
    }
}

#[test]
fn a_link_that_a_node_closed_is_made_again_unless_it_was_cut() {
    for cut in [false, true] {
        let rig = Rig::new(false);
        let mut run = rig.run_of(2, &[(0, 1)], |node| Rude(node, name(0)));
        run.schedule(Time::ZERO, Action::Mine { node: 1 });
        run.run_until(Time::from_ms(LATENCY_MS), &mut ());
        let peers = |run: &Simulation<Rude>| run.nodes()[0].0.peers().count();
        assert_eq!(peers(&run), 0, "it was closed at once");
        if cut {
            run.schedule(run.time(), Action::Cut { from: 0, to: 1 });
        }
        run.run_until(Time::from_ms(LATENCY_MS) + REDIAL, &mut ());
        assert_eq!(peers(&run), usize::from(!cut));
        run.schedule(run.time(), Action::Restore { from: 0, to: 1 });
        run.run_until(run.time(), &mut ());
        assert_eq!(peers(&run), 1);
    }
}
