//! `openapi.json` against the router and the running server: neither knows a call the other does not,
//! and every answer is as documented.

#![cfg(feature = "daemon")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "common/openapi.rs"]
mod described;
#[path = "common/http.rs"]
mod http;
#[path = "common/schema.rs"]
mod schema;

use described::{check_answer, check_calls, check_examples, operations};
use http::Server;
use serde_json::{Value as Json, json};
use tickchain::daemon::http::Guard;
use tickchain::daemon::node_api::routes;
use tickchain::node::Config;

fn document() -> Json {
    let document = Server::new().get("/openapi.json").expect(200).json();
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
    document
}

#[test]
fn router_and_document_know_the_same_calls() {
    check_calls(&document(), routes());
}

#[test]
fn examples_are_as_their_schemas_say() {
    check_examples(&document());
}

/// The address and the body that make an operation succeed.
fn good_call(server: &Server, payment: &str, path: &str, operation: &Json) -> (String, String) {
    let clock = server.handle.view().clock;
    let path = path
        .replace("{clock}", &clock.to_string())
        .replace("{block}", "1")
        .replace("{id}", payment);
    let content = &operation["requestBody"]["content"]["application/json"];
    let body = match operation["operationId"].as_str().unwrap() {
        "restoreState" => server.get("/state").text().to_owned(),
        "tick" => json!({"interval_ms": null}).to_string(),
        _ => content
            .get("example")
            .map(Json::to_string)
            .unwrap_or_default(),
    };
    (path, body)
}

#[test]
fn every_operation_answers_as_documented() {
    let document = document();
    let server = Server::started();
    let payment = server
        .post("/tx/add", r#"{"sender":"so","recipient":"aki","value":4}"#)
        .json();
    let payment = payment["id"].as_str().unwrap();
    server.get("/clock/2").expect(200);
    server.get("/mine").expect(200);
    server.get("/clock/5").expect(200);
    let mut operations = operations(&document);
    // What takes blocks and peers away comes last.
    operations
        .sort_by_key(|(_, path, _)| ["/peer/clear", "/start", "/reset"].contains(&path.as_str()));
    for (method, path, operation) in &operations {
        let (path, body) = good_call(&server, payment, path, operation);
        let mut client = server.client();
        let answer = if path == "/events" {
            client.send(method, &path, &[], b"");
            client.header()
        } else {
            client.json(method, &path, &body)
        };
        let waits_for_peer = path == "/healthz" && answer.status == 503;
        assert!(
            answer.status == 200 || waits_for_peer,
            "{method} {path}: {answer:?}"
        );
        check_answer(&document, operation, &answer);
    }
}

#[test]
fn every_operation_refuses_as_documented() {
    let document = document();
    let guard = Guard {
        token: Some("secret".into()),
        ..Guard::default()
    };
    let server = Server::with(Config::new("node1".parse().unwrap()), guard);
    let token = ("Authorization", "Bearer secret");
    let kind = ("Content-Type", "application/json");
    for (method, path, operation) in &operations(&document) {
        let path = path
            .replace("{clock}", "x")
            .replace("{block}", "x")
            .replace("{id}", "x");
        let refused = |headers: &[(&str, &str)], body: &[u8], status: u16| {
            let answer = server.client().call(method, &path, headers, body);
            answer.problem(status);
            check_answer(&document, operation, &answer);
        };
        refused(&[], b"", 401);
        refused(&[token, ("Host", "rebound.example")], b"", 421);
        refused(&[token, ("Host", "a b")], b"", 400);
        refused(&[token, ("Sec-Fetch-Site", "cross-site")], b"", 403);
        if operation.get("requestBody").is_some() {
            refused(&[token], b"{}", 415);
            refused(&[token, kind], b"[", 400);
            refused(&[token, kind, ("Content-Length", "999999999")], b"", 413);
        }
        if path.ends_with("/x") {
            refused(&[token], b"", 400);
        }
        let ids = ["mine", "mineByPost", "reset", "resetByPost"];
        if ids.contains(&operation["operationId"].as_str().unwrap()) {
            refused(&[token], b"", 409);
        }
    }
}
