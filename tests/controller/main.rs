//! The controller and whole nodes, over real sockets.

#![cfg(feature = "daemon")]
#![allow(
    unreachable_pub,
    dead_code,
    clippy::unwrap_used,
    reason = "a test, whose parts share a rig"
)]

mod actions;
mod activities;
mod history;
mod hostile;
#[path = "../common/http.rs"]
mod http;
#[path = "../common/process.rs"]
mod process;
mod rig;
mod saves;
mod trouble;
