//! What a node's persist effects say is the node: one that is brought back from them alone, after any
//! input, has all that matters and loses nothing.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::Value as Json;
use tickchain::ledger::search::{Outcome, search_from};
use tickchain::ledger::{
    Account, Difficulty, Hash, Ledger, MemoryStore, Store, Transaction, TxId, UncheckedBlock,
};
use tickchain::node::{
    Answer, Body, Config, Effect, Event, HonestNode, Input, MAX_WAITING, Message, Name, Node,
    Payment, Persist, Place, Record, Saved, Search, State,
};

const ACCOUNTS: [&str; 4] = ["aki", "so", "satoshi", "new"];
const PEERS: usize = 3;

#[derive(Debug, Clone)]
enum Step {
    Tick(u64),
    Mine,
    Nonce,
    Pay(usize, usize, u64, Option<u128>),
    Up(usize, u64),
    Down(usize),
    /// A payment, with a stamp and a sequence number that another message may have had.
    SayPayment(usize, u128, (u64, u64)),
    /// A block of the world, which may be an orphan.
    SayBlock(usize, prop::sample::Index, (u64, u64)),
    Ask(usize, (u64, u64)),
    /// The answer to what the peer was asked: a branch of the world, the last block forged or not.
    Answer(usize, prop::sample::Index, bool),
    /// The world has one block more.
    Grow(prop::sample::Index, Vec<u128>),
    AddBlock(prop::sample::Index),
    Reset,
    Snapshot,
    Restore,
    /// The node goes on from what was saved.
    Crash,
}

fn step() -> impl Strategy<Value = Step> {
    let peer = 0..PEERS;
    let numbers = (0..12u64, 0..6u64);
    let id = 100..112u128;
    let block = any::<prop::sample::Index>;
    prop_oneof![
        6 => (1..4u64).prop_map(Step::Tick),
        2 => Just(Step::Mine),
        3 => Just(Step::Nonce),
        5 => (0..4usize, 0..4usize, 1..5u64, prop::option::of(id.clone()))
            .prop_map(|(from, to, value, id)| Step::Pay(from, to, value, id)),
        3 => (peer.clone(), 0..3u64).prop_map(|(peer, latency)| Step::Up(peer, latency)),
        1 => peer.clone().prop_map(Step::Down),
        4 => (peer.clone(), id.clone(), numbers.clone())
            .prop_map(|(peer, id, numbers)| Step::SayPayment(peer, id, numbers)),
        4 => (peer.clone(), block(), numbers.clone())
            .prop_map(|(peer, block, numbers)| Step::SayBlock(peer, block, numbers)),
        1 => (peer.clone(), numbers).prop_map(|(peer, numbers)| Step::Ask(peer, numbers)),
        2 => (peer, block(), any::<bool>())
            .prop_map(|(peer, block, forged)| Step::Answer(peer, block, forged)),
        4 => (block(), prop::collection::vec(id, 0..3))
            .prop_map(|(parent, ids)| Step::Grow(parent, ids)),
        1 => block().prop_map(Step::AddBlock),
        1 => Just(Step::Reset),
        1 => Just(Step::Snapshot),
        1 => Just(Step::Restore),
        2 => Just(Step::Crash),
    ]
}

/// The payment that an id stands for.
fn payment(id: u128) -> Transaction {
    let account = |index: u128| ACCOUNTS[index as usize % 4].parse::<Account>().unwrap();
    Transaction {
        sender: Some(account(id % 3)),
        recipient: account(id / 3),
        value: (id as u64 % 4 + 1).try_into().unwrap(),
        ..Transaction {
            id: TxId::from(id),
            sender: None,
            recipient: account(0),
            value: 1.try_into().unwrap(),
            signed: None,
        }
    }
}

fn peer(number: usize) -> Name {
    format!("peer{number}").parse().unwrap()
}

fn config() -> Config {
    let mut config = Config::new("node".parse().unwrap());
    config.genesis.difficulty = Difficulty::new(1).unwrap();
    config
}

fn sealed(mut block: UncheckedBlock) -> UncheckedBlock {
    let difficulty = config().genesis.difficulty;
    let Outcome::Found(nonce) = search_from(&block.header(), difficulty, 0, || false) else {
        panic!("one nonce in two fits");
    };
    block.nonce = nonce;
    let hash = block.clone().check(&difficulty.into()).unwrap().hash();
    block.hash = Some(hash);
    block
}

/// What was written, as a storage has it.
struct Disk {
    store: MemoryStore,
    saved: Saved,
}

fn genesis_store() -> MemoryStore {
    let ledger = Ledger::new(&config().genesis).unwrap();
    ledger.store().clone()
}

impl Disk {
    fn write(&mut self, persist: &Persist) {
        let anew = |record: &Record| matches!(record, Record::Reset { .. } | Record::Restored(_));
        let place = persist.records.iter().position(anew);
        assert!(place.is_none_or(|place| place == 0), "{persist:?}");
        if place.is_some() {
            self.store = genesis_store();
        }
        persist
            .ledger
            .iter()
            .for_each(|changes| self.store.stage(changes));
        self.saved.apply(persist);
    }

    fn resume(&self) -> HonestNode {
        let saved = Saved {
            lives: self.saved.lives + 1,
            ..self.saved.clone()
        };
        let ledger = Ledger::open(&config().genesis, self.store.clone()).unwrap();
        HonestNode::resume(config(), ledger, saved).unwrap()
    }
}

struct Play {
    node: HonestNode,
    disk: Disk,
    /// Every block there is, whether the node has it or not.
    world: Vec<UncheckedBlock>,
    up: BTreeSet<Name>,
    asked: BTreeMap<Name, u64>,
    search: Option<Search>,
    snapshot: Option<State>,
    accepted: BTreeSet<TxId>,
    /// The last sequence number that the node used.
    sequence: u64,
}

impl Play {
    fn new() -> Self {
        let node = HonestNode::new(config()).unwrap();
        let genesis = node.ledger().genesis().to_unchecked();
        let mut play = Self {
            node,
            disk: Disk {
                store: genesis_store(),
                saved: Saved::default(),
            },
            world: vec![genesis],
            up: BTreeSet::new(),
            asked: BTreeMap::new(),
            search: None,
            snapshot: None,
            accepted: BTreeSet::new(),
            sequence: 0,
        };
        play.feed(Input::Start { salt: 7 });
        play
    }

    fn feed(&mut self, input: Input<Message>) {
        let effects = self.node.handle(input);
        self.carry_out(effects);
    }

    fn carry_out(&mut self, effects: Vec<Effect<Message>>) {
        for (place, effect) in effects.into_iter().enumerate() {
            match effect {
                Effect::Persist(persist) => {
                    assert_eq!(place, 0);
                    self.disk.write(&persist);
                }
                Effect::Send { to, message } => {
                    assert!(message.sequence > self.sequence, "a number comes once");
                    self.sequence = message.sequence;
                    if let Body::ReqChain(_) = message.body {
                        self.asked.insert(to, message.sequence);
                    }
                }
                Effect::Close { peer, .. } => {
                    self.up.remove(&peer);
                    self.feed(Input::PeerDown { peer });
                }
                Effect::Search(search) => self.search = Some(search),
                Effect::CancelSearch => self.search = None,
                Effect::Answer(Ok(Answer::Accepted { id })) => {
                    self.accepted.insert(id);
                }
                Effect::Event(Event::Refused { about, reason, .. }) => {
                    assert!(!reason.contains("does not fit"), "{about:?}: {reason}");
                }
                _ => {}
            }
        }
    }

    fn say(&mut self, number: usize, (stamp, sequence): (u64, u64), body: Body) {
        self.feed(Input::Message {
            from: peer(number),
            message: Message {
                stamp,
                sequence,
                body,
            },
        });
    }

    fn grow(&mut self, parent: usize, ids: &[u128]) {
        let parent = &self.world[parent];
        let block = sealed(UncheckedBlock {
            id: parent.id + 1,
            hash: None,
            timestamp: parent.timestamp + 1 + self.world.len() as i64,
            transactions: ids
                .iter()
                .collect::<BTreeSet<_>>()
                .into_iter()
                .map(|id| payment(*id))
                .collect(),
            previous_block_hash: parent.hash.unwrap(),
            nonce: 0,
        });
        self.world.push(block);
    }

    /// The blocks from the first one up to this one.
    fn branch(&self, tip: prop::sample::Index) -> Vec<UncheckedBlock> {
        let mut branch = Vec::new();
        let mut block = tip.get(&self.world);
        let find = |hash: Hash| self.world.iter().find(|block| block.hash == Some(hash));
        while block.id > 0 {
            branch.insert(0, block.clone());
            block = find(block.previous_block_hash).unwrap();
        }
        branch
    }

    fn step(&mut self, step: &Step) {
        match step.clone() {
            Step::Tick(by) => {
                let to = self.node.clock() + by;
                self.feed(Input::Clock { to, wall: 5 });
            }
            Step::Mine => self.feed(Input::Mine),
            Step::Nonce => self.find_nonce(),
            Step::Pay(from, to, value, id) => {
                let input = match id {
                    Some(id) => paid(&payment(id)),
                    None => Payment {
                        id: None,
                        sender: ACCOUNTS[from].parse().unwrap(),
                        recipient: ACCOUNTS[to].parse().unwrap(),
                        value: value.try_into().unwrap(),
                        sequence: None,
                        signature: None,
                    },
                };
                self.feed(Input::Pay(input));
            }
            Step::Up(number, latency) => {
                let peer = peer(number);
                if self.up.insert(peer.clone()) {
                    self.feed(Input::PeerUp { peer, latency });
                }
            }
            Step::Down(number) => {
                let peer = peer(number);
                if self.up.remove(&peer) {
                    self.feed(Input::PeerDown { peer });
                }
            }
            Step::SayPayment(peer, id, numbers) => {
                self.say(peer, numbers, Body::NewTx(payment(id)));
            }
            Step::SayBlock(peer, block, numbers) => {
                let block = block.get(&self.world).clone();
                self.say(peer, numbers, Body::NewBlock(Box::new(block)));
            }
            Step::Ask(peer, numbers) => self.say(peer, numbers, Body::ReqChain(Vec::new())),
            Step::Answer(number, tip, forged) => {
                let mut blocks = self.branch(tip);
                if let (true, Some(last)) = (forged, blocks.last_mut()) {
                    last.timestamp += 1;
                }
                let answers = self.asked.get(&peer(number)).copied().unwrap_or(0);
                let numbers = (self.node.clock(), 1000 + answers);
                self.say(number, numbers, Body::Chain { answers, blocks });
            }
            Step::Grow(parent, ids) => self.grow(parent.index(self.world.len()), &ids),
            Step::AddBlock(block) => self.feed(Input::AddBlock(block.get(&self.world).clone())),
            Step::Reset => {
                self.accepted.clear();
                self.feed(Input::Reset { salt: 8 });
            }
            Step::Snapshot => self.snapshot = Some(self.node.state()),
            Step::Restore => self.restore(),
            Step::Crash => self.crash(),
        }
        // What it mined others may build on.
        let tip = self.node.ledger().tip().to_unchecked();
        if self.world.iter().all(|block| block.hash != tip.hash) {
            self.world.push(tip);
        }
    }

    fn find_nonce(&mut self) {
        if let Some(search) = self.search.take() {
            let Outcome::Found(nonce) =
                search_from(&search.header, search.difficulty, search.start, || false)
            else {
                panic!("one nonce in two fits");
            };
            self.feed(Input::NonceFound {
                search: search.id,
                nonce,
            });
        }
    }

    fn restore(&mut self) {
        let Some(state) = self.snapshot.clone() else {
            return;
        };
        let ids = serde_json::to_value(&state).unwrap()["accepted"].clone();
        self.accepted = serde_json::from_value(ids).unwrap();
        let effects = self.node.restore(state).unwrap();
        self.carry_out(effects);
    }

    fn crash(&mut self) {
        self.node = self.disk.resume();
        self.disk.saved.lives += 1;
        self.up.clear();
        self.asked.clear();
        self.search = None;
        // Whoever is linked next hears of the whole pool.
        let peer = peer(9);
        let effects = self.node.handle(Input::PeerUp {
            peer: peer.clone(),
            latency: 0,
        });
        let told = effects.iter().filter_map(|effect| match effect {
            Effect::Send { message, .. } => match &message.body {
                Body::NewTx(payment) => Some(payment.clone()),
                _ => None,
            },
            _ => None,
        });
        assert!(told.eq(self.node.pool().cloned()));
        self.carry_out(effects);
        self.feed(Input::PeerDown { peer });
    }

    fn check(&self) {
        let resumed = self.disk.resume();
        assert_eq!(resumed.ledger().tip(), self.node.ledger().tip());
        assert_eq!(resumed.ledger().store(), self.node.ledger().store());
        assert_eq!(look(&resumed), look(&self.node));
        assert_eq!(resumed.clock(), self.disk.saved.clock);
        assert!(resumed.clock() <= self.node.clock());
        for id in &self.accepted {
            self.check_place(id);
        }
    }

    /// An accepted payment is in one place, or in a block as well as in what waits to hear of it.
    fn check_place(&self, id: &TxId) {
        let in_block = self.node.ledger().block_of(id).is_some();
        let kept = self.node.pool().chain(self.node.waiting());
        let kept = kept.filter(|payment| payment.id == *id).count();
        assert!(kept == 1 || (kept == 0 && in_block), "{id}: {kept}");
        let place = self.node.place(id);
        let kept = matches!(
            place,
            Some(Place::Waiting | Place::Pool | Place::Block { .. })
        );
        assert!(kept, "{id}: {place:?}");
    }
}

fn paid(transaction: &Transaction) -> Payment {
    Payment {
        id: Some(transaction.id),
        sender: transaction.sender.clone().unwrap(),
        recipient: transaction.recipient.clone(),
        value: transaction.value,
        sequence: None,
        signature: None,
    }
}

/// All that has to last besides the ledger.
fn look(node: &HonestNode) -> Json {
    let state = serde_json::to_value(node.state()).unwrap();
    let mut inbox = state["inbox"].as_array().unwrap().clone();
    inbox.sort_by_key(|item| item["arrival"].as_u64());
    let message = |item: &Json| serde_json::json!([item["from"], item["ready"], item["message"]]);
    let queue = state["queue"].as_array().unwrap().iter();
    serde_json::json!({
        "started": state["started"],
        "salt": state["counters"]["salt"],
        "issued": state["counters"]["issued"],
        "mine": state["mine"].is_array() || !state["work"].is_null(),
        "pool": state["pool"],
        "queue": queue.map(|queued| queued["transaction"].clone()).collect::<Vec<_>>(),
        "waiting": state["waiting"],
        "accepted": state["accepted"],
        "inbox": inbox.iter().map(message).collect::<Vec<_>>(),
    })
}

proptest! {
    #[test]
    fn what_was_written_is_the_node(steps in prop::collection::vec(step(), 1..80)) {
        let mut play = Play::new();
        for step in &steps {
            play.step(step);
            play.check();
        }
    }
}

/// A block brings a payment that still waits in the queue, and leaves the chain again: the payment is in
/// the pool then, and in the queue no more.
#[test]
fn a_payment_that_comes_back_from_a_block_is_kept_once() {
    let mut play = Play::new();
    play.step(&Step::Up(0, 0));
    play.step(&Step::Tick(1));
    let id = 101;
    play.grow(0, &[id]);
    play.grow(0, &[]);
    let longer = play.world[2].clone();
    let longest = sealed(UncheckedBlock {
        id: 2,
        hash: None,
        previous_block_hash: longer.hash.unwrap(),
        nonce: 0,
        ..longer.clone()
    });
    // The node mines, so that the payment has to wait.
    play.step(&Step::Mine);
    play.step(&Step::Tick(1));
    play.feed(Input::Pay(paid(&payment(id))));
    let blocks = [play.world[1].clone(), longer, longest];
    for (sequence, block) in (1..).zip(blocks) {
        play.say(0, (0, sequence), Body::NewBlock(Box::new(block)));
    }
    for _ in 0..6 {
        play.step(&Step::Tick(1));
        play.step(&Step::Nonce);
        play.check();
    }
    assert_eq!(play.node.ledger().block_of(&TxId::from(id)), None);
    play.check_place(&TxId::from(id));
}

/// A payment of 1 between two accounts, to and fro.
fn to_and_fro(number: usize) -> Transaction {
    Transaction {
        sender: Some(ACCOUNTS[number % 2].parse().unwrap()),
        recipient: ACCOUNTS[1 - number % 2].parse().unwrap(),
        value: 1.try_into().unwrap(),
        ..payment(1_000 + number as u128)
    }
}

/// More payments leave the pool at once than may wait: those that are given up are gone, also from the disk.
#[test]
fn payments_that_are_given_up_out_of_the_pool_are_not_in_it_after_a_crash() {
    let mut play = Play::new();
    play.step(&Step::Up(0, 0));
    for number in 0..MAX_WAITING + 100 {
        let numbers = (0, number as u64);
        play.say(0, numbers, Body::NewTx(to_and_fro(number)));
    }
    play.step(&Step::Tick(3));
    assert_eq!(play.node.pool_len(), MAX_WAITING + 100);
    // A block takes all that the two have.
    let store = play.node.ledger().store();
    let emptied = ACCOUNTS[..2].iter().enumerate().map(|(number, account)| {
        let all = store.balance(&account.parse().unwrap()).unwrap();
        Transaction {
            recipient: ACCOUNTS[2].parse().unwrap(),
            value: all.try_into().unwrap(),
            ..to_and_fro(2 * MAX_WAITING + number)
        }
    });
    let transactions = emptied.collect();
    play.grow(0, &[]);
    let block = sealed(UncheckedBlock {
        hash: None,
        transactions,
        ..play.world.pop().unwrap()
    });
    play.say(0, (1, 2_000), Body::NewBlock(Box::new(block)));
    play.step(&Step::Tick(6));
    assert_eq!(play.node.pool_len(), 0);
    assert_eq!(play.node.waiting().count(), MAX_WAITING);
    play.check();
}

/// One that waits is given up at the very clock at which another one with its id comes into the pool.
#[test]
fn a_payment_is_not_lost_with_another_one_of_its_id() {
    let mut play = Play::new();
    play.step(&Step::Up(0, 0));
    let payable = to_and_fro(0);
    let vain = |number: usize| Transaction {
        sender: Some(ACCOUNTS[3].parse().unwrap()),
        ..to_and_fro(number)
    };
    let flood = (1..=MAX_WAITING).map(vain);
    let said = [vain(0), payable.clone()].into_iter().chain(flood);
    for (number, payment) in said.enumerate() {
        play.say(0, (0, number as u64), Body::NewTx(payment));
    }
    play.step(&Step::Tick(3));
    assert!(play.node.pool().eq([&payable]));
    play.check();
}

/// The request lasts until its block does.
#[test]
fn a_block_that_was_being_mined_is_begun_anew() {
    let mut play = Play::new();
    play.step(&Step::Mine);
    play.step(&Step::Tick(1));
    assert!(play.search.is_some());
    play.step(&Step::Crash);
    play.step(&Step::Tick(3));
    play.step(&Step::Nonce);
    assert_eq!(play.node.ledger().tip().id(), 1);
    // It is spent now.
    play.step(&Step::Crash);
    play.step(&Step::Tick(3));
    assert!(play.search.is_none());
}

/// A storage keeps payments by id: one of the two would be lost.
#[test]
fn a_state_with_a_payment_in_two_places_is_refused() {
    let mut play = Play::new();
    play.feed(Input::Pay(paid(&payment(101))));
    let state = serde_json::to_value(play.node.state()).unwrap();
    let queued = state["queue"][0].clone();
    for place in ["queue", "pool", "waiting"] {
        let mut twice = state.clone();
        let transaction = queued["transaction"].clone();
        let entry = match place {
            "queue" => queued.clone(),
            "pool" => transaction,
            _ => serde_json::json!([transaction, false]),
        };
        twice[place].as_array_mut().unwrap().push(entry);
        let twice: State = serde_json::from_value(twice).unwrap();
        let refused = play.node.restore(twice).unwrap_err().to_string();
        assert!(refused.contains("in two places"), "{place}: {refused}");
    }
    let state: State = serde_json::from_value(state).unwrap();
    play.node.restore(state).unwrap();
}
