//! A whole scenario, drawn from a seed.

use tickchain::ledger::{Account, Difficulty, Genesis, GenesisAccount, TxId};
use tickchain::node::{Costs, MiningCost, Payment};
use tickchain::sim::{
    Action, Graph, Latency, Network, Options, Proof, Purpose, Random, Site, Stepped, Time, Topology,
};

/// Names of accounts; not all of them are in each genesis block.
pub const ACCOUNTS: [&str; 6] = ["aki", "so", "satoshi", "nat", "eve", "bo"];

/// A network and all that will be done to it.
#[derive(Debug, Clone)]
pub struct Scenario {
    pub seed: u64,
    pub kind: Kind,
    pub genesis: Genesis,
    pub costs: Costs,
    pub options: Options,
    pub network: Network,
    pub graph: Graph,
    pub sites: Vec<Site>,
    /// Those that lie.
    pub liars: Vec<usize>,
    /// Those that are not there from the start.
    pub absent: Vec<usize>,
    pub actions: Vec<(Time, Action)>,
    /// When all faults end.
    pub end: Time,
}

/// How nodes mine, and how their clocks go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// All the time; nothing costs clocks.
    Continuous,
    /// When they are asked; nothing costs clocks.
    Asked,
    /// When they are asked, at the document's costs.
    Costly,
    /// The same, ticked one after another.
    Stepped,
}

impl Scenario {
    pub fn draw(seed: u64) -> Self {
        let mut random = Random::new(seed, Purpose::Scenario, 0);
        let random = &mut random;
        let kinds = [Kind::Continuous, Kind::Asked, Kind::Costly, Kind::Stepped];
        let kind = kinds[random.index(kinds.len())];
        let nodes = 3 + random.index(10);
        let sites: Vec<Site> = (0..nodes)
            .map(|_| Site {
                region: 0,
                reachable: true,
                power: random.uniform(0.2, 2.0),
            })
            .collect();
        let (options, difficulty, length) = pace(kind, random);
        let mut scenario = Self {
            seed,
            kind,
            genesis: genesis(difficulty, random),
            costs: costs(kind),
            options,
            network: network(kind, length, random),
            graph: graph(&sites, random),
            sites,
            liars: Vec::new(),
            absent: Vec::new(),
            actions: Vec::new(),
            end: length,
        };
        if random.chance(0.5) {
            let liars = 1 + random.index(nodes / 3);
            scenario.liars = some_of(nodes, liars, random);
        }
        if random.chance(0.2) {
            scenario.absent = some_of(nodes, 1 + random.index(2), random);
        }
        scenario.draw_requests(random);
        scenario.draw_faults(random);
        scenario
    }

    fn at(&mut self, at: Time, action: Action) {
        self.actions.push((at, action));
    }

    fn draw_requests(&mut self, random: &mut Random) {
        let mut ids = Vec::new();
        for number in 0..random.below(60) {
            let id = match random.below(10) {
                0 if !ids.is_empty() => Some(ids[random.index(ids.len())]),
                1..4 => None,
                _ => Some(TxId::from(1_000 + u128::from(number))),
            };
            ids.extend(id);
            let payment = Payment {
                id,
                sender: account(ACCOUNTS[random.index(ACCOUNTS.len())]),
                recipient: account(ACCOUNTS[random.index(ACCOUNTS.len())]),
                value: (1 + random.below(8)).try_into().unwrap(),
                sequence: None,
                signature: None,
            };
            let (at, node) = (moment(self.end, random), random.index(self.graph.nodes));
            self.at(
                at,
                Action::Pay {
                    node,
                    payment: payment.clone(),
                },
            );
            if random.chance(0.15) {
                // The same money again, elsewhere at the same time; or the same payment.
                let id = id.filter(|_| random.chance(0.5));
                let recipient = account(ACCOUNTS[random.index(ACCOUNTS.len())]);
                let node = random.index(self.graph.nodes);
                let payment = Payment {
                    id,
                    recipient,
                    ..payment
                };
                self.at(at, Action::Pay { node, payment });
            }
        }
        for _ in 0..3 + random.below(25) {
            let (at, node) = (moment(self.end, random), random.index(self.graph.nodes));
            self.at(at, Action::Mine { node });
            if random.chance(0.2) {
                let node = random.index(self.graph.nodes);
                self.at(at, Action::Mine { node });
            }
        }
    }

    fn draw_faults(&mut self, random: &mut Random) {
        let nodes = self.graph.nodes;
        for node in self.absent.clone() {
            let at = moment(self.end, random);
            self.at(at, Action::Restart { node });
        }
        for _ in 0..random.below(9) {
            let begin = moment(self.end, random);
            let end = begin + moment(self.end - begin, random);
            let node = random.index(nodes);
            let (from, to) = self.graph.links[random.index(self.graph.links.len())];
            let (from, to) = (from as usize, to as usize);
            let (fault, remedy) = match random.below(6) {
                0 | 1 => {
                    let mut groups = vec![Vec::new(); 1 + random.index(3)];
                    for node in 0..nodes {
                        if random.chance(0.8) {
                            let group = random.index(groups.len());
                            groups[group].push(node);
                        }
                    }
                    (Action::Partition { groups }, Action::Heal)
                }
                2 => {
                    let keep = random.chance(0.7);
                    (Action::Crash { node, keep }, Action::Restart { node })
                }
                3 => (Action::Cut { from, to }, Action::Restore { from, to }),
                4 => {
                    let factor = random.uniform(2.0, 30.0);
                    let (slow, quick) = (factor, 1.0);
                    let slow = Action::Slow {
                        from,
                        to,
                        factor: slow,
                    };
                    (
                        slow,
                        Action::Slow {
                            from,
                            to,
                            factor: quick,
                        },
                    )
                }
                _ => {
                    let mut attackers = some_of(nodes, 1 + random.index(2), random);
                    attackers.retain(|attacker| *attacker != node);
                    let victim = node;
                    (
                        Action::Eclipse { victim, attackers },
                        Action::EndEclipse { victim },
                    )
                }
            };
            self.at(begin, fault);
            self.at(end, remedy);
        }
    }
}

/// How time goes, the difficulty, and how long there are faults.
fn pace(kind: Kind, random: &mut Random) -> (Options, u8, Time) {
    let searched = Proof::Searched {
        hashes_per_s: f64::INFINITY,
    };
    let interval = Time::from_secs(10.0);
    let sampled = Proof::Sampled { interval };
    let ms = Time::from_ms;
    let (clock, proof, stepped, length) = match kind {
        Kind::Continuous => (ms(1.0), sampled, None, Time(20 * interval.0)),
        Kind::Asked => (ms(1.0), sampled, None, Time(20 * interval.0)),
        Kind::Costly => {
            let clock = ms(random.uniform(20.0, 200.0));
            let proof = if random.chance(0.5) {
                searched
            } else {
                sampled
            };
            (clock, proof, None, Time(150 * clock.0))
        }
        Kind::Stepped => {
            let latency = random.below(4);
            (ms(1.0), searched, Some(Stepped { latency }), ms(150.0))
        }
    };
    let difficulty = if proof == searched {
        random.below(4) as u8
    } else {
        0
    };
    let options = Options {
        clock,
        proof,
        stepped,
    };
    (options, difficulty, length)
}

fn costs(kind: Kind) -> Costs {
    if matches!(kind, Kind::Costly | Kind::Stepped) {
        return Costs::default();
    }
    let continuous = kind == Kind::Continuous;
    Costs {
        mining: MiningCost::UntilFound { continuous },
        broadcasting_block: 0,
        broadcasting_tx: 0,
        receiving_block: 0,
        receiving_tx: 0,
    }
}

fn genesis(difficulty: u8, random: &mut Random) -> Genesis {
    let genesis = Genesis {
        difficulty: Difficulty::new(difficulty).unwrap(),
        ..Genesis::default()
    };
    if random.chance(0.3) {
        return genesis;
    }
    let count = 1 + random.index(ACCOUNTS.len());
    let rich = |name: &&str| GenesisAccount {
        name: account(name),
        balance: (1 + random.below(30)).try_into().unwrap(),
        key: None,
    };
    let accounts = ACCOUNTS[..count].iter().map(rich).collect();
    Genesis {
        accounts,
        ..genesis
    }
}

/// Latencies are short against the time between blocks, or everything would be forks.
fn network(kind: Kind, length: Time, random: &mut Random) -> Network {
    let most = match kind {
        Kind::Stepped => 0.6,
        _ => length.as_ms() / 1_000.0,
    };
    let ms = random.uniform(0.0, most);
    let latency = match random.below(4) {
        0 => Latency::Constant { ms: 0.0 },
        1 => Latency::Constant { ms },
        2 => Latency::Uniform {
            min_ms: ms / 4.0,
            max_ms: ms,
        },
        _ => Latency::LogNormal {
            median_ms: ms / 2.0 + 1e-3,
            sigma: 0.5,
        },
    };
    let sometimes = |random: &mut Random| {
        if random.chance(0.4) {
            random.uniform(0.0, 0.3)
        } else {
            0.0
        }
    };
    Network {
        latency,
        loss: sometimes(random),
        duplication: sometimes(random),
        in_order: random.chance(0.7),
        ..Network::default()
    }
}

fn graph(sites: &[Site], random: &mut Random) -> Graph {
    loop {
        let topology = match random.below(7) {
            0 => Topology::Full {},
            1 => Topology::Ring {},
            2 => Topology::Line {},
            3 => Topology::Star {},
            4 => Topology::RandomRegular { degree: 2 },
            5 => Topology::ScaleFree {
                links: 1 + random.below(2) as u32,
            },
            _ => Topology::SmallWorld {
                degree: 2,
                rewire: 0.3,
            },
        };
        let graph = topology.graph(sites, random);
        if let Some(graph) = graph.ok().filter(|graph| graph.components() == 1) {
            return graph;
        }
    }
}

pub fn account(name: &str) -> Account {
    name.parse().unwrap()
}

fn moment(end: Time, random: &mut Random) -> Time {
    Time(random.below(end.0.max(1)))
}

/// So many different nodes.
fn some_of(nodes: usize, count: usize, random: &mut Random) -> Vec<usize> {
    let mut all: Vec<usize> = (0..nodes).collect();
    random.shuffle(&mut all);
    all.truncate(count);
    all
}
