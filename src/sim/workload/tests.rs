use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::ledger::{Draft, Ledger, Transaction};
use crate::sim::Purpose;

const WORKLOAD: Workload = Workload {
    payments_per_s: 20.0,
    accounts: 50,
    balance: 1_000_000,
    skew: 1.0,
    value: None,
};

fn stream(workload: &Workload, seed: u64) -> Payments {
    let random = Random::new(seed, Purpose::Workload, 0);
    workload.payments(10, random).unwrap()
}

#[test]
fn gaps_are_exponential_and_nodes_are_asked_alike() {
    let drawn: Vec<_> = stream(&WORKLOAD, 1).take(50_000).collect();
    let times: Vec<f64> = drawn.iter().map(|(at, ..)| at.as_secs()).collect();
    let rate = times.len() as f64 / times[times.len() - 1];
    assert!((rate / 20.0 - 1.0).abs() < 0.02, "{rate}");
    assert!(times.is_sorted());
    // Of exponential gaps e^−1 are longer than the mean, and e^−3 than thrice that.
    let gaps: Vec<f64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    for means in [1.0, 3.0] {
        let longer = gaps.iter().filter(|gap| **gap > means / 20.0).count() as f64;
        let share = longer / gaps.len() as f64;
        assert!(
            (share / libm::exp(-means) - 1.0).abs() < 0.05,
            "{means}: {share}"
        );
    }
    let mut asked = [0; 10];
    drawn.iter().for_each(|(_, node, _)| asked[*node] += 1);
    assert!(
        asked.iter().all(|count| (4_700..5_300).contains(count)),
        "{asked:?}"
    );
}

/// Pairs of different accounts, each drawn by 1 / rank^skew: recomputed here from its definition.
#[test]
fn accounts_are_drawn_by_zipf() {
    for skew in [0.0, 0.7, 1.5] {
        let workload = Workload {
            accounts: 5,
            skew,
            ..WORKLOAD
        };
        let draws = 100_000;
        let mut counts = BTreeMap::new();
        for (_, _, payment) in stream(&workload, 1).take(draws) {
            let pair = (payment.sender.to_string(), payment.recipient.to_string());
            *counts.entry(pair).or_insert(0) += 1;
        }
        let weight = |rank: i32| f64::from(rank).powf(-skew);
        let pairs = (1..=5).flat_map(|one| (1..=5).map(move |other| (one, other)));
        let pairs: Vec<(i32, i32)> = pairs.filter(|(one, other)| one != other).collect();
        let all: f64 = pairs
            .iter()
            .map(|(one, other)| weight(*one) * weight(*other))
            .sum();
        assert_eq!(counts.len(), pairs.len());
        for (one, other) in pairs {
            let expected = draws as f64 * weight(one) * weight(other) / all;
            let count = counts[&(format!("account{one}"), format!("account{other}"))];
            let off = (f64::from(count) - expected).abs() / expected.sqrt();
            assert!(
                off < 4.0,
                "{skew}: {one} to {other} {count}, expected {expected}"
            );
        }
    }
}

#[test]
fn payments_are_payable_where_nothing_else_is_said() {
    let ledger = Ledger::new(&WORKLOAD.genesis().unwrap()).unwrap();
    let mut draft = Draft::default();
    let pay = |(_, _, payment): (Time, usize, Payment)| {
        let transaction = Transaction {
            id: payment.id.unwrap(),
            sender: Some(payment.sender),
            recipient: payment.recipient,
            value: payment.value,
            signed: None,
        };
        draft.pay(ledger.store(), &transaction, 0).is_ok()
    };
    let paid = stream(&WORKLOAD, 1)
        .take(20_000)
        .map(pay)
        .filter(|paid| *paid)
        .count();
    assert_eq!(paid, 20_000);
}

#[test]
fn the_same_seed_makes_the_same_payments_on_every_machine() {
    let first = |seed| stream(&WORKLOAD, seed).nth(2).unwrap();
    assert_ne!(first(1), first(2));
    let (at, node, payment) = first(1);
    assert_eq!((at, node), (Time(67_418), 0));
    let pinned = r#"{"id":"f7601dab1ac3bf0b0000000000000002","sender":"account1","recipient":"account33","value":686}"#;
    assert_eq!(serde_json::to_string(&payment).unwrap(), pinned);
}

#[test]
fn what_is_out_of_bounds_is_refused_with_its_number() {
    let error = |workload: Workload| workload.check().unwrap_err();
    for rate in [0.0, -1.0, 1e7, f64::INFINITY] {
        let workload = Workload {
            payments_per_s: rate,
            ..WORKLOAD
        };
        assert_eq!(error(workload), WorkloadError::Rate { rate });
    }
    for accounts in [0, 1, MAX_GENESIS_ACCOUNTS + 1] {
        let workload = Workload {
            accounts,
            ..WORKLOAD
        };
        assert_eq!(error(workload), WorkloadError::Accounts { accounts });
    }
    for balance in [0, MAX_SAFE_INTEGER / 2, u64::MAX] {
        let accounts = 3;
        let workload = Workload {
            accounts,
            balance,
            ..WORKLOAD
        };
        assert_eq!(
            error(workload),
            WorkloadError::Balance { accounts, balance }
        );
    }
    for skew in [-0.1, 5.1] {
        assert_eq!(
            error(Workload { skew, ..WORKLOAD }),
            WorkloadError::Skew { skew }
        );
    }
    for value in [0, MAX_SAFE_INTEGER + 1] {
        let workload = Workload {
            value: Some(value),
            ..WORKLOAD
        };
        assert_eq!(error(workload), WorkloadError::Value { value });
    }
    let nan = Workload {
        skew: f64::NAN,
        ..WORKLOAD
    };
    assert!(matches!(error(nan), WorkloadError::Skew { .. }));
    let unknown = r#"{"payments_per_s": 1, "acounts": 2}"#;
    assert!(serde_json::from_str::<Workload>(unknown).is_err());
}

proptest! {
    #[test]
    fn payments_keep_their_bounds(
        accounts in 2usize..200,
        balance in 1u64..1_000_000_000,
        skew in 0.0..=MAX_SKEW,
        value in prop::option::of(1u64..=MAX_SAFE_INTEGER),
        seed: u64,
    ) {
        let workload = Workload { accounts, balance, skew, value, payments_per_s: 1e5 };
        let block = workload.genesis().unwrap().block().unwrap();
        let names: BTreeSet<_> = block.transactions().iter().map(|t| &t.recipient).collect();
        prop_assert_eq!(names.len(), accounts);
        let mut ids: BTreeSet<_> = block.transactions().iter().map(|t| t.id).collect();
        for (_, node, payment) in stream(&workload, seed).take(200) {
            prop_assert!(node < 10);
            prop_assert!(ids.insert(payment.id.unwrap()));
            prop_assert!(payment.sender != payment.recipient);
            prop_assert!(names.contains(&payment.sender) && names.contains(&payment.recipient));
            prop_assert!(payment.value.get() <= value.unwrap_or((balance / 1000).max(1)));
        }
    }
}
