//! The whole node as one document.

use super::api::Api;
use crate::daemon::http::Problem;
use crate::daemon::http::{Call, Outcome, Reply};
use crate::node::State;

pub(super) async fn get(api: Api, _call: Call) -> Outcome {
    let _place = api.states.take()?;
    let state = api.node.handle.read(|node| node.state()).await?;
    // A state can be large: it is written where it holds up nobody.
    Ok(smol::unblock(move || Reply::json(&state)).await)
}

pub(super) async fn put(api: Api, call: Call) -> Outcome {
    let body = call.body;
    let state: Result<State, _> = smol::unblock(move || serde_json::from_slice(&body)).await;
    let state = state.map_err(|error| {
        Problem::bad(format!(
            "this is not a state ({error}): send what GET /state answered"
        ))
    })?;
    api.node.handle.restore(state).await?;
    Ok(Reply::done())
}
