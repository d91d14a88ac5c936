//! What operators ask for.

use std::time::Duration;

use bytes::Bytes;
use hyper::StatusCode;
use serde::Serialize;

use super::api::Api;
use super::metrics::Gauges;
use crate::daemon::http::{Call, Content, Outcome, Reply};
use crate::daemon::storage::StorageHealth;
use crate::node::Name;

#[derive(Serialize)]
struct Health {
    name: Name,
    status: &'static str,
    /// Configured peers that are not connected yet.
    missing: Vec<String>,
    /// `memory`, `ok`, or why what changes the node is refused.
    storage: String,
}

/// A write that takes longer than this is told of.
const SLOW_WRITE: Duration = Duration::from_secs(3);

/// Does not ask the node, which may wait for a disk that hangs.
pub(super) async fn healthz(api: Api, _call: Call) -> Outcome {
    let missing = api.node.peers.missing();
    let missing: Vec<String> = missing.iter().map(ToString::to_string).collect();
    let failure = api.node.storage.as_ref().and_then(failure);
    let (status, code) = match (&failure, missing.is_empty()) {
        (Some(_), _) => ("failing", StatusCode::SERVICE_UNAVAILABLE),
        (None, true) => ("ok", StatusCode::OK),
        (None, false) => ("waiting", StatusCode::SERVICE_UNAVAILABLE),
    };
    let storage = match (&api.node.storage, failure) {
        (None, _) => "memory".to_owned(),
        (Some(_), None) => "ok".to_owned(),
        (Some(_), Some(failure)) => failure,
    };
    let health = Health {
        name: api.node.name.clone(),
        status,
        missing,
        storage,
    };
    Ok(Reply::json(&health).status(code))
}

/// What is wrong with a storage.
fn failure(storage: &StorageHealth) -> Option<String> {
    let slow = storage.writes_since().filter(|since| *since > SLOW_WRITE);
    let slow = slow.map(|since| format!("a write has taken {} s so far", since.as_secs()));
    storage.failure().map(|error| error.to_string()).or(slow)
}

pub(super) async fn metrics(api: Api, _call: Call) -> Outcome {
    let look = api.node.handle.read(|node| Gauges {
        height: node.ledger().tip().id(),
        pool: node.pool().count() as u64,
        waiting: node.waiting().count() as u64,
        inbox: node.inbox_len() as u64,
        ..Gauges::default()
    });
    let mut gauges = look.await?;
    gauges.clock = api.node.handle.view().clock;
    gauges.misdeeds = api.node.peers.counts();
    let peers = api.node.peers.list();
    gauges.peers = peers.iter().filter(|peer| peer.connected).count() as u64;
    let text = Bytes::from(api.metrics.encode(&gauges));
    let reply = Reply::new(StatusCode::OK, Content::Full(text));
    Ok(reply.typed("application/openmetrics-text; version=1.0.0; charset=utf-8"))
}
