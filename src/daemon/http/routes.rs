//! Every call of the API: its method, its address, what it does.

use std::future::Future;
use std::pin::Pin;

use hyper::Method;

use super::api::Api;
use super::call::{Call, Outcome};
use super::problem::Problem;
use super::{blocks, controls, events, openapi, operator, payments, peering, state};

/// What a handler returns.
pub(super) type Answering = Pin<Box<dyn Future<Output = Outcome> + Send>>;

/// One call of the API.
pub(super) struct Route {
    /// GET, POST or PUT. A GET that changes nothing is answered to HEAD as well.
    pub(super) method: Method,
    /// The address; one part at most is a parameter, written `:name`.
    pub(super) path: &'static str,
    /// Whether it changes something.
    pub(super) changes: bool,
    /// What it does.
    pub(super) handler: fn(Api, Call) -> Answering,
}

macro_rules! routes {
    ($($kind:ident $path:literal => $handler:path;)*) => {
        /// Every call, in the order of the documentation.
        pub(super) static ROUTES: &[Route] = &[$(Route {
            method: routes!(@method $kind),
            path: $path,
            changes: routes!(@changes $kind),
            handler: |api, call| Box::pin($handler(api, call)),
        }),*];
    };
    (@method read) => { Method::GET };
    (@method get) => { Method::GET };
    (@method post) => { Method::POST };
    (@method put) => { Method::PUT };
    (@changes read) => { false };
    (@changes $kind:ident) => { true };
}

// `read` is a GET that changes nothing, `get` one that does something.
routes! {
    get "/start" => controls::start;
    post "/start" => controls::start;
    get "/reset" => controls::reset;
    post "/reset" => controls::reset;
    get "/mine" => controls::mine;
    post "/mine" => controls::mine;
    get "/clock/:clock" => controls::clock;
    post "/clock/:clock" => controls::clock;
    post "/tick" => controls::tick;
    read "/status" => controls::status;
    read "/block/latest" => blocks::latest;
    read "/block/all" => blocks::all;
    read "/block/:block" => blocks::one;
    post "/block/add" => blocks::add;
    read "/tree" => blocks::tree;
    read "/txPool/all" => payments::pool;
    post "/tx/add" => payments::add;
    read "/tx/:id" => payments::place;
    read "/accounts" => payments::accounts;
    read "/peer" => peering::list;
    post "/peer/add" => peering::add;
    post "/peer/clear" => peering::clear;
    read "/events" => events::events;
    read "/state" => state::get;
    put "/state" => state::put;
    read "/healthz" => operator::healthz;
    read "/metrics" => operator::metrics;
    read "/openapi.json" => openapi::document;
}

impl Route {
    fn has_param(&self) -> bool {
        self.path.contains(':')
    }

    fn matches(&self, path: &str) -> bool {
        let mut parts = path.split('/');
        let mut same = |wanted: &str| {
            let part = parts.next();
            part == Some(wanted) || (wanted.starts_with(':') && part.is_some_and(|p| !p.is_empty()))
        };
        self.path.split('/').all(&mut same) && parts.next().is_none()
    }
}

/// Runs the handler of the route that was found for the call.
pub(super) async fn dispatch(route: &'static Route, api: Api, call: Call) -> Outcome {
    // `GET block/add` is no block named "add".
    let path = call.parts.uri.path();
    let named = route.has_param() && ROUTES.iter().any(|other| other.path == path);
    if named || (route.changes && call.parts.method == Method::HEAD) {
        return Err(unrouted(&call.parts.method, path));
    }
    (route.handler)(api, call).await
}

/// Methods that an address takes, as `Allow` lists them; `None` for an unknown address.
pub(super) fn allowed(path: &str) -> Option<String> {
    let fixed = ROUTES.iter().any(|route| route.path == path);
    let mut allowed = Vec::new();
    for route in ROUTES
        .iter()
        .filter(|route| route.matches(path) && route.has_param() != fixed)
    {
        allowed.push(route.method.as_str());
        if !route.changes {
            allowed.push("HEAD");
        }
    }
    (!allowed.is_empty()).then(|| allowed.join(", "))
}

/// The problem of a call that no route takes.
pub(super) fn unrouted(method: &Method, path: &str) -> Problem {
    let path: String = path.chars().take(80).collect();
    match allowed(&path) {
        Some(allow) => {
            let method: String = method.as_str().chars().take(20).collect();
            let detail = format!("{path} does not take {method}: use {allow}");
            Problem::method(&allow, detail)
        }
        None => Problem::absent(format!(
            "nothing is at {path:?}: GET /openapi.json lists every call"
        )),
    }
}

/// Every call of the API, as method and address with `:name` for parameters.
///
/// ```
/// let mut calls = tickchain::daemon::http::routes();
/// assert!(calls.any(|call| call == ("GET", "/clock/:clock")));
/// ```
pub fn routes() -> impl Iterator<Item = (&'static str, &'static str)> {
    ROUTES
        .iter()
        .map(|route| (route.method.as_str(), route.path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_knows_its_methods() {
        assert_eq!(allowed("/status").as_deref(), Some("GET, HEAD"));
        assert_eq!(allowed("/mine").as_deref(), Some("GET, POST"));
        assert_eq!(allowed("/block/7").as_deref(), Some("GET, HEAD"));
        assert_eq!(allowed("/block/add").as_deref(), Some("POST"));
        assert_eq!(allowed("/state").as_deref(), Some("GET, HEAD, PUT"));
        for unknown in ["/", "", "*", "/block/", "/block", "/clock/1/2", "/status/"] {
            assert_eq!(allowed(unknown), None, "{unknown}");
        }
    }
}
