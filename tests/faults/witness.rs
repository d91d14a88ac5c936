//! A peer that is no node: it notes which of its blocks a node acknowledged.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tickchain::ledger::{Genesis, UncheckedBlock, network_id};
use tickchain::node::{Body, Message};
use tickchain::wire::{Decoder, Frame, Hello, MAX_FRAME_BYTES, PROTOCOL_VERSION, encode};

use super::book::Book;
use super::mined::mined;

/// How often a block is told.
const TELL_INTERVAL: Duration = Duration::from_millis(150);

/// How long it listens before it looks at the time.
const LISTEN: Duration = Duration::from_millis(10);

/// Tells a node of blocks until it is dropped, or until the node is gone.
pub struct Witness {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Witness {
    pub fn of(node: usize, at: SocketAddr, genesis: &Genesis, book: &Arc<Book>) -> Self {
        let hello = Hello {
            version: PROTOCOL_VERSION,
            network: network_id(&genesis.block().unwrap(), genesis.difficulty),
            name: format!("witness{node}").parse().unwrap(),
            listen: ([127, 0, 0, 1], 1).into(),
            latency: 0,
        };
        let stop = Arc::new(AtomicBool::new(false));
        let (book, told) = (Arc::clone(book), Arc::clone(&stop));
        Self {
            stop,
            thread: Some(std::thread::spawn(move || {
                // The node may be killed at any moment, and with it the link.
                let _ = Link::new(at, hello).and_then(|link| link.tell(node, &book, &told));
            })),
        }
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().expect("a witness does not panic");
        }
    }
}

struct Link {
    stream: TcpStream,
    decoder: Decoder,
    /// The highest block it was told of.
    tip: Option<UncheckedBlock>,
    /// What it told and is not acknowledged.
    told: Option<(u64, UncheckedBlock)>,
}

impl Link {
    fn new(at: SocketAddr, hello: Hello) -> std::io::Result<Self> {
        let mut stream = TcpStream::connect(at)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(LISTEN))?;
        stream.write_all(&encode(&Frame::Hello(hello)))?;
        stream.write_all(&encode(&Frame::Ack { sequence: 0 }))?;
        Ok(Self {
            stream,
            decoder: Decoder::new(MAX_FRAME_BYTES),
            tip: None,
            told: None,
        })
    }

    fn tell(mut self, node: usize, book: &Book, stop: &AtomicBool) -> std::io::Result<()> {
        let (mut sequence, mut last) = (0, Instant::now());
        while !stop.load(Ordering::Relaxed) {
            self.listen(node, book)?;
            let Some(tip) = &self.tip else { continue };
            if self.told.is_none() && last.elapsed() > TELL_INTERVAL {
                (sequence, last) = (sequence + 1, Instant::now());
                let block = mined(tip, tip.timestamp);
                let message = Message {
                    stamp: 0,
                    sequence,
                    body: Body::NewBlock(Box::new(block.clone())),
                };
                self.told = Some((sequence, block));
                self.stream.write_all(&encode(&Frame::Message(message)))?;
            }
        }
        Ok(())
    }

    /// Hears what there is, and acknowledges it: a node's clock waits for that.
    fn listen(&mut self, node: usize, book: &Book) -> std::io::Result<()> {
        let mut buffer = [0; 4096];
        match self.stream.read(&mut buffer) {
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(count) => self.decoder.feed(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
        while let Some(frame) = self.decoder.next_frame().map_err(std::io::Error::other)? {
            match frame {
                Frame::Message(message) => {
                    let sequence = message.sequence;
                    if let Body::NewBlock(block) = message.body {
                        self.tip = Some(*block);
                    }
                    self.stream.write_all(&encode(&Frame::Ack { sequence }))?;
                }
                Frame::Ack { sequence } => {
                    if let Some((_, block)) = self.told.take_if(|told| told.0 == sequence) {
                        book.acknowledged(node, &block.header().hash().to_string());
                        self.tip = Some(block);
                    }
                }
                Frame::Hello(_) => {}
                Frame::Bye { reason } => return Err(std::io::Error::other(reason)),
            }
        }
        Ok(())
    }
}
