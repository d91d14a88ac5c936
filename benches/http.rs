//! `GET status` and `POST tx/add` a second on keep-alive connections, beside bare hyper on smol that
//! answers a constant: `cargo bench --bench http`.
//!
//! Client and servers are one process: the node has its executor's thread, bare hyper has smol's, the client another.
//! The three take turns in short slices, so that a noisy machine is noisy for all of them alike; the
//! ratios are medians over the rounds.

#[path = "common/answer.rs"]
mod answer;

use std::convert::Infallible;
use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use answer::read_answer;
use bytes::Bytes;
use http_body_util::Full;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use smol::net::TcpListener;
use smol_hyper::rt::FuturesIo;
use tickchain::daemon::node::{RunningNode, Setup, Sockets};

/// Connections the client keeps busy: each is sent a request, then each answer is read.
const CONNECTIONS: usize = 32;
const SLICE: Duration = Duration::from_millis(400);
const ROUNDS: usize = 9;
/// Below the most payments a node keeps.
const PAYMENTS_PER_RESET: usize = 8_000;

const STATUS: &[u8] = b"GET /status HTTP/1.1\r\nHost: 127.0.0.1:50082\r\n\
    User-Agent: bench\r\nAccept: */*\r\n\r\n";
const RESET: &[u8] = b"GET /reset HTTP/1.1\r\nHost: 127.0.0.1:50082\r\n\r\n";
const PAY: &[u8] = b"POST /tx/add HTTP/1.1\r\nHost: 127.0.0.1:50082\r\n\
    User-Agent: bench\r\nAccept: */*\r\nContent-Type: application/json\r\n\
    Content-Length: 45\r\n\r\n{\"sender\":\"aki\", \"recipient\":\"so\", \"value\":1}";

fn listen() -> (TcpListener, SocketAddr) {
    let listener = smol::block_on(TcpListener::bind("127.0.0.1:0")).expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    (listener, address)
}

fn node() -> RunningNode {
    let any = (SocketAddr::from(([127, 0, 0, 1], 0)), "--http");
    let mut setup = Setup::new(Some("node1".parse().expect("a short name")));
    setup.genesis.accounts[0].balance = (1 << 40).try_into().expect("below 2^53");
    let sockets = Sockets::bind(any, any).expect("ports are free");
    let node = RunningNode::new(sockets, setup).expect("a legal network");
    smol::block_on(node.start()).expect("it runs");
    node
}

/// hyper on smol, and nothing else.
fn bare() -> SocketAddr {
    let (listener, address) = listen();
    let accepting = async move {
        loop {
            let (stream, _) = listener.accept().await.expect("it listens");
            stream.set_nodelay(true).expect("it is connected");
            let constant = |_: Request<_>| async {
                let body = Full::new(Bytes::from_static(b"{\"clock\":0,\"status\":\"idle\"}"));
                let answer = Response::builder().header("content-type", "application/json");
                Ok::<_, Infallible>(answer.body(body).expect("a legal answer"))
            };
            let mut builder = http1::Builder::new();
            builder.header_read_timeout(None);
            let connection = builder.serve_connection(FuturesIo::new(stream), service_fn(constant));
            smol::spawn(connection).detach();
        }
    };
    smol::spawn::<()>(accepting).detach();
    address
}

struct Rival {
    name: &'static str,
    request: &'static [u8],
    connections: Vec<TcpStream>,
    sent: usize,
    /// Nanoseconds from a request's first byte to its answer's last.
    latencies: Vec<u64>,
    /// Requests a second, a number a round.
    rates: Vec<f64>,
}

impl Rival {
    fn new(name: &'static str, request: &'static [u8], address: SocketAddr) -> Self {
        let connect = |_| {
            let stream = TcpStream::connect(address).expect("it listens");
            stream.set_nodelay(true).expect("it is connected");
            stream
        };
        Self {
            name,
            request,
            connections: (0..CONNECTIONS).map(connect).collect(),
            sent: 0,
            latencies: Vec::new(),
            rates: Vec::new(),
        }
    }

    fn round(&mut self) {
        let began = Instant::now();
        let before = self.latencies.len();
        while began.elapsed() < SLICE {
            let mut sent = [began; CONNECTIONS];
            for (stream, sent) in self.connections.iter_mut().zip(&mut sent) {
                *sent = Instant::now();
                stream.write_all(self.request).expect("it is read");
            }
            for (stream, sent) in self.connections.iter_mut().zip(sent) {
                read_answer(stream);
                self.latencies.push(sent.elapsed().as_nanos() as u64);
            }
            self.sent += CONNECTIONS;
            if self.request == PAY && self.sent > PAYMENTS_PER_RESET {
                self.sent = 0;
                self.connections[0].write_all(RESET).expect("it is read");
                read_answer(&mut self.connections[0]);
            }
        }
        let answered = (self.latencies.len() - before) as f64;
        self.rates.push(answered / began.elapsed().as_secs_f64());
    }

    fn report(&mut self, bare: &[f64]) {
        self.latencies.sort_unstable();
        let percentile = |share: f64| {
            let index = (self.latencies.len() - 1) as f64 * share;
            self.latencies[index as usize] as f64 / 1000.0
        };
        let ratios = self.rates.iter().zip(bare).map(|(own, bare)| own / bare);
        println!(
            "{:<28} {:>8.0}/s   p50 {:>6.0} us   p99 {:>6.0} us   {:.2} of bare hyper",
            self.name,
            median(self.rates.iter().copied()),
            percentile(0.5),
            percentile(0.99),
            median(ratios),
        );
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    let node = node();
    let mut rivals = [
        Rival::new("bare hyper on smol, constant", STATUS, bare()),
        Rival::new("GET status", STATUS, node.http()),
        Rival::new("POST tx/add", PAY, node.http()),
    ];
    for rival in &mut rivals {
        rival.round();
        rival.rates.clear();
        rival.latencies.clear();
    }
    for _ in 0..ROUNDS {
        for rival in &mut rivals {
            rival.round();
        }
    }
    println!(
        "client and servers in one process; one client thread, one server thread, {CONNECTIONS} \
         keep-alive connections in lockstep; {ROUNDS} rounds of {} ms each, in turn",
        SLICE.as_millis()
    );
    let bare = rivals[0].rates.clone();
    for rival in &mut rivals {
        rival.report(&bare);
    }
}
