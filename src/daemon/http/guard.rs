//! What is asked of a request before anything runs.
//!
//! State-changing GETs are part of the documented API, and a browser sends a GET to any address a
//! page names. So a request has to show that it does not come from somebody else's page: its `Host`
//! must be this machine's (or else a name that was rebound to it would do), and what browsers say
//! about where it comes from (`Origin`, `Sec-Fetch-Site`) must not name another place.

use std::net::Ipv4Addr;

use hyper::Method;
use hyper::StatusCode;
use hyper::header::{
    ACCESS_CONTROL_REQUEST_METHOD, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderName,
    HeaderValue, ORIGIN, TRANSFER_ENCODING, WWW_AUTHENTICATE,
};
use hyper::http::request::Parts;
use hyper::http::uri::Authority;
use subtle::ConstantTimeEq;

use super::problem::Problem;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Who may call.
#[derive(Clone, Default)]
pub struct Guard {
    /// Names a `Host` may have besides loopback ones, without port.
    pub allow_hosts: Vec<String>,
    /// Origins whose pages may call, exactly as browsers send them: `http://example.org:8080`.
    pub allow_origins: Vec<String>,
    /// What `Authorization: Bearer` must bring.
    pub token: Option<String>,
}

impl std::fmt::Debug for Guard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Guard")
            .field("allow_hosts", &self.allow_hosts)
            .field("allow_origins", &self.allow_origins)
            .field("token", &self.token.as_ref().map(|_| "set"))
            .finish()
    }
}

/// A request that passed.
#[derive(Debug, Clone, Default)]
pub(super) struct Pass {
    /// The foreign origin that is allowed, for the answer's CORS headers.
    pub(super) origin: Option<HeaderValue>,
    /// Whether this only asks what a page would be allowed to do.
    pub(super) preflight: bool,
}

impl Guard {
    /// Checks where a request is sent to and where it comes from.
    pub(super) fn check(&self, parts: &Parts) -> Result<Pass, Problem> {
        let host = self.check_host(parts)?;
        let origin = self.check_origin(parts, &host)?;
        let preflight = origin.is_some()
            && parts.method == Method::OPTIONS
            && parts.headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        Ok(Pass { origin, preflight })
    }

    fn check_host(&self, parts: &Parts) -> Result<Authority, Problem> {
        let mut hosts = parts.headers.get_all(HOST).iter();
        let (Some(host), None) = (hosts.next(), hosts.next()) else {
            return Err(Problem::bad(
                "send exactly one Host header, such as Host: 127.0.0.1",
            ));
        };
        let host = parse_authority(host)?;
        // A target in absolute form outranks the header (RFC 9112, 3.2.2), so both must be right.
        let target = parts.uri.authority();
        for authority in [Some(&host), target].into_iter().flatten() {
            if !self.is_allowed_host(authority.host()) {
                let name: String = authority.host().chars().take(80).collect();
                return Err(Problem::new(
                    StatusCode::MISDIRECTED_REQUEST,
                    format!(
                        "host {name:?} is not served here: call it as 127.0.0.1 or localhost, or \
                         start it with --allow-host {name}"
                    ),
                ));
            }
        }
        Ok(host)
    }

    fn is_allowed_host(&self, host: &str) -> bool {
        let host = host.strip_suffix('.').unwrap_or(host);
        // A Host has an IPv6 address in brackets, people may leave them out.
        let bare = |host: &str| host.trim_matches(['[', ']']).to_ascii_lowercase();
        let allows = |allowed: &String| bare(allowed) == bare(host);
        is_loopback(host) || self.allow_hosts.iter().any(allows)
    }

    fn check_origin(
        &self,
        parts: &Parts,
        host: &Authority,
    ) -> Result<Option<HeaderValue>, Problem> {
        let mut foreign = None;
        for origin in parts.headers.get_all(ORIGIN) {
            if is_own(origin, host) {
                continue;
            }
            let allowed = |allowed: &String| allowed.as_bytes() == origin.as_bytes();
            if !self.allow_origins.iter().any(allowed) {
                return Err(refused_page(&String::from_utf8_lossy(origin.as_bytes())));
            }
            foreign = Some(origin.clone());
        }
        let own = [b"same-origin".as_slice(), b"none"];
        let mut sites = parts.headers.get_all(SEC_FETCH_SITE).iter();
        if foreign.is_none() && !sites.all(|site| own.contains(&site.as_bytes())) {
            return Err(refused_page("that page's address"));
        }
        Ok(foreign)
    }

    /// Checks the token, where one is asked for.
    pub(crate) fn check_token(&self, parts: &Parts) -> Result<(), Problem> {
        let Some(token) = &self.token else {
            return Ok(());
        };
        let given = parts.headers.get(AUTHORIZATION).map(HeaderValue::as_bytes);
        let given = given.and_then(|given| given.split_at_checked(7));
        let matches = given.is_some_and(|(scheme, given)| {
            scheme.eq_ignore_ascii_case(b"bearer ") && bool::from(given.ct_eq(token.as_bytes()))
        });
        if matches {
            return Ok(());
        }
        let challenge = HeaderValue::from_static("Bearer realm=\"tickchain\"");
        Err(Problem::new(
            StatusCode::UNAUTHORIZED,
            "a token is asked for here: send it as Authorization: Bearer TOKEN",
        )
        .with(WWW_AUTHENTICATE, challenge))
    }
}

/// A body, if there is one, must be JSON: a foreign page's form cannot send that.
pub(super) fn check_type(parts: &Parts) -> Result<(), Problem> {
    if !matches!(parts.method, Method::POST | Method::PUT) {
        return Ok(());
    }
    let length = parts.headers.get(CONTENT_LENGTH);
    let has_body = parts.headers.contains_key(TRANSFER_ENCODING)
        || length.is_some_and(|length| length.as_bytes() != b"0");
    if !has_body {
        return Ok(());
    }
    let kind = parts.headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    let kind = kind.unwrap_or(b"").split(|byte| *byte == b';').next();
    if kind.is_some_and(|kind| kind.trim_ascii().eq_ignore_ascii_case(b"application/json")) {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "send the body as JSON, with the header Content-Type: application/json (curl --json does)",
    ))
}

fn parse_authority(host: &HeaderValue) -> Result<Authority, Problem> {
    let authority = Authority::try_from(host.as_bytes()).ok();
    let whole = |authority: &Authority| {
        let text = authority.as_str();
        let port = text.strip_prefix(authority.host()).unwrap_or("@");
        let port = port.strip_prefix(':').unwrap_or(port);
        !authority.host().is_empty() && (port.is_empty() || port.parse::<u16>().is_ok())
    };
    authority.filter(whole).ok_or_else(|| {
        Problem::bad("the Host header is not a name with an optional port, such as 127.0.0.1:50082")
    })
}

fn is_loopback(host: &str) -> bool {
    let localhost = |host: &str| host.eq_ignore_ascii_case("localhost");
    host == "[::1]"
        || localhost(host)
        || host
            .rsplit_once('.')
            .is_some_and(|(_, last)| localhost(last))
        || host.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_loopback())
}

/// Whether a browser's `Origin` is the very address that is called.
fn is_own(origin: &HeaderValue, host: &Authority) -> bool {
    let origin = origin.as_bytes();
    origin
        .strip_prefix(b"http://")
        .is_some_and(|origin| origin.eq_ignore_ascii_case(host.as_str().as_bytes()))
}

fn refused_page(origin: &str) -> Problem {
    let origin: String = origin.chars().take(120).collect();
    Problem::new(
        StatusCode::FORBIDDEN,
        format!(
            "a page from elsewhere may not call this one: start it with --allow-origin {origin}"
        ),
    )
}
