//! Calls that move a node, and its status.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::api::Api;
use crate::daemon::http::Problem;
use crate::daemon::http::{Call, Outcome, Reply, number};

/// The longest interval of a clock that runs by itself, a day in milliseconds.
const MAX_INTERVAL_MS: u64 = 24 * 60 * 60 * 1000;

pub(super) async fn start(api: Api, _call: Call) -> Outcome {
    api.node.handle.start(salt()?).await?;
    Ok(Reply::done())
}

pub(super) async fn reset(api: Api, _call: Call) -> Outcome {
    api.node.handle.reset(salt()?).await?;
    Ok(Reply::done())
}

pub(super) async fn mine(api: Api, _call: Call) -> Outcome {
    api.node.handle.mine().await?;
    Ok(Reply::done())
}

pub(super) async fn clock(api: Api, call: Call) -> Outcome {
    let to = number(&call.param, "/clock/N")?;
    if api.node.ticker.interval().is_some() {
        return Err(Problem::conflict(
            "the node's clock runs by itself: stop it with POST /tick {\"interval_ms\": null} first",
        ));
    }
    api.node.handle.clock(to).await?;
    Ok(Reply::done())
}

#[derive(Deserialize)]
struct Tick {
    #[serde(deserialize_with = "Option::deserialize")]
    interval_ms: Option<u64>,
}

pub(super) async fn tick(api: Api, call: Call) -> Outcome {
    let malformed = || {
        Problem::bad(format!(
            "send {{\"interval_ms\": N}} with a whole number from 1 to {MAX_INTERVAL_MS}, or null to \
             stop"
        ))
    };
    let tick: Tick = serde_json::from_slice(&call.body).map_err(|_| malformed())?;
    let interval = match tick.interval_ms {
        Some(ms) if !(1..=MAX_INTERVAL_MS).contains(&ms) => return Err(malformed()),
        interval => interval.map(Duration::from_millis),
    };
    api.node.ticker.set(interval);
    Ok(Reply::done())
}

#[derive(Serialize)]
struct StatusAnswer {
    clock: u64,
    status: &'static str,
}

pub(super) async fn status(api: Api, _call: Call) -> Outcome {
    let view = api.node.handle.view();
    Ok(Reply::json(&StatusAnswer {
        clock: view.clock,
        status: view.status.as_str(),
    }))
}

/// What makes the payments of this run its own: 53 random bits, which JSON readers of a state see
/// exactly.
fn salt() -> Result<u64, Problem> {
    let random = getrandom::u64().map(|random| random >> 11);
    random.map_err(|error| {
        Problem::busy(format!(
            "the system gave no random number ({error}): try again"
        ))
    })
}
