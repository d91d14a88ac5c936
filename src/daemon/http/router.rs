//! The one file that names tide.
//!
//! tide finds the route of a call, and that is all it does here. Calls and answers ride along as
//! extensions: http-types' headers panic on what is not ASCII, and its bodies would be copied twice.
//! What tide does wrong by itself never gets a chance: it never sees HEAD (it would run the handler
//! of GET), its 404 and 405 have no text and no `Allow` (ours have), and it does not decode `%xx`.
//! Its `listen` is not used at all, see [`super::serve`].

use std::str::FromStr;
use std::sync::{Arc, Mutex};

use hyper::Method;
use hyper::http::request::Parts;
use tide::http::{self, Url};

use super::call::{Call, Outcome, percent_decode};
use super::routes::{Address, Addresses, Route};

/// Finds the handler of each call and runs it.
pub(super) struct Router {
    server: tide::Server<()>,
    addresses: Arc<Addresses>,
    base: Url,
}

/// What rides in a request; taken out once.
struct Inward(Mutex<Option<Call>>);

/// What rides in an answer: the route that was found, and what its handler said.
struct Outward(&'static Address, Outcome);

impl Router {
    pub(super) fn new<A: Send + Sync + 'static>(app: &Arc<A>, routes: &'static [Route<A>]) -> Self {
        let mut server = tide::new();
        let addresses = Arc::new(Addresses::of(routes));
        for route in routes {
            let method = http::Method::from_str(route.address.method.as_str())
                .expect("routes have methods that every HTTP library knows");
            let (app, addresses) = (Arc::clone(app), Arc::clone(&addresses));
            server
                .at(route.address.path)
                .method(method, move |request| {
                    endpoint(route, Arc::clone(&app), Arc::clone(&addresses), request)
                });
        }
        let base = Url::parse("http://node/").expect("this is a URL");
        Self {
            server,
            addresses,
            base,
        }
    }

    pub(super) fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// Answers a call; with the answer comes the path of the route that was taken, if one was.
    pub(super) async fn answer(&self, call: Call) -> (Option<&'static str>, Outcome) {
        let Parts { method, uri, .. } = &call.parts;
        let (method, path) = (method.clone(), uri.path().to_owned());
        let routed = match method {
            Method::GET | Method::HEAD => http::Method::Get,
            Method::POST => http::Method::Post,
            Method::PUT => http::Method::Put,
            _ => return (None, Err(self.addresses.unrouted(&method, &path))),
        };
        let mut url = self.base.clone();
        url.set_path(&path);
        // Parts like `..` would be resolved, and tide would be asked about another address.
        if url.path().split('/').count() != path.split('/').count() {
            return (None, Err(self.addresses.unrouted(&method, &path)));
        }
        let mut request = http::Request::new(routed, url);
        request.ext_mut().insert(Inward(Mutex::new(Some(call))));
        let response: Result<http::Response, _> = self.server.respond(request).await;
        let outward = response
            .ok()
            .and_then(|mut response| response.ext_mut().remove::<Outward>());
        match outward {
            Some(Outward(address, outcome)) => (Some(address.path), outcome),
            None => (None, Err(self.addresses.unrouted(&method, &path))),
        }
    }
}

async fn endpoint<A: Send + Sync + 'static>(
    route: &'static Route<A>,
    app: Arc<A>,
    addresses: Arc<Addresses>,
    request: tide::Request<()>,
) -> tide::Result {
    let inward: Option<&Inward> = request.ext();
    let call = inward.and_then(|inward| inward.0.lock().ok()?.take());
    let mut call =
        call.expect("`answer` puts a call into every request, and this is its one taker");
    let address = &route.address;
    // tide's error for a parameter that is not there would take a backtrace at every request.
    let param = address.path.split_once(':');
    let param = param.and_then(|(_, name)| request.param(name).ok());
    let outcome = match percent_decode(param.unwrap_or("")) {
        Err(problem) => Err(problem),
        Ok(_) if addresses.refuses(address, &call) => {
            Err(addresses.unrouted(&call.parts.method, call.parts.uri.path()))
        }
        Ok(param) => {
            call.param = param;
            (route.handler)(app, call).await
        }
    };
    let mut response = http::Response::new(http::StatusCode::Ok);
    response.ext_mut().insert(Outward(address, outcome));
    Ok(response.into())
}
