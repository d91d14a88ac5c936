//! Links, and what leaves by them.

use super::inbox::{Content, Item, Key, MAX_INBOX_GONE, MAX_LATENCY_GONE, Question};
use super::link::Thing;
use super::*;
use crate::ledger::{Block, UncheckedBlock};
use crate::node::message::Body;
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
    /// before the answer takes the first one's place. One of an earlier link is dropped: its peer does
    /// not wait for the answer any more.
    pub(super) fn keep_question(&mut self, key: Key, item: Item) {
        if let (Some(from), Content::Question(question)) = (&key.from, &item.content)
            && self.is_of_this_link(from, item.arrival)
            && let Some(link) = self.links.get_mut(from)
        {
            link.question = Some((**question).clone());
        }
        self.taken(key, &item.content);
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

    pub(super) fn close(&mut self, peer: &Name, reason: String) {
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
