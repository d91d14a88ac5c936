//! What must not be seen before what it came from lasts.

use std::collections::VecDeque;

use async_channel::Sender;

use super::error::DriverError;
use super::event_loop::Driver;
use super::handle::View;
use super::link::{LinkId, QueueFull};
use super::waits::ClockReply;
use crate::node::{Event, Name, Node};

/// Replies to whoever waits: as it was to be, or why it is not.
pub(super) type Reply = Box<dyn FnOnce(Result<(), DriverError>) + Send>;

/// Something that others see.
pub(super) enum Outward<M> {
    /// What the node is about.
    View(View),
    /// An event. Its number was counted already.
    Event(Event),
    /// A message leaves by this very link, in which a place was reserved for it.
    Send { to: Name, link: LinkId, message: M },
    /// The node has lived up to this clock.
    Reached(u64),
    /// A clock is waited for.
    Wait { to: u64, reply: ClockReply },
    /// Clocks that were waited for are not reached.
    Reset,
    /// A peer's message is in the inbox.
    Taken(Sender<()>),
    /// The answer to a request, a look or a change.
    Reply(Reply),
}

/// One row of all that others are to see, each thing with the number of the last write before it: it
/// may be seen when that lasts. While everything lasts nothing is held, and the row is empty.
pub(super) struct Held<M> {
    given: u64,
    lasting: u64,
    row: VecDeque<(u64, Outward<M>)>,
}

impl<M> Held<M> {
    pub(super) fn new() -> Self {
        Self {
            given: 0,
            lasting: 0,
            row: VecDeque::new(),
        }
    }

    /// Whether what happens now may be seen now.
    pub(super) fn is_clear(&self) -> bool {
        self.lasting == self.given
    }

    /// A write was given to the storage.
    pub(super) fn given(&mut self) {
        self.given += 1;
    }

    /// So many writes last. Fewer than were known to is news of before a failure.
    pub(super) fn last(&mut self, writes: u64) {
        self.lasting = self.lasting.max(writes.min(self.given));
    }

    /// Everything that was given lasts.
    pub(super) fn last_all(&mut self) {
        self.lasting = self.given;
    }

    /// Adds to what waits. The row must not be clear.
    pub(super) fn push(&mut self, outward: Outward<M>) {
        debug_assert!(!self.is_clear(), "what may be seen at once is not held");
        self.row.push_back((self.given, outward));
    }

    /// The next thing that may be seen.
    pub(super) fn pop(&mut self) -> Option<Outward<M>> {
        let (write, _) = self.row.front()?;
        if *write > self.lasting {
            return None;
        }
        self.row.pop_front().map(|(_, outward)| outward)
    }

    /// What was given and does not last is lost: who waits for a reply hears why, and all else is as if
    /// it had not been.
    pub(super) fn fail(&mut self, error: &DriverError) {
        self.lasting = self.given;
        for (_, outward) in self.row.drain(..) {
            match outward {
                Outward::Reply(reply) => reply(Err(error.clone())),
                Outward::Wait { reply, .. } => drop(reply.try_send(Err(error.clone()))),
                _ => {}
            }
        }
    }

    /// Replies when that may be seen. Fails when the caller no longer waits, which is nobody's loss.
    pub(super) fn reply<R: Send + 'static>(
        &mut self,
        reply: Sender<Result<R, DriverError>>,
        result: Result<R, DriverError>,
    ) {
        if self.is_clear() {
            let _ = reply.try_send(result);
        } else {
            self.push(Outward::Reply(Box::new(move |lasts| {
                let _ = reply.try_send(lasts.and(result));
            })));
        }
    }
}

impl<N: Node + 'static> Driver<N> {
    /// Lets others see this, now or when what came before it lasts.
    pub(super) fn show(&mut self, outward: Outward<N::Message>) {
        if self.held.is_clear() {
            self.show_now(outward);
        } else {
            self.held.push(outward);
        }
    }

    pub(super) fn show_event(&mut self, event: Event) {
        if self.held.is_clear() {
            self.publisher.publish(event);
        } else {
            self.publisher.count();
            self.held.push(Outward::Event(event));
        }
    }

    /// Sends a message, now or later. `false`: its link has no room for it.
    pub(super) fn send(&mut self, to: &Name, message: N::Message) -> bool {
        let waits = N::promises(&message) || self.links.holds_back(to);
        if self.held.is_clear() || !waits {
            return self.links.send(to, message);
        }
        match self.links.reserve(to) {
            Ok(Some(link)) => {
                let to = to.clone();
                self.held.push(Outward::Send { to, link, message });
            }
            Ok(None) => {}
            Err(QueueFull) => return false,
        }
        true
    }

    /// Lets others see what waited for writes that last now.
    pub(super) fn release(&mut self) {
        while let Some(outward) = self.held.pop() {
            let settles = matches!(outward, Outward::Wait { .. } | Outward::Reached(_));
            self.show_now(outward);
            // Before anything of a later clock leaves, which this one need not wait for.
            if settles {
                self.waits.settle(&self.links);
            }
        }
    }

    fn show_now(&mut self, outward: Outward<N::Message>) {
        match outward {
            Outward::View(view) => self.set_view(view),
            Outward::Event(event) => self.publisher.show_counted(event),
            Outward::Send { to, link, message } => self.links.send_reserved(&to, link, message),
            Outward::Reached(clock) => self.waits.reached(clock),
            Outward::Wait { to, reply } => self.waits.add(to, reply),
            Outward::Reset => self.waits.reset(),
            Outward::Taken(reply) => drop(reply.try_send(())),
            Outward::Reply(reply) => reply(Ok(())),
        }
    }
}
