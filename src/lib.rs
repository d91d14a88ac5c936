//! A blockchain you step through, one clock tick at a time.
//!
//! Four floors, each of which knows only those above it:
//!
//! - [`ledger`]: what is true. Accounts, payments, blocks, proof of work, and the tree of blocks with its
//!   best tip.
//! - [`node`]: what a node does at each clock, as a state machine without I/O. [`node::Node`] has the
//!   contract, [`node::HonestNode`] keeps the rules.
//! - [`wire`]: messages as bytes.
//! - [`driver`]: one node as an event loop on any executor.
//!
//! With the feature `daemon`, which is on by default, there is a fifth, `daemon`: peer sockets, an HTTP
//! API and a command line, on smol. Without it the library has no runtime in its dependency tree.
//!
//! # Example
//! Two nodes, joined by hand: whatever one wants to send is given to the other.
//! ```
//! use tickchain::node::{Config, Effect, HonestNode, Input, Message, Name, Node, Payment, Status};
//!
//! let (one, two): (Name, Name) = ("node1".parse()?, "node2".parse()?);
//! let mut first = HonestNode::new(Config::new(one.clone()))?;
//! let mut second = HonestNode::new(Config::new(two.clone()))?;
//! first.handle(Input::Start { salt: 1 });
//! second.handle(Input::Start { salt: 2 });
//! first.handle(Input::PeerUp { peer: two, latency: 0 });
//! second.handle(Input::PeerUp { peer: one.clone(), latency: 0 });
//!
//! first.handle(Input::Pay(Payment {
//!     id: None,
//!     sender: "aki".parse()?,
//!     recipient: "so".parse()?,
//!     value: 2.try_into()?,
//!     sequence: None,
//!     signature: None,
//! }));
//! let mut tick = |clock: u64| -> (Status, Status) {
//!     for effect in first.handle(Input::Clock { to: clock, wall: 1_700_000_000 }) {
//!         if let Effect::Send { message, .. } = effect {
//!             second.handle(Input::Message { from: one.clone(), message });
//!         }
//!     }
//!     second.handle(Input::Clock { to: clock, wall: 1_700_000_000 });
//!     (first.status(), second.status())
//! };
//! assert_eq!(tick(1), (Status::ReceivingTx, Status::Idle));
//! assert_eq!(tick(2), (Status::BroadcastingTx, Status::ReceivingTx));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

// Tests, and their helpers which clippy does not know for such, may unwrap.
#![warn(clippy::unwrap_used)]

#[cfg(feature = "daemon")]
pub mod daemon;
pub mod driver;
pub mod ledger;
pub mod node;
pub mod sim;
pub mod wire;

/// The snippets of README.md, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
