//! The API described for machines.

use std::sync::LazyLock;

use bytes::Bytes;
use serde_json::{Map, Value};

use super::api::Api;
use super::call::{Call, Outcome, Reply};

/// OpenAPI 3.1, in parts of a few screens.
const PARTS: [&str; 8] = [
    include_str!("openapi/head.json"),
    include_str!("openapi/controls.json"),
    include_str!("openapi/chain.json"),
    include_str!("openapi/payments.json"),
    include_str!("openapi/rest.json"),
    include_str!("openapi/problems.json"),
    include_str!("openapi/ledger_schemas.json"),
    include_str!("openapi/schemas.json"),
];

static DOCUMENT: LazyLock<Bytes> = LazyLock::new(|| {
    let mut document = Map::new();
    for part in PARTS {
        let part: Value =
            serde_json::from_str(part).expect("the parts are JSON, a test reads them");
        merge(&mut document, part);
    }
    document["info"]["version"] = env!("CARGO_PKG_VERSION").into();
    Bytes::from(Value::Object(document).to_string())
});

/// Puts the members of `part` into `document`; where both have an object, its members.
fn merge(document: &mut Map<String, Value>, part: Value) {
    let Value::Object(part) = part else { return };
    for (key, value) in part {
        match document.get_mut(&key) {
            Some(Value::Object(object)) => merge(object, value),
            _ => {
                document.insert(key, value);
            }
        }
    }
}

pub(super) async fn document(_api: Api, _call: Call) -> Outcome {
    Ok(Reply::json_bytes(DOCUMENT.clone()))
}
