//! Links to peers over TCP.

mod address;
mod book;

pub use address::AddressError;
pub use book::{MAX_KNOWN_PEERS, MAX_PEERS};
