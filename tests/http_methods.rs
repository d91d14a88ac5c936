//! What is not in the table of calls: absent things, other methods, HEAD; and what is counted.

#![cfg(feature = "daemon")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "common/http.rs"]
mod http;

use std::time::{Duration, Instant};

use http::Server;
use tickchain::daemon::http::Guard;
use tickchain::driver::join;
use tickchain::node::Config;

#[test]
fn absent_things_are_404_and_malformed_ones_400() {
    let server = Server::started();
    let hash = "ab".repeat(32);
    for absent in [
        "/block/1",
        "/tx/000000000000000000000000000000ff",
        &format!("/block/{hash}"),
    ] {
        server.get(absent).problem(404);
    }
    let bad_hash = "xy".repeat(32);
    for bad in [
        "/block/abc",
        "/block/-1",
        "/block/1.5",
        "/block/+1",
        "/block/99999999999999999999",
        "/block/%zz",
        "/block/%ff",
        "/tx/1",
        "/tx/zz",
        "/clock/-1",
        "/clock/1.5",
        "/clock/abc",
        "/clock/99999999999999999999",
        "/clock/%20",
        "/block/all?from=x",
        "/block/all?limit=-1",
        "/tree?from=1.5",
        "/tree?limt=1",
        "/events?from=1",
        "/events?after=x",
        &format!("/block/{bad_hash}"),
    ] {
        server.get(bad).problem(400);
    }
    assert_eq!(
        server.get("/block/%30").expect(200).json()["id"],
        0,
        "%30 is a 0"
    );
}

#[test]
fn metrics_count_what_happened() {
    let server = Server::started();
    server.get("/mine").expect(200);
    server.post("/clock/3", "").expect(200);
    server.get("/nowhere").problem(404);
    let answer = server.get("/metrics").expect(200);
    let text = answer.text();
    for line in [
        "tickchain_clock 3",
        "tickchain_height 1",
        "tickchain_pool_transactions 0",
        "tickchain_peers 0",
        "tickchain_reorganisations_total 0",
        r#"tickchain_http_requests_total{method="POST",route="/clock/:clock",status="200"} 1"#,
        r#"tickchain_http_requests_total{method="GET",route="none",status="404"} 1"#,
        r#"tickchain_http_request_duration_seconds_count{method="POST",route="/clock/:clock",status="200"} 1"#,
    ] {
        assert!(
            text.lines().any(|found| found == line),
            "{line} is not in {text}"
        );
    }
    assert!(text.ends_with("# EOF\n"));
}

/// What a counter says; 0 while it is not there.
fn counter(server: &Server, name: &str) -> u64 {
    let text = server.get("/metrics").expect(200);
    let mut lines = text.text().lines();
    let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    value.map_or(0, |value| value.parse().unwrap())
}

#[test]
fn messages_and_reorganisations_are_counted() {
    let short = Server::started();
    let config = Config::new("node2".parse().unwrap());
    let long = Server::with(config, Guard::default());
    long.get("/start").expect(200);
    for (server, blocks) in [(&short, 1), (&long, 2)] {
        for block in 1..=blocks {
            server.get("/mine").expect(200);
            server.get(&format!("/clock/{}", 3 * block + 2)).expect(200);
        }
    }
    let name = |number: u8| format!("node{number}").parse().unwrap();
    let joined = join((&short.handle, name(1)), (&long.handle, name(2)), 0);
    let _cable = smol::spawn(smol::block_on(joined).unwrap().run());
    for clock in 9..20 {
        short.get(&format!("/clock/{clock}")).expect(200);
        long.get(&format!("/clock/{clock}")).expect(200);
    }
    assert_eq!(
        short.get("/block/latest").json(),
        long.get("/block/latest").json()
    );
    // The counters follow the events in a task of their own.
    let counted = [
        (&short, "tickchain_reorganisations_total"),
        (
            &short,
            r#"tickchain_messages_total{direction="received",kind="NEW_BLOCK"}"#,
        ),
        (
            &short,
            r#"tickchain_messages_total{direction="sent",kind="REQ_CHAIN"}"#,
        ),
        (
            &long,
            r#"tickchain_messages_total{direction="sent",kind="CHAIN"}"#,
        ),
    ];
    let deadline = Instant::now() + Duration::from_secs(10);
    for (server, name) in counted {
        while counter(server, name) != 1 {
            assert!(
                Instant::now() < deadline,
                "{name} is {}",
                counter(server, name)
            );
        }
    }
    assert_eq!(counter(&short, "tickchain_events_missed_total"), 0);
    assert_eq!(counter(&long, "tickchain_reorganisations_total"), 0);
}

#[test]
fn a_fault_in_a_handler_is_a_500_and_the_server_goes_on() {
    let server = Server::started();
    let mut client = server.client();
    let faulty = format!(r#"{{"addr": "127.0.0.1", "port": {}}}"#, http::FAULTY_PORT);
    client.json("POST", "/peer/add", &faulty).problem(500);
    client.json("GET", "/status", "").expect(200);
    server.get("/clock/1").expect(200);
}

#[test]
fn head_reads_and_never_acts() {
    let server = Server::started();
    for path in [
        "/status",
        "/block/latest",
        "/block/all",
        "/accounts",
        "/events",
        "/metrics",
        "/tree",
    ] {
        server.head(path).expect(200);
    }
    let length = server
        .get("/status")
        .header("content-length")
        .map(str::to_owned);
    assert_eq!(
        server
            .head("/status")
            .header("content-length")
            .map(str::to_owned),
        length
    );
    let before = server.state();
    for path in ["/mine", "/reset", "/start", "/clock/5"] {
        let answer = server.head(path).expect(405);
        assert_eq!(answer.header("allow"), Some("GET, POST"), "{path}");
    }
    assert_eq!(server.state(), before);
}

#[test]
fn other_methods_are_told_what_an_address_takes() {
    let server = Server::started();
    for (method, path, allow) in [
        ("POST", "/status", "GET, HEAD"),
        ("DELETE", "/status", "GET, HEAD"),
        ("PUT", "/mine", "GET, POST"),
        ("BREW", "/mine", "GET, POST"),
        ("GET", "/tx/add", "POST"),
        ("GET", "/block/add", "POST"),
        ("HEAD", "/block/add", "POST"),
        ("POST", "/block/5", "GET, HEAD"),
        ("PATCH", "/state", "GET, HEAD, PUT"),
    ] {
        let answer = server.client().call(method, path, &[], b"").expect(405);
        assert_eq!(answer.header("allow"), Some(allow), "{method} {path}");
        if method != "HEAD" {
            answer.problem(405);
        }
    }
    let options = server
        .client()
        .call("OPTIONS", "/mine", &[], b"")
        .expect(204);
    assert_eq!(options.header("allow"), Some("GET, POST"));
    for path in [
        "/",
        "/nowhere",
        "/status/",
        "//status",
        "/block",
        "/STATUS",
        "/a/../mine",
        "/%2e%2e/mine",
        "/block/../mine",
        "/.",
        "/block\\latest",
    ] {
        server.get(path).problem(404);
    }
}
