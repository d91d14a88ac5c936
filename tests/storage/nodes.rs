//! A node that goes on from a directory is the one that was written, whenever that was.

use proptest::prelude::*;
use proptest::sample::Index;
use tickchain::driver::Storage;
use tickchain::ledger::{
    Account, Changes, Ledger, MemoryStore, Store, Transaction, TxId, UncheckedBlock,
};
use tickchain::node::{
    Body, HonestNode, Input, Message, Node, Payment, Persist, Record, Saved, State,
};

use crate::rig::{Rig, child, config};

#[derive(Debug, Clone)]
enum Step {
    Tick(u64),
    Mine,
    Pay(usize, usize, u64),
    SayPayment(u128, u64),
    /// A block on one that there is, from a peer.
    SayBlock(Index, u64),
    Reset,
    Snapshot,
    Restore,
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (1..4u64).prop_map(Step::Tick),
        2 => Just(Step::Mine),
        5 => (0..4usize, 0..4usize, 1..4u64).prop_map(|(from, to, value)| Step::Pay(from, to, value)),
        4 => (100..112u128, 0..9u64).prop_map(|(id, stamp)| Step::SayPayment(id, stamp)),
        4 => (any::<Index>(), 0..9u64).prop_map(|(parent, stamp)| Step::SayBlock(parent, stamp)),
        1 => Just(Step::Reset),
        1 => Just(Step::Snapshot),
        1 => Just(Step::Restore),
        3 => Just(Step::Reopen),
    ]
}

fn account(index: usize) -> Account {
    ["aki", "so", "satoshi", "new"][index % 4].parse().unwrap()
}

/// What was written, as memory has it.
struct Model {
    store: MemoryStore,
    saved: Saved,
}

impl Model {
    fn new() -> Self {
        let mut store = MemoryStore::default();
        store.stage(&Changes::of_genesis(&config().genesis.block().unwrap()));
        Self {
            store,
            saved: Saved::default(),
        }
    }

    fn write(&mut self, persist: &Persist) {
        let first = persist.records.first();
        if matches!(first, Some(Record::Reset { .. } | Record::Restored(_))) {
            self.store = Self::new().store;
        }
        for changes in &persist.ledger {
            self.store.stage(changes);
        }
        self.saved.apply(persist);
    }

    /// The node that goes on from here, one life later.
    fn resume(&mut self) -> HonestNode {
        self.saved.lives += 1;
        let ledger = Ledger::open(&config().genesis, self.store.clone()).unwrap();
        HonestNode::resume(config(), ledger, self.saved.clone()).unwrap()
    }
}

struct Play {
    directory: tempfile::TempDir,
    rig: Rig,
    model: Model,
    blocks: Vec<UncheckedBlock>,
    said: u64,
    snapshot: Option<State>,
}

impl Play {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let rig = Rig::open(directory.path());
        let mut model = Model::new();
        model.saved.lives = 1;
        let mut play = Self {
            blocks: vec![rig.node.ledger().genesis().to_unchecked()],
            directory,
            rig,
            model,
            said: 0,
            snapshot: None,
        };
        play.rig.hand_in(Input::Start { salt: 7 });
        play.link();
        play
    }

    fn link(&mut self) {
        let peer = "peer".parse().unwrap();
        self.rig.hand_in(Input::PeerUp { peer, latency: 1 });
    }

    fn say(&mut self, stamp: u64, body: Body) {
        self.said += 1;
        let sequence = self.said;
        let from = "peer".parse().unwrap();
        let message = Message {
            stamp,
            sequence,
            body,
        };
        self.rig.hand_in(Input::Message { from, message });
    }

    fn step(&mut self, step: &Step) {
        match step.clone() {
            Step::Tick(by) => self.rig.clock(self.rig.node.clock() + by),
            Step::Mine => drop(self.rig.hand_in(Input::Mine)),
            Step::Pay(from, to, value) => {
                self.rig.hand_in(Input::Pay(Payment {
                    id: None,
                    sender: account(from),
                    recipient: account(to),
                    value: value.try_into().unwrap(),
                    sequence: None,
                    signature: None,
                }));
            }
            Step::SayPayment(id, stamp) => self.say(
                stamp,
                Body::NewTx(Transaction {
                    id: TxId::from(id),
                    sender: Some(account(id as usize % 3)),
                    recipient: account(id as usize / 3),
                    value: (id as u64 % 3 + 1).try_into().unwrap(),
                    signed: None,
                }),
            ),
            Step::SayBlock(parent, stamp) => {
                let block = child(parent.get(&self.blocks), self.said);
                self.blocks.push(block.clone());
                self.say(stamp, Body::NewBlock(Box::new(block)));
            }
            Step::Reset => drop(self.rig.hand_in(Input::Reset { salt: 8 })),
            Step::Snapshot => self.snapshot = Some(self.rig.node.state()),
            Step::Restore => {
                if let Some(state) = self.snapshot.clone() {
                    let effects = self.rig.node.restore(state).unwrap();
                    self.rig.carry_out(effects);
                }
            }
            Step::Reopen => return self.reopen(),
        }
        self.note();
    }

    fn note(&mut self) {
        for persist in self.rig.written.drain(..) {
            self.model.write(&persist);
        }
    }

    fn reopen(&mut self) {
        self.note();
        self.rig.storage.finish().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        // The directory is free when storage and node are gone.
        drop(std::mem::replace(
            &mut self.rig,
            Rig::open(elsewhere.path()),
        ));
        self.rig = Rig::open(self.directory.path());
        let model = self.model.resume();
        let (disk, memory) = (self.rig.node.ledger(), model.ledger());
        assert!(disk.side_blocks().eq(memory.side_blocks()));
        let state = |state: State| serde_json::to_value(state).unwrap();
        assert_eq!(state(self.rig.node.state()), state(model.state()));
        self.link();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn it_is_the_one_that_was_written(steps in prop::collection::vec(step(), 1..60)) {
        let mut play = Play::new();
        for step in &steps {
            play.step(step);
        }
        play.reopen();
    }
}
