//! A peer that has the network key and writes what it likes, and what the node makes of it.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};

use snow::{Builder, StatelessTransportState};
use tickchain::ledger::Transaction;
use tickchain::node::{Body, Message};
use tickchain::wire::{Decoder, Frame, MAX_FRAME_BYTES, PROTOCOL_VERSION, encode};

use crate::process::{Node, until};
use crate::raw::{connect, hello, reason};
use crate::{Keys, Logged};

pub const NETWORK_BYTE: u8 = 7;

/// A sealed connection.
pub struct Sealed {
    pub stream: TcpStream,
    session: StatelessTransportState,
    sealed: u64,
    opened: u64,
    decoder: Decoder,
}

fn prologue() -> Vec<u8> {
    let version = PROTOCOL_VERSION.to_be_bytes();
    [b"tickchain peers", &version[..], &hello("any").network.0].concat()
}

pub fn write_part(stream: &mut TcpStream, part: &[u8]) {
    let length = u16::try_from(part.len()).unwrap().to_be_bytes();
    stream.write_all(&[&length[..], part].concat()).unwrap();
}

fn read_part(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut length = [0; 2];
    match stream.read_exact(&mut length) {
        Ok(()) => {}
        Err(error) => {
            let ends = [ErrorKind::UnexpectedEof, ErrorKind::ConnectionReset];
            assert!(
                ends.contains(&error.kind()),
                "the node does not hang up: {error}"
            );
            return None;
        }
    }
    let mut part = vec![0; usize::from(u16::from_be_bytes(length))];
    stream.read_exact(&mut part).unwrap();
    Some(part)
}

impl Sealed {
    /// Shakes hands; `None` when the node hangs up.
    pub fn new(to: SocketAddr, network_key: u8, node_key: u8) -> Option<Self> {
        let mut stream = connect(to);
        let pattern = "Noise_XXpsk0_25519_ChaChaPoly_BLAKE2s";
        let (psk, key, prologue) = ([network_key; 32], [node_key; 32], prologue());
        let builder = Builder::new(pattern.parse().unwrap()).psk(0, &psk).unwrap();
        let builder = builder.local_private_key(&key).unwrap();
        let mut state = builder
            .prologue(&prologue)
            .unwrap()
            .build_initiator()
            .unwrap();
        let mut room = [0; 256];
        let count = state.write_message(&[], &mut room).unwrap();
        write_part(&mut stream, &room[..count]);
        let answer = read_part(&mut stream)?;
        state.read_message(&answer, &mut []).unwrap();
        let count = state.write_message(&[], &mut room).unwrap();
        write_part(&mut stream, &room[..count]);
        Some(Self {
            stream,
            session: state.into_stateless_transport_mode().unwrap(),
            sealed: 0,
            opened: 0,
            decoder: Decoder::new(MAX_FRAME_BYTES),
        })
    }

    /// A link that is up.
    pub fn linked(to: SocketAddr, name: &str, node_key: u8) -> Self {
        let mut sealed = Self::new(to, NETWORK_BYTE, node_key).unwrap();
        sealed.send(&Frame::Hello(hello(name)));
        sealed.send(&Frame::Ack { sequence: 0 });
        assert!(matches!(sealed.next(), Some(Frame::Hello(_))));
        assert_eq!(sealed.next(), Some(Frame::Ack { sequence: 0 }));
        sealed
    }

    pub fn seal(&mut self, frame: &Frame) -> Vec<u8> {
        let bytes = encode(frame);
        let mut part = vec![0; bytes.len() + 16];
        let written = self.session.write_message(self.sealed, &bytes, &mut part);
        self.sealed += 1;
        assert_eq!(written.unwrap(), part.len());
        part
    }

    pub fn send(&mut self, frame: &Frame) {
        let part = self.seal(frame);
        write_part(&mut self.stream, &part);
    }

    /// The next frame, `None` at the end.
    pub fn next(&mut self) -> Option<Frame> {
        loop {
            if let Some(frame) = self.decoder.next_frame().unwrap() {
                return Some(frame);
            }
            let part = read_part(&mut self.stream)?;
            let mut open = vec![0; part.len()];
            let read = self.session.read_message(self.opened, &part, &mut open);
            self.opened += 1;
            self.decoder.feed(&open[..read.unwrap()]);
        }
    }

    /// Reads on to the end; the reason the node gave.
    #[track_caller]
    pub fn bye(&mut self) -> String {
        reason(|| self.next())
    }
}

pub fn payment(sequence: u64) -> Frame {
    Frame::Message(Message {
        stamp: 0,
        sequence,
        body: Body::NewTx(Transaction {
            // The first ones are those of genesis.
            id: (1_000 + u128::from(sequence)).into(),
            sender: Some("aki".parse().unwrap()),
            recipient: "so".parse().unwrap(),
            value: 1.try_into().unwrap(),
            signed: None,
        }),
    })
}

/// The payments the node has taken in.
fn taken(node: &mut Node) -> usize {
    node.tick();
    node.pool().len()
}

#[test]
fn what_is_changed_repeated_left_out_or_cut_off_on_its_way_never_arrives() {
    let keys = Keys::new();
    let mut node1 = Logged::start("node1", &["--network-key", &keys.network(NETWORK_BYTE)]);
    let to = node1.node.p2p;
    type Attack = fn(&mut Sealed);
    let attacks: [(&str, Attack); 6] = [
        ("changed", |peer| {
            let mut part = peer.seal(&payment(2));
            part[20] ^= 1;
            write_part(&mut peer.stream, &part);
        }),
        ("repeated", |peer| {
            let part = peer.seal(&payment(2));
            write_part(&mut peer.stream, &part);
            assert_eq!(peer.next(), Some(Frame::Ack { sequence: 2 }));
            write_part(&mut peer.stream, &part);
        }),
        ("left out", |peer| {
            peer.seal(&payment(2));
            let part = peer.seal(&payment(3));
            write_part(&mut peer.stream, &part);
        }),
        ("in the clear", |peer| {
            peer.stream.write_all(&encode(&payment(2))).unwrap();
            // Taken for a length and its message, of which this is enough.
            peer.stream.write_all(&[b'x'; 40_000]).unwrap();
        }),
        ("empty", |peer| {
            let mut part = [0; 16];
            let written = peer.session.write_message(peer.sealed, &[], &mut part);
            assert_eq!(written.unwrap(), part.len());
            write_part(&mut peer.stream, &part);
        }),
        ("cut off", |peer| {
            let part = peer.seal(&payment(2));
            let length = u16::try_from(part.len()).unwrap().to_be_bytes();
            peer.stream.write_all(&length).unwrap();
            peer.stream.write_all(&part[..part.len() - 1]).unwrap();
            peer.stream.shutdown(Shutdown::Write).unwrap();
        }),
    ];
    for ((what, attack), key) in attacks.into_iter().zip(1..) {
        node1.node.act("/reset");
        let name = format!("peer{key}");
        let mut peer = Sealed::linked(to, &name, key);
        peer.send(&payment(1));
        assert_eq!(peer.next(), Some(Frame::Ack { sequence: 1 }), "{what}");
        attack(&mut peer);
        assert_eq!(peer.next(), None, "{what}: the end, without a word");
        let once = usize::from(what == "repeated");
        until("the link is gone", || node1.node.connected() == 0);
        assert_eq!(taken(&mut node1.node), 1 + once, "{what}");
    }
    node1.waits_for("sealed message");
}

#[test]
fn what_is_said_is_nowhere_on_the_wire() {
    let keys = Keys::new();
    let node1 = Node::start("node1", &["--network-key", &keys.network(NETWORK_BYTE)]);
    let mut peer = Sealed::linked(node1.p2p, "peer", 1);
    let part = peer.seal(&payment(1));
    assert!(!part.windows(3).any(|bytes| bytes == b"aki"));
    write_part(&mut peer.stream, &part);
    let sealed = read_part(&mut peer.stream).unwrap();
    assert!(!sealed.windows(3).any(|bytes| bytes == b"ACK"));
}

#[test]
fn long_messages_are_cut_into_several() {
    let keys = Keys::new();
    let network = keys.network(NETWORK_BYTE);
    let mut node1 = Node::start("node1", &["--network-key", &network, "--difficulty", "0"]);
    let mut node2 = Node::start("node2", &["--network-key", &network, "--difficulty", "0"]);
    // A block of more bytes than a sealed message holds.
    for _ in 0..1_000 {
        node1.pay("aki", "aki", 1, None);
    }
    node1.act("/clock/1");
    node1.act("/mine");
    node1.act("/clock/9");
    assert_eq!(node1.tip().1, 1);
    node2.add_peer(node1.p2p);
    until("the link is up", || node2.is_linked());
    until("the block arrives", || {
        node2.tick();
        node2.tip() == node1.tip()
    });
}
