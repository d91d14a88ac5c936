//! Errors as RFC 9457 problems, each with a sentence that tells what to do.

use hyper::StatusCode;
use hyper::header::{ALLOW, HeaderName, HeaderValue, RETRY_AFTER};
use serde::Serialize;

use super::call::{Content, Reply};

/// Why a request was not done.
#[derive(Debug)]
pub(crate) struct Problem {
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
    pub(crate) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            status,
            detail: detail.into(),
            fail: false,
            header: None,
        }
    }

    /// 400.
    pub(crate) fn bad(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    /// 404.
    pub(crate) fn absent(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    /// 409.
    pub(crate) fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, detail)
    }

    /// 405, with the methods the address does take.
    pub(crate) fn method(allow: &str, detail: impl Into<String>) -> Self {
        let allow = HeaderValue::from_str(allow).expect("method names are ASCII");
        Self::new(StatusCode::METHOD_NOT_ALLOWED, detail).with(ALLOW, allow)
    }

    /// 503, worth another try in a second.
    pub(crate) fn busy(detail: impl Into<String>) -> Self {
        let second = HeaderValue::from_static("1");
        Self::new(StatusCode::SERVICE_UNAVAILABLE, detail).with(RETRY_AFTER, second)
    }

    pub(crate) fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.header = Some((name, value));
        self
    }

    /// Adds the `"result": "fail"` that controllers look for in `tx/add`.
    pub(crate) fn failed(mut self) -> Self {
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
