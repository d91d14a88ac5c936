//! The API described for machines.

use std::sync::LazyLock;

use bytes::Bytes;

use super::Api;
use crate::daemon::http::{Call, Outcome, Reply, openapi};

/// OpenAPI 3.1, in parts of a few screens.
const PARTS: [&str; 1] = [include_str!("openapi/head.json")];

static DOCUMENT: LazyLock<Bytes> = LazyLock::new(|| openapi::join(&PARTS));

pub(super) async fn document(_api: Api, _call: Call) -> Outcome {
    Ok(Reply::json_bytes(DOCUMENT.clone()))
}
