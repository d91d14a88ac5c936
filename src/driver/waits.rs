//! Who waits for a clock.

use std::collections::BTreeMap;

use async_channel::Sender;

use super::error::DriverError;
use super::link::{LinkId, Links};

/// Where the answer to one call of [`Handle::clock`](super::Handle::clock) goes.
pub(super) type ClockReply = Sender<Result<(), DriverError>>;

#[derive(Debug)]
struct Wait {
    to: u64,
    reply: ClockReply,
    /// Once the clock is reached: for each link the count of messages that has to be acknowledged.
    owed: Option<BTreeMap<LinkId, u64>>,
}

/// Calls that wait for the node to reach a clock, and then for the acknowledgements of what it sent
/// until there.
#[derive(Debug, Default)]
pub(super) struct Waits {
    /// The last clock the node said it reached, since its last reset.
    reached: u64,
    waits: Vec<Wait>,
}

impl Waits {
    pub(super) fn add(&mut self, to: u64, reply: ClockReply) {
        self.waits.push(Wait {
            to,
            reply,
            owed: None,
        });
    }

    pub(super) fn reached(&mut self, clock: u64) {
        self.reached = self.reached.max(clock);
    }

    /// Answers those with nothing left to wait for.
    pub(super) fn settle<M>(&mut self, links: &Links<M>) {
        if self.waits.is_empty() {
            return;
        }
        let reached = self.reached;
        for wait in &mut self.waits {
            if wait.owed.is_none() && wait.to <= reached {
                wait.owed = Some(links.unacknowledged());
            }
        }
        let acknowledged = links.acknowledged();
        self.waits.retain(|wait| {
            let done = wait.owed.as_ref().is_some_and(|owed| {
                // A link that is gone owes nothing any more.
                owed.iter()
                    .all(|(link, sent)| acknowledged.get(link).is_none_or(|got| got >= sent))
            });
            if done {
                // Fails when the caller no longer waits.
                let _ = wait.reply.try_send(Ok(()));
            }
            !done && !wait.reply.is_closed()
        });
    }

    /// The node is somewhere else now: nobody gets what they waited for.
    pub(super) fn reset(&mut self) {
        self.reached = 0;
        self.fail(&DriverError::Reset);
    }

    /// Nobody gets what they waited for.
    pub(super) fn fail(&mut self, error: &DriverError) {
        for wait in self.waits.drain(..) {
            let _ = wait.reply.try_send(Err(error.clone()));
        }
    }
}
