//! The program: a command line in, an exit code out.

use std::net::IpAddr;
use std::process::ExitCode;

use smol::future::FutureExt;

use super::cli::{Cli, Command, CommonArgs, MeshArgs, NodeArgs};
use super::controller::scenario;
use super::error::DaemonError;
use super::http::Guard;
use super::mesh::MeshSetup;
use super::node::{RunningNode, Setup, Sockets};
use super::{banner, genesis_file, mesh, mine_bench, signals};
use crate::ledger::Genesis;

/// Does what the command line asks for until a signal ends it. What goes wrong is written to standard
/// error.
pub fn run(cli: Cli) -> ExitCode {
    super::log::init(cli.log.as_deref());
    let result = match cli.command() {
        Command::Node(args) => node(args),
        Command::Mesh(args) => run_mesh(args),
        Command::Run(args) => scenario::run(&args),
        Command::MineBench(args) => {
            mine_bench::run(&args);
            Ok(())
        }
        Command::Completions { shell } => {
            let mut script = Vec::new();
            let mut command = <Cli as clap::CommandFactory>::command();
            clap_complete::generate(shell, &mut command, "tickchain", &mut script);
            banner::print(&String::from_utf8_lossy(&script));
            Ok(())
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}

fn node(args: NodeArgs) -> Result<(), DaemonError> {
    let common = args.common;
    check_exposure(args.http.ip(), "--http", &common)?;
    if !args.p2p.ip().is_loopback() {
        log::warn!(
            "peers from other machines can connect to {}: they are not authenticated",
            args.p2p
        );
    }
    let genesis = genesis_file::read(common.genesis.as_deref(), common.difficulty)?;
    let setup = Setup {
        genesis: genesis.clone(),
        latency: common.latency,
        guard: guard(&common),
        ..Setup::new(args.name)
    };
    until_signal(&common, &genesis, async {
        let sockets = Sockets::bind((args.http, "--http"), (args.p2p, "--p2p"))?;
        let node = RunningNode::new(sockets, setup)?;
        for peer in args.peers {
            node.dial(peer)?;
        }
        if args.start {
            node.start().await?;
        }
        Ok(vec![node])
    })
}

fn run_mesh(args: MeshArgs) -> Result<(), DaemonError> {
    let common = args.common;
    check_exposure(args.bind, "--bind", &common)?;
    let genesis = genesis_file::read(common.genesis.as_deref(), common.difficulty)?;
    let setup = MeshSetup {
        nodes: args.nodes,
        topology: args.topology,
        bind: args.bind,
        http_base: args.http_base,
        p2p_base: args.p2p_base,
        genesis: genesis.clone(),
        latency: common.latency,
        guard: guard(&common),
    };
    until_signal(&common, &genesis, mesh::run(&setup))
}

fn guard(common: &CommonArgs) -> Guard {
    Guard {
        allow_hosts: common.allow_host.clone(),
        allow_origins: common.allow_origin.clone(),
        token: common.token.clone(),
    }
}

/// Other machines may use the API only with a token.
fn check_exposure(ip: IpAddr, option: &str, common: &CommonArgs) -> Result<(), DaemonError> {
    if ip.is_loopback() {
        return Ok(());
    }
    if common.token.is_none() {
        return Err(DaemonError::Usage(format!(
            "{option} {ip} lets other machines use the API: give a secret with --token, or stay on \
             this machine with 127.0.0.1"
        )));
    }
    log::warn!(
        "other machines can connect to the API on {ip}: the token goes over the wire in clear"
    );
    if common.allow_host.is_empty() {
        log::warn!(
            "no --allow-host is given: only this machine's own names are answered; add \
             --allow-host NAME-OR-IP"
        );
    }
    Ok(())
}

/// Starts nodes, says so, and runs them until the first signal.
fn until_signal(
    common: &CommonArgs,
    genesis: &Genesis,
    start: impl Future<Output = Result<Vec<RunningNode>, DaemonError>>,
) -> Result<(), DaemonError> {
    let signals = signals::listen().map_err(|source| DaemonError::System {
        what: "cannot listen for signals",
        source,
    })?;
    smol::block_on(async {
        let interrupted = async {
            let _ = signals.recv().await;
            Ok(Vec::new())
        };
        let nodes = start.or(interrupted).await?;
        if nodes.is_empty() {
            return Ok(());
        }
        for node in &nodes {
            node.tick(common.tick);
        }
        banner::print(&match common.json {
            true => banner::json(&nodes),
            false => banner::text(&nodes, genesis, common.token.is_some(), common.tick),
        });
        if let Ok(signal) = signals.recv().await {
            log::info!("{signal}: stopping");
        }
        let stops: Vec<_> = (nodes.into_iter())
            .map(|node| smol::spawn(node.stop()))
            .collect();
        for stop in stops {
            stop.await;
        }
        Ok(())
    })
}
