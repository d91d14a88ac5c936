//! Errors as RFC 9457 problems, each with a sentence that tells what to do.

use hyper::StatusCode;
use hyper::header::{ALLOW, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, RETRY_AFTER};
use serde::Serialize;

use super::call::{Content, Reply};

/// Why a request was not done.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(super) status: StatusCode,
    detail: String,
    fail: bool,
    is_page: bool,
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
            is_page: false,
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

    /// 500, after a handler panicked.
    pub(crate) fn fault() -> Self {
        let detail = "the program has a fault in this call: please report it, with what you sent";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, detail)
    }

    pub(crate) fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.header = Some((name, value));
        self
    }

    /// Shows itself as a page to who looks with a browser.
    pub(crate) fn into_page(mut self) -> Self {
        self.is_page = true;
        self
    }

    /// Adds the `"result": "fail"` that controllers look for in `tx/add`.
    pub(crate) fn failed(mut self) -> Self {
        self.fail = true;
        self
    }
}

/// What a problem's page may do: show itself.
const PAGE_POLICY: &str =
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

impl From<Problem> for Reply {
    fn from(mut problem: Problem) -> Self {
        let header = problem.header.take();
        let reply = match problem.is_page {
            true => problem.page(),
            false => problem.document(),
        };
        match header {
            Some((name, value)) => reply.with(name, value),
            None => reply,
        }
    }
}

/// Text as HTML shows it.
fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;");
    text.replace('<', "&lt;").replace('>', "&gt;")
}

impl Problem {
    fn page(&self) -> Reply {
        let title = escaped(self.status.canonical_reason().unwrap_or("Error"));
        let html = format!(
            "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
             <meta name=\"color-scheme\" content=\"light dark\">\
             <title>tickchain: {title}</title><h1>{title}</h1><p>{}</p></html>\n",
            escaped(&self.detail)
        );
        Reply::new(self.status, Content::Full(html.into()))
            .typed("text/html; charset=utf-8")
            .with(
                CONTENT_SECURITY_POLICY,
                HeaderValue::from_static(PAGE_POLICY),
            )
    }

    fn document(&self) -> Reply {
        let document = Document {
            r#type: "about:blank",
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            detail: &self.detail,
            result: self.fail.then_some("fail"),
        };
        let json = serde_json::to_vec(&document).expect("a problem is strings and a number");
        Reply::new(self.status, Content::Full(json.into())).typed("application/problem+json")
    }
}
