//! Signed payments on the ledger: balances, undoing, replays, and everything that can be changed in one.

use proptest::prelude::*;
use tickchain::ledger::{
    Account, Block, BlockError, Checker, ConnectError, Difficulty, Genesis, GenesisAccount,
    Inserted, Ledger, MemoryStore, PaymentError, PrivateKey, Transaction, UncheckedBlock,
};

const SUPPLY: u64 = 20;

/// The first two have accounts in the genesis block, the others are named after their keys.
const KEYS: u8 = 4;

fn key(number: u8) -> PrivateKey {
    PrivateKey::from_bytes([number + 1; 32])
}

fn account(number: u8) -> Account {
    match number {
        0 => "aki".parse().unwrap(),
        1 => "so".parse().unwrap(),
        _ => key(number).public().account(),
    }
}

fn genesis() -> Genesis {
    let funded = |number: u8| GenesisAccount {
        name: account(number),
        balance: (SUPPLY / 2).try_into().unwrap(),
        key: Some(key(number).public()),
    };
    Genesis {
        difficulty: Difficulty::new(0).unwrap(),
        signatures: true,
        accounts: (0..2).map(funded).collect(),
        ..Genesis::default()
    }
}

fn ledger() -> Ledger {
    Ledger::new(&genesis()).unwrap()
}

fn pay(from: u8, to: u8, value: u64, sequence: u64) -> Transaction {
    let network = genesis().network_id().unwrap();
    let value = value.try_into().unwrap();
    key(from).pay(&network, account(from), account(to), value, sequence)
}

/// A block on `parent`; `nonce` tells it from its twins.
fn child(parent: &Block, nonce: u64, payments: Vec<Transaction>) -> UncheckedBlock {
    UncheckedBlock {
        id: parent.id() + 1,
        hash: None,
        timestamp: parent.header().timestamp,
        transactions: payments.into(),
        previous_block_hash: parent.hash(),
        nonce,
    }
}

fn checked(parent: &Block, nonce: u64, payments: Vec<Transaction>) -> Block {
    let rules = genesis().rules().unwrap();
    child(parent, nonce, payments).check(&rules).unwrap()
}

fn insert(ledger: &mut Ledger, block: &Block) -> Result<Inserted, ConnectError> {
    ledger.insert(block.clone()).outcome
}

fn is_twice(outcome: Result<Inserted, ConnectError>, payment: &Transaction) -> bool {
    let twice = PaymentError::Twice { id: payment.id };
    matches!(outcome, Err(ConnectError::Payment { error, .. }) if error == twice)
}

#[test]
fn a_payment_is_paid_once_on_a_branch_and_once_after_a_reorganisation() {
    let mut ledger = ledger();
    let start = ledger.genesis().clone();
    let payment = pay(0, 2, 3, 1);
    let first = checked(&start, 1, vec![payment.clone()]);
    insert(&mut ledger, &first).unwrap();
    // The very payment again, and another one of the sender's with its sequence.
    for again in [payment.clone(), pay(0, 1, 5, 1)] {
        let replay = checked(&first, 2, vec![again.clone()]);
        assert!(is_twice(insert(&mut ledger, &replay), &again));
    }
    // The other branch pays it as well; then it is paid there, and once.
    let side = checked(&start, 3, vec![]);
    let higher = checked(&side, 4, vec![payment.clone()]);
    insert(&mut ledger, &side).unwrap();
    assert!(matches!(
        insert(&mut ledger, &higher),
        Ok(Inserted::Reorganised { .. })
    ));
    assert_eq!(ledger.block_of(&payment.id), Some(2));
    let replay = checked(&higher, 5, vec![payment.clone()]);
    assert!(is_twice(insert(&mut ledger, &replay), &payment));
    // So it is for a ledger that goes on from what was stored.
    let mut again = Ledger::open(&genesis(), ledger.store().clone()).unwrap();
    assert!(is_twice(insert(&mut again, &replay), &payment));
    assert_eq!(ledger.balance(&account(2)), Some(3));
}

#[test]
fn another_network_takes_neither_a_payment_nor_a_block_that_was_checked_here() {
    let payment = pay(0, 1, 1, 1);
    let mut harder = genesis();
    harder.difficulty = Difficulty::new(1).unwrap();
    let mut rekeyed = genesis();
    rekeyed.accounts[1].key = Some(key(3).public());
    let mut plain = genesis();
    plain.signatures = false;
    plain
        .accounts
        .iter_mut()
        .for_each(|account| account.key = None);
    for other in [&harder, &rekeyed, &plain] {
        let rules = other.rules().unwrap();
        let error = rules.check_payment(&payment).unwrap_err();
        assert!(matches!(error, PaymentError::Signature(_)), "{error}");
    }
    // A program that checks by the wrong rules is found out when it inserts.
    let unsigned = Transaction {
        signed: None,
        ..payment.clone()
    };
    let mut here = ledger();
    let wrong = child(here.genesis(), 0, vec![unsigned])
        .check(&plain.rules().unwrap())
        .unwrap();
    let refused = insert(&mut here, &wrong);
    assert_eq!(refused, Err(ConnectError::OtherRules { id: payment.id }));
    let mut there = Ledger::new(&plain).unwrap();
    let wrong = checked(there.genesis(), 0, vec![payment.clone()]);
    let refused = insert(&mut there, &wrong);
    assert_eq!(refused, Err(ConnectError::OtherRules { id: payment.id }));
    // A store of one is none of the other's.
    assert!(Ledger::open(&plain, here.store().clone()).is_err());
}

#[test]
fn work_is_asked_for_before_signatures() {
    let mut hard = genesis();
    hard.difficulty = Difficulty::new(64).unwrap();
    let mut forged = pay(0, 1, 1, 1);
    forged.value = 2.try_into().unwrap();
    let block = child(&hard.block().unwrap(), 0, vec![forged.clone()]);
    let refused = block.check(&hard.rules().unwrap());
    assert!(
        matches!(refused, Err(BlockError::ProofOfWork { .. })),
        "{refused:?}"
    );
    let block = child(ledger().genesis(), 0, vec![pay(0, 1, 1, 2), forged]);
    for refused in [
        block.clone().check(&genesis().rules().unwrap()),
        block.check_with(&mut Checker::new(genesis().rules().unwrap())),
    ] {
        assert!(
            matches!(refused, Err(BlockError::Payment { index: 1, .. })),
            "{refused:?}"
        );
    }
}

/// All that can be changed in a payment, one bit a time: id, value, sequence and signature, and the last
/// bits of the names' first letters.
fn changed(payment: &Transaction, bit: usize) -> Option<Transaction> {
    let mut changed = payment.clone();
    let mut signed = *payment.signed.clone().unwrap();
    let flip = |bytes: &mut [u8], bit: usize| bytes[bit / 8] ^= 1 << (bit % 8);
    match bit {
        0..128 => flip(&mut changed.id.0, bit),
        128..192 => {
            changed.value = (payment.value.get() ^ 1 << (bit - 128)).try_into().ok()?;
        }
        192..256 => signed.sequence ^= 1 << (bit - 192),
        256..768 => flip(&mut signed.signature.0, bit - 256),
        _ => {
            let name = |account: &Account| {
                let mut name = account.as_str().as_bytes().to_vec();
                flip(&mut name, (bit - 768) / 2);
                String::from_utf8(name).ok()?.parse().ok()
            };
            match bit % 2 {
                0 => changed.sender = Some(name(payment.sender.as_ref()?)?),
                _ => changed.recipient = name(&payment.recipient)?,
            }
        }
    }
    changed.signed = Some(signed.into());
    Some(changed)
}

#[test]
fn no_bit_of_a_signed_payment_can_be_changed() {
    let rules = genesis().rules().unwrap();
    let mut checker = Checker::new(rules.clone());
    let mut tried = 0;
    for payment in [pay(0, 1, 3, 5), pay(2, 3, 1, 0)] {
        checker.check_payment(&payment).unwrap();
        for bit in 0..768 + 2 * 16 {
            let Some(changed) = changed(&payment, bit) else {
                continue;
            };
            tried += 1;
            assert!(rules.check_payment(&changed).is_err(), "bit {bit}");
            assert!(checker.check_payment(&changed).is_err(), "bit {bit}");
        }
        let unsigned = Transaction {
            signed: None,
            ..payment.clone()
        };
        assert!(checker.check_payment(&unsigned).is_err());
        let stranger = key(3).pay(
            &genesis().network_id().unwrap(),
            payment.sender.clone().unwrap(),
            payment.recipient.clone(),
            payment.value,
            5,
        );
        assert!(rules.check_payment(&stranger).is_err());
    }
    assert!(tried > 1_400, "{tried}");
}

fn plan() -> impl Strategy<Value = (usize, Vec<(u8, u8, u64, u64)>)> {
    let payment = (0..KEYS, 0..KEYS, 1..8u64, 0..12u64);
    (0..3usize, prop::collection::vec(payment, 0..4))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    /// Random trees: coins are neither made nor lost, and what was applied and undone left no trace: the
    /// ledger is what one is that saw the main chain alone.
    #[test]
    fn undoing_signed_payments_leaves_nothing(plans in prop::collection::vec(plan(), 1..24)) {
        let mut ledger = ledger();
        let mut blocks = vec![ledger.genesis().clone()];
        for (nonce, (back, payments)) in (0..).zip(plans) {
            let parent = blocks[blocks.len().saturating_sub(1 + back)].clone();
            let payments = payments.iter().map(|&(from, to, value, sequence)| pay(from, to, value, sequence));
            let block = checked(&parent, nonce, payments.collect());
            if insert(&mut ledger, &block).is_ok() {
                blocks.push(block);
            }
            let balances = ledger.accounts();
            prop_assert_eq!(balances.iter().map(|(_, balance)| balance).sum::<u64>(), SUPPLY);
        }
        let mut replayed = Ledger::open(&genesis(), MemoryStore::default()).unwrap();
        for id in 1..=ledger.tip().id() {
            insert(&mut replayed, &ledger.block_at(id).unwrap()).unwrap();
        }
        prop_assert_eq!(replayed.accounts(), ledger.accounts());
        for from in 0..KEYS {
            for sequence in 0..12 {
                let id = pay(from, 0, 1, sequence).id;
                prop_assert_eq!(replayed.block_of(&id), ledger.block_of(&id));
            }
        }
    }
}
