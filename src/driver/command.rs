//! What the event loop is asked to do.

use std::iter::Peekable;

use async_channel::{Sender, WeakSender};

use super::error::DriverError;
use super::held::{Held, Reply};
use super::link::{Link, LinkId, Port, Report};
use super::storage::StorageError;
use super::waits::ClockReply;
use crate::node::{Answer, Effect, Input, Name, Node};

/// Looks at the node, or hears why it cannot, and replies through what holds replies back.
pub(super) type Look<N> =
    Box<dyn FnOnce(Result<&N, DriverError>, &mut Held<<N as Node>::Message>) + Send>;

/// Changes the node, or hears why it cannot, and gives back what is to be done about it, `None` where
/// the change failed, and what replies: only when everyone sees the change.
pub(super) type Update<N> =
    Box<dyn FnOnce(Result<&mut N, DriverError>) -> (Option<Effects<N>>, Reply) + Send>;

pub(super) type Effects<N> = Vec<Effect<<N as Node>::Message>>;

/// The effects of one input, what must last being written.
pub(super) type Written<N> = Peekable<std::vec::IntoIter<Effect<<N as Node>::Message>>>;

/// What the event loop is asked to do.
///
/// The channel of commands has no bound and needs none: whoever waits for a reply has one command in
/// it at a time, a link reports no more acknowledgements than it was given messages and goes down
/// once, a search finds once, a storage reports no more than it was given writes.
pub(super) enum Command<N: Node> {
    /// A controller's request, all but the clock.
    Request {
        input: Input<N::Message>,
        reply: Sender<Result<Answer, DriverError>>,
    },
    /// The clock's request, answered when it is reached. `None`: one clock on from wherever it is.
    Clock { to: Option<u64>, reply: ClockReply },
    /// Something to do with the node that leaves it as it is.
    Read(Look<N>),
    /// Something to do with the node that makes it another.
    Update(Update<N>),
    /// A transport offers a link.
    Connect {
        peer: Name,
        latency: u64,
        reply: Sender<Result<Link<N::Message>, DriverError>>,
    },
    /// A link's transport reports.
    Link {
        peer: Name,
        link: LinkId,
        report: Report<N::Message>,
    },
    /// A search found its nonce.
    Found { search: u64, nonce: u64 },
    /// So many writes last, or those that do not yet are lost.
    Written(Result<u64, StorageError>),
}

/// How links, searches and a storage send commands. Weak: they do not keep the event loop going.
pub(super) struct Commands<N: Node>(pub(super) WeakSender<Command<N>>);

impl<N: Node> Commands<N> {
    /// Lost when the event loop is over, which its links see for themselves.
    pub(super) fn send(&self, command: Command<N>) {
        if let Some(commands) = self.0.upgrade() {
            let _ = commands.try_send(command);
        }
    }
}

impl<N: Node> Port<N::Message> for Commands<N> {
    fn report(&self, peer: Name, link: LinkId, report: Report<N::Message>) {
        self.send(Command::Link { peer, link, report });
    }
}
