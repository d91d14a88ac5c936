//! One node or one payment from near.

use serde::Deserialize;
use serde_json::Value as Json;

use super::client::{Client, NODE_TIMEOUT};
use super::error::{CallError, ControllerError};
use super::network::{InboxItem, NodeDetail, NodePlace, NodeView, Whereabouts};
use super::outline::Outline;
use crate::daemon::executor;
use crate::ledger::{Transaction, TxId, UncheckedBlock};
use crate::node::{About, Message, Name, State};

/// What a state holds beside its public parts.
#[derive(Deserialize)]
struct Inside {
    queue: Vec<Queued>,
    waiting: Vec<(Transaction, bool)>,
    inbox: Vec<Item>,
    work: Option<Work>,
}

#[derive(Deserialize)]
struct Queued {
    transaction: Transaction,
}

#[derive(Deserialize)]
struct Item {
    from: Option<Name>,
    ready: u64,
    message: Message,
}

#[derive(Deserialize)]
struct Work {
    candidate: UncheckedBlock,
}

impl Inside {
    fn of(state: &State) -> serde_json::Result<Self> {
        serde_json::from_value(serde_json::to_value(state)?)
    }
}

/// A node that can be asked.
pub(super) async fn detail(client: &Client, view: NodeView) -> Result<NodeDetail, ControllerError> {
    let outline = Outline::ask(client, NODE_TIMEOUT).await?;
    let accounts = client.get("/accounts", NODE_TIMEOUT).await?;
    let peers = client.get("/peer", NODE_TIMEOUT).await?;
    let state = outline.node.state;
    let inside = Inside::of(&state).map_err(|error| CallError::Strange {
        node: view.name.to_string(),
        call: "GET /outline".to_owned(),
        reason: error.to_string(),
    })?;
    let item = |item: Item| InboxItem {
        from: item.from,
        ready: item.ready,
        stamp: item.message.stamp,
        sequence: item.message.sequence,
        kind: item.message.body.kind(),
        about: About::of(&item.message.body),
    };
    Ok(NodeDetail {
        accounts,
        pool: state.pool,
        queue: inside
            .queue
            .into_iter()
            .map(|queued| queued.transaction)
            .collect(),
        waiting: inside
            .waiting
            .into_iter()
            .map(|(transaction, _)| transaction)
            .collect(),
        inbox: inside.inbox.into_iter().map(item).collect(),
        candidate: inside.work.map(|work| work.candidate),
        peers,
        view,
    })
}

/// A node that cannot be asked: what was last seen of it.
pub(super) fn detail_of_absent(view: NodeView) -> NodeDetail {
    NodeDetail {
        view,
        accounts: Json::Object(serde_json::Map::new()),
        pool: Vec::new(),
        queue: Vec::new(),
        waiting: Vec::new(),
        inbox: Vec::new(),
        candidate: None,
        peers: Json::Array(Vec::new()),
    }
}

/// Where a payment is at each of these nodes.
pub(super) async fn whereabouts(
    nodes: Vec<(Name, Client)>,
    id: TxId,
) -> Result<Whereabouts, ControllerError> {
    let ask = |(node, client): (Name, Client)| {
        executor::spawn(async move {
            let place: Json = client.get(&format!("/tx/{id}"), NODE_TIMEOUT).await?;
            let transaction = payment(&client, &place, id).await;
            Ok::<_, CallError>((NodePlace { node, place }, transaction))
        })
    };
    let asked: Vec<_> = nodes.into_iter().map(ask).collect();
    let mut found = Whereabouts {
        transaction: None,
        places: Vec::new(),
    };
    for answer in asked {
        // A node that has not heard of it says 404; one that does not answer has nothing to say.
        if let Ok((place, transaction)) = answer.await {
            found.places.push(place);
            found.transaction = found.transaction.or(transaction);
        }
    }
    match found.places.is_empty() {
        false => Ok(found),
        true => Err(ControllerError::Absent(format!(
            "no node that answers has heard of the payment {id}"
        ))),
    }
}

/// The payment itself, from wherever the node says it is.
async fn payment(client: &Client, place: &Json, id: TxId) -> Option<Transaction> {
    let has_id = |payment: &Transaction| payment.id == id;
    if let Some(block) = place.get("block").and_then(Json::as_u64) {
        let path = format!("/block/{block}");
        let block: UncheckedBlock = client.get(&path, NODE_TIMEOUT).await.ok()?;
        return block
            .transactions
            .iter()
            .find(|payment| has_id(payment))
            .cloned();
    }
    let outline = Outline::ask(client, NODE_TIMEOUT).await.ok()?;
    let state = outline.node.state;
    let inside = Inside::of(&state).ok()?;
    let queued = inside.queue.into_iter().map(|queued| queued.transaction);
    let waiting = inside.waiting.into_iter().map(|(payment, _)| payment);
    state
        .pool
        .into_iter()
        .chain(queued)
        .chain(waiting)
        .find(has_id)
}
