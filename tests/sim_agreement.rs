//! Lean nodes and honest ones agree: under flooding, on the same graph and with the same draws of who mines
//! when, each node adopts the same blocks at the same times.

use std::sync::Arc;

use tickchain::ledger::{Difficulty, Genesis, Hash};
use tickchain::node::{Config, Costs, Event, HonestNode, MiningCost, Node};
use tickchain::sim::{
    Abilities, Carried, Graph, Latency, LeanNode, Network, Observer, Options, Proof, Purpose,
    Random, Regions, Relay, RelayKind, Simulation, Site, Spread, Time, Topology, name,
};

const NODES: usize = 24;

/// One block that a node has: when, who, and who mined it, counted by miner.
type Had = (Time, usize, (usize, usize));

/// Notes which blocks nodes have and adopt.
#[derive(Debug, Default)]
struct Log {
    /// The blocks' hashes in the order they were mined, with their miner.
    mined: Vec<(Hash, usize)>,
    /// Blocks that became a tip.
    adopted: Vec<Had>,
    /// Blocks that did not.
    others: Vec<Had>,
    reorganisations: usize,
    /// When the first node asked for blocks below one that it got, which a lean node does without.
    caught_up: Option<Time>,
}

impl Log {
    /// A name for a block that does not depend on its hash.
    fn block(&self, hash: &Hash) -> (usize, usize) {
        let place = self.mined.iter().rposition(|(mined, _)| mined == hash);
        let place = place.expect("a block is mined before anyone has it");
        (self.mined[place].1, place)
    }
}

impl<N: Node> Observer<N> for Log {
    fn event(&mut self, at: Time, node: usize, event: &Event) {
        match event {
            Event::Mined { hash, .. } => self.mined.push((*hash, node)),
            Event::Block { hash, main, .. } => {
                let had = (at, node, self.block(hash));
                if *main {
                    self.adopted.push(had);
                } else {
                    self.others.push(had);
                }
            }
            Event::Reorganisation { .. } => self.reorganisations += 1,
            Event::CatchingUp { .. } if self.caught_up.is_none() => self.caught_up = Some(at),
            _ => {}
        }
    }
}

/// Three regions at different constant distances; triangles among them are as on a map.
fn network() -> Network {
    let regions = Regions {
        names: vec!["a".into(), "b".into(), "c".into()],
        shares: vec![0.4, 0.4, 0.2],
        latency_ms: vec![
            vec![10.0, 83.0, 141.0],
            vec![83.0, 17.0, 112.0],
            vec![141.0, 112.0, 29.0],
        ],
        spread: Spread::Constant,
        download_mbit: None,
        upload_mbit: None,
    };
    Network {
        latency: Latency::Regions,
        regions: Some(regions),
        ..Network::default()
    }
}

/// Sites all over, of unequal power.
fn sites(seed: u64) -> Vec<Site> {
    let mut random = Random::new(seed, Purpose::Nodes, 0);
    let mut site = || Site {
        region: random.below(3) as u16,
        reachable: true,
        power: random.uniform(0.5, 2.0),
    };
    (0..NODES).map(|_| site()).collect()
}

/// Clocks are as fine as time, so that no node acts later than it could.
fn run<N: Node>(
    seed: u64,
    graph: &Graph,
    interval: f64,
    make: impl FnMut(usize) -> N + 'static,
) -> Log
where
    N::Message: Carried,
{
    let options = Options {
        clock: Time(1),
        proof: Proof::Sampled {
            interval: Time::from_secs(interval),
        },
        stepped: None,
    };
    let mut log = Log::default();
    let mut run = Simulation::new(seed, &network(), sites(seed), graph, options, make);
    run.run_until(Time::from_secs(200.0 * interval), &mut log);
    // Which of several nodes is first at the same time is not the same.
    log.adopted.sort_unstable();
    log.others.sort_unstable();
    log
}

fn honest(node: usize) -> HonestNode {
    let genesis = Genesis {
        difficulty: Difficulty::new(0).unwrap(),
        ..Genesis::default()
    };
    let costs = Costs {
        mining: MiningCost::UntilFound { continuous: true },
        broadcasting_block: 0,
        broadcasting_tx: 0,
        receiving_block: 0,
        receiving_tx: 0,
    };
    let config = Config {
        genesis,
        costs,
        ..Config::new(name(node))
    };
    HonestNode::new(config).unwrap()
}

/// What both kinds of nodes did, with a block every `interval` seconds.
fn both(seed: u64, topology: &Topology, interval: f64) -> (Log, Log) {
    println!("seed {seed}, {topology:?}");
    let mut random = Random::new(seed, Purpose::Topology, 0);
    let graph = topology.graph(&sites(seed), &mut random).unwrap();
    assert_eq!(graph.components(), 1);
    let relay = Arc::new(Relay {
        kind: RelayKind::Flood,
        ..Relay::default()
    });
    let lean = move |node| LeanNode::new(node as u32, relay.clone(), Abilities::default(), 1);
    (
        run(seed, &graph, interval, lean),
        run(seed, &graph, interval, honest),
    )
}

/// Blocks that were had before a time.
fn before(had: &[Had], end: Time) -> &[Had] {
    &had[..had.partition_point(|(at, _, _)| *at < end)]
}

#[test]
fn where_all_are_linked_they_agree_block_for_block_through_every_fork() {
    let mut forks = 0;
    for seed in 1..=8 {
        let (lean, honest) = both(seed, &Topology::Full {}, 2.0);
        assert_eq!(lean.mined.len(), honest.mined.len());
        assert!(lean.mined.len() > 150 && honest.caught_up.is_none());
        assert_eq!(lean.adopted, honest.adopted);
        assert_eq!(lean.others, honest.others);
        assert_eq!(lean.reorganisations, honest.reorganisations);
        forks += lean.reorganisations;
    }
    assert!(forks > 30, "{forks}");
}

#[test]
fn in_other_graphs_they_agree_until_a_block_is_missing_below_another() {
    let topologies = [
        Topology::Ring {},
        Topology::Line {},
        Topology::Star {},
        Topology::RandomRegular { degree: 4 },
        Topology::SmallWorld {
            degree: 4,
            rewire: 0.2,
        },
        Topology::ScaleFree { links: 2 },
    ];
    let (mut compared, mut whole, mut forks) = (0, 0, 0);
    for topology in &topologies {
        for seed in 1..=3 {
            let (lean, honest) = both(seed, topology, 30.0);
            let end = honest.caught_up.unwrap_or(Time::MAX);
            let adopted = before(&lean.adopted, end);
            assert_eq!(adopted, before(&honest.adopted, end));
            assert_eq!(before(&lean.others, end), before(&honest.others, end));
            compared += adopted.len();
            whole += usize::from(honest.caught_up.is_none());
            forks += before(&lean.others, end).len();
        }
    }
    assert!(compared > 40_000, "{compared} blocks were compared");
    assert!(whole >= 4, "{whole} of 18 runs were the same to their end");
    assert!(forks > 50, "{forks} blocks came second");
}
