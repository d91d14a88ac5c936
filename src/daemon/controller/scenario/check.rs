//! Whether the network is as a step expects it.

use std::collections::BTreeSet;
use std::fmt::Display;

use serde_json::Value as Json;

use super::expect::{Expectation, Fact, Of, TxPlace};
use crate::daemon::controller::{Controller, ControllerError, NodeView, Reach};
use crate::ledger::{Account, Hash, TxId};
use crate::node::Name;

/// What a node refused, and why.
pub(super) type Refusals = BTreeSet<(Name, String)>;

/// What is expected and not so, in a sentence; `None` where all is as expected.
///
/// # Errors
/// A [`ControllerError`] when a node that is up does not answer.
pub(super) async fn unmet(
    controller: &Controller,
    expectation: &Expectation,
    refusals: &Refusals,
) -> Result<Option<String>, ControllerError> {
    let views = controller.network().nodes;
    let fact = &expectation.fact;
    if let Fact::Tips(expected) = fact {
        return Ok(tips(*expected, &views));
    }
    for view in &views {
        let is_meant = match &expectation.of {
            Of::Node(name) => *name == view.name,
            Of::Every => view.state == Reach::Up || matches!(fact, Fact::State(_)),
            Of::Network => false,
        };
        if !is_meant {
            continue;
        }
        let difference = match fact {
            Fact::State(expected) => differs("state", reach(*expected), reach(view.state)),
            _ if view.state != Reach::Up => {
                Some(format!("expected to be up, found {}", reach(view.state)))
            }
            Fact::Side(expected) => {
                let found = side(controller, &view.name).await;
                differs("blocks on side branches", expected, &found)
            }
            Fact::Balance(account, expected) => {
                let accounts = controller.node(&view.name).await?.accounts;
                balance(account, *expected, &accounts)
            }
            Fact::Tx(id, expected) => place(controller, &view.name, *id, expected).await?,
            Fact::Refused(words) => refused(&view.name, words, refusals),
            fact => of_view(view, fact, &views),
        };
        if let Some(difference) = difference {
            return Ok(Some(format!("{}: {difference}", view.name)));
        }
    }
    Ok(None)
}

/// What can be seen from afar.
fn of_view(view: &NodeView, fact: &Fact, views: &[NodeView]) -> Option<String> {
    match fact {
        Fact::Status(expected) => differs("status", expected.as_str(), view.status.as_str()),
        Fact::Clock(expected) => differs("clock", expected, &view.clock),
        Fact::Height(expected) => differs("height", expected, &view.height),
        Fact::Pool(expected) => differs("payments in the pool", expected, &view.pool),
        Fact::Inbox(expected) => differs("messages in the inbox", expected, &view.inbox),
        Fact::Waiting(expected) => differs("payments that wait", expected, &view.waiting),
        Fact::Tip(other) => {
            let tip = |view: &NodeView| view.tip.map_or("none".to_owned(), |tip| tip.to_string());
            let other = views.iter().find(|view| view.name == *other)?;
            differs(&format!("tip of {}", other.name), &tip(other), &tip(view))
        }
        _ => None,
    }
}

fn differs<T: PartialEq + Display + ?Sized>(what: &str, expected: &T, found: &T) -> Option<String> {
    (expected != found).then(|| format!("expected {what} {expected}, found {found}"))
}

fn reach(state: Reach) -> &'static str {
    match state {
        Reach::Up => "up",
        Reach::Slow => "slow",
        Reach::Down => "down",
        Reach::Crashed => "crashed",
    }
}

fn tips(expected: u64, views: &[NodeView]) -> Option<String> {
    let up = views.iter().filter(|view| view.state == Reach::Up);
    let tips: BTreeSet<Hash> = up.filter_map(|view| view.tip).collect();
    let found = tips.len() as u64;
    differs("number of different tips", &expected, &found)
}

async fn side(controller: &Controller, node: &Name) -> u64 {
    let outlines = controller.turn().await.outlines();
    let outline = outlines.into_iter().find(|(name, _)| name == node);
    let outline = outline.and_then(|(_, outline)| outline);
    outline.map_or(0, |outline| outline.node.side.len() as u64)
}

/// An account that is not there has nothing.
fn balance(account: &Account, expected: u64, accounts: &Json) -> Option<String> {
    let found = accounts.get(account.as_str()).and_then(Json::as_u64);
    differs(
        &format!("balance of {account}"),
        &expected,
        &found.unwrap_or(0),
    )
}

async fn place(
    controller: &Controller,
    node: &Name,
    id: TxId,
    expected: &TxPlace,
) -> Result<Option<String>, ControllerError> {
    let places = match controller.tx(id).await {
        Ok(whereabouts) => whereabouts.places,
        Err(ControllerError::Absent(_)) => Vec::new(),
        Err(error) => return Err(error),
    };
    let said = places.iter().find(|place| place.node == *node);
    let said = said.map(|said| &said.place);
    let found = match (said, said.and_then(|said| said["place"].as_str())) {
        (Some(said), Some("block")) => match expected {
            TxPlace::Block(None) => TxPlace::Block(None),
            _ => TxPlace::Block(said["block"].as_u64()),
        },
        (Some(_), Some("pool")) => TxPlace::Pool,
        (Some(_), Some("waiting")) => TxPlace::Waiting,
        (Some(_), Some("refused")) => TxPlace::Refused,
        _ => TxPlace::Absent,
    };
    Ok(differs(&format!("payment {id} to be"), expected, &found))
}

fn refused(node: &Name, words: &str, refusals: &Refusals) -> Option<String> {
    let reasons: Vec<&str> = (refusals.iter())
        .filter(|(name, _)| name == node)
        .map(|(_, reason)| reason.as_str())
        .collect();
    if reasons.iter().any(|reason| reason.contains(words)) {
        return None;
    }
    let found = match reasons.is_empty() {
        true => "nothing refused".to_owned(),
        false => reasons.join("; "),
    };
    Some(format!("expected a refusal with {words:?}, found {found}"))
}
