//! A node behind the HTTP API on a port of its own, and a small client that shows every byte.
#![allow(
    unreachable_pub,
    dead_code,
    clippy::unwrap_used,
    reason = "shared by several tests, each of which uses a part"
)]

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_channel::Sender;
use serde_json::Value as Json;
use tickchain::daemon::http::{Guard, serve};
use tickchain::daemon::node_api::{NodeApi, Peer, PeerAddress, PeerBook, PeerError, Ticker};
use tickchain::daemon::storage::{self, DaemonNode};
use tickchain::driver::{Driver, Handle, Options};
use tickchain::node::Config;

/// Longer than anything here takes: a test that waits this long has found a hang.
const PATIENCE: Duration = Duration::from_secs(20);

/// Adding a peer at this port is a fault of the program.
pub const FAULTY_PORT: u16 = 666;

/// Peers that are only remembered.
#[derive(Default)]
pub struct NotedPeers {
    known: Mutex<BTreeSet<PeerAddress>>,
    pub connected: Mutex<BTreeSet<PeerAddress>>,
}

impl PeerBook for NotedPeers {
    fn list(&self) -> Vec<Peer> {
        let connected = self.connected.lock().unwrap();
        let peer = |address: &PeerAddress| Peer {
            address: address.clone(),
            name: None,
            connected: connected.contains(address),
            key: None,
            banned_until: None,
        };
        self.known.lock().unwrap().iter().map(peer).collect()
    }

    fn add(&self, address: PeerAddress) -> Result<(), PeerError> {
        assert_ne!(address.port, FAULTY_PORT, "this panics for a test");
        if address.port == 1 {
            return Err(PeerError::Own { address });
        }
        self.known.lock().unwrap().insert(address);
        Ok(())
    }

    fn remove(&self, address: &PeerAddress) -> Result<(), PeerError> {
        let known = self.known.lock().unwrap().remove(address);
        let address = address.clone();
        known.then_some(()).ok_or(PeerError::Unknown { address })
    }

    fn missing(&self) -> Vec<PeerAddress> {
        let peers = self.list().into_iter().filter(|peer| !peer.connected);
        peers.map(|peer| peer.address).collect()
    }
}

/// A clock that would run by itself.
#[derive(Default)]
pub struct NotedTicker(Mutex<Option<Duration>>);

impl Ticker for NotedTicker {
    fn set(&self, interval: Option<Duration>) {
        *self.0.lock().unwrap() = interval;
    }

    fn interval(&self) -> Option<Duration> {
        *self.0.lock().unwrap()
    }
}

/// A node and its API, until dropped.
pub struct Server {
    pub address: SocketAddr,
    pub handle: Handle<DaemonNode>,
    pub peers: Arc<NotedPeers>,
    shutdown: Sender<()>,
    served: Option<smol::Task<std::io::Result<()>>>,
}

impl Server {
    /// A node of the document's network that is not started.
    pub fn new() -> Self {
        Self::with(Config::new("node1".parse().unwrap()), Guard::default())
    }

    pub fn started() -> Self {
        let server = Self::new();
        server.get("/start").expect(200);
        server
    }

    pub fn with(config: Config, guard: Guard) -> Self {
        let options = Options {
            wall: Arc::new(|| 1_700_000_000),
            ..Options::default()
        };
        let (driver, handle) = Driver::new(storage::in_memory(config).unwrap(), options);
        smol::spawn(driver.run()).detach();
        let peers = Arc::new(NotedPeers::default());
        let api = NodeApi {
            name: "node1".parse().unwrap(),
            handle: handle.clone(),
            peers: peers.clone(),
            ticker: Arc::new(NotedTicker::default()),
            guard,
            storage: None,
        };
        let listener = smol::block_on(smol::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let (shutdown, told) = async_channel::bounded::<()>(1);
        let served = smol::spawn(serve(listener, api.service(), async move {
            let _ = told.recv().await;
        }));
        Self {
            address,
            handle,
            peers,
            shutdown,
            served: Some(served),
        }
    }

    /// Begins the shutdown; the task ends when it is over.
    pub fn shut_down(&mut self) -> smol::Task<std::io::Result<()>> {
        self.shutdown.close();
        self.served.take().expect("a server is shut down once")
    }

    pub fn get(&self, path: &str) -> Answer {
        self.client().call("GET", path, &[], b"")
    }

    pub fn head(&self, path: &str) -> Answer {
        self.client().call("HEAD", path, &[], b"")
    }

    /// POST with a JSON body, or with none.
    pub fn post(&self, path: &str, json: &str) -> Answer {
        self.client().json("POST", path, json)
    }

    pub fn client(&self) -> Client {
        Client::new(self.address)
    }

    /// Sends these bytes on a connection of their own and reads until the server hangs up.
    pub fn raw(&self, bytes: &[u8]) -> String {
        let mut client = self.client();
        // The server may have answered and hung up before it was sent everything.
        let _ = client.0.get_mut().write_all(bytes);
        client.rest()
    }

    /// As [`Server::raw`], but hangs up first.
    pub fn raw_hanging_up(&self, bytes: &[u8]) -> String {
        let mut client = self.client();
        let _ = client.0.get_mut().write_all(bytes);
        let _ = client.0.get_mut().shutdown(Shutdown::Write);
        client.rest()
    }

    /// The node as a document, to see whether anything changed.
    pub fn state(&self) -> Json {
        let state = smol::block_on(self.handle.read(DaemonNode::state)).unwrap();
        serde_json::to_value(state).unwrap()
    }
}

/// A connection that stays.
pub struct Client(pub BufReader<TcpStream>);

impl Client {
    pub fn new(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self(BufReader::new(stream))
    }

    pub fn json(&mut self, method: &str, path: &str, json: &str) -> Answer {
        let headers: &[(&str, &str)] = match json {
            "" => &[],
            _ => &[("Content-Type", "application/json")],
        };
        self.call(method, path, headers, json.as_bytes())
    }

    /// One request and its answer. `Host` is this machine's unless `headers` have one.
    pub fn call(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        self.send(method, path, headers, body);
        self.answer(method == "HEAD")
    }

    pub fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) {
        let mut request = format!("{method} {path} HTTP/1.1\r\n");
        if !headers.iter().any(|(name, _)| *name == "Host") {
            request += "Host: 127.0.0.1\r\n";
        }
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
        }
        if !body.is_empty() {
            request += &format!("Content-Length: {}\r\n", body.len());
        }
        request += "\r\n";
        let mut bytes = request.into_bytes();
        bytes.extend_from_slice(body);
        self.0.get_mut().write_all(&bytes).unwrap();
    }

    /// All that comes until the server hangs up.
    pub fn rest(&mut self) -> String {
        let mut text = Vec::new();
        match self.0.read_to_end(&mut text) {
            Err(error) if error.kind() != std::io::ErrorKind::ConnectionReset => {
                panic!("the server did not hang up: {error}")
            }
            _ => String::from_utf8_lossy(&text).into_owned(),
        }
    }

    pub fn line(&mut self) -> String {
        let mut line = String::new();
        self.0
            .read_line(&mut line)
            .expect("the server answers in time");
        line.trim_end().to_owned()
    }

    /// Reads a status line and headers, and no body.
    pub fn header(&mut self) -> Answer {
        let line = self.line();
        let status = line
            .split(' ')
            .nth(1)
            .unwrap_or_else(|| panic!("not a status: {line:?}"));
        let mut answer = Answer {
            status: status.parse().unwrap(),
            headers: Vec::new(),
            body: Vec::new(),
        };
        loop {
            let line = self.line();
            if line.is_empty() {
                return answer;
            }
            let (name, value) = line.split_once(": ").expect("a header has a colon");
            answer.headers.push((name.to_lowercase(), value.to_owned()));
        }
    }

    pub fn answer(&mut self, head: bool) -> Answer {
        let mut answer = self.header();
        if head {
            return answer;
        }
        if answer.header("transfer-encoding") == Some("chunked") {
            loop {
                let chunk = self.chunk();
                if chunk.is_empty() {
                    break;
                }
                answer.body.extend_from_slice(&chunk);
            }
        } else if let Some(length) = answer.header("content-length") {
            answer.body = vec![0; length.parse().unwrap()];
            self.0.read_exact(&mut answer.body).unwrap();
        }
        answer
    }

    pub fn chunk(&mut self) -> Vec<u8> {
        let size = self.line();
        let size =
            usize::from_str_radix(&size, 16).unwrap_or_else(|_| panic!("no chunk: {size:?}"));
        let mut chunk = vec![0; size + 2];
        self.0.read_exact(&mut chunk).unwrap();
        chunk.truncate(size);
        chunk
    }
}

#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers.find_map(|(key, value)| (key == name).then_some(value.as_str()))
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub fn json(&self) -> Json {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(
            self.status,
            status,
            "{}",
            String::from_utf8_lossy(&self.body)
        );
        self
    }

    /// Checks that this is a problem as RFC 9457 has it, with a sentence, and returns that.
    #[track_caller]
    pub fn problem(&self, status: u16) -> String {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json")
        );
        let json = self.json();
        assert_eq!(json["status"], status);
        assert_eq!(json["type"], "about:blank");
        assert!(
            json["title"]
                .as_str()
                .is_some_and(|title| !title.is_empty())
        );
        let detail = json["detail"].as_str().unwrap_or("");
        assert!(detail.len() > 20, "too short to help: {detail:?}");
        detail.to_owned()
    }
}
