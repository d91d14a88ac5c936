//! A peer on a plain connection that writes what it likes.
#![allow(dead_code, unreachable_pub, reason = "shared by several tests")]

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};

use tickchain::ledger::{Genesis, network_id};
use tickchain::wire::{Decoder, Frame, Hello, MAX_FRAME_BYTES, PROTOCOL_VERSION, encode};

use crate::process::PATIENCE;

pub struct Raw {
    pub stream: TcpStream,
    decoder: Decoder,
}

/// A connection on which nothing is waited for without end.
pub fn connect(to: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(to).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

pub fn hello(name: &str) -> Hello {
    let genesis = Genesis::default();
    Hello {
        version: PROTOCOL_VERSION,
        network: network_id(&genesis.block().unwrap(), genesis.difficulty),
        name: name.parse().unwrap(),
        listen: ([127, 0, 0, 1], 1).into(),
        latency: 0,
    }
}

impl Raw {
    pub fn new(to: SocketAddr) -> Self {
        Self {
            stream: connect(to),
            decoder: Decoder::new(MAX_FRAME_BYTES),
        }
    }

    /// A connection on which this node has said HELLO and agreed.
    pub fn greeted(to: SocketAddr, name: &str) -> Self {
        let mut raw = Self::new(to);
        raw.send(&Frame::Hello(hello(name)));
        raw.send(&Frame::Ack { sequence: 0 });
        raw
    }

    /// A link that is up.
    pub fn linked(to: SocketAddr, name: &str) -> Self {
        let mut raw = Self::greeted(to, name);
        assert!(matches!(raw.next(), Some(Frame::Hello(_))));
        assert_eq!(raw.next(), Some(Frame::Ack { sequence: 0 }));
        raw
    }

    /// The node may have hung up already: what it said shows in [`Raw::bye`].
    pub fn write(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes);
    }

    pub fn send(&mut self, frame: &Frame) {
        self.write(&encode(frame));
    }

    /// The next frame, `None` at the end.
    pub fn next(&mut self) -> Option<Frame> {
        let mut buffer = [0; 4096];
        loop {
            if let Some(frame) = self.decoder.next_frame().expect("the node sends frames") {
                return Some(frame);
            }
            match self.stream.read(&mut buffer) {
                Ok(count @ 1..) => self.decoder.feed(&buffer[..count]),
                Ok(0) => return None,
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return None,
                Err(error) => panic!("the node does not hang up: {error}"),
            }
        }
    }

    /// Reads on to the end; the reason the node gave.
    #[track_caller]
    pub fn bye(&mut self) -> String {
        reason(|| self.next())
    }
}

/// Reads frames to the end; the reason in the last BYE.
#[track_caller]
pub fn reason(next: impl FnMut() -> Option<Frame>) -> String {
    let said = std::iter::from_fn(next).filter_map(|frame| match frame {
        Frame::Bye { reason } => Some(reason),
        _ => None,
    });
    said.last().expect("the node says why it hangs up")
}
