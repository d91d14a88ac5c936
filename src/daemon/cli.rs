//! The command line.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::daemon::http::PeerAddress;
use crate::ledger::Difficulty;
use crate::node::Name;

/// The most nodes `tickchain mesh` runs in one process.
pub const MAX_MESH_NODES: u16 = 64;

/// The longest interval of `--tick`, a day.
pub const MAX_TICK: Duration = Duration::from_secs(24 * 60 * 60);

const LONG_ABOUT: &str = "\
A blockchain you step through, one clock tick at a time.

Nodes keep a small proof-of-work chain and tell each other about payments and blocks. Nothing moves \
until you move a node's clock, so you see each payment and each block travel, forks appear and heal.

Without a command, `mesh` is run: three nodes in this process, started and linked.";

const AFTER_HELP: &str = "\
Examples:
  tickchain                          three nodes on HTTP ports 50082 to 50084
  tickchain mesh --nodes 5 --topology ring --tick 1s
  tickchain node --http 127.0.0.1:50082 --p2p 127.0.0.1:65001 --peer 127.0.0.1:65002
  tickchain completions bash > ~/.local/share/bash-completion/completions/tickchain

Every option can be given as a variable too: --http-base as TICKCHAIN_HTTP_BASE.
Exit codes: 0 fine, 1 failed, 2 wrong usage.";

const NODE_HELP: &str = "\
Examples:
  Three processes, each linked to the others, every node ticked by a controller:
    tickchain node --http 127.0.0.1:50082 --p2p 127.0.0.1:65001 --peer 127.0.0.1:65002 --peer 127.0.0.1:65003
    tickchain node --http 127.0.0.1:50083 --p2p 127.0.0.1:65002 --peer 127.0.0.1:65001 --peer 127.0.0.1:65003
    tickchain node --http 127.0.0.1:50084 --p2p 127.0.0.1:65003 --peer 127.0.0.1:65001 --peer 127.0.0.1:65002
    curl http://127.0.0.1:50082/start
    curl http://127.0.0.1:50082/clock/1

  A node on free ports that runs by itself and tells a script where it is:
    tickchain node --http 127.0.0.1:0 --p2p 127.0.0.1:0 --start --tick 500ms --json

A genesis file:
    difficulty = 12
    timestamp = \"2009/01/03 18:15:05\"
    [[accounts]]
    name = \"aki\"
    balance = 2

The node is in memory: when it stops, its chain is gone.";

const MESH_HELP: &str = "\
Examples:
  tickchain mesh
  curl -H 'content-type: application/json' -d '{\"sender\":\"aki\",\"recipient\":\"so\",\"value\":2}' \\
       http://127.0.0.1:50082/tx/add
  for port in 50082 50083 50084; do curl http://127.0.0.1:$port/clock/1; done
  curl http://127.0.0.1:50082/status

  tickchain mesh --nodes 4 --topology line --http-base 0 --p2p-base 0 --json

The nodes are in memory: when the mesh stops, their chains are gone.";

const MINE_BENCH_HELP: &str = "\
Tells which code searches, MH/s (million nonces a second) for one thread and for all, the ratio to \
hashing whole headers with the sha2 crate, and how long a block takes at each difficulty.

Examples:
  tickchain mine-bench
  tickchain mine-bench --seconds 20 --threads 1 --json
  tickchain mine-bench --bits 28      mine one such block as well";

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
    /// Run several nodes in this process, started and linked
    #[command(after_help = MESH_HELP)]
    Mesh(MeshArgs),
    /// Measure how fast this machine searches nonces
    #[command(after_help = MINE_BENCH_HELP)]
    MineBench(MineBenchArgs),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// Options of `tickchain mine-bench`.
#[derive(Debug, Args)]
pub struct MineBenchArgs {
    /// Also mine one block whose hash ends in this many zero bits, 0 to 64
    #[arg(long, env = "TICKCHAIN_BITS", value_name = "BITS", value_parser = parse_difficulty)]
    pub bits: Option<Difficulty>,
    /// Threads to measure besides one; all processors without it
    #[arg(long, env = "TICKCHAIN_THREADS", value_name = "N")]
    pub threads: Option<NonZeroUsize>,
    /// How long to measure, in seconds
    #[arg(long, env = "TICKCHAIN_SECONDS", value_name = "S", default_value = "4", value_parser = parse_seconds)]
    pub seconds: Duration,
    /// Print one line of JSON: path, mhs_one, mhs_all, threads, ratio_to_sha2
    #[arg(long, env = "TICKCHAIN_JSON")]
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
        default_value = "127.0.0.1:50082"
    )]
    pub http: SocketAddr,
    /// Where peers are listened for; port 0 takes a free one
    #[arg(
        long,
        env = "TICKCHAIN_P2P",
        value_name = "ADDR:PORT",
        default_value = "127.0.0.1:65001"
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
    /// Start the node at once, as GET /start does
    #[arg(long, env = "TICKCHAIN_START", value_parser = clap::builder::FalseyValueParser::new())]
    pub start: bool,
    /// What both commands know.
    #[command(flatten)]
    pub common: CommonArgs,
}

/// Options of `tickchain mesh`.
#[derive(Debug, Args)]
pub struct MeshArgs {
    /// How many nodes, named node1, node2, …
    #[arg(long, env = "TICKCHAIN_NODES", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=i64::from(MAX_MESH_NODES)))]
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
    /// What both commands know.
    #[command(flatten)]
    pub common: CommonArgs,
}

/// Options that both commands know.
#[derive(Debug, Args)]
pub struct CommonArgs {
    /// A TOML file with the network's accounts, difficulty and timestamp; the document's without it
    #[arg(long, env = "TICKCHAIN_GENESIS", value_name = "FILE")]
    pub genesis: Option<PathBuf>,
    /// Zero bits a block's hash must end in, 0 to 64; outranks the genesis file
    #[arg(long, env = "TICKCHAIN_DIFFICULTY", value_name = "BITS", value_parser = parse_difficulty)]
    pub difficulty: Option<Difficulty>,
    /// Clocks a message takes at least; of two ends the larger one counts
    #[arg(long, env = "TICKCHAIN_LATENCY", value_name = "TICKS", default_value_t = 0, value_parser = clap::value_parser!(u64).range(0..=1_000_000))]
    pub latency: u64,
    /// Let the clock run by itself, one tick each such interval: 500ms, 2s, 1m
    #[arg(long, env = "TICKCHAIN_TICK", value_name = "INTERVAL", value_parser = parse_interval)]
    pub tick: Option<Duration>,
    /// A web origin whose pages may use the API, such as http://localhost:3000; may be given more than once
    #[arg(
        long,
        env = "TICKCHAIN_ALLOW_ORIGIN",
        value_name = "URL",
        value_parser = parse_origin,
        value_delimiter = ','
    )]
    pub allow_origin: Vec<String>,
    /// A host name the API answers to besides loopback ones; may be given more than once
    #[arg(
        long,
        env = "TICKCHAIN_ALLOW_HOST",
        value_name = "NAME",
        value_delimiter = ','
    )]
    pub allow_host: Vec<String>,
    /// A secret that requests must carry as `Authorization: Bearer`; needed when others than this machine can connect
    #[arg(long, env = "TICKCHAIN_TOKEN", value_name = "SECRET", hide_env_values = true, value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub token: Option<String>,
    /// Print one line of JSON once everything listens, instead of a banner
    #[arg(long, env = "TICKCHAIN_JSON", value_parser = clap::builder::FalseyValueParser::new())]
    pub json: bool,
}

/// Who is linked to whom in a mesh.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
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
        Self::parse()
    }

    /// The command asked for; `mesh`, with its variables, where none was.
    pub fn command(self) -> Command {
        self.command
            .or_else(|| Self::parse_from(["tickchain", "mesh"]).command)
            .expect("`mesh` is a command")
    }
}

fn parse_seconds(text: &str) -> Result<Duration, String> {
    let seconds = text
        .parse()
        .ok()
        .filter(|seconds| (0.1..=3600.0).contains(seconds));
    let seconds: f64 = seconds.ok_or("a number of seconds from 0.1 to 3600 is needed")?;
    Ok(Duration::from_secs_f64(seconds))
}

fn parse_name(text: &str) -> Result<Name, String> {
    text.parse()
        .map_err(|error: crate::ledger::AccountError| error.to_string())
}

/// An origin as browsers send it: scheme, host, port, and nothing after.
fn parse_origin(text: &str) -> Result<String, String> {
    let text = text.strip_suffix('/').unwrap_or(text).to_ascii_lowercase();
    let host = (text.strip_prefix("http://")).or_else(|| text.strip_prefix("https://"));
    let is_host = |host: &str| !host.is_empty() && !host.contains(['/', '?', '#', ' ']);
    match host.is_some_and(is_host) {
        true => Ok(text),
        false => Err("an origin has a scheme and a host, such as http://localhost:3000".into()),
    }
}

fn parse_difficulty(text: &str) -> Result<Difficulty, String> {
    let bits = text.parse().ok().and_then(Difficulty::new);
    bits.ok_or_else(|| {
        format!(
            "a difficulty is a whole number from 0 to {}",
            Difficulty::MAX
        )
    })
}

fn parse_interval(text: &str) -> Result<Duration, String> {
    let split = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let millis = match unit {
        "ms" => Some(1),
        "s" => Some(1_000),
        "m" => Some(60_000),
        _ => None,
    };
    let interval = number
        .parse::<u64>()
        .ok()
        .zip(millis)
        .and_then(|(number, millis)| number.checked_mul(millis))
        .map(Duration::from_millis)
        .filter(|interval| !interval.is_zero() && *interval <= MAX_TICK);
    interval.ok_or_else(|| {
        "an interval is a whole number and a unit, such as 500ms, 2s or 1m, from 1ms to a day"
            .into()
    })
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
    fn intervals_have_a_number_and_a_unit() {
        assert_eq!(parse_interval("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(parse_interval("2s"), Ok(Duration::from_secs(2)));
        assert_eq!(parse_interval("1m"), Ok(Duration::from_secs(60)));
        for text in [
            "",
            "5",
            "ms",
            "0ms",
            "-1s",
            "1.5s",
            "1h",
            "2 s",
            "25000m",
            "99999999999999999999s",
        ] {
            assert!(parse_interval(text).is_err(), "{text}");
        }
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
