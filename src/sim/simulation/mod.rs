//! The engine: nodes, the network between them, and virtual time.

mod actions;
mod digest;
mod effects;

use std::collections::BTreeMap;
use std::fmt;

use self::digest::TraceDigest;
use super::action::Action;
use super::links::Links;
use super::network::Carrier;
use super::queue::Queue;
use super::timers::Timers;
use super::{Carried, Graph, Network, Observer, Purpose, Random, Site, Time};
use crate::ledger::Hash;
use crate::node::{Input, Name, Node};

/// The wall time at the start of a run, seconds since 1970 UTC: 2009/01/03 18:15:05, as genesis.
pub const WALL: i64 = 1_231_006_505;

/// How long after a node closed a link it is made again.
pub const REDIAL: Time = Time(1_000_000);

/// How a run is to go.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// The length of a node's clock: a node acts at most once in each.
    pub clock: Time,
    /// How nonces are found.
    pub proof: Proof,
    /// Whether all nodes live every clock, one after another as a controller ticks them, with clocks
    /// between them as latency. Otherwise a node's clock moves when it has something to do.
    pub stepped: Option<Stepped>,
}

/// Nodes that are ticked one after another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stepped {
    /// The latency that nodes are told for each link, in clocks.
    pub latency: u64,
}

impl Default for Options {
    /// Clocks of a millisecond, a block in ten minutes.
    fn default() -> Self {
        Self {
            clock: Time::from_ms(1.0),
            proof: Proof::Sampled {
                interval: Time::from_secs(600.0),
            },
            stepped: None,
        }
    }
}

/// How nonces are found.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Proof {
    /// Not at all: any nonce will do (difficulty 0), and how long it takes is drawn from an exponential
    /// distribution. A node with all hash power of the network would find one in `interval` on average.
    Sampled {
        /// The mean time between blocks of the whole network.
        interval: Time,
    },
    /// Each is really searched; a node with power 1 tries so many a second.
    Searched {
        /// Nonces a second; infinite, and nonces are there at once.
        hashes_per_s: f64,
    },
}

/// A network of nodes on virtual time.
///
/// Everything happens in one order: by time; at the same time what is done from outside comes first,
/// then messages in the order they were sent, then nodes whose clock moves or whose nonce is found, in
/// the order that was decided. All randomness comes from the seed. So the same run goes the same way on
/// every machine, and [`Simulation::digest`] says whether it did.
///
/// ```
/// use tickchain::node::{Config, Costs, HonestNode, MiningCost};
/// use tickchain::ledger::{Difficulty, Genesis};
/// use tickchain::sim::{Graph, Network, Options, Simulation, Site, Time, name};
///
/// let site = Site { region: 0, reachable: true, power: 1.0 };
/// let graph = Graph { nodes: 3, links: vec![(0, 1), (1, 2), (2, 0)] };
/// let genesis = Genesis { difficulty: Difficulty::new(0).expect("no more than 64"), ..Genesis::default() };
/// let make = move |node| {
///     let costs = Costs {
///         mining: MiningCost::UntilFound { continuous: true },
///         broadcasting_block: 0, broadcasting_tx: 0, receiving_block: 0, receiving_tx: 0,
///     };
///     HonestNode::new(Config { genesis: genesis.clone(), costs, ..Config::new(name(node)) })
///         .expect("this genesis is the default one, without proof of work")
/// };
/// let mut run = Simulation::new(7, &Network::default(), vec![site; 3], &graph, Options::default(), make);
/// run.run_until(Time::from_secs(6_000.0), &mut ());
/// let heights: Vec<u64> = run.nodes().iter().map(|node| node.ledger().tip().id()).collect();
/// assert!(heights[0] > 2 && heights == vec![heights[0]; 3], "{heights:?}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Simulation<N: Node> {
    now: Time,
    events: u64,
    seed: u64,
    options: Options,
    begun: bool,
    nodes: Vec<N>,
    /// How often each node was started, for a salt of its own each time.
    starts: Vec<u32>,
    up: Vec<bool>,
    /// Makes a node, at the start and after a crash.
    make: Box<dyn FnMut(usize) -> N>,
    names: Vec<Name>,
    power: Vec<f64>,
    total_power: f64,
    /// The search that each node waits for.
    hunts: Vec<Option<Hunt>>,
    mining: Vec<Random>,
    carrier: Carrier,
    /// Whether links keep the order of what is sent.
    in_order: bool,
    links: Links,
    queue: Queue<Delivery<N::Message>>,
    /// For each node when its nonce is found, and when its clock moves.
    timers: Timers,
    /// What is to happen by time, then as it was scheduled.
    agenda: BTreeMap<(Time, u64), Due>,
    /// Counts what was scheduled.
    scheduled: u64,
    digest: TraceDigest,
}

/// What is to happen at a time of its own.
#[derive(Debug)]
enum Due {
    Action(Action),
    /// A link goes down that one of its ends closed.
    Settle((u32, u32)),
    /// A link that was closed may come up again.
    Redial((u32, u32)),
}

/// A search that takes its time.
#[derive(Debug, Clone, Copy)]
struct Hunt {
    /// What the node knows it by.
    id: u64,
    /// What it will find; `None` when no nonce fits.
    nonce: Option<u64>,
    /// How many nonces are tried until then.
    tries: f64,
}

/// A message on its way.
struct Delivery<M> {
    from: u32,
    to: u32,
    /// [`Links::downs`] when it was sent.
    downs: u32,
    message: M,
}

/// The name of a node, counted from 0: `node1` is node 0.
///
/// ```
/// assert_eq!(tickchain::sim::name(0).as_str(), "node1");
/// ```
pub fn name(node: usize) -> Name {
    let name = format!("node{}", node + 1).parse();
    name.expect("a short name without control characters is one")
}

/// The node with a name.
fn number(name: &Name) -> Option<u32> {
    let number: u32 = name.as_str().strip_prefix("node")?.parse().ok()?;
    number.checked_sub(1)
}

impl<N: Node> fmt::Debug for Simulation<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Simulation")
            .field("now", &self.now)
            .field("events", &self.events)
            .field("nodes", &self.nodes.len())
            .finish_non_exhaustive()
    }
}

impl<N: Node> Simulation<N>
where
    N::Message: Carried,
{
    /// A network that has not begun: `make` makes each node, with the name that [`name`] gives it.
    ///
    /// # Panics
    /// When there are not as many sites as the graph has nodes, or the network does not pass
    /// [`Network::check`].
    pub fn new(
        seed: u64,
        network: &Network,
        sites: Vec<Site>,
        graph: &Graph,
        options: Options,
        make: impl FnMut(usize) -> N + 'static,
    ) -> Self {
        assert_eq!(sites.len(), graph.nodes, "a site for each node");
        network.check().expect("a network that can be");
        let count = sites.len();
        let mut make: Box<dyn FnMut(usize) -> N> = Box::new(make);
        let names: Vec<Name> = (0..count).map(name).collect();
        let stream = |node| Random::new(seed, Purpose::Mining, node);
        Self {
            now: Time::ZERO,
            events: 0,
            seed,
            options,
            begun: false,
            nodes: (0..count).map(&mut make).collect(),
            starts: vec![0; count],
            up: vec![true; count],
            make,
            names,
            total_power: sites.iter().map(|site| site.power).sum(),
            power: sites.iter().map(|site| site.power).collect(),
            hunts: vec![None; count],
            mining: (0..count as u64).map(stream).collect(),
            carrier: Carrier::new(seed, network, &sites),
            in_order: network.in_order,
            links: Links::new(graph),
            queue: Queue::new(),
            timers: Timers::new(2 * count),
            agenda: BTreeMap::new(),
            scheduled: 0,
            digest: TraceDigest::default(),
        }
    }

    /// The time of the last event.
    pub fn time(&self) -> Time {
        self.now
    }

    /// How many messages were delivered and timers went off so far.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// How many messages are on their way.
    pub fn under_way(&self) -> usize {
        self.queue.len()
    }

    /// A digest of all events so far, their times and order: equal for equal runs, on any machine.
    pub fn digest(&self) -> Hash {
        self.digest.finish()
    }

    /// The nodes.
    pub fn nodes(&self) -> &[N] {
        &self.nodes
    }

    /// Whether a node is up.
    ///
    /// # Panics
    /// When there is no such node.
    pub fn is_up(&self, node: usize) -> bool {
        self.up[node]
    }

    /// Leaves a node out until [`Action::Restart`] lets it join.
    ///
    /// # Panics
    /// When there is no such node, or the run has begun.
    pub fn leave_out(&mut self, node: usize) {
        assert!(!self.begun, "a node of a run that has begun can crash");
        self.up[node] = false;
    }

    /// From now on messages are lost with this probability.
    ///
    /// # Panics
    /// When it is not from 0 to 1.
    pub fn set_loss(&mut self, loss: f64) {
        assert!((0.0..=1.0).contains(&loss), "{loss} is no probability");
        self.carrier.set_loss(loss);
    }

    /// Has something done at a time, after what was scheduled for it before. What is scheduled for the past
    /// is done next.
    ///
    /// # Panics
    /// When it names a node that does not exist.
    pub fn schedule(&mut self, at: Time, action: Action) {
        let highest = action.nodes().into_iter().max();
        assert!(
            highest.is_none_or(|node| node < self.nodes.len()),
            "{action:?} in a network of {} nodes",
            self.nodes.len()
        );
        self.plan_ahead(at.max(self.now), Due::Action(action));
    }

    fn plan_ahead(&mut self, at: Time, due: Due) {
        self.scheduled += 1;
        self.agenda.insert((at, self.scheduled), due);
    }

    /// Lets everything happen up to and at `end`.
    pub fn run_until(&mut self, end: Time, observer: &mut impl Observer<N>) {
        while self.step_until(end, observer) {}
        self.now = self.now.max(end);
    }

    /// Lets the next thing happen; false when nothing will ever happen any more.
    pub fn step(&mut self, observer: &mut impl Observer<N>) -> bool {
        self.step_until(Time::MAX, observer)
    }

    /// Lets the next thing happen unless it is after `end`; whether it did.
    pub fn step_until(&mut self, end: Time, observer: &mut impl Observer<N>) -> bool {
        if !self.begun {
            self.begin(observer);
        }
        let action = self.agenda.keys().next().map(|(at, _)| *at);
        let timer = self.timers.first();
        // What is done from outside comes before messages of the same time, timers after them.
        let limit = action.map_or(Some(end), |at| at.0.checked_sub(1).map(Time));
        let limit = limit.map(|at| at.min(end).min(timer.unwrap_or(Time::MAX)));
        if let Some((at, delivery)) = limit.and_then(|limit| self.queue.pop(limit)) {
            self.now = at;
            self.deliver(delivery, observer);
            return true;
        }
        match (action, timer) {
            (Some(at), timer) if at <= end && timer.is_none_or(|timer| at <= timer) => {
                self.now = at;
                let (_, due) = self.agenda.pop_first().expect("there is a first one");
                self.take_up(due, observer);
                true
            }
            (_, Some(at)) if at <= end => {
                self.now = at;
                let (_, timer) = self.timers.pop().expect("there is a first timer");
                self.go_off(timer, observer);
                true
            }
            _ => false,
        }
    }

    fn begin(&mut self, observer: &mut impl Observer<N>) {
        self.begun = true;
        for node in 0..self.nodes.len() {
            if self.up[node] {
                self.start(node, observer);
            }
        }
        let links = self.links.all();
        self.settle(&links, observer);
    }

    fn deliver(&mut self, delivery: Delivery<N::Message>, observer: &mut impl Observer<N>) {
        let Delivery {
            from,
            to,
            downs,
            message,
        } = delivery;
        if !self.links.held(from, to, downs) {
            return;
        }
        self.events += 1;
        let ends = u64::from(from) << 32 | u64::from(to);
        let subject = (message.kind() as u64) ^ message.about();
        self.digest.add(self.now, [ends, subject]);
        observer.delivered(self.now, from as usize, to as usize, &message);
        let from = self.names[from as usize].clone();
        self.give(to as usize, Input::Message { from, message }, observer);
    }

    fn go_off(&mut self, timer: usize, observer: &mut impl Observer<N>) {
        self.events += 1;
        self.digest.add(self.now, [timer as u64, u64::MAX]);
        let node = timer / 2;
        if timer % 2 == 1 {
            self.move_clock(node, observer);
        } else if let Some(hunt) = self.hunts[node].take() {
            self.find(node, &hunt, observer);
        }
    }
}
