//! What the recorder sums up as it goes, against the same figures taken from everything that happened.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use tickchain::ledger::Hash;
use tickchain::node::{Event, Node};
use tickchain::sim::outcome::{End, FINAL_DEPTH, Outcome, Recorder};
use tickchain::sim::scenario::Scenario;
use tickchain::sim::{Carried, Observer, Simulation, Time};

/// Everything that nodes told of blocks.
#[derive(Default)]
struct Log {
    blocks: BTreeMap<Hash, Block>,
    depths: BTreeMap<u64, u64>,
    messages: BTreeMap<&'static str, (u64, u64, u64)>,
}

#[derive(Default)]
struct Block {
    id: u64,
    parent: Hash,
    miner: Option<usize>,
    found: Time,
    /// When each node had it first.
    had: BTreeMap<usize, Time>,
}

impl<N: Node> Observer<N> for Log
where
    N::Message: Carried,
{
    fn event(&mut self, at: Time, node: usize, event: &Event) {
        match event {
            Event::Mined { hash, .. } => {
                let block = self.blocks.entry(*hash).or_default();
                (block.miner, block.found) = (Some(node), at);
            }
            Event::Block {
                id,
                hash,
                previous_block_hash,
                ..
            } => {
                let block = self.blocks.entry(*hash).or_default();
                (block.id, block.parent) = (*id, *previous_block_hash);
                block.had.entry(node).or_insert(at);
            }
            Event::Reorganisation { left, .. } => {
                *self.depths.entry(left.len() as u64).or_default() += 1;
            }
            _ => {}
        }
    }

    fn sent(&mut self, _: Time, _: usize, _: usize, message: &N::Message, arrives: Option<Time>) {
        let kind = self.messages.entry(N::Message::KINDS[message.kind()]);
        let (sent, lost, bytes) = kind.or_default();
        *sent += 1;
        *lost += u64::from(arrives.is_none());
        *bytes += message.bytes();
    }
}

impl Log {
    /// The chain that ends in `tip`, lowest first.
    fn chain(&self, tip: Hash) -> Vec<Hash> {
        let mut chain = Vec::new();
        let mut hash = tip;
        while let Some(block) = self.blocks.get(&hash) {
            chain.push(hash);
            hash = block.parent;
        }
        chain.reverse();
        chain
    }

    /// Milliseconds until so many nodes had it.
    fn reached(&self, hash: &Hash, nodes: usize) -> Option<f64> {
        let block = &self.blocks[hash];
        let mut times: Vec<Time> = block.had.values().copied().collect();
        times.sort_unstable();
        times.get(nodes - 1).map(|&at| (at - block.found).as_ms())
    }

    /// Compares an outcome with what is known of the chain that ends in `tip`, which all nodes have.
    fn agree(&self, outcome: &Outcome, tip: Hash) {
        let chain = self.chain(tip);
        let main: BTreeSet<&Hash> = chain.iter().collect();
        let beside = self.blocks.iter().filter(|(hash, _)| !main.contains(hash));
        let orphans = beside.clone().filter(|(_, block)| block.had.len() > 1);
        let untold = beside.filter(|(_, block)| block.had.len() < 2);
        assert_eq!(outcome.blocks, chain.len() as u64);
        assert_eq!(outcome.orphans, orphans.count() as u64);
        assert_eq!(outcome.untold, untold.count() as u64);

        let nodes = outcome.nodes;
        for (percent, measured, count) in [
            (50, outcome.t50_ms, outcome.reached.t50),
            (90, outcome.t90_ms, outcome.reached.t90),
            (99, outcome.t99_ms, outcome.reached.t99),
            (100, outcome.t100_ms, outcome.reached.t100),
        ] {
            let needed = (nodes * percent).div_ceil(100);
            let times = chain.iter().filter_map(|hash| self.reached(hash, needed));
            let times: Vec<f64> = times.collect();
            assert_eq!(times.len() as u64, count, "{percent} %");
            close(measured, mean(&times));
        }
        let pairs = self.blocks.values().flat_map(|block| {
            let others = block
                .had
                .iter()
                .filter(|(node, _)| Some(**node) != block.miner);
            others.map(|(_, &at)| (at - block.found).as_ms())
        });
        let mut pairs: Vec<f64> = pairs.collect();
        pairs.sort_unstable_by(f64::total_cmp);
        assert_eq!(outcome.pairs, pairs.len() as u64);
        close(outcome.pair_mean_ms, mean(&pairs));
        // Of an even number either of the two in the middle, to three digits.
        let middle = [pairs[(pairs.len() - 1) / 2], pairs[pairs.len() / 2]];
        let measured = outcome.pair_median_ms.unwrap();
        assert!(
            (middle[0] * 0.999..=middle[1] * 1.001).contains(&measured),
            "{measured} {middle:?}"
        );
        self.agree_on_times(outcome, &chain);
        self.agree_on_miners(outcome, &chain);
        for kind in outcome.messages.iter().filter(|kind| kind.sent > 0) {
            let counted = (kind.sent, kind.lost, kind.bytes);
            assert_eq!(self.messages[kind.kind.as_str()], counted, "{}", kind.kind);
        }
        let depths = outcome.reorganisations.by_depth.iter();
        let depths: BTreeMap<u64, u64> = depths.map(|depth| (depth.depth, depth.count)).collect();
        assert_eq!(self.depths, depths);
    }

    fn agree_on_times(&self, outcome: &Outcome, chain: &[Hash]) {
        let found: Vec<Time> = chain.iter().map(|hash| self.blocks[hash].found).collect();
        let apart = |above: usize| -> Vec<f64> {
            let pairs = found.iter().zip(&found[above..]);
            pairs.map(|(&low, &high)| (high - low).as_secs()).collect()
        };
        close(outcome.interval.mean_s, mean(&apart(1)));
        for confirmation in &outcome.confirmations {
            let waits = apart(confirmation.above);
            assert_eq!(confirmation.blocks, waits.len() as u64);
            close(Some(confirmation.mean_s), mean(&waits));
        }
    }

    fn agree_on_miners(&self, outcome: &Outcome, chain: &[Hash]) {
        for miner in &outcome.miners {
            let node: usize = miner.name.strip_prefix("node").unwrap().parse().unwrap();
            let is_its = |block: &&Block| block.miner == Some(node - 1);
            let mined = self.blocks.values().filter(is_its).count();
            let main = chain.iter().map(|hash| &self.blocks[hash]).filter(is_its);
            assert_eq!(
                (miner.mined, miner.blocks),
                (mined as u64, main.count() as u64)
            );
        }
    }
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

fn close(measured: Option<f64>, expected: Option<f64>) {
    let apart = measured.unwrap_or(-1.0) - expected.unwrap_or(-1.0);
    assert!(
        apart.abs() < 1e-6 * expected.unwrap_or(1.0).abs(),
        "{measured:?} {expected:?}"
    );
}

/// Runs until `time` and then until all nodes have the same tip, and compares.
fn compare<N: Node>(
    mut run: Simulation<N>,
    recorder: Recorder,
    time: f64,
    tip: impl Fn(&N) -> Hash,
) -> Outcome
where
    N::Message: Carried,
{
    let mut watchers = (recorder, Log::default());
    run.run_until(Time::from_secs(time), &mut watchers);
    let first = |run: &Simulation<N>| tip(&run.nodes()[0]);
    while run.nodes().iter().any(|node| tip(node) != first(&run)) {
        assert!(run.step(&mut watchers));
    }
    let (recorder, log) = watchers;
    let outcome = recorder.finish(End {
        time: run.time(),
        events: run.events(),
        digest: run.digest(),
        complete: true,
    });
    log.agree(&outcome, first(&run));
    outcome
}

fn scenario(document: serde_json::Value) -> Scenario {
    let scenario: Scenario = serde_json::from_value(document).unwrap();
    scenario.check().unwrap();
    scenario
}

#[test]
fn a_network_of_ledgers_that_parts_crashes_and_heals() {
    let (mut orphans, mut deepest) = (0, 0);
    for seed in 1..=5 {
        let scenario = scenario(json!({
            "kind": "ledger", "nodes": 12, "time_s": 2000, "interval_s": 20,
            "network": {"latency": {"kind": "uniform", "min_ms": 100, "max_ms": 3000}},
            "faults": [
                {"do": "partition", "at_s": 300, "shares": [0.4, 0.6]},
                {"do": "crash", "at_s": 400, "nodes": ["node2", "node11"], "keep": false},
                {"do": "restart", "at_s": 700, "nodes": ["node2", "node11"]},
                {"do": "heal", "at_s": 900},
            ],
        }));
        let ground = scenario.ground(seed, None).unwrap();
        let run = scenario.ledger(seed, &ground);
        let recorder = Recorder::new(&ground.sites);
        let outcome = compare(run, recorder, 2_000.0, tip_of);
        assert!(outcome.blocks < FINAL_DEPTH);
        orphans += outcome.orphans;
        deepest = deepest.max(outcome.reorganisations.deepest);
    }
    // The lighter side of the partition made blocks.
    assert!(orphans > 30 && deepest > 3, "{orphans} {deepest}");
}

fn tip_of(node: &tickchain::sim::behaviour::LedgerNode) -> Hash {
    node.honest().ledger().tip().hash()
}

#[test]
fn a_selfish_miner_among_ledgers() {
    let scenario = scenario(json!({
        "kind": "ledger", "nodes": 10, "time_s": 3000, "interval_s": 20,
        "network": {"latency": {"kind": "constant", "ms": 800}},
        "miners": [{"behaviour": "selfish", "share": 0.4}],
    }));
    let ground = scenario.ground(3, None).unwrap();
    let run = scenario.ledger(3, &ground);
    // All agree only while it hides nothing.
    let outcome = compare(run, Recorder::new(&ground.sites), 3_000.0, tip_of);
    assert!(outcome.orphans > 10, "{outcome:?}");
}

#[test]
fn lean_nodes_over_more_blocks_than_are_kept() {
    let scenario = scenario(json!({
        "nodes": 30, "time_s": 60_000, "interval_s": 15,
        "network": {"latency": {"kind": "log-normal", "median_ms": 900, "sigma": 0.7}},
        "relay": {"retry_ms": 20_000},
    }));
    let ground = scenario.ground(9, None).unwrap();
    let run = scenario.lean(9, &ground);
    let tip = |node: &tickchain::sim::LeanNode| node.tip().hash();
    let outcome = compare(run, Recorder::new(&ground.sites), 60_000.0, tip);
    assert!(
        outcome.blocks > 3 * FINAL_DEPTH && outcome.orphans > 30,
        "{outcome:?}"
    );
}
