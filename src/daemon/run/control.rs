//! `tickchain mesh` and `tickchain controller`: nodes, and the controller that moves them.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;

use super::{Running, check_exposure, guard, until_signal, warn_of_hosts};
use crate::daemon::banner::{self, Banner, NodeLine, Page};
use crate::daemon::cli::{AccessArgs, ControllerArgs, ControllerAt, MeshArgs};
use crate::daemon::controller::api::RunningController;
use crate::daemon::controller::{Controller, Fleet, NodeAddress, Setup};
use crate::daemon::error::DaemonError;
use crate::daemon::key::{self, Kind};
use crate::daemon::mesh::{self, MeshSetup};
use crate::daemon::{genesis_file, node};

/// The longest token that is read from a file, in bytes.
const MAX_TOKEN_BYTES: usize = 4096;

pub(super) fn mesh(args: MeshArgs) -> Result<(), DaemonError> {
    let common = args.common;
    check_exposure(args.bind, "--bind", &common.access)?;
    let genesis = genesis_file::read(common.genesis.as_deref(), common.difficulty)?;
    let network_key = common.network_key.as_deref();
    let network_key = network_key.map(|path| key::read(path, Kind::Network));
    let setup = MeshSetup {
        nodes: args.nodes,
        topology: args.topology,
        bind: args.bind,
        http_base: args.http_base,
        p2p_base: args.p2p_base,
        genesis: genesis.clone(),
        latency: common.latency,
        network_key: network_key.transpose()?,
        guard: guard(&common.access),
        data_dir: args.data_dir,
    };
    until_signal(async {
        let socket = match args.controller {
            ControllerAt::None => None,
            ControllerAt::Socket(address) => {
                let option = "--controller ADDR:PORT (--controller none runs the nodes alone)";
                Some(listen(address, option, &common.access)?)
            }
        };
        let nodes = mesh::run(&setup).await?;
        for node in &nodes {
            node.tick(common.tick);
        }
        let mut banner = Banner {
            nodes: nodes.iter().map(NodeLine::of).collect(),
            genesis: Some(&genesis),
            token: common.access.token.is_some(),
            tick: common.tick,
            page: None,
        };
        let Some(socket) = socket else {
            return Ok(Running {
                ready: banner.show(common.access.json),
                nodes,
                controller: None,
            });
        };
        let fleet = Fleet::new(setup, nodes);
        let controller = Controller::new(Setup {
            nodes: Vec::new(),
            fleet: Some(fleet),
            snapshots: Some(args.snapshots.folder),
        });
        let controller = serve(socket, controller.await?, &common.access)?;
        banner.page = Some(Page::of(&controller));
        Ok(Running {
            ready: banner.show(common.access.json),
            nodes: Vec::new(),
            controller: Some(controller),
        })
    })
}

pub(super) fn controller(args: ControllerArgs) -> Result<(), DaemonError> {
    let token = args.node_token_file.as_deref().map(read_token);
    let token = token.transpose()?;
    until_signal(async {
        let socket = listen(args.listen, "--listen", &args.access)?;
        let nodes = args.nodes.iter().map(|url| NodeAddress {
            url: url.clone(),
            token: token.clone(),
        });
        let controller = Controller::new(Setup {
            nodes: nodes.collect(),
            fleet: None,
            snapshots: Some(args.snapshots.folder),
        });
        let controller = serve(socket, controller.await?, &args.access)?;
        let banner = Banner {
            nodes: args.nodes.iter().map(NodeLine::elsewhere).collect(),
            genesis: None,
            token: args.access.token.is_some(),
            tick: None,
            page: Some(Page::of(&controller)),
        };
        Ok(Running {
            ready: banner.show(args.access.json),
            nodes: Vec::new(),
            controller: Some(controller),
        })
    })
}

/// Listens for the controller, and warns where other machines can reach it.
fn listen(
    address: SocketAddr,
    option: &'static str,
    access: &AccessArgs,
) -> Result<TcpListener, DaemonError> {
    let ip = address.ip();
    if !ip.is_loopback() {
        log::warn!(
            "other machines can connect to the controller on {ip}: what they send goes over the wire \
             in clear"
        );
        if ip.is_unspecified() && access.allow_host.is_empty() {
            warn_of_hosts();
        }
    }
    node::bind(address, option)
}

fn serve(
    socket: TcpListener,
    controller: Controller,
    access: &AccessArgs,
) -> Result<RunningController, DaemonError> {
    let json = access.json;
    RunningController::new(socket, controller, guard(access), move |link| {
        banner::print(&banner::login(link, json));
    })
}

/// The token in a file, without what surrounds it.
fn read_token(path: &Path) -> Result<String, DaemonError> {
    let wrong = |reason: String| DaemonError::TokenFile {
        path: path.to_owned(),
        reason,
    };
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    let token = text.trim();
    if token.is_empty() {
        return Err(wrong("it is empty".to_owned()));
    }
    if token.len() > MAX_TOKEN_BYTES || !token.bytes().all(|byte| (0x21..0x7f).contains(&byte)) {
        return Err(wrong(format!(
            "a token is one line of at most {MAX_TOKEN_BYTES} visible ASCII characters"
        )));
    }
    Ok(token.to_owned())
}
