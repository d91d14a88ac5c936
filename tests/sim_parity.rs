//! Three simulated nodes with clock costs and three real processes live the same script clock for clock.

#![cfg(feature = "daemon")]

#[path = "common/http.rs"]
mod http;
#[path = "common/process.rs"]
mod process;

use process::{Node as Process, full_mesh, text, tick_all, until};
use serde_json::{Value as Json, json};
use tickchain::ledger::{Transaction, TxId};
use tickchain::node::{Config, HonestNode, Node, Payment, RequestError};
use tickchain::sim::{
    Action, Graph, Latency, Network, Observer, Options, Proof, Purpose, Random, Simulation, Site,
    Stepped, Time, name,
};

const LINE: [(u32, u32); 2] = [(0, 1), (1, 2)];
const TRIANGLE: [(u32, u32); 3] = [(0, 1), (0, 2), (1, 2)];

/// What a controller asks of a node before a clock.
#[derive(Debug, Clone)]
enum Ask {
    Mine,
    /// An id, who pays, who is paid, how much.
    Pay(u128, &'static str, &'static str, u64),
}

use Ask::{Mine, Pay};

/// What is asked of whom, by the clock it is asked before.
type Script = Vec<(u64, usize, Ask)>;

/// A node at the end of a clock: status, height, ids in the tip, ids in the pool, accounts.
type Look = Vec<Json>;

/// What a script did: looks by clock and node, and whether each payment was accepted.
#[derive(Debug, PartialEq)]
struct Lived {
    looks: Vec<Vec<Look>>,
    accepted: Vec<bool>,
}

/// Notes answers to payments.
struct Answers(Vec<bool>);

impl Observer<HonestNode> for Answers {
    fn accepted(&mut self, _at: Time, _node: usize, _id: TxId) {
        self.0.push(true);
    }

    fn refused(&mut self, _at: Time, _node: usize, _error: &RequestError) {
        self.0.push(false);
    }
}

fn action(node: usize, ask: &Ask) -> Action {
    match *ask {
        Mine => Action::Mine { node },
        Pay(id, sender, recipient, value) => {
            let payment = Payment {
                id: Some(TxId::from(id)),
                sender: sender.parse().unwrap(),
                recipient: recipient.parse().unwrap(),
                value: value.try_into().unwrap(),
                sequence: None,
                signature: None,
            };
            Action::Pay { node, payment }
        }
    }
}

fn simulated(script: &Script, clocks: u64, links: &[(u32, u32)], latency: u64) -> Lived {
    let site = Site {
        region: 0,
        reachable: true,
        power: 1.0,
    };
    let graph = Graph {
        nodes: 3,
        links: links.to_vec(),
    };
    let network = Network {
        latency: Latency::Constant { ms: 0.0 },
        ..Network::default()
    };
    let options = Options {
        proof: Proof::Searched {
            hashes_per_s: f64::INFINITY,
        },
        stepped: Some(Stepped { latency }),
        ..Options::default()
    };
    let make = |node| HonestNode::new(Config::new(name(node))).unwrap();
    let mut run = Simulation::new(1, &network, vec![site; 3], &graph, options, make);
    let begins = |clock: u64| Time((clock - 1) * options.clock.0);
    for (clock, node, ask) in script {
        run.schedule(begins(*clock), action(*node, ask));
    }
    let mut answers = Answers(Vec::new());
    let mut looks = Vec::new();
    for clock in 1..=clocks {
        run.run_until(begins(clock + 1) - Time(1), &mut answers);
        assert!(run.nodes().iter().all(|node| node.clock() == clock));
        looks.push(run.nodes().iter().map(look).collect());
    }
    Lived {
        looks,
        accepted: answers.0,
    }
}

fn look(node: &HonestNode) -> Look {
    let ids = |payments: &[Transaction]| -> Vec<String> {
        let ids = payments.iter().map(|payment| payment.id.to_string());
        ids.collect()
    };
    let tip = node.ledger().tip();
    let pool: Vec<Transaction> = node.pool().cloned().collect();
    let accounts = node.ledger().accounts().into_iter();
    let accounts = accounts.map(|(name, balance)| (name.to_string(), json!(balance)));
    vec![
        json!(node.status().as_str()),
        json!(tip.id()),
        json!(ids(tip.transactions())),
        json!(ids(&pool)),
        Json::Object(accounts.collect()),
    ]
}

fn look_at(node: &mut Process, status: String) -> Look {
    let tip = node.get("/block/latest");
    let payments = tip["transactions"].as_array().unwrap().iter();
    let ids: Vec<String> = payments.map(|payment| text(&payment["id"])).collect();
    vec![
        json!(status),
        tip["id"].clone(),
        json!(ids),
        json!(node.pool()),
        node.get("/accounts"),
    ]
}

fn by_processes(script: &Script, clocks: u64, nodes: &mut [Process]) -> Lived {
    for node in nodes.iter_mut() {
        node.act("/reset");
    }
    let mut accepted = Vec::new();
    let mut looks = Vec::new();
    for clock in 1..=clocks {
        for (_, node, ask) in script.iter().filter(|(at, _, _)| *at == clock) {
            match ask {
                Mine => nodes[*node].act("/mine"),
                Pay(id, sender, recipient, value) => {
                    let id = TxId::from(*id).to_string();
                    let answer = nodes[*node].pay(sender, recipient, *value, Some(&id));
                    accepted.push(answer["result"] == "success");
                }
            }
        }
        let statuses = tick_all(nodes);
        let looked = nodes.iter_mut().zip(statuses);
        looks.push(looked.map(|(node, status)| look_at(node, status)).collect());
    }
    Lived { looks, accepted }
}

/// Three processes in a row.
fn line(latency: &str) -> Vec<Process> {
    let mut nodes: Vec<Process> = Vec::new();
    for number in 1..=3 {
        let mut arguments = vec!["--latency".to_owned(), latency.to_owned()];
        if let Some(last) = nodes.last() {
            arguments.extend(["--peer".to_owned(), last.p2p.to_string()]);
        }
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        nodes.push(Process::start(&format!("node{number}"), &arguments));
    }
    for (node, links) in nodes.iter_mut().zip([1, 2, 1]) {
        until("all links are up", || node.connected() == links);
    }
    nodes
}

/// Scripts with forks, conflicts and all, written down and drawn.
fn scripts() -> Vec<(Script, u64)> {
    let mut scripts = vec![
        // The document's story: a payment travels, a block is mined, the block travels.
        (
            vec![
                (1, 0, Pay(10, "aki", "so", 3)),
                (1, 0, Pay(11, "aki", "so", 2)),
                (5, 0, Mine),
            ],
            12,
        ),
        // Two mine at one clock, the fork stays, the next block heals it.
        (
            vec![
                (1, 2, Pay(10, "so", "satoshi", 1)),
                (8, 0, Mine),
                (8, 1, Mine),
                (20, 1, Mine),
            ],
            36,
        ),
        // Two payments of which one can be paid, two with one id, and blocks one right after another.
        (
            vec![
                (1, 0, Pay(10, "aki", "so", 2)),
                (1, 2, Pay(11, "aki", "satoshi", 2)),
                (3, 1, Pay(12, "so", "new", 1)),
                (3, 2, Pay(12, "so", "new", 2)),
                (6, 0, Mine),
                (6, 2, Mine),
                (7, 1, Mine),
                (9, 0, Mine),
                (10, 0, Mine),
                (18, 2, Mine),
            ],
            45,
        ),
    ];
    scripts.extend((1..=6).map(|seed| (drawn(seed), 60)));
    scripts
}

fn drawn(seed: u64) -> Script {
    println!("seed {seed}");
    let mut random = Random::new(seed, Purpose::Workload, 0);
    let names = ["aki", "so", "satoshi", "new"];
    let mut script = Script::new();
    for clock in 1..=45 {
        for node in 0..3 {
            if random.chance(0.08) {
                script.push((clock, node, Mine));
            }
            if random.chance(0.08) {
                let (from, to) = (random.index(names.len()), random.index(names.len()));
                let id = 10 + u128::from(random.below(40));
                let value = 1 + random.below(4);
                script.push((clock, node, Pay(id, names[from], names[to], value)));
            }
        }
    }
    script
}

fn lives_the_same(mut nodes: Vec<Process>, links: &[(u32, u32)], latency: u64) {
    for (script, clocks) in scripts() {
        let simulated = simulated(&script, clocks, links, latency);
        let real = by_processes(&script, clocks, &mut nodes);
        assert_eq!(simulated.accepted, real.accepted, "{script:?}");
        for (clock, (ours, theirs)) in (1..).zip(simulated.looks.iter().zip(&real.looks)) {
            assert_eq!(ours, theirs, "clock {clock} of {script:?}");
        }
    }
}

#[test]
fn three_in_a_ring_without_latency() {
    lives_the_same(full_mesh(3, &[]), &TRIANGLE, 0);
}

#[test]
fn three_in_a_ring_with_two_clocks_of_latency() {
    lives_the_same(full_mesh(3, &["--latency", "2"]), &TRIANGLE, 2);
}

#[test]
fn three_in_a_row() {
    lives_the_same(line("0"), &LINE, 0);
    lives_the_same(line("1"), &LINE, 1);
}

/// The scripts are worth comparing: there are forks in them, and payments that are refused and that wait.
#[test]
fn the_scripts_have_forks_and_refusals() {
    let lived: Vec<Lived> = scripts()
        .iter()
        .map(|(script, clocks)| simulated(script, *clocks, &TRIANGLE, 2))
        .collect();
    let refused = lived.iter().flat_map(|lived| &lived.accepted);
    assert!(refused.filter(|accepted| !**accepted).count() > 5);
    // Status, then height, then what is in the tip: equal heights, other payments.
    let forked = |looks: &&Vec<Look>| {
        let (one, other) = (&looks[0], &looks[2]);
        one[1] == other[1] && one[1] != 0 && one[2] != other[2]
    };
    let forks = lived.iter().flat_map(|lived| &lived.looks).filter(forked);
    assert!(forks.count() > 3);
}
