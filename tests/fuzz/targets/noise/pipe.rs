//! Two ends of a connection in memory.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use smol::io::{AsyncRead, AsyncWrite};

/// One byte that does not arrive as it was sent.
#[derive(Clone, Copy)]
pub struct Change {
    pub by_dialler: bool,
    pub at: usize,
    /// What it is combined with.
    pub flips: u8,
}

/// One direction.
#[derive(Default)]
struct Lane {
    bytes: VecDeque<u8>,
    sent: usize,
    change: Option<Change>,
    closed: bool,
    waker: Option<Waker>,
}

impl Lane {
    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

/// One end; the other sees that it is gone.
pub struct Pipe {
    reads: Rc<RefCell<Lane>>,
    writes: Rc<RefCell<Lane>>,
    /// The most bytes that one read or write takes.
    most: usize,
    changed: Rc<Cell<bool>>,
}

impl Pipe {
    /// The dialler's end and the listener's.
    pub fn pair(split: u8, change: Option<Change>) -> (Self, Self) {
        let lane = |by_dialler: bool| {
            let change = change.filter(|change| change.by_dialler == by_dialler);
            Rc::new(RefCell::new(Lane {
                change,
                ..Lane::default()
            }))
        };
        let (there, back) = (lane(true), lane(false));
        let changed = Rc::new(Cell::new(false));
        let end = |reads: &Rc<RefCell<Lane>>, writes: &Rc<RefCell<Lane>>| Self {
            reads: Rc::clone(reads),
            writes: Rc::clone(writes),
            most: 1 + usize::from(split),
            changed: Rc::clone(&changed),
        };
        (end(&back, &there), end(&there, &back))
    }

    /// Whether the change was made.
    pub fn changed(&self) -> Rc<Cell<bool>> {
        Rc::clone(&self.changed)
    }

    /// Says all it has to say.
    pub fn says(&self, bytes: &[u8]) {
        let mut lane = self.writes.borrow_mut();
        lane.bytes.extend(bytes);
        lane.closed = true;
    }

    /// What the other end has said.
    pub fn heard(&self) -> Vec<u8> {
        self.reads.borrow_mut().bytes.drain(..).collect()
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        for lane in [&self.reads, &self.writes] {
            let mut lane = lane.borrow_mut();
            lane.closed = true;
            lane.wake();
        }
    }
}

impl AsyncRead for Pipe {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let mut lane = self.reads.borrow_mut();
        let count = lane.bytes.len().min(buffer.len()).min(self.most);
        if count == 0 && !lane.closed {
            lane.waker = Some(cx.waker().clone());
            return Poll::Pending;
        }
        for (place, byte) in buffer.iter_mut().zip(lane.bytes.drain(..count)) {
            *place = byte;
        }
        Poll::Ready(Ok(count))
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let mut lane = self.writes.borrow_mut();
        let count = bytes.len().min(self.most);
        for byte in &bytes[..count] {
            let flips = match lane.change {
                Some(change) if change.at == lane.sent => {
                    self.changed.set(true);
                    change.flips
                }
                _ => 0,
            };
            lane.bytes.push_back(byte ^ flips);
            lane.sent += 1;
        }
        lane.wake();
        Poll::Ready(Ok(count))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
