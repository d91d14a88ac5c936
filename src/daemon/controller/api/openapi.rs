//! The API described for machines.

use std::sync::LazyLock;

use bytes::Bytes;

use super::Api;
use crate::daemon::http::{Call, Outcome, Reply, openapi};

/// OpenAPI 3.1, in parts of a few screens; some are the nodes' as well.
const PARTS: [&str; 12] = [
    include_str!("openapi/head.json"),
    include_str!("openapi/page.json"),
    include_str!("openapi/network.json"),
    include_str!("openapi/actions.json"),
    include_str!("openapi/history.json"),
    include_str!("openapi/lessons.json"),
    include_str!("openapi/action_schemas.json"),
    include_str!("openapi/network_schemas.json"),
    include_str!("openapi/event_schemas.json"),
    include_str!("../../node_api/openapi/problems.json"),
    include_str!("../../node_api/openapi/ledger_schemas.json"),
    include_str!("../../node_api/openapi/events.json"),
];

static DOCUMENT: LazyLock<Bytes> = LazyLock::new(|| openapi::join(&PARTS));

pub(super) async fn document(_api: Api, _call: Call) -> Outcome {
    Ok(Reply::json_bytes(DOCUMENT.clone()))
}
