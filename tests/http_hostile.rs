//! Clients that mean harm or know no better: the right problem, never a 500, never a hang, never a
//! changed state.

#![cfg(feature = "daemon")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "common/http.rs"]
mod http;

use std::io::Write;
use std::net::TcpStream;

use http::Server;
use tickchain::daemon::http::{MAX_BODY_BYTES, MAX_HEADER_BYTES};
use tickchain::daemon::node_api::{MAX_BLOCK_BODY_BYTES, routes};

const JSON: (&str, &str) = ("Content-Type", "application/json");

/// The first status in what a server sent, and that nothing in it is a 500.
#[track_caller]
fn first_status(text: &str) -> u16 {
    assert!(!text.contains("HTTP/1.1 500"), "{text}");
    let status = text
        .strip_prefix("HTTP/1.1 ")
        .and_then(|text| text.get(..3));
    status
        .unwrap_or_else(|| panic!("no answer: {text:?}"))
        .parse()
        .unwrap()
}

#[test]
fn bad_payments_name_the_field_that_is_wrong() {
    let server = Server::started();
    let before = server.state();
    for (body, field) in [
        (r#"{"sender":"aki","recipient":"so","value":"1"}"#, "value"),
        (r#"{"sender":"aki","recipient":"so","value":1.5}"#, "value"),
        (r#"{"sender":"aki","recipient":"so","value":1e1}"#, "value"),
        (r#"{"sender":"aki","recipient":"so","value":-1}"#, "value"),
        (r#"{"sender":"aki","recipient":"so","value":0}"#, "value"),
        (
            r#"{"sender":"aki","recipient":"so","value":9007199254740992}"#,
            "value",
        ),
        (
            r#"{"sender":"aki","recipient":"so","value":99999999999999999999}"#,
            "value",
        ),
        (r#"{"sender":"aki","recipient":"so","value":1e999}"#, "JSON"),
        (r#"{"sender":"aki","recipient":"so","value":null}"#, "value"),
        (r#"{"sender":"aki","recipient":"so","value":[1]}"#, "value"),
        (r#"{"sender":"aki","recipient":"so"}"#, "value"),
        (r#"{"sender":"","recipient":"so","value":1}"#, "sender"),
        (r#"{"sender":null,"recipient":"so","value":1}"#, "sender"),
        (r#"{"recipient":"so","value":1}"#, "sender"),
        (
            r#"{"sender":"a\u0000b","recipient":"so","value":1}"#,
            "sender",
        ),
        (r#"{"sender":"aki","recipient":7,"value":1}"#, "recipient"),
        (r#"{"sender":"aki","value":1}"#, "recipient"),
        (
            r#"{"sender":"aki","recipient":"so","value":1,"id":"12"}"#,
            "id",
        ),
        (
            r#"{"sender":"aki","recipient":"so","value":1,"id":12}"#,
            "id",
        ),
        (r#"[{"sender":"aki","recipient":"so","value":1}]"#, "object"),
        ("null", "object"),
        ("{", "JSON"),
        ("\u{feff}{}", "JSON"),
        ("sender=aki&recipient=so&value=1", "JSON"),
        (&"[".repeat(MAX_BODY_BYTES), "JSON"),
    ] {
        let answer = server.post("/tx/add", body);
        let detail = answer.problem(400);
        assert!(detail.contains(field), "{body}: {detail}");
        assert_eq!(answer.json()["result"], "fail", "{body}");
    }
    let long = format!(
        r#"{{"sender":"{}","recipient":"so","value":1}}"#,
        "x".repeat(65)
    );
    assert!(server.post("/tx/add", &long).problem(400).contains("65"));
    let nothing = server.post("/tx/add", "");
    assert!(nothing.problem(400).contains("JSON"));
    let latin = server
        .client()
        .call("POST", "/tx/add", &[JSON], b"{\"sender\":\"\xff\"}");
    latin.problem(400);
    assert_eq!(server.state(), before);
}

#[test]
fn bodies_must_be_json() {
    let server = Server::started();
    let before = server.state();
    let body = br#"{"sender":"aki","recipient":"so","value":1}"#;
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/jsonp",
        "",
        "json",
    ] {
        let headers = [("Content-Type", kind)];
        let answer = server.client().call("POST", "/tx/add", &headers, body);
        assert!(answer.problem(415).contains("application/json"), "{kind}");
    }
    server
        .client()
        .call("POST", "/tx/add", &[], body)
        .problem(415);
    server
        .client()
        .call("POST", "/mine", &[], b"x")
        .problem(415);
    server
        .client()
        .call("PUT", "/state", &[], b"{}")
        .problem(415);
    assert_eq!(server.state(), before);
    let headers = [("Content-Type", "Application/JSON ; charset=utf-8")];
    server
        .client()
        .call("POST", "/tx/add", &headers, body)
        .expect(200);
}

#[test]
fn large_bodies_are_refused_before_they_are_read() {
    let server = Server::started();
    let before = server.state();
    for (method, path, cap) in [
        ("POST", "/tx/add", MAX_BODY_BYTES),
        ("POST", "/nowhere", MAX_BODY_BYTES),
        ("POST", "/mine", MAX_BODY_BYTES),
        ("POST", "/block/add", MAX_BLOCK_BODY_BYTES),
        ("PUT", "/state", 1 << 40),
    ] {
        let length = (cap + 1).to_string();
        let mut client = server.client();
        client.send(method, path, &[JSON, ("Content-Length", &length)], b"");
        let answer = client.answer(false);
        answer.problem(413);
        assert_eq!(answer.header("connection"), Some("close"));
        assert_eq!(client.line(), "", "the connection is closed");
    }
    // A client that sends all of it sees the answer too, not a reset.
    let answer = server
        .client()
        .json("POST", "/tx/add", &" ".repeat(1_000_000));
    answer.problem(413);
    // In chunks nobody knows the length beforehand.
    let mut client = server.client();
    client.send(
        "POST",
        "/tx/add",
        &[JSON, ("Transfer-Encoding", "chunked")],
        b"",
    );
    for _ in 0..5 {
        write!(client.0.get_mut(), "4000\r\n{}\r\n", " ".repeat(0x4000)).unwrap();
    }
    client.answer(false).problem(413);
    // Below the cap it is read.
    server
        .post("/tx/add", &" ".repeat(MAX_BODY_BYTES))
        .problem(400);
    server
        .post("/block/add", &" ".repeat(MAX_BLOCK_BODY_BYTES))
        .problem(400);
    assert_eq!(server.state(), before);
}

#[test]
fn bodies_that_break_off_or_lie_are_refused() {
    let server = Server::started();
    let before = server.state();
    let head = "POST /tx/add HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n";
    for rest in [
        "Content-Length: 50\r\n\r\n{\"sender\":",
        "Transfer-Encoding: chunked\r\n\r\n5\r\n{\"sen",
        "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n-1\r\n{}\r\n0\r\n\r\n",
        "Content-Length: -1\r\n\r\n{}",
        "Content-Length: 1e3\r\n\r\n{}",
        "Content-Length: 99999999999999999999999\r\n\r\n{}",
        "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}}",
        "Transfer-Encoding: gzip\r\n\r\n{}",
        "Transfer-Encoding: chunked, gzip\r\n\r\n{}",
    ] {
        let text = server.raw_hanging_up(format!("{head}{rest}").as_bytes());
        if !text.is_empty() {
            assert!(
                (400..500).contains(&first_status(&text)),
                "{rest:?}: {text}"
            );
        }
    }
    assert_eq!(server.state(), before);
    server.get("/status").expect(200);
}

#[test]
fn what_is_not_http_gets_400_and_the_server_goes_on() {
    let server = Server::started();
    let before = server.state();
    let mut noise = vec![0x16, 0x03, 0x01, 0x02, 0x00];
    noise.extend((0..2000u32).map(|byte| ((byte * 7919) >> 3) as u8));
    for bytes in [
        b"\0\0\0\0\r\n\r\n".as_slice(),
        b"GET\r\n\r\n",
        b"GET /mine\r\n\r\n",
        b"GET /mine HTTP/9.9\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET /mine HTTP/1.1\r\nHost 127.0.0.1\r\n\r\n",
        b"GET /mine HTTP/1.1\r\nHost: 127.0.0.1\r\n bad: x\r\n\r\n",
        b"GET mine HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        &noise,
    ] {
        let text = server.raw(bytes);
        if !text.is_empty() {
            let status = first_status(&text);
            assert!((400..=505).contains(&status), "{text}");
        }
    }
    // Half a header and a hang-up.
    assert_eq!(
        server.raw_hanging_up(b"GET /mine HTTP/1.1\r\nHost: 127.0.0.1\r\n"),
        ""
    );
    assert_eq!(server.state(), before);
    server.get("/status").expect(200);
}

#[test]
fn header_bombs_are_refused() {
    let server = Server::started();
    let before = server.state();
    let start = "GET /mine HTTP/1.1\r\nHost: 127.0.0.1\r\n";
    let many: String = (0..5000)
        .map(|number| format!("h{number}: x\r\n"))
        .collect();
    let long = format!("x: {}\r\n", "y".repeat(2 * MAX_HEADER_BYTES));
    for bomb in [many, long] {
        assert_eq!(
            first_status(&server.raw(format!("{start}{bomb}\r\n").as_bytes())),
            431
        );
    }
    let target = format!(
        "GET /{} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        "a".repeat(70_000)
    );
    assert!([414, 431].contains(&first_status(&server.raw(target.as_bytes()))));
    // A line without an end, for as long as the server listens.
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.write_all(start.as_bytes()).unwrap();
    let endless = [b'a'; 64 * 1024];
    let taken = (0..2000)
        .take_while(|_| stream.write_all(&endless).is_ok())
        .count();
    assert!(
        taken < 1000,
        "{taken} times 64 KiB of one header were taken"
    );
    assert_eq!(server.state(), before);
}

#[test]
fn headers_and_addresses_may_have_any_bytes() {
    let server = Server::started();
    let text = server.raw(
        b"GET /status HTTP/1.1\r\nHost: 127.0.0.1\r\nX: \xff\xfe\xc3\x28\r\nCookie: \xe4\xbd\x90\r\n\
          Connection: close\r\n\r\n",
    );
    assert_eq!(first_status(&text), 200);
    let text = server
        .raw(b"GET /tx/\xe4\xbd\x90\xff HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
    assert!([400, 404].contains(&first_status(&text)));
    let parameter = "%E4%BD%90".repeat(30);
    for path in [
        format!("/tx/{parameter}"),
        format!("/block/{}", "a".repeat(5000)),
        "/tx/%00".into(),
    ] {
        server.get(&path).problem(400);
    }
    server.get("/status?%zz=%ff&&&=&from='{}|~").expect(200);
}

#[test]
fn no_address_answers_nonsense_with_a_500_or_changes_anything() {
    let server = Server::started();
    server.get("/clock/1").expect(200);
    let before = server.state();
    let nonsense = [
        "-1",
        "1.5",
        "abc",
        "99999999999999999999",
        "%00",
        "0x1",
        "%20",
        "1e9",
        "null",
    ];
    for (method, path) in routes() {
        for bad in nonsense {
            if let Some((start, _)) = path.split_once(':') {
                let answer = server
                    .client()
                    .call(method, &format!("{start}{bad}"), &[], b"");
                assert!(
                    [400, 404].contains(&answer.status),
                    "{method} {path} {bad}: {answer:?}"
                );
            }
        }
        if method != "GET" && path != "/start" {
            for body in ["{}", "[]", "0", "\"x\"", "nonsense"] {
                let body = if ["/reset", "/mine"].contains(&path) {
                    continue;
                } else {
                    body
                };
                let answer = server.client().call(method, path, &[JSON], body.as_bytes());
                assert!(
                    (400..500).contains(&answer.status),
                    "{method} {path} {body}: {answer:?}"
                );
            }
        }
    }
    assert_eq!(server.state(), before);
}
