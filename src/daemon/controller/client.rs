//! A client of one node's HTTP API: connections that are kept, a limit for everything.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use async_net::TcpStream;
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use smol::future::FutureExt;
use smol::{Task, Timer};
use smol_hyper::rt::FuturesIo;

use super::NodeAddress;
use super::error::{CallError, ControllerError};
use super::url::NodeUrl;
use crate::daemon::executor;

/// How long a node has to answer, and to accept a connection.
pub const NODE_TIMEOUT: Duration = Duration::from_secs(2);

/// How long a node has to send and take something large: a whole state, a part of its tree.
pub(super) const LARGE_TIMEOUT: Duration = Duration::from_secs(30);

/// The most bytes of an answer that are read, 256 MiB: a state has no more.
pub const MAX_ANSWER_BYTES: usize = 256 * 1024 * 1024;

/// The most connections that are kept for the next request to a node.
const MAX_IDLE: usize = 4;

/// How long they are kept: well under the 30 seconds after which a node closes them.
const KEEP: Duration = Duration::from_secs(10);

/// The most characters of a node's reason that are passed on.
const MAX_DETAIL: usize = 2000;

/// A connection, ended when dropped.
struct Connection {
    sender: SendRequest<Full<Bytes>>,
    since: Instant,
    _carried: Task<()>,
}

/// A client of one node. Cheap to clone.
#[derive(Clone)]
pub(super) struct Client(Arc<Shared>);

struct Shared {
    /// What the node is called in errors.
    label: String,
    url: NodeUrl,
    bearer: Option<HeaderValue>,
    idle: Mutex<Vec<Connection>>,
}

/// An answer whose body has still to be read.
pub(super) struct Stream {
    body: Incoming,
    _connection: Connection,
}

impl Client {
    pub(super) fn new(label: &str, address: &NodeAddress) -> Result<Self, ControllerError> {
        let bearer = |token: &String| {
            let mut value = HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| {
                ControllerError::Malformed(format!(
                    "the token of {label} has characters that cannot be sent: use printable ASCII"
                ))
            })?;
            value.set_sensitive(true);
            Ok::<_, ControllerError>(value)
        };
        Ok(Self(Arc::new(Shared {
            label: label.to_owned(),
            url: address.url.clone(),
            bearer: address.token.as_ref().map(bearer).transpose()?,
            idle: Mutex::default(),
        })))
    }

    /// The same node, by another name in errors.
    pub(super) fn named(&self, label: &str) -> Self {
        Self(Arc::new(Shared {
            label: label.to_owned(),
            url: self.0.url.clone(),
            bearer: self.0.bearer.clone(),
            idle: Mutex::default(),
        }))
    }

    pub(super) fn url(&self) -> &NodeUrl {
        &self.0.url
    }

    /// Asks for something.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        limit: Duration,
    ) -> Result<T, CallError> {
        let call = Call::new(self, Method::GET, path);
        let body = call.within(limit, call.answer(None)).await?;
        serde_json::from_slice(&body).map_err(|error| call.strange(error))
    }

    /// Asks the node to do something.
    pub(super) async fn post(&self, path: &str, limit: Duration) -> Result<(), CallError> {
        let call = Call::new(self, Method::POST, path);
        call.within(limit, call.answer(None)).await.map(drop)
    }

    /// As [`Client::post`], however long it takes.
    pub(super) async fn post_patiently(&self, path: &str) -> Result<(), CallError> {
        let call = Call::new(self, Method::POST, path);
        call.answer(None).await.map(drop)
    }

    /// Asks for something for the sake of being answered, however long it takes.
    pub(super) async fn get_patiently(&self, path: &str) -> Result<(), CallError> {
        let call = Call::new(self, Method::GET, path);
        call.answer(None).await.map(drop)
    }

    /// Sends something and reads the answer.
    pub(super) async fn send<T: DeserializeOwned>(
        &self,
        path: &str,
        json: &impl Serialize,
    ) -> Result<T, CallError> {
        let call = Call::new(self, Method::POST, path);
        let body = call
            .within(NODE_TIMEOUT, call.answer(Some(written(json))))
            .await?;
        serde_json::from_slice(&body).map_err(|error| call.strange(error))
    }

    /// Sends something that is answered by nothing but that it was done.
    pub(super) async fn tell(&self, path: &str, json: &impl Serialize) -> Result<(), CallError> {
        let call = Call::new(self, Method::POST, path);
        let answer = call.answer(Some(written(json)));
        call.within(NODE_TIMEOUT, answer).await.map(drop)
    }

    /// Puts something large.
    pub(super) async fn put(&self, path: &str, json: Bytes) -> Result<(), CallError> {
        let call = Call::new(self, Method::PUT, path);
        let answer = call.answer(Some(json));
        call.within(LARGE_TIMEOUT, answer).await.map(drop)
    }

    /// Opens a stream of events.
    pub(super) async fn stream(&self, path: &str) -> Result<Stream, CallError> {
        let call = Call::new(self, Method::GET, path);
        let opened = async {
            let connection = call.connect().await?;
            let (response, connection) = call.exchange(connection, None).await?;
            Ok((response, connection))
        };
        let (response, connection) = call.within(NODE_TIMEOUT, opened).await?;
        let status = response.status();
        if status != StatusCode::OK {
            let body = call.within(NODE_TIMEOUT, call.body(response)).await?;
            return Err(call.refused(status, &body));
        }
        Ok(Stream {
            body: response.into_body(),
            _connection: connection,
        })
    }

    /// What was answered is none of the answers there are.
    pub(super) fn strange(&self, path: &str, reason: impl ToString) -> CallError {
        Call::new(self, Method::GET, path).strange(reason)
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        // Nothing panics half way through a change.
        self.0.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn written(json: &impl Serialize) -> Bytes {
    let text = serde_json::to_vec(json).expect("what is sent has string keys");
    text.into()
}

impl Stream {
    /// The next bytes; `None` at the end, well or not.
    pub(super) async fn next(&mut self) -> Option<Bytes> {
        loop {
            let frame = self.body.frame().await?.ok()?;
            // Anything else is a trailer.
            if let Ok(data) = frame.into_data() {
                return Some(data);
            }
        }
    }
}

/// One request, for its errors.
struct Call<'a> {
    client: &'a Client,
    method: Method,
    path: &'a str,
}

impl<'a> Call<'a> {
    fn new(client: &'a Client, method: Method, path: &'a str) -> Self {
        Self {
            client,
            method,
            path,
        }
    }

    async fn within<T>(
        &self,
        limit: Duration,
        answer: impl Future<Output = Result<T, CallError>>,
    ) -> Result<T, CallError> {
        let late = async {
            Timer::after(limit).await;
            Err(CallError::Late {
                node: self.node(),
                call: self.name(),
                limit,
            })
        };
        answer.or(late).await
    }

    /// The body of the answer, if that is 200.
    async fn answer(&self, body: Option<Bytes>) -> Result<Bytes, CallError> {
        let connection = match self.kept().await {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        let (response, mut connection) = self.exchange(connection, body).await?;
        let status = response.status();
        let body = self.body(response).await?;
        connection.since = Instant::now();
        let mut idle = self.client.idle();
        if idle.len() < MAX_IDLE && !connection.sender.is_closed() {
            idle.push(connection);
        }
        drop(idle);
        match status {
            StatusCode::OK => Ok(body),
            _ => Err(self.refused(status, &body)),
        }
    }

    /// A connection that was kept and still is one.
    async fn kept(&self) -> Option<Connection> {
        loop {
            let mut connection = self.client.idle().pop()?;
            let fresh = connection.since.elapsed() < KEEP;
            if fresh && !connection.sender.is_closed() && connection.sender.ready().await.is_ok() {
                return Some(connection);
            }
        }
    }

    async fn connect(&self) -> Result<Connection, CallError> {
        let url = &self.client.0.url;
        let unreachable = |source| CallError::Unreachable {
            node: self.node(),
            at: url.to_string(),
            source,
        };
        let made = TcpStream::connect((url.host(), url.port()));
        let late = async {
            Timer::after(NODE_TIMEOUT).await;
            Err(std::io::ErrorKind::TimedOut.into())
        };
        let stream = made.or(late).await.map_err(unreachable)?;
        stream.set_nodelay(true).map_err(unreachable)?;
        let (sender, carried) = handshake(FuturesIo::new(stream))
            .await
            .map_err(|error| self.broken(error))?;
        Ok(Connection {
            sender,
            since: Instant::now(),
            _carried: executor::spawn(async {
                // The request says it too.
                let _ = carried.await;
            }),
        })
    }

    async fn exchange(
        &self,
        mut connection: Connection,
        body: Option<Bytes>,
    ) -> Result<(Response<Incoming>, Connection), CallError> {
        let sent = connection.sender.send_request(self.request(body)).await;
        let response = sent.map_err(|error| self.broken(error))?;
        Ok((response, connection))
    }

    fn request(&self, body: Option<Bytes>) -> Request<Full<Bytes>> {
        let shared = &self.client.0;
        let mut request = Request::builder()
            .method(self.method.clone())
            .uri(self.path)
            .header(HOST, shared.url.authority())
            .header(ACCEPT, "application/json, text/event-stream");
        if let Some(bearer) = &shared.bearer {
            request = request.header(AUTHORIZATION, bearer.clone());
        }
        if body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        request.body(Full::new(body.unwrap_or_default())).expect(
            "paths here are made of words, numbers and hex; a host was checked when it was read",
        )
    }

    async fn body(&self, response: Response<Incoming>) -> Result<Bytes, CallError> {
        let limited = Limited::new(response.into_body(), MAX_ANSWER_BYTES);
        match limited.collect().await {
            Ok(body) => Ok(body.to_bytes()),
            Err(error) if error.is::<http_body_util::LengthLimitError>() => {
                Err(CallError::TooLarge {
                    node: self.node(),
                    call: self.name(),
                    cap: MAX_ANSWER_BYTES,
                })
            }
            Err(error) => Err(self.broken(error)),
        }
    }

    fn node(&self) -> String {
        self.client.0.label.clone()
    }

    fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    fn broken(&self, reason: impl ToString) -> CallError {
        CallError::Broken {
            node: self.node(),
            call: self.name(),
            reason: reason.to_string(),
        }
    }

    fn strange(&self, reason: impl ToString) -> CallError {
        CallError::Strange {
            node: self.node(),
            call: self.name(),
            reason: reason.to_string(),
        }
    }

    /// The node's own sentence, where it sent one.
    fn refused(&self, status: StatusCode, body: &[u8]) -> CallError {
        #[derive(serde::Deserialize)]
        struct Problem {
            detail: String,
        }
        let detail = match serde_json::from_slice(body) {
            Ok(Problem { detail }) => detail.chars().take(MAX_DETAIL).collect(),
            Err(_) => format!("{status}, without a reason"),
        };
        CallError::Refused {
            node: self.node(),
            call: self.name(),
            status: status.as_u16(),
            detail,
        }
    }
}
