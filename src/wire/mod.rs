//! Messages as bytes: what goes over a link between two processes. No I/O: an encoder, a decoder that
//! is fed bytes as they come, and the rules of the handshake.
//!
//! A [`Frame`] is one JSON object on one line, with its kind as the only key:
//!
//! ```text
//! {"HELLO":{"version":1,"network":"…","name":"node1","listen":"127.0.0.1:65001","latency":0}}
//! {"NEW_TX":{"stamp":2,"sequence":7,"transaction":{…}}}
//! {"NEW_BLOCK":{"stamp":8,"sequence":8,"block":{…}}}
//! {"REQ_CHAIN":{"stamp":9,"sequence":9,"locator":["…"]}}
//! {"CHAIN":{"stamp":9,"sequence":10,"answers":9,"blocks":[{…}]}}
//! {"ACK":{"sequence":7}}
//! {"BYE":{"reason":"…"}}
//! ```
//!
//! A line has at most [`MAX_FRAME_BYTES`]; while the handshake is on at most [`MAX_HELLO_BYTES`]. The
//! largest legal block fits, and so does every `CHAIN` whose blocks' [`json_bound`]s sum up to no more
//! than the cap.
//!
//! # Example
//! ```
//! use tickchain::wire::{Decoder, Frame, MAX_FRAME_BYTES, encode};
//!
//! let bytes = encode(&Frame::Ack { sequence: 7 });
//! assert_eq!(bytes, b"{\"ACK\":{\"sequence\":7}}\n");
//!
//! let mut decoder = Decoder::new(MAX_FRAME_BYTES);
//! decoder.feed(&bytes[..5]);
//! assert_eq!(decoder.next_frame()?, None); // the rest has not come yet
//! decoder.feed(&bytes[5..]);
//! assert_eq!(decoder.next_frame()?, Some(Frame::Ack { sequence: 7 }));
//! # Ok::<(), tickchain::wire::WireError>(())
//! ```
//!
//! [`json_bound`]: crate::ledger::UncheckedBlock::json_bound

#![deny(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::disallowed_types
)]

mod decoder;
mod error;
mod frame;
mod hello;

pub use decoder::Decoder;
pub use error::WireError;
pub use frame::{Frame, MAX_REASON_CHARS, encode, encode_into};
pub use hello::{Hello, MAX_LATENCY, PROTOCOL_VERSION};

/// The most bytes of a frame, its newline included: 4 MiB.
pub const MAX_FRAME_BYTES: usize = crate::node::MAX_MESSAGE_BYTES;

/// The most bytes of a frame before the handshake is done, 4 KiB: whoever has not said who it is gets
/// little memory.
pub const MAX_HELLO_BYTES: usize = 4 * 1024;
