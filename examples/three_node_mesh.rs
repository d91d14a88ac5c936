//! Three nodes with real sockets and HTTP APIs, stepped by a controller: `cargo run --example
//! three_node_mesh`.
//!
//! Each node is what `tickchain node` runs, here on free ports and the daemon's executor. The
//! controller is this program: all it does is HTTP, and it prints each call as a curl command. To
//! have such a mesh stay and try them, run `tickchain mesh`.

mod common;

use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use async_net::TcpStream;
use common::{NODES, Step, WALL, payment, print_clock, print_names, print_tips, story};
use smol::Timer;
use smol::io::{AsyncReadExt, AsyncWriteExt};
use tickchain::daemon::node::{RunningNode, Setup, Sockets};
use tickchain::daemon::node_api::PeerAddress;
use tickchain::driver::Options;
use tickchain::node::Status;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    run().map(drop)
}

/// Plays the story and returns the hash of each node's tip.
pub(crate) fn run() -> Result<Vec<String>> {
    smol::block_on(async {
        let nodes = start_all().await?;
        let apis: Vec<SocketAddr> = nodes.iter().map(RunningNode::http).collect();
        let tips = play(&apis).await?;
        for node in nodes {
            node.stop().await;
        }
        Ok(tips)
    })
}

/// Three nodes, each linked to the others.
async fn start_all() -> Result<Vec<RunningNode>> {
    let mut nodes: Vec<RunningNode> = Vec::new();
    for (name, salt) in NODES {
        // Port 0 takes a free one. The mesh of `tickchain mesh` is on 50082 and 65001 onwards.
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let sockets = Sockets::bind((any, "http"), (any, "p2p"))?;
        let mut setup = Setup::new(Some(common::name(name)));
        // A fixed time and fixed salts: the same chain every time.
        setup.options = Options {
            wall: Arc::new(|| WALL),
            ..setup.options
        };
        let node = RunningNode::new(sockets, setup)?;
        node.handle().start(salt).await?;
        println!(
            "{name} serves http://{} and its peers on {}",
            node.http(),
            node.p2p()
        );
        nodes.push(node);
    }
    for node in &nodes {
        for peer in nodes.iter().filter(|peer| peer.name() != node.name()) {
            node.dial(PeerAddress {
                addr: peer.p2p().ip().to_string(),
                port: peer.p2p().port(),
            })?;
        }
    }
    for node in &nodes {
        // What GET /healthz says: no peer is missing.
        while !node.peers().missing().is_empty() {
            Timer::after(Duration::from_millis(1)).await;
        }
    }
    Ok(nodes)
}

async fn play(apis: &[SocketAddr]) -> Result<Vec<String>> {
    for step in story() {
        match step {
            Step::Pay => {
                let body = serde_json::to_string(&payment())?;
                println!(
                    "\ncurl -H 'content-type: application/json' -d '{body}' http://{}/tx/add",
                    apis[0]
                );
                println!("{}\n", call(apis[0], "POST", "/tx/add", &body).await?);
                print_names();
            }
            Step::Mine => {
                println!("\ncurl http://{}/mine\n", apis[0]);
                call(apis[0], "GET", "/mine", "").await?;
            }
            Step::Clock(clock) => {
                // One after the other: each answers when its messages are in the others' inboxes.
                for api in apis {
                    call(*api, "GET", &format!("/clock/{clock}"), "").await?;
                }
                print_clock(clock, &statuses(apis).await?);
            }
        }
    }
    println!(
        "\nEach clock was, for every node:\ncurl http://{}/clock/10",
        apis[0]
    );
    println!("curl http://{}/status\n", apis[0]);
    let mut tips = Vec::new();
    for api in apis {
        let block: serde_json::Value = get(*api, "/block/latest").await?;
        tips.push(
            block["hash"]
                .as_str()
                .ok_or("a block has a hash")?
                .to_owned(),
        );
    }
    print_tips(&tips);
    Ok(tips)
}

async fn statuses(apis: &[SocketAddr]) -> Result<Vec<Status>> {
    let mut statuses = Vec::new();
    for api in apis {
        let answer: serde_json::Value = get(*api, "/status").await?;
        statuses.push(serde_json::from_value(answer["status"].clone())?);
    }
    Ok(statuses)
}

async fn get(api: SocketAddr, path: &str) -> Result<serde_json::Value> {
    Ok(serde_json::from_str(&call(api, "GET", path, "").await?)?)
}

/// One request on a connection of its own; its answer's body.
async fn call(api: SocketAddr, method: &str, path: &str, body: &str) -> Result<String> {
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {api}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    let mut stream = TcpStream::connect(api).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let (head, body) = answer
        .split_once("\r\n\r\n")
        .ok_or("an answer has a header")?;
    match head.starts_with("HTTP/1.1 200 ") {
        true => Ok(body.to_owned()),
        false => Err(format!("{method} {path}: {answer}").into()),
    }
}
