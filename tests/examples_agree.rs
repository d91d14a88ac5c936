//! The example meshes reach the same chain from the same inputs, whatever carries their messages.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]
#![allow(
    clippy::duplicate_mod,
    reason = "every example has it as a module of its own"
)]

#[allow(dead_code, reason = "its main is not called here")]
#[path = "../examples/selfish_miner.rs"]
mod selfish_miner;
#[allow(dead_code, reason = "its main is not called here")]
#[path = "../examples/threads_mesh.rs"]
mod threads_mesh;
#[cfg(feature = "daemon")]
#[allow(dead_code, reason = "its main is not called here")]
#[path = "../examples/three_node_mesh.rs"]
mod three_node_mesh;
#[allow(dead_code, reason = "its main is not called here")]
#[path = "../examples/tokio_mesh.rs"]
mod tokio_mesh;

#[path = "../examples/common/mod.rs"]
mod common;

#[test]
fn tokio_mesh_reaches_the_storys_tip() {
    assert_eq!(tokio_mesh::run().unwrap(), [common::TIP; 3]);
}

#[test]
fn threads_mesh_reaches_the_storys_tip() {
    assert_eq!(threads_mesh::run().unwrap(), [common::TIP; 3]);
}

#[test]
fn selfish_miner_makes_the_others_reorganise() {
    let tips = futures_lite::future::block_on(selfish_miner::run()).unwrap();
    assert_eq!(tips, vec![SELFISH_TIP; 3]);
}

/// The second block that the selfish node mined.
const SELFISH_TIP: &str = "646771ed77dcbf73037d2d388f41b397b77ed41ce7b6ffd980da4c158f86d000";

#[cfg(feature = "daemon")]
#[test]
fn three_node_mesh_reaches_the_storys_tip() {
    assert_eq!(three_node_mesh::run().unwrap(), [common::TIP; 3]);
}
