//! The controller and whole nodes, over real sockets.
#![allow(
    unreachable_pub,
    dead_code,
    clippy::unwrap_used,
    reason = "a test, whose parts share a rig"
)]

mod actions;
mod history;
mod rig;
