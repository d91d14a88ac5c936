//! What chains amount to, worked out without the ledger.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use tickchain::ledger::{Account, Block, Genesis, Hash, Ledger, Store, Transaction, TxId};

/// What a chain amounts to at one of its blocks.
#[derive(Debug, Clone)]
pub struct State {
    id: u64,
    timestamp: i64,
    pub balances: BTreeMap<Account, u64>,
    pub paid: BTreeSet<TxId>,
}

impl State {
    pub fn balance(&self, account: &Account) -> u64 {
        self.balances.get(account).copied().unwrap_or(0)
    }

    /// Pays a payment.
    pub fn pay(&mut self, payment: &Transaction) -> Result<(), String> {
        let Transaction {
            id,
            sender,
            recipient,
            value,
            signed: _,
        } = payment;
        let sender = sender.as_ref().ok_or_else(|| format!("{id} mints"))?;
        let balance = self.balance(sender);
        let left = balance.checked_sub(value.get());
        let left = left.ok_or_else(|| format!("{id}: {sender} has {balance}, pays {value}"))?;
        if !self.paid.insert(*id) {
            return Err(format!("{id} is paid twice"));
        }
        self.balances.insert(sender.clone(), left);
        *self.balances.entry(recipient.clone()).or_insert(0) += value.get();
        Ok(())
    }
}

/// All chains seen so far: each block is checked once, whoever has it.
#[derive(Debug)]
pub struct Truth {
    genesis: Genesis,
    supply: u64,
    states: HashMap<Hash, Rc<State>>,
}

impl Truth {
    pub fn new(genesis: &Genesis) -> Self {
        let block = genesis.block().expect("a genesis that can be");
        let mut balances = BTreeMap::new();
        for payment in block.transactions() {
            *balances.entry(payment.recipient.clone()).or_insert(0) += payment.value.get();
        }
        let state = State {
            id: 0,
            timestamp: block.header().timestamp,
            paid: block
                .transactions()
                .iter()
                .map(|payment| payment.id)
                .collect(),
            balances,
        };
        Self {
            genesis: genesis.clone(),
            supply: state.balances.values().sum(),
            states: HashMap::from([(block.hash(), Rc::new(state))]),
        }
    }

    /// What the chain that ends in `tip` amounts to, when all its blocks keep all rules.
    pub fn of<S: Store>(&mut self, ledger: &Ledger<S>, tip: &Hash) -> Result<Rc<State>, String> {
        let mut above = Vec::new();
        let mut hash = *tip;
        while !self.states.contains_key(&hash) {
            let block = ledger.block(&hash);
            let block = block.ok_or_else(|| format!("block {hash} is not in the tree"))?;
            hash = block.header().previous_block_hash;
            above.push(block);
        }
        let mut state = self.states[&hash].clone();
        while let Some(block) = above.pop() {
            let next = Rc::new(self.connect(&state, &block)?);
            self.states.insert(block.hash(), next.clone());
            state = next;
        }
        Ok(state)
    }

    fn connect(&self, parent: &State, block: &Block) -> Result<State, String> {
        let checked = block.to_unchecked().check(&self.genesis.difficulty.into());
        let checked = checked.map_err(|error| format!("block {}: {error}", block.hash()))?;
        if checked.hash() != block.hash() || block.id() != parent.id + 1 {
            return Err(format!("block {} is not what it says", block.hash()));
        }
        if block.header().timestamp < parent.timestamp {
            return Err(format!("block {} is before its parent", block.hash()));
        }
        let mut state = parent.clone();
        state.id += 1;
        state.timestamp = block.header().timestamp;
        for payment in block.transactions() {
            let paid = state.pay(payment);
            paid.map_err(|error| format!("block {}: {error}", block.hash()))?;
        }
        let sum: u64 = state.balances.values().sum();
        if sum != self.supply {
            return Err(format!(
                "block {}: {sum} coins of {}",
                block.hash(),
                self.supply
            ));
        }
        Ok(state)
    }

    /// Connects a node's main chain anew, in a ledger of its own.
    pub fn connect_again<S: Store>(&self, ledger: &Ledger<S>) -> Result<(), String> {
        let mut fresh = Ledger::new(&self.genesis).expect("a genesis that can be");
        for id in 1..=ledger.tip().id() {
            let block = ledger
                .block_at(id)
                .ok_or_else(|| format!("no block {id}"))?;
            let inserted = fresh.insert(block).outcome;
            inserted.map_err(|error| format!("block {id}: {error}"))?;
        }
        if fresh.tip().hash() != ledger.tip().hash() || fresh.accounts() != ledger.accounts() {
            return Err("connected anew the chain gives something else".to_owned());
        }
        Ok(())
    }
}
