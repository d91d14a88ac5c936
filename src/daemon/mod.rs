//! The node as a process: sockets, the HTTP API, the command line. On smol.

pub mod http;
