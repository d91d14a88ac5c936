//! Nodes as processes while things go wrong: bad lines, power cuts, full disks, few descriptors.
//!
//! Each test makes some nodes, asks much of them ([`load`]) while it makes things go wrong, and notes
//! what they acknowledge ([`book`]). Then everything is well again, and [`rig::Rig::check`] has to find
//! all of it, one tip everywhere, and nobody stuck. What goes wrong is drawn from a seed that is printed.

#![cfg(all(feature = "daemon", target_os = "linux"))]
#![allow(
    unreachable_pub,
    dead_code,
    clippy::unwrap_used,
    reason = "a test, whose parts share a rig"
)]

mod book;
mod client;
mod disks;
mod fault;
#[path = "../common/http.rs"]
mod http;
mod kills;
mod limits;
mod load;
mod mined;
mod network;
mod node;
mod packets;
#[path = "../common/process.rs"]
mod process;
mod proxy;
mod relay;
mod rig;
mod space;
mod streams;
mod witness;
