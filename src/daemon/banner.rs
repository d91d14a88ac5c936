//! What the program says once it runs.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use serde::Serialize;

use super::controller::NodeUrl;
use super::controller::api::RunningController;
use super::count::Count;
use super::key::PublicKey;
use super::node::RunningNode;
use super::storage::Kept;
use crate::ledger::Genesis;

/// The most accounts the banner lists.
const ACCOUNTS: usize = 10;

/// What is said of what runs.
pub(super) struct Banner<'a> {
    /// The nodes.
    pub(super) nodes: Vec<NodeLine>,
    /// The network, where it is known.
    pub(super) genesis: Option<&'a Genesis>,
    /// Whether the nodes ask for a token.
    pub(super) token: bool,
    /// The interval at which the clocks run.
    pub(super) tick: Option<Duration>,
    /// The controller's page, where there is one.
    pub(super) page: Option<Page>,
}

/// What is said of a node.
#[derive(Serialize)]
pub(super) struct NodeLine {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    http: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    p2p: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<PublicKey>,
    /// Where it is kept; absent for a node of others.
    #[serde(skip_serializing_if = "Option::is_none")]
    storage: Option<Place>,
    #[serde(skip)]
    base: String,
    #[serde(skip)]
    started: bool,
}

/// Where a node is kept.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Place {
    /// Nowhere: it ends with the program.
    Memory,
    /// In a data directory, which held this.
    #[serde(untagged)]
    Disk {
        path: String,
        blocks: u64,
        clock: u64,
    },
}

impl Place {
    fn of(kept: Option<&Kept>) -> Self {
        match kept {
            None => Self::Memory,
            Some(kept) => Self::Disk {
                path: kept.path.display().to_string(),
                blocks: kept.blocks,
                clock: kept.clock,
            },
        }
    }
}

impl NodeLine {
    pub(super) fn of(node: &RunningNode) -> Self {
        Self {
            name: Some(node.name().to_string()),
            http: node.http().to_string(),
            p2p: Some(node.p2p().to_string()),
            key: node.public_key().copied(),
            storage: Some(Place::of(node.kept())),
            base: format!("http://{}", reachable(node.http())),
            started: node.handle().view().started,
        }
    }

    /// A node of others.
    pub(super) fn elsewhere(url: &NodeUrl) -> Self {
        Self {
            name: None,
            http: url.authority(),
            p2p: None,
            key: None,
            storage: None,
            base: url.to_string(),
            started: true,
        }
    }
}

/// Where the controller's page is.
pub(super) struct Page {
    address: SocketAddr,
    login: Option<String>,
}

impl Page {
    pub(super) fn of(controller: &RunningController) -> Self {
        Self {
            address: controller.address(),
            login: controller.login_link(),
        }
    }
}

/// The line of `--json`.
#[derive(Serialize)]
struct Ready<'a> {
    event: &'static str,
    nodes: &'a [NodeLine],
    #[serde(skip_serializing_if = "Option::is_none")]
    controller: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    login: Option<&'a str>,
    pid: u32,
}

/// The line that tells of another login link.
#[derive(Serialize)]
struct LoginLine<'a> {
    event: &'static str,
    login: &'a str,
}

/// What is said of a login link after the first.
pub(super) fn login(link: &str, json: bool) -> String {
    match json {
        true => line(&LoginLine {
            event: "login",
            login: link,
        }),
        false => format!("Logged in. For another browser:\n  {link}\n"),
    }
}

fn line(json: &impl Serialize) -> String {
    let mut line = serde_json::to_string(json).expect("strings and numbers are JSON");
    line.push('\n');
    line
}

impl Banner<'_> {
    /// One line of JSON, or a few lines for people.
    pub(super) fn show(&self, json: bool) -> String {
        match json {
            true => self.json(),
            false => self.text(),
        }
    }

    fn json(&self) -> String {
        let page = self.page.as_ref();
        line(&Ready {
            event: "ready",
            nodes: &self.nodes,
            controller: page.map(|page| page.address.to_string()),
            login: page.and_then(|page| page.login.as_deref()),
            pid: std::process::id(),
        })
    }

    /// Whether a node has more than the genesis block from the beginning.
    fn goes_on(&self) -> bool {
        let goes_on =
            |node: &NodeLine| matches!(node.storage, Some(Place::Disk { blocks: 1.., .. }));
        self.nodes.iter().any(goes_on)
    }

    /// What runs and what to try.
    fn text(&self) -> String {
        let mut out = format!("tickchain {}: ", env!("CARGO_PKG_VERSION"));
        out += &match (self.nodes.len(), self.genesis) {
            (1, None) => "a controller of one node\n".to_owned(),
            (count, None) => format!("a controller of {count} nodes\n"),
            (1, _) => "one node\n".to_owned(),
            (count, _) => format!("{count} nodes\n"),
        };
        self.tell_storage(&mut out);
        if let Some(page) = &self.page {
            out += &page.text();
        }
        out.push('\n');
        self.list_nodes(&mut out);
        if let Some(genesis) = self.genesis {
            out.push('\n');
            accounts(&mut out, genesis, self.goes_on());
        }
        if let Some(tick) = self.tick {
            let clocks = match self.nodes.len() {
                1 => "The clock ticks by itself",
                _ => "The clocks tick by themselves",
            };
            // Writing to a string cannot fail.
            let _ = writeln!(out, "\n{clocks}, every {tick:?}.");
        }
        if let Some(genesis) = self.genesis {
            let _ = write!(out, "\nTry:\n{}", self.commands(genesis));
        }
        out + "\nCtrl-C ends it.\n"
    }

    /// Where the nodes are kept; all are kept in the same way.
    fn tell_storage(&self, out: &mut String) {
        let places = self.nodes.iter().filter_map(|node| node.storage.as_ref());
        for place in places {
            match place {
                Place::Memory => {
                    *out += "In memory: nothing is kept when it ends. --data-dir DIR keeps it.\n";
                    return;
                }
                Place::Disk {
                    path,
                    blocks,
                    clock,
                } => {
                    let blocks = Count(*blocks, "block");
                    let _ = writeln!(out, "Kept in {path}: {blocks}, clock {clock}");
                }
            }
        }
    }

    fn list_nodes(&self, out: &mut String) {
        let named = self.nodes.iter().filter_map(|node| {
            let (name, p2p) = (node.name.clone()?, node.p2p.clone()?);
            Some([name, node.base.clone(), p2p])
        });
        let elsewhere = self.nodes.iter().filter(|node| node.name.is_none());
        match self.genesis {
            Some(_) => table(out, ["node", "HTTP", "peers"], named),
            None => table(out, ["node"], elsewhere.map(|node| [node.base.clone()])),
        }
        let keys: Vec<[String; 2]> = (self.nodes.iter())
            .filter_map(|node| Some([node.name.clone()?, node.key?.to_string()]))
            .collect();
        if !keys.is_empty() {
            out.push('\n');
            table(out, ["node", "public key"], keys.into_iter());
        }
    }

    fn commands(&self, genesis: &Genesis) -> String {
        let Some(first) = self.nodes.first() else {
            return String::new();
        };
        let secret = match self.token {
            true => "-H \"authorization: Bearer $TICKCHAIN_TOKEN\" ",
            false => "",
        };
        let base = &first.base;
        let names: Vec<&str> = (genesis.accounts.iter().take(2))
            .map(|account| account.name.as_str())
            .collect();
        let sender = names.first().unwrap_or(&"aki");
        let recipient = names.last().unwrap_or(&"so");
        // Names may hold any character, the shell's quotes as well.
        let payment = format!(
            r#"{{"sender":{},"recipient":{},"value":1}}"#,
            serde_json::Value::from(*sender),
            serde_json::Value::from(*recipient),
        );
        let payment = payment.replace('\'', r"'\''");
        let start = match first.started {
            true => String::new(),
            false => format!("  curl {secret}{base}/start\n"),
        };
        let pay = format!(
            "  curl {secret}-H 'content-type: application/json' -d '{payment}' {base}/tx/add\n"
        );
        let rest = match self.tick.is_some() {
            true => format!("  curl -N {secret}{base}/events\n  curl {secret}{base}/status\n"),
            false => {
                let ticks: Vec<String> = (self.nodes.iter())
                    .map(|node| format!("{}/clock/1", node.base.trim_start_matches("http://")))
                    .collect();
                let ticks = ticks.join(" ");
                format!("  curl {secret}{ticks}\n  curl {secret}{base}/txPool/all\n")
            }
        };
        start + &pay + &rest
    }
}

impl Page {
    fn text(&self) -> String {
        match &self.login {
            None => format!("\n  Open http://{}\n", self.address),
            Some(link) => format!(
                "\n  Open {link}\n  It logs one browser in; the next link is shown here once it was used.\n"
            ),
        }
    }
}

fn accounts(out: &mut String, genesis: &Genesis, goes_on: bool) {
    let accounts = genesis.accounts.iter().take(ACCOUNTS);
    table(
        out,
        ["account", if goes_on { "at genesis" } else { "balance" }],
        accounts.map(|account| [account.name.to_string(), account.balance.to_string()]),
    );
    let more = genesis.accounts.len().saturating_sub(ACCOUNTS);
    if more > 0 {
        let _ = writeln!(out, "  and {more} more");
    }
}

/// The address to call a node by on this machine.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

fn table<const N: usize>(
    out: &mut String,
    head: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
) {
    let rows: Vec<[String; N]> = std::iter::once(head.map(str::to_owned))
        .chain(rows)
        .collect();
    let widths: [usize; N] = std::array::from_fn(|column| {
        let width = |row: &[String; N]| row[column].chars().count();
        rows.iter().map(width).max().unwrap_or(0)
    });
    for row in rows {
        let mut line = String::from("  ");
        for (cell, width) in row.iter().zip(widths) {
            let _ = write!(line, "{cell:width$}  ");
        }
        let _ = writeln!(out, "{}", line.trim_end());
    }
}

/// Writes to standard output. Nobody reading there is no reason to stop.
pub(super) fn print(text: &str) {
    let mut out = io::stdout().lock();
    if let Err(error) = out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        log::info!("standard output is gone: {error}");
    }
}
