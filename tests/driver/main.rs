//! The driver's contract, with a node that does as each test says and an executor of one poll: so
//! "not yet" can be seen without waiting for a while. Then with honest nodes.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod clocks;
mod events;
mod honest;
mod links;
mod requests;
mod rig;
mod searches;
mod storage;
