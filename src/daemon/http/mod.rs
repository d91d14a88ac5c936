//! The HTTP API.

mod peers;

pub use peers::{MAX_HOST_BYTES, Peer, PeerAddress, PeerBook, PeerError, Ticker};
