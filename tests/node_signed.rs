//! Nodes of a network with signatures: what they take, pass on, keep and bring back.

#[path = "common/network.rs"]
mod network;

use network::{Network, WALL, name, payment};
use tickchain::ledger::search::{Outcome, search_from};
use tickchain::ledger::{
    Difficulty, Genesis, GenesisAccount, Ledger, PaymentError, PrivateKey, Signature,
    SignatureError, Signed, Transaction,
};
use tickchain::node::{
    Answer, Body, Config, Costs, Effect, HonestNode, Input, Message, Node, Offence, Payment,
    RequestError, Saved, Search, State,
};

fn key(number: u8) -> PrivateKey {
    PrivateKey::from_bytes([number; 32])
}

fn genesis() -> Genesis {
    let account = |(number, name): (u8, &str)| GenesisAccount {
        name: name.parse().unwrap(),
        balance: 9.try_into().unwrap(),
        key: Some(key(number).public()),
    };
    Genesis {
        difficulty: Difficulty::new(4).unwrap(),
        signatures: true,
        accounts: [(1, "aki"), (2, "so")].map(account).into(),
        ..Genesis::default()
    }
}

fn signed(value: u64, sequence: u64) -> Transaction {
    let network = genesis().network_id().unwrap();
    let (aki, so) = ("aki".parse().unwrap(), "so".parse().unwrap());
    key(1).pay(&network, aki, so, value.try_into().unwrap(), sequence)
}

/// The same with a signature that is not aki's.
fn forged(value: u64, sequence: u64) -> Transaction {
    let signature = Signature([1; 64]);
    Transaction {
        signed: Some(
            Signed {
                sequence,
                signature,
            }
            .into(),
        ),
        ..signed(value, sequence)
    }
}

/// What a controller asks for with this payment; the id is left to the node.
fn asked(payment: &Transaction) -> Payment {
    let signed = payment.signed.as_deref();
    Payment {
        id: None,
        sender: payment.sender.clone().unwrap(),
        recipient: payment.recipient.clone(),
        value: payment.value,
        sequence: signed.map(|signed| signed.sequence),
        signature: signed.map(|signed| signed.signature),
    }
}

fn node(genesis: &Genesis) -> HonestNode {
    let mut config = Config::new(name(1));
    config.genesis = genesis.clone();
    let mut node = HonestNode::new(config).unwrap();
    node.handle(Input::Start { salt: 1 });
    node
}

fn answer(node: &mut HonestNode, payment: Payment) -> Result<Answer, RequestError> {
    let effects = node.handle(Input::Pay(payment));
    let mut answers = effects.into_iter().filter_map(|effect| match effect {
        Effect::Answer(answer) => Some(answer),
        _ => None,
    });
    answers.next().unwrap()
}

#[test]
fn a_controller_brings_what_was_signed() {
    let mut node = node(&genesis());
    let right = signed(3, 1);
    let id = right.id;
    for _ in 0..2 {
        assert_eq!(
            answer(&mut node, asked(&right)),
            Ok(Answer::Accepted { id })
        );
    }
    assert_eq!(node.waiting().collect::<Vec<_>>(), [&right]);

    let refused = answer(&mut node, asked(&signed(4, 1)));
    assert_eq!(refused, Err(RequestError::SequenceTaken { sequence: 1 }));
    let unsigned = answer(&mut node, payment("aki", "so", 1)).unwrap_err();
    assert!(
        unsigned.to_string().contains("tickchain key sign"),
        "{unsigned}"
    );
    let half = Payment {
        signature: None,
        ..asked(&signed(1, 2))
    };
    assert!(matches!(
        answer(&mut node, half),
        Err(RequestError::HalfSigned(_))
    ));
    let sender = "aki".parse().unwrap();
    let wrong = PaymentError::from(SignatureError::Wrong { sender });
    assert_eq!(answer(&mut node, asked(&forged(1, 2))), Err(wrong.into()));
    let other = Payment {
        id: Some(7.into()),
        ..asked(&signed(1, 2))
    };
    assert!(
        answer(&mut node, other)
            .unwrap_err()
            .to_string()
            .contains("id")
    );
    assert_eq!(node.waiting().count(), 1);
}

#[test]
fn a_network_without_signatures_takes_none() {
    let mut node = node(&Genesis::default());
    let refused = answer(&mut node, asked(&signed(1, 1)));
    let unwanted = PaymentError::from(SignatureError::Unwanted);
    assert_eq!(refused, Err(unwanted.into()));
}

#[test]
fn a_forged_payment_takes_no_room_and_is_an_offence() {
    let mut node = node(&genesis());
    let peer = name(2);
    node.handle(Input::PeerUp {
        peer: peer.clone(),
        latency: 0,
    });
    let unsigned = Transaction {
        signed: None,
        ..signed(1, 5)
    };
    for (sequence, payment) in (1..).zip([forged(1, 1), unsigned]) {
        let message = Message {
            stamp: 0,
            sequence,
            body: Body::NewTx(payment),
        };
        let effects = node.handle(Input::Message {
            from: peer.clone(),
            message,
        });
        assert_eq!(node.inbox_len(), 0);
        let offence = Effect::Offence {
            peer: peer.clone(),
            offence: Offence::ForgedPayment,
        };
        assert!(effects.contains(&offence), "{effects:?}");
    }
    let message = Message {
        stamp: 0,
        sequence: 3,
        body: Body::NewTx(signed(1, 1)),
    };
    node.handle(Input::Message {
        from: peer,
        message,
    });
    assert_eq!(node.inbox_len(), 1);
}

#[test]
fn a_signed_payment_travels_into_a_block_and_is_paid_once() {
    let mut network = Network::with(3, &genesis(), Costs::default());
    network.join_all(0);
    let (first, second) = (signed(3, 1), signed(2, 8));
    network.pay(1, asked(&first)).unwrap();
    network.pay(2, asked(&second)).unwrap();
    network.run(1, 4);
    network.mine(3);
    network.run(5, 12);
    for number in 1..=3 {
        assert_eq!(network.balance(number, "so"), 14);
        assert_eq!(network.node(number).ledger().tip().transactions().len(), 2);
    }
    // What is paid is known: again it is accepted, and paid no second time.
    network.pay(1, asked(&first)).unwrap();
    network.run(13, 16);
    assert_eq!(network.node(1).pool_len(), 0);
    assert_eq!(network.balance(1, "so"), 14);
}

#[test]
fn a_block_left_gives_its_signed_payments_back() {
    let mut network = Network::with(2, &genesis(), Costs::default());
    let paid = signed(3, 1);
    network.pay(1, asked(&paid)).unwrap();
    network.run(1, 2);
    network.mine(1);
    network.run(3, 6);
    for clocks in [7, 11] {
        network.mine(2);
        network.run(clocks, clocks + 3);
    }
    assert_eq!(network.balance(1, "so"), 12);
    network.join(1, 2, 0);
    network.run(15, 20);
    assert_eq!(network.tips()[0], network.tips()[1]);
    for number in 1..=2 {
        assert_eq!(network.balance(number, "so"), 9);
        assert_eq!(network.node(number).pool().collect::<Vec<_>>(), [&paid]);
    }
    let again = network.pay(2, asked(&signed(4, 1)));
    assert_eq!(again, Err(RequestError::SequenceTaken { sequence: 1 }));
}

fn found(search: &Search) -> Input<Message> {
    let outcome = search_from(&search.header, search.difficulty, search.start, || false);
    let Outcome::Found(nonce) = outcome else {
        panic!("{outcome:?}")
    };
    Input::NonceFound {
        search: search.id,
        nonce,
    }
}

/// A node that paid, mined and waits with one more payment; what it says must last was kept.
fn kept() -> (HonestNode, Ledger, Saved) {
    let mut node = node(&genesis());
    let mut store = node.ledger().store().clone();
    let mut saved = Saved {
        started: true,
        salt: 1,
        ..Saved::default()
    };
    let inputs = [
        Input::Pay(asked(&signed(3, 1))),
        Input::Clock { to: 1, wall: WALL },
        Input::Mine,
        Input::Clock { to: 9, wall: WALL },
        Input::Pay(asked(&signed(1, 2))),
    ];
    for input in inputs {
        let mut inputs = vec![input];
        while let Some(input) = inputs.pop() {
            for effect in node.handle(input) {
                match effect {
                    Effect::Persist(persist) => {
                        for changes in &persist.ledger {
                            tickchain::ledger::Store::stage(&mut store, changes);
                        }
                        saved.apply(&persist);
                    }
                    Effect::Search(search) => inputs.push(found(&search)),
                    _ => {}
                }
            }
        }
    }
    let ledger = Ledger::open(&genesis(), store).unwrap();
    (node, ledger, saved)
}

#[test]
fn a_replay_is_refused_after_a_restart() {
    let (_, ledger, saved) = kept();
    assert_eq!(ledger.tip().transactions(), [signed(3, 1)]);
    assert_eq!(saved.queue, [signed(1, 2)]);
    let mut config = Config::new(name(1));
    config.genesis = genesis();
    let mut again = HonestNode::resume(config, ledger, saved).unwrap();
    for sequence in [1, 2] {
        let refused = answer(&mut again, asked(&signed(5, sequence)));
        assert_eq!(refused, Err(RequestError::SequenceTaken { sequence }));
    }
    let id = signed(3, 1).id;
    assert_eq!(
        answer(&mut again, asked(&signed(3, 1))),
        Ok(Answer::Accepted { id })
    );
    assert_eq!(
        again.waiting().count(),
        1,
        "what is in a block is not paid again"
    );
}

#[test]
fn a_document_brings_signed_payments_back_and_no_forged_ones() {
    let (node, _, _) = kept();
    let state = node.state();
    let json = serde_json::to_string(&state).unwrap();
    let signature = hex::encode(signed(1, 2).signed.unwrap().signature.0);
    assert_eq!(json.matches(&signature).count(), 1);
    let mut other = self::node(&genesis());
    other
        .restore(serde_json::from_str::<State>(&json).unwrap())
        .unwrap();
    assert_eq!(other.state().blocks, state.blocks);
    assert_eq!(other.waiting().collect::<Vec<_>>(), [&signed(1, 2)]);
    let before = other.state();
    for paid in [signed(3, 1), signed(1, 2)] {
        let signature = hex::encode(paid.signed.unwrap().signature.0);
        let json = json.replace(&signature, &"01".repeat(64));
        let forged: State = serde_json::from_str(&json).unwrap();
        assert!(other.restore(forged).is_err());
        assert_eq!(other.state(), before);
    }
}
