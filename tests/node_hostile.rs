//! What a peer says is data: whatever it is, the node goes on and what it keeps is bounded.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use tickchain::ledger::search::{Outcome, search_from};
use tickchain::ledger::{
    Account, Difficulty, Genesis, Hash, MAX_SAFE_INTEGER, Transaction, TxId, UncheckedBlock,
};
use tickchain::node::{
    Body, Config, Effect, Event, HonestNode, Input, MAX_INBOX, MAX_LOCATOR, MAX_WAITING, Message,
    Name, Node, Offence, Payment, Place,
};

fn peer() -> Name {
    "liar".parse().unwrap()
}

fn node() -> HonestNode {
    let genesis = Genesis {
        difficulty: Difficulty::new(4).unwrap(),
        ..Genesis::default()
    };
    let config = Config {
        genesis,
        ..Config::new("node1".parse().unwrap())
    };
    let mut node = HonestNode::new(config).unwrap();
    node.handle(Input::Start { salt: 1 });
    node.handle(Input::PeerUp {
        peer: peer(),
        latency: 0,
    });
    node
}

fn say(node: &mut HonestNode, sequence: u64, body: Body) -> Vec<Effect<Message>> {
    node.handle(Input::Message {
        from: peer(),
        message: Message {
            stamp: 0,
            sequence,
            body,
        },
    })
}

fn tick(node: &mut HonestNode) -> Vec<Effect<Message>> {
    node.handle(Input::Clock {
        to: node.clock() + 1,
        wall: 1_700_000_000,
    })
}

fn refusals(effects: &[Effect<Message>]) -> Vec<String> {
    let reason = |effect: &Effect<Message>| match effect {
        Effect::Event(Event::Refused { reason, .. }) => Some(reason.to_string()),
        _ => None,
    };
    effects.iter().filter_map(reason).collect()
}

fn closes(effects: &[Effect<Message>]) -> bool {
    effects
        .iter()
        .any(|effect| matches!(effect, Effect::Close { .. }))
}

/// What the peer is blamed for. Before a link is closed it is said why.
fn offences(effects: &[Effect<Message>]) -> Vec<Offence> {
    let offence = |effect: &Effect<Message>| match effect {
        Effect::Offence { peer, offence } => {
            assert_eq!(*peer, self::peer());
            Some(*offence)
        }
        _ => None,
    };
    let told: Vec<Offence> = effects.iter().filter_map(offence).collect();
    let end = effects
        .iter()
        .position(|effect| matches!(effect, Effect::Close { .. }));
    let first = effects.iter().position(|effect| offence(effect).is_some());
    assert!(end.is_none() || first < end);
    told
}

fn transaction(id: u128, sender: Option<&str>, value: u64) -> Transaction {
    Transaction {
        id: TxId::from(id),
        sender: sender.map(|name| name.parse::<Account>().unwrap()),
        recipient: "so".parse().unwrap(),
        value: value.try_into().unwrap(),
        signed: None,
    }
}

/// A block on genesis with proof of work.
fn mined(node: &HonestNode, id: u64, transactions: Vec<Transaction>) -> UncheckedBlock {
    let genesis = node.ledger().genesis();
    let block = UncheckedBlock {
        id,
        hash: None,
        timestamp: 1_700_000_000,
        transactions: transactions.into(),
        previous_block_hash: genesis.hash(),
        nonce: 0,
    };
    worked(node, block)
}

/// The block with proof of work.
fn worked(node: &HonestNode, mut block: UncheckedBlock) -> UncheckedBlock {
    let outcome = search_from(&block.header(), node.ledger().difficulty(), 0, || false);
    let Outcome::Found(nonce) = outcome else {
        panic!("{outcome:?}")
    };
    block.nonce = nonce;
    block
}

/// As one does that kept nothing when it ended: what was acknowledged to it before is not to be lost.
#[test]
fn a_peer_that_numbers_anew_takes_nothing_back() {
    let mut node = node();
    let payment = |id| Body::NewTx(transaction(id, Some("so"), 1));
    let block = mined(&node, 1, Vec::new());
    say(&mut node, 1, payment(11));
    say(&mut node, 2, Body::NewBlock(Box::new(block)));
    node.handle(Input::PeerDown { peer: peer() });
    node.handle(Input::PeerUp {
        peer: peer(),
        latency: 0,
    });
    say(&mut node, 1, payment(12));
    say(&mut node, 2, payment(13));
    say(&mut node, MAX_SAFE_INTEGER, payment(14));
    say(&mut node, MAX_SAFE_INTEGER, payment(15));
    for _ in 0..10 {
        tick(&mut node);
    }
    assert_eq!(node.ledger().tip().id(), 1);
    let ids = node.pool().map(|payment| payment.id);
    assert_eq!(ids.collect::<Vec<_>>(), [11, 12, 13, 15].map(TxId::from));
}

#[test]
fn forged_blocks_are_refused_with_a_reason_and_cost_no_clock() {
    let mut node = node();
    let good = mined(&node, 1, Vec::new());
    let forged = [
        (
            UncheckedBlock {
                id: u64::MAX,
                ..good.clone()
            },
            "block id 18446744073709551615",
        ),
        (
            UncheckedBlock {
                id: 0,
                ..good.clone()
            },
            "block id 0",
        ),
        (
            UncheckedBlock {
                nonce: MAX_SAFE_INTEGER + 1,
                ..good.clone()
            },
            "nonce",
        ),
        (
            UncheckedBlock {
                timestamp: -1,
                ..good.clone()
            },
            "timestamp -1",
        ),
        (
            UncheckedBlock {
                hash: Some(Hash::ZERO),
                ..good.clone()
            },
            "contents hash to",
        ),
        (mined(&node, 1, vec![transaction(9, None, 1)]), "no sender"),
    ];
    for (sequence, (block, reason)) in (1..).zip(forged) {
        let effects = say(&mut node, sequence, Body::NewBlock(Box::new(block)));
        let refused = refusals(&effects);
        assert!(
            refused.len() == 1 && refused[0].contains(reason),
            "{reason}: {refused:?}"
        );
        assert_eq!(node.inbox_len(), 0);
    }
    let no_work = (0..).map(|nonce| UncheckedBlock {
        nonce,
        ..good.clone()
    });
    let mut no_work = no_work.filter(|block| block.header().hash().trailing_zeros() < 4);
    let effects = say(
        &mut node,
        50,
        Body::NewBlock(Box::new(no_work.next().unwrap())),
    );
    assert!(refusals(&effects)[0].contains("4 are needed"));
    assert_eq!(node.next_clock(), None, "nothing of it costs a clock");
}

#[test]
fn a_block_with_wrong_balances_or_place_is_refused_when_it_is_taken_in() {
    for (block, reason) in [
        (
            mined(&node(), 1, vec![transaction(9, Some("aki"), 3)]),
            "aki has 2",
        ),
        (mined(&node(), 2, Vec::new()), "does not follow its parent"),
        (
            mined(&node(), 1, vec![transaction(0, Some("aki"), 1)]),
            "paid once",
        ),
    ] {
        let mut node = node();
        say(&mut node, 1, Body::NewBlock(Box::new(block)));
        let refused = refusals(&tick(&mut node));
        assert!(
            refused.len() == 1 && refused[0].contains(reason),
            "{reason}: {refused:?}"
        );
        assert_eq!(node.ledger().tip().id(), 0);
    }
}

#[test]
fn an_answer_to_nothing_is_dropped_and_a_long_locator_closes_the_link() {
    let mut node = node();
    let effects = say(
        &mut node,
        1,
        Body::Chain {
            answers: 0,
            blocks: Vec::new(),
        },
    );
    assert!(refusals(&effects)[0].contains("not asked") && !closes(&effects));
    let effects = say(
        &mut node,
        2,
        Body::ReqChain(vec![Hash::ZERO; MAX_LOCATOR + 1]),
    );
    assert!(closes(&effects));
    assert_eq!(node.inbox_len(), 0);
}

#[test]
fn a_full_inbox_closes_the_link_and_keeps_what_was_acknowledged() {
    let mut node = node();
    // Ids 0, 1 and 2 are genesis's: what is known takes up no room.
    for number in 0..MAX_INBOX as u64 + 3 {
        let body = Body::NewTx(transaction(number.into(), Some("nobody"), 1));
        assert!(!closes(&say(&mut node, number, body)));
    }
    let one_more = Body::NewTx(transaction(1 << 100, Some("nobody"), 1));
    assert!(closes(&say(&mut node, 1 << 50, one_more)));
    assert_eq!(node.inbox_len(), MAX_INBOX);
    // Nobody can pay them: what waits is bounded, and there is room again.
    tick(&mut node);
    assert_eq!((node.inbox_len(), node.waiting().count()), (0, MAX_WAITING));
    assert!(!closes(&say(
        &mut node,
        1 << 51,
        Body::NewTx(transaction(5, Some("so"), 1))
    )));
}

#[test]
fn what_waits_for_money_does_not_push_out_what_was_accepted() {
    let mut node = node();
    let payment = Payment {
        id: Some(TxId::from(1 << 90)),
        sender: "aki".parse().unwrap(),
        recipient: "so".parse().unwrap(),
        value: 2.try_into().unwrap(),
        sequence: None,
        signature: None,
    };
    node.handle(Input::Pay(payment));
    tick(&mut node);
    // A peer's block spends aki's coins otherwise.
    let block = mined(&node, 1, vec![transaction(8, Some("aki"), 2)]);
    say(&mut node, 1, Body::NewBlock(Box::new(block)));
    (0..3).for_each(|_| drop(tick(&mut node)));
    assert_eq!(node.place(&TxId::from(1 << 90)), Some(Place::Waiting));
    for number in 0..2 * MAX_WAITING as u64 {
        let body = Body::NewTx(transaction(1000 + u128::from(number), Some("nobody"), 1));
        say(&mut node, 10 + number, body);
    }
    (0..3).for_each(|_| drop(tick(&mut node)));
    assert_eq!(node.waiting().count(), MAX_WAITING + 1);
    assert_eq!(node.place(&TxId::from(1 << 90)), Some(Place::Waiting));
}

#[test]
fn many_questions_get_one_answer() {
    let mut node = node();
    node.handle(Input::Mine);
    let searches = |effects: Vec<Effect<Message>>| {
        effects.into_iter().find_map(|effect| match effect {
            Effect::Search(search) => Some(search),
            _ => None,
        })
    };
    let search = searches(tick(&mut node)).unwrap();
    let outcome = search_from(&search.header, search.difficulty, search.start, || false);
    let Outcome::Found(nonce) = outcome else {
        panic!("{outcome:?}")
    };
    node.handle(Input::NonceFound {
        search: search.id,
        nonce,
    });
    (0..4).for_each(|_| drop(tick(&mut node)));
    let genesis = node.ledger().genesis().hash();
    for sequence in 0..100 {
        say(&mut node, sequence, Body::ReqChain(vec![genesis]));
    }
    let answers: Vec<_> = (0..5)
        .flat_map(|_| tick(&mut node))
        .filter_map(|effect| match effect {
            Effect::Send {
                message:
                    Message {
                        body: Body::Chain { answers, blocks },
                        ..
                    },
                ..
            } => Some((answers, blocks.len())),
            _ => None,
        })
        .collect();
    assert_eq!(answers, [(99, 1)]);
}

#[test]
fn a_wrong_nonce_is_refused_and_the_right_one_still_counts() {
    let mut node = node();
    node.handle(Input::Mine);
    let effects = tick(&mut node);
    let search = effects.iter().find_map(|effect| match effect {
        Effect::Search(search) => Some(search.clone()),
        _ => None,
    });
    let search = search.unwrap();
    let outcome = search_from(&search.header, search.difficulty, search.start, || false);
    let Outcome::Found(nonce) = outcome else {
        panic!("{outcome:?}")
    };
    let wrong = node.handle(Input::NonceFound {
        search: search.id,
        nonce: u64::MAX,
    });
    assert_eq!(refusals(&wrong).len(), 1);
    assert!(
        node.handle(Input::NonceFound {
            search: search.id + 1,
            nonce
        })
        .is_empty()
    );
    node.handle(Input::Clock { to: 3, wall: 0 });
    let waits = node.handle(Input::Clock { to: 9, wall: 0 });
    assert!(
        !waits
            .iter()
            .any(|effect| matches!(effect, Effect::Reached { .. }))
    );
    assert_eq!(node.clock(), 3, "the clock stands still");
    let found = node.handle(Input::NonceFound {
        search: search.id,
        nonce,
    });
    assert!(found.contains(&Effect::Reached { clock: 9 }));
    assert_eq!(node.ledger().tip().id(), 1);
}

fn body() -> impl Strategy<Value = Body> {
    let hash = any::<[u8; 32]>().prop_map(Hash);
    let payment =
        (0..20u128, prop::option::of(0..3usize), 1..4u64).prop_map(|(id, sender, value)| {
            transaction(
                id,
                sender.map(|sender| ["aki", "so", "nobody"][sender]),
                value,
            )
        });
    let block = (
        any::<u64>(),
        any::<i64>(),
        any::<u64>(),
        prop::option::of(hash.clone()),
        hash.clone(),
    )
        .prop_map(
            |(id, timestamp, nonce, hash, previous_block_hash)| UncheckedBlock {
                id,
                hash,
                timestamp,
                transactions: Vec::new().into(),
                previous_block_hash,
                nonce,
            },
        );
    let real = prop::collection::vec(payment.clone(), 0..3).prop_map(|txs| mined(&node(), 1, txs));
    let block = prop_oneof![block, real];
    prop_oneof![
        payment.prop_map(Body::NewTx),
        block
            .clone()
            .prop_map(|block| Body::NewBlock(Box::new(block))),
        prop::collection::vec(hash, 0..70).prop_map(Body::ReqChain),
        (0..5u64, prop::collection::vec(block, 0..4))
            .prop_map(|(answers, blocks)| Body::Chain { answers, blocks }),
    ]
}

proptest! {
    #[test]
    fn anything_said_leaves_a_sound_node(
        said in prop::collection::vec((any::<u64>(), any::<u64>(), body(), any::<bool>()), 0..60)
    ) {
        let mut node = node();
        for (stamp, sequence, body, ticks) in said {
            let message = Message { stamp, sequence, body };
            let effects = node.handle(Input::Message { from: peer(), message });
            if closes(&effects) {
                node.handle(Input::PeerDown { peer: peer() });
                node.handle(Input::PeerUp { peer: peer(), latency: stamp });
            }
            if ticks {
                let effects = tick(&mut node);
                let reached = effects.iter().any(|effect| matches!(effect, Effect::Reached { .. }));
                prop_assert!(reached);
            }
            let balances = node.ledger().accounts();
            prop_assert_eq!(balances.iter().map(|(_, balance)| balance).sum::<u64>(), 14);
        }
    }
}

#[test]
fn lies_are_offences_and_what_resets_and_forks_bring_is_none() {
    let mut node = node();
    let good = mined(&node, 1, Vec::new());
    let unworked = UncheckedBlock {
        hash: Some(Hash::ZERO),
        ..good.clone()
    };
    let lies = [
        (Body::NewBlock(Box::new(unworked)), Offence::ForgedBlock),
        (Body::NewTx(transaction(1, None, 1)), Offence::ForgedPayment),
        (
            Body::ReqChain(vec![Hash::ZERO; MAX_LOCATOR + 1]),
            Offence::OversizedLocator,
        ),
    ];
    for (lie, offence) in lies {
        assert_eq!(offences(&say(&mut node, 1, lie)), [offence]);
    }
    // Work was done for it, so that only taking it in shows that nobody can pay it.
    let unpayable = mined(&node, 1, vec![transaction(2, Some("aki"), 3)]);
    assert_eq!(
        offences(&say(&mut node, 2, Body::NewBlock(Box::new(unpayable)))),
        []
    );
    assert_eq!(offences(&tick(&mut node)), [Offence::ForgedBlock]);

    // The same, told by who is gone: whoever comes under its name is not to blame.
    let unpayable = mined(&node, 1, vec![transaction(3, Some("aki"), 3)]);
    say(&mut node, 3, Body::NewBlock(Box::new(unpayable)));
    node.handle(Input::PeerDown { peer: peer() });
    node.handle(Input::PeerUp {
        peer: peer(),
        latency: 0,
    });
    let told = tick(&mut node);
    assert_eq!((offences(&told), refusals(&told).len()), (vec![], 1));

    let unknown = UncheckedBlock {
        previous_block_hash: Hash([9; 32]),
        ..good.clone()
    };
    let unasked = Body::Chain {
        answers: 7,
        blocks: vec![good.clone()],
    };
    let late = [
        unasked,
        Body::NewTx(transaction(3, Some("nobody"), 1)),
        Body::NewBlock(Box::new(worked(&node, unknown))),
        Body::NewBlock(Box::new(good.clone())),
        Body::NewBlock(Box::new(good)),
        Body::ReqChain(Vec::new()),
    ];
    for (said, sequence) in late.into_iter().zip(3..) {
        assert_eq!(offences(&say(&mut node, sequence, said)), []);
        assert_eq!(offences(&tick(&mut node)), []);
    }
}
