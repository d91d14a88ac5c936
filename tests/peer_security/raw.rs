//! A peer on a plain connection that writes what it likes.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};

use tickchain::wire::{Decoder, Frame, MAX_FRAME_BYTES, encode};

use crate::sealed::{connect, hello};

pub struct Raw {
    pub stream: TcpStream,
    decoder: Decoder,
}

impl Raw {
    /// A connection on which this node has said HELLO and agreed.
    pub fn new(to: SocketAddr, name: &str) -> Self {
        let mut raw = Self {
            stream: connect(to),
            decoder: Decoder::new(MAX_FRAME_BYTES),
        };
        raw.send(&Frame::Hello(hello(name)));
        raw.send(&Frame::Ack { sequence: 0 });
        raw
    }

    /// A link that is up.
    pub fn linked(to: SocketAddr, name: &str) -> Self {
        let mut raw = Self::new(to, name);
        assert!(matches!(raw.next(), Some(Frame::Hello(_))));
        assert_eq!(raw.next(), Some(Frame::Ack { sequence: 0 }));
        raw
    }

    /// The node may have hung up already, which shows in what it said.
    pub fn send(&mut self, frame: &Frame) {
        let _ = self.stream.write_all(&encode(frame));
    }

    /// The next frame, `None` at the end.
    pub fn next(&mut self) -> Option<Frame> {
        let mut buffer = [0; 4096];
        loop {
            if let Some(frame) = self.decoder.next_frame().unwrap() {
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
