//! The node's event stream.

use super::api::Api;
use crate::daemon::http::{Call, Outcome, feed};

pub(super) async fn events(api: Api, call: Call) -> Outcome {
    feed(&call, &api.streams, &api.closing, api.history, |after| {
        api.node.handle.subscribe(after)
    })
}
