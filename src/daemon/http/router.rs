//! The one file that names tide.
//!
//! tide finds the route of a call, and that is all it does here. Calls and answers ride along as
//! extensions: http-types' headers panic on what is not ASCII, and its bodies would be copied twice.
//! What tide does wrong by itself never gets a chance: it never sees HEAD (it would run the handler
//! of GET), its 404 and 405 have no text and no `Allow` (ours have), and it does not decode `%xx`.
//! Its `listen` is not used at all, see [`super::serve`].

use std::str::FromStr;
use std::sync::Mutex;

use hyper::Method;
use tide::http::{self, Url};

use super::api::Api;
use super::call::{Call, Outcome, percent_decode};
use super::routes::{ROUTES, Route, dispatch, unrouted};

/// Finds the handler of each call and runs it.
pub(super) struct Router {
    server: tide::Server<Api>,
    base: Url,
}

/// What rides in a request; taken out once.
struct Inward(Mutex<Option<Call>>);

/// What rides in an answer: the route that was found, and what its handler said.
struct Outward(&'static Route, Outcome);

impl Router {
    pub(super) fn new(api: Api) -> Self {
        let mut server = tide::with_state(api);
        for route in ROUTES {
            let method = http::Method::from_str(route.method.as_str())
                .expect("routes have methods that every HTTP library knows");
            server
                .at(route.path)
                .method(method, move |request| endpoint(route, request));
        }
        let base = Url::parse("http://node/").expect("this is a URL");
        Self { server, base }
    }

    /// Answers a call; with the answer comes the route that was taken, if one was.
    pub(super) async fn answer(&self, call: Call) -> (Option<&'static Route>, Outcome) {
        let method = call.parts.method.clone();
        let path = call.parts.uri.path().to_owned();
        let routed = match method {
            Method::GET | Method::HEAD => http::Method::Get,
            Method::POST => http::Method::Post,
            Method::PUT => http::Method::Put,
            _ => return (None, Err(unrouted(&method, &path))),
        };
        let mut url = self.base.clone();
        url.set_path(&path);
        // Parts like `..` would be resolved, and tide would be asked about another address.
        if url.path().split('/').count() != path.split('/').count() {
            return (None, Err(unrouted(&method, &path)));
        }
        let mut request = http::Request::new(routed, url);
        request.ext_mut().insert(Inward(Mutex::new(Some(call))));
        let response: Result<http::Response, _> = self.server.respond(request).await;
        let outward = response
            .ok()
            .and_then(|mut response| response.ext_mut().remove::<Outward>());
        match outward {
            Some(Outward(route, outcome)) => (Some(route), outcome),
            None => (None, Err(unrouted(&method, &path))),
        }
    }
}

async fn endpoint(route: &'static Route, request: tide::Request<Api>) -> tide::Result {
    let inward: Option<&Inward> = request.ext();
    let call = inward.and_then(|inward| inward.0.lock().ok()?.take());
    let mut call =
        call.expect("`answer` puts a call into every request, and this is its one taker");
    // tide's error for a parameter that is not there would take a backtrace at every request.
    let param = route.path.split_once(':');
    let param = param.and_then(|(_, name)| request.param(name).ok());
    let outcome = match percent_decode(param.unwrap_or("")) {
        Ok(param) => {
            call.param = param;
            dispatch(route, request.state().clone(), call).await
        }
        Err(problem) => Err(problem),
    };
    let mut response = http::Response::new(http::StatusCode::Ok);
    response.ext_mut().insert(Outward(route, outcome));
    Ok(response.into())
}
