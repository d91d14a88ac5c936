//! Errors as RFC 9457 problems, each with a sentence that tells what to do.

use hyper::StatusCode;
use hyper::header::{ALLOW, HeaderName, HeaderValue, RETRY_AFTER};
use serde::Serialize;

use super::call::{Content, Reply};
use super::peers::PeerError;
use crate::driver::DriverError;
use crate::node::RequestError;

/// Why a request was not done.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) status: StatusCode,
    detail: String,
    fail: bool,
    header: Option<(HeaderName, HeaderValue)>,
}

#[derive(Serialize)]
struct Document<'a> {
    r#type: &'static str,
    title: &'a str,
    status: u16,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<&'static str>,
}

impl Problem {
    pub(super) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            status,
            detail: detail.into(),
            fail: false,
            header: None,
        }
    }

    /// 400.
    pub(super) fn bad(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    /// 404.
    pub(super) fn absent(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    /// 409.
    pub(super) fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, detail)
    }

    /// 405, with the methods the address does take.
    pub(super) fn method(allow: &str, detail: impl Into<String>) -> Self {
        let allow = HeaderValue::from_str(allow).expect("method names are ASCII");
        Self::new(StatusCode::METHOD_NOT_ALLOWED, detail).with(ALLOW, allow)
    }

    /// 503, worth another try in a second.
    pub(super) fn busy(detail: impl Into<String>) -> Self {
        let second = HeaderValue::from_static("1");
        Self::new(StatusCode::SERVICE_UNAVAILABLE, detail).with(RETRY_AFTER, second)
    }

    pub(super) fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.header = Some((name, value));
        self
    }

    /// Adds the `"result": "fail"` that controllers look for in `tx/add`.
    pub(super) fn failed(mut self) -> Self {
        self.fail = true;
        self
    }
}

impl From<Problem> for Reply {
    fn from(problem: Problem) -> Self {
        let document = Document {
            r#type: "about:blank",
            title: problem.status.canonical_reason().unwrap_or("Error"),
            status: problem.status.as_u16(),
            detail: &problem.detail,
            result: problem.fail.then_some("fail"),
        };
        let json = serde_json::to_vec(&document).expect("a problem is strings and a number");
        let reply =
            Self::new(problem.status, Content::Full(json.into())).typed("application/problem+json");
        match problem.header {
            Some((name, value)) => reply.with(name, value),
            None => reply,
        }
    }
}

impl From<DriverError> for Problem {
    fn from(error: DriverError) -> Self {
        match error {
            DriverError::Refused(refused) => refused.into(),
            DriverError::State(refused) => Self::bad(refused.to_string()),
            DriverError::Stopped => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "the node is shutting down: start the program again",
            ),
            other => Self::conflict(other.to_string()),
        }
    }
}

impl From<RequestError> for Problem {
    fn from(refused: RequestError) -> Self {
        match refused {
            RequestError::NotStarted => {
                Self::conflict("the node is not started: call /start first, then this again")
            }
            RequestError::ClockTooHigh { .. } | RequestError::Block(_) => {
                Self::bad(refused.to_string())
            }
            other => Self::conflict(other.to_string()),
        }
    }
}

impl From<PeerError> for Problem {
    fn from(error: PeerError) -> Self {
        match error {
            PeerError::Unknown { .. } => Self::absent(error.to_string()),
            _ => Self::conflict(error.to_string()),
        }
    }
}
