//! Links: how messages leave a node and reach it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use async_channel::{Receiver, Sender};

use super::error::LinkClosed;
use crate::node::{Name, Offence};

/// The most messages that wait in a link for the transport. One more closes the link: a peer that
/// takes nothing must not make the node's memory grow.
pub const OUTGOING_QUEUE: usize = 16 * 1024;

/// The most offences that wait in a link to be looked at; more of them say nothing new.
const OFFENCES: usize = 64;

/// One link of one driver, never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct LinkId(u64);

/// What a link's transport reports to the event loop.
#[derive(Debug)]
pub(super) enum Report<M> {
    /// The peer said something. `reply` gets a value when it is in the inbox and stays empty when the
    /// link is closed instead.
    Deliver { message: M, reply: Sender<()> },
    /// The peer has so many more messages.
    Acknowledged { count: u64 },
    /// The transport is gone.
    Down,
}

/// How links reach an event loop whose kind of node they need not know.
pub(super) trait Port<M>: Send + Sync {
    /// Hands a report in; lost when the event loop is over.
    fn report(&self, peer: Name, link: LinkId, report: Report<M>);
}

/// One end of a link, as the transport sees it. Dropping it takes the link down.
///
/// A transport does three things, in any order and side by side; [`Link`]'s methods take `&self`, so
/// an [`Arc`] or two futures in one task will do:
/// - it sends what [`Link::outgoing`] brings, in that order;
/// - it calls [`Link::acknowledged`] as the peer's acknowledgements come in;
/// - it hands what the peer says to [`Link::deliver`] or [`Link::hand_in`], and sends an acknowledgement for each message
///   that was taken.
///
/// ```
/// use tickchain::driver::{Link, LinkClosed};
///
/// /// Sends everything that wants to leave to `to`, which is in the same process.
/// async fn pump<M>(from: &Link<M>, to: &Link<M>) -> Result<(), LinkClosed> {
///     while let Some(message) = from.outgoing().await {
///         to.deliver(message).await?;
///         from.acknowledged(1);
///     }
///     Ok(())
/// }
/// ```
pub struct Link<M> {
    peer: Name,
    id: LinkId,
    port: Arc<dyn Port<M>>,
    queue: Receiver<M>,
    fate: Receiver<()>,
    offences: Receiver<Offence>,
    reason: Arc<OnceLock<String>>,
}

impl<M> Link<M> {
    /// The peer's name.
    pub fn peer(&self) -> &Name {
        &self.peer
    }

    /// The next message to send. `None`: the node closed the link, and what it had to say before has
    /// been brought; [`Link::closed_reason`] says why.
    pub async fn outgoing(&self) -> Option<M> {
        self.queue.recv().await.ok()
    }

    /// As [`Link::outgoing`], for a plain thread.
    pub fn outgoing_blocking(&self) -> Option<M> {
        self.queue.recv_blocking().ok()
    }

    /// Reports that the peer acknowledged the next `count` messages, in the order they were sent.
    pub fn acknowledged(&self, count: u64) {
        self.report(Report::Acknowledged { count });
    }

    /// Hands in what the peer said, and waits until it is in the inbox, and lasts there: then it is to be
    /// acknowledged.
    ///
    /// # Errors
    /// [`LinkClosed`] when the node did not take it; the link is closed.
    pub async fn deliver(&self, message: M) -> Result<(), LinkClosed> {
        self.hand_in(message).taken().await
    }

    /// As [`Link::deliver`], and leaves the waiting for later: under a storage many messages become part
    /// of one write when they need not wait for each other. They are taken in the order in which they are
    /// handed in. Whoever does this bounds how many wait.
    pub fn hand_in(&self, message: M) -> Delivery {
        let (reply, taken) = async_channel::bounded(1);
        self.report(Report::Deliver { message, reply });
        Delivery {
            taken,
            reason: Arc::clone(&self.reason),
        }
    }

    /// As [`Link::deliver`], for a plain thread.
    ///
    /// # Errors
    /// As [`Link::deliver`].
    pub fn deliver_blocking(&self, message: M) -> Result<(), LinkClosed> {
        let delivery = self.hand_in(message);
        let taken = delivery.taken.recv_blocking();
        taken.map_err(|_| closed(&delivery.reason))
    }

    /// Waits until the node closes the link, without a look at the messages that still wait: for a
    /// transport that is stuck in a send.
    pub async fn closed(&self) -> LinkClosed {
        // Nothing is ever sent here: the only news is that the sender is gone.
        let _ = self.fate.recv().await;
        closed(&self.reason)
    }

    /// The next thing that the node saw its peer do and that no honest one does. `None`: the node closed
    /// the link, and there is no more.
    pub async fn offence(&self) -> Option<Offence> {
        self.offences.recv().await.ok()
    }

    /// Why the node closed the link; `None` while it is up.
    pub fn closed_reason(&self) -> Option<&str> {
        self.fate
            .is_closed()
            .then(|| self.reason.get().map_or(STOPPED, String::as_str))
    }

    fn report(&self, report: Report<M>) {
        self.port.report(self.peer.clone(), self.id, report);
    }
}

/// A message that was handed in with [`Link::hand_in`].
#[derive(Debug)]
pub struct Delivery {
    taken: Receiver<()>,
    reason: Arc<OnceLock<String>>,
}

impl Delivery {
    /// Waits until the message is in the inbox, and lasts there: then it is to be acknowledged.
    ///
    /// # Errors
    /// As [`Link::deliver`].
    pub async fn taken(self) -> Result<(), LinkClosed> {
        let taken = self.taken.recv().await;
        taken.map_err(|_| closed(&self.reason))
    }
}

/// The reason of links that nobody closed one by one.
const STOPPED: &str = "the node has stopped";

/// The error of a link that is closed.
fn closed(reason: &OnceLock<String>) -> LinkClosed {
    LinkClosed {
        reason: reason.get().map_or(STOPPED, String::as_str).to_owned(),
    }
}

impl<M> Drop for Link<M> {
    fn drop(&mut self) {
        self.report(Report::Down);
    }
}

impl<M> fmt::Debug for Link<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link")
            .field("peer", &self.peer)
            .field("waiting", &self.queue.len())
            .field("closed_reason", &self.closed_reason())
            .finish_non_exhaustive()
    }
}

/// The event loop's end of a link.
#[derive(Debug)]
struct End<M> {
    id: LinkId,
    queue: Sender<M>,
    /// Kept only to be dropped with the link.
    _fate: Sender<()>,
    offences: Sender<Offence>,
    reason: Arc<OnceLock<String>>,
    /// Places in the queue that messages will take which are held back for now.
    reserved: usize,
    sent: u64,
    acknowledged: u64,
}

impl<M> End<M> {
    fn is_full(&self) -> bool {
        self.queue.len() + self.reserved >= OUTGOING_QUEUE
    }

    fn send(&mut self, message: M) {
        self.sent += 1;
        // Fails when the transport has let go of the link, which its report will say.
        let _ = self.queue.try_send(message);
    }
}

/// No more messages fit into a link.
#[derive(Debug)]
pub(super) struct QueueFull;

/// The event loop's links, by peer.
#[derive(Debug)]
pub(super) struct Links<M> {
    ends: BTreeMap<Name, End<M>>,
    made: u64,
}

impl<M> Links<M> {
    pub(super) fn new() -> Self {
        Self {
            ends: BTreeMap::new(),
            made: 0,
        }
    }

    pub(super) fn contains(&self, peer: &Name) -> bool {
        self.ends.contains_key(peer)
    }

    /// Whether the link to `peer` is this very one.
    pub(super) fn is(&self, peer: &Name, link: LinkId) -> bool {
        self.ends.get(peer).is_some_and(|end| end.id == link)
    }

    /// Makes a link to a peer that has none.
    pub(super) fn open(&mut self, peer: Name, port: Arc<dyn Port<M>>) -> Link<M> {
        self.made += 1;
        let id = LinkId(self.made);
        // Unbounded for its layout only, which takes no memory for places that stay empty: `send`
        // holds the bound.
        let (queue, outgoing) = async_channel::unbounded();
        let (fate_end, fate) = async_channel::bounded(1);
        let (offend, offences) = async_channel::bounded(OFFENCES);
        let reason = Arc::new(OnceLock::new());
        let end = End {
            id,
            queue,
            _fate: fate_end,
            offences: offend,
            reason: Arc::clone(&reason),
            reserved: 0,
            sent: 0,
            acknowledged: 0,
        };
        self.ends.insert(peer.clone(), end);
        Link {
            peer,
            id,
            port,
            queue: outgoing,
            fate,
            offences,
            reason,
        }
    }

    /// Puts a message into the queue of `peer`'s link. `false`: the queue is full. A peer without a
    /// link misses the message, as one whose link went down a moment later would.
    pub(super) fn send(&mut self, peer: &Name, message: M) -> bool {
        let Some(end) = self.ends.get_mut(peer) else {
            return true;
        };
        if end.is_full() {
            return false;
        }
        end.send(message);
        true
    }

    /// Whether a message that leaves by `peer`'s link now would overtake others.
    pub(super) fn holds_back(&self, peer: &Name) -> bool {
        self.ends.get(peer).is_some_and(|end| end.reserved > 0)
    }

    /// Keeps a place in the queue of `peer`'s link, if it has one; which link that is. An error: the
    /// queue is full.
    pub(super) fn reserve(&mut self, peer: &Name) -> Result<Option<LinkId>, QueueFull> {
        let Some(end) = self.ends.get_mut(peer) else {
            return Ok(None);
        };
        if end.is_full() {
            return Err(QueueFull);
        }
        end.reserved += 1;
        Ok(Some(end.id))
    }

    /// Puts a message into the place that was reserved for it in `link`, if that is still up.
    pub(super) fn send_reserved(&mut self, peer: &Name, link: LinkId, message: M) {
        if let Some(end) = self.ends.get_mut(peer).filter(|end| end.id == link) {
            end.reserved -= 1;
            end.send(message);
        }
    }

    /// Closes the link to `peer` for this reason. `false`: there was none.
    pub(super) fn close(&mut self, peer: &Name, reason: String) -> bool {
        let Some(end) = self.ends.remove(peer) else {
            return false;
        };
        end.reason
            .set(reason)
            .expect("the reason is set where the end is removed, here only");
        true
    }

    /// Closes every link for this reason.
    pub(super) fn close_all(&mut self, reason: &str) {
        while let Some(peer) = self.ends.keys().next().cloned() {
            self.close(&peer, reason.to_owned());
        }
    }

    /// Tells the transport what its peer did. With its link gone nobody is left to tell.
    pub(super) fn offended(&self, peer: &Name, offence: Offence) {
        if let Some(end) = self.ends.get(peer) {
            let _ = end.offences.try_send(offence);
        }
    }

    pub(super) fn acknowledge(&mut self, peer: &Name, link: LinkId, count: u64) {
        if let Some(end) = self.ends.get_mut(peer).filter(|end| end.id == link) {
            end.acknowledged = end.acknowledged.saturating_add(count).min(end.sent);
        }
    }

    /// The links with messages out that were not acknowledged, with how many were ever sent.
    pub(super) fn unacknowledged(&self) -> BTreeMap<LinkId, u64> {
        self.ends
            .values()
            .filter(|end| end.acknowledged < end.sent)
            .map(|end| (end.id, end.sent))
            .collect()
    }

    /// How many messages each link had acknowledged.
    pub(super) fn acknowledged(&self) -> BTreeMap<LinkId, u64> {
        self.ends
            .values()
            .map(|end| (end.id, end.acknowledged))
            .collect()
    }
}
