//! The table `[network]`: nodes, links, genesis.

use std::collections::BTreeSet;

use toml::Spanned;

use super::expect::{EVERY_NODE, TIPS};
use super::file::{Network, Nodes};
use super::parse::{Found, unknown};
use super::{Flaw, MAX_DIFFICULTY, MAX_LATENCY, MAX_NODES};
use crate::daemon::cli::Topology;
use crate::ledger::{Account, Difficulty, Genesis, GenesisAccount, GenesisError, parse_timestamp};
use crate::node::Name;

/// The nodes that are there when no number is given.
const NODES: u64 = 3;

/// The network that a scenario begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// The nodes, in the order in which they are ticked.
    pub nodes: Vec<Name>,
    /// Who is linked to whom, by position in `nodes`.
    pub links: Vec<(usize, usize)>,
    /// The ticks every message takes.
    pub latency: u64,
    /// Accounts, difficulty and timestamp.
    pub genesis: Genesis,
}

impl Layout {
    pub(super) fn check(network: Network) -> Found<Self> {
        let nodes = match network.nodes {
            Some(nodes) => names(nodes.span().start, nodes.into_inner())?,
            None => names(0, Nodes::Count(NODES))?,
        };
        Ok(Self {
            links: links(&nodes, network.topology, network.links)?,
            nodes,
            latency: latency(network.latency)?,
            genesis: genesis(network.difficulty, network.timestamp, network.accounts)?,
        })
    }
}

fn names(at: usize, nodes: Nodes) -> Found<Vec<Name>> {
    let count = match &nodes {
        Nodes::Count(count) => *count,
        Nodes::Names(names) => names.len() as u64,
    };
    if !(1..=MAX_NODES).contains(&count) {
        return Err((at, Flaw::NodeCount { count }));
    }
    let Nodes::Names(given) = nodes else {
        let numbered = |number| format!("node{number}").parse();
        let names = (1..=count).map(|number| numbered(number).expect("a short word is a name"));
        return Ok(names.collect());
    };
    let mut names: Vec<Name> = Vec::new();
    for name in given {
        let at = name.span().start;
        let text = name.into_inner();
        if [EVERY_NODE, TIPS].contains(&text.as_str()) {
            return Err((at, Flaw::NodeReserved { name: text }));
        }
        let name = (text.parse()).map_err(|error| (at, Flaw::Toml(format!("nodes: {error}"))))?;
        if names.contains(&name) {
            return Err((at, Flaw::NodeTwice { name: text }));
        }
        names.push(name);
    }
    Ok(names)
}

fn links(
    nodes: &[Name],
    topology: Option<Spanned<Topology>>,
    links: Option<Spanned<Vec<Spanned<[String; 2]>>>>,
) -> Found<Vec<(usize, usize)>> {
    let links = match (topology, links) {
        (Some(_), Some(links)) => return Err((links.span().start, Flaw::TopologyAndLinks)),
        (None, None) => return Ok(Topology::Full.links(nodes.len())),
        (Some(topology), None) => return Ok(topology.into_inner().links(nodes.len())),
        (None, Some(links)) => links.into_inner(),
    };
    let mut seen = BTreeSet::new();
    let mut pairs = Vec::new();
    for link in links {
        let at = link.span().start;
        let [a, b] = link.into_inner();
        let place = |name: &String| {
            let found = nodes.iter().position(|node| node.as_str() == name);
            found.ok_or_else(|| (at, unknown(name, nodes)))
        };
        let pair = (place(&a)?, place(&b)?);
        if pair.0 == pair.1 {
            return Err((at, Flaw::SelfLink { name: a }));
        }
        if !seen.insert((pair.0.min(pair.1), pair.0.max(pair.1))) {
            return Err((at, Flaw::LinkTwice { a, b }));
        }
        pairs.push(pair);
    }
    Ok(pairs)
}

fn latency(latency: Option<Spanned<u64>>) -> Found<u64> {
    let Some(latency) = latency else { return Ok(0) };
    let at = latency.span().start;
    match latency.into_inner() {
        latency @ 0..=MAX_LATENCY => Ok(latency),
        latency => Err((at, Flaw::Latency { latency })),
    }
}

fn genesis(
    difficulty: Option<Spanned<Difficulty>>,
    timestamp: Option<Spanned<String>>,
    accounts: Option<Vec<Spanned<GenesisAccount>>>,
) -> Found<Genesis> {
    let mut genesis = Genesis::default();
    if let Some(difficulty) = difficulty {
        genesis.difficulty = *difficulty.get_ref();
        if genesis.difficulty.bits() > MAX_DIFFICULTY {
            let flaw = Flaw::Difficulty {
                difficulty: genesis.difficulty,
            };
            return Err((difficulty.span().start, flaw));
        }
    }
    if let Some(timestamp) = timestamp {
        let text = timestamp.get_ref();
        genesis.timestamp = parse_timestamp(text).ok_or_else(|| {
            let message = format!("expected a timestamp YYYY/MM/DD HH:MM:SS, got {text:?}");
            (timestamp.span().start, Flaw::Toml(message))
        })?;
    }
    let mut places = Vec::new();
    if let Some(accounts) = accounts {
        places.extend(accounts.iter().map(|account| account.span().start));
        genesis.accounts = accounts.into_iter().map(Spanned::into_inner).collect();
    }
    match genesis.block() {
        Ok(_) => Ok(genesis),
        Err(error) => {
            let last =
                |name: &Account| (genesis.accounts.iter()).rposition(|known| known.name == *name);
            let at = match &error {
                GenesisError::Twice { account } => last(account).and_then(|nth| places.get(nth)),
                _ => places.last(),
            };
            Err((at.copied().unwrap_or(0), Flaw::Genesis(error)))
        }
    }
}
