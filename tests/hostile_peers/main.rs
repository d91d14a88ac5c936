//! Whoever connects to a node's peer socket: it is refused with a reason, the node goes on, and what it
//! keeps is bounded.

#![cfg(feature = "daemon")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../common/http.rs"]
mod http;
#[path = "../common/process.rs"]
mod process;
#[path = "../common/raw.rs"]
mod raw;

mod bounds;
mod forged;
mod greetings;
mod links;

use tickchain::ledger::Transaction;
use tickchain::node::{Body, Message};
use tickchain::wire::Frame;

pub(crate) fn message(sequence: u64, body: Body) -> Frame {
    Frame::Message(Message {
        stamp: 0,
        sequence,
        body,
    })
}

pub(crate) fn payment(id: u128, sender: Option<&str>, value: u64) -> Transaction {
    Transaction {
        id: id.into(),
        sender: sender.map(|name| name.parse().unwrap()),
        recipient: "so".parse().unwrap(),
        value: value.try_into().unwrap(),
        signed: None,
    }
}
