//! A node's events against `openapi.json`.

#![cfg(feature = "daemon")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "common/http.rs"]
mod http;
#[path = "common/schema.rs"]
mod schema;

use std::collections::BTreeSet;

use http::Server;
use schema::check;
use serde_json::json;
use tickchain::ledger::{Hash, MAX_SAFE_INTEGER, Transaction, TxId};
use tickchain::node::{About, Event, Kind, Name, Place, Status};

/// One of every kind of event, and some in more than one shape.
fn events() -> Vec<Event> {
    let peer: Name = "node2".parse().unwrap();
    let hash = Hash([7; 32]);
    let transaction = Transaction {
        id: TxId([1; 16]),
        sender: Some("aki".parse().unwrap()),
        recipient: "so".parse().unwrap(),
        value: MAX_SAFE_INTEGER.try_into().unwrap(),
        signed: None,
    };
    let payment = |place| Event::Payment {
        transaction: transaction.clone(),
        place,
    };
    let refused = |from: Option<&Name>, about| Event::Refused {
        from: from.cloned(),
        about,
        reason: "no".into(),
    };
    vec![
        Event::Started,
        Event::Reset,
        Event::Clock {
            clock: 1,
            status: Status::ReceivingBlock,
        },
        Event::PeerUp { peer: peer.clone() },
        Event::PeerDown { peer: peer.clone() },
        Event::Sent {
            to: peer.clone(),
            kind: Kind::NewBlock,
            sequence: 1,
            about: Some(About::Block(hash)),
        },
        Event::Received {
            from: peer.clone(),
            kind: Kind::ReqChain,
            sequence: 1,
            about: None,
        },
        Event::MiningBegan {
            id: 1,
            transactions: 0,
        },
        Event::MiningDropped { id: 1 },
        Event::Mined { id: 1, hash },
        Event::Block {
            id: 1,
            hash,
            previous_block_hash: hash,
            transactions: 3,
            main: true,
        },
        Event::Reorganisation {
            fork: 0,
            left: vec![hash],
            joined: vec![hash, hash],
        },
        payment(Place::Waiting),
        payment(Place::Pool),
        payment(Place::Block { id: 1 }),
        payment(Place::Refused {
            reason: "no".to_owned(),
        }),
        Event::CatchingUp { peer: peer.clone() },
        refused(Some(&peer), Some(About::Payment(TxId([1; 16])))),
        refused(None, None),
    ]
}

#[test]
fn events_are_as_documented() {
    let document = Server::new().get("/openapi.json").expect(200).json();
    let schema = &document["components"]["schemas"]["Event"];
    let mut kinds = BTreeSet::from(["resync".to_owned()]);
    check(&document, schema, &json!({"type": "resync"})).unwrap();
    for event in events() {
        let json = serde_json::to_value(&event).unwrap();
        check(&document, schema, &json).unwrap();
        let kind = json["type"].as_str().unwrap().to_owned();
        let named = &schema["discriminator"]["mapping"][&kind];
        check(&document, &json!({"$ref": named}), &json).unwrap();
        kinds.insert(kind);
    }
    let documented = schema["discriminator"]["mapping"].as_object().unwrap();
    assert!(documented.keys().eq(&kinds), "{kinds:?}");
    check(&document, schema, &json!({"type": "clock", "clock": 1})).unwrap_err();
}
