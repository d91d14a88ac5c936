//! What a node says that lies.

use tickchain::ledger::search::{Outcome, search_from};
use tickchain::ledger::{Block, Hash, MAX_TIMESTAMP, Store, Transaction, TxId, UncheckedBlock};
use tickchain::node::{Body, Effect, HonestNode, MAX_LOCATOR, Message, Name, Node};
use tickchain::sim::{Purpose, Random};

use super::scenario::{ACCOUNTS, account};

/// The most lies of one node.
const MAX_LIES: usize = 40;

/// How many messages of others it remembers, to say them again.
const REMEMBERED: usize = 20;

#[derive(Debug)]
pub struct Liar {
    random: Random,
    lies: usize,
    /// How likely it lies whenever something happens.
    chance: f64,
    /// Sequence numbers that the node it hides behind does not use.
    sequence: u64,
    heard: Vec<Message>,
}

impl Liar {
    pub fn new(seed: u64, node: usize) -> Self {
        let mut random = Random::new(seed, Purpose::Behaviour, 1_000 + node as u64);
        Self {
            lies: 0,
            chance: random.uniform(0.05, 0.5),
            sequence: 1 << 40,
            heard: Vec::new(),
            random,
        }
    }

    /// Adds lies to what the node does.
    pub fn lie<S: Store>(
        &mut self,
        node: &HonestNode<S>,
        heard: Option<Message>,
        effects: &mut Vec<Effect<Message>>,
    ) {
        self.hide_chains(node, effects);
        if let Some(message) = heard {
            self.heard.push(message);
            if self.heard.len() > REMEMBERED {
                self.heard.remove(0);
            }
        }
        let peers: Vec<Name> = node.peers().cloned().collect();
        if peers.is_empty() || self.lies >= MAX_LIES || !self.random.chance(self.chance) {
            return;
        }
        self.lies += 1;
        let mut to = peers[self.random.index(peers.len())].clone();
        for body in self.lies(node) {
            // One story for all, or one for each.
            if self.random.chance(0.3) {
                to = peers[self.random.index(peers.len())].clone();
            }
            let message = self.message(node, body);
            effects.push(Effect::Send {
                to: to.clone(),
                message,
            });
        }
    }

    fn message<S: Store>(&mut self, node: &HonestNode<S>, body: Body) -> Message {
        self.sequence += 1;
        let far = self.random.below(1 << 50);
        let stamps = [node.clock(), node.clock(), 0, far];
        Message {
            stamp: stamps[self.random.index(stamps.len())],
            sequence: self.sequence,
            body,
        }
    }

    /// Answers questions with garbage, half of the time.
    fn hide_chains<S: Store>(&mut self, node: &HonestNode<S>, effects: &mut [Effect<Message>]) {
        for effect in effects {
            if let Effect::Send { message, .. } = effect
                && let Body::Chain { blocks, .. } = &mut message.body
                && self.random.chance(0.5)
            {
                *blocks = self.garbage(node);
            }
        }
    }

    fn lies<S: Store>(&mut self, node: &HonestNode<S>) -> Vec<Body> {
        let tip = node.ledger().tip().clone();
        match self.random.below(12) {
            // A block with another nonce, so most often without proof of work; and one whose hash is not its own.
            0 => {
                let nonce = self.random.below(1 << 50);
                vec![Body::NewBlock(Box::new(UncheckedBlock {
                    nonce,
                    hash: None,
                    ..tip.to_unchecked()
                }))]
            }
            1 => {
                let hash = Some(Hash([7; 32]));
                vec![Body::NewBlock(Box::new(UncheckedBlock {
                    hash,
                    ..tip.to_unchecked()
                }))]
            }
            // Blocks with payments nobody can pay, or that mint, or pay twice.
            2 => {
                let payments = vec![self.payment(1_000_000), self.payment(1)];
                let minted = Transaction {
                    sender: None,
                    ..payments[1].clone()
                };
                let again = tip.transactions().to_vec();
                let all = [payments, vec![minted], again];
                all.into_iter()
                    .map(|payments| Body::NewBlock(Box::new(block_on(node, &tip, payments, 0))))
                    .collect()
            }
            // A block that nothing leads up to.
            3 => {
                let previous_block_hash = Hash([self.random.below(256) as u8; 32]);
                let block = UncheckedBlock {
                    previous_block_hash,
                    id: tip.id() + 1 + self.random.below(50),
                    ..block_on(node, &tip, Vec::new(), 0)
                };
                vec![Body::NewBlock(Box::new(sealed(node, block)))]
            }
            4 => {
                let answers = self.random.below(20);
                vec![Body::Chain {
                    answers,
                    blocks: self.garbage(node),
                }]
            }
            5 => self
                .garbage(node)
                .into_iter()
                .map(|block| Body::NewBlock(Box::new(block)))
                .collect(),
            // What others said, some of it long ago.
            6 | 7 => {
                let heard = self.heard.iter().map(|message| message.body.clone());
                heard.filter(|_| self.random.chance(0.3)).collect()
            }
            8 => {
                let minted = Transaction {
                    sender: None,
                    ..self.payment(5)
                };
                vec![Body::NewTx(minted), Body::NewTx(self.payment(1_000_000))]
            }
            // Other people's money, and other people's ids.
            9 => {
                let stolen = TxId::from(1_000 + u128::from(self.random.below(60)));
                let stolen = Transaction {
                    id: stolen,
                    ..self.payment(3)
                };
                vec![Body::NewTx(self.payment(2)), Body::NewTx(stolen)]
            }
            10 if self.random.chance(0.2) => {
                vec![Body::ReqChain(vec![Hash::ZERO; MAX_LOCATOR + 1])]
            }
            // A block that would be good but for its time, and one from the end of all time.
            _ => {
                let good = block_on(node, &tip, Vec::new(), self.random.below(1 << 40));
                let early = UncheckedBlock {
                    timestamp: good.timestamp - 1,
                    ..good.clone()
                };
                let mut lies = vec![Body::NewBlock(Box::new(sealed(node, early)))];
                if self.random.chance(0.2) {
                    let late = UncheckedBlock {
                        timestamp: MAX_TIMESTAMP,
                        ..good
                    };
                    lies.push(Body::NewBlock(Box::new(sealed(node, late))));
                }
                lies
            }
        }
    }

    /// A branch with proof of work that goes back some blocks and ends in a payment that cannot be paid,
    /// with empty blocks on top.
    fn garbage<S: Store>(&mut self, node: &HonestNode<S>) -> Vec<UncheckedBlock> {
        let ledger = node.ledger();
        let back = self.random.below(4).min(ledger.tip().id());
        let mut parent = ledger
            .block_at(ledger.tip().id() - back)
            .expect("it is on the chain");
        let mut blocks = Vec::new();
        for number in 0..back + 3 {
            let bad = number == back;
            let payments = bad.then(|| self.payment(1_000_000)).into_iter().collect();
            let block = block_on(node, &parent, payments, self.random.below(1 << 40));
            parent = match block.clone().check(ledger.rules()) {
                Ok(block) => block,
                Err(_) => return blocks,
            };
            blocks.push(block);
        }
        blocks
    }

    fn payment(&mut self, value: u64) -> Transaction {
        let mut any = || account(ACCOUNTS[self.random.index(ACCOUNTS.len())]);
        let (sender, recipient) = (Some(any()), any());
        Transaction {
            id: TxId::from(1_000_000 + u128::from(self.random.below(1 << 40))),
            sender,
            recipient,
            value: value.try_into().unwrap(),
            signed: None,
        }
    }
}

/// A block with proof of work.
fn block_on<S: Store>(
    node: &HonestNode<S>,
    parent: &Block,
    transactions: Vec<Transaction>,
    nonce: u64,
) -> UncheckedBlock {
    let block = UncheckedBlock {
        id: parent.id() + 1,
        hash: None,
        timestamp: parent.header().timestamp,
        transactions: transactions.into(),
        previous_block_hash: parent.hash(),
        nonce,
    };
    sealed(node, block)
}

fn sealed<S: Store>(node: &HonestNode<S>, block: UncheckedBlock) -> UncheckedBlock {
    let difficulty = node.ledger().difficulty();
    match search_from(&block.header(), difficulty, block.nonce, || false) {
        Outcome::Found(nonce) => UncheckedBlock {
            nonce,
            hash: None,
            ..block
        },
        _ => block,
    }
}
