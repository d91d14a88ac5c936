//! A node of the swarm: an honest one, one that lies, or one with a flaw that the swarm has to find.

use std::cell::Cell;
use std::rc::Rc;

use tickchain::ledger::Store;
use tickchain::node::{Effect, Event, HonestNode, Input, Kind, Message, Name, Node, Status};

use super::lies::Liar;

/// What is wrong with all honest nodes of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    None,
    /// It never passes anything on to the last of its peers.
    SkipsAPeer,
    /// What arrives while this many messages wait is dropped.
    DropsAbove(usize),
    /// It asks nobody for what it misses.
    NeverAsks,
}

#[derive(Debug)]
pub struct Member<S: Store> {
    pub node: HonestNode<S>,
    liar: Option<Liar>,
    /// Whether everyone behaves from now on.
    calm: Rc<Cell<bool>>,
    flaw: Flaw,
}

impl<S: Store> Member<S> {
    pub fn new(node: HonestNode<S>, liar: Option<Liar>, calm: Rc<Cell<bool>>, flaw: Flaw) -> Self {
        Self {
            node,
            liar,
            calm,
            flaw,
        }
    }

    /// Whether it lies, or did.
    pub fn lies(&self) -> bool {
        self.liar.is_some()
    }

    fn is_dropped(&self, input: &Input<Message>) -> bool {
        match (self.flaw, input) {
            (Flaw::DropsAbove(most), Input::Message { .. }) => self.node.inbox_len() >= most,
            _ => false,
        }
    }

    /// Takes out of what an honest node does what its flaw leaves out.
    fn leave_out(&self, effects: &mut Vec<Effect<Message>>) {
        match self.flaw {
            Flaw::SkipsAPeer => {
                let last: Option<Name> = self.node.peers().last().cloned();
                effects.retain(|effect| !is_gossip_to(effect, last.as_ref()));
            }
            Flaw::NeverAsks => effects.retain(|effect| {
                !matches!(effect, Effect::Send { message, .. } if message.body.kind() == Kind::ReqChain)
            }),
            Flaw::None | Flaw::DropsAbove(_) => {}
        }
    }
}

fn is_gossip_to(effect: &Effect<Message>, peer: Option<&Name>) -> bool {
    match effect {
        Effect::Send { to, message } => {
            Some(to) == peer && matches!(message.body.kind(), Kind::NewBlock | Kind::NewTx)
        }
        Effect::Event(Event::Sent { to, kind, .. }) => {
            Some(to) == peer && matches!(kind, Kind::NewBlock | Kind::NewTx)
        }
        _ => false,
    }
}

impl<S: Store> Node for Member<S> {
    type Message = Message;

    fn handle(&mut self, input: Input<Message>) -> Vec<Effect<Message>> {
        if self.is_dropped(&input) {
            return Vec::new();
        }
        let is_link_up = matches!(input, Input::PeerUp { .. });
        let heard = match &input {
            Input::Message { message, .. } => Some(message.clone()),
            _ => None,
        };
        let mut effects = self.node.handle(input);
        // What a new link begins with comes whole: a relay is what happens later.
        if !is_link_up {
            self.leave_out(&mut effects);
        }
        if let Some(liar) = self.liar.as_mut().filter(|_| !self.calm.get()) {
            liar.lie(&self.node, heard, &mut effects);
        }
        effects
    }

    fn next_clock(&self) -> Option<u64> {
        self.node.next_clock()
    }

    fn clock(&self) -> u64 {
        self.node.clock()
    }

    fn status(&self) -> Status {
        self.node.status()
    }

    fn is_started(&self) -> bool {
        self.node.is_started()
    }
}
