//! The page and its files.

use bytes::Bytes;
use hyper::StatusCode;
use hyper::header::{CONTENT_SECURITY_POLICY, HeaderValue, REFERRER_POLICY};

use super::Api;
use crate::daemon::dashboard::{self, Asset};
use crate::daemon::http::{Call, Content, Outcome, Problem, Reply};

/// What the page may load, and who may frame it: its own files, and nobody.
const POLICY: &str =
    "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

pub(super) async fn page(_api: Api, _call: Call) -> Outcome {
    let page = dashboard::find(dashboard::PAGE).expect("a test sees that it is embedded");
    Ok(shown(page))
}

pub(super) async fn file(_api: Api, call: Call) -> Outcome {
    let path = call.parts.uri.path();
    let asset = path.strip_prefix("/dashboard/").and_then(dashboard::find);
    asset.map(shown).ok_or_else(|| {
        let path: String = path.chars().take(80).collect();
        Problem::absent(format!(
            "the page has no file {path:?}: open / for the page"
        ))
    })
}

fn shown(asset: &'static Asset) -> Reply {
    Reply::new(
        StatusCode::OK,
        Content::Full(Bytes::from_static(asset.bytes)),
    )
    .typed(asset.content_type())
    .with(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY))
    .with(REFERRER_POLICY, HeaderValue::from_static("no-referrer"))
}
