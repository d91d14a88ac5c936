//! A node, a twin that is given the same, and what both have promised so far.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use tickchain::ledger::{
    Account, Difficulty, Genesis, Ledger, MemoryStore, PrivateKey, Store, TxId,
};
use tickchain::node::{
    Answer, Body, Config, Costs, Effect, HonestNode, Input, MAX_INBOX, MAX_INBOX_GONE, MAX_POOL,
    MAX_WAITING, Message, MiningCost, Name, Node, PATIENCE, Persist, Record, Saved, Search, State,
};
use tickchain::wire::{Decoder, Frame, MAX_FRAME_BYTES, encode};

/// What all accounts of the document's genesis have together.
const SUPPLY: u64 = 14;

/// After an input so many payments are looked at, each time: where more wait, all are every few inputs.
const PAYMENTS_A_CHECK: usize = 16;

/// Of a larger state no document is written: it is slow, and says nothing else.
const MOST_WRITTEN: usize = 64;

/// The node's number among the names.
pub const OWN: u8 = 4;

pub fn name(number: u8) -> Name {
    format!("node{number}").parse().expect("a short name")
}

/// A link that is up.
#[derive(Default)]
struct Link {
    latency: u64,
    /// The question the peer was asked last, if it waits for an answer, and the clock it was asked at.
    question: Option<(u64, u64)>,
    /// Questions of the peer that were not answered yet.
    owed: usize,
}

/// A state of before, and what had been promised then.
#[derive(Clone)]
struct Kept {
    state: State,
    accepted: BTreeSet<TxId>,
    /// How many answers each peer waited for.
    owed: BTreeMap<Name, usize>,
}

pub struct Watched {
    config: Config,
    node: HonestNode,
    twin: HonestNode,
    links: BTreeMap<Name, Link>,
    accepted: BTreeSet<TxId>,
    search: Option<Search>,
    kept: Option<Kept>,
    /// What was to last.
    disk: Disk,
    /// How many inputs' checks of payments are owed.
    owed: Cell<usize>,
}

/// What a storage has that wrote all it was told.
struct Disk {
    genesis: MemoryStore,
    store: MemoryStore,
    saved: Saved,
}

impl Disk {
    fn write(&mut self, persist: &Persist) {
        let anew = |record: &Record| matches!(record, Record::Reset { .. } | Record::Restored(_));
        if let Some(place) = persist.records.iter().position(anew) {
            assert_eq!(place, 0, "what takes away all of before comes first");
            self.store = self.genesis.clone();
        }
        persist
            .ledger
            .iter()
            .for_each(|changes| self.store.stage(changes));
        self.saved.apply(persist);
    }
}

/// Keys and the accounts of genesis that they own, if any.
const OWNERS: [(u8, Option<&str>); 4] = [
    (1, Some("aki")),
    (2, Some("so")),
    (3, Some("satoshi")),
    (4, None),
];

/// The keys of these owners: making one takes as long as signing.
static KEYS: LazyLock<[PrivateKey; 4]> =
    LazyLock::new(|| OWNERS.map(|(number, _)| PrivateKey::from_bytes([number; 32])));

fn genesis(signatures: bool) -> Genesis {
    let mut genesis = Genesis {
        difficulty: Difficulty::new(1).expect("one bit is allowed"),
        signatures,
        ..Genesis::default()
    };
    if signatures {
        for (key, account) in KEYS.iter().zip(&mut genesis.accounts) {
            account.key = Some(key.public());
        }
    }
    genesis
}

impl Watched {
    /// A started node whose activities cost these clocks, or nothing; one in four asks for signatures.
    pub fn new(mining: u8, costs: u8) -> Self {
        let cost = |bit: u8| u64::from(costs >> bit) & 3;
        let config = Config {
            name: name(OWN),
            genesis: genesis(mining >= 192),
            costs: match costs {
                0..=127 => Costs::default(),
                _ => Costs {
                    mining: match mining % 6 {
                        5 => MiningCost::UntilFound { continuous: false },
                        clocks => MiningCost::Clocks(u64::from(clocks)),
                    },
                    broadcasting_block: cost(0),
                    broadcasting_tx: cost(1),
                    receiving_block: cost(2),
                    receiving_tx: cost(3),
                },
            },
        };
        let node = || HonestNode::new(config.clone()).expect("the document's network");
        let (node, twin) = (node(), node());
        let genesis = node.ledger().store().clone();
        let mut watched = Self {
            node,
            twin,
            owed: Cell::new(0),
            config,
            disk: Disk {
                store: genesis.clone(),
                genesis,
                saved: Saved::default(),
            },
            links: BTreeMap::new(),
            accepted: BTreeSet::new(),
            search: None,
            kept: None,
        };
        // Else almost everything is refused.
        watched.give(Input::Start { salt: 1 });
        watched
    }

    pub fn clock(&self) -> u64 {
        self.node.clock()
    }

    pub fn ledger(&self) -> &Ledger {
        self.node.ledger()
    }

    pub fn asks_for_signatures(&self) -> bool {
        self.config.genesis.signatures
    }

    /// An account and its key.
    pub fn owner(&self, number: u8) -> (Account, &'static PrivateKey) {
        let number = usize::from(number) % OWNERS.len();
        let ((_, name), key) = (OWNERS[number], &KEYS[number]);
        let account = match name {
            Some(name) => name.parse().expect("a short name"),
            None => key.public().account(),
        };
        (account, key)
    }

    /// The search that runs.
    pub fn search(&self) -> Option<&Search> {
        self.search.as_ref()
    }

    /// The question that a peer was asked last.
    pub fn question(&self, peer: &Name) -> Option<u64> {
        let (asked, _) = self.links.get(peer)?.question?;
        Some(asked)
    }

    /// Gives the node an input and looks at everything then.
    pub fn give(&mut self, input: Input<Message>) {
        self.give_unlooked(input);
        self.check();
    }

    /// Gives the node one of many messages, after which only effects are looked at.
    pub fn flood(&mut self, from: Name, message: Message) {
        self.give_unlooked(Input::Message { from, message });
    }

    fn give_unlooked(&mut self, input: Input<Message>) {
        let before = self.clock();
        let effects = self.node.handle(input.clone());
        assert_eq!(effects, self.twin.handle(input.clone()), "a twin differs");
        self.note_input(&input);
        let answers = effects
            .iter()
            .filter(|effect| matches!(effect, Effect::Answer(_)));
        assert_eq!(
            answers.count(),
            usize::from(is_request(&input)),
            "{input:?}"
        );
        self.carry_out(effects);
        match input {
            Input::Reset { .. } => {}
            _ => assert!(
                self.clock() >= before,
                "the clock went back to {}",
                self.clock()
            ),
        }
    }

    fn note_input(&mut self, input: &Input<Message>) {
        match input {
            Input::PeerUp { peer, latency } if *peer != name(OWN) => {
                let link = self.links.entry(peer.clone()).or_default();
                link.latency = link.latency.max(*latency);
            }
            Input::PeerDown { peer } => drop(self.links.remove(peer)),
            Input::Message { from, message } => self.note_message(from, message),
            Input::Reset { .. } => self.forget(BTreeSet::new(), &BTreeMap::new()),
            _ => {}
        }
    }

    fn note_message(&mut self, from: &Name, message: &Message) {
        let Some(link) = self.links.get_mut(from) else {
            return;
        };
        match &message.body {
            Body::ReqChain(_) => link.owed += 1,
            Body::Chain { answers, .. } => {
                link.question.take_if(|(asked, _)| asked == answers);
            }
            _ => {}
        }
    }

    /// What was promised is forgotten with a reset or a state, but for what is told here.
    fn forget(&mut self, accepted: BTreeSet<TxId>, owed: &BTreeMap<Name, usize>) {
        self.accepted = accepted;
        for (peer, link) in &mut self.links {
            link.question = None;
            link.owed = owed.get(peer).copied().unwrap_or(0);
        }
    }

    fn carry_out(&mut self, effects: Vec<Effect<Message>>) {
        for (place, effect) in effects.into_iter().enumerate() {
            match effect {
                Effect::Persist(persist) => {
                    assert_eq!(place, 0, "what must last comes first, and once");
                    self.disk.write(&persist);
                }
                Effect::Send { to, message } => self.sent(&to, message),
                Effect::Close { peer, .. } => {
                    assert!(
                        self.links.contains_key(&peer),
                        "{peer} has no link to close"
                    );
                }
                Effect::Search(search) => self.search = Some(search),
                Effect::CancelSearch => self.search = None,
                Effect::Answer(Ok(Answer::Accepted { id })) => drop(self.accepted.insert(id)),
                _ => {}
            }
        }
    }

    fn sent(&mut self, to: &Name, message: Message) {
        let clock = self.node.clock();
        let link = self
            .links
            .get_mut(to)
            .expect("what is sent goes to a peer that is up");
        match &message.body {
            Body::ReqChain(_) => {
                if let Some((_, since)) = link.question {
                    // A peer that was silent for so long counts as one that forgot.
                    let patience = PATIENCE.saturating_add(link.latency.saturating_mul(2));
                    let until = since.saturating_add(patience);
                    assert!(clock >= until, "{to} was asked at {since} and at {clock}");
                }
                link.question = Some((message.sequence, clock));
            }
            Body::Chain { .. } => {
                assert!(link.owed > 0, "an answer that nobody asked for");
                link.owed -= 1;
            }
            _ => {}
        }
        let frame = Frame::Message(message);
        let mut decoder = Decoder::new(MAX_FRAME_BYTES);
        decoder.feed(&encode(&frame));
        assert_eq!(
            decoder.next_frame(),
            Ok(Some(frame)),
            "a peer reads what is sent"
        );
    }

    /// Keeps the node as a document.
    pub fn keep_state(&mut self) {
        let state = self.node.state();
        if self.node.inbox_len() + self.node.waiting().count() <= MOST_WRITTEN {
            let json = serde_json::to_string(&state).expect("it has string keys only");
            let read: State = serde_json::from_str(&json).expect("it was written just now");
            assert_eq!(read, state);
        }
        let links = self.links.iter();
        self.kept = Some(Kept {
            state,
            accepted: self.accepted.clone(),
            owed: links
                .map(|(peer, link)| (peer.clone(), link.owed))
                .collect(),
        });
    }

    /// Makes the node what it was when its state was kept, with the links it has now.
    pub fn restore(&mut self) {
        let Some(Kept {
            state,
            accepted,
            owed,
        }) = self.kept.clone()
        else {
            return;
        };
        let effects = self
            .node
            .restore(state.clone())
            .expect("a state of its own is sound");
        assert_eq!(
            effects,
            self.twin.restore(state.clone()).expect("as its twin's")
        );
        self.forget(accepted, &owed);
        self.carry_out(effects);
        assert_eq!(
            (self.node.clock(), self.node.status()),
            (state.clock, state.status)
        );
        self.check();
    }

    /// Ends the node at once and goes on with what was to last: all it accepted and acknowledged.
    pub fn crash(&mut self) {
        self.disk.saved.lives += 1;
        let (clock, before) = (self.clock(), self.node.state());
        let resume = || {
            let ledger = Ledger::open(&self.config.genesis, self.disk.store.clone());
            let ledger = ledger.expect("the store holds this network's chain");
            let saved = self.disk.saved.clone();
            HonestNode::resume(self.config.clone(), ledger, saved).expect("what was saved is sound")
        };
        let (node, twin) = (resume(), resume());
        (self.node, self.twin) = (node, twin);
        self.links.clear();
        self.search = None;
        let after = self.node.state();
        assert_eq!((&before.blocks, &before.pool), (&after.blocks, &after.pool));
        assert_eq!(before.inbox_len(), after.inbox_len());
        assert!(self.clock() <= clock, "from {clock} to {}", self.clock());
        self.check();
    }

    /// Looks at all that must hold between two inputs.
    pub fn check(&self) {
        let balances = self.node.ledger().accounts();
        let sum: u64 = balances.iter().map(|(_, balance)| balance).sum();
        assert_eq!(sum, SUPPLY, "{balances:?}");
        self.owed.set(self.owed.get() + 1);
        let all = self.node.pool_len() + self.node.waiting().count() + self.accepted.len();
        if self.owed.get() * PAYMENTS_A_CHECK >= all {
            self.check_places();
        }
        let names = self.links.len().max(1) + 1;
        assert!(self.node.inbox_len() <= names * (MAX_INBOX + 1) + MAX_INBOX_GONE + MAX_INBOX);
        assert!(self.node.pool_len() <= MAX_POOL);
        assert!(self.node.peers().eq(self.links.keys()), "links that are up");
        assert!(
            self.node
                .next_clock()
                .is_none_or(|next| next > self.clock())
        );
    }

    /// Every payment is in one place, and every accepted one in some.
    pub fn check_places(&self) {
        self.owed.set(0);
        let others = self
            .node
            .waiting()
            .filter(|waits| !self.accepted.contains(&waits.id));
        assert!(others.count() <= MAX_WAITING);
        let mut places = BTreeMap::new();
        for payment in self.node.pool().chain(self.node.waiting()) {
            *places.entry(payment.id).or_insert(0) += 1;
        }
        for (id, count) in &mut places {
            *count += usize::from(self.node.ledger().block_of(id).is_some());
            assert_eq!(*count, 1, "{id} is in {count} places");
        }
        for id in &self.accepted {
            let kept = places.contains_key(id) || self.node.ledger().block_of(id).is_some();
            assert!(kept, "{id} was accepted and is gone");
        }
    }
}

fn is_request(input: &Input<Message>) -> bool {
    matches!(
        input,
        Input::Start { .. }
            | Input::Reset { .. }
            | Input::Clock { .. }
            | Input::Mine
            | Input::Pay(_)
            | Input::AddBlock(_)
    )
}
