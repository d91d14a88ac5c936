//! The API described for machines.

use std::sync::LazyLock;

use bytes::Bytes;

use super::api::Api;
use crate::daemon::http::{Call, Outcome, Reply, openapi};

/// OpenAPI 3.1, in parts of a few screens.
const PARTS: [&str; 10] = [
    include_str!("openapi/head.json"),
    include_str!("openapi/controls.json"),
    include_str!("openapi/chain.json"),
    include_str!("openapi/payments.json"),
    include_str!("openapi/rest.json"),
    include_str!("openapi/outline.json"),
    include_str!("openapi/events.json"),
    include_str!("openapi/problems.json"),
    include_str!("openapi/ledger_schemas.json"),
    include_str!("openapi/schemas.json"),
];

static DOCUMENT: LazyLock<Bytes> = LazyLock::new(|| openapi::join(&PARTS));

pub(super) async fn document(_api: Api, _call: Call) -> Outcome {
    Ok(Reply::json_bytes(DOCUMENT.clone()))
}
