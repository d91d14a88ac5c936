//! Nodes that lie.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;

use serde_json::{Value as Json, json};
use tickchain::daemon::controller::{NodeAddress, Reach, Setup};
use tickchain::node::Config;

use crate::http::{Client, Server};
use crate::rig::{Rig, easy, test};

/// What is answered to a path in place of the truth.
type Lie = fn(&str, Json) -> Json;

/// An honest node, and somebody before it who lies.
struct Liar {
    node: Server,
    address: SocketAddr,
}

impl Liar {
    fn new(lie: Lie) -> Self {
        let config = Config {
            genesis: easy(),
            ..Config::new("liar".parse().unwrap())
        };
        let node = Server::with(config, Default::default());
        node.get("/start").expect(200);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, truth) = (listener.local_addr().unwrap(), node.address);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let stream = stream.unwrap();
                // Ends with its connection.
                thread::spawn(move || answer(stream, truth, lie));
            }
        });
        Self { node, address }
    }

    async fn controller(&self) -> Rig {
        Rig::new(Setup {
            nodes: vec![NodeAddress {
                url: format!("http://{}", self.address).parse().unwrap(),
                token: None,
            }],
            ..Setup::default()
        })
        .await
    }
}

/// Answers one request, with a lie if it is not for the event stream.
fn answer(mut client: TcpStream, truth: SocketAddr, lie: Lie) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if client.read(&mut byte).unwrap_or(0) == 0 {
            return;
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let [method, path] = [0, 1].map(|part| head.split(' ').nth(part).unwrap());
    if path.starts_with("/events") {
        let mut node = TcpStream::connect(truth).unwrap();
        node.write_all(head.as_bytes()).unwrap();
        let _ = std::io::copy(&mut node, &mut client);
        return;
    }
    let answer = Client::new(truth).call(method, path, &[], b"");
    let body = match answer.body.is_empty() {
        true => Vec::new(),
        false => lie(path, answer.json()).to_string().into_bytes(),
    };
    let head = format!(
        "HTTP/1.1 {} .\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        answer.status,
        body.len()
    );
    let _ = client.write_all(head.as_bytes());
    let _ = client.write_all(&body);
}

#[test]
fn a_block_is_what_its_hash_says() {
    test(async {
        let liar = Liar::new(|path, mut truth| {
            if path.starts_with("/block/") && path.len() > 64 {
                truth["nonce"] = json!(truth["nonce"].as_u64().unwrap() + 1);
            }
            truth
        });
        let rig = liar.controller().await;
        rig.act(json!({"mine": "liar"})).await;
        rig.tick(4).await;
        let tip = rig.node("liar").tip.unwrap();
        assert_eq!(rig.node("liar").height, 1);
        let error = rig.controller.block(tip).await.unwrap_err().to_string();
        assert!(error.contains("whose hash is"), "{error}");
    });
}

#[test]
fn a_tree_is_no_longer_than_its_blocks() {
    test(async {
        let liar = Liar::new(|path, mut truth| {
            if path.starts_with("/tree") {
                truth["length"] = json!(u64::MAX);
            }
            truth
        });
        let rig = liar.controller().await;
        rig.tick(1).await;
        assert_eq!(rig.controller.tree(0, 10).await.blocks.len(), 1);
    });
}

#[test]
fn clocks_that_cannot_be_counted_on_are_refused() {
    test(async {
        let liar = Liar::new(|path, mut truth| {
            if path == "/outline" {
                truth["state"]["clock"] = json!(u64::MAX);
            }
            truth
        });
        let rig = liar.controller().await;
        rig.tick(1).await;
        let node = rig.network().nodes.remove(0);
        assert_eq!((node.state, node.clock), (Reach::Down, 0));
        assert!(node.why.unwrap().contains("a clock of"));
    });
}

#[test]
fn tokens_are_not_shown() {
    let address = NodeAddress {
        url: "http://127.0.0.1:1".parse().unwrap(),
        token: Some("secret".to_owned()),
    };
    assert!(!format!("{address:?}").contains("secret"));
}
