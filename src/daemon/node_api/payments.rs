//! Payments and accounts.

use serde::Serialize;
use serde_json::{Map, Value as Json};

use super::api::Api;
use crate::daemon::http::Problem;
use crate::daemon::http::{Call, Outcome, Reply};
use crate::driver::DriverError;
use crate::ledger::{Account, MAX_SAFE_INTEGER, Signature, Transaction, TxId, Value};
use crate::node::{Payment, Place, RequestError};

pub(super) async fn pool(api: Api, _call: Call) -> Outcome {
    let pool = api.node.handle.read(|node| node.pool().cloned().collect());
    let pool: Vec<Transaction> = pool.await?;
    Ok(Reply::json(&pool))
}

/// The answer to a call that the ledger has a say in.
#[derive(Serialize)]
pub(super) struct Verdict {
    result: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<TxId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl Verdict {
    pub(super) fn success(id: Option<TxId>) -> Reply {
        Reply::json(&Self {
            result: "success",
            id,
            reason: None,
        })
    }

    pub(super) fn fail(reason: impl ToString) -> Reply {
        Reply::json(&Self {
            result: "fail",
            id: None,
            reason: Some(reason.to_string()),
        })
    }
}

pub(super) async fn add(api: Api, call: Call) -> Outcome {
    let payment = read_payment(&call.body).map_err(Problem::failed)?;
    match api.node.handle.pay(payment).await {
        Ok(id) => Ok(Verdict::success(Some(id))),
        Err(DriverError::Refused(refused)) if refused != RequestError::NotStarted => {
            Ok(Verdict::fail(refused))
        }
        Err(error) => Err(error.into()),
    }
}

/// Reads a payment, and says which field is wrong and how.
fn read_payment(body: &[u8]) -> Result<Payment, Problem> {
    let json: Json = serde_json::from_slice(body).map_err(|error| {
        Problem::bad(format!(
            "the body is not JSON ({error}): send {{\"sender\": \"aki\", \"recipient\": \"so\", \
             \"value\": 1}}"
        ))
    })?;
    let Json::Object(fields) = json else {
        return Err(Problem::bad(
            "the body is not a JSON object: send {\"sender\": \"aki\", \"recipient\": \"so\", \
             \"value\": 1}",
        ));
    };
    Ok(Payment {
        id: read_id(&fields)?,
        sender: read_account(&fields, "sender")?,
        recipient: read_account(&fields, "recipient")?,
        value: read_value(&fields)?,
        sequence: read_sequence(&fields)?,
        signature: read_signature(&fields)?,
    })
}

fn read_id(fields: &Map<String, Json>) -> Result<Option<TxId>, Problem> {
    match fields.get("id") {
        None | Some(Json::Null) => Ok(None),
        Some(Json::String(id)) => id.parse().map(Some).map_err(|error| {
            Problem::bad(format!(
                "id: {error}; send such an id, or leave it out to have one made"
            ))
        }),
        Some(_) => Err(Problem::bad(
            "id is not a string: send 32 hex digits, or leave it out to have one made",
        )),
    }
}

/// The number of a signed payment.
fn read_sequence(fields: &Map<String, Json>) -> Result<Option<u64>, Problem> {
    match fields.get("sequence") {
        None | Some(Json::Null) => Ok(None),
        Some(sequence) => sequence.as_u64().map(Some).ok_or_else(|| {
            Problem::bad(format!(
                "sequence is not a whole number from 0 to {MAX_SAFE_INTEGER}: send what `tickchain key \
                 sign` prints"
            ))
        }),
    }
}

fn read_signature(fields: &Map<String, Json>) -> Result<Option<Signature>, Problem> {
    const HOW: &str = "send what `tickchain key sign` prints";
    match fields.get("signature") {
        None | Some(Json::Null) => Ok(None),
        Some(Json::String(signature)) => signature
            .parse()
            .map(Some)
            .map_err(|error| Problem::bad(format!("signature: {error}; {HOW}"))),
        Some(_) => Err(Problem::bad(format!("signature is not a string: {HOW}"))),
    }
}

fn read_account(fields: &Map<String, Json>, field: &str) -> Result<Account, Problem> {
    match fields.get(field) {
        Some(Json::String(name)) => name
            .parse()
            .map_err(|error| Problem::bad(format!("{field}: {error}"))),
        Some(_) => Err(Problem::bad(format!(
            "{field} is not a string: send an account's name"
        ))),
        None => Err(Problem::bad(format!(
            "{field} is missing: send an account's name"
        ))),
    }
}

fn read_value(fields: &Map<String, Json>) -> Result<Value, Problem> {
    let value = fields.get("value");
    let number = value.and_then(Json::as_u64);
    number
        .and_then(|number| Value::try_from(number).ok())
        .ok_or_else(|| {
            let found = match value {
                None => "is missing",
                Some(Json::String(_)) => "is a string",
                Some(Json::Number(_)) => "is out of range or not whole",
                Some(_) => "is not a number",
            };
            Problem::bad(format!(
                "value {found}: send a whole number from 1 to {MAX_SAFE_INTEGER}, without quotes"
            ))
        })
}

#[derive(Serialize)]
struct Whereabouts {
    id: TxId,
    place: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    block: Option<u64>,
    /// 1 for a payment in the tip.
    #[serde(skip_serializing_if = "Option::is_none")]
    confirmations: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

pub(super) async fn place(api: Api, call: Call) -> Outcome {
    let id: TxId = call.param.parse().map_err(|_| {
        let shown: String = call.param.chars().take(40).collect();
        Problem::bad(format!(
            "a payment's id is 32 hex digits 0-9a-f, not {shown:?}"
        ))
    })?;
    let look = api
        .node
        .handle
        .read(move |node| (node.place(&id), node.ledger().tip().id()));
    let (place, tip) = look.await?;
    let mut answer = Whereabouts {
        id,
        place: "waiting",
        block: None,
        confirmations: None,
        reason: None,
    };
    match place {
        None => {
            return Err(Problem::absent(format!(
                "this node has not heard of payment {id}: add it with POST /tx/add"
            )));
        }
        Some(Place::Waiting) => {}
        Some(Place::Pool) => answer.place = "pool",
        Some(Place::Block { id: block }) => {
            answer.place = "block";
            answer.block = Some(block);
            answer.confirmations = Some(tip.saturating_sub(block) + 1);
        }
        Some(Place::Refused { reason }) => {
            answer.place = "refused";
            answer.reason = Some(reason);
        }
    }
    Ok(Reply::json(&answer))
}

pub(super) async fn accounts(api: Api, _call: Call) -> Outcome {
    let accounts = api
        .node
        .handle
        .read(|node| node.ledger().accounts())
        .await?;
    Ok(Reply::json(&Balances(accounts)))
}

/// An object of names and balances, in the order given.
struct Balances(Vec<(Account, u64)>);

impl Serialize for Balances {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_map(self.0.iter().map(|(name, balance)| (name, balance)))
    }
}
