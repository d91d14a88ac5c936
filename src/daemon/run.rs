//! The program: a command line in, an exit code out.

mod control;

use std::net::IpAddr;
use std::process::ExitCode;

use smol::future::{FutureExt, zip};

use super::banner::{self, Banner, NodeLine};
use super::cli::{AccessArgs, Cli, Command, NodeArgs};
use super::controller::api::RunningController;
use super::controller::scenario;
use super::error::DaemonError;
use super::http::Guard;
use super::key::{self, Kind, NodeKey, Secret};
use super::links::{AllowList, Security};
use super::node::{RunningNode, Setup, Sockets};
use super::{genesis_file, mine_bench, signals, sim, storage};

/// Does what the command line asks for until a signal ends it. What goes wrong is written to standard
/// error.
pub fn run(cli: Cli) -> ExitCode {
    super::log::init(cli.log.as_deref());
    let result = match cli.command() {
        Command::Node(args) => node(args),
        Command::Mesh(args) => control::mesh(args),
        Command::Run(args) => scenario::run(&args),
        Command::Sim(args) => sim::run(&args),
        Command::Controller(args) => control::controller(args),
        Command::Chain(args) => storage::run_chain(args),
        Command::Key(args) => key::run(&args),
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
    check_exposure(args.http.ip(), "--http", &args.common.access)?;
    let security = security(&args)?;
    if !args.p2p.ip().is_loopback() && security.is_none() {
        log::warn!(
            "peers from other machines can connect to {}: they are not authenticated, and what is said \
             goes over the wire in clear; give all nodes one --network-key",
            args.p2p
        );
    }
    let common = args.common;
    let genesis = genesis_file::read(common.genesis.as_deref(), common.difficulty)?;
    let setup = Setup {
        genesis: genesis.clone(),
        latency: common.latency,
        security,
        guard: guard(&common.access),
        data_dir: args.data_dir,
        ..Setup::new(args.name)
    };
    until_signal(async {
        let sockets = Sockets::bind((args.http, "--http"), (args.p2p, "--p2p"))?;
        let node = RunningNode::new(sockets, setup)?;
        for peer in args.peers {
            node.dial(peer)?;
        }
        if args.start {
            node.start().await?;
        }
        node.tick(common.tick);
        let banner = Banner {
            nodes: vec![NodeLine::of(&node)],
            genesis: Some(&genesis),
            token: common.access.token.is_some(),
            tick: common.tick,
            page: None,
        };
        Ok(Running {
            ready: banner.show(common.access.json),
            nodes: vec![node],
            controller: None,
        })
    })
}

/// The keys of a node's links, where the network has one.
fn security(args: &NodeArgs) -> Result<Option<Security>, DaemonError> {
    let Some(network_key) = &args.common.network_key else {
        return Ok(None);
    };
    let node_key = match &args.node_key {
        Some(path) => NodeKey::keep(path)?,
        None => NodeKey::new(Secret::random()?),
    };
    let allowed = args.allow_peers.as_deref().map(AllowList::read);
    Ok(Some(Security {
        network_key: key::read(network_key, Kind::Network)?,
        node_key,
        allowed: allowed.transpose()?,
    }))
}

fn guard(access: &AccessArgs) -> Guard {
    Guard {
        allow_hosts: access.allow_host.clone(),
        allow_origins: access.allow_origin.clone(),
        token: access.token.clone(),
    }
}

/// Other machines may use a node's API only with a token.
fn check_exposure(ip: IpAddr, option: &str, access: &AccessArgs) -> Result<(), DaemonError> {
    if ip.is_loopback() {
        return Ok(());
    }
    if access.token.is_none() {
        return Err(DaemonError::Usage(format!(
            "{option} {ip} lets other machines use the API: give a secret with --token, or stay on \
             this machine with 127.0.0.1"
        )));
    }
    log::warn!(
        "other machines can connect to the API on {ip}: the token goes over the wire in clear"
    );
    if access.allow_host.is_empty() {
        warn_of_hosts();
    }
    Ok(())
}

fn warn_of_hosts() {
    log::warn!(
        "no --allow-host is given: only this machine's own names are answered; add --allow-host \
         NAME-OR-IP"
    );
}

/// What runs until a signal ends it.
struct Running {
    /// What is said once it does.
    ready: String,
    /// Nodes that are nobody's.
    nodes: Vec<RunningNode>,
    controller: Option<RunningController>,
}

impl Running {
    async fn stop(self) {
        let controller = async {
            if let Some(controller) = self.controller {
                controller.stop().await;
            }
        };
        zip(RunningNode::stop_all(self.nodes), controller).await;
    }
}

/// Starts something, says so, and runs it until the first signal.
fn until_signal(
    start: impl Future<Output = Result<Running, DaemonError>>,
) -> Result<(), DaemonError> {
    let signals = signals::listen().map_err(|source| DaemonError::System {
        what: "cannot listen for signals",
        source,
    })?;
    smol::block_on(async {
        let started = async { start.await.map(Some) };
        let interrupted = async {
            let _ = signals.recv().await;
            Ok(None)
        };
        let Some(running) = started.or(interrupted).await? else {
            return Ok(());
        };
        banner::print(&running.ready);
        if let Ok(signal) = signals.recv().await {
            log::info!("{signal}: stopping");
        }
        running.stop().await;
        Ok(())
    })
}
