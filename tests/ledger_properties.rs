//! Random trees of blocks, valid and not, in random order, against a model that replays every branch
//! from genesis.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::test_runner::{Config, FileFailurePersistence, TestRunner};
use tickchain::ledger::{
    Block, ConnectError, Difficulty, Genesis, Hash, Inserted, Insertion, Ledger, MemoryStore,
    Store, Transaction, TxId, UncheckedBlock, Work, search,
};

const NAMES: [&str; 5] = ["aki", "so", "satoshi", "new", "佐藤"];
const SUPPLY: u64 = 14;
/// Ids of payments are drawn below this, so that they meet again; genesis has 0 to 2.
const IDS: u128 = 64;

/// How a block is made from those before it.
#[derive(Debug, Clone)]
struct Plan {
    /// How far back in the list its parent is.
    back: usize,
    /// Sender, recipient, value and id.
    payments: Vec<(usize, usize, u64, u128)>,
    later: i64,
    fault: Fault,
    /// How many places later than planned it arrives.
    delay: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    Id,
    Timestamp,
    Parent,
}

fn plan() -> impl Strategy<Value = Plan> {
    let payment = (0..NAMES.len(), 0..NAMES.len(), 1..3u64, 0..IDS);
    let fault = prop_oneof![
        40 => Just(Fault::None),
        1 => Just(Fault::Id),
        1 => Just(Fault::Timestamp),
        1 => Just(Fault::Parent),
    ];
    let back = prop_oneof![4 => Just(1usize), 2 => Just(2), 3 => 1..7usize];
    let delay = prop_oneof![3 => Just(0usize), 1 => 0..6usize];
    let payments = prop_oneof![
        2 => Just(Vec::new()),
        3 => prop::collection::vec(payment, 1..3),
    ];
    (back, payments, 0..3i64, fault, delay).prop_map(|(back, payments, later, fault, delay)| Plan {
        back,
        payments,
        later,
        fault,
        delay,
    })
}

fn plans() -> impl Strategy<Value = (u8, Vec<Plan>)> {
    (0..=2u8, prop::collection::vec(plan(), 1..40))
}

fn genesis(bits: u8) -> Genesis {
    Genesis {
        difficulty: Difficulty::new(bits).unwrap(),
        ..Genesis::default()
    }
}

fn transaction(&(sender, recipient, value, id): &(usize, usize, u64, u128)) -> Transaction {
    Transaction {
        id: TxId::from(id),
        sender: Some(NAMES[sender].parse().unwrap()),
        recipient: NAMES[recipient].parse().unwrap(),
        value: value.try_into().unwrap(),
        signed: None,
    }
}

fn mine(unchecked: UncheckedBlock, difficulty: Difficulty) -> Block {
    let search::Outcome::Found(nonce) =
        search::search_from(&unchecked.header(), difficulty, 0, || false)
    else {
        panic!("every fourth nonce fits");
    };
    UncheckedBlock { nonce, ..unchecked }
        .check(&difficulty.into())
        .unwrap()
}

/// The planned blocks in the order they arrive: first with their delays, then all once more, so that a
/// block that came before its parent has another chance. Most stand on a block that would be taken, else
/// the first bad one would be the end of all that follow.
fn arrivals(genesis: &Genesis, plans: &[Plan]) -> Vec<Block> {
    let mut model = Model::new(genesis);
    let mut parents = vec![genesis.block().unwrap()];
    let mut made = Vec::new();
    for plan in plans {
        let parent = parents[parents.len().saturating_sub(plan.back)].clone();
        let id = parent.id() + 1 + u64::from(plan.fault == Fault::Id);
        let unchecked = UncheckedBlock {
            id,
            hash: None,
            timestamp: match plan.fault {
                Fault::Timestamp => parent.header().timestamp - 1,
                _ => parent.header().timestamp + plan.later,
            },
            transactions: plan.payments.iter().map(transaction).collect(),
            previous_block_hash: match plan.fault {
                Fault::Parent => Hash([7; 32]),
                _ => parent.hash(),
            },
            nonce: 0,
        };
        let block = mine(unchecked, genesis.difficulty);
        let taken = matches!(
            model.insert(&block),
            Kind::Side | Kind::Extended | Kind::Reorganised
        );
        if taken || plan.back == 3 {
            parents.push(block.clone());
        }
        made.push(block);
    }
    let mut order: Vec<usize> = (0..plans.len()).collect();
    order.sort_by_key(|&index| index + plans[index].delay);
    let again = 0..plans.len();
    order
        .into_iter()
        .chain(again)
        .map(|index| made[index].clone())
        .collect()
}

/// A tree that knows nothing of undoing.
struct Model {
    difficulty: Difficulty,
    blocks: BTreeMap<Hash, (Block, Work)>,
    tip: Hash,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Replayed {
    balances: BTreeMap<String, u64>,
    paid: BTreeMap<TxId, u64>,
}

/// What an insertion comes to, without the particulars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Known,
    Side,
    Extended,
    Reorganised,
    UnknownParent,
    Id,
    Timestamp,
    Unpayable { block: Hash, index: usize },
}

impl Model {
    fn new(genesis: &Genesis) -> Self {
        let block = genesis.block().unwrap();
        Self {
            difficulty: genesis.difficulty,
            tip: block.hash(),
            blocks: [(block.hash(), (block, 0))].into(),
        }
    }

    fn insert(&mut self, block: &Block) -> Kind {
        let header = block.header();
        if self.blocks.contains_key(&block.hash()) {
            return Kind::Known;
        }
        let Some((parent, work)) = self.blocks.get(&header.previous_block_hash) else {
            return Kind::UnknownParent;
        };
        if header.id != parent.id() + 1 {
            return Kind::Id;
        }
        if header.timestamp < parent.header().timestamp {
            return Kind::Timestamp;
        }
        let work = work + self.difficulty.work();
        self.blocks.insert(block.hash(), (block.clone(), work));
        if work <= self.blocks[&self.tip].1 {
            return Kind::Side;
        }
        if let Err((bad, index)) = self.replay(block.hash()) {
            self.drop_branch(bad);
            return Kind::Unpayable { block: bad, index };
        }
        let extended = header.previous_block_hash == self.tip;
        self.tip = block.hash();
        if extended {
            Kind::Extended
        } else {
            Kind::Reorganised
        }
    }

    fn drop_branch(&mut self, root: Hash) {
        self.blocks.remove(&root);
        let is_child = |block: &Block| block.header().previous_block_hash == root;
        let children = self.blocks.values().filter(|(block, _)| is_child(block));
        let children: Vec<_> = children.map(|(block, _)| block.hash()).collect();
        for child in children {
            self.drop_branch(child);
        }
    }

    /// The blocks from genesis to `tip`.
    fn branch(&self, tip: Hash) -> Vec<&Block> {
        let mut branch = Vec::new();
        let mut next = tip;
        while let Some((block, _)) = self.blocks.get(&next) {
            branch.push(block);
            next = block.header().previous_block_hash;
        }
        branch.reverse();
        branch
    }

    fn replay(&self, tip: Hash) -> Result<Replayed, (Hash, usize)> {
        let mut state = Replayed::default();
        for block in self.branch(tip) {
            for (index, transaction) in block.transactions().iter().enumerate() {
                state
                    .pay(transaction, block.id())
                    .ok_or((block.hash(), index))?;
            }
        }
        Ok(state)
    }
}

impl Replayed {
    fn pay(&mut self, transaction: &Transaction, block: u64) -> Option<()> {
        let value = transaction.value.get();
        if self.paid.contains_key(&transaction.id) {
            return None;
        }
        if let Some(sender) = &transaction.sender {
            let balance = self.balances.get_mut(sender.as_str())?;
            *balance = balance.checked_sub(value)?;
        }
        let recipient = transaction.recipient.as_str().to_owned();
        *self.balances.entry(recipient).or_default() += value;
        self.paid.insert(transaction.id, block);
        Some(())
    }
}

fn kind(insertion: &Insertion) -> Kind {
    match &insertion.outcome {
        Ok(Inserted::Known) => Kind::Known,
        Ok(Inserted::Side) => Kind::Side,
        Ok(Inserted::Extended) => Kind::Extended,
        Ok(Inserted::Reorganised { .. }) => Kind::Reorganised,
        Err(ConnectError::UnknownParent { .. }) => Kind::UnknownParent,
        Err(ConnectError::Id { .. }) => Kind::Id,
        Err(ConnectError::Timestamp { .. }) => Kind::Timestamp,
        Err(ConnectError::Payment { block, index, .. }) => Kind::Unpayable {
            block: *block,
            index: *index,
        },
        Err(other) => panic!("no planned block has this fault: {other}"),
    }
}

fn replayed(ledger: &Ledger) -> Replayed {
    let accounts = ledger.accounts().into_iter();
    let ids = (0..IDS).map(TxId::from);
    Replayed {
        balances: accounts
            .map(|(name, balance)| (name.to_string(), balance))
            .collect(),
        paid: ids
            .filter_map(|id| Some((id, ledger.block_of(&id)?)))
            .collect(),
    }
}

/// The ledger is what the model says, and its parts agree with one another.
fn compare(ledger: &Ledger, model: &Model) {
    let branch: Vec<Hash> = model
        .branch(model.tip)
        .into_iter()
        .map(Block::hash)
        .collect();
    let chain = (0..=ledger.tip().id()).map(|id| ledger.block_at(id).unwrap().hash());
    assert_eq!(chain.collect::<Vec<_>>(), branch);
    assert_eq!(ledger.tip().hash(), model.tip);
    assert_eq!(ledger.work(), model.blocks[&model.tip].1);

    let state = replayed(ledger);
    assert_eq!(state, model.replay(model.tip).unwrap());
    assert_eq!(state.balances.values().sum::<u64>(), SUPPLY);

    let main: BTreeSet<Hash> = branch.into_iter().collect();
    let side = model.blocks.keys().filter(|hash| !main.contains(*hash));
    assert!(ledger.side_blocks().eq(side.clone()));
    let stored: BTreeSet<Hash> = ledger.store().side_blocks().into_iter().collect();
    assert!(stored.iter().eq(side));
    for (hash, (block, work)) in &model.blocks {
        assert_eq!(ledger.block(hash).as_ref(), Some(block));
        assert_eq!(ledger.entry(hash).unwrap().work, *work);
        let on_main = main.contains(hash);
        assert_eq!(ledger.is_on_main_chain(hash), on_main);
        let undo = ledger.store().undo(hash).unwrap_or_default();
        assert!(on_main || undo.is_empty(), "a side block cannot be undone");
    }
}

/// The blocks that left and joined are what the tip's move says.
fn check_moved(insertion: &Insertion, before: &[Hash], ledger: &Ledger) {
    let Ok(Inserted::Reorganised { left, joined }) = &insertion.outcome else {
        return;
    };
    let fork = usize::try_from(joined[0].id()).unwrap();
    let left: Vec<_> = left.iter().map(Block::hash).collect();
    assert_eq!(left, before[fork..]);
    let after = (joined[0].id()..=ledger.tip().id()).map(|id| ledger.block_at(id).unwrap());
    assert_eq!(*joined, after.collect::<Vec<_>>());
}

fn main_chain(ledger: &Ledger) -> Vec<Hash> {
    (0..=ledger.tip().id())
        .map(|id| ledger.store().hash_at(id).unwrap())
        .collect()
}

/// Inserts all blocks, checks after each; what the insertions came to.
fn run(bits: u8, plans: &[Plan]) -> Vec<Kind> {
    let genesis = genesis(bits);
    let mut ledger = Ledger::new(&genesis).unwrap();
    let mut model = Model::new(&genesis);
    let mut copy: MemoryStore = ledger.store().clone();
    let mut kinds = Vec::new();
    for block in arrivals(&genesis, plans) {
        let before = main_chain(&ledger);
        let mut reopened = Ledger::open(&genesis, copy.clone()).unwrap();
        let insertion = ledger.insert(block.clone());
        assert_eq!(reopened.insert(block.clone()), insertion);

        assert_eq!(kind(&insertion), model.insert(&block));
        compare(&ledger, &model);
        check_moved(&insertion, &before, &ledger);
        copy.stage(&insertion.changes);
        assert_eq!(&copy, ledger.store());
        kinds.push(kind(&insertion));
    }
    let before = ledger.clone();
    ledger.reset();
    compare(&ledger, &Model::new(&genesis));
    assert_eq!(ledger.network_id(), before.network_id());
    kinds
}

proptest! {
    #![proptest_config(Config {
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        cases: 1024,
        ..Config::default()
    })]

    #[test]
    fn any_tree_is_what_a_replay_from_genesis_says((bits, plans) in plans()) {
        run(bits, &plans);
    }
}

/// The property above would hold of nothing if the plans never led anywhere.
#[test]
fn the_plans_reach_every_outcome_often() {
    let mut runner = TestRunner::deterministic();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for _ in 0..100 {
        let tree = plans().new_tree(&mut runner).unwrap();
        let (bits, plans) = proptest::strategy::ValueTree::current(&tree);
        for kind in run(bits, &plans) {
            let name = format!("{kind:?}");
            let name = name.split(' ').next().unwrap().to_owned();
            *counts.entry(name).or_default() += 1;
        }
    }
    println!("{counts:?}");
    assert_eq!(counts.len(), 8, "{counts:?}");
    assert!(counts.values().all(|count| *count >= 50), "{counts:?}");
}
