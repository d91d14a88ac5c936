//! Blocks that a node keeps from the others.

use crate::ledger::Hash;
use crate::node::{About, Body, Effect, Event, HonestNode, Kind, Message, Name, Node};

/// Where a wrapper's own messages begin to be counted: an honest node does not send so many.
const FIRST_SEQUENCE: u64 = 1 << 52;

/// Blocks that a node keeps from the others, and what it sends besides its honest part.
#[derive(Debug, Clone)]
pub(super) struct Withheld {
    /// Ids and hashes, lowest first.
    blocks: Vec<(u64, Hash)>,
    sequence: u64,
}

impl Withheld {
    pub(super) fn new() -> Self {
        Self {
            blocks: Vec::new(),
            sequence: FIRST_SEQUENCE,
        }
    }

    pub(super) fn push(&mut self, id: u64, hash: Hash) {
        self.blocks.push((id, hash));
    }

    /// Nothing is secret any more. What was sent stays counted.
    pub(super) fn forget(&mut self) {
        self.blocks.clear();
    }

    pub(super) fn has(&self, hash: &Hash) -> bool {
        self.blocks.iter().rev().any(|(_, other)| other == hash)
    }

    /// Takes the secret blocks out of what is to be sent: announcements are dropped with the event that
    /// tells of them, answers end before the first secret block.
    pub(super) fn conceal(&self, effects: &mut Vec<Effect<Message>>) {
        if self.blocks.is_empty() {
            return;
        }
        let mut dropped = None;
        effects.retain_mut(|effect| match effect {
            Effect::Send { message, .. } => match &mut message.body {
                Body::NewBlock(block) if block.hash.is_some_and(|hash| self.has(&hash)) => {
                    dropped = Some(message.sequence);
                    false
                }
                Body::Chain { blocks, .. } => {
                    let secret = |hash: Option<Hash>| hash.is_some_and(|hash| self.has(&hash));
                    let public = blocks.iter().position(|block| secret(block.hash));
                    blocks.truncate(public.unwrap_or(blocks.len()));
                    true
                }
                _ => true,
            },
            Effect::Event(Event::Sent { sequence, .. }) => dropped != Some(*sequence),
            _ => true,
        });
    }

    /// Sends the blocks up to this id to all peers; they are secret no more.
    pub(super) fn publish(
        &mut self,
        node: &HonestNode,
        id: u64,
        effects: &mut Vec<Effect<Message>>,
    ) {
        let public = self.blocks.partition_point(|(block, _)| *block <= id);
        let public: Vec<_> = self.blocks.drain(..public).collect();
        let blocks = public
            .iter()
            .filter_map(|(_, hash)| node.ledger().block(hash));
        let bodies = blocks.map(|block| Body::NewBlock(Box::new(block.to_unchecked())));
        self.send_all(node, bodies.collect(), effects);
    }

    /// Sends something to all peers, ahead of the effect that says the clock was reached.
    pub(super) fn send_all(
        &mut self,
        node: &HonestNode,
        bodies: Vec<Body>,
        effects: &mut Vec<Effect<Message>>,
    ) {
        let reached = |effect: &Effect<Message>| matches!(effect, Effect::Reached { .. });
        let place = effects.iter().position(reached).unwrap_or(effects.len());
        let mut sent = Vec::new();
        for body in bodies {
            for to in node.peers() {
                sent.extend(self.send(node.clock(), to, body.clone()));
            }
        }
        effects.splice(place..place, sent);
    }

    /// A message with a number of its own.
    pub(super) fn message(&mut self, stamp: u64, body: Body) -> Message {
        self.sequence += 1;
        Message {
            stamp,
            sequence: self.sequence,
            body,
        }
    }

    fn send(&mut self, stamp: u64, to: &Name, body: Body) -> [Effect<Message>; 2] {
        let about = About::of(&body);
        let kind: Kind = body.kind();
        let message = self.message(stamp, body);
        let sequence = message.sequence;
        let to = to.clone();
        let event = Event::Sent {
            to: to.clone(),
            kind,
            sequence,
            about,
        };
        [Effect::Send { to, message }, Effect::Event(event)]
    }
}
