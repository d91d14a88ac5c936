//! The node as a process: sockets, the HTTP API, the command line; and the controller of several. On smol.

mod banner;
pub mod cli;
pub mod controller;
mod count;
mod dashboard;
mod error;
mod executor;
pub mod genesis_file;
pub mod http;
pub mod key;
pub mod links;
pub mod log;
pub mod mesh;
mod mine_bench;
pub mod node;
pub mod node_api;
mod progress;
mod run;
pub mod search;
pub mod signals;
pub mod sim;
pub mod storage;
pub mod ticker;

pub use error::DaemonError;
pub use run::run;
