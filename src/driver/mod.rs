//! One node as an event loop, on any executor or none.
//!
//! A [`Node`](crate::node::Node) is a state machine: facts go in, effects come out. A [`Driver`] owns
//! one and does what its contract asks: it hands in one input at a time and carries the effects out in
//! order. All else holds a [`Handle`]: it asks, reads, watches and links. Between the two is a channel;
//! neither knows what runs them.
//!
//! # Run a node
//! [`Driver::run`] is a plain future: give it to the executor at hand, as in `tokio::spawn(driver.run())`
//! or `smol::spawn(driver.run()).detach()`. Where there is none, a thread will do:
//!
//! ```
//! use futures_lite::future::block_on;
//! use tickchain::driver::{Driver, Options};
//! use tickchain::node::{Config, HonestNode};
//!
//! let node = HonestNode::new(Config::new("node1".parse()?))?;
//! let (driver, node) = Driver::new(node, Options::default());
//! let thread = std::thread::spawn(|| driver.run_blocking());
//!
//! let height = block_on(async {
//!     node.start(1).await?;
//!     node.mine().await?;
//!     node.clock(3).await?; // mining takes three clocks
//!     node.read(|node| node.ledger().tip().id()).await
//! })?;
//! assert_eq!(height, 1);
//! assert_eq!(node.view().clock, 3);
//!
//! node.stop(); // or drop the last handle
//! thread.join().expect("the driver does not panic");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The loop never blocks and never hashes: nonces are searched by a [`Searcher`], by default on a thread
//! for each search. A driver that goes away cancels its search, closes its links and lets every call
//! that still waits fail with [`DriverError::Stopped`].
//!
//! # Link nodes
//! [`Handle::connect`] tells the node that a peer is there and gives its transport a [`Link`]: messages
//! to send come out of it, messages that arrived go in, acknowledgements too. Dropping it takes the
//! link down. Within a process [`join`] makes both ends and a [`Cable`] carries the messages:
//!
//! ```
//! use futures_lite::future::{block_on, or};
//! use tickchain::driver::{Driver, Options, join};
//! use tickchain::node::{Config, HonestNode};
//!
//! # let node = |name: &str| {
//! #     let node = HonestNode::new(Config::new(name.parse().expect("a short name")));
//! #     Driver::new(node.expect("the document's genesis is sound"), Options::default())
//! # };
//! let (driver1, node1) = node("node1");
//! let (driver2, node2) = node("node2");
//! let story = async {
//!     let ends = ((&node1, "node1".parse()?), (&node2, "node2".parse()?));
//!     let cable = join(ends.0, ends.1, 0).await?;
//!     let ticks = async {
//!         node1.start(1).await?;
//!         node2.start(2).await?;
//!         node1.mine().await?;
//!         for clock in 1..=5 {
//!             // Returns when what node1 says at this clock is in node2's inbox.
//!             node1.clock(clock).await?;
//!             node2.clock(clock).await?;
//!         }
//!         node2.read(|node| node.ledger().tip().id()).await
//!     };
//!     // Any executor's spawn would do; here three futures share one thread.
//!     let carried = async { Ok(cable.run().await).and(std::future::pending().await) };
//!     assert_eq!(or(ticks, carried).await?, 1);
//!     node1.stop();
//!     node2.stop();
//!     Ok::<(), Box<dyn std::error::Error>>(())
//! };
//! let drivers = futures_lite::future::zip(driver1.run(), driver2.run());
//! block_on(futures_lite::future::zip(drivers, story)).1?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Watch a node
//! [`Handle::view`] is the clock and the status without waiting. [`Handle::subscribe`] brings every
//! [`Event`](crate::node::Event) with a number, by which a watcher can go on where it left off.
//!
//! # Keep a node
//! [`Driver::with_storage`] gives a [`Storage`] what must last, and lets nothing leave before it does.
//!
//! # Bounds
//! [`OUTGOING_QUEUE`] messages a link, [`EVENT_RING`] events a node. Nothing else is queued but what
//! somebody waits for.

mod cable;
mod command;
mod error;
mod event_loop;
mod failure;
mod handle;
mod held;
mod link;
mod observers;
mod options;
mod search;
mod storage;
mod waits;

pub use cable::{Cable, join};
pub use error::{DriverError, LinkClosed};
pub use event_loop::Driver;
pub use failure::CANNOT_WRITE;
pub use handle::{Handle, View};
pub use link::{Delivery, Link, OUTGOING_QUEUE};
pub use observers::{EVENT_RING, Next, NumberedEvent, Publisher, Subscription};
pub use options::Options;
pub use search::{
    Found, MANY_THREADS_FROM, Searcher, ThreadSearcher, processors, search_on, search_until,
};
pub use storage::{Progress, Storage, StorageError};
