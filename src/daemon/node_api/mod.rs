//! The HTTP API of a node: [`NodeApi::service`], carried by [`serve`](super::http::serve).
//!
//! Each file holds calls of one kind; `routes.rs` lists them all. A handler asks the node through its
//! [`Handle`](crate::driver::Handle), its peers through a [`PeerBook`] and its own clock through a
//! [`Ticker`].

mod api;
mod blocks;
mod controls;
mod events;
mod metrics;
mod openapi;
mod operator;
mod outline;
mod payments;
mod peering;
mod peers;
mod problem;
mod routes;
mod state;

pub use api::{MAX_BLOCK_BODY_BYTES, MAX_LARGE_BODIES, MAX_STATE_BODY_BYTES, NodeApi};
pub use peers::{MAX_HOST_BYTES, Peer, PeerAddress, PeerBook, PeerCounts, PeerError, Ticker};
pub use routes::routes;
