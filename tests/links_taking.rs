//! A link under a storage: many payments become part of one write, and each is acknowledged when it lasts.

#![cfg(feature = "daemon")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "common/http.rs"]
mod http;
#[path = "common/process.rs"]
mod process;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};

use process::until;
use tickchain::daemon::links::{Identity, Links, MAX_DELIVERING};
use tickchain::driver::{Driver, Options, Progress, Storage, StorageError};
use tickchain::ledger::{Genesis, TxId, network_id};
use tickchain::node::{Body, Config, HonestNode, Message, Persist};
use tickchain::wire::{Decoder, Frame, Hello, MAX_FRAME_BYTES, PROTOCOL_VERSION, encode};

/// Writes last when the test says so.
#[derive(Clone, Default)]
struct Slow(Arc<Mutex<(u64, Option<Progress>)>>);

impl Slow {
    fn given(&self) -> u64 {
        self.0.lock().unwrap().0
    }

    fn last(&self) {
        let slow = self.0.lock().unwrap();
        slow.1.as_ref().unwrap()(Ok(slow.0));
    }
}

impl Storage<HonestNode> for Slow {
    fn start(&mut self, progress: Progress) {
        self.0.lock().unwrap().1 = Some(progress);
    }

    fn write(&mut self, _: Persist) {
        self.0.lock().unwrap().0 += 1;
    }

    fn reload(&mut self, _: u64) -> Result<HonestNode, StorageError> {
        unreachable!("no write fails")
    }

    fn recover(&mut self, _: u64) -> Result<HonestNode, StorageError> {
        unreachable!("no write fails")
    }

    fn finish(&mut self) -> Result<(), StorageError> {
        Ok(())
    }
}

fn payment(sequence: u64) -> Frame {
    let genesis = Genesis::default().block().unwrap();
    let mut payment = genesis.transactions()[0].clone();
    payment.id = TxId::from(u128::from(1000 + sequence));
    payment.sender = Some(payment.recipient.clone());
    Frame::Message(Message {
        stamp: 0,
        sequence,
        body: Body::NewTx(payment),
    })
}

#[test]
fn a_link_reads_on_while_payments_are_written_and_acknowledges_them_in_order() {
    let slow = Slow::default();
    let node = HonestNode::new(Config::new("node".parse().unwrap())).unwrap();
    let network = node.ledger().network_id();
    let (driver, handle) = Driver::with_storage(node, Options::default(), Box::new(slow.clone()));
    smol::spawn(driver.run()).detach();
    let listener = smol::block_on(async_net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    let identity = Identity {
        name: "node".parse().unwrap(),
        network,
        latency: 0,
        security: None,
    };
    let links = Links::new(listener, handle, identity).unwrap();
    links.open();

    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(process::PATIENCE)).unwrap();
    let hello = Frame::Hello(Hello {
        version: PROTOCOL_VERSION,
        network: network_id(
            &Genesis::default().block().unwrap(),
            Genesis::default().difficulty,
        ),
        name: "peer".parse().unwrap(),
        listen: ([127, 0, 0, 1], 1).into(),
        latency: 0,
    });
    stream.write_all(&encode(&hello)).unwrap();
    stream
        .write_all(&encode(&Frame::Ack { sequence: 0 }))
        .unwrap();
    let mut decoder = Decoder::new(MAX_FRAME_BYTES);
    let mut next = |stream: &mut TcpStream| loop {
        if let Some(frame) = decoder.next_frame().unwrap() {
            return frame;
        }
        let mut buffer = [0; 4096];
        let count = stream.read(&mut buffer).unwrap();
        assert_ne!(count, 0, "the node hangs up");
        decoder.feed(&buffer[..count]);
    };
    assert!(matches!(next(&mut stream), Frame::Hello(_)));
    assert_eq!(next(&mut stream), Frame::Ack { sequence: 0 });

    let all = MAX_DELIVERING as u64 + 44;
    for sequence in 1..=all {
        stream.write_all(&encode(&payment(sequence))).unwrap();
    }
    let most = MAX_DELIVERING as u64;
    until("many payments are being written", || slow.given() == most);
    stream.set_nonblocking(true).unwrap();
    let early = stream.read(&mut [0]).unwrap_err();
    assert_eq!(early.kind(), std::io::ErrorKind::WouldBlock);
    stream.set_nonblocking(false).unwrap();
    slow.last();
    until("the rest is read", || slow.given() == all);
    slow.last();
    for sequence in 1..=all {
        assert_eq!(next(&mut stream), Frame::Ack { sequence });
    }
}
