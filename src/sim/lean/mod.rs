//! A node that knows of blocks only which they are.

mod asking;
mod chain;
mod message;
mod relay;
mod secret;

use std::sync::Arc;

pub use message::{LeanMessage, Summary};
pub use relay::{Abilities, Relay, RelayError, RelayKind};

use self::asking::Asking;
use self::secret::Secret;
use crate::ledger::{Difficulty, Hash, Header};
use crate::node::{Answer, Effect, Event, Input, Name, Node, RequestError, Search, Status};
use crate::sim::behaviour::Plan;
use crate::sim::{Purpose, Random};

/// How many blocks below its tip a lean node remembers: so far back it can tell what a reorganisation
/// left, and give blocks to others.
pub const REMEMBERED: u32 = 100;

/// A node for studies of how blocks travel: it mines, announces, asks and sends like others, and follows
/// the highest chain, but its blocks are empty and nothing in them is checked.
///
/// Costs are 0: it acts on a message when it comes. Its blocks' hashes are their numbers. It takes a block
/// for what it says of itself; the blocks below are not asked for.
///
/// Against loss it can ask again ([`Relay::retry_ms`]).
///
/// ```
/// use tickchain::node::{Effect, Input, Node};
/// use tickchain::sim::{Abilities, LeanNode, Relay};
///
/// let relay = std::sync::Arc::new(Relay::default());
/// let mut node = LeanNode::new(0, relay, Abilities::default(), 1);
/// let effects = node.handle(Input::Start { salt: 1 });
/// assert!(effects.iter().any(|effect| matches!(effect, Effect::Search(_))));
/// ```
#[derive(Debug, Clone)]
#[repr(C, align(64))]
pub struct LeanNode {
    // What each announcement looks at comes first: with many nodes, fetching it from memory is most of what
    // an announcement costs.
    tip: Summary,
    /// Blocks that it has or has asked for, in the order it learnt of them.
    known: Vec<Known>,
    /// What it waits for, where it asks again.
    asking: Option<Box<Asking>>,
    number: u32,
    abilities: Abilities,
    effects: Vec<Effect<LeanMessage>>,
    relay: Arc<Relay>,
    random: Random,
    started: bool,
    clock: u64,
    peers: Vec<Name>,
    mined: u32,
    /// What it keeps to itself, where it does.
    secret: Option<Box<Secret>>,
    searches: u64,
}

#[derive(Debug, Clone, Copy)]
struct Known {
    block: Summary,
    has: bool,
}

impl LeanNode {
    /// Node number `number`, counted from 0, with clocks of `clock_ms`.
    pub fn new(number: u32, relay: Arc<Relay>, abilities: Abilities, clock_ms: u64) -> Self {
        let retry = relay.retry_ms.map(|ms| (ms / clock_ms.max(1)).max(1));
        Self {
            tip: Summary::GENESIS,
            known: vec![Known {
                block: Summary::GENESIS,
                has: true,
            }],
            asking: retry.map(|retry| Box::new(Asking::new(retry))),
            number,
            abilities,
            effects: Vec::new(),
            relay,
            random: Random::new(0, Purpose::Behaviour, number.into()),
            started: false,
            clock: 0,
            peers: Vec::new(),
            mined: 0,
            secret: None,
            searches: 0,
        }
    }

    /// The same node, which holds its own blocks back, by a plan.
    pub fn with_plan(mut self, plan: Plan) -> Self {
        self.secret = Some(Box::new(Secret::new(plan)));
        self
    }

    /// The highest block it has, of equals the one it had first.
    pub fn tip(&self) -> Summary {
        self.tip
    }

    fn start(&mut self, salt: u64) {
        if !std::mem::replace(&mut self.started, true) {
            self.random = Random::new(salt, Purpose::Behaviour, self.number.into());
            self.search();
        }
    }

    /// Searches a nonce for the block after the tip.
    fn search(&mut self) {
        self.searches += 1;
        self.effects.push(Effect::Search(Search {
            id: self.searches,
            header: Header {
                previous_block_hash: self.tip.hash(),
                merkle_root: Hash::ZERO,
                id: u64::from(self.tip.height) + 1,
                timestamp: 0,
                nonce: 0,
            },
            difficulty: Difficulty::default(),
            start: 0,
        }));
    }

    fn find(&mut self, search: u64) {
        if search != self.searches {
            return;
        }
        self.mined += 1;
        let block = Summary {
            number: u64::from(self.number + 1) << 32 | u64::from(self.mined),
            parent: self.tip.number,
            height: self.tip.height + 1,
        };
        self.tell(Event::Mined {
            id: block.height.into(),
            hash: block.hash(),
        });
        self.known.push(Known { block, has: true });
        self.adopt(block);
        match self.secret.as_mut().map(|secret| secret.mined(block)) {
            None => self.announce(block, None),
            Some(shown) => self.show(shown),
        }
    }

    fn tell(&mut self, event: Event) {
        self.effects.push(Effect::Event(event));
    }

    /// Takes in a block that came.
    fn take(&mut self, from: &Name, block: Summary) {
        match self
            .known
            .iter_mut()
            .rev()
            .find(|known| known.block.number == block.number)
        {
            Some(known) if known.has => return,
            Some(known) => *known = Known { block, has: true },
            None => self.known.push(Known { block, has: true }),
        }
        if let Some(asking) = &mut self.asking {
            asking.forget(block.number);
        }
        let height = u64::from(block.height);
        let shown = self.secret.as_mut().map(|secret| secret.heard(height));
        if block.height > self.tip.height {
            self.adopt(block);
            self.announce(block, Some(from));
        } else {
            self.tell_block(block, false);
        }
        self.show(shown.unwrap_or_default());
    }

    /// Announces blocks that were secret.
    fn show(&mut self, blocks: Vec<Summary>) {
        for block in blocks {
            self.announce(block, None);
        }
    }

    /// A block that it has just got becomes its tip, and is told of.
    fn adopt(&mut self, block: Summary) {
        let left = std::mem::replace(&mut self.tip, block);
        self.tell_block(block, true);
        if block.parent != left.number {
            self.tell_reorganisation(left);
        }
        self.forget();
        self.search();
    }

    /// Passes a block on. Announcements go to all peers, as SimBlock's do; whole blocks not back to where they
    /// came from.
    fn announce(&mut self, block: Summary, from: Option<&Name>) {
        self.effects.reserve(self.peers.len());
        for peer in 0..self.peers.len() {
            if self.relay.kind == RelayKind::Announce || from != Some(&self.peers[peer]) {
                self.announce_to(peer, block);
            }
        }
    }

    /// Tells a peer of a block.
    fn announce_to(&mut self, peer: usize, block: Summary) {
        let to = self.peers[peer].clone();
        let message = match self.relay.kind {
            RelayKind::Flood => LeanMessage::Block {
                block,
                bytes: self.relay.block_bytes,
            },
            RelayKind::Announce => LeanMessage::Announce {
                block: block.number,
            },
        };
        self.effects.push(Effect::Send { to, message });
    }

    fn send(&mut self, to: Name, message: LeanMessage) {
        self.effects.push(Effect::Send { to, message });
    }

    fn hear(&mut self, from: Name, message: LeanMessage) {
        match message {
            LeanMessage::Announce { block } => self.hear_of(from, block),
            LeanMessage::Request { block, compact } => {
                if let Some(block) = self.block(block) {
                    let message = if compact && self.abilities.compact {
                        let bytes = self.relay.compact_bytes;
                        LeanMessage::Compact { block, bytes }
                    } else {
                        let bytes = self.relay.block_bytes;
                        LeanMessage::Block { block, bytes }
                    };
                    self.send(from, message);
                }
            }
            LeanMessage::Compact { block, .. } => {
                match self.relay.missing(self.abilities, &mut self.random) {
                    None => self.take(&from, block),
                    Some(bytes) => {
                        let block = block.number;
                        self.send(from, LeanMessage::RequestMissing { block, bytes });
                    }
                }
            }
            LeanMessage::RequestMissing { block, bytes } => {
                if let Some(block) = self.block(block) {
                    self.send(from, LeanMessage::Missing { block, bytes });
                }
            }
            LeanMessage::Block { block, .. } | LeanMessage::Missing { block, .. } => {
                self.take(&from, block);
            }
        }
    }
}

impl Node for LeanNode {
    type Message = LeanMessage;

    fn handle(&mut self, input: Input<LeanMessage>) -> Vec<Effect<LeanMessage>> {
        match input {
            Input::Message { from, message } => self.hear(from, message),
            Input::NonceFound { search, .. } => self.find(search),
            Input::PeerUp { peer, .. } => {
                self.peers.push(peer);
                let is_secret = self.secret.as_ref().is_some_and(|secret| secret.has_any());
                if self.tip.height > 0 && !is_secret {
                    self.announce_to(self.peers.len() - 1, self.tip);
                }
            }
            Input::PeerDown { peer } => self.lose(&peer),
            Input::Clock { to, .. } => {
                self.clock = self.clock.max(to);
                self.ask_again();
                self.effects.push(Effect::Answer(Ok(Answer::Done)));
                self.effects.push(Effect::Reached { clock: self.clock });
            }
            Input::Start { salt } => {
                self.start(salt);
                self.effects.push(Effect::Answer(Ok(Answer::Done)));
            }
            Input::Reset { .. } | Input::Mine | Input::Pay(_) | Input::AddBlock(_) => {
                let error = RequestError::NotOffered;
                self.effects.push(Effect::Answer(Err(error)));
            }
        }
        std::mem::take(&mut self.effects)
    }

    fn next_clock(&self) -> Option<u64> {
        self.asking.as_ref()?.next_clock(self.clock)
    }

    fn clock(&self) -> u64 {
        self.clock
    }

    fn status(&self) -> Status {
        if self.started {
            Status::Mining
        } else {
            Status::Idle
        }
    }

    fn is_started(&self) -> bool {
        self.started
    }
}
