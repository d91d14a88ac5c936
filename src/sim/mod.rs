//! Many nodes in one process on virtual time: no async, no threads, no I/O.

#![deny(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::disallowed_types
)]

pub mod behaviour;
mod carried;
mod observer;
mod random;
pub mod scenario;
mod sites;
pub mod statistics;
pub mod theory;
mod time;
mod topology;

pub use carried::Carried;
pub use observer::Observer;
pub use random::{Purpose, Random};
pub use sites::Site;
pub use time::Time;
pub use topology::Graph;
