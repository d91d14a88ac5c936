//! Going back in the network's history, saving and loading it.

use hyper::header::{CONTENT_DISPOSITION, HeaderValue};
use serde::Deserialize;

use super::Api;
use super::act::to_its_end;
use crate::daemon::http::{Call, Outcome, Problem, Reply};

pub(super) async fn history(api: Api, _call: Call) -> Outcome {
    Ok(Reply::json(&api.controller.history()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Moment {
    branch: u64,
    tick: u64,
}

pub(super) async fn go_to(api: Api, call: Call) -> Outcome {
    let moment: Moment = serde_json::from_slice(&call.body).map_err(|error| {
        Problem::bad(format!(
            "send {{\"branch\": 0, \"tick\": 5}} with a branch and a tick that GET /history lists ({error})"
        ))
    })?;
    let place = api.actions.take()?;
    let going = async move { api.controller.goto(moment.branch, moment.tick).await };
    to_its_end(place, going).await?;
    Ok(Reply::done())
}

pub(super) async fn save(api: Api, _call: Call) -> Outcome {
    let _place = api.networks.take()?;
    let tick = api.controller.network().tick;
    let file = api.controller.save().await?;
    let name = format!("attachment; filename=\"tickchain-tick-{tick}.json\"");
    let name = HeaderValue::try_from(name).expect("words and a number are ASCII");
    Ok(Reply::json_bytes(file).with(CONTENT_DISPOSITION, name))
}

pub(super) async fn load(api: Api, call: Call) -> Outcome {
    let place = api.networks.take()?;
    let loading = async move { api.controller.load(call.body).await };
    to_its_end(place, loading).await?;
    Ok(Reply::done())
}

pub(super) async fn snapshots(api: Api, _call: Call) -> Outcome {
    Ok(Reply::json(&api.controller.snapshots().await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    name: String,
}

fn read_name(body: &[u8]) -> Result<String, Problem> {
    let named: Named = serde_json::from_slice(body).map_err(|error| {
        Problem::bad(format!(
            "send {{\"name\": NAME}} with a snapshot's name ({error})"
        ))
    })?;
    Ok(named.name)
}

pub(super) async fn save_snapshot(api: Api, call: Call) -> Outcome {
    let name = read_name(&call.body)?;
    let place = api.networks.take()?;
    let saving = async move { api.controller.save_snapshot(&name).await };
    to_its_end(place, saving).await?;
    Ok(Reply::done())
}

pub(super) async fn restore_snapshot(api: Api, call: Call) -> Outcome {
    let name = read_name(&call.body)?;
    let place = api.networks.take()?;
    let restoring = async move { api.controller.restore_snapshot(&name).await };
    to_its_end(place, restoring).await?;
    Ok(Reply::done())
}

pub(super) async fn remove_snapshot(api: Api, call: Call) -> Outcome {
    let name = read_name(&call.body)?;
    api.controller.remove_snapshot(&name).await?;
    Ok(Reply::done())
}
