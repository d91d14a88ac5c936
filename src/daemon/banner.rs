//! What the program says once it runs.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use serde::Serialize;

use super::node::RunningNode;
use crate::ledger::Genesis;

/// The most accounts the banner lists.
const ACCOUNTS: usize = 10;

/// The line of `--json`.
#[derive(Serialize)]
struct Ready {
    event: &'static str,
    nodes: Vec<ReadyNode>,
    pid: u32,
}

#[derive(Serialize)]
struct ReadyNode {
    name: String,
    http: String,
    p2p: String,
}

/// One line of JSON that says where every node is.
pub(super) fn json(nodes: &[RunningNode]) -> String {
    let ready = Ready {
        event: "ready",
        nodes: nodes
            .iter()
            .map(|node| ReadyNode {
                name: node.name().to_string(),
                http: node.http().to_string(),
                p2p: node.p2p().to_string(),
            })
            .collect(),
        pid: std::process::id(),
    };
    let mut line = serde_json::to_string(&ready).expect("strings and numbers are JSON");
    line.push('\n');
    line
}

/// A few lines that say what runs and what to try. `tick` is the interval at which the clocks run.
pub(super) fn text(
    nodes: &[RunningNode],
    genesis: &Genesis,
    token: bool,
    tick: Option<Duration>,
) -> String {
    let mut out = String::new();
    let (count, they, clocks) = match nodes.len() {
        1 => (
            "one node".to_owned(),
            "it knows",
            "The clock ticks by itself",
        ),
        count => (
            format!("{count} nodes"),
            "they know",
            "The clocks tick by themselves",
        ),
    };
    let version = env!("CARGO_PKG_VERSION");
    // Writing to a string cannot fail.
    let _ = writeln!(
        out,
        "tickchain {version}: {count}, in memory: what {they} is gone when this ends\n"
    );
    table(
        &mut out,
        ["node", "HTTP", "peers"],
        nodes.iter().map(|node| {
            let http = format!("http://{}", reachable(node.http()));
            [node.name().to_string(), http, node.p2p().to_string()]
        }),
    );
    out.push('\n');
    let accounts = genesis.accounts.iter().take(ACCOUNTS);
    table(
        &mut out,
        ["account", "balance"],
        accounts.map(|account| [account.name.to_string(), account.balance.to_string()]),
    );
    let more = genesis.accounts.len().saturating_sub(ACCOUNTS);
    if more > 0 {
        let _ = writeln!(out, "  and {more} more");
    }
    if let Some(tick) = tick {
        let _ = writeln!(out, "\n{clocks}, every {tick:?}.");
    }
    let _ = writeln!(
        out,
        "\nTry:\n{}\nCtrl-C ends it.",
        commands(nodes, genesis, token, tick.is_some())
    );
    out
}

fn commands(nodes: &[RunningNode], genesis: &Genesis, token: bool, ticks: bool) -> String {
    let Some(first) = nodes.first() else {
        return String::new();
    };
    let secret = match token {
        true => "-H \"authorization: Bearer $TICKCHAIN_TOKEN\" ",
        false => "",
    };
    let base = format!("http://{}", reachable(first.http()));
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
    let start = match first.handle().view().started {
        true => String::new(),
        false => format!("  curl {secret}{base}/start\n"),
    };
    if ticks {
        return format!(
            "{start}  curl {secret}-H 'content-type: application/json' -d '{payment}' {base}/tx/add\n  \
             curl -N {secret}{base}/events\n  \
             curl {secret}{base}/status\n",
        );
    }
    let all: Vec<String> = nodes
        .iter()
        .map(|node| format!("{}/clock/1", reachable(node.http())))
        .collect();
    format!(
        "{start}  curl {secret}-H 'content-type: application/json' -d '{payment}' {base}/tx/add\n  \
         curl {secret}{}\n  \
         curl {secret}{base}/txPool/all\n",
        all.join(" ")
    )
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
