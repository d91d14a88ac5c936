//! Lists of peers and key files: what was meant, or an error that says where and does not tell a secret.

use std::path::Path;

use tickchain::daemon::key::{self, Kind, MAX_KEY_FILE_BYTES};
use tickchain::daemon::links::AllowList;

use super::lines;

pub fn run(bytes: &[u8]) {
    key_file(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        allow_list(text);
    }
}

fn key_file(bytes: &[u8]) {
    match key::parse(Path::new("file"), bytes) {
        Ok((kind, secret)) => {
            assert!(bytes.len() as u64 <= MAX_KEY_FILE_BYTES);
            let digits = hex(secret.bytes());
            let line = match kind {
                Kind::Network => digits,
                kind => format!("{kind} {digits}"),
            };
            let text = std::str::from_utf8(bytes).expect("a key file is text");
            assert!(text.trim().eq_ignore_ascii_case(&line), "{text:?}");
        }
        Err(error) => {
            let none = key::parse(Path::new("file"), b"").expect_err("it is empty");
            assert_eq!(error.to_string(), none.to_string(), "what it holds is told");
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn allow_list(text: &str) {
    let parse = |text: &str| AllowList::parse(Path::new("file"), text);
    match parse(text) {
        Ok(list) => {
            let lines: Vec<&str> = text.lines().rev().collect();
            let other_way = parse(&lines.join("\n")).expect("the order does not matter");
            assert_eq!(other_way, list);
            let twice = parse(&format!("{text}\n{text}"));
            assert_eq!(twice.is_ok(), list == AllowList::default(), "{list:?}");
        }
        Err(error) => lines::names_one(&error.to_string(), text),
    }
}
