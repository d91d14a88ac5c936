//! Bodies of a node's calls: done, or refused with a problem that says why.

use tickchain::daemon::http::Guard;

use super::served::Served;

const CALLS: [&str; 6] = [
    "POST /tx/add",
    "POST /peer/add",
    "POST /peer/clear",
    "POST /tick",
    "POST /block/add",
    "PUT /state",
];

/// Its first byte says which call.
pub fn run(bytes: &[u8]) {
    let [call, body @ ..] = bytes else { return };
    let call = CALLS[usize::from(*call) % CALLS.len()];
    let served = Served::new(Guard::default());
    let before = served.state();
    let answer = served.answers(&request(call, body), true);
    if !is_granted(&answer) {
        assert_eq!(served.state(), before, "refused, and something has changed");
    }
}

/// A whole request with this body.
pub fn request(call: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "{call} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

/// Whether what was asked is done; if not, checks that the answer is a problem.
pub fn is_granted(answer: &[u8]) -> bool {
    let text = std::str::from_utf8(answer).expect("answers are text");
    let (head, body) = text
        .split_once("\r\n\r\n")
        .expect("an answer has an end of its head");
    let status: u16 = head["HTTP/1.1 ".len()..][..3].parse().expect("a status");
    if status < 400 {
        return true;
    }
    assert!(status < 500 || status == 503, "{text}");
    let problem: serde_json::Value = serde_json::from_str(body).expect("a problem is JSON");
    assert_eq!(problem["status"], status);
    let detail = problem["detail"].as_str().unwrap_or("");
    assert!((20..2000).contains(&detail.len()), "{text}");
    false
}
