//! Links and what comes and goes over them.

use std::sync::Arc;

use super::inbox::{Content, Item, Key, MAX_INBOX_GONE, MAX_LATENCY_GONE, Question};
use super::link::Thing;
use super::packed::Packed;
use super::refused::CROWDED;
use super::*;
use crate::ledger::{Block, ConnectError, UncheckedBlock};
use crate::node::message::{Body, MAX_LOCATOR};
use crate::node::{About, MAX_MESSAGE_BYTES, Offence};

impl<S: Store> HonestNode<S> {
    /// Tells the new peer the tip, if it is above genesis, and the pool: who joins late or was cut off
    /// needs no new block to converge.
    pub(super) fn peer_up(&mut self, peer: Name, latency: u64) {
        if peer == self.name || self.links.contains_key(&peer) {
            return;
        }
        self.links.insert(
            peer.clone(),
            Link {
                latency,
                since: self.arrivals,
                ..Link::default()
            },
        );
        self.tell(Event::PeerUp { peer: peer.clone() });
        if self.ledger.tip().id() > 0 {
            self.send_block(&peer, &self.ledger.tip().clone());
        }
        for transaction in self.pool.iter().cloned().collect::<Vec<_>>() {
            self.send_payment(&peer, &transaction);
        }
    }

    /// What the peer said and was acknowledged stays in the inbox, unless too much waits already from
    /// peers that are gone: names cost nothing, and one peer may come and go under many.
    pub(super) fn peer_down(&mut self, peer: &Name) {
        if let Some(link) = self.links.remove(peer) {
            self.tell(Event::PeerDown { peer: peer.clone() });
            let gone = |name: &Name| !self.links.contains_key(name);
            let far = link.latency > MAX_LATENCY_GONE;
            if far || self.inbox.load_of(gone) > MAX_INBOX_GONE {
                self.drop_messages(peer);
            }
            self.forget_announcer(peer);
        }
    }

    fn drop_messages(&mut self, peer: &Name) {
        let dropped = self.inbox.keys_from(peer);
        let reason = format!(
            "{} messages of a peer that is gone are dropped: too many wait from such peers, or for too long",
            dropped.len()
        );
        for key in dropped {
            if let Some(item) = self.inbox.take(&key) {
                self.taken(key, &item.content);
            }
        }
        self.tell(Event::Refused {
            from: Some(peer.clone()),
            about: None,
            reason: reason.into(),
        });
    }

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
            Err(Refusal::Drop(reason)) => {
                self.tell(Event::Refused {
                    from: Some(from.clone()),
                    about,
                    reason,
                });
            }
            Err(Refusal::Forged(offence, reason)) => {
                self.offended(Some(from.clone()), about, offence, reason);
            }
            Err(Refusal::Close(reason)) => {
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

    /// Takes note that something left the inbox.
    pub(super) fn taken(&mut self, key: Key, content: &Content) {
        self.inbox.release(&key, content);
        self.record(Record::Taken {
            from: key.from,
            stamp: key.stamp,
            sequence: key.sequence,
        });
    }

    /// Keeps a peer's question until it is answered with the next broadcasting-block. A second one
    /// before the answer takes the first one's place.
    pub(super) fn keep_question(&mut self, key: Key, question: Question) {
        if let Some(link) = key.from.as_ref().and_then(|from| self.links.get_mut(from)) {
            link.question = Some(question.clone());
        }
        self.taken(key, &Content::Question(Box::new(question)));
    }

    /// Sends the tip to all who do not know it, if it is to be sent on, and answers all questions.
    pub(super) fn send_blocks(&mut self) {
        let peers: Vec<Name> = self.links.keys().cloned().collect();
        if std::mem::take(&mut self.relay_tip) {
            let tip = self.ledger.tip().clone();
            for peer in &peers {
                self.send_block(peer, &tip);
            }
        }
        for peer in peers {
            let question = self
                .links
                .get_mut(&peer)
                .and_then(|link| link.question.take());
            if let Some(Question { sequence, locator }) = question {
                let blocks = self.blocks_after(self.ledger.common(&locator));
                self.send(
                    &peer,
                    Body::Chain {
                        answers: sequence,
                        blocks,
                    },
                );
            }
        }
    }

    /// Main-chain blocks above `id`, as many as surely fit a message.
    fn blocks_after(&self, id: u64) -> Vec<UncheckedBlock> {
        /// What a message has besides its blocks.
        const ENVELOPE: usize = 1024;
        let mut room = MAX_MESSAGE_BYTES - ENVELOPE;
        let above = id + 1..=self.ledger.tip().id();
        let blocks = above
            .map_while(|id| self.ledger.block_at(id))
            .map(|block| block.to_unchecked());
        blocks
            .map_while(|block| {
                room = room.checked_sub(block.json_bound() + 1)?;
                Some(block)
            })
            .collect()
    }

    /// Sends payments on to all who do not know them.
    pub(super) fn send_payments(&mut self) {
        let peers: Vec<Name> = self.links.keys().cloned().collect();
        for transaction in std::mem::take(&mut self.relay) {
            for peer in &peers {
                self.send_payment(peer, &transaction);
            }
        }
    }

    fn send_block(&mut self, to: &Name, block: &Block) {
        if self.note_known(to, Thing::Block(block.hash())) {
            self.send(to, Body::NewBlock(Box::new(block.to_unchecked())));
        }
    }

    fn send_payment(&mut self, to: &Name, transaction: &Transaction) {
        if self.note_known(to, Thing::Payment(transaction.id)) {
            self.send(to, Body::NewTx(transaction.clone()));
        }
    }

    /// Sends a message; its sequence number.
    pub(super) fn send(&mut self, to: &Name, body: Body) -> u64 {
        self.sequence += 1;
        let message = Message {
            stamp: self.clock,
            sequence: self.sequence,
            body,
        };
        let (kind, sequence) = (message.body.kind(), message.sequence);
        let about = About::of(&message.body);
        self.effects.push(Effect::Send {
            to: to.clone(),
            message,
        });
        self.tell(Event::Sent {
            to: to.clone(),
            kind,
            sequence,
            about,
        });
        sequence
    }

    /// Notes that a peer knows what it said, unless it said so on an earlier link: it may have lost it since,
    /// and would not be told again.
    pub(super) fn note_said(&mut self, peer: &Name, arrival: u64, thing: Thing) {
        if self.is_of_this_link(peer, arrival) {
            self.note_known(peer, thing);
        }
    }

    /// Whether something came over the link that is up. What came over an earlier one need not have been said
    /// by whoever bears the name now.
    pub(super) fn is_of_this_link(&self, peer: &Name, arrival: u64) -> bool {
        self.links
            .get(peer)
            .is_some_and(|link| arrival > link.since)
    }

    /// Notes that a peer knows something; whether that is new.
    pub(super) fn note_known(&mut self, peer: &Name, thing: Thing) -> bool {
        self.links
            .get_mut(peer)
            .is_some_and(|link| link.known.insert(thing))
    }

    /// Refuses what no honest peer sends; a controller may send what it likes.
    pub(super) fn offended(
        &mut self,
        from: Option<Name>,
        about: Option<About>,
        offence: Offence,
        reason: String,
    ) {
        self.tell(Event::Refused {
            from: from.clone(),
            about,
            reason: reason.into(),
        });
        if let Some(peer) = from {
            self.effects.push(Effect::Offence { peer, offence });
        }
    }

    fn close(&mut self, peer: &Name, reason: String) {
        let from = Some(peer.clone());
        self.tell(Event::Refused {
            from,
            about: None,
            reason: reason.as_str().into(),
        });
        self.effects.push(Effect::Close {
            peer: peer.clone(),
            reason,
        });
    }
}

/// Why a message is not taken into the inbox.
enum Refusal {
    /// It is dropped; the link stays.
    Drop(Arc<str>),
    /// No honest peer sends it; it is dropped.
    Forged(Offence, String),
    /// It asks for more than a question may: the link is closed.
    Close(String),
}
