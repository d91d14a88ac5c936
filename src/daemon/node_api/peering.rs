//! Peers.

use serde_json::Value as Json;

use super::api::Api;
use super::peers::{MAX_HOST_BYTES, PeerAddress};
use crate::daemon::http::Problem;
use crate::daemon::http::{Call, Outcome, Reply};

pub(super) async fn list(api: Api, _call: Call) -> Outcome {
    Ok(Reply::json(&api.node.peers.list()))
}

pub(super) async fn add(api: Api, call: Call) -> Outcome {
    api.node.peers.add(read_address(&call.body)?)?;
    Ok(Reply::done())
}

pub(super) async fn clear(api: Api, call: Call) -> Outcome {
    api.node.peers.remove(&read_address(&call.body)?)?;
    Ok(Reply::done())
}

fn read_address(body: &[u8]) -> Result<PeerAddress, Problem> {
    let example =
        "send the peer's listening address, as {\"addr\": \"127.0.0.1\", \"port\": 65002}";
    let json: Json = serde_json::from_slice(body)
        .map_err(|error| Problem::bad(format!("the body is not JSON ({error}): {example}")))?;
    let addr = json.get("addr").and_then(Json::as_str).unwrap_or("");
    let named = (1..=MAX_HOST_BYTES).contains(&addr.len())
        && addr
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b".-_:%".contains(&byte));
    if !named {
        return Err(Problem::bad(format!(
            "addr is not an IP address or a host name: {example}"
        )));
    }
    let port = json.get("port").and_then(Json::as_u64);
    let port = port
        .and_then(|port| u16::try_from(port).ok())
        .filter(|port| *port > 0);
    let port = port.ok_or_else(|| {
        Problem::bad(format!(
            "port is not a whole number from 1 to 65535: {example}"
        ))
    })?;
    let addr = addr.to_owned();
    Ok(PeerAddress { addr, port })
}
