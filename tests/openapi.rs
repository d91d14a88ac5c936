//! `openapi.json` against the router and the running server: neither knows a call the other does not,
//! and every answer is as documented.

#![cfg(feature = "daemon")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "common/http.rs"]
mod http;
#[path = "common/schema.rs"]
mod schema;

use std::collections::BTreeSet;

use http::{Answer, Server};
use schema::{check, resolve};
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

/// Every documented operation as its method, its address and itself.
fn operations(document: &Json) -> Vec<(String, String, Json)> {
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            found.push((method.to_uppercase(), path.clone(), operation.clone()));
        }
    }
    found
}

/// Checks an answer against what its operation says of that status.
#[track_caller]
fn check_answer(document: &Json, operation: &Json, answer: &Answer) {
    let id = &operation["operationId"];
    let response = operation["responses"].get(answer.status.to_string());
    let response = response.unwrap_or_else(|| panic!("{id} does not document {answer:?}"));
    let response = resolve(document, response);
    let kind = answer
        .header("content-type")
        .map(|kind| kind.split(';').next().unwrap());
    match (kind, response.get("content")) {
        (None, None) => assert!(answer.body.is_empty(), "{id}: {answer:?}"),
        (Some(kind), Some(content)) => {
            let content = content
                .get(kind)
                .unwrap_or_else(|| panic!("{id}: {kind} is not documented"));
            if kind.ends_with("json") {
                let checked = check(document, &content["schema"], &answer.json());
                checked.unwrap_or_else(|problem| panic!("{id} {}: {problem}", answer.status));
            }
        }
        (kind, content) => panic!("{id} {}: {kind:?} but {content:?}", answer.status),
    }
    for header in response["headers"]
        .as_object()
        .into_iter()
        .flat_map(|headers| headers.keys())
    {
        let sent = answer.header(&header.to_lowercase()).is_some();
        assert!(
            sent || header == "Retry-After",
            "{id}: {header} is documented"
        );
    }
}

#[test]
fn router_and_document_know_the_same_calls() {
    let document = document();
    let documented: BTreeSet<_> = operations(&document)
        .into_iter()
        .map(|(method, path, _)| (method, path))
        .collect();
    let routed: BTreeSet<_> = routes()
        .map(|(method, path)| {
            let parts = path.split('/').map(|part| match part.strip_prefix(':') {
                Some(name) => format!("{{{name}}}"),
                None => part.to_owned(),
            });
            (method.to_owned(), parts.collect::<Vec<_>>().join("/"))
        })
        .collect();
    assert_eq!(documented, routed);
    let ids: BTreeSet<_> = operations(&document)
        .iter()
        .map(|(_, _, operation)| operation["operationId"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(ids.len(), routed.len(), "operation ids are unique");
}

/// Every schema, example and reference of the document, wherever it stands.
fn check_examples(document: &Json, value: &Json) {
    if value.get("$ref").is_some() {
        resolve(document, value);
    }
    if let Some(schema) = value.get("schema") {
        let examples = value.get("examples").and_then(Json::as_object);
        let examples = examples
            .into_iter()
            .flatten()
            .map(|(_, example)| &example["value"]);
        for example in examples.chain(value.get("example")) {
            check(document, schema, example).unwrap();
        }
    }
    let members = value
        .as_object()
        .into_iter()
        .flat_map(|object| object.values());
    for member in members.chain(value.as_array().into_iter().flatten()) {
        check_examples(document, member);
    }
}

#[test]
fn examples_are_as_their_schemas_say() {
    let document = document();
    check_examples(&document, &document);
    for (method, path, operation) in operations(&document) {
        assert!(
            operation["summary"].is_string() && operation["tags"].is_array(),
            "{method} {path}"
        );
        let named: Vec<_> = operation["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|parameter| resolve(&document, parameter))
            .filter(|parameter| parameter["in"] == "path")
            .map(|parameter| format!("{{{}}}", parameter["name"].as_str().unwrap()))
            .collect();
        assert_eq!(named.len(), path.matches('{').count(), "{method} {path}");
        assert!(
            named.iter().all(|name| path.contains(name)),
            "{method} {path}"
        );
    }
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
