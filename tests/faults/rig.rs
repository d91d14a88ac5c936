//! Nodes, the network between them, and what has to hold once everything is well again.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};
use tempfile::TempDir;
use tickchain::daemon::genesis_file;
use tickchain::ledger::{Difficulty, Genesis};

use super::book::Book;
use super::client::TOKEN;
use super::disks::Disk;
use super::fault::Faults;
use super::load::{Aim, BALANCE, Load, PAYERS};
use super::mined::BITS;
use super::network::Network;
use super::node::{Node, limited};
use super::process::tickchain;

/// The most resident memory of a node, in KiB, whatever happens: it holds some thousands of blocks and
/// payments here.
pub const MEMORY_KIB: u64 = 128 * 1024;

/// How long it may take until all nodes agree, once nothing goes wrong any more. A link that fell silent
/// is given up after 5 seconds, twice if it happened while greeting, and dialled again within 5 more.
const HEALING: Duration = Duration::from_secs(40);

/// How often it is looked whether they do.
const LOOK_INTERVAL: Duration = Duration::from_millis(20);

/// The file that names the accounts.
const GENESIS: &str = "genesis.toml";

/// How nodes are to be.
pub struct Setup {
    pub nodes: usize,
    /// [`Network::packets`] or [`Network::streams`].
    pub network: fn(usize, &Arc<Faults>) -> Network,
    /// More options of `tickchain node`.
    pub options: Vec<String>,
    /// Whether they keep what they know, each in a directory of its own.
    pub keep: bool,
    /// What `ulimit` is to be told before.
    pub limits: Option<&'static str>,
}

impl Setup {
    /// Three nodes in memory.
    pub fn new(network: fn(usize, &Arc<Faults>) -> Network) -> Self {
        Self {
            nodes: 3,
            network,
            options: Vec::new(),
            keep: false,
            limits: None,
        }
    }
}

/// Some nodes that are linked to each other and tick by themselves.
pub struct Rig {
    pub nodes: Vec<Node>,
    pub faults: Arc<Faults>,
    pub book: Arc<Book>,
    pub seed: u64,
    pub genesis: Genesis,
    /// The disk of the first node, where it has one of its own.
    pub disk: Option<Disk>,
    network: Network,
    setup: Setup,
    folder: TempDir,
}

/// The seed of a test: `TICKCHAIN_FAULTS_SEED`, or another one each time. It is printed.
pub fn seed() -> u64 {
    let given = std::env::var("TICKCHAIN_FAULTS_SEED").ok();
    let seed = given.map_or_else(
        || getrandom::u64().expect("there is randomness") >> 11,
        |text| text.parse().expect("a seed is a number"),
    );
    println!("TICKCHAIN_FAULTS_SEED={seed}");
    seed
}

impl Rig {
    /// Nodes that run and are linked.
    #[track_caller]
    pub fn new(setup: Setup) -> Self {
        let mut rig = Self::stopped(setup);
        rig.start_all();
        rig
    }

    /// Nodes that do not run yet.
    pub fn stopped(setup: Setup) -> Self {
        let seed = seed();
        let faults = Faults::new(seed);
        let folder = tempfile::tempdir().unwrap();
        let accounts = (0..=setup.nodes * PAYERS)
            .map(|payer| format!("[[accounts]]\nname = \"payer{payer}\"\nbalance = {BALANCE}\n"));
        let genesis = folder.path().join(GENESIS);
        std::fs::write(&genesis, accounts.collect::<String>()).unwrap();
        let log = |node| Node::new(&folder.path().join(format!("node{node}.log")));
        Self {
            nodes: (0..setup.nodes).map(log).collect(),
            network: (setup.network)(setup.nodes, &faults),
            book: Arc::new(Book::new(setup.nodes)),
            genesis: genesis_file::read(Some(&genesis), Difficulty::new(BITS)).unwrap(),
            disk: None,
            faults,
            seed,
            setup,
            folder,
        }
    }

    #[track_caller]
    pub fn start_all(&mut self) {
        for node in 0..self.nodes.len() {
            self.start(node);
        }
        self.within("all links are up", |rig| {
            rig.nodes.iter().all(Node::is_linked)
        });
    }

    /// Where a node keeps what it knows.
    pub fn data(&self, node: usize) -> PathBuf {
        self.folder.path().join(format!("data{node}"))
    }

    pub fn disk(&self) -> &Disk {
        self.disk.as_ref().expect("there is one")
    }

    /// The command that becomes a node.
    pub fn command(&self, node: usize) -> Command {
        let [http, p2p] = self.network.listen(node);
        let genesis = self.folder.path().join(GENESIS);
        let mut command = tickchain(&["node", "--start", "--json", "--token", TOKEN]);
        command.args(["--tick", "10ms", "--difficulty", &BITS.to_string()]);
        command.args(["--name", &format!("node{node}")]);
        command.args(["--http", &http, "--p2p", &p2p]);
        command.arg("--genesis").arg(genesis);
        for other in (0..self.nodes.len()).filter(|other| *other != node) {
            command.args(["--peer", &self.network.peer(node, other)]);
        }
        if self.setup.keep {
            command.arg("--data-dir").arg(self.data(node));
        }
        command.args(&self.setup.options);
        if let Some(limits) = self.setup.limits {
            command = limited(limits, &command);
        }
        if let (0, Some(disk)) = (node, &self.disk) {
            command = disk.space.enter(&command);
        }
        self.network.place(node, command)
    }

    /// Starts a node and does not wait for anything.
    pub fn spawn(&mut self, node: usize) {
        let command = self.command(node);
        self.nodes[node].spawn(command);
    }

    /// Starts a node and waits until it is ready.
    #[track_caller]
    pub fn start(&mut self, node: usize) {
        self.spawn(node);
        self.nodes[node].ready();
        self.network.listens(node, Some(self.nodes[node].listens()));
    }

    pub fn kill(&mut self, node: usize) {
        self.network.listens(node, None);
        self.nodes[node].kill();
    }

    /// Each node is told once more whom to link to, which lifts bans.
    pub fn lift_bans(&self) {
        let others = |node| (0..self.nodes.len()).filter(move |other| *other != node);
        for (number, node) in self.nodes.iter().enumerate() {
            for other in others(number) {
                let peer: SocketAddr = self.network.peer(number, other).parse().unwrap();
                let peer = json!({"addr": peer.ip(), "port": peer.port()});
                node.post("/peer/add", &peer.to_string());
            }
        }
    }

    /// Payments, blocks and looks, from now on.
    pub fn load(&self) -> Load {
        Load::begin(&Aim {
            doors: self
                .nodes
                .iter()
                .map(|node| Arc::clone(&node.door))
                .collect(),
            book: Arc::clone(&self.book),
            seed: self.seed ^ self.faults.struck() ^ self.book.counts().0 as u64,
        })
    }

    /// Waits for something to come about.
    #[track_caller]
    pub fn within(&mut self, what: &str, mut is_so: impl FnMut(&mut Self) -> bool) {
        let began = Instant::now();
        while !is_so(self) {
            assert!(began.elapsed() < HEALING, "never came about: {what}");
            std::thread::sleep(LOOK_INTERVAL);
        }
        println!("{what}: after {} ms", began.elapsed().as_millis());
    }

    /// Waits until all nodes have grown by so many blocks, or whatever there is of them.
    #[track_caller]
    pub fn grow(&mut self, blocks: u64) {
        let heights: Vec<u64> = self.nodes.iter().map(|node| node.tip().1).collect();
        self.within("all chains grow", |rig| {
            let grown = |(node, height): (&Node, &u64)| node.tip().1 >= height + blocks;
            rig.nodes.iter().zip(&heights).all(grown)
        });
    }

    /// Once everything is well again: nobody is stuck, all have one tip, and everything that anyone
    /// acknowledged is in the chain once and only once.
    #[track_caller]
    pub fn check(&mut self) {
        self.within("all links are up", |rig| {
            rig.nodes.iter().all(Node::is_linked)
        });
        self.settle();
        for node in 0..self.nodes.len() {
            self.check_kept(node);
        }
        let chain = self.one_chain();
        let mut times: BTreeMap<&str, usize> = BTreeMap::new();
        for id in payments(&chain) {
            *times.entry(id).or_default() += 1;
        }
        assert_eq!(times.values().max(), Some(&1), "a payment was paid twice");
        assert_eq!(self.book.troubles(), [""; 0]);
        for (number, node) in self.nodes.iter().enumerate() {
            let memory = node.memory_kib();
            assert!(memory < MEMORY_KIB, "node {number} takes {memory} KiB");
        }
    }

    /// Mines until nothing waits anywhere and all have one tip.
    #[track_caller]
    fn settle(&mut self) {
        let mut turn = 0;
        self.within("one tip, and nothing waits", |rig| {
            let tips: Vec<_> = rig.nodes.iter().map(Node::tip).collect();
            let queues = [
                "pool_transactions",
                "waiting_transactions",
                "inbox_messages",
            ];
            let waits = |node: &Node| queues.iter().any(|queue| node.number(queue) > 0);
            let waiting = rig.nodes.iter().any(waits);
            if !waiting && tips.iter().all(|tip| *tip == tips[0]) {
                return true;
            }
            // Of two equal branches one has to win. Every node's own payments get their turn.
            if turn % 10 == 0 {
                rig.nodes[turn / 10 % rig.nodes.len()].post("/mine", "");
            }
            turn += 1;
            false
        });
    }

    /// The chain that all have, with everything that anyone accepted. When all seems settled a payment may
    /// still wait for its clock, and the block that was asked for last be searched for.
    #[track_caller]
    fn one_chain(&mut self) -> Chain {
        let began = Instant::now();
        loop {
            self.settle();
            let chains: Vec<Chain> = self.nodes.iter().map(chain).collect();
            let lost = self.lost(&chains[0]);
            if lost.is_empty() && chains.iter().all(|chain| *chain == chains[0]) {
                return chains.into_iter().next().expect("there are nodes");
            }
            let lengths: Vec<usize> = chains.iter().map(Vec::len).collect();
            assert!(
                began.elapsed() < HEALING,
                "chains of {lengths:?} blocks; by node, accepted and lost {}",
                some(&lost)
            );
            std::thread::sleep(LOOK_INTERVAL);
        }
    }

    /// The payments that are not in a chain and were accepted, each with the node.
    fn lost(&self, chain: &Chain) -> Vec<(usize, String)> {
        let paid: BTreeSet<&str> = payments(chain).collect();
        let accepted = (0..self.nodes.len()).flat_map(|node| {
            let ids = self.book.page(node).payments.clone();
            ids.into_iter().map(move |id| (node, id))
        });
        accepted
            .filter(|(_, id)| !paid.contains(id.as_str()))
            .collect()
    }

    /// Everything new in the book that this node acknowledged is there.
    #[track_caller]
    pub fn check_kept(&self, node: usize) {
        let (at_once, told, height) = self.book.page(node).news();
        let lost = self.nodes[node].lacks(&at_once);
        assert!(lost.is_empty(), "node {node} lost {}", some(&lost));
        let (tip, id) = self.nodes[node].tip();
        assert!(
            id >= height,
            "node {node} was at {height} and is at {id}, {tip}"
        );
        // What it was told of waits in its inbox until its clock moves.
        let (mut lost, began) = (told, Instant::now());
        while !lost.is_empty() {
            lost = self.nodes[node].lacks(&lost);
            let (clock, inbox) = (
                self.nodes[node].clock(),
                self.nodes[node].number("inbox_messages"),
            );
            assert!(
                began.elapsed() < HEALING,
                "node {node}, at clock {clock} with {inbox} messages in its inbox, lost {}",
                some(&lost)
            );
            std::thread::sleep(LOOK_INTERVAL);
        }
    }
}

/// How many there are, and the first of them.
fn some(lost: &[impl std::fmt::Debug]) -> String {
    format!("{}: {:?} …", lost.len(), &lost[..lost.len().min(3)])
}

/// A main chain above genesis: hashes, and ids of payments.
type Chain = Vec<(String, Vec<String>)>;

fn payments(chain: &Chain) -> impl Iterator<Item = &str> {
    chain.iter().flat_map(|(_, ids)| ids).map(String::as_str)
}

fn chain(node: &Node) -> Chain {
    let text = |json: &Json| json.as_str().expect("a text").to_owned();
    let all = node.get("/block/all?from=1");
    let blocks = all["blocks"].as_array().expect("blocks");
    let one = |block: &Json| {
        let payments = block["transactions"].as_array().expect("payments");
        let ids = payments.iter().map(|payment| text(&payment["id"]));
        (text(&block["hash"]), ids.collect())
    };
    blocks.iter().map(one).collect()
}

impl Drop for Rig {
    fn drop(&mut self) {
        if std::thread::panicking() {
            for (number, node) in self.nodes.iter().enumerate() {
                println!("node {number} said:\n{}", node.said());
            }
        }
    }
}
