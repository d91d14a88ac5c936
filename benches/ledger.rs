//! How fast blocks connect: `cargo bench --bench ledger`.
//!
//! First what Criterion says of short chains. Then, for each setting, the time of one block and its ratio
//! to the least such a block can cost on plain hash maps of the same size, measured in the same run:
//!
//! - **in two passes**: SHA-256 over the same bytes as often; a look-up for the block, one for its parent,
//!   one insertion; for each payment a look-up of its id and of two balances, and, once all payments are
//!   known to be payable, the insertion of the id and an update of both balances. Whatever applies a
//!   block whole or not at all has to do that much. The aim is a ratio of at most 1.5.
//! - **in place**: the same without the first pass over the payments, which could not refuse a block.
//!
//! Decoding is left out; checking, connecting, undo data and the changes for a store are in.

use std::collections::HashMap;
use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput};
use sha2::{Digest, Sha256};
use tickchain::ledger::{
    Account, Difficulty, Genesis, GenesisAccount, Hash, Ledger, Transaction, TxId, UncheckedBlock,
};

/// One setting: what the chain holds, and what connects to it.
#[derive(Clone, Copy)]
struct Setting {
    /// Blocks below, each with one payment.
    below: usize,
    accounts: usize,
    /// Payments in each block that connects.
    payments: usize,
}

const SETTINGS: [Setting; 5] = [
    Setting {
        below: 0,
        accounts: 100,
        payments: 1,
    },
    Setting {
        below: 100_000,
        accounts: 100,
        payments: 1,
    },
    Setting {
        below: 0,
        accounts: 100,
        payments: 1000,
    },
    Setting {
        below: 100_000,
        accounts: 100,
        payments: 1000,
    },
    Setting {
        below: 100_000,
        accounts: 100_000,
        payments: 1000,
    },
];

impl std::fmt::Display for Setting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            below,
            accounts,
            payments,
        } = self;
        write!(
            f,
            "{payments} payments, {below} blocks below, {accounts} accounts"
        )
    }
}

/// A ledger and blocks to follow its tip.
struct Bed {
    ledger: Ledger,
    names: Vec<Account>,
    blocks: Vec<UncheckedBlock>,
}

fn easy() -> Difficulty {
    Difficulty::new(0).unwrap()
}

/// A number that looks random and is the same in every run.
fn scatter(number: u64) -> u64 {
    let digest = Sha256::digest(number.to_be_bytes());
    u64::from_be_bytes(digest[..8].try_into().unwrap())
}

fn payment(number: u64, names: &[Account]) -> Transaction {
    let pick = |number: u64| names[scatter(number) as usize % names.len()].clone();
    Transaction {
        id: TxId(
            Sha256::digest(number.to_le_bytes())[..16]
                .try_into()
                .unwrap(),
        ),
        sender: Some(pick(2 * number)),
        recipient: pick(2 * number + 1),
        value: 1.try_into().unwrap(),
        signed: None,
    }
}

impl Bed {
    fn new(setting: Setting, count: usize) -> Self {
        let names: Vec<Account> = (0..setting.accounts)
            .map(|n| format!("account-{n}").parse().unwrap())
            .collect();
        let genesis = Genesis {
            difficulty: easy(),
            accounts: names
                .iter()
                .map(|name| GenesisAccount {
                    name: name.clone(),
                    balance: 1_000_000.try_into().unwrap(),
                    key: None,
                })
                .collect(),
            ..Genesis::default()
        };
        let mut bed = Self {
            ledger: Ledger::new(&genesis).unwrap(),
            names,
            blocks: Vec::new(),
        };
        let mut number = 0;
        for _ in 0..setting.below {
            let block = bed
                .next(1, &mut number, None)
                .check(&easy().into())
                .unwrap();
            bed.ledger.insert(block).outcome.unwrap();
        }
        for _ in 0..count {
            let last = bed.blocks.last().cloned();
            let next = bed.next(setting.payments, &mut number, last);
            bed.blocks.push(next);
        }
        bed
    }

    fn next(
        &self,
        payments: usize,
        number: &mut u64,
        last: Option<UncheckedBlock>,
    ) -> UncheckedBlock {
        let tip = last.unwrap_or_else(|| self.ledger.tip().to_unchecked());
        let first = *number;
        *number += payments as u64;
        UncheckedBlock {
            id: tip.id + 1,
            hash: None,
            timestamp: tip.timestamp + 1,
            transactions: (first..*number)
                .map(|number| payment(number, &self.names))
                .collect(),
            previous_block_hash: tip.header().hash(),
            nonce: 0,
        }
    }
}

fn connect(ledger: &mut Ledger, blocks: Vec<UncheckedBlock>) {
    for block in blocks {
        let insertion = ledger.insert(block.check(&easy().into()).unwrap());
        black_box(insertion).outcome.unwrap();
    }
}

/// What no ledger can do without.
#[derive(Clone)]
struct Least {
    blocks: HashMap<Hash, [u8; 128]>,
    ids: HashMap<TxId, u64>,
    balances: HashMap<Account, u64>,
}

/// A block whose bytes to hash are written out already.
struct Written {
    hash: Hash,
    parent: Hash,
    header: Vec<u8>,
    leaves: Vec<Vec<u8>>,
    transactions: Vec<Transaction>,
}

impl Least {
    fn new(bed: &Bed) -> Self {
        let chain = (0..=bed.ledger.tip().id()).map(|id| bed.ledger.block_at(id).unwrap());
        let mut least = Self {
            blocks: HashMap::new(),
            ids: HashMap::new(),
            balances: bed.ledger.accounts().into_iter().collect(),
        };
        for block in chain {
            least.blocks.insert(block.hash(), [0; 128]);
            least.ids.extend(
                block
                    .transactions()
                    .iter()
                    .map(|payment| (payment.id, block.id())),
            );
        }
        least
    }

    /// Connects a block that is known to be payable, or finds that out first.
    fn connect(&mut self, block: &Written, check: bool) {
        let mut level: Vec<[u8; 32]> = block
            .leaves
            .iter()
            .map(|leaf| Sha256::digest(leaf).into())
            .collect();
        let mut node = [1; 65];
        while level.len() > 1 {
            let pairs = level.chunks(2).map(|pair| match pair {
                [left, right] => {
                    node[1..33].copy_from_slice(left);
                    node[33..].copy_from_slice(right);
                    Sha256::digest(node).into()
                }
                _ => pair[0],
            });
            level = pairs.collect();
        }
        black_box(&level);
        black_box(Sha256::digest(Sha256::digest(&block.header)));
        black_box(self.blocks.contains_key(&block.hash));
        black_box(self.blocks.get(&block.parent));
        if check {
            for payment in &block.transactions {
                let sender = payment.sender.as_ref().unwrap();
                assert!(!self.ids.contains_key(&payment.id));
                assert!(self.balances[sender] >= payment.value.get());
                black_box(self.balances.get(&payment.recipient));
            }
        }
        self.blocks.insert(block.hash, [1; 128]);
        for payment in &block.transactions {
            assert!(self.ids.insert(payment.id, 1).is_none());
            let sender = payment.sender.as_ref().unwrap();
            *self.balances.get_mut(sender).unwrap() -= payment.value.get();
            *self.balances.get_mut(&payment.recipient).unwrap() += payment.value.get();
        }
    }
}

fn written(blocks: &[UncheckedBlock]) -> Vec<Written> {
    let write = |block: &UncheckedBlock| Written {
        hash: block.header().hash(),
        parent: block.previous_block_hash,
        header: block.header().to_bytes().to_vec(),
        leaves: block
            .transactions
            .iter()
            .map(|payment| {
                let mut bytes = vec![0];
                payment.write_canonical(&mut bytes);
                bytes
            })
            .collect(),
        transactions: block.transactions.to_vec(),
    };
    blocks.iter().map(write).collect()
}

/// The time of a block in the ledger, in two passes and in place, by turns, each in its least disturbed
/// round. The chain goes on growing from round to round; a round in which a hash map doubles is not the
/// least.
fn compare(setting: Setting) -> [Duration; 3] {
    const ROUNDS: usize = 41;
    let count = if setting.payments == 1 { 500 } else { 5 };
    let mut bed = Bed::new(setting, ROUNDS * count);
    let mut in_two_passes = Least::new(&bed);
    let mut in_place = in_two_passes.clone();
    let mut times = [Duration::MAX; 3];
    for blocks in bed.blocks.chunks(count) {
        let written = written(blocks);
        let mut blocks = Some(blocks.to_vec());
        let mut time = |slot: usize, work: &mut dyn FnMut()| {
            let began = Instant::now();
            work();
            times[slot] = times[slot].min(began.elapsed());
        };
        time(0, &mut || connect(&mut bed.ledger, blocks.take().unwrap()));
        time(1, &mut || {
            written
                .iter()
                .for_each(|block| in_two_passes.connect(block, true))
        });
        time(2, &mut || {
            written
                .iter()
                .for_each(|block| in_place.connect(block, false))
        });
    }
    times.map(|time| time / count as u32)
}

fn connecting(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("connect");
    for setting in SETTINGS.into_iter().filter(|setting| setting.below == 0) {
        let count = if setting.payments == 1 { 1000 } else { 10 };
        let bed = Bed::new(setting, count);
        group.throughput(Throughput::Elements(count as u64));
        group.sample_size(20);
        group.bench_function(BenchmarkId::from_parameter(setting), |bencher| {
            bencher.iter_batched(
                || (bed.ledger.clone(), bed.blocks.clone()),
                |(mut ledger, blocks)| {
                    connect(&mut ledger, blocks);
                    ledger
                },
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    connecting(&mut criterion);
    criterion.final_summary();
    println!(
        "\na block's time and its ratio to the least, in two passes (aim: at most 1.5) and in place"
    );
    for setting in SETTINGS {
        let [ledger, in_two_passes, in_place] = compare(setting);
        let ratio = |least: Duration| ledger.as_secs_f64() / least.as_secs_f64();
        println!(
            "{setting}: {ledger:.2?} ({:.0} blocks a second), {:.2} of {in_two_passes:.2?}, {:.2} of {in_place:.2?}",
            1.0 / ledger.as_secs_f64(),
            ratio(in_two_passes),
            ratio(in_place),
        );
    }
}
