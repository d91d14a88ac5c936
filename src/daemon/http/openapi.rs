//! Puts together an API's description for machines, OpenAPI 3.1.

use bytes::Bytes;
use serde_json::{Map, Value};

/// One document of several parts, a few screens each, with this version of the program.
///
/// # Panics
/// If a part is no JSON.
pub(crate) fn join(parts: &[&str]) -> Bytes {
    let mut document = Map::new();
    for part in parts {
        let part: Value =
            serde_json::from_str(part).expect("the parts are JSON, a test reads them");
        merge(&mut document, part);
    }
    document["info"]["version"] = env!("CARGO_PKG_VERSION").into();
    Bytes::from(Value::Object(document).to_string())
}

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
