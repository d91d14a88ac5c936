//! A request and its answer as plain data: what handlers take in and give back.

use std::io;
use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::{HeaderMap, StatusCode};
use serde::Serialize;
use smol::stream::Stream;

use super::problem::Problem;

/// What a handler answers.
pub(crate) type Outcome = Result<Reply, Problem>;

/// Pieces of a body that is not built in memory. An error cuts the connection, so that the client
/// sees that something is missing.
pub(crate) type Pieces = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

/// A request that passed the guards, its body read.
pub(crate) struct Call {
    /// Method, target and headers.
    pub(crate) parts: Parts,
    /// The body, empty where there was none.
    pub(crate) body: Bytes,
    /// The route's parameter, percent-decoded; empty where the route has none.
    pub(crate) param: String,
}

impl Call {
    /// A parameter of the query string, percent-decoded; of several, the first.
    pub(crate) fn query(&self, key: &str) -> Result<Option<String>, Problem> {
        let query = self.parts.uri.query().unwrap_or("");
        let value = query.split('&').find_map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (name == key).then_some(value)
        });
        value.map(percent_decode).transpose()
    }

    /// Refuses parameters of the query string besides `known`: a misspelt one would be lost in
    /// silence.
    pub(crate) fn check_query(&self, known: &[&str]) -> Result<(), Problem> {
        let query = self.parts.uri.query().unwrap_or("");
        let mut names = query
            .split('&')
            .map(|pair| pair.split_once('=').map_or(pair, |(name, _)| name));
        match names.find(|name| !name.is_empty() && !known.contains(name)) {
            None => Ok(()),
            Some(name) => {
                let name: String = name.chars().take(40).collect();
                let known = known.join(", ");
                Err(Problem::bad(format!("?{name}= is not known: {known}")))
            }
        }
    }

    /// A parameter of the query string that is a whole number.
    pub(crate) fn query_number(&self, key: &str) -> Result<Option<u64>, Problem> {
        self.query(key)?
            .map(|text| number(&text, &format!("?{key}=")))
            .transpose()
    }
}

/// Reads a whole number that JSON readers see exactly; `what` names it in the problem.
pub(crate) fn number(text: &str, what: &str) -> Result<u64, Problem> {
    let max = crate::ledger::MAX_SAFE_INTEGER;
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let value = if digits { text.parse().ok() } else { None };
    value.filter(|value| *value <= max).ok_or_else(|| {
        let shown: String = text.chars().take(40).collect();
        Problem::bad(format!(
            "{what} takes a whole number from 0 to {max}, not {shown:?}"
        ))
    })
}

/// Undoes percent-encoding.
pub(crate) fn percent_decode(text: &str) -> Result<String, Problem> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || char::from(rest.next()?).to_digit(16);
        match (digit(), digit()) {
            (Some(high), Some(low)) => bytes.push((high * 16 + low) as u8),
            _ => {
                return Err(Problem::bad(
                    "a % in the address must be followed by two hex digits: write %25 for a % itself",
                ));
            }
        }
    }
    String::from_utf8(bytes).map_err(|_| {
        Problem::bad("the address is not UTF-8 once its %xx are decoded: encode names as UTF-8")
    })
}

/// An answer.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) content: Content,
}

impl Reply {
    /// 200 without a body, for calls that only do something.
    pub(crate) fn done() -> Self {
        Self::new(StatusCode::OK, Content::Empty)
    }

    pub(crate) fn new(status: StatusCode, content: Content) -> Self {
        Self {
            status,
            headers: HeaderMap::new(),
            content,
        }
    }

    /// 200 with a JSON body.
    pub(crate) fn json(value: &impl Serialize) -> Self {
        let json =
            serde_json::to_vec(value).expect("answers have string keys and no failing parts");
        Self::json_bytes(json)
    }

    /// 200 with a body that is JSON already.
    pub(crate) fn json_bytes(json: impl Into<Bytes>) -> Self {
        Self::new(StatusCode::OK, Content::Full(json.into())).typed("application/json")
    }

    /// 200 with a body that comes piece by piece.
    pub(crate) fn stream(pieces: Pieces, content_type: &'static str) -> Self {
        Self::new(StatusCode::OK, Content::Pieces(Mutex::new(pieces))).typed(content_type)
    }

    pub(crate) fn typed(self, content_type: &'static str) -> Self {
        self.with(CONTENT_TYPE, HeaderValue::from_static(content_type))
    }

    pub(crate) fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    pub(crate) fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }
}

/// A body.
pub(crate) enum Content {
    /// None.
    Empty,
    /// One whole.
    Full(Bytes),
    /// Piece by piece. Never locked, only taken by its owner: the lock makes an answer `Sync`, which
    /// the router's extensions ask for.
    Pieces(Mutex<Pieces>),
}

impl Body for Content {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match &mut *self {
            Self::Empty => Poll::Ready(None),
            Self::Full(_) => match std::mem::replace(&mut *self, Self::Empty) {
                Self::Full(bytes) if !bytes.is_empty() => Poll::Ready(Some(Ok(Frame::data(bytes)))),
                _ => Poll::Ready(None),
            },
            Self::Pieces(pieces) => {
                let pieces = pieces
                    .get_mut()
                    .expect("nobody locks it, so nobody poisons it");
                pieces
                    .as_mut()
                    .poll_next(cx)
                    .map(|piece| piece.map(|piece| piece.map(Frame::data)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Full(bytes) => bytes.is_empty(),
            Self::Pieces(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Empty => SizeHint::with_exact(0),
            Self::Full(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Self::Pieces(_) => SizeHint::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_decoding_refuses_what_is_not_whole() {
        assert_eq!(percent_decode("a%2Fb%20c").ok().as_deref(), Some("a/b c"));
        assert_eq!(percent_decode("%E4%BD%90").ok().as_deref(), Some("佐"));
        for bad in ["%", "%4", "%zz", "%+1", "%ff"] {
            assert!(percent_decode(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn numbers_are_digits_below_2_to_53() {
        assert_eq!(number("9007199254740991", "x").ok(), Some((1 << 53) - 1));
        for bad in [
            "",
            "-1",
            "+1",
            "1.5",
            "1e3",
            " 1",
            "9007199254740992",
            "99999999999999999999",
        ] {
            assert!(number(bad, "x").is_err(), "{bad}");
        }
    }
}
