//! What the controller knows: the network, its nodes, blocks and payments.

use std::collections::BTreeMap;

use hyper::StatusCode;
use serde::Serialize;

use super::Api;
use crate::daemon::controller::Reach;
use crate::daemon::http::{Call, Outcome, Problem, Reply, feed};
use crate::ledger::{Hash, TxId};
use crate::node::Name;

/// The ids whose blocks `GET tree` shows at most, and without `?limit=`.
const MAX_TREE: u64 = 10_000;

pub(super) async fn network(api: Api, _call: Call) -> Outcome {
    Ok(Reply::json(&api.controller.network()))
}

pub(super) async fn events(api: Api, call: Call) -> Outcome {
    feed(&call, &api.streams, &api.closing, api.history, |after| {
        api.controller.subscribe(after)
    })
}

pub(super) async fn node(api: Api, call: Call) -> Outcome {
    let name: Name = (call.param.parse())
        .map_err(|error| Problem::bad(format!("/node/NAME takes a node's name: {error}")))?;
    Ok(Reply::json(&api.controller.node(&name).await?))
}

pub(super) async fn tree(api: Api, call: Call) -> Outcome {
    call.check_query(&["from", "limit"])?;
    let from = call.query_number("from")?.unwrap_or(0);
    let limit = call.query_number("limit")?.unwrap_or(MAX_TREE);
    let tree = api.controller.tree(from, limit.min(MAX_TREE)).await;
    Ok(smol::unblock(move || Reply::json(&tree)).await)
}

pub(super) async fn block(api: Api, call: Call) -> Outcome {
    let hash: Hash = (call.param.parse())
        .map_err(|error| Problem::bad(format!("a block's hash is 64 hex digits: {error}")))?;
    Ok(Reply::json(&*api.controller.block(hash).await?))
}

pub(super) async fn payment(api: Api, call: Call) -> Outcome {
    let id: TxId = (call.param.parse())
        .map_err(|error| Problem::bad(format!("a payment's id is 32 hex digits: {error}")))?;
    Ok(Reply::json(&api.controller.tx(id).await?))
}

#[derive(Serialize)]
struct Health {
    status: &'static str,
    /// Nodes that should answer and do not.
    missing: Vec<Name>,
    nodes: BTreeMap<Name, Reach>,
}

pub(super) async fn healthz(api: Api, _call: Call) -> Outcome {
    let nodes = api.controller.network().nodes;
    let nodes: BTreeMap<_, _> = (nodes.into_iter())
        .map(|node| (node.name, node.state))
        .collect();
    let missing: Vec<Name> = (nodes.iter())
        .filter(|(_, state)| matches!(state, Reach::Slow | Reach::Down))
        .map(|(name, _)| name.clone())
        .collect();
    let (status, code) = match missing.is_empty() {
        true => ("ok", StatusCode::OK),
        false => ("waiting", StatusCode::SERVICE_UNAVAILABLE),
    };
    let health = Health {
        status,
        missing,
        nodes,
    };
    Ok(Reply::json(&health).status(code))
}
