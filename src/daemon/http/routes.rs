//! What an application answers: its calls, each with method, address and handler.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use hyper::Method;

use super::call::{Call, Outcome};
use super::problem::Problem;

/// What a handler returns.
pub(crate) type Answering = Pin<Box<dyn Future<Output = Outcome> + Send>>;

/// What a handler does, given its application.
pub(crate) type Handler<A> = fn(Arc<A>, Call) -> Answering;

/// One call of an application `A`.
pub(crate) struct Route<A> {
    /// How it is called.
    pub(crate) address: Address,
    /// What it does.
    pub(crate) handler: Handler<A>,
}

/// How a call is made.
#[derive(Debug)]
pub(crate) struct Address {
    /// GET, POST or PUT. A GET that changes nothing is answered to HEAD as well.
    pub(crate) method: Method,
    /// The path; one part at most is a parameter, written `:name`.
    pub(crate) path: &'static str,
    /// Whether it changes something.
    pub(crate) changes: bool,
}

/// A list of [`Route`]s, a line each: `read` is a GET that changes nothing, `get` one that does
/// something.
macro_rules! routes {
    ($($kind:ident $path:literal => $handler:path;)*) => {
        &[$($crate::daemon::http::Route {
            address: $crate::daemon::http::Address {
                method: $crate::daemon::http::routes!(@method $kind),
                path: $path,
                changes: $crate::daemon::http::routes!(@changes $kind),
            },
            handler: |app, call| Box::pin($handler(app, call)),
        }),*]
    };
    (@method read) => { hyper::Method::GET };
    (@method get) => { hyper::Method::GET };
    (@method post) => { hyper::Method::POST };
    (@method put) => { hyper::Method::PUT };
    (@changes read) => { false };
    (@changes $kind:ident) => { true };
}
pub(crate) use routes;

impl Address {
    /// Method and path.
    pub(crate) fn shown(&self) -> (&str, &'static str) {
        (self.method.as_str(), self.path)
    }

    pub(super) fn has_param(&self) -> bool {
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

/// The addresses of a service.
#[derive(Debug)]
pub(super) struct Addresses(Vec<&'static Address>);

impl Addresses {
    pub(super) fn of<A>(routes: &'static [Route<A>]) -> Self {
        Self(routes.iter().map(|route| &route.address).collect())
    }

    /// Whether the call is none of `found`'s although its address fits.
    pub(super) fn refuses(&self, found: &Address, call: &Call) -> bool {
        // `GET block/add` is no block named "add".
        let path = call.parts.uri.path();
        let named = found.has_param() && self.0.iter().any(|other| other.path == path);
        named || (found.changes && call.parts.method == Method::HEAD)
    }

    /// Methods that an address takes, as `Allow` lists them; `None` for an unknown address.
    pub(super) fn allowed(&self, path: &str) -> Option<String> {
        let fixed = self.0.iter().any(|address| address.path == path);
        let mut allowed = Vec::new();
        let fits = |address: &&&Address| address.matches(path) && address.has_param() != fixed;
        for address in self.0.iter().filter(fits) {
            allowed.push(address.method.as_str());
            if !address.changes {
                allowed.push("HEAD");
            }
        }
        (!allowed.is_empty()).then(|| allowed.join(", "))
    }

    /// The problem of a call that no route takes.
    pub(super) fn unrouted(&self, method: &Method, path: &str) -> Problem {
        let path: String = path.chars().take(80).collect();
        match self.allowed(&path) {
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::daemon::http::Reply;

    async fn nothing(_app: Arc<()>, _call: Call) -> Outcome {
        Ok(Reply::done())
    }

    static ROUTES: &[Route<()>] = routes! {
        get "/mine" => nothing;
        post "/mine" => nothing;
        read "/status" => nothing;
        read "/block/:block" => nothing;
        post "/block/add" => nothing;
        read "/state" => nothing;
        put "/state" => nothing;
    };

    #[test]
    fn an_address_knows_its_methods() {
        let addresses = Addresses::of(ROUTES);
        let allowed = |path| addresses.allowed(path);
        assert_eq!(allowed("/status").as_deref(), Some("GET, HEAD"));
        assert_eq!(allowed("/mine").as_deref(), Some("GET, POST"));
        assert_eq!(allowed("/block/7").as_deref(), Some("GET, HEAD"));
        assert_eq!(allowed("/block/add").as_deref(), Some("POST"));
        assert_eq!(allowed("/state").as_deref(), Some("GET, HEAD, PUT"));
        for unknown in ["/", "", "*", "/block/", "/block", "/mine/1/2", "/status/"] {
            assert_eq!(allowed(unknown), None, "{unknown}");
        }
    }
}
