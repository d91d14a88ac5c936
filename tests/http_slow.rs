//! Clients that take their time. These wait for real timeouts: `cargo test --test http_slow -- --ignored`.

#![cfg(feature = "daemon")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "common/http.rs"]
mod http;

use std::io::Write;
use std::time::{Duration, Instant};

use http::{Client, Server};
use tickchain::daemon::http::{BODY_TIMEOUT, IDLE_TIMEOUT, STALL_TIMEOUT};

fn patient(server: &Server) -> Client {
    let client = server.client();
    let patience = Some(Duration::from_secs(60));
    client.0.get_ref().set_read_timeout(patience).unwrap();
    client
}

#[test]
#[ignore = "takes half a minute"]
fn a_header_that_trickles_is_cut_off_and_so_is_silence() {
    let server = Server::started();
    let began = Instant::now();
    let (mut trickle, mut silence) = (patient(&server), patient(&server));
    let mut client = server.client();
    trickle
        .0
        .get_mut()
        .write_all(b"GET /mine HTTP/1.1\r\nX: ")
        .unwrap();
    let mut writer = trickle.0.get_ref().try_clone().unwrap();
    let trickling = std::thread::spawn(move || {
        while writer.write_all(b"y").is_ok() {
            std::thread::sleep(Duration::from_millis(200));
        }
    });
    assert_eq!(trickle.rest(), "");
    assert_eq!(silence.rest(), "");
    assert!(began.elapsed() >= IDLE_TIMEOUT);
    assert!(began.elapsed() < IDLE_TIMEOUT + Duration::from_secs(5));
    drop(trickle);
    trickling.join().unwrap();
    assert_eq!(client.line(), "", "so is a connection that was never used");
    server.get("/status").expect(200);
}

#[test]
#[ignore = "takes half a minute"]
fn a_body_that_does_not_come_is_408() {
    let server = Server::started();
    let before = server.state();
    let began = Instant::now();
    let mut client = patient(&server);
    let headers = [
        ("Content-Type", "application/json"),
        ("Content-Length", "50"),
    ];
    client.send("POST", "/tx/add", &headers, b"");
    let answer = client.answer(false);
    assert!(answer.problem(408).contains("again"));
    assert!(began.elapsed() >= BODY_TIMEOUT);
    assert_eq!(client.line(), "", "the connection is closed");
    assert_eq!(server.state(), before);
}

#[test]
#[ignore = "takes half a minute"]
fn a_client_that_takes_no_bytes_is_cut_off() {
    let server = Server::started();
    let mut client = patient(&server);
    // Many requests, no answer read: buffers fill, then the server stops reading too.
    let requests = b"GET /openapi.json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".repeat(5000);
    client
        .0
        .get_ref()
        .set_write_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    let began = Instant::now();
    let mut cut = client.0.get_mut().write_all(&requests).is_err();
    while !cut {
        assert!(
            began.elapsed() < STALL_TIMEOUT + Duration::from_secs(10),
            "never cut off"
        );
        std::thread::sleep(Duration::from_millis(100));
        cut = client.0.get_mut().write_all(b"\r\n").is_err();
    }
    assert!(began.elapsed() >= STALL_TIMEOUT);
    server.get("/status").expect(200);
}
