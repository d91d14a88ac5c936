//! Frames and how they are written.

use serde::{Deserialize, Serialize};

use super::error::WireError;
use super::hello::Hello;
use crate::ledger::{Hash, MAX_SAFE_INTEGER, Transaction, UncheckedBlock};
use crate::node::{Body, Message};

/// The most characters of a reason, in [`Frame::Bye`] and in errors about frames: what a peer writes
/// there ends in logs.
pub const MAX_REASON_CHARS: usize = 200;

/// What one line between peers says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Flat", into = "Flat")]
pub enum Frame {
    /// Who the sender is; first, and only once.
    Hello(Hello),
    /// A message for the node.
    Message(Message),
    /// The message with this sequence number is in the inbox.
    Ack {
        /// The sequence number.
        sequence: u64,
    },
    /// The sender is about to close the link.
    Bye {
        /// Why, in a sentence.
        reason: String,
    },
}

impl Frame {
    /// A [`Frame::Bye`], its reason made fit for one line of a log: control characters become spaces,
    /// and it ends after [`MAX_REASON_CHARS`]. Decoded ones are made so too.
    pub fn bye(reason: &str) -> Self {
        Self::Bye {
            reason: tidy(reason),
        }
    }

    /// Refuses numbers that not every JSON reader sees exactly.
    pub(super) fn check(&self) -> Result<(), WireError> {
        match self {
            Self::Hello(hello) => exact("latency", hello.latency),
            Self::Ack { sequence } => exact("sequence", *sequence),
            Self::Bye { .. } => Ok(()),
            Self::Message(message) => {
                exact("stamp", message.stamp)?;
                exact("sequence", message.sequence)?;
                match message.body {
                    Body::Chain { answers, .. } => exact("answers", answers),
                    _ => Ok(()),
                }
            }
        }
    }
}

fn exact(field: &'static str, value: u64) -> Result<(), WireError> {
    if value > MAX_SAFE_INTEGER {
        return Err(WireError::Number { field, value });
    }
    Ok(())
}

/// Text from a peer as one short line.
pub(super) fn tidy(text: &str) -> String {
    text.chars()
        .take(MAX_REASON_CHARS)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

/// The frame's bytes, its newline included.
pub fn encode(frame: &Frame) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode_into(frame, &mut bytes);
    bytes
}

/// Appends the frame's bytes, its newline included, to `bytes`: several frames can leave in one write.
pub fn encode_into(frame: &Frame, bytes: &mut Vec<u8>) {
    serde_json::to_writer(&mut *bytes, frame)
        .expect("a frame has string keys only, and a Vec takes every byte");
    bytes.push(b'\n');
}

/// A frame as its JSON is laid out: a message's kind stands where the frame's does.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE", deny_unknown_fields)]
enum Flat {
    Hello(Hello),
    NewBlock {
        stamp: u64,
        sequence: u64,
        block: Box<UncheckedBlock>,
    },
    NewTx {
        stamp: u64,
        sequence: u64,
        transaction: Transaction,
    },
    ReqChain {
        stamp: u64,
        sequence: u64,
        locator: Vec<Hash>,
    },
    Chain {
        stamp: u64,
        sequence: u64,
        answers: u64,
        blocks: Vec<UncheckedBlock>,
    },
    Ack {
        sequence: u64,
    },
    Bye {
        reason: String,
    },
}

impl From<Frame> for Flat {
    fn from(frame: Frame) -> Self {
        let Message {
            stamp,
            sequence,
            body,
        } = match frame {
            Frame::Message(message) => message,
            Frame::Hello(hello) => return Self::Hello(hello),
            Frame::Ack { sequence } => return Self::Ack { sequence },
            Frame::Bye { reason } => return Self::Bye { reason },
        };
        match body {
            Body::NewBlock(block) => Self::NewBlock {
                stamp,
                sequence,
                block,
            },
            Body::NewTx(transaction) => Self::NewTx {
                stamp,
                sequence,
                transaction,
            },
            Body::ReqChain(locator) => Self::ReqChain {
                stamp,
                sequence,
                locator,
            },
            Body::Chain { answers, blocks } => Self::Chain {
                stamp,
                sequence,
                answers,
                blocks,
            },
        }
    }
}

impl From<Flat> for Frame {
    fn from(flat: Flat) -> Self {
        let (stamp, sequence, body) = match flat {
            Flat::Hello(hello) => return Self::Hello(hello),
            Flat::Ack { sequence } => return Self::Ack { sequence },
            Flat::Bye { reason } => return Self::bye(&reason),
            Flat::NewBlock {
                stamp,
                sequence,
                block,
            } => (stamp, sequence, Body::NewBlock(block)),
            Flat::NewTx {
                stamp,
                sequence,
                transaction,
            } => (stamp, sequence, Body::NewTx(transaction)),
            Flat::ReqChain {
                stamp,
                sequence,
                locator,
            } => (stamp, sequence, Body::ReqChain(locator)),
            Flat::Chain {
                stamp,
                sequence,
                answers,
                blocks,
            } => (stamp, sequence, Body::Chain { answers, blocks }),
        };
        Self::Message(Message {
            stamp,
            sequence,
            body,
        })
    }
}
