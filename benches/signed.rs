//! What signatures cost: `cargo bench --bench signed`.
//!
//! The time to check the largest blocks there are of signed payments, as they come from a peer: when their
//! payments were never seen, when all are known, and the same without signatures.

use std::hint::black_box;
use std::time::{Duration, Instant};

use tickchain::ledger::{
    Account, Checker, Difficulty, Genesis, GenesisAccount, MAX_BLOCK_BYTES, MAX_BLOCK_TRANSACTIONS,
    PrivateKey, Transaction, UncheckedBlock,
};

/// How often each is timed; the least time counts.
const ROUNDS: usize = 9;

fn key() -> PrivateKey {
    PrivateKey::from_bytes([1; 32])
}

fn genesis() -> Genesis {
    let aki = GenesisAccount {
        name: "aki".parse().unwrap(),
        balance: 1_000_000.try_into().unwrap(),
        key: Some(key().public()),
    };
    Genesis {
        difficulty: Difficulty::new(0).unwrap(),
        signatures: true,
        accounts: vec![aki],
        ..Genesis::default()
    }
}

/// As many payments as fit a block.
fn block(recipient: &Account, is_signed: bool) -> UncheckedBlock {
    let genesis = genesis();
    let network = genesis.network_id().unwrap();
    let pay = |sequence: u64| {
        let value = 1.try_into().unwrap();
        let payment = key().pay(
            &network,
            "aki".parse().unwrap(),
            recipient.clone(),
            value,
            sequence,
        );
        match is_signed {
            true => payment,
            false => Transaction {
                signed: None,
                ..payment
            },
        }
    };
    let mut bytes = 0;
    let fitting = (0..MAX_BLOCK_TRANSACTIONS as u64)
        .map(pay)
        .take_while(|payment| {
            bytes += payment.canonical_len();
            bytes <= MAX_BLOCK_BYTES
        });
    UncheckedBlock {
        id: 1,
        hash: None,
        timestamp: genesis.timestamp,
        transactions: fitting.collect(),
        previous_block_hash: genesis.block().unwrap().hash(),
        nonce: 0,
    }
}

fn least(mut work: impl FnMut() -> Duration) -> Duration {
    (0..ROUNDS).map(|_| work()).min().expect("there are rounds")
}

fn time(block: &UncheckedBlock, checker: &mut Checker) -> Duration {
    let block = block.clone();
    let began = Instant::now();
    black_box(block.check_with(checker)).unwrap();
    began.elapsed()
}

fn main() {
    let to_genesis: Account = "aki".parse().unwrap();
    let to_key = PrivateKey::from_bytes([2; 32]).public().account();
    for (what, recipient) in [("accounts of genesis", to_genesis), ("public keys", to_key)] {
        let signed = block(&recipient, true);
        let unsigned = UncheckedBlock {
            transactions: block(&recipient, false).transactions[..signed.transactions.len()].into(),
            ..signed.clone()
        };
        let rules = genesis().rules().unwrap();
        let unknown = least(|| time(&signed, &mut Checker::new(rules.clone())));
        let mut checker = Checker::new(rules);
        time(&signed, &mut checker);
        let known = least(|| time(&signed, &mut checker));
        let mut plain = Checker::new(Difficulty::new(0).unwrap().into());
        let plain = least(|| time(&unsigned, &mut plain));
        let count = signed.transactions.len();
        println!(
            "{count} payments to {what}: unknown {unknown:.2?} ({:.2?} each), known {known:.2?}, unsigned {plain:.2?}",
            unknown / count as u32,
        );
    }
}
