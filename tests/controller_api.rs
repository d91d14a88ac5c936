//! The controller's HTTP API: every call as `openapi.json` describes it, errors too, and what they do.

#![cfg(feature = "daemon")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "common/controller.rs"]
mod controller;
#[path = "common/openapi.rs"]
mod described;
#[path = "common/http.rs"]
mod http;
#[path = "common/schema.rs"]
mod schema;

use controller::Rig;
use described::{check_answer, check_calls, check_examples, operations};
use http::Client;
use schema::check;
use serde_json::{Value as Json, json};
use tickchain::daemon::controller::api::{MAX_ACTION_BYTES, routes};
use tickchain::daemon::http::Guard;

fn document(rig: &Rig) -> Json {
    let document = rig.get("/openapi.json").expect(200).json();
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
    document
}

/// A payment in block 1 of node1; its id, and the block's hash.
fn history(rig: &Rig) -> (String, String) {
    let tx = json!({"tx": {"at": "node1", "sender": "aki", "recipient": "so", "value": 2}});
    let id = rig.act(&tx)["id"].as_str().unwrap().to_owned();
    rig.act(&json!({"tick": 1}));
    rig.act(&json!({"mine": "node1"}));
    rig.act(&json!({"until": {"condition": "one-tip", "limit": 20}}));
    rig.act(&json!({"until": {"condition": "block", "limit": 20}}));
    rig.act(&json!({"until": {"condition": "idle", "limit": 20}}));
    let network = rig.get("/network").json();
    let tip = network["nodes"][0]["tip"].as_str().unwrap().to_owned();
    (id, tip)
}

#[test]
fn router_and_document_know_the_same_calls() {
    let rig = Rig::new();
    check_calls(&document(&rig), routes());
    check_examples(&document(&rig));
}

/// The status that the document gives for a call that succeeds.
fn good_status(operation: &Json) -> u16 {
    let statuses = operation["responses"].as_object().unwrap().keys();
    let good = statuses.filter(|status| status.starts_with(['2', '3']));
    let good: Vec<&String> = good.collect();
    assert_eq!(good.len(), 1, "{operation}");
    good[0].parse().unwrap()
}

/// Calls that need others before them, in that order, after all others.
const LAST: [&str; 10] = [
    "/play",
    "/pause",
    "/goto",
    "/snapshot/save",
    "/snapshot/restore",
    "/snapshot/remove",
    "/load",
    "/lesson/open",
    "/lesson/next",
    "/lesson/play",
];

#[test]
fn every_operation_answers_as_documented() {
    let rig = Rig::new();
    let document = document(&rig);
    let (id, hash) = history(&rig);
    let file = rig.get("/save").expect(200).text().to_owned();
    let mut operations = operations(&document);
    operations.sort_by_key(|(_, path, _)| {
        let closes = path == "/lesson/close";
        (closes, LAST.iter().position(|last| last == path))
    });
    for (method, path, operation) in &operations {
        let asset = match path.contains("vendor") {
            true => "d3-force.js",
            false => "main.js",
        };
        let path = path
            .replace("{name}", "node2")
            .replace("{hash}", &hash)
            .replace("{id}", &id)
            .replace("{file}", asset);
        let content = &operation["requestBody"]["content"]["application/json"];
        let example = content.get("example");
        let example = example.or_else(|| {
            content["examples"]
                .as_object()?
                .values()
                .next()?
                .get("value")
        });
        let body = match path.as_str() {
            "/load" => file.clone(),
            _ => example.map(Json::to_string).unwrap_or_default(),
        };
        let mut client = rig.client();
        let answer = match path.as_str() {
            "/events" => {
                client.send(method, &path, &[], b"");
                client.header()
            }
            _ => client.json(method, &path, &body),
        };
        assert_eq!(
            answer.status,
            good_status(operation),
            "{method} {path}: {answer:?}"
        );
        check_answer(&document, operation, &answer);
    }
}

#[test]
fn every_action_of_the_document_is_understood() {
    let rig = Rig::new();
    let document = document(&rig);
    history(&rig);
    let act = &document["paths"]["/do"]["post"];
    let examples = act["requestBody"]["content"]["application/json"]["examples"].as_object();
    for (name, example) in examples.unwrap() {
        let answer = rig.post("/do", &example["value"].to_string());
        check_answer(&document, act, &answer);
        // What does not fit the network as it is by then is a conflict, or not there; never malformed.
        let fits = [200, 404, 409].contains(&answer.status);
        assert!(fits, "{name}: {answer:?}");
    }
}

#[test]
fn every_operation_refuses_as_documented() {
    let guard = Guard {
        token: Some("secret".into()),
        ..Guard::default()
    };
    let rig = Rig::with("127.0.0.1:0", guard);
    let token = ("Authorization", "Bearer secret");
    let kind = ("Content-Type", "application/json");
    let document = rig
        .call("GET", "/openapi.json", &[token])
        .expect(200)
        .json();
    for (method, path, operation) in &operations(&document) {
        let path = path
            .replace("{name}", "x")
            .replace("{hash}", "x")
            .replace("{id}", "x")
            .replace("{file}", "x");
        let refused = |headers: &[(&str, &str)], body: &[u8], status: u16| {
            let answer = rig.client().call(method, &path, headers, body);
            answer.problem(status);
            check_answer(&document, operation, &answer);
        };
        refused(&[], b"", 401);
        refused(&[token, ("Host", "rebound.example")], b"", 421);
        refused(&[token, ("Host", "a b")], b"", 400);
        refused(&[token, ("Sec-Fetch-Site", "cross-site")], b"", 403);
        refused(&[token, ("Origin", "http://pages.example")], b"", 403);
        if operation.get("requestBody").is_some() {
            refused(&[token], b"{}", 415);
            refused(&[token, kind], b"[", 400);
            refused(&[token, kind, ("Content-Length", "999999999")], b"", 413);
        }
        if path.ends_with("/x") {
            let is_name = path.starts_with("/node") || path.starts_with("/dashboard");
            refused(&[token], b"", if is_name { 404 } else { 400 });
        }
    }
}

#[test]
fn what_makes_no_sense_is_said_and_changes_nothing() {
    let rig = Rig::new();
    let before = rig.get("/network").json();
    let none = "f".repeat(32);
    for (path, body, status, word) in [
        ("/do", r#"{"tick": 0}"#, 400, "1 to 10000"),
        ("/do", r#"{"tick": 10001}"#, 400, "1 to 10000"),
        ("/do", r#"{"fly": 1}"#, 400, "unknown variant `fly`"),
        ("/do", r#"{"tick": 1, "mine": "node1"}"#, 400, "action"),
        ("/do", r#"{"mine": "node9"}"#, 404, "node1, node2, node3"),
        ("/do", r#"{"crash": "node9"}"#, 404, "node9"),
        ("/do", r#"{"cut": []}"#, 400, "node"),
        ("/do", r#"{"cut": ["node1", "node1"]}"#, 400, "node1"),
        (
            "/do",
            r#"{"add": {"url": "https://127.0.0.1:1"}}"#,
            400,
            "http://",
        ),
        ("/do", r#"{"remove": "node9"}"#, 404, "node9"),
        (
            "/do",
            r#"{"until": {"condition": "rain", "limit": 3}}"#,
            400,
            "rain",
        ),
        (
            "/do",
            r#"{"until": {"condition": "idle", "limit": 0}}"#,
            400,
            "1 to 10000",
        ),
        ("/goto", r#"{"branch": 0, "tick": 99}"#, 404, "GET /history"),
        ("/goto", r#"{"tick": 0}"#, 400, "branch"),
        ("/load", r#"{"nodes": []}"#, 400, "not a network file"),
        ("/snapshot/save", r#"{"name": "../etc"}"#, 400, "letters"),
        ("/snapshot/save", r#"{"name": ""}"#, 400, "letters"),
        (
            "/snapshot/restore",
            r#"{"name": "none"}"#,
            404,
            "GET /snapshots",
        ),
        (
            "/snapshot/remove",
            r#"{"name": "none"}"#,
            404,
            "GET /snapshots",
        ),
        ("/snapshot/remove", r#"{"names": "none"}"#, 400, "NAME"),
        ("/play", r#"{"interval_ms": 60001}"#, 400, "60000"),
        ("/play", r#"{"interval_ms": -1}"#, 400, "60000"),
        ("/play", r#"{"interval": 5}"#, 400, "interval_ms"),
    ] {
        let said = rig.post(path, body).problem(status);
        assert!(said.contains(word), "{path} {body}: {said}");
    }
    rig.get("/node/node9").problem(404);
    rig.get("/node/").problem(404);
    rig.get(&format!("/block/{}", "0".repeat(64))).problem(404);
    rig.get(&format!("/tx/{none}")).problem(404);
    rig.get("/tree?form=1").problem(400);
    rig.get("/events?after=x").problem(400);
    rig.get("/do").problem(405);
    rig.call("PUT", "/network", &[]).problem(405);
    let large = "x".repeat(MAX_ACTION_BYTES + 1);
    rig.post("/do", &large).problem(413);
    let after = rig.get("/network").json();
    assert_eq!(before["tick"], after["tick"]);
    assert_eq!(before["nodes"], after["nodes"]);
}

/// The data of the next event of a stream.
fn event(stream: &mut Client) -> (u64, Json) {
    let mut id = None;
    loop {
        let line = stream.line();
        if let Some(found) = line.strip_prefix("id: ") {
            id = Some(found.split('-').next().unwrap().parse().unwrap());
        }
        if let Some(data) = line.strip_prefix("data: ") {
            return (
                id.expect("ids come first"),
                serde_json::from_str(data).unwrap(),
            );
        }
    }
}

#[test]
fn two_browsers_see_the_same_as_documented() {
    let rig = Rig::new();
    let document = document(&rig);
    let from = rig.get("/network").json()["event"].as_u64().unwrap();
    let stream = || {
        let mut stream = rig.client();
        stream.send("GET", &format!("/events?after={from}"), &[], b"");
        let header = stream.header();
        assert_eq!(header.header("content-type"), Some("text/event-stream"));
        stream
    };
    let mut streams = [stream(), stream()];
    history(&rig);
    let end = rig.get("/network").json()["event"].as_u64().unwrap();
    assert!(end > from + 10, "{from} to {end}");
    let schema = json!({"$ref": "#/components/schemas/ControllerEvent"});
    let mut kinds = std::collections::BTreeSet::new();
    for wanted in from + 1..=end {
        let [first, second] = streams.each_mut().map(event);
        assert_eq!(first, second);
        assert_eq!(first.0, wanted);
        kinds.insert(first.1["type"].as_str().unwrap().to_owned());
        check(&document, &schema, &first.1).unwrap();
    }
    for kind in ["tick", "did"] {
        assert!(kinds.contains(kind), "{kinds:?}");
    }
}

#[test]
fn play_goes_on_until_it_is_paused() {
    let rig = Rig::new();
    rig.post("/play", r#"{"interval_ms": 0}"#).expect(200);
    let mut events = rig.client();
    events.send("GET", "/events?after=0", &[], b"");
    events.header();
    let ticks = |event: &Json| event["type"] == "tick" && event["tick"] == 5;
    while !ticks(&event(&mut events).1) {}
    let said = rig.post("/play", r#"{"interval_ms": 0}"#).problem(409);
    assert!(said.contains("pause"), "{said}");
    rig.post("/pause", "{}").expect(200);
    let network = rig.get("/network").json();
    assert_eq!(network["activity"], Json::Null);
    let tick = network["tick"].as_u64().unwrap();
    assert_eq!(rig.act(&json!({"tick": 1}))["tick"], tick + 1);
    // Pausing what does not run is no fault.
    rig.post("/pause", "").expect(200);
}

#[test]
fn what_was_comes_back() {
    let rig = Rig::new();
    history(&rig);
    let tick = |network: &Json| network["tick"].as_u64().unwrap();
    let then = rig.get("/network").json();
    let saved = rig.get("/save").expect(200);
    let name = format!(
        "attachment; filename=\"tickchain-tick-{}.json\"",
        tick(&then)
    );
    assert_eq!(saved.header("content-disposition"), Some(name.as_str()));
    rig.post("/snapshot/save", r#"{"name": "then"}"#)
        .expect(200);
    let list = rig.get("/snapshots").json();
    assert_eq!(list[0]["name"], "then");
    assert_eq!(list[0]["tick"], then["tick"]);

    let gone = rig.post("/goto", r#"{"branch": 0, "tick": 2}"#);
    gone.expect(200);
    let past = rig.get("/network").json();
    assert_eq!((tick(&past), &past["position"]["live"]), (2, &json!(false)));
    assert_eq!(past["nodes"][0]["height"], 0);
    rig.act(&json!({"mine": "node3"}));
    let branches = rig.get("/history").json()["branches"].clone();
    assert_eq!(branches.as_array().map(Vec::len), Some(2), "{branches}");

    let restore = [
        ("/snapshot/restore", r#"{"name": "then"}"#.to_owned()),
        ("/load", saved.text().to_owned()),
    ];
    for (path, body) in restore {
        rig.act(&json!({"reset": {}}));
        assert_eq!(tick(&rig.get("/network").json()), 0);
        rig.post(path, &body).expect(200);
        let now = rig.get("/network").json();
        assert_eq!(now["tick"], then["tick"], "{path}");
        assert_eq!(now["nodes"], then["nodes"], "{path}");
    }
    rig.post("/snapshot/remove", r#"{"name": "then"}"#)
        .expect(200);
    assert_eq!(rig.get("/snapshots").json(), json!([]));
}

#[test]
fn the_page_and_its_files_say_what_they_may() {
    let rig = Rig::new();
    for (path, kind) in [
        ("/", "text/html; charset=utf-8"),
        ("/dashboard/index.html", "text/html; charset=utf-8"),
        ("/dashboard/main.js", "text/javascript; charset=utf-8"),
        ("/dashboard/style.css", "text/css; charset=utf-8"),
        ("/dashboard/icon.svg", "image/svg+xml"),
        (
            "/dashboard/vendor/d3-force.js",
            "text/javascript; charset=utf-8",
        ),
        (
            "/dashboard/vendor/d3-force.LICENSE",
            "text/plain; charset=utf-8",
        ),
    ] {
        let got = rig.get(path).expect(200);
        let head = rig.call("HEAD", path, &[]).expect(200);
        for answer in [&got, &head] {
            let header = |name| answer.header(name).unwrap_or("");
            assert_eq!(header("content-type"), kind, "{path}");
            assert_eq!(
                header("content-security-policy"),
                "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
            );
            assert_eq!(header("referrer-policy"), "no-referrer");
            assert_eq!(header("cache-control"), "no-store");
            assert_eq!(header("x-content-type-options"), "nosniff");
            assert_eq!(header("content-length"), got.body.len().to_string());
        }
        rig.post(path, "{}").problem(405);
    }
    let policy = rig
        .get("/network")
        .header("content-security-policy")
        .is_some();
    assert!(!policy, "JSON is no page");
    for path in [
        "/dashboard/",
        "/dashboard",
        "/dashboard/nothing.js",
        "/dashboard/mod.rs",
        "/dashboard/package.json",
        "/dashboard/vendor/../main.js",
        "/dashboard/vendor%2fd3-force.js",
        "/dashboard/%2e%2e/mod.rs",
        "/dashboard/../Cargo.toml",
    ] {
        rig.get(path).problem(404);
    }
}

#[test]
fn an_action_goes_on_when_nobody_waits_for_it() {
    let rig = Rig::new();
    let mut client = rig.client();
    let body = br#"{"tick": 50}"#;
    client.send("POST", "/do", &[("Content-Type", "application/json")], body);
    // Its ticks have begun.
    let mut events = rig.client();
    events.send("GET", "/events?after=0", &[], b"");
    events.header();
    while event(&mut events).1["type"] != "tick" {}
    drop(client);
    loop {
        let (_, event) = event(&mut events);
        if event["type"] == "did" {
            assert_eq!(event["tick"], 50);
            assert_eq!(event["outcome"]["result"], "success");
            return;
        }
    }
}
