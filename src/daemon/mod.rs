//! The node as a process: sockets, the HTTP API, the command line. On smol.

pub mod cli;
pub mod genesis_file;
pub mod http;
pub mod links;
pub mod log;
pub mod search;
pub mod signals;
pub mod ticker;
