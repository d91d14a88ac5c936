//! Going back in the network's history, saving and loading it.

use hyper::header::{CONTENT_DISPOSITION, HeaderValue};
use serde::Deserialize;

use super::Api;
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
    api.controller.goto(moment.branch, moment.tick).await?;
    Ok(Reply::done())
}

pub(super) async fn save(api: Api, _call: Call) -> Outcome {
    let _place = api.network_files.take()?;
    let tick = api.controller.network().tick;
    let file = api.controller.save().await?;
    let name = format!("attachment; filename=\"tickchain-tick-{tick}.json\"");
    let name = HeaderValue::try_from(name).expect("words and a number are ASCII");
    Ok(Reply::json_bytes(file).with(CONTENT_DISPOSITION, name))
}

pub(super) async fn load(api: Api, call: Call) -> Outcome {
    api.controller.load(call.body).await?;
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
    let _place = api.network_files.take()?;
    api.controller.save_snapshot(&name).await?;
    Ok(Reply::done())
}

pub(super) async fn restore_snapshot(api: Api, call: Call) -> Outcome {
    let name = read_name(&call.body)?;
    let _place = api.network_files.take()?;
    api.controller.restore_snapshot(&name).await?;
    Ok(Reply::done())
}

pub(super) async fn remove_snapshot(api: Api, call: Call) -> Outcome {
    let name = read_name(&call.body)?;
    api.controller.remove_snapshot(&name).await?;
    Ok(Reply::done())
}
