//! The HTTP API: [`Service::new`] for a node, [`serve`] on a listener.
//!
//! hyper carries the bytes ([`serve`]), a guard looks at each request before anything runs
//! ([`Guard`]), tide finds the handler (in one file, `router.rs`), and a handler is a plain function
//! from a call to an answer or a problem. Nothing here waits for anything but the node and the
//! client, and everything a client can make grow has a bound, a public constant of this module.

mod api;
mod blocks;
mod call;
mod controls;
mod events;
mod guard;
mod metrics;
mod openapi;
mod operator;
mod payments;
mod peering;
mod peers;
mod problem;
mod router;
mod routes;
mod seats;
mod serve;
mod service;
mod state;

pub use api::NodeApi;
pub use events::{HEARTBEAT, MAX_STREAMS};
pub use guard::Guard;
pub use peers::{MAX_HOST_BYTES, Peer, PeerAddress, PeerBook, PeerError, Ticker};
pub use routes::routes;
pub use seats::{IDLE_TIMEOUT, MAX_CONNECTIONS, MAX_CONNECTIONS_PER_ADDRESS, STALL_TIMEOUT};
pub use serve::{MAX_HEADER_BYTES, SHUTDOWN_GRACE, serve};
pub use service::{
    BODY_TIMEOUT, MAX_BLOCK_BODY_BYTES, MAX_BODY_BYTES, MAX_LARGE_BODIES, MAX_STATE_BODY_BYTES,
    Service,
};
