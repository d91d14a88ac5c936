//! Answers that last: the event stream and long lists; and how a server ends.

#![cfg(feature = "daemon")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "common/http.rs"]
mod http;

use std::time::{Duration, Instant};

use http::{Client, Server};
use serde_json::{Value as Json, json};
use tickchain::daemon::http::{Guard, MAX_STREAMS};
use tickchain::ledger::{Difficulty, UncheckedBlock};
use tickchain::node::{Config, Costs, MiningCost};

/// A node whose blocks cost no work, a clock each.
fn quick() -> Server {
    let mut config = Config::new("node1".parse().unwrap());
    config.genesis.difficulty = Difficulty::new(0).unwrap();
    config.costs = Costs {
        mining: MiningCost::Clocks(0),
        broadcasting_block: 0,
        ..Costs::default()
    };
    let server = Server::with(config, Guard::default());
    server.get("/start").expect(200);
    server
}

fn mine(server: &Server, blocks: u64) {
    smol::block_on(async {
        for _ in 0..blocks {
            let handle = &server.handle;
            handle.mine().await.unwrap();
            handle.clock(handle.view().clock + 1).await.unwrap();
        }
    });
    let height = smol::block_on(server.handle.read(|node| node.ledger().tip().id()));
    assert!(height.unwrap() >= blocks);
}

/// Gives the node a chain that nobody had to mine.
fn restore_chain(server: &Server, blocks: u64, timestamp: i64) {
    let genesis = server
        .handle
        .read(|node| node.ledger().block_at(0).unwrap());
    let mut previous = smol::block_on(genesis).unwrap().hash();
    let mut chain = Vec::new();
    for id in 1..=blocks {
        let block = UncheckedBlock {
            id,
            hash: None,
            timestamp,
            transactions: [].into(),
            previous_block_hash: previous,
            nonce: 0,
        };
        previous = block.header().hash();
        chain.push(block);
    }
    let handle = &server.handle;
    let restored = async {
        let mut state = handle
            .read(tickchain::daemon::storage::DaemonNode::state)
            .await?;
        state.blocks = chain;
        handle.restore(state).await
    };
    smol::block_on(restored).unwrap();
}

#[test]
fn a_long_chain_is_streamed_whole_and_in_pages() {
    let server = quick();
    mine(&server, 700);
    let mut client = server.client();
    client.send("GET", "/block/all", &[], b"");
    let answer = client.answer(false);
    assert_eq!(answer.header("transfer-encoding"), Some("chunked"));
    let all = answer.json();
    assert_eq!(all["length"], 701);
    let ids = |list: &Json| -> Vec<u64> {
        let blocks = list["blocks"].as_array().unwrap();
        blocks
            .iter()
            .map(|block| block["id"].as_u64().unwrap())
            .collect()
    };
    assert_eq!(ids(&all), (0..=700).collect::<Vec<_>>());

    for (query, expected) in [
        ("?from=0&limit=3", 0..3),
        ("?from=698", 698..701),
        ("?limit=0", 0..0),
        ("?from=701", 0..0),
        ("?from=9007199254740991&limit=9007199254740991", 0..0),
        ("?limit=300&from=200&", 200..500),
    ] {
        let page = server.get(&format!("/block/all{query}")).expect(200).json();
        assert_eq!(page["length"], 701, "the chain's, whatever the page");
        assert_eq!(ids(&page), expected.clone().collect::<Vec<_>>(), "{query}");
        let tree = server.get(&format!("/tree{query}")).expect(200).json();
        assert_eq!(ids(&tree), expected.collect::<Vec<_>>(), "{query}");
    }
    // The same connection goes on after a stream.
    client.call("GET", "/status", &[], b"").expect(200);
}

#[test]
fn a_list_whose_chain_changes_is_cut_rather_than_wrong() {
    let server = quick();
    restore_chain(&server, 60_000, 1_700_000_000);
    let mut client = server.client();
    client.send("GET", "/tree", &[], b"");
    assert!(client.header().status == 200 && !client.chunk().is_empty());
    // The client reads no further, so most of the list is not made yet.
    restore_chain(&server, 60_000, 1_700_000_001);
    let mut rest = Vec::new();
    std::io::Read::read_to_end(&mut client.0, &mut rest).unwrap();
    assert!(!rest.ends_with(b"0\r\n\r\n"), "the end must not look whole");
}

/// The next event of a stream, as its number and its data.
fn event(client: &mut Client) -> (u64, Json) {
    let (id, data) = event_with_id(client);
    (id.split('-').next().unwrap().parse().unwrap(), data)
}

fn event_with_id(client: &mut Client) -> (String, Json) {
    // Heartbeats would keep a test waiting for ever.
    let mut skipped = Vec::new();
    while skipped.len() < 20 {
        let line = client.line();
        if let Some(id) = line.strip_prefix("id: ") {
            let data = client.line();
            let data = data.strip_prefix("data: ").expect("data follows the id");
            return (id.to_owned(), serde_json::from_str(data).unwrap());
        }
        skipped.push(line);
    }
    panic!("no event in {skipped:?}")
}

#[test]
fn events_arrive_and_a_stream_resumes_where_it_broke_off() {
    let server = Server::new();
    let mut stream = server.client();
    stream.send("GET", "/events", &[], b"");
    let header = stream.header();
    assert_eq!(header.header("content-type"), Some("text/event-stream"));
    server.get("/start").expect(200);
    server.get("/clock/3").expect(200);
    assert_eq!(event(&mut stream), (1, json!({"type": "started"})));
    let clock = json!({"type": "clock", "clock": 3, "status": "idle"});
    assert_eq!(event(&mut stream), (2, clock.clone()));
    drop(stream);

    server.get("/reset").expect(200);
    let mut resumed = server.client();
    resumed.send("GET", "/events", &[("Last-Event-ID", "1")], b"");
    assert_eq!(event(&mut resumed), (2, clock));
    assert_eq!(event(&mut resumed).1, json!({"type": "reset"}));
    let mut all = server.client();
    all.send("GET", "/events?after=0", &[], b"");
    assert_eq!(event(&mut all).0, 1);

    let mut from_another_life = server.client();
    from_another_life.send("GET", "/events", &[("Last-Event-ID", "900")], b"");
    assert_eq!(event(&mut from_another_life).1, json!({"type": "resync"}));
    assert_eq!(event(&mut from_another_life).0, 1);
    server
        .client()
        .call("GET", "/events", &[("Last-Event-ID", "x")], b"")
        .problem(400);
}

/// Whoever goes on where another life of the node left off is told, though the number would fit.
#[test]
fn a_node_that_was_started_again_does_not_go_on_with_the_events_of_before() {
    let ids = [Server::new(), Server::new()].map(|server| {
        server.get("/start").expect(200);
        let mut stream = server.client();
        stream.send("GET", "/events?after=0", &[], b"");
        (event_with_id(&mut stream).0, server)
    });
    let [(before, _), (own, server)] = ids;
    server.get("/clock/3").expect(200);
    let history = server.get("/outline").expect(200).json()["history"].clone();
    assert_eq!(Some(history.as_str().unwrap()), own.strip_prefix("1-"));
    let from = |id: &str| {
        let mut stream = server.client();
        stream.send("GET", "/events", &[("Last-Event-ID", id)], b"");
        event(&mut stream)
    };
    assert_eq!(from(&before), (0, json!({"type": "resync"})));
    assert_eq!(from(&own).0, 2);
}

#[test]
fn streams_have_a_cap_and_notice_that_a_client_left() {
    let server = Server::started();
    let mut streams = Vec::new();
    for _ in 0..MAX_STREAMS {
        let mut client = server.client();
        client.send("GET", "/events", &[], b"");
        assert_eq!(client.header().status, 200);
        streams.push(client);
    }
    let refused = server.get("/events");
    refused.problem(503);
    assert_eq!(refused.header("retry-after"), Some("1"));
    server.get("/status").expect(200);
    drop(streams);
    // No event and no heartbeat is needed for the server to notice.
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let mut client = server.client();
        client.send("GET", "/events", &[], b"");
        if client.header().status == 200 {
            return;
        }
        assert!(Instant::now() < deadline, "the places never came back");
    }
}

#[test]
fn a_shutdown_ends_streams_finishes_requests_and_takes_no_more() {
    let mut server = Server::started();
    let mut stream = server.client();
    stream.send("GET", "/events", &[], b"");
    assert_eq!(stream.header().status, 200);
    let mut idle = server.client();
    idle.call("GET", "/status", &[], b"").expect(200);
    // A request whose body is on its way when the shutdown begins.
    let mut running = server.client();
    let body = br#"{"sender":"aki","recipient":"so","value":1}"#;
    let length = body.len().to_string();
    let headers = [
        ("Content-Type", "application/json"),
        ("Content-Length", length.as_str()),
        ("Expect", "100-continue"),
    ];
    running.send("POST", "/tx/add", &headers, b"");
    assert_eq!(running.header().status, 100, "it is being read");

    let began = Instant::now();
    let served = server.shut_down();
    assert_eq!(idle.line(), "", "an idle connection is closed");
    std::io::Write::write_all(running.0.get_mut(), body).unwrap();
    let answer = running.answer(false).expect(200);
    assert_eq!(answer.json()["result"], "success");
    assert_eq!(answer.header("connection"), Some("close"));
    drop((running, idle, stream));
    smol::block_on(served).unwrap();
    assert!(began.elapsed() < Duration::from_secs(2));
    assert!(std::net::TcpStream::connect(server.address).is_err());
}
