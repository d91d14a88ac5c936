//! How bytes are carried: pipelining, slow clients, and more clients than there are seats.

#![cfg(feature = "daemon")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "common/http.rs"]
mod http;

use std::io::{Read, Write};
use std::net::Shutdown;

use http::{Client, Server};
use tickchain::daemon::http::MAX_CONNECTIONS_PER_ADDRESS;

#[test]
fn pipelined_requests_are_answered_in_order() {
    let server = Server::started();
    let mut client = server.client();
    let mut requests = String::new();
    for clock in 1..=100 {
        requests += &format!("POST /clock/{clock} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
        requests += "GET /status HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
    }
    client.0.get_mut().write_all(requests.as_bytes()).unwrap();
    for clock in 1..=100 {
        client.answer(false).expect(200);
        assert_eq!(client.answer(false).expect(200).json()["clock"], clock);
    }
}

#[test]
fn half_a_request_holds_back_no_answer() {
    let server = Server::started();
    let mut client = server.client();
    let request = b"GET /status HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nGET /sta";
    client.0.get_mut().write_all(request).unwrap();
    client.answer(false).expect(200);
    let rest = b"tus HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
    client.0.get_mut().write_all(rest).unwrap();
    client.answer(false).expect(200);
}

#[test]
fn requests_split_anywhere_are_understood() {
    let server = Server::started();
    let request = b"POST /peer/add HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n\
        Transfer-Encoding: chunked\r\n\r\n10\r\n{\"addr\":\"::1\",\"p\r\n7\r\nort\":5}\r\n0\r\n\r\n";
    let mut client = server.client();
    for byte in request {
        client.0.get_mut().write_all(&[*byte]).unwrap();
    }
    client.answer(false).expect(200);
    assert_eq!(server.get("/peer").json()[0]["addr"], "::1");
}

#[test]
fn more_connections_than_seats_push_out_the_idle_ones() {
    let server = Server::started();
    let mut busy = server.client();
    busy.send("GET", "/events", &[], b"");
    assert_eq!(busy.header().status, 200);
    // Some send half a header, some nothing.
    let mut idle: Vec<Client> = (0..2 * MAX_CONNECTIONS_PER_ADDRESS)
        .map(|number| {
            let mut client = server.client();
            if number % 2 == 0 {
                client.0.get_mut().write_all(b"GET /mi").unwrap();
            }
            client
        })
        .collect();
    server.get("/status").expect(200);
    let mut rest = Vec::new();
    // A reset is as good as an end.
    let _ = idle[0].0.read_to_end(&mut rest);
    assert!(rest.is_empty());
    server.get("/clock/1").expect(200);
    while !busy.line().contains("\"clock\"") {}
    let mut newest = idle.pop().unwrap();
    newest
        .0
        .get_mut()
        .write_all(b"ne HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        .ok();
    newest.0.get_mut().shutdown(Shutdown::Write).ok();
}
