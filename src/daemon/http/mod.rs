//! Carries HTTP for any application: [`serve`] a [`Service`] on a listener.
//!
//! hyper carries the bytes ([`serve`]), a guard looks at each request before anything runs
//! ([`Guard`]), tide finds the handler (in one file, `router.rs`), and a handler is a plain function
//! from a call to an answer or a problem. Nothing here waits for anything but the application and the
//! client, and everything a client can make grow has a bound, a public constant of this module.
//!
//! An application gives a list of routes and the state that their handlers act on: see
//! [`node_api`](super::node_api).

mod bounds;
mod call;
mod descriptors;
mod feed;
mod guard;
pub(crate) mod openapi;
mod problem;
mod router;
mod routes;
mod seats;
mod serve;
mod service;

pub(crate) use bounds::{Closing, Limit, Place};
pub(crate) use call::{Call, Content, Outcome, Pieces, Reply, number};
pub use feed::{HEARTBEAT, MAX_STREAMS};
pub(crate) use feed::{History, feed};
pub use guard::Guard;
pub(crate) use problem::Problem;
pub(crate) use routes::{Address, Route, routes};
pub use seats::{IDLE_TIMEOUT, MAX_CONNECTIONS, MAX_CONNECTIONS_PER_ADDRESS, STALL_TIMEOUT};
pub use serve::{MAX_HEADER_BYTES, SHUTDOWN_GRACE, carry, serve};
pub(crate) use service::Application;
pub use service::{BODY_TIMEOUT, MAX_BODY_BYTES, Service};
