//! Bytes of a client of the HTTP API: each answer is one, no 500 among them, and who is only refused has
//! changed nothing.

use tickchain::daemon::http::Guard;

use super::served::Served;

/// Its first byte says whom the guard lets in.
pub fn run(bytes: &[u8]) {
    let [guard, bytes @ ..] = bytes else { return };
    let guard = match guard % 3 {
        0 => Guard::default(),
        1 => Guard {
            token: Some("secret".to_owned()),
            ..Guard::default()
        },
        _ => Guard {
            allow_hosts: vec!["example.org".to_owned()],
            allow_origins: vec!["http://example.org".to_owned()],
            token: None,
        },
    };
    let served = Served::new(guard);
    let before = served.state();
    let answers = served.answers(bytes, false);
    if answers.is_empty() {
        return;
    }
    let text = String::from_utf8_lossy(&answers);
    assert!(text.starts_with("HTTP/1."), "{text}");
    assert!(!text.contains("HTTP/1.1 500"), "{text}");
    // Whether a body holds such words does not matter: then less is looked at.
    let granted = ["HTTP/1.1 2", "HTTP/1.0 2"]
        .iter()
        .any(|status| text.contains(status));
    if !granted {
        assert_eq!(served.state(), before, "{text}");
    }
}
