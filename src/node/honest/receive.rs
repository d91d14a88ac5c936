//! What others say, on its way into the inbox: looked at first, so that nothing forged takes up room.

use std::sync::Arc;

use super::inbox::{Content, Item, Key, Question};
use super::link::Thing;
use super::packed::Packed;
use super::refused::CROWDED;
use super::*;
use crate::ledger::{ConnectError, UncheckedBlock};
use crate::node::message::{Body, MAX_LOCATOR};
use crate::node::{About, Offence};

/// Why a message is not taken into the inbox.
enum Refusal {
    /// It is dropped; the link stays.
    Drop(Arc<str>),
    /// No honest peer sends it; it is dropped.
    Forged(Offence, String),
    /// It asks for more than a question may: the link is closed.
    Close(String),
}

impl<S: Store> HonestNode<S> {
    /// Takes a message into the inbox, or refuses it.
    pub(super) fn receive(&mut self, from: &Name, message: Message) {
        let Some(link) = self.links.get(from) else {
            return;
        };
        let latency = link.latency;
        let (kind, about) = (message.body.kind(), About::of(&message.body));
        let known = match &message.body {
            // On most links of a mesh the same payment goes both ways at once: no need to look further, but
            // for one whose id another one has that only waits.
            Body::NewTx(payment)
                if link.known.contains(&Thing::Payment(payment.id))
                    && self.waiting.get(&payment.id).is_none() =>
            {
                true
            }
            body => match self.known_thing(body) {
                Some(thing) => {
                    self.note_known(from, thing);
                    true
                }
                None => false,
            },
        };
        if known {
            self.tell(Event::Received {
                from: from.clone(),
                kind,
                sequence: message.sequence,
                about,
            });
            return;
        }
        let content = if message.stamp.max(message.sequence) > MAX_SAFE_INTEGER {
            // It would be told on, and be read by nobody.
            Err(Refusal::Drop(
                format!("its stamp or number is above {MAX_SAFE_INTEGER}").into(),
            ))
        } else {
            self.check_body(from, message.sequence, message.body)
        };
        match content {
            Ok(content) => {
                let key = Key {
                    stamp: message.stamp,
                    from: Some(from.clone()),
                    sequence: message.sequence,
                };
                // A block is not acknowledged unless it is kept: its peer tells its tip on the next link.
                let shut = matches!(content, Content::Block(_)) && self.inbox.is_shut_to(from);
                if shut || !self.inbox.has_room(&key.from, &content) {
                    self.close(
                        from,
                        "its share of the inbox is full: nothing was taken up for long".into(),
                    );
                    return;
                }
                let sequence = message.sequence;
                self.keep(key, latency, content);
                self.tell(Event::Received {
                    from: from.clone(),
                    kind,
                    sequence,
                    about,
                });
            }
            Err(refusal) => self.refuse_message(from, about, refusal),
        }
    }

    fn refuse_message(&mut self, from: &Name, about: Option<About>, refusal: Refusal) {
        match refusal {
            Refusal::Drop(reason) => {
                self.tell(Event::Refused {
                    from: Some(from.clone()),
                    about,
                    reason,
                });
            }
            Refusal::Forged(offence, reason) => {
                self.offended(Some(from.clone()), about, offence, reason);
            }
            Refusal::Close(reason) => {
                self.effects.push(Effect::Offence {
                    peer: from.clone(),
                    offence: Offence::OversizedLocator,
                });
                self.close(from, reason);
            }
        }
    }

    /// What a message is about, if that is known already: it is not put into the inbox, where it would only
    /// wait to be dropped, nor checked. Who sent it knows it, or says so.
    fn known_thing(&self, body: &Body) -> Option<Thing> {
        match body {
            Body::NewBlock(block) => {
                let known = block.hash.filter(|hash| self.ledger.contains(hash));
                known.map(Thing::Block)
            }
            Body::NewTx(payment) => {
                let known = payment.sender.is_some()
                    && (self.is_known(payment) || self.inbox.repeats(payment));
                known.then_some(Thing::Payment(payment.id))
            }
            Body::ReqChain(_) | Body::Chain { .. } => None,
        }
    }

    /// Checks what can be checked without the chain, so that nothing forged takes up room or clocks.
    fn check_body(&mut self, from: &Name, sequence: u64, body: Body) -> Result<Content, Refusal> {
        match body {
            Body::NewTx(_) if self.inbox.is_shut_to(from) => {
                Err(Refusal::Drop(Arc::clone(&CROWDED)))
            }
            Body::NewBlock(block) => {
                let block = block.check_with(&mut self.checker);
                block
                    .map(|block| Content::Block(Box::new(block)))
                    .map_err(|error| Refusal::Forged(Offence::ForgedBlock, error.to_string()))
            }
            Body::NewTx(transaction) => match self.checker.check_payment(&transaction) {
                Ok(()) => Ok(Content::Payment(Packed::of(&transaction))),
                Err(error) => Err(Refusal::Forged(Offence::ForgedPayment, error.to_string())),
            },
            Body::ReqChain(locator) if locator.len() > MAX_LOCATOR => Err(Refusal::Close(format!(
                "REQ_CHAIN with {} hashes, at most {MAX_LOCATOR} are asked with",
                locator.len()
            ))),
            Body::ReqChain(locator) => {
                Ok(Content::Question(Box::new(Question { sequence, locator })))
            }
            Body::Chain { answers, blocks } => self.check_chain(from, answers, blocks),
        }
    }

    /// The blocks of an answer up to the first that is forged.
    fn check_chain(
        &mut self,
        from: &Name,
        answers: u64,
        blocks: Vec<UncheckedBlock>,
    ) -> Result<Content, Refusal> {
        let link = self
            .links
            .get_mut(from)
            .expect("messages are taken from links that are up");
        if link.asked != Some(answers) {
            // Not a reason to close: a reset forgets questions whose answers are on their way.
            return Err(Refusal::Drop(
                format!("CHAIN answers {answers}, which was not asked").into(),
            ));
        }
        link.asked = None;
        let mut checked = Vec::with_capacity(blocks.len());
        for block in blocks {
            let about = block.hash.map(About::Block);
            match block.check_with(&mut self.checker) {
                Ok(block) => checked.push(block),
                Err(error) => {
                    let from = Some(from.clone());
                    self.offended(from, about, Offence::ForgedBlock, error.to_string());
                    break;
                }
            }
        }
        Ok(Content::Chain(checked))
    }

    /// Takes a controller's block as if a peer had sent it.
    pub(super) fn add_block(&mut self, block: UncheckedBlock) -> Result<Answer, RequestError> {
        self.check_started()?;
        let about = block.hash.map(About::Block);
        let added = self.try_add_block(block);
        if let Err(error) = &added {
            self.tell(Event::Refused {
                from: None,
                about,
                reason: error.to_string().into(),
            });
        }
        added
    }

    fn try_add_block(&mut self, block: UncheckedBlock) -> Result<Answer, RequestError> {
        let block = block.check_with(&mut self.checker)?;
        let parent = block.header().previous_block_hash;
        if !self.ledger.contains(&parent) && !self.inbox_has_block(&parent) {
            return Err(ConnectError::UnknownParent { parent }.into());
        }
        let content = Content::Block(Box::new(block));
        if !self.inbox.has_room(&None, &content) {
            return Err(RequestError::InboxFull);
        }
        let key = Key {
            stamp: self.clock,
            from: None,
            sequence: self.next_arrival(),
        };
        self.keep(key, 0, content);
        Ok(Answer::Done)
    }

    fn inbox_has_block(&self, hash: &Hash) -> bool {
        self.inbox
            .iter()
            .flat_map(|(_, item)| item.content.blocks())
            .any(|b| b.hash() == *hash)
    }

    /// Puts a message into the inbox. It is ready at the first tick after its arrival at which this
    /// clock is at least the sender's plus the latency, and at the latest after latency + 1 clocks, so
    /// that a node that was reset or jumped ahead deafens nobody.
    ///
    /// A peer that forgot everything numbers its messages from 1 again. What it had said before was
    /// acknowledged and stays; what it says now comes after.
    fn keep(&mut self, mut key: Key, latency: u64, content: Content) {
        if let Some(last) = self.inbox.last_like(&key) {
            key.sequence = (last + 1).min(MAX_SAFE_INTEGER);
        }
        // Only who starts at the highest number there is loses what it said under it.
        if let Some(before) = self.inbox.take(&key) {
            self.taken(key.clone(), &before.content);
        }
        let soonest = self.clock + 1;
        let latest = soonest.saturating_add(latency);
        let ready = key.stamp.saturating_add(latency).clamp(soonest, latest);
        if self.persists {
            self.record(Record::Received {
                from: key.from.clone(),
                ready,
                message: content.message(&key),
            });
        }
        let arrival = self.next_arrival();
        self.inbox.insert(
            key,
            Item {
                ready,
                arrival,
                content,
            },
        );
        if self.inbox.gets_crowded() {
            self.drop_repeated_payments();
        }
    }
}
