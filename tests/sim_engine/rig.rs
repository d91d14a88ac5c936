//! Small networks of honest nodes, and what happened in them.

use tickchain::ledger::{Account, Difficulty, Genesis, TxId};
use tickchain::node::{Config, Costs, Event, HonestNode, Message, MiningCost, Node, Payment};
use tickchain::sim::{
    Action, Carried, Graph, Latency, Network, Observer, Options, Proof, Simulation, Site, Time,
    name,
};

/// Links are this long.
pub const LATENCY_MS: f64 = 100.0;

pub type Run = Simulation<HonestNode>;

/// What a run is made with; nodes cost nothing and links take [`LATENCY_MS`] unless a test says otherwise.
pub struct Rig {
    pub seed: u64,
    pub network: Network,
    pub options: Options,
    pub costs: Costs,
    pub difficulty: u8,
}

impl Rig {
    /// Nodes that mine when they are asked, or all the time; a block every ten seconds.
    pub fn new(continuous: bool) -> Self {
        let proof = Proof::Sampled {
            interval: Time::from_secs(10.0),
        };
        let costs = Costs {
            mining: MiningCost::UntilFound { continuous },
            broadcasting_block: 0,
            broadcasting_tx: 0,
            receiving_block: 0,
            receiving_tx: 0,
        };
        Self {
            seed: 1,
            network: Network {
                latency: Latency::Constant { ms: LATENCY_MS },
                ..Network::default()
            },
            options: Options {
                proof,
                ..Options::default()
            },
            costs,
            difficulty: 0,
        }
    }

    pub fn run(&self, nodes: usize, links: &[(u32, u32)]) -> Run {
        self.run_of(nodes, links, |node| node)
    }

    /// The same of nodes made from honest ones.
    pub fn run_of<N: Node<Message = Message>>(
        &self,
        nodes: usize,
        links: &[(u32, u32)],
        from: impl Fn(HonestNode) -> N + 'static,
    ) -> Simulation<N> {
        let genesis = Genesis {
            difficulty: Difficulty::new(self.difficulty).unwrap(),
            ..Genesis::default()
        };
        let costs = self.costs;
        let site = Site {
            region: 0,
            reachable: true,
            power: 1.0,
        };
        let graph = Graph {
            nodes,
            links: links.to_vec(),
        };
        let make = move |node| {
            let config = Config {
                genesis: genesis.clone(),
                costs,
                ..Config::new(name(node))
            };
            from(HonestNode::new(config).unwrap())
        };
        let sites = vec![site; nodes];
        Simulation::new(self.seed, &self.network, sites, &graph, self.options, make)
    }

    /// Three nodes, each linked with the others.
    pub fn triangle(&self) -> Run {
        self.run(3, &[(0, 1), (1, 2), (2, 0)])
    }

    /// Three nodes, the middle one linked with both others.
    pub fn line(&self) -> Run {
        self.run(3, &[(0, 1), (1, 2)])
    }
}

/// Does something now, and lets all that follows happen.
pub fn act(run: &mut Run, action: Action) {
    run.schedule(run.time(), action);
    rest(run);
}

/// Lets everything happen that is still to happen.
pub fn rest(run: &mut Run) {
    for _ in 0..1_000_000 {
        if !run.step(&mut ()) {
            return;
        }
    }
    panic!("a million steps, and there is still something to do");
}

pub fn heights(run: &Run) -> Vec<u64> {
    let nodes = run.nodes().iter();
    nodes.map(|node| node.ledger().tip().id()).collect()
}

/// Whether those nodes have the same tip.
pub fn agree(run: &Run, nodes: &[usize]) -> bool {
    let tip = |node: usize| run.nodes()[node].ledger().tip().hash();
    nodes.iter().all(|node| tip(*node) == tip(nodes[0]))
}

/// A payment with this id; genesis has 0 to 2.
pub fn pay(node: usize, id: u128, sender: &str, recipient: &str, value: u64) -> Action {
    let account = |name: &str| -> Account { name.parse().unwrap() };
    let payment = Payment {
        id: Some(TxId::from(id)),
        sender: account(sender),
        recipient: account(recipient),
        value: value.try_into().unwrap(),
        sequence: None,
        signature: None,
    };
    Action::Pay { node, payment }
}

/// The ids in a node's pool.
pub fn pool(run: &Run, node: usize) -> Vec<TxId> {
    run.nodes()[node].pool().map(|payment| payment.id).collect()
}

/// A message: when it was sent, when it was to arrive or was seen to, the ends, the kind.
#[derive(Debug, Clone, PartialEq)]
pub struct Carriage {
    pub sent: Time,
    pub arrives: Option<Time>,
    pub ends: (usize, usize),
    pub kind: &'static str,
}

/// Writes down what was sent, delivered and mined.
#[derive(Debug, Default)]
pub struct Log {
    pub sent: Vec<Carriage>,
    /// When, from whom to whom, and the kind.
    pub delivered: Vec<(Time, (usize, usize), &'static str)>,
    pub mined: Vec<(Time, usize)>,
    pub accepted: usize,
    pub refused: Vec<String>,
}

impl Observer<HonestNode> for Log {
    fn event(&mut self, at: Time, node: usize, event: &Event) {
        if matches!(event, Event::Mined { .. }) {
            self.mined.push((at, node));
        }
    }

    fn sent(&mut self, at: Time, from: usize, to: usize, message: &Message, arrives: Option<Time>) {
        self.sent.push(Carriage {
            sent: at,
            arrives,
            ends: (from, to),
            kind: Message::KINDS[message.kind()],
        });
    }

    fn delivered(&mut self, at: Time, from: usize, to: usize, message: &Message) {
        let kind = Message::KINDS[message.kind()];
        self.delivered.push((at, (from, to), kind));
    }

    fn accepted(&mut self, _at: Time, _node: usize, _id: TxId) {
        self.accepted += 1;
    }

    fn refused(&mut self, _at: Time, _node: usize, error: &tickchain::node::RequestError) {
        self.refused.push(error.to_string());
    }
}
