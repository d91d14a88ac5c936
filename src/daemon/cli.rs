//! The command line.

mod help;
mod tip;
pub(super) mod values;

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use self::help::{
    AFTER_HELP, CHAIN_HELP, CONTROLLER_HELP, LONG_ABOUT, MESH_HELP, MINE_BENCH_HELP, NODE_HELP,
    RUN_HELP,
};
use self::tip::with_tip;
use self::values::{
    parse_controller, parse_difficulty, parse_interval, parse_name, parse_nodes, parse_origin,
    parse_seconds, parse_socket, parse_switch, parse_threads,
};
use crate::daemon::controller::NodeUrl;
use crate::daemon::key::KeyArgs;
use crate::daemon::node_api::PeerAddress;
use crate::daemon::sim::args::SimArgs;
use crate::daemon::storage::ChainArgs;
use crate::ledger::Difficulty;
use crate::node::Name;
use crate::wire::MAX_LATENCY;

/// The most nodes `tickchain mesh` runs in one process.
pub const MAX_MESH_NODES: u16 = 64;

/// The longest interval of `--tick`, a day.
pub const MAX_TICK: Duration = Duration::from_secs(24 * 60 * 60);

/// What `tickchain` was asked to do.
#[derive(Debug, Parser)]
#[command(
    name = "tickchain",
    version,
    about = "A blockchain you step through, one clock tick at a time"
)]
#[command(long_about = LONG_ABOUT, after_help = AFTER_HELP)]
pub struct Cli {
    /// What to log on standard error: a level, or `module=level,…`; RUST_LOG and then `warn` without it
    #[arg(long, global = true, env = "TICKCHAIN_LOG", value_name = "FILTER")]
    pub log: Option<String>,
    /// The command; [`Command::Mesh`] when none is given.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What to run.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run one node: an HTTP API for its controller, a socket for its peers
    #[command(after_help = NODE_HELP)]
    Node(NodeArgs),
    /// Run several nodes in this process, started and linked, and the page to watch and move them
    #[command(after_help = MESH_HELP)]
    Mesh(MeshArgs),
    /// Control nodes that run already, here or elsewhere: a web page and an HTTP API
    #[command(after_help = CONTROLLER_HELP)]
    Controller(ControllerArgs),
    /// Play scenario files and report whether all was as they expect
    #[command(after_help = RUN_HELP)]
    Run(RunArgs),
    /// Simulate networks of thousands of nodes on virtual time
    Sim(SimArgs),
    /// Measure how fast this machine searches nonces
    #[command(after_help = MINE_BENCH_HELP)]
    MineBench(MineBenchArgs),
    /// Check, export and import what a node keeps in its data directory
    #[command(after_help = CHAIN_HELP)]
    Chain(ChainArgs),
    /// Make and show keys
    Key(KeyArgs),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// Options of `tickchain run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// Scenario files, played one after another
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Also write the report to this file, as JUnit XML
    #[arg(long, env = "TICKCHAIN_JUNIT", value_name = "FILE")]
    pub junit: Option<PathBuf>,
}

/// Options of `tickchain mine-bench`.
#[derive(Debug, Args)]
pub struct MineBenchArgs {
    /// Also mine one block whose hash ends in this many zero bits, 0 to 64
    #[arg(long, env = "TICKCHAIN_BITS", value_name = "BITS", value_parser = parse_difficulty)]
    pub bits: Option<Difficulty>,
    /// Threads to measure besides one; all processors without it
    #[arg(long, env = "TICKCHAIN_THREADS", value_name = "N", value_parser = parse_threads)]
    pub threads: Option<NonZeroUsize>,
    /// How long to measure, in seconds
    #[arg(long, env = "TICKCHAIN_SECONDS", value_name = "S", default_value = "4", value_parser = parse_seconds)]
    pub seconds: Duration,
    /// Print one line of JSON: path, mhs_one, mhs_all, threads, ratio_to_sha2
    #[arg(long, env = "TICKCHAIN_JSON", value_parser = parse_switch)]
    pub json: bool,
}

/// Options of `tickchain node`.
#[derive(Debug, Args)]
pub struct NodeArgs {
    /// Where the HTTP API listens; port 0 takes a free one
    #[arg(
        long,
        env = "TICKCHAIN_HTTP",
        value_name = "ADDR:PORT",
        default_value = "127.0.0.1:50082",
        value_parser = parse_socket
    )]
    pub http: SocketAddr,
    /// Where peers are listened for; port 0 takes a free one
    #[arg(
        long,
        env = "TICKCHAIN_P2P",
        value_name = "ADDR:PORT",
        default_value = "127.0.0.1:65001",
        value_parser = parse_socket
    )]
    pub p2p: SocketAddr,
    /// A peer to link to, by the address it listens on; may be given more than once
    #[arg(
        long = "peer",
        env = "TICKCHAIN_PEER",
        value_name = "HOST:PORT",
        value_delimiter = ','
    )]
    pub peers: Vec<PeerAddress>,
    /// The node's name, unique in its network; its peer address when left out
    #[arg(long, env = "TICKCHAIN_NAME", value_parser = parse_name)]
    pub name: Option<Name>,
    /// Where the node keeps everything, and goes on from; without it, it is in memory
    #[arg(long, env = "TICKCHAIN_DATA_DIR", value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Start the node at once, as GET /start does
    #[arg(long, env = "TICKCHAIN_START", value_parser = parse_switch)]
    pub start: bool,
    /// This node's own key, made if the file is not there; without it a new one for each run
    #[arg(
        long,
        env = "TICKCHAIN_NODE_KEY",
        value_name = "FILE",
        requires = "network_key"
    )]
    pub node_key: Option<PathBuf>,
    /// The peers that are let in, each a line with NAME and PUBLIC-KEY; without it all that have the network key
    #[arg(
        long,
        env = "TICKCHAIN_ALLOW_PEERS",
        value_name = "FILE",
        requires = "network_key"
    )]
    pub allow_peers: Option<PathBuf>,
    /// What both commands know.
    #[command(flatten)]
    pub common: CommonArgs,
}

/// Options of `tickchain mesh`.
#[derive(Debug, Args)]
pub struct MeshArgs {
    /// How many nodes, 1 to 64, named node1, node2, …
    #[arg(long, env = "TICKCHAIN_NODES", default_value_t = 3, value_parser = parse_nodes)]
    pub nodes: u16,
    /// Who is linked to whom
    #[arg(long, env = "TICKCHAIN_TOPOLOGY", value_enum, default_value_t = Topology::Full)]
    pub topology: Topology,
    /// The first node's HTTP port, the others' follow; 0 takes free ones
    #[arg(
        long,
        env = "TICKCHAIN_HTTP_BASE",
        value_name = "PORT",
        default_value_t = 50082
    )]
    pub http_base: u16,
    /// The first node's port for peers, the others' follow; 0 takes free ones
    #[arg(
        long,
        env = "TICKCHAIN_P2P_BASE",
        value_name = "PORT",
        default_value_t = 65001
    )]
    pub p2p_base: u16,
    /// The address the HTTP APIs listen on; peers always use 127.0.0.1
    #[arg(
        long,
        env = "TICKCHAIN_BIND",
        value_name = "ADDR",
        default_value = "127.0.0.1"
    )]
    pub bind: IpAddr,
    /// Where the controller and its page listen; port 0 takes a free one, `none` runs the nodes alone
    #[arg(
        long,
        env = "TICKCHAIN_CONTROLLER",
        value_name = "ADDR:PORT|none",
        default_value = "127.0.0.1:50080",
        value_parser = parse_controller
    )]
    pub controller: ControllerAt,
    /// Where each node keeps everything, in a directory of its own name; without it, they are in memory
    #[arg(long, env = "TICKCHAIN_DATA_DIR", value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Where its snapshots are.
    #[command(flatten)]
    pub snapshots: SnapshotArgs,
    /// What both commands know.
    #[command(flatten)]
    pub common: CommonArgs,
}

/// Options of every controller.
#[derive(Debug, Args)]
pub struct SnapshotArgs {
    /// Where named snapshots are kept; made with the first
    #[arg(
        long = "snapshots",
        env = "TICKCHAIN_SNAPSHOTS",
        value_name = "DIR",
        default_value = "tickchain-snapshots"
    )]
    pub folder: PathBuf,
}

/// Where a mesh's controller listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ControllerAt {
    /// There.
    Socket(SocketAddr),
    /// There is none.
    None,
}

/// Options of `tickchain controller`.
#[derive(Debug, Args)]
pub struct ControllerArgs {
    /// A node to control, by the URL of its HTTP API; may be given more than once, ticked in this order
    #[arg(
        long = "node",
        env = "TICKCHAIN_NODE",
        value_name = "http://HOST:PORT",
        value_delimiter = ',',
        required = true
    )]
    pub nodes: Vec<NodeUrl>,
    /// Where the controller and its page listen; port 0 takes a free one
    #[arg(
        long,
        env = "TICKCHAIN_LISTEN",
        value_name = "ADDR:PORT",
        default_value = "127.0.0.1:50080",
        value_parser = parse_socket
    )]
    pub listen: SocketAddr,
    /// A file with the token that the nodes ask for
    #[arg(long, env = "TICKCHAIN_NODE_TOKEN_FILE", value_name = "FILE")]
    pub node_token_file: Option<PathBuf>,
    /// Where its snapshots are.
    #[command(flatten)]
    pub snapshots: SnapshotArgs,
    /// Who may use it.
    #[command(flatten)]
    pub access: AccessArgs,
}

/// Options that several commands know.
#[derive(Debug, Args)]
pub struct CommonArgs {
    /// A TOML file with the network's accounts, difficulty and timestamp; without it aki 2, so 7, satoshi 5 and 12 bits
    #[arg(long, env = "TICKCHAIN_GENESIS", value_name = "FILE")]
    pub genesis: Option<PathBuf>,
    /// Zero bits a block's hash must end in, 0 to 64; outranks the genesis file
    #[arg(long, env = "TICKCHAIN_DIFFICULTY", value_name = "BITS", value_parser = parse_difficulty)]
    pub difficulty: Option<Difficulty>,
    /// Clocks a message takes at least; of two ends the larger one counts
    #[arg(long, env = "TICKCHAIN_LATENCY", value_name = "TICKS", default_value_t = 0, value_parser = clap::value_parser!(u64).range(0..=MAX_LATENCY))]
    pub latency: u64,
    /// The key that all nodes of the network share, from `tickchain key network`: links are encrypted, and who has it not gets none
    #[arg(long, env = "TICKCHAIN_NETWORK_KEY", value_name = "FILE")]
    pub network_key: Option<PathBuf>,
    /// Let the clock run by itself, one tick each such interval: 500ms, 2s, 1m, 1h
    #[arg(long, env = "TICKCHAIN_TICK", value_name = "INTERVAL", value_parser = parse_interval)]
    pub tick: Option<Duration>,
    /// Who may use the API.
    #[command(flatten)]
    pub access: AccessArgs,
}

/// Options that say who may use an API, and how it is told where that is.
#[derive(Debug, Args)]
pub struct AccessArgs {
    /// A web origin whose pages may use the API, such as http://localhost:3000; may be given more than once
    #[arg(
        long,
        env = "TICKCHAIN_ALLOW_ORIGIN",
        value_name = "URL",
        value_parser = parse_origin,
        value_delimiter = ','
    )]
    pub allow_origin: Vec<String>,
    /// A host name or an IP address the API answers to besides loopback ones; may be given more than once
    #[arg(
        long,
        env = "TICKCHAIN_ALLOW_HOST",
        value_name = "NAME-OR-IP",
        value_delimiter = ','
    )]
    pub allow_host: Vec<String>,
    /// A secret that requests must carry as `Authorization: Bearer`; needed when others than this machine can connect
    #[arg(long, env = "TICKCHAIN_TOKEN", value_name = "SECRET", hide_env_values = true, value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub token: Option<String>,
    /// Print one line of JSON once everything listens, instead of a banner
    #[arg(long, env = "TICKCHAIN_JSON", value_parser = parse_switch)]
    pub json: bool,
}

/// Who is linked to whom in a mesh.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topology {
    /// Everyone to everyone
    Full,
    /// Each to the next, the last to the first
    Ring,
    /// Each to the next
    Line,
    /// Everyone to the first
    Star,
}

impl Topology {
    /// The links among `nodes` nodes counted from 0, each pair once, the lower number first.
    pub fn links(self, nodes: usize) -> Vec<(usize, usize)> {
        let next = || (1..nodes).map(|to| (to - 1, to));
        match self {
            Self::Full => (0..nodes)
                .flat_map(|from| (from + 1..nodes).map(move |to| (from, to)))
                .collect(),
            Self::Ring => next().chain((nodes > 2).then(|| (0, nodes - 1))).collect(),
            Self::Line => next().collect(),
            Self::Star => (1..nodes).map(|to| (0, to)).collect(),
        }
    }
}

impl Cli {
    /// Reads the program's arguments and variables. Ends the process with 2 and says why when they
    /// are wrong, with 0 after help and version.
    pub fn from_arguments() -> Self {
        Self::try_parse().unwrap_or_else(|error| with_tip(error).exit())
    }

    /// The command asked for; `mesh`, with its variables, where none was.
    pub fn command(self) -> Command {
        self.command
            .or_else(|| Self::parse_from(["tickchain", "mesh"]).command)
            .expect("`mesh` is a command")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_is_sound() {
        <Cli as CommandFactory>::command().debug_assert();
    }

    #[test]
    fn topologies_link_each_pair_once() {
        assert_eq!(Topology::Full.links(3), [(0, 1), (0, 2), (1, 2)]);
        assert_eq!(Topology::Ring.links(4), [(0, 1), (1, 2), (2, 3), (0, 3)]);
        assert_eq!(Topology::Ring.links(2), [(0, 1)]);
        assert_eq!(Topology::Line.links(3), [(0, 1), (1, 2)]);
        assert_eq!(Topology::Star.links(4), [(0, 1), (0, 2), (0, 3)]);
        for topology in [
            Topology::Full,
            Topology::Ring,
            Topology::Line,
            Topology::Star,
        ] {
            assert_eq!(topology.links(1), []);
        }
    }
}
