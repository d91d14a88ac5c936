//! From a scenario to a network that can run.

use std::sync::Arc;

use super::{Behaviour, Fault, Kind, Miner, ProofKind, Scenario, ScenarioError, Step};
use crate::ledger::{Account, Difficulty, Genesis, GenesisAccount, Value};
use crate::node::{Config, Costs, HonestNode, MiningCost, Node, PATIENCE, Payment};
use crate::sim::behaviour::{DoubleSpend, LedgerNode, Plan};
use crate::sim::{
    Action, Carried, Graph, Latency, LeanNode, Network, Options, Proof, Purpose, Random,
    Simulation, Site, Stepped, Time, Topology, Workload, name, sites,
};

/// How long a node waits for a peer's answer before it asks another one, in milliseconds: longer than
/// messages take. Where nodes are stepped it is [`PATIENCE`] clocks.
const PATIENCE_MS: f64 = 10_000.0;

/// What a double spender begins with. An attack costs 1 at most.
const PURSE: u64 = 1_000_000_000;

/// What a run stands on: drawn from the scenario and a seed.
#[derive(Debug, Clone, PartialEq)]
pub struct Ground {
    /// What each node is.
    pub sites: Vec<Site>,
    /// Who is linked to whom.
    pub graph: Graph,
}

impl Scenario {
    /// Draws what a run stands on. `file` is the graph that [`Topology::File`] names: whoever can read
    /// files hands it in.
    ///
    /// # Errors
    /// A [`ScenarioError`] when the scenario cannot be simulated.
    ///
    /// ```
    /// use tickchain::sim::scenario::Scenario;
    /// use tickchain::sim::Time;
    /// let scenario: Scenario = serde_json::from_str(r#"{"nodes": 20, "time_s": 6000}"#)?;
    /// let ground = scenario.ground(7, None)?;
    /// let mut run = scenario.lean(7, &ground);
    /// run.run_until(Time::from_secs(6000.0), &mut ());
    /// assert!(run.nodes().iter().all(|node| node.tip() == run.nodes()[0].tip()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn ground(&self, seed: u64, file: Option<&Graph>) -> Result<Ground, ScenarioError> {
        self.check()?;
        let random = &mut Random::new(seed, Purpose::Nodes, 0);
        let regions = self.network.regions.as_ref();
        let regions = regions.map_or(&[1.0][..], |regions| &regions.shares);
        let power = &self.mining.power;
        let mut sites = sites(self.nodes, regions, power, self.unreachable, random)?;
        self.give_shares(&mut sites)?;
        let graph = match (&self.topology, file) {
            (Topology::File { .. }, Some(graph)) if graph.nodes > self.nodes => {
                return Err(ScenarioError::GraphSize {
                    graph: graph.nodes,
                    nodes: self.nodes,
                });
            }
            (Topology::File { .. }, Some(graph)) => Graph {
                nodes: self.nodes,
                links: graph.links.clone(),
            },
            (topology, _) => {
                topology.graph(&sites, &mut Random::new(seed, Purpose::Topology, 0))?
            }
        };
        Ok(Ground { sites, graph })
    }

    /// Which node each of [`Scenario::miners`] is.
    pub(super) fn miner_nodes(&self) -> Vec<usize> {
        let named: Vec<usize> = (self.miners.iter())
            .filter_map(|miner| miner.node.map(|node| node.0))
            .collect();
        let mut free = (0..self.nodes).filter(|node| !named.contains(node));
        let node = |miner: &Miner| match miner.node {
            Some(node) => Some(node.0),
            None => free.next(),
        };
        // There are as many nodes as miners at least.
        self.miners.iter().filter_map(node).collect()
    }

    /// Gives miners their shares of all hash power, and leaves the rest to the others as it lies.
    fn give_shares(&self, sites: &mut [Site]) -> Result<(), ScenarioError> {
        if self.miners.is_empty() {
            return Ok(());
        }
        let mut left = 1.0;
        let nodes = self.miner_nodes();
        for (node, miner) in nodes.iter().zip(&self.miners) {
            sites[*node].power = 0.0;
            left -= miner.share;
        }
        let others: f64 = sites.iter().map(|site| site.power).sum();
        if others == 0.0 && nodes.len() < sites.len() && left > 0.0 {
            return Err(ScenarioError::NoPower { left });
        }
        for site in sites.iter_mut() {
            site.power *= left.max(0.0) / if others > 0.0 { others } else { 1.0 };
        }
        for (node, miner) in nodes.iter().zip(&self.miners) {
            sites[*node].power = miner.share;
        }
        Ok(())
    }

    /// What each node means to do with blocks that it keeps to itself, if it does.
    fn plans(&self) -> Vec<Option<Plan>> {
        let mut plans = vec![None; self.nodes];
        for (node, miner) in self.miner_nodes().into_iter().zip(&self.miners) {
            plans[node] = match miner.behaviour {
                Behaviour::Selfish => Some(Plan::Selfish),
                Behaviour::Withholding => Some(Plan::Withholding),
                Behaviour::Honest | Behaviour::Empty | Behaviour::DoubleSpend => None,
            };
        }
        plans
    }

    /// A network of lean nodes, before it begins; faults are scheduled.
    ///
    /// # Panics
    /// When the ground is not this scenario's.
    pub fn lean(&self, seed: u64, ground: &Ground) -> Simulation<LeanNode> {
        let relay = Arc::new(self.relay.clone());
        let random = &mut Random::new(seed, Purpose::Nodes, 1);
        let abilities = relay.abilities(self.nodes, random);
        let clock_ms = (self.clocks.length_ms as u64).max(1);
        let plans = self.plans();
        let make = move |node: usize| {
            let lean = LeanNode::new(node as u32, relay.clone(), abilities[node], clock_ms);
            match plans[node] {
                Some(plan) => lean.with_plan(plan),
                None => lean,
            }
        };
        self.prepared(seed, ground, make)
    }

    /// A network of nodes with a ledger, before it begins; faults and the script are scheduled.
    ///
    /// # Panics
    /// When the ground is not this scenario's.
    pub fn ledger(&self, seed: u64, ground: &Ground) -> Simulation<LedgerNode> {
        let (genesis, costs) = (self.genesis(), self.costs());
        let patience = match self.clocks.stepped {
            true => PATIENCE,
            false => PATIENCE.max((PATIENCE_MS / self.clocks.length_ms) as u64),
        };
        let mut special = vec![None; self.nodes];
        for (node, miner) in self.miner_nodes().into_iter().zip(&self.miners) {
            special[node] = Some(miner.clone());
        }
        let make = move |node: usize| {
            let config = Config {
                name: name(node),
                genesis: genesis.clone(),
                costs,
            };
            let honest = HonestNode::new(config).expect("its accounts were counted and are few");
            let honest = honest.without_persist().with_patience(patience);
            let miner = special[node].as_ref();
            match miner.map_or(Behaviour::Honest, |miner| miner.behaviour) {
                Behaviour::Honest => LedgerNode::from(honest),
                Behaviour::Selfish => LedgerNode::secret(honest, Plan::Selfish),
                Behaviour::Withholding => LedgerNode::secret(honest, Plan::Withholding),
                Behaviour::Empty => LedgerNode::empty(honest),
                Behaviour::DoubleSpend => {
                    let plan = miner.map(|miner| double_spend(node, miner));
                    LedgerNode::double_spender(honest, plan.expect("it has this behaviour"))
                }
            }
        };
        let mut run = self.prepared(seed, ground, make);
        for step in &self.script {
            let clock = Time::from_ms(self.clocks.length_ms);
            run.schedule(Time(clock.0.saturating_mul(step.at())), step.action());
        }
        run
    }

    fn prepared<N>(
        &self,
        seed: u64,
        ground: &Ground,
        make: impl FnMut(usize) -> N + 'static,
    ) -> Simulation<N>
    where
        N: Node,
        N::Message: Carried,
    {
        let at_once = Network {
            latency: Latency::Constant { ms: 0.0 },
            ..Network::default()
        };
        let network = match self.clocks.stepped {
            true => &at_once,
            false => &self.network,
        };
        let options = self.options(&ground.sites);
        let sites = ground.sites.clone();
        let mut run = Simulation::new(seed, network, sites, &ground.graph, options, make);
        for fault in &self.faults {
            if let Fault::Join { nodes, .. } = fault {
                nodes.iter().for_each(|node| run.leave_out(node));
            }
            for action in fault.actions(self.nodes) {
                run.schedule(fault.at(), action);
            }
        }
        run
    }

    /// Whether mining takes clocks, and no time besides.
    fn mining_takes_clocks(&self) -> bool {
        self.clocks.stepped || (!self.mining.continuous && self.clocks.costs.mining.is_some())
    }

    fn options(&self, sites: &[Site]) -> Options {
        let proof = match (self.kind, self.mining.proof, self.mining_takes_clocks()) {
            (Kind::Ledger, ProofKind::Sampled, true) => Proof::Sampled {
                interval: Time::ZERO,
            },
            (Kind::Ledger, ProofKind::Searched, true) => Proof::Searched {
                hashes_per_s: f64::INFINITY,
            },
            (Kind::Ledger, ProofKind::Searched, false) => {
                let power: f64 = sites.iter().map(|site| site.power).sum();
                let tries = (1u64 << self.mining.difficulty) as f64;
                Proof::Searched {
                    hashes_per_s: tries / (self.interval_s * power),
                }
            }
            (Kind::Lean, ..) | (_, ProofKind::Sampled, false) => Proof::Sampled {
                interval: Time::from_secs(self.interval_s),
            },
        };
        let latency = self.clocks.latency;
        Options {
            clock: Time::from_ms(self.clocks.length_ms),
            proof,
            stepped: self.clocks.stepped.then_some(Stepped { latency }),
        }
    }

    fn costs(&self) -> Costs {
        let (costs, stepped) = (&self.clocks.costs, self.clocks.stepped);
        let cost = |given: Option<u64>| given.unwrap_or(u64::from(stepped));
        let mining = match self.mining_takes_clocks() {
            true => MiningCost::Clocks(costs.mining.unwrap_or(3)),
            false => MiningCost::UntilFound {
                continuous: self.mining.continuous,
            },
        };
        Costs {
            mining,
            broadcasting_block: cost(costs.broadcasting_block),
            broadcasting_tx: cost(costs.broadcasting_tx),
            receiving_block: cost(costs.receiving_block),
            receiving_tx: cost(costs.receiving_tx),
        }
    }

    /// The accounts and the difficulty that all nodes with a ledger begin with.
    ///
    /// # Panics
    /// When the scenario does not pass [`Scenario::check`].
    pub fn genesis(&self) -> Genesis {
        let bits = match self.mining.proof {
            ProofKind::Sampled => 0,
            ProofKind::Searched => self.mining.difficulty,
        };
        let funded = (self.workload.as_ref()).map_or(Ok(Genesis::default()), Workload::genesis);
        let mut genesis = Genesis {
            difficulty: Difficulty::new(bits as u8).expect("it was checked"),
            ..funded.expect("it was checked")
        };
        for (node, miner) in self.miner_nodes().into_iter().zip(&self.miners) {
            if miner.behaviour == Behaviour::DoubleSpend {
                genesis.accounts.push(GenesisAccount {
                    name: purse(node),
                    balance: Value::try_from(PURSE).expect("it is not 0"),
                    key: None,
                });
            }
        }
        genesis
    }
}

impl Fault {
    /// What is done to the network.
    fn actions(&self, nodes: usize) -> Vec<Action> {
        match self {
            Self::Crash { nodes, keep, .. } => {
                let crash = |node| Action::Crash { node, keep: *keep };
                nodes.iter().map(crash).collect()
            }
            Self::Leave { nodes, .. } => {
                let leave = |node| Action::Crash { node, keep: false };
                nodes.iter().map(leave).collect()
            }
            Self::Restart { nodes, .. } | Self::Join { nodes, .. } => {
                let restart = |node| Action::Restart { node };
                nodes.iter().map(restart).collect()
            }
            Self::Partition { .. } => vec![Action::Partition {
                groups: self.partition(nodes),
            }],
            Self::Heal { .. } => vec![Action::Heal],
            Self::Cut {
                between: [a, b], ..
            } => vec![Action::Cut { from: a.0, to: b.0 }],
            Self::Restore {
                between: [a, b], ..
            } => vec![Action::Restore { from: a.0, to: b.0 }],
            Self::Slow {
                between: [a, b],
                factor,
                ..
            } => vec![Action::Slow {
                from: a.0,
                to: b.0,
                factor: *factor,
            }],
            Self::Eclipse {
                victim, attackers, ..
            } => vec![Action::Eclipse {
                victim: victim.0,
                attackers: attackers.iter().collect(),
            }],
            Self::EndEclipse { victim, .. } => vec![Action::EndEclipse { victim: victim.0 }],
        }
    }
}

impl Step {
    fn action(&self) -> Action {
        match self {
            Self::Mine { node, .. } => Action::Mine { node: node.0 },
            Self::Pay {
                node,
                sender,
                recipient,
                value,
                ..
            } => Action::Pay {
                node: node.0,
                payment: Payment {
                    id: None,
                    sender: sender.clone(),
                    recipient: recipient.clone(),
                    value: *value,
                    sequence: None,
                    signature: None,
                },
            },
        }
    }
}

fn double_spend(node: usize, miner: &Miner) -> DoubleSpend {
    DoubleSpend {
        account: purse(node),
        merchant: account("merchant".to_owned()),
        value: Value::try_from(1).expect("it is not 0"),
        confirmations: miner.confirmations,
        give_up: miner.give_up,
    }
}

fn purse(node: usize) -> Account {
    account(format!("purse of {}", name(node)))
}

fn account(text: String) -> Account {
    text.parse()
        .expect("a short name without control characters is one")
}
