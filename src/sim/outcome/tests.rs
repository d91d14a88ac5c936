//! Runs made by hand, with answers known.

use super::*;
use crate::ledger::{Genesis, Hash, Transaction, TxId};
use crate::node::{Body, Event, HonestNode, Message, Place, RequestError};
use crate::sim::{Observer, Site, Time};

/// A run told by hand: blocks have numbers, 0 is the genesis block; times are milliseconds.
struct Run(Recorder);

fn hash(block: u16) -> Hash {
    let mut bytes = [0; 32];
    bytes[..2].copy_from_slice(&block.to_be_bytes());
    Hash(bytes)
}

impl Run {
    fn new(nodes: usize) -> Self {
        Self(Recorder::new(&vec![site(1.0); nodes]))
    }

    fn watch(&mut self) -> &mut dyn Observer<HonestNode> {
        &mut self.0
    }

    fn hears(&mut self, at: u64, node: usize, id: u64, block: u16, parent: u16) {
        let event = Event::Block {
            id,
            hash: hash(block),
            previous_block_hash: hash(parent),
            transactions: 0,
            main: true,
        };
        self.watch().event(Time(at * 1000), node, &event);
    }

    fn mines(&mut self, at: u64, node: usize, id: u64, block: u16, parent: u16) {
        let hash = hash(block);
        let mined = Event::Mined { id, hash };
        self.watch().event(Time(at * 1000), node, &mined);
        self.hears(at, node, id, block, parent);
    }

    /// Node 0 mines it, node 1 has it 1 ms later.
    fn told(&mut self, at: u64, id: u64, block: u16, parent: u16) {
        self.mines(at, 0, id, block, parent);
        self.hears(at + 1, 1, id, block, parent);
    }

    fn finish(self) -> Outcome {
        self.0.finish(End {
            time: Time::from_secs(9.0),
            events: 1,
            digest: Hash::ZERO,
            complete: true,
        })
    }
}

fn site(power: f64) -> Site {
    Site {
        region: 0,
        reachable: true,
        power,
    }
}

fn counts(outcome: &Outcome) -> (u64, u64, u64) {
    (outcome.blocks, outcome.orphans, outcome.untold)
}

#[test]
fn propagation_counts_the_miner_and_leaves_out_what_did_not_arrive() {
    let mut run = Run::new(4);
    run.mines(1_000, 0, 1, 1, 0);
    run.hears(1_010, 1, 1, 1, 0);
    run.hears(1_030, 2, 1, 1, 0);
    run.hears(1_100, 3, 1, 1, 0);
    run.mines(3_000, 1, 2, 2, 1);
    run.hears(3_012, 0, 2, 2, 1);
    run.hears(3_020, 2, 2, 2, 1);
    // It never reaches node 3, and what node 2 hears again does not count.
    run.hears(3_900, 2, 2, 2, 1);
    let outcome = run.finish();
    assert_eq!(counts(&outcome), (2, 0, 0));
    assert_eq!(outcome.t50_ms, Some(11.0));
    assert_eq!(outcome.t90_ms, Some(100.0));
    assert_eq!(outcome.t100_ms, Some(100.0));
    let reached = &outcome.reached;
    assert_eq!((reached.t50, reached.t90, reached.t100), (2, 1, 1));
    assert_eq!(outcome.pairs, 5);
    assert_eq!(outcome.pair_mean_ms, Some(34.4));
    let median = outcome.pair_median_ms.unwrap();
    assert!((median - 20.0).abs() < 0.01, "{median}");
    let pictures = outcome.pictures.unwrap();
    let means = pictures.propagation.iter();
    let means: Vec<_> = means.map(|reach| (reach.percent, reach.mean_ms)).collect();
    assert_eq!(means[4..6], [(25, 0.0), (30, 11.0)]);
    assert_eq!(means[20], (100, 100.0));
}

#[test]
fn shares_of_nodes_are_rounded_up() {
    let mut run = Run::new(3);
    run.mines(0, 2, 1, 1, 0);
    run.hears(5, 0, 1, 1, 0);
    run.hears(7, 1, 1, 1, 0);
    let outcome = run.finish();
    // Half of three nodes are two, and 90 % of them three.
    assert_eq!((outcome.t50_ms, outcome.t90_ms), (Some(5.0), Some(7.0)));
}

#[test]
fn of_two_blocks_at_one_height_the_one_told_first_is_main_until_the_other_is_extended() {
    let mut run = Run::new(3);
    run.mines(0, 0, 1, 1, 0);
    run.mines(0, 1, 1, 2, 0);
    run.hears(5, 2, 1, 2, 0);
    run.hears(6, 2, 1, 1, 0);
    let mut other = Run(run.0.clone());
    let outcome = run.finish();
    assert_eq!(counts(&outcome), (1, 1, 0));
    assert_eq!(outcome.fork_rate, 0.5);
    assert_eq!(outcome.miners[1].blocks, 1);

    other.told(9, 2, 3, 1);
    let outcome = other.finish();
    assert_eq!(counts(&outcome), (2, 1, 0));
    assert_eq!(outcome.miners[1].blocks, 0);
    assert_eq!(outcome.miners[0].blocks, 2);
}

#[test]
fn a_longer_branch_makes_orphans_of_the_whole_other_one() {
    let mut run = Run::new(2);
    for id in 1..=3 {
        run.told(id, id, id as u16, id as u16 - 1);
    }
    assert_eq!(run.0.main_height(), 3);
    run.told(5, 2, 12, 1);
    run.told(6, 3, 13, 12);
    run.told(7, 4, 14, 13);
    for depth in [2, 2, 1, 5_000] {
        let event = Event::Reorganisation {
            fork: 1,
            left: vec![Hash::ZERO; depth],
            joined: Vec::new(),
        };
        run.watch().event(Time(8_000), 1, &event);
    }
    let outcome = run.finish();
    assert_eq!(counts(&outcome), (4, 2, 0));
    let reorganisations = &outcome.reorganisations;
    assert_eq!((reorganisations.count, reorganisations.deepest), (4, 5_000));
    let by_depth = reorganisations.by_depth.iter();
    let by_depth: Vec<_> = by_depth.map(|depth| (depth.depth, depth.count)).collect();
    assert_eq!(by_depth, [(1, 1), (2, 2), (FINAL_DEPTH, 1)]);
    let tree = outcome.pictures.unwrap().tree;
    let places: Vec<_> = tree.iter().map(|block| (block.id, block.parent)).collect();
    assert_eq!(
        places,
        [
            (1, None),
            (2, Some(0)),
            (2, Some(0)),
            (3, Some(1)),
            (3, Some(2)),
            (4, Some(4))
        ]
    );
    let fates: Vec<_> = tree.iter().map(|block| block.fate).collect();
    assert_eq!(fates[1..3], [Fate::Orphan, Fate::Main]);
}

#[test]
fn a_hidden_branch_is_not_main_until_it_is_told() {
    let mut run = Run::new(3);
    for id in 1..=3 {
        run.mines(
            id,
            2,
            id,
            20 + id as u16,
            if id == 1 { 0 } else { 19 + id as u16 },
        );
    }
    run.told(10, 1, 1, 0);
    run.told(11, 2, 2, 1);
    assert_eq!((run.0.height(), run.0.main_height()), (3, 2));
    let mut told = Run(run.0.clone());
    assert_eq!(counts(&run.finish()), (2, 0, 3));

    for id in 1..=3 {
        told.hears(
            20,
            0,
            id,
            20 + id as u16,
            if id == 1 { 0 } else { 19 + id as u16 },
        );
    }
    let outcome = told.finish();
    assert_eq!(counts(&outcome), (3, 2, 0));
    assert_eq!(outcome.miners[2].revenue_share, 1.0);
}

#[test]
fn blocks_are_final_by_depth_and_forgotten() {
    let mut run = Run::new(2);
    run.told(0, 1, 5_000, 0);
    let mut parent = 0;
    for id in 1..=3_000 {
        run.told(id * 10, id, id as u16, parent);
        parent = id as u16;
        assert!(run.0.in_flight() <= FINAL_DEPTH as usize + 2, "at {id}");
    }
    // Someone who comes late hears old blocks again, and mines where all is final.
    run.hears(20_000, 1, 1, 1, 0);
    run.hears(20_000, 1, 1, 5_000, 0);
    run.mines(20_000, 1, 9, 6_000, 8);
    let outcome = run.finish();
    assert_eq!(counts(&outcome), (3_000, 2, 0));
    assert_eq!(outcome.pairs, 3_001);
    assert_eq!(outcome.interval.mean_s, Some(0.01));
    assert_eq!(outcome.interval.count, 2_999);
    let twelfth = outcome.confirmations[11];
    assert_eq!((twelfth.above, twelfth.blocks), (12, 2_988));
    assert_eq!((twelfth.mean_s, twelfth.deviation_s), (0.12, Some(0.0)));
    let tree = outcome.pictures.unwrap().tree;
    assert_eq!(
        (tree.len(), tree[299].id, tree[299].parent),
        (TREE_BLOCKS, 3_000, Some(298))
    );
}

#[test]
fn a_branch_that_overtakes_from_below_what_is_final_goes_on_from_there() {
    let mut run = Run::new(2);
    for id in 1..=1_100 {
        run.told(id, id, id as u16, id as u16 - 1);
    }
    // The branch begins at block 50, where all is final up to 100, so it is not seen to hang together.
    for id in 51..=1_110 {
        let parent = if id == 51 { 50 } else { 9_999 + id as u16 };
        run.told(2_000 + id, id, 10_000 + id as u16, parent);
    }
    let outcome = run.finish();
    assert_eq!(outcome.blocks, 1_110);
    assert_eq!(outcome.orphans, 50 + FINAL_DEPTH);
}

#[test]
fn a_block_whose_parent_is_unknown_does_not_become_main() {
    let mut run = Run::new(2);
    run.told(1, 1, 1, 0);
    run.told(2, 7, 77, 76);
    assert_eq!(run.0.main_height(), 1);
    assert_eq!(counts(&run.finish()), (1, 1, 0));
}

#[test]
fn alone_a_node_tells_no_one_and_is_main() {
    let mut run = Run::new(1);
    run.mines(0, 0, 1, 1, 0);
    run.mines(600_000, 0, 2, 2, 1);
    let outcome = run.finish();
    assert_eq!(counts(&outcome), (2, 0, 0));
    assert_eq!((outcome.t100_ms, outcome.pair_mean_ms), (Some(0.0), None));
    assert_eq!(outcome.interval.mean_s, Some(600.0));
}

#[test]
fn revenue_stands_against_hash_power() {
    let sites = [1.0, 0.0, 3.0, 1.0].map(site);
    let names = vec!["honest".to_owned(), "selfish".to_owned()];
    let mut run = Run(Recorder::new(&sites).with_groups(names, vec![0, 0, 1, 0]));
    run.mines(1, 2, 1, 1, 0);
    run.hears(2, 0, 1, 1, 0);
    run.mines(2, 0, 1, 2, 0);
    run.hears(3, 1, 1, 2, 0);
    run.mines(5, 0, 2, 3, 1);
    run.hears(6, 1, 2, 3, 1);
    // A block put in by a controller was mined by nobody.
    run.hears(7, 1, 3, 4, 3);
    run.hears(8, 0, 3, 4, 3);
    let outcome = run.finish();
    assert_eq!(counts(&outcome), (3, 1, 0));
    let figures = |miner: &Miner| (miner.nodes, miner.mined, miner.blocks);
    assert_eq!(figures(&outcome.groups[0]), (3, 2, 1));
    assert_eq!(figures(&outcome.groups[1]), (1, 1, 1));
    assert_eq!(outcome.groups[1].hash_share, 0.6);
    assert_eq!(outcome.groups[1].revenue_share, 0.5);
    let names: Vec<_> = outcome.miners.iter().map(|miner| &miner.name).collect();
    assert_eq!(names, ["node3", "node1", "node4"]);
}

#[test]
fn messages_and_payments_are_counted() {
    let block = Genesis::default().block().unwrap().to_unchecked();
    let payment = Transaction {
        id: TxId::from(7),
        ..block.transactions[0].clone()
    };
    let leaf = payment.canonical_len() as u64;
    let message = Message {
        stamp: 0,
        sequence: 1,
        body: Body::NewTx(payment.clone()),
    };
    let mut run = Run::new(3);
    let watch = run.watch();
    watch.sent(Time(1), 0, 1, &message, Some(Time(5)));
    watch.sent(Time(1), 0, 2, &message, None);
    watch.delivered(Time(5), 0, 1, &message);
    watch.accepted(Time::from_secs(1.0), 0, payment.id);
    watch.accepted(Time::from_secs(1.0), 0, TxId::from(8));
    watch.refused(Time::from_secs(1.0), 0, &RequestError::NotStarted);
    for (seconds, place) in [
        (2.0, Place::Pool),
        (3.0, Place::Block { id: 1 }),
        (4.0, Place::Block { id: 1 }),
    ] {
        let transaction = payment.clone();
        let event = Event::Payment { transaction, place };
        watch.event(Time::from_secs(seconds), 2, &event);
    }
    let outcome = run.finish();
    let kind = &outcome.messages[1];
    assert_eq!((kind.kind.as_str(), kind.sent, kind.lost), ("NEW_TX", 2, 1));
    assert_eq!(kind.bytes, 2 * leaf);
    assert_eq!(outcome.messages[0].sent, 0);
    let payments = &outcome.payments;
    assert_eq!(
        (payments.accepted, payments.refused, payments.confirmed),
        (2, 1, 1)
    );
    assert_eq!(payments.wait.mean_s, Some(2.0));
}

#[test]
fn an_outcome_comes_back_from_json_as_it_was() {
    let mut run = Run::new(7);
    for id in 1..=40_u64 {
        // Times whose means and deviations are no short decimals.
        run.mines(id * id * 7, 0, id, id as u16, id as u16 - 1);
        for node in 1..7 {
            run.hears(
                id * id * 7 + node as u64 * id / 3,
                node,
                id,
                id as u16,
                id as u16 - 1,
            );
        }
    }
    let outcome = run.finish();
    let text = serde_json::to_string(&outcome).unwrap();
    assert_eq!(serde_json::from_str::<Outcome>(&text).unwrap(), outcome);

    let names: Vec<String> = outcome
        .figures()
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    for name in [
        "t50_ms",
        "fork_rate",
        "confirmation_12_mean_s",
        "revenue_share_honest",
    ] {
        assert!(names.iter().any(|other| other == name), "{name}");
    }
    let mut unique = names.clone();
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), names.len());
}

#[test]
fn nothing_measured_is_none_and_not_a_number() {
    let outcome = Run::new(5).finish();
    assert_eq!(counts(&outcome), (0, 0, 0));
    assert_eq!((outcome.t50_ms, outcome.pair_median_ms), (None, None));
    assert_eq!(outcome.fork_rate, 0.0);
    assert_eq!(outcome.groups[0].revenue_share, 0.0);
    assert!(!serde_json::to_string(&outcome).unwrap().contains("NaN"));
}
