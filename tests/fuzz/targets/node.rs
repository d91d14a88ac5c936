//! An honest node given anything at all: peers that come, go and lie, a controller that asks at random,
//! nonces that fit and that do not, resets, its own states again, and crashes. After each input all that it
//! promises is looked at.

use arbitrary::{Result, Unstructured};
use tickchain::ledger::search::{Outcome, search_from};
use tickchain::ledger::{MAX_SAFE_INTEGER, Transaction, TxId, UncheckedBlock};
use tickchain::node::{Body, Input, MAX_LOCATOR, Message, Name, Payment};

mod watched;

use super::drawn;
use watched::{Watched, name};

/// The most inputs of one run.
const MOST_INPUTS: usize = 128;

/// The most messages of all floods of one run together: more than may wait for money.
const MOST_FLOOD: u64 = 1_500;

pub fn run(bytes: &[u8]) {
    let mut bytes = Unstructured::new(bytes);
    let Ok(mut play) = Play::new(&mut bytes) else {
        return;
    };
    for _ in 0..MOST_INPUTS {
        if bytes.is_empty() || play.step(&mut bytes).is_err() {
            break;
        }
    }
    play.node.check_places();
}

/// A node, and what a liar can use to make up more.
struct Play {
    node: Watched,
    /// Blocks with proof of work, on the chain or not.
    blocks: Vec<UncheckedBlock>,
    flooded: u64,
}

impl Play {
    fn new(bytes: &mut Unstructured<'_>) -> Result<Self> {
        let node = Watched::new(bytes.arbitrary()?, bytes.arbitrary()?);
        let genesis = node.ledger().genesis().to_unchecked();
        Ok(Self {
            node,
            blocks: vec![genesis],
            flooded: 0,
        })
    }

    fn step(&mut self, bytes: &mut Unstructured<'_>) -> Result<()> {
        let input = match bytes.int_in_range(0..=15)? {
            0..=3 => self.clock(bytes)?,
            4..=6 => self.message(bytes)?,
            7 => Input::Mine,
            8 => self.pay(bytes)?,
            9 => Input::PeerUp {
                peer: peer(bytes)?,
                latency: seldom_huge(bytes, 2)?,
            },
            10 => Input::PeerDown { peer: peer(bytes)? },
            11 => self.nonce(bytes)?,
            12 => Input::AddBlock(self.block(bytes)?),
            13 => return self.flood(bytes),
            14 => match bytes.int_in_range(0..=3)? {
                0 => Input::Reset {
                    salt: bytes.arbitrary()?,
                },
                _ => Input::Start {
                    salt: bytes.arbitrary()?,
                },
            },
            _ => {
                match bytes.int_in_range(0..=2)? {
                    0 => self.node.keep_state(),
                    1 => self.node.restore(),
                    _ => self.node.crash(),
                }
                return Ok(());
            }
        };
        self.node.give(input);
        Ok(())
    }

    fn clock(&self, bytes: &mut Unstructured<'_>) -> Result<Input<Message>> {
        let by = seldom_huge(bytes, 3)?;
        Ok(Input::Clock {
            to: self.node.clock().wrapping_add(by),
            wall: match bytes.ratio(7, 8)? {
                true => 1_700_000_000,
                false => bytes.arbitrary()?,
            },
        })
    }

    fn nonce(&self, bytes: &mut Unstructured<'_>) -> Result<Input<Message>> {
        let Some(search) = self.node.search() else {
            return Ok(Input::NonceFound {
                search: bytes.arbitrary()?,
                nonce: bytes.arbitrary()?,
            });
        };
        let right = search_from(&search.header, search.difficulty, search.start, || false);
        Ok(match (bytes.ratio(3, 4)?, right) {
            (true, Outcome::Found(nonce)) => Input::NonceFound {
                search: search.id,
                nonce,
            },
            _ => Input::NonceFound {
                search: search.id.wrapping_sub(bytes.int_in_range(0..=1)?),
                nonce: bytes.arbitrary()?,
            },
        })
    }

    fn message(&mut self, bytes: &mut Unstructured<'_>) -> Result<Input<Message>> {
        let from = peer(bytes)?;
        let body = match bytes.int_in_range(0..=5)? {
            0 => drawn::body(bytes)?,
            1 => Body::NewTx(self.payment(bytes)?),
            2 => Body::ReqChain(self.locator(bytes)?),
            3 => {
                let blocks = bytes.int_in_range(0..=4)?;
                Body::Chain {
                    answers: match self.node.question(&from) {
                        Some(asked) if bytes.ratio(7, 8)? => asked,
                        _ => bytes.arbitrary()?,
                    },
                    blocks: (0..blocks)
                        .map(|_| self.block(bytes))
                        .collect::<Result<_>>()?,
                }
            }
            _ => Body::NewBlock(Box::new(self.block(bytes)?)),
        };
        let message = Message {
            stamp: seldom_huge(bytes, 4)?,
            sequence: seldom_huge(bytes, 255)?,
            body,
        };
        Ok(Input::Message { from, message })
    }

    fn pay(&self, bytes: &mut Unstructured<'_>) -> Result<Input<Message>> {
        let payment = self.payment(bytes)?;
        Ok(Input::Pay(Payment {
            id: bytes.arbitrary::<bool>()?.then_some(payment.id),
            sender: match payment.sender {
                Some(sender) => sender,
                None => drawn::account(bytes)?,
            },
            recipient: payment.recipient,
            value: payment.value,
            sequence: payment.signed.as_ref().map(|signed| signed.sequence),
            signature: payment.signed.as_ref().map(|signed| signed.signature),
        }))
    }

    /// A payment, mostly signed as it has to be where that is asked for.
    fn payment(&self, bytes: &mut Unstructured<'_>) -> Result<Transaction> {
        let drawn = drawn::transaction(bytes)?;
        if !self.node.asks_for_signatures() || bytes.ratio(1, 8)? {
            return Ok(drawn);
        }
        let (sender, key) = self.node.owner(bytes.arbitrary()?);
        let (recipient, _) = self.node.owner(bytes.arbitrary()?);
        let network = self.node.ledger().network_id();
        let sequence = bytes.int_in_range(0..=15)?;
        Ok(key.pay(&network, sender, recipient, drawn.value, sequence))
    }

    fn payments(&self, bytes: &mut Unstructured<'_>) -> Result<Vec<Transaction>> {
        let count = bytes.int_in_range(0..=5)?;
        (0..count).map(|_| self.payment(bytes)).collect()
    }

    fn locator(&self, bytes: &mut Unstructured<'_>) -> Result<Vec<tickchain::ledger::Hash>> {
        let hashes = bytes.int_in_range(0..=MAX_LOCATOR + 1)?;
        let hash = |bytes: &mut Unstructured<'_>| match bytes.ratio(3, 4)? {
            true => Ok(bytes.choose(&self.blocks)?.header().hash()),
            false => drawn::hash(bytes),
        };
        (0..hashes).map(|_| hash(bytes)).collect()
    }

    /// A block: one of before, one on it or on the tip with proof of work, or that with something wrong.
    fn block(&mut self, bytes: &mut Unstructured<'_>) -> Result<UncheckedBlock> {
        let parent = match bytes.int_in_range(0..=3)? {
            0 => return Ok(bytes.choose(&self.blocks)?.clone()),
            1 => bytes.choose(&self.blocks)?.clone(),
            _ => self.node.ledger().tip().to_unchecked(),
        };
        let mut block = UncheckedBlock {
            id: parent.id.wrapping_add(1),
            hash: None,
            timestamp: parent.timestamp,
            transactions: self.payments(bytes)?.into(),
            previous_block_hash: parent.header().hash(),
            nonce: 0,
        };
        let difficulty = self.node.ledger().difficulty();
        if let Outcome::Found(nonce) = search_from(&block.header(), difficulty, 0, || false) {
            block.nonce = nonce;
        }
        if bytes.arbitrary()? {
            block.hash = Some(block.header().hash());
        }
        match bytes.int_in_range(0..=15)? {
            0 => block.id = bytes.arbitrary()?,
            1 => block.nonce = bytes.arbitrary()?,
            2 => block.timestamp = bytes.arbitrary()?,
            3 => block.hash = Some(drawn::hash(bytes)?),
            4 => block.transactions = self.payments(bytes)?.into(),
            _ => {}
        }
        self.blocks.push(block.clone());
        Ok(block)
    }

    /// Many payments that nobody can pay.
    fn flood(&mut self, bytes: &mut Unstructured<'_>) -> Result<()> {
        let from = peer(bytes)?;
        let count = bytes.int_in_range(0..=1500)?.min(MOST_FLOOD - self.flooded);
        let mut payment = drawn::transaction(bytes)?;
        for number in self.flooded..self.flooded + count {
            payment.id = TxId::from(1000 + u128::from(number));
            let message = Message {
                stamp: 0,
                sequence: 1000 + number,
                body: Body::NewTx(payment.clone()),
            };
            self.node.flood(from.clone(), message);
        }
        self.flooded += count;
        self.node.check();
        Ok(())
    }
}

/// A number up to `most`, or now and then any.
fn seldom_huge(bytes: &mut Unstructured<'_>, most: u64) -> Result<u64> {
    match bytes.int_in_range(0..=31)? {
        0 => bytes.arbitrary(),
        1 => bytes.int_in_range(0..=MAX_SAFE_INTEGER),
        _ => bytes.int_in_range(0..=most),
    }
}

/// One of a few peers; the last is the node itself.
fn peer(bytes: &mut Unstructured<'_>) -> Result<Name> {
    Ok(name(bytes.int_in_range(0..=4)?))
}
