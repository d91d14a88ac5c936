//! Taking in again what was kept, whether a document or a storage kept it.

use super::inbox::{Content, Item, Key, Question};
use super::packed::Packed;
use super::pool::Queued;
use super::*;
use crate::ledger::{Block, UncheckedBlock};
use crate::node::message::Body;

impl<S: Store> HonestNode<S> {
    /// The pool, each payment with its place in the order, which rises.
    pub(super) fn refill_pool(
        &mut self,
        pool: impl IntoIterator<Item = (i64, Transaction)>,
    ) -> Result<(), StateError> {
        for (order, transaction) in pool {
            self.check_kept(&transaction)?;
            self.check_place(&transaction.id)?;
            let id = transaction.id;
            let pushed = self.pool.push_at(self.ledger.store(), order, transaction);
            pushed.map_err(|error| StateError::Payment { id, error })?;
        }
        Ok(())
    }

    /// Payments that wait for their clock.
    pub(super) fn refill_queue(
        &mut self,
        queue: impl IntoIterator<Item = Queued>,
    ) -> Result<(), StateError> {
        for queued in queue {
            self.check_kept(&queued.transaction)?;
            self.check_place(&queued.transaction.id)?;
            self.queue.push(queued);
        }
        Ok(())
    }

    /// Payments that cannot be paid yet, each with whether it was accepted here.
    pub(super) fn refill_waiting(
        &mut self,
        waiting: impl IntoIterator<Item = (Transaction, bool)>,
    ) -> Result<(), StateError> {
        for (transaction, accepted) in waiting {
            self.check_kept(&transaction)?;
            self.check_place(&transaction.id)?;
            if accepted {
                self.accepted.insert(transaction.id);
            }
            drop(self.waiting.push(transaction, accepted));
        }
        Ok(())
    }

    /// A message that waits in the inbox.
    pub(super) fn refill_inbox(
        &mut self,
        from: Option<Name>,
        ready: u64,
        arrival: u64,
        message: Message,
    ) -> Result<(), StateError> {
        let key = Key {
            stamp: message.stamp,
            from,
            sequence: message.sequence,
        };
        if key.stamp.max(key.sequence).max(arrival) > MAX_SAFE_INTEGER {
            let what = "a number is above 2^53 - 1";
            return Err(StateError::Contradiction { what });
        }
        if self.inbox.contains(&key) {
            let what = "two messages of one peer have the same number";
            return Err(StateError::Contradiction { what });
        }
        let content = self.content(message)?;
        self.inbox.insert(
            key,
            Item {
                ready,
                arrival,
                content,
            },
        );
        Ok(())
    }

    fn content(&mut self, message: Message) -> Result<Content, StateError> {
        let mut check = |block: UncheckedBlock| -> Result<Block, StateError> {
            let id = block.id;
            let checked = block.check_with(&mut self.checker);
            checked.map_err(|error| StateError::Block {
                id,
                reason: error.to_string(),
            })
        };
        Ok(match message.body {
            Body::NewBlock(block) => Content::Block(Box::new(check(*block)?)),
            Body::NewTx(transaction) => {
                self.check_kept(&transaction)?;
                Content::Payment(Packed::of(&transaction))
            }
            Body::ReqChain(locator) => Content::Question(Box::new(Question {
                sequence: message.sequence,
                locator,
            })),
            Body::Chain { blocks, .. } => {
                Content::Chain(blocks.into_iter().map(check).collect::<Result<_, _>>()?)
            }
        })
    }

    /// A payment is in one place only, also where it is written down.
    fn check_place(&self, id: &TxId) -> Result<(), StateError> {
        let queued = self.queue.get(id).is_some();
        if queued || self.pool.get(id).is_some() || self.waiting.get(id).is_some() {
            let what = "a payment is in two places";
            return Err(StateError::Contradiction { what });
        }
        Ok(())
    }

    /// A payment that breaks a rule could never be paid and would be kept for ever.
    pub(super) fn check_kept(&mut self, transaction: &Transaction) -> Result<(), StateError> {
        let checked = self.checker.check_payment(transaction);
        checked.map_err(|error| StateError::Payment {
            id: transaction.id,
            error,
        })
    }
}
