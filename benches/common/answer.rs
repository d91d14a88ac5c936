//! Answers of an HTTP server.

use std::hint::black_box;
use std::io::Read;
use std::net::TcpStream;

/// Reads one answer that has a length, and checks that it is a 200.
pub(crate) fn read_answer(stream: &mut TcpStream) {
    let mut buffer = [0; 1024];
    let mut filled = 0;
    loop {
        let read = stream.read(&mut buffer[filled..]).expect("it answers");
        assert!(read > 0, "the server hung up");
        filled += read;
        let text = &buffer[..filled];
        let Some(end) = text.windows(4).position(|four| four == b"\r\n\r\n") else {
            continue;
        };
        assert!(
            text.starts_with(b"HTTP/1.1 200"),
            "{}",
            String::from_utf8_lossy(text)
        );
        let header = text[..end].to_ascii_lowercase();
        let name = b"content-length: ";
        let at = header.windows(name.len()).position(|some| some == name);
        let digits = &header[at.expect("a length is told") + name.len()..];
        let digits = digits.split(|byte| *byte == b'\r').next().unwrap_or(digits);
        let length: usize = String::from_utf8_lossy(digits).parse().expect("a number");
        if filled >= end + 4 + length {
            let body = black_box(&text[end + 4..]);
            assert!(
                !body.windows(6).any(|some| some == b"\"fail\""),
                "a payment failed"
            );
            return;
        }
    }
}
