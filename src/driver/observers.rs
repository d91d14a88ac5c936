//! Events with numbers, for observers that come and go.
//!
//! The last events stand in a ring that all subscribers read at their own pace. There is no queue a
//! subscriber could fill: one that falls behind finds its place overwritten, and is told so.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_channel::{Receiver, Sender};

use crate::node::Event;

/// How many events are kept for subscribers that resume or fall behind.
pub const EVENT_RING: usize = 4096;

/// An event and its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberedEvent {
    /// Counts from 1 and never jumps, not even at a reset.
    pub id: u64,
    /// What happened.
    pub event: Event,
}

/// What a [`Subscription`] brings next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// An event, the one after the one before.
    Event(Arc<NumberedEvent>),
    /// Events were missed for good: read the node's present state anew. Events go on from there.
    Lagged {
        /// The id of the next event there is, or will be.
        resumes: u64,
    },
    /// The node has stopped, and its last event was brought.
    Closed,
}

#[derive(Debug)]
struct Ring {
    events: VecDeque<Arc<NumberedEvent>>,
    /// The id the next event gets.
    next: u64,
    closed: bool,
    /// One for each subscriber; it holds one token while there may be something to read.
    wakers: Vec<Sender<()>>,
}

impl Ring {
    fn oldest(&self) -> u64 {
        self.next - self.events.len() as u64
    }

    fn wake(&mut self) {
        // A full channel holds its token already; only a closed one has nobody left to wake.
        self.wakers.retain(|waker| {
            !matches!(
                waker.try_send(()),
                Err(async_channel::TrySendError::Closed(()))
            )
        });
    }
}

/// The ring as the event loop, the handles and the subscriptions share it.
#[derive(Debug, Clone)]
pub(super) struct Log(Arc<Mutex<Ring>>);

impl Log {
    fn lock(&self) -> MutexGuard<'_, Ring> {
        // Nothing panics half way through a change of the ring.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn subscribe(&self, after: Option<u64>) -> Subscription {
        let (waker, woken) = async_channel::bounded(1);
        let mut ring = self.lock();
        ring.wakers.retain(|waker| !waker.is_closed());
        ring.wakers.push(waker);
        let wants = after.map_or(ring.next, |id| id.saturating_add(1));
        Subscription {
            log: self.clone(),
            woken,
            wants,
        }
    }
}

/// The event loop's end of the log; dropping it closes every subscription.
#[derive(Debug)]
pub(super) struct Publisher(Log);

impl Publisher {
    pub(super) fn new() -> Self {
        Self(Log(Arc::new(Mutex::new(Ring {
            events: VecDeque::new(),
            next: 1,
            closed: false,
            wakers: Vec::new(),
        }))))
    }

    pub(super) fn log(&self) -> Log {
        self.0.clone()
    }

    pub(super) fn publish(&self, event: Event) {
        let mut ring = self.0.lock();
        let id = ring.next;
        ring.next += 1;
        if ring.events.len() == EVENT_RING {
            ring.events.pop_front();
        }
        ring.events.push_back(Arc::new(NumberedEvent { id, event }));
        ring.wake();
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        let mut ring = self.0.lock();
        ring.closed = true;
        ring.wake();
    }
}

/// A place in a node's events; see [`Handle::subscribe`](super::Handle::subscribe).
#[derive(Debug)]
pub struct Subscription {
    log: Log,
    woken: Receiver<()>,
    /// The id of the next event to bring.
    wants: u64,
}

impl Subscription {
    /// Waits for what comes next. Nothing is lost when the future is dropped.
    pub async fn next(&mut self) -> Next {
        loop {
            if let Some(next) = self.try_next() {
                return next;
            }
            // An error means that the log is gone; then `try_next` says so.
            let _ = self.woken.recv().await;
        }
    }

    /// As [`Subscription::next`], for a plain thread.
    pub fn next_blocking(&mut self) -> Next {
        loop {
            if let Some(next) = self.try_next() {
                return next;
            }
            let _ = self.woken.recv_blocking();
        }
    }

    /// What comes next, if it is there already.
    pub fn try_next(&mut self) -> Option<Next> {
        let ring = self.log.lock();
        // An id never given is from an earlier life of the node: all since then was missed.
        if self.wants < ring.oldest() || self.wants > ring.next {
            self.wants = ring.oldest();
            return Some(Next::Lagged {
                resumes: self.wants,
            });
        }
        let index = (self.wants - ring.oldest()) as usize;
        match ring.events.get(index) {
            Some(event) => {
                self.wants += 1;
                Some(Next::Event(Arc::clone(event)))
            }
            None => ring.closed.then_some(Next::Closed),
        }
    }
}
