//! Calls that do something with the network.

use std::time::Duration;

use serde::Deserialize;

use super::Api;
use crate::daemon::controller::{Action, ControllerError};
use crate::daemon::executor;
use crate::daemon::http::{Call, Outcome, Place, Problem, Reply};

/// Actions that are being done or wait for their turn at once.
pub const MAX_ACTIONS: usize = 64;

/// The longest pause between two ticks of `POST play`, a minute in milliseconds.
pub const MAX_INTERVAL_MS: u64 = 60_000;

pub(super) async fn act(api: Api, call: Call) -> Outcome {
    let action: Action = serde_json::from_slice(&call.body).map_err(|error| {
        Problem::bad(format!(
            "this is no action ({error}): send one such as {{\"tick\": 1}} or {{\"mine\": \"node1\"}}, \
             GET /openapi.json lists them"
        ))
    })?;
    let place = api.actions.take()?;
    let outcome = to_its_end(place, async move { api.controller.act(action).await }).await?;
    Ok(Reply::json(&outcome))
}

/// Does something that is brought to its end also when whoever asked has left. Its place is taken until
/// then: else calls that are given up would pile up without a bound.
pub(super) async fn to_its_end<T: Send + 'static>(
    place: Place,
    doing: impl Future<Output = Result<T, ControllerError>> + Send + 'static,
) -> Result<T, Problem> {
    let (told, outcome) = async_channel::bounded(1);
    let doing = async move {
        let outcome = doing.await;
        drop(place);
        // Whoever asked may have left.
        let _ = told.try_send(outcome);
    };
    executor::spawn(doing).detach();
    match outcome.recv().await {
        Ok(outcome) => Ok(outcome?),
        Err(_) => Err(Problem::fault()),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Play {
    interval_ms: u64,
}

pub(super) async fn play(api: Api, call: Call) -> Outcome {
    let interval = read_interval(&call.body)?;
    api.controller.play(interval).await?;
    Ok(Reply::done())
}

/// Reads `{"interval_ms": N}`.
pub(super) fn read_interval(body: &[u8]) -> Result<Duration, Problem> {
    let play = serde_json::from_slice(body).ok();
    let play = play.filter(|play: &Play| play.interval_ms <= MAX_INTERVAL_MS);
    let play = play.ok_or_else(|| {
        Problem::bad(format!(
            "send {{\"interval_ms\": N}} with a whole number from 0 to {MAX_INTERVAL_MS}"
        ))
    })?;
    Ok(Duration::from_millis(play.interval_ms))
}

pub(super) async fn pause(api: Api, _call: Call) -> Outcome {
    api.controller.pause().await;
    Ok(Reply::done())
}
