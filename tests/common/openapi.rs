//! An OpenAPI document against a router and a server's answers.
#![allow(
    unreachable_pub,
    dead_code,
    clippy::unwrap_used,
    reason = "shared by several tests, each of which uses a part"
)]

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::http::Answer;
use super::schema::{check, resolve};

/// Every documented operation as its method, its address and itself.
pub fn operations(document: &Json) -> Vec<(String, String, Json)> {
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            found.push((method.to_uppercase(), path.clone(), operation.clone()));
        }
    }
    found
}

/// Checks that the document describes these calls and no others, each under a name of its own.
#[track_caller]
pub fn check_calls<'a>(document: &Json, routes: impl Iterator<Item = (&'a str, &'a str)>) {
    let documented: BTreeSet<_> = operations(document)
        .into_iter()
        .map(|(method, path, _)| (method, path))
        .collect();
    let routed: BTreeSet<_> = routes
        .map(|(method, path)| {
            let parts = path.split('/').map(|part| match part.strip_prefix(':') {
                Some(name) => format!("{{{name}}}"),
                None => part.to_owned(),
            });
            (method.to_owned(), parts.collect::<Vec<_>>().join("/"))
        })
        .collect();
    assert_eq!(documented, routed);
    let ids: BTreeSet<_> = operations(document)
        .iter()
        .map(|(_, _, operation)| operation["operationId"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(ids.len(), routed.len(), "operation ids are unique");
}

/// Checks an answer against what its operation says of that status.
#[track_caller]
pub fn check_answer(document: &Json, operation: &Json, answer: &Answer) {
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

/// Checks every schema, example and reference of the document, wherever it stands.
pub fn check_examples(document: &Json) {
    check_examples_in(document, document);
    for (method, path, operation) in operations(document) {
        assert!(
            operation["summary"].is_string() && operation["tags"].is_array(),
            "{method} {path}"
        );
        let named: Vec<_> = operation["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|parameter| resolve(document, parameter))
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

fn check_examples_in(document: &Json, value: &Json) {
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
        check_examples_in(document, member);
    }
}
