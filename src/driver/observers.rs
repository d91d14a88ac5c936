//! Events with numbers, for observers that come and go.
//!
//! The last events stand in a ring that all subscribers read at their own pace. There is no queue a
//! subscriber could fill: one that falls behind finds its place overwritten, and is told so.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_channel::{Receiver, Sender};

use crate::node::Event;

/// How many events of a node are kept for subscribers that resume or fall behind.
pub const EVENT_RING: usize = 4096;

/// An event and its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberedEvent<E = Event> {
    /// Counts from 1 and never jumps, not even at a reset; but where a storage failed one is left out.
    pub id: u64,
    /// What happened.
    pub event: E,
}

/// What a [`Subscription`] brings next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next<E = Event> {
    /// An event, the one after the one before.
    Event(Arc<NumberedEvent<E>>),
    /// Events were missed for good: read the present state anew. Events go on from there.
    Lagged {
        /// The id of the next event there is, or will be.
        resumes: u64,
    },
    /// The publisher is gone, and its last event was brought.
    Closed,
}

#[derive(Debug)]
struct Ring<E> {
    /// `None` where something was lost.
    events: VecDeque<Option<Arc<NumberedEvent<E>>>>,
    /// How many events are kept.
    max: usize,
    /// The id the next event gets that is shown.
    next: u64,
    /// How many events have happened that are not shown yet.
    unshown: u64,
    closed: bool,
    /// One for each subscriber; it holds one token while there may be something to read.
    wakers: Vec<Sender<()>>,
}

impl<E> Ring<E> {
    fn oldest(&self) -> u64 {
        self.next - self.events.len() as u64
    }

    /// The id of the last event that happened, shown or not.
    fn last(&self) -> u64 {
        self.next - 1 + self.unshown
    }

    fn show(&mut self, event: E) -> u64 {
        let id = self.next;
        self.push(Some(Arc::new(NumberedEvent { id, event })));
        id
    }

    fn push(&mut self, event: Option<Arc<NumberedEvent<E>>>) {
        self.next += 1;
        if self.events.len() >= self.max {
            self.events.pop_front();
        }
        self.events.push_back(event);
        self.wake();
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

/// The ring as the publisher, the handles and the subscriptions share it.
#[derive(Debug)]
pub(super) struct Log<E = Event>(Arc<Mutex<Ring<E>>>);

impl<E> Clone for Log<E> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<E> Log<E> {
    fn lock(&self) -> MutexGuard<'_, Ring<E>> {
        // Nothing panics half way through a change of the ring.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn last(&self) -> u64 {
        self.lock().last()
    }

    pub(super) fn subscribe(&self, after: Option<u64>) -> Subscription<E> {
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

/// Where events are numbered and kept for subscribers. Dropping it closes every subscription.
///
/// A node's belongs to its event loop; others may number their own events in the same way:
///
/// ```
/// use tickchain::driver::{Next, Publisher};
///
/// let publisher = Publisher::keeping(100);
/// let mut words = publisher.subscribe(None);
/// assert_eq!(publisher.publish("hello"), 1);
/// assert!(matches!(words.try_next(), Some(Next::Event(word)) if word.event == "hello"));
/// drop(publisher);
/// assert_eq!(words.try_next(), Some(Next::Closed));
/// ```
#[derive(Debug)]
pub struct Publisher<E = Event>(Log<E>);

impl<E> Publisher<E> {
    /// Keeps the last `events` for subscribers that resume or fall behind.
    pub fn keeping(events: usize) -> Self {
        Self(Log(Arc::new(Mutex::new(Ring {
            events: VecDeque::new(),
            max: events,
            next: 1,
            unshown: 0,
            closed: false,
            wakers: Vec::new(),
        }))))
    }

    pub(super) fn log(&self) -> Log<E> {
        self.0.clone()
    }

    /// Numbers an event and shows it to every subscriber; gives back its id.
    pub fn publish(&self, event: E) -> u64 {
        self.0.lock().show(event)
    }

    /// Counts an event that happened and is shown later, by [`Publisher::show_counted`].
    pub(super) fn count(&self) {
        self.0.lock().unshown += 1;
    }

    /// Shows an event that was counted, in the order in which they were.
    pub(super) fn show_counted(&self, event: E) {
        let mut ring = self.0.lock();
        ring.unshown -= 1;
        ring.show(event);
    }

    /// What was counted and not shown never happened, and the node is no longer what the events before
    /// led up to: every subscriber is told that it missed something.
    pub(super) fn break_off(&self) {
        let mut ring = self.0.lock();
        ring.unshown = 0;
        ring.push(None);
    }

    /// The id of the last event; 0 before the first.
    pub fn last_id(&self) -> u64 {
        self.0.lock().last()
    }

    /// Events from here on, or those after the event with the id `after`: 0 for all that are kept.
    pub fn subscribe(&self, after: Option<u64>) -> Subscription<E> {
        self.0.subscribe(after)
    }
}

impl<E> Drop for Publisher<E> {
    fn drop(&mut self) {
        let mut ring = self.0.lock();
        ring.closed = true;
        ring.wake();
    }
}

/// A place in a row of events; see [`Handle::subscribe`](super::Handle::subscribe).
#[derive(Debug)]
pub struct Subscription<E = Event> {
    log: Log<E>,
    woken: Receiver<()>,
    /// The id of the next event to bring.
    wants: u64,
}

impl<E> Subscription<E> {
    /// Waits for what comes next. Nothing is lost when the future is dropped.
    pub async fn next(&mut self) -> Next<E> {
        loop {
            if let Some(next) = self.try_next() {
                return next;
            }
            // An error means that the log is gone; then `try_next` says so.
            let _ = self.woken.recv().await;
        }
    }

    /// As [`Subscription::next`], for a plain thread.
    pub fn next_blocking(&mut self) -> Next<E> {
        loop {
            if let Some(next) = self.try_next() {
                return next;
            }
            let _ = self.woken.recv_blocking();
        }
    }

    /// What comes next, if it is there already.
    pub fn try_next(&mut self) -> Option<Next<E>> {
        let ring = self.log.lock();
        // An id never given is from an earlier life of the node: all since then was missed.
        if self.wants < ring.oldest() || self.wants > ring.last() + 1 {
            self.wants = ring.oldest();
            return Some(Next::Lagged {
                resumes: self.wants,
            });
        }
        let index = (self.wants - ring.oldest()) as usize;
        match ring.events.get(index) {
            Some(event) => {
                self.wants += 1;
                let resumes = self.wants;
                Some(match event {
                    Some(event) => Next::Event(Arc::clone(event)),
                    None => Next::Lagged { resumes },
                })
            }
            None => ring.closed.then_some(Next::Closed),
        }
    }
}
