//! The targets: plain functions that are given any bytes and panic when something does not hold.
#![allow(dead_code, unreachable_pub, reason = "a fuzzer runs one of them")]

mod decode;
mod directories;
mod drawn;
mod exchange;
mod lines;
mod served;

pub mod action;
pub mod bodies;
pub mod canonical;
pub mod frames;
pub mod genesis;
pub mod graph;
pub mod http;
pub mod import;
pub mod keys;
pub mod messages;
pub mod node;
pub mod noise;
pub mod scenario;
pub mod sim_scenario;
pub mod state;
pub mod stored;
