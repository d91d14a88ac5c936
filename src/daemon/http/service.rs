//! One request, from its header to its answer.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};
use hyper::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, ALLOW, CACHE_CONTROL, CONNECTION, HeaderName, HeaderValue, ORIGIN,
    VARY, X_CONTENT_TYPE_OPTIONS,
};
use hyper::http::request::Parts;
use hyper::{Method, Request, Response, StatusCode};
use smol::Timer;
use smol::future::FutureExt;

use super::api::{Api, Closing, Limit, NodeApi, Place, Shared};
use super::call::{Call, Content, Outcome, Reply};
use super::events::MAX_STREAMS;
use super::guard::Pass;
use super::metrics::Metrics;
use super::problem::Problem;
use super::router::Router;
use super::routes::{Route, allowed, unrouted};
use crate::node::MAX_MESSAGE_BYTES;

/// The largest body of an ordinary POST, 64 KiB.
pub const MAX_BODY_BYTES: usize = 64 * 1024;

/// The largest body of `POST block/add`: as large as a message between peers, 4 MiB.
pub const MAX_BLOCK_BODY_BYTES: usize = MAX_MESSAGE_BYTES;

/// The largest body of `PUT state`, 256 MiB.
pub const MAX_STATE_BODY_BYTES: usize = 256 * 1024 * 1024;

/// Bodies of `POST block/add` that are read at once.
pub const MAX_LARGE_BODIES: usize = 8;

/// The time a client has to send a body.
pub const BODY_TIMEOUT: Duration = Duration::from_secs(20);

const PRIVATE_NETWORK: HeaderName = HeaderName::from_static("access-control-allow-private-network");

/// The HTTP API of one node. Cheap to clone.
#[derive(Clone)]
pub struct Service(Arc<Inner>);

struct Inner {
    api: Api,
    router: Router,
    /// Counts events; ends with the service.
    _watch: smol::Task<()>,
}

impl Service {
    /// The API of this node. Starts a task on smol's global executor that counts the node's events.
    pub fn new(node: NodeApi) -> Self {
        let events = node.handle.subscribe(None);
        let api = Arc::new(Shared {
            node,
            metrics: Metrics::new(),
            streams: Limit::new(MAX_STREAMS, "event streams"),
            large_bodies: Limit::new(MAX_LARGE_BODIES, "large bodies"),
            states: Limit::new(1, "state"),
            closing: Closing::new(),
        });
        let watched = Arc::clone(&api);
        Self(Arc::new(Inner {
            router: Router::new(Arc::clone(&api)),
            api,
            _watch: smol::spawn(async move { watched.metrics.watch(events).await }),
        }))
    }

    pub(super) fn closing(&self) -> &Closing {
        &self.0.api.closing
    }

    /// Answers a request. Never fails: what goes wrong is an answer as well.
    pub(super) async fn answer(&self, request: Request<Incoming>) -> Response<Content> {
        let began = Instant::now();
        let (parts, body) = request.into_parts();
        let method = parts.method.clone();
        let head = method == Method::HEAD;
        let checked = self.0.api.node.guard.check(&parts);
        let (pass, route, outcome) = match checked {
            Ok(pass) => {
                let (route, outcome) = self.run(parts, body, &pass).await;
                (pass, route, outcome)
            }
            Err(problem) => {
                let reply = Reply::from(problem);
                (Pass::default(), None, Ok(unread(&body, reply)))
            }
        };
        let mut reply = outcome.unwrap_or_else(Reply::from);
        self.finish(&pass, &mut reply);
        if head && matches!(reply.content, Content::Pieces(_)) {
            reply.content = Content::Empty;
        }
        let route = route.map_or("none", |route| route.path);
        let took = began.elapsed();
        self.0
            .api
            .metrics
            .request(&method, route, reply.status, took);
        let mut response = Response::new(reply.content);
        *response.status_mut() = reply.status;
        *response.headers_mut() = reply.headers;
        response
    }

    async fn run(
        &self,
        parts: Parts,
        body: Incoming,
        pass: &Pass,
    ) -> (Option<&'static Route>, Outcome) {
        if parts.method == Method::OPTIONS {
            return (None, options(&parts, pass));
        }
        let (body, _places) = match self.read_body(&parts, body).await {
            Ok(body) => body,
            Err(reply) => return (None, Ok(reply)),
        };
        let call = Call {
            parts,
            body,
            param: String::new(),
        };
        let answer = AssertUnwindSafe(self.0.router.answer(call)).catch_unwind();
        answer.await.unwrap_or_else(|panic| {
            log::error!("a handler panicked: {}", panic_text(&*panic));
            let detail = "the node has a fault in this call: please report it, with what you sent";
            let problem = Problem::new(StatusCode::INTERNAL_SERVER_ERROR, detail);
            (None, Err(problem))
        })
    }

    /// Reads a body of POST or PUT up to its cap. An error is an answer that ends the connection,
    /// since the rest of the body still stands in front of the next request.
    async fn read_body(
        &self,
        parts: &Parts,
        body: Incoming,
    ) -> Result<(Bytes, Option<Place>), Reply> {
        if !matches!(parts.method, Method::POST | Method::PUT) || body.is_end_stream() {
            return Ok((Bytes::new(), None));
        }
        let api = &self.0.api;
        let (cap, place) = match (&parts.method, parts.uri.path()) {
            (&Method::POST, "/block/add") => {
                (MAX_BLOCK_BODY_BYTES, api.large_bodies.take().map(Some))
            }
            (&Method::PUT, "/state") => (MAX_STATE_BODY_BYTES, api.states.take().map(Some)),
            _ => (MAX_BODY_BYTES, Ok(None)),
        };
        let too_large = || {
            Problem::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                format!("the body is too large: this call takes {cap} bytes at most"),
            )
        };
        let place = place.map_err(|problem| unread(&body, problem.into()))?;
        if body.size_hint().lower() > cap as u64 {
            return Err(unread(&body, too_large().into()));
        }
        let read = async { Some(Limited::new(body, cap).collect().await) };
        let timeout = async {
            Timer::after(BODY_TIMEOUT).await;
            None
        };
        let problem = match read.or(timeout).await {
            Some(Ok(body)) => return Ok((body.to_bytes(), place)),
            Some(Err(error)) if error.is::<LengthLimitError>() => too_large(),
            Some(Err(error)) => {
                Problem::bad(format!("the body broke off ({error}): send it again"))
            }
            None => Problem::new(
                StatusCode::REQUEST_TIMEOUT,
                format!(
                    "the body did not come within {} s: send it again",
                    BODY_TIMEOUT.as_secs()
                ),
            ),
        };
        Err(last(problem.into()))
    }

    /// Headers that every answer has.
    fn finish(&self, pass: &Pass, reply: &mut Reply) {
        let headers = &mut reply.headers;
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if !self.0.api.node.guard.allow_origins.is_empty() {
            headers.insert(VARY, HeaderValue::from_name(ORIGIN));
        }
        if let Some(origin) = &pass.origin {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        }
    }
}

/// OPTIONS: what an address takes, and for a page from elsewhere that is allowed, what it may do.
fn options(parts: &Parts, pass: &Pass) -> Outcome {
    let Some(allow) = allowed(parts.uri.path()) else {
        return Err(unrouted(&parts.method, parts.uri.path()));
    };
    let allow = HeaderValue::from_str(&allow).expect("method names are ASCII");
    let reply = Reply::new(StatusCode::NO_CONTENT, Content::Empty).with(ALLOW, allow.clone());
    if !pass.preflight {
        return Ok(reply);
    }
    let headers = HeaderValue::from_static("authorization, content-type, last-event-id");
    let reply = reply
        .with(ACCESS_CONTROL_ALLOW_METHODS, allow)
        .with(ACCESS_CONTROL_ALLOW_HEADERS, headers)
        .with(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"))
        .with(PRIVATE_NETWORK, HeaderValue::from_static("true"));
    Ok(reply)
}

/// An answer to a request whose body was not read.
fn unread(body: &Incoming, reply: Reply) -> Reply {
    if body.is_end_stream() {
        reply
    } else {
        last(reply)
    }
}

/// The last answer on its connection.
fn last(reply: Reply) -> Reply {
    reply.with(CONNECTION, HeaderValue::from_static("close"))
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}
