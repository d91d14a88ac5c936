//! The node without its chain, for controllers that look at it after every clock.

use serde::Serialize;

use super::api::Api;
use crate::daemon::http::{Call, Outcome, Reply};
use crate::node::Outline;

#[derive(Serialize)]
struct Answer {
    /// The id of the node's last event when it was like this.
    event: u64,
    /// Of which life of the node that is: what its id ends with.
    history: String,
    /// Milliseconds from tick to tick, when the clock runs by itself.
    ticks_itself: Option<u64>,
    #[serde(flatten)]
    outline: Outline,
}

pub(super) async fn get(api: Api, _call: Call) -> Outcome {
    let handle = api.node.handle.clone();
    let look = api
        .node
        .handle
        .read(move |node| (handle.last_event(), node.outline()));
    let (event, outline) = look.await?;
    let interval = api.node.ticker.interval();
    let answer = Answer {
        event,
        history: api.history.to_string(),
        ticks_itself: interval.map(|every| u64::try_from(every.as_millis()).unwrap_or(u64::MAX)),
        outline,
    };
    // A pool or an inbox can be large: they are written where it holds up nobody.
    Ok(smol::unblock(move || Reply::json(&answer)).await)
}
