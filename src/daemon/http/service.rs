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

use super::bounds::{Closing, Limit, Place};
use super::call::{Call, Content, Outcome, Reply};
use super::guard::{Guard, Pass, check_type};
use super::problem::Problem;
use super::router::Router;
use super::routes::Route;

/// The largest body of an ordinary POST, 4 KiB: a payment takes 1,200 bytes with every letter escaped, and each
/// connection may hold a body that does not end.
pub const MAX_BODY_BYTES: usize = 4 * 1024;

/// The time a client has to send a body.
pub const BODY_TIMEOUT: Duration = Duration::from_secs(20);

const PRIVATE_NETWORK: HeaderName = HeaderName::from_static("access-control-allow-private-network");

/// What is served: what a service asks beside the handlers.
pub(crate) trait Application: Send + Sync + 'static {
    /// Who may call.
    fn guard(&self) -> &Guard;

    /// Told when the service closes.
    fn closing(&self) -> &Closing;

    /// Whether who calls has shown that they may: by default, with the guard's token.
    fn admit(&self, parts: &Parts) -> Result<(), Problem> {
        self.guard().check_token(parts)
    }

    /// Of a call that takes more than [`MAX_BODY_BYTES`], how much, and of how many at once.
    fn large_body(&self, method: &Method, path: &str) -> Option<(usize, &Arc<Limit>)>;

    /// A request was answered; `route` is its path with `:name` for the parameter.
    fn answered(&self, method: &Method, route: &'static str, status: StatusCode, took: Duration) {
        let _ = (method, route, status, took);
    }
}

/// An HTTP API, to be carried by [`serve`](super::serve). Cheap to clone.
#[derive(Clone)]
pub struct Service(Arc<Inner>);

struct Inner {
    app: Arc<dyn Application>,
    router: Router,
}

impl Service {
    /// The API that has these routes.
    pub(crate) fn new<A: Application>(app: Arc<A>, routes: &'static [Route<A>]) -> Self {
        let router = Router::new(&app, routes);
        Self(Arc::new(Inner { app, router }))
    }

    pub(super) fn closing(&self) -> &Closing {
        self.0.app.closing()
    }

    /// Answers a request; `begin` is called once all of it is there. Never fails: what goes wrong is an
    /// answer as well.
    pub(super) async fn answer(
        &self,
        request: Request<Incoming>,
        begin: impl FnOnce(),
    ) -> Response<Content> {
        let began = Instant::now();
        let (mut parts, body) = request.into_parts();
        let method = parts.method.clone();
        let head = method == Method::HEAD;
        let (pass, route, outcome) = match self.check(&parts) {
            Ok(pass) => {
                if !body.is_end_stream() {
                    let_go_of_buffer(&mut parts);
                }
                let read = self.read_body(&parts, body).await;
                begin();
                let (route, outcome) = match read {
                    Ok((body, _place)) => self.run(parts, body, &pass).await,
                    Err(reply) => (None, Ok(reply)),
                };
                (pass, route, outcome)
            }
            Err(problem) => {
                begin();
                (Pass::default(), None, Ok(unread(&body, problem.into())))
            }
        };
        let mut reply = outcome.unwrap_or_else(Reply::from);
        self.finish(&pass, &mut reply);
        if head && matches!(reply.content, Content::Pieces(_)) {
            reply.content = Content::Empty;
        }
        let (route, took) = (route.unwrap_or("none"), began.elapsed());
        self.0.app.answered(&method, route, reply.status, took);
        let mut response = Response::new(reply.content);
        *response.status_mut() = reply.status;
        *response.headers_mut() = reply.headers;
        response
    }

    /// Everything that is asked of a request before anything runs, but its body.
    fn check(&self, parts: &Parts) -> Result<Pass, Problem> {
        let pass = self.0.app.guard().check(parts)?;
        // A preflight never carries credentials, and nothing is done for it.
        if !pass.preflight {
            self.0.app.admit(parts)?;
            check_type(parts)?;
        }
        Ok(pass)
    }

    async fn run(&self, parts: Parts, body: Bytes, pass: &Pass) -> (Option<&'static str>, Outcome) {
        if parts.method == Method::OPTIONS {
            return (None, self.options(&parts, pass));
        }
        let call = Call {
            parts,
            body,
            param: String::new(),
        };
        let answer = AssertUnwindSafe(self.0.router.answer(call)).catch_unwind();
        answer.await.unwrap_or_else(|panic| {
            log::error!("a handler panicked: {}", panic_text(&*panic));
            (None, Err(Problem::fault()))
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
        let (cap, place) = match self.0.app.large_body(&parts.method, parts.uri.path()) {
            Some((cap, at_once)) => (cap, at_once.take().map(Some)),
            None => (MAX_BODY_BYTES, Ok(None)),
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
        let read = async { Some(gather(Limited::new(body, cap)).await) };
        let timeout = async {
            Timer::after(BODY_TIMEOUT).await;
            None
        };
        let problem = match read.or(timeout).await {
            Some(Ok(body)) => return Ok((body.into(), place)),
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
        if !self.0.app.guard().allow_origins.is_empty() {
            headers.insert(VARY, HeaderValue::from_name(ORIGIN));
        }
        if let Some(origin) = &pass.origin {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        }
    }

    /// OPTIONS: what an address takes, and for a page from elsewhere that is allowed, what it may do.
    fn options(&self, parts: &Parts, pass: &Pass) -> Outcome {
        let addresses = self.0.router.addresses();
        let Some(allow) = addresses.allowed(parts.uri.path()) else {
            return Err(addresses.unrouted(&parts.method, parts.uri.path()));
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
}

/// Copies what a header says out of the buffer that it was read into, which the body can be read into then: else
/// one more would be held for as long as the body takes.
fn let_go_of_buffer(parts: &mut Parts) {
    if let Ok(uri) = parts.uri.to_string().parse() {
        parts.uri = uri;
    }
    for value in parts.headers.values_mut() {
        if let Ok(copy) = HeaderValue::from_bytes(value.as_bytes()) {
            *value = copy;
        }
    }
}

/// Puts a body together as it comes. Its pieces are not kept one by one: of a body sent byte by byte each
/// would take thirty bytes, and hold the buffer that it was read into.
async fn gather<B: Body<Data = Bytes> + Unpin>(mut body: B) -> Result<Vec<u8>, B::Error> {
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        if let Ok(piece) = frame?.into_data() {
            bytes.extend_from_slice(&piece);
        }
    }
    Ok(bytes)
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
