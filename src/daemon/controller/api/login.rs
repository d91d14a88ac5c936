//! How a browser shows that it may use a controller that other machines can reach: with a link that
//! stands in the terminal where the controller was started, and after that with a cookie.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hyper::StatusCode;
use hyper::header::{
    ACCEPT, COOKIE, HeaderValue, LOCATION, REFERRER_POLICY, SET_COOKIE, WWW_AUTHENTICATE,
};
use hyper::http::request::Parts;
use subtle::ConstantTimeEq;

use super::Api;
use crate::daemon::DaemonError;
use crate::daemon::http::{Call, Content, Outcome, Problem, Reply};

/// Browsers that are logged in at once; with one more, the one that logged in first has to do it again.
pub const MAX_SESSIONS: usize = 64;

/// Keys that are remembered as used.
const USED_KEYS: usize = 64;

/// The one-time link, and who came by it.
pub struct Login {
    /// Where the controller is, as browsers see it: `192.0.2.7:50080`.
    host: String,
    /// Is given each link after the first: a used one is followed by another.
    announce: Box<dyn Fn(&str) + Send + Sync>,
    keys: Mutex<Keys>,
}

/// Secrets of 32 random bytes, as hex.
struct Keys {
    open: String,
    used: VecDeque<String>,
    sessions: VecDeque<String>,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login")
            .field("host", &self.host)
            .finish_non_exhaustive()
    }
}

/// What came of a key.
enum Tried {
    /// It was right; the session's secret, and the next link.
    Right { session: String, next: String },
    /// It was right once.
    Used,
    /// It never was.
    Wrong,
}

impl Login {
    /// A login with a fresh key. `host` is where browsers find the controller, with its port;
    /// `announce` shows a link to whoever started the controller.
    ///
    /// # Errors
    /// [`DaemonError::Random`].
    pub fn new(
        host: String,
        announce: impl Fn(&str) + Send + Sync + 'static,
    ) -> Result<Arc<Self>, DaemonError> {
        Ok(Arc::new(Self {
            host,
            announce: Box::new(announce),
            keys: Mutex::new(Keys {
                open: secret().map_err(DaemonError::Random)?,
                used: VecDeque::new(),
                sessions: VecDeque::new(),
            }),
        }))
    }

    /// The link that is good now, for one browser.
    pub fn link(&self) -> String {
        self.link_of(&self.lock().open)
    }

    fn link_of(&self, key: &str) -> String {
        format!("http://{}/login?key={key}", self.host)
    }

    fn lock(&self) -> MutexGuard<'_, Keys> {
        // Nothing panics half way through a change.
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Cookies know no ports: the name keeps two controllers of one machine apart.
    fn cookie(&self) -> String {
        let port = self.host.rsplit_once(':').map_or("", |(_, port)| port);
        format!("tickchain_{port}")
    }

    /// Whether this is from a browser that is logged in, or that is about to.
    pub(super) fn admits(&self, parts: &Parts) -> bool {
        parts.uri.path() == "/login" || self.has_session(parts)
    }

    fn has_session(&self, parts: &Parts) -> bool {
        let cookie = self.cookie();
        let given: Vec<&[u8]> = (parts.headers.get_all(COOKIE).iter())
            .flat_map(|header| header.as_bytes().split(|byte| *byte == b';'))
            .filter_map(|pair| {
                let value = pair.trim_ascii().strip_prefix(cookie.as_bytes())?;
                value.strip_prefix(b"=")
            })
            .collect();
        let keys = self.lock();
        given.iter().any(|given| contains(&keys.sessions, given))
    }

    /// The problem of somebody who has shown nothing.
    pub(super) fn stranger(&self, parts: &Parts) -> Problem {
        let challenge = HeaderValue::from_static("Bearer realm=\"tickchain\"");
        let problem = Problem::new(
            StatusCode::UNAUTHORIZED,
            "this controller asks who you are: open the login link that stands in the terminal where \
             it was started, or send its --token as Authorization: Bearer TOKEN",
        );
        shown(problem, parts).with(WWW_AUTHENTICATE, challenge)
    }

    fn try_key(&self, given: &str) -> Result<Tried, getrandom::Error> {
        let mut keys = self.lock();
        if !equal(&keys.open, given.as_bytes()) {
            return Ok(match contains(&keys.used, given.as_bytes()) {
                true => Tried::Used,
                false => Tried::Wrong,
            });
        }
        let (session, next) = (secret()?, secret()?);
        let used = std::mem::replace(&mut keys.open, next);
        push(&mut keys.used, used, USED_KEYS);
        push(&mut keys.sessions, session.clone(), MAX_SESSIONS);
        let next = self.link_of(&keys.open);
        Ok(Tried::Right { session, next })
    }
}

pub(super) async fn login(api: Api, call: Call) -> Outcome {
    let home = Reply::new(StatusCode::SEE_OTHER, Content::Empty)
        .with(LOCATION, HeaderValue::from_static("/"))
        .with(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    let Some(login) = &api.login else {
        // Nobody has to log in here.
        return Ok(home);
    };
    let key = call.query("key")?.unwrap_or_default();
    let tried = login.try_key(&key).map_err(|error| {
        Problem::busy(format!(
            "the system gave no random number ({error}): try again"
        ))
    })?;
    let why = match tried {
        Tried::Right { session, next } => {
            (login.announce)(&next);
            let cookie = login.cookie();
            let cookie = format!("{cookie}={session}; HttpOnly; SameSite=Strict; Path=/");
            let cookie = HeaderValue::try_from(cookie).expect("hex digits and words are ASCII");
            return Ok(home.with(SET_COOKIE, cookie));
        }
        Tried::Used if login.has_session(&call.parts) => return Ok(home),
        Tried::Used => {
            "this login link is used up: the terminal where tickchain was started shows the next one"
        }
        Tried::Wrong => {
            "this is no login link of this controller: copy the whole link from the terminal where it \
             was started, the last one there"
        }
    };
    let problem = Problem::new(StatusCode::UNAUTHORIZED, why);
    let challenge = HeaderValue::from_static("Bearer realm=\"tickchain\"");
    Err(shown(problem, &call.parts).with(WWW_AUTHENTICATE, challenge))
}

/// A problem as a page, where a browser asks for one.
fn shown(problem: Problem, parts: &Parts) -> Problem {
    let mut wanted = parts.headers.get_all(ACCEPT).iter();
    let wants_page = wanted.any(|accept| {
        let mut kinds = accept.as_bytes().split(|byte| b",;".contains(byte));
        kinds.any(|kind| kind.trim_ascii().eq_ignore_ascii_case(b"text/html"))
    });
    match wants_page {
        true => problem.into_page(),
        false => problem,
    }
}

fn secret() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok(hex::encode(bytes))
}

fn equal(secret: &str, given: &[u8]) -> bool {
    secret.as_bytes().ct_eq(given).into()
}

/// Whether it is among them, in a time that does not tell which.
fn contains(secrets: &VecDeque<String>, given: &[u8]) -> bool {
    let found = |found: bool, secret: &String| found | equal(secret, given);
    secrets.iter().fold(false, found)
}

fn push(list: &mut VecDeque<String>, item: String, max: usize) {
    if list.len() >= max {
        list.pop_front();
    }
    list.push_back(item);
}
