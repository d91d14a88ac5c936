//! Three honest nodes under tokio, linked in memory: `cargo run --example tokio_mesh`.
//!
//! The library knows nothing of tokio. A node's driver and a cable are plain futures; any executor
//! runs them.

mod common;

use std::error::Error;
use std::sync::Arc;

use common::{NODES, Step, WALL, name, payment, print_clock, print_names, print_tips, story};
use tickchain::driver::{Driver, DriverError, Handle, Options, join};
use tickchain::node::HonestNode;

fn main() -> Result<(), Box<dyn Error>> {
    run().map(drop)
}

/// Plays the story and returns the hash of each node's tip.
pub(crate) fn run() -> Result<Vec<String>, Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    Ok(runtime.block_on(play())?)
}

async fn play() -> Result<Vec<String>, DriverError> {
    let nodes: Vec<Handle<HonestNode>> = NODES.iter().map(|(name, _)| spawn_node(name)).collect();
    link_all(&nodes).await?;
    for (node, (_, salt)) in nodes.iter().zip(NODES) {
        node.start(salt).await?;
    }
    print_names();
    for step in story() {
        match step {
            Step::Pay => {
                let id = nodes[0].pay(payment()).await?;
                println!("payment {id} is added to node1");
            }
            Step::Mine => {
                nodes[0].mine().await?;
                println!("node1 is asked to mine");
            }
            Step::Clock(clock) => {
                // One after the other: each answers when its messages are in the others' inboxes.
                for node in &nodes {
                    node.clock(clock).await?;
                }
                let statuses: Vec<_> = nodes.iter().map(|node| node.view().status).collect();
                print_clock(clock, &statuses);
            }
        }
    }
    let mut tips = Vec::new();
    for node in &nodes {
        tips.push(node.read(common::tip).await?);
    }
    print_tips(&tips);
    Ok(tips)
}

/// Runs a node as a task of its own. It ends with the last handle.
fn spawn_node(name: &str) -> Handle<HonestNode> {
    let options = Options {
        wall: Arc::new(|| WALL),
        ..Options::default()
    };
    let (driver, handle) = Driver::new(common::node(name), options);
    tokio::spawn(driver.run());
    handle
}

/// Links every node with every other.
async fn link_all(nodes: &[Handle<HonestNode>]) -> Result<(), DriverError> {
    for (b, (b_name, _)) in NODES.iter().enumerate() {
        for (a, (a_name, _)) in NODES[..b].iter().enumerate() {
            let ends = ((&nodes[a], name(a_name)), (&nodes[b], name(b_name)));
            let cable = join(ends.0, ends.1, 0).await?;
            tokio::spawn(cable.run());
        }
    }
    Ok(())
}
