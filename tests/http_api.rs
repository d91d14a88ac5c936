//! Every call of the HTTP API over a real socket, as its documentation has it.

#![cfg(feature = "daemon")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "common/http.rs"]
mod http;

use http::{Answer, Server};
use serde_json::{Value as Json, json};

const PAYMENT: &str = r#"{"sender":"aki","recipient":"so","value":2}"#;

#[track_caller]
fn status(server: &Server, clock: u64, status: &str) {
    let answer = server.get("/status").expect(200);
    assert_eq!(answer.json(), json!({"clock": clock, "status": status}));
}

#[track_caller]
fn done(answer: &Answer) {
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("content-length"), Some("0"));
}

/// Adds a payment and returns its id.
#[track_caller]
fn pay(server: &Server, payment: &str) -> String {
    let answer = server.post("/tx/add", payment).expect(200).json();
    assert_eq!(answer["result"], "success", "{answer}");
    answer["id"].as_str().unwrap().to_owned()
}

/// Mines a block from `clock` on and returns the clock it is there at.
#[track_caller]
fn mine(server: &Server, clock: u64) -> u64 {
    done(&server.post("/mine", ""));
    done(&server.post(&format!("/clock/{}", clock + 3), ""));
    clock + 3
}

#[test]
fn before_start_acting_is_refused_and_reading_works() {
    let server = Server::new();
    for path in ["/mine", "/clock/1", "/reset"] {
        assert!(server.get(path).problem(409).contains("/start"), "{path}");
        assert!(
            server.post(path, "").problem(409).contains("/start"),
            "{path}"
        );
    }
    assert!(
        server
            .post("/tx/add", PAYMENT)
            .problem(409)
            .contains("/start")
    );
    status(&server, 0, "idle");
    assert_eq!(server.get("/block/latest").expect(200).json()["id"], 0);
    assert_eq!(server.get("/txPool/all").expect(200).json(), json!([]));
    done(&server.get("/start"));
    done(&server.get("/start"));
    done(&server.get("/clock/1"));
}

#[test]
fn a_payment_goes_from_the_controller_to_a_block() {
    let server = Server::started();
    let id = pay(&server, PAYMENT);
    let place = |path: &str| server.get(&format!("/tx/{path}")).expect(200).json();
    assert_eq!(place(&id), json!({"id": id, "place": "waiting"}));
    assert_eq!(server.get("/txPool/all").json(), json!([]));

    done(&server.get("/clock/1"));
    status(&server, 1, "receiving-tx");
    let payment = json!({"id": id, "sender": "aki", "recipient": "so", "value": 2});
    assert_eq!(server.get("/txPool/all").json(), json!([payment]));
    assert_eq!(place(&id)["place"], "pool");
    done(&server.get("/clock/2"));
    status(&server, 2, "broadcasting-tx");

    done(&server.get("/mine"));
    done(&server.get("/clock/3"));
    status(&server, 3, "mining");
    done(&server.get("/clock/5"));
    let block = server.get("/block/latest").expect(200).json();
    assert_eq!(block["id"], 1);
    assert_eq!(block["transactions"], json!([payment]));
    assert_eq!(block["timestamp"], "2023/11/14 22:13:20");
    assert!(block["hash"].as_str().unwrap().ends_with("000"));
    assert_eq!(
        place(&id),
        json!({"id": id, "place": "block", "block": 1, "confirmations": 1})
    );
    let accounts = r#"{"aki":0,"satoshi":5,"so":9}"#;
    assert_eq!(server.get("/accounts").text(), accounts);
    mine(&server, 6);
    assert_eq!(place(&id)["confirmations"], 2);
}

#[test]
fn the_genesis_block_is_the_documented_one() {
    let server = Server::new();
    let zero = "0".repeat(64);
    let payment = |id: u8, recipient: &str, value: u8| json!({"id": format!("{id:032x}"), "sender": null, "recipient": recipient, "value": value});
    let mut block = server.get("/block/0").expect(200).json();
    let hash = block["hash"].take();
    let expected = json!({
        "id": 0,
        "hash": null,
        "timestamp": "2009/01/03 18:15:05",
        "transactions": [payment(0, "aki", 2), payment(1, "so", 7), payment(2, "satoshi", 5)],
        "previous_block_hash": zero,
        "nonce": 0,
    });
    assert_eq!(block, expected);
    let by_hash = server.get(&format!("/block/{}", hash.as_str().unwrap()));
    assert_eq!(by_hash.expect(200).json()["id"], 0);
}

#[test]
fn what_the_ledger_refuses_is_a_fail_with_the_reason() {
    let server = Server::started();
    let fail = |payment: &str| {
        let answer = server.post("/tx/add", payment).expect(200).json();
        assert_eq!(answer["result"], "fail", "{answer}");
        answer["reason"].as_str().unwrap().to_owned()
    };
    let reason = fail(r#"{"sender":"aki","recipient":"so","value":3}"#);
    assert!(
        reason.contains("aki") && reason.contains('2') && reason.contains('3'),
        "{reason}"
    );
    let id = "000000000000000000000000000000ff";
    let own = format!(r#"{{"id":"{id}","sender":"aki","recipient":"so","value":1}}"#);
    assert_eq!(pay(&server, &own), id);
    assert_eq!(
        pay(&server, &own),
        id,
        "the same payment again is the same payment"
    );
    fail(&own.replace("aki", "satoshi"));
}

#[test]
fn the_clock_never_goes_back_and_runs_by_itself_or_by_hand() {
    let server = Server::started();
    done(&server.get("/clock/7"));
    done(&server.get("/clock/7"));
    assert!(server.get("/clock/6").problem(409).contains('7'));
    done(&server.post("/tick", r#"{"interval_ms": 500}"#));
    assert!(server.get("/clock/8").problem(409).contains("/tick"));
    done(&server.post("/tick", r#"{"interval_ms": null}"#));
    done(&server.get("/clock/8"));
    for bad in [
        "",
        "{}",
        "null",
        r#"{"interval_ms": 0}"#,
        r#"{"interval_ms": -5}"#,
        r#"{"interval_ms": 1.5}"#,
        r#"{"interval_ms": "500"}"#,
        r#"{"interval_ms": 86400001}"#,
    ] {
        server.post("/tick", bad).problem(400);
    }
    status(&server, 8, "idle");
    done(&server.get("/reset"));
    status(&server, 0, "idle");
    assert_eq!(server.get("/block/all").json()["length"], 1);
}

#[test]
fn peers_are_listed_added_and_dropped() {
    let server = Server::new();
    let address = r#"{"addr": "127.0.0.1", "port": 65002}"#;
    assert_eq!(server.get("/peer").json(), json!([]));
    assert_eq!(
        server.get("/healthz").expect(200).json(),
        json!({"name": "node1", "status": "ok", "missing": [], "storage": "memory"})
    );
    done(&server.post("/peer/add", address));
    let peer = json!([{"addr": "127.0.0.1", "port": 65002, "name": null, "connected": false}]);
    assert_eq!(server.get("/peer").json(), peer);
    let health = server.get("/healthz").expect(503).json();
    assert_eq!(
        health,
        json!({"name": "node1", "status": "waiting", "missing": ["127.0.0.1:65002"], "storage": "memory"})
    );
    done(&server.post("/peer/clear", address));
    server.post("/peer/clear", address).problem(404);
    server
        .post("/peer/add", r#"{"addr": "127.0.0.1", "port": 1}"#)
        .problem(409);
    for bad in [
        "",
        "[]",
        "{}",
        r#"{"addr":"a b","port":1}"#,
        r#"{"addr":"","port":5}"#,
        r#"{"addr":"x","port":0}"#,
        r#"{"addr":"x","port":65536}"#,
        r#"{"addr":"x","port":"5"}"#,
        r#"{"addr":7,"port":5}"#,
    ] {
        server.post("/peer/add", bad).problem(400);
    }
}

/// A block mined elsewhere on top of genesis, from a node whose name gives it another nonce.
fn foreign_block() -> Json {
    let config = tickchain::node::Config::new("node2".parse().unwrap());
    let server = Server::with(config, tickchain::daemon::http::Guard::default());
    done(&server.get("/start"));
    mine(&server, 0);
    server.get("/block/latest").json()
}

#[test]
fn a_block_can_be_added_and_side_branches_are_shown() {
    let server = Server::started();
    let block = foreign_block();
    let hash = block["hash"].as_str().unwrap();
    mine(&server, 0);
    let own = server.get("/block/latest").json();
    assert_ne!(own["hash"], block["hash"]);
    let added = server
        .post("/block/add", &block.to_string())
        .expect(200)
        .json();
    assert_eq!(added, json!({"result": "success"}));
    done(&server.get("/clock/10"));
    assert_eq!(server.get("/block/latest").json()["hash"], own["hash"]);
    assert_eq!(
        server.get(&format!("/block/{hash}")).expect(200).json(),
        block
    );

    let tree = server.get("/tree").expect(200).json();
    assert_eq!((&tree["length"], &tree["tip"]), (&json!(2), &own["hash"]));
    let shown: Vec<_> = tree["blocks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|block| (block["id"].clone(), block["main"].clone()))
        .collect();
    let shown = serde_json::to_string(&shown).unwrap();
    assert_eq!(shown, "[[0,true],[1,true],[1,false]]");
    assert_eq!(tree["blocks"][2]["hash"], hash);

    let mut forged = block.clone();
    forged["nonce"] = json!(0);
    let answer = server
        .post("/block/add", &forged.to_string())
        .expect(200)
        .json();
    assert_eq!(answer["result"], "fail");
    for bad in ["", "{}", "[1]", r#"{"id": 18446744073709551616}"#] {
        server.post("/block/add", bad).problem(400);
    }
    let mut misspelt = block.to_string().replace("\"nonce\"", "\"nonde\"");
    misspelt = misspelt.replace("previous_block_hash", "previoud_block_hash");
    assert_eq!(
        server.post("/block/add", &misspelt).expect(200).json()["result"],
        "success"
    );
}

#[test]
fn a_state_is_read_and_put_back() {
    let server = Server::started();
    pay(&server, PAYMENT);
    mine(&server, 1);
    status(&server, 4, "mining");
    let state = server.get("/state").expect(200);
    done(&server.get("/clock/5"));
    let block = server.get("/block/1").expect(200).json();
    done(&server.get("/reset"));
    server.get("/block/1").problem(404);

    done(&server.client().json("PUT", "/state", state.text()));
    status(&server, 4, "mining");
    done(&server.get("/clock/5"));
    assert_eq!(
        server.get("/block/1").expect(200).json(),
        block,
        "it goes on as if nothing had been"
    );
    let before = server.state();
    for bad in [
        "",
        "{}",
        "null",
        &state.text().replace("\"version\":1", "\"version\":99"),
    ] {
        let json = if bad.is_empty() { " " } else { bad };
        server.client().json("PUT", "/state", json).problem(400);
    }
    assert_eq!(server.state(), before);
}

/// What the node is at one moment: its last event, and all that goes with it.
#[test]
fn an_outline_is_the_state_without_its_blocks() {
    let server = Server::started();
    let outline = || server.get("/outline").expect(200).json();
    let first = outline();
    assert_eq!(first["event"], 1, "it was started");
    assert_eq!(first["ticks_itself"], json!(null));
    assert_eq!(first["tip"], server.get("/block/0").json()["hash"]);
    server.get("/mine").expect(200);
    server.get("/clock/2").expect(200);
    assert_eq!(outline()["mining"], json!({"clock": 2, "of": 3}));
    server.get("/clock/5").expect(200);
    server.post("/tick", r#"{"interval_ms": 86400000}"#);
    let outline = outline();
    assert_eq!(outline["height"], 1);
    assert_eq!(outline["ticks_itself"], 86_400_000);
    let block = server.get("/block/latest").json();
    assert_eq!(outline["tip"], block["hash"]);
    let mut state = outline["state"].clone();
    assert_eq!(state["blocks"], json!([]));
    state["blocks"] = json!([block]);
    assert_eq!(state, server.state());
    let events = format!("/events?after={}", outline["event"].as_u64().unwrap() - 1);
    let mut client = server.client();
    client.send("GET", &events, &[], b"");
    client.header();
    let text = std::iter::repeat_with(|| client.chunk());
    let text: Vec<u8> = text.take(2).flatten().collect();
    let text = String::from_utf8(text).unwrap();
    assert!(
        text.contains(r#"{"type":"clock","clock":5,"status":"idle"}"#),
        "{text}"
    );
}
