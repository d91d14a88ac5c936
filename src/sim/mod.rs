//! Many nodes in one process on virtual time: no async, no threads, no I/O.

#![deny(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::disallowed_types
)]

mod action;
pub mod behaviour;
mod carried;
mod lean;
mod links;
mod network;
mod observer;
pub mod outcome;
mod queue;
mod random;
pub mod scenario;
mod simulation;
mod sites;
pub mod statistics;
pub mod theory;
mod time;
mod timers;
mod topology;
pub mod validate;
mod workload;

pub use action::Action;
pub use carried::Carried;
pub use lean::{
    Abilities, LeanMessage, LeanNode, REMEMBERED, Relay, RelayError, RelayKind, Summary,
};
pub use network::{Latency, Network, NetworkError, Queueing, Regions, Spread};
pub use observer::Observer;
pub use random::{Purpose, Random};
pub use simulation::{Options, Proof, REDIAL, Simulation, Stepped, WALL, name};
pub use sites::{Power, Site, SitesError, sites};
pub use time::Time;
pub use topology::{CsvError, Graph, MAX_LINKS, MAX_NODES, Topology, TopologyError};
pub use workload::{MAX_RATE, MAX_SKEW, Payments, Workload, WorkloadError};
