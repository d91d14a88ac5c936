//! Many connections at once that do as little as they can.
#![allow(unreachable_pub, reason = "shared by several tests")]

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::net::{AddressFamily, SocketType, bind, connect, socket};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// How many do something every ten milliseconds.
const PACE: usize = 2;

/// Raises this process's limit of descriptors; whether that many are allowed. Says so where not.
pub fn allow_descriptors(count: u64) -> bool {
    let limit = getrlimit(Resource::Nofile);
    let wanted = Rlimit {
        current: limit.current.map(|current| current.max(count)),
        maximum: limit.maximum,
    };
    let allowed = setrlimit(Resource::Nofile, wanted).is_ok();
    if !allowed {
        eprintln!("skipped: this machine allows fewer than {count} descriptors: {limit:?}");
    }
    allowed
}

/// Connections from many addresses, held by a thread that sends a byte on each now and then and
/// connects anew where it was sent away.
pub struct Crowd {
    leaves: Arc<AtomicBool>,
    holds: Option<JoinHandle<()>>,
}

impl Crowd {
    /// Clients of an HTTP server: in turn one whose header trickles, one whose body does, a silent one.
    pub fn of_clients(to: SocketAddr, count: usize) -> Self {
        Self::new(to, count, |number| match number % 3 {
            0 => b"GET /status HTTP/1.1\r\nX: ",
            1 => {
                b"POST /tx/add HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
                   Content-Length: 60000\r\n\r\n"
            }
            _ => b"",
        })
    }

    /// Peers that begin to greet, and some that do not.
    pub fn of_peers(to: SocketAddr, count: usize) -> Self {
        Self::new(to, count, |number| match number % 2 {
            0 => b"{\"HELLO\":",
            _ => b"",
        })
    }

    fn new(to: SocketAddr, count: usize, first: fn(usize) -> &'static [u8]) -> Self {
        let mut members: Vec<Member> = (0..count).map(|n| Member::new(to, n, first(n))).collect();
        let leaves = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&leaves);
        let holds = std::thread::spawn(move || {
            loop {
                for (number, member) in members.iter_mut().enumerate() {
                    if told.load(Ordering::Relaxed) {
                        return;
                    }
                    member.go_on(to, number);
                    if number % PACE == 0 {
                        std::thread::sleep(Duration::from_millis(10));
                    }
                }
            }
        });
        Self {
            leaves,
            holds: Some(holds),
        }
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.leaves.store(true, Ordering::Relaxed);
        if let Some(holds) = self.holds.take() {
            holds.join().unwrap();
        }
    }
}

struct Member {
    stream: TcpStream,
    first: &'static [u8],
}

impl Member {
    fn new(to: SocketAddr, number: usize, first: &'static [u8]) -> Self {
        let mut stream = connected(to, number);
        stream.set_nonblocking(true).unwrap();
        let _ = stream.write_all(first);
        Self { stream, first }
    }

    /// One more byte, or a new connection for one that was cut.
    fn go_on(&mut self, to: SocketAddr, number: usize) {
        let mut bytes = [0; 512];
        let is_open = match self.stream.read(&mut bytes) {
            Ok(read) => read > 0,
            Err(error) => error.kind() == ErrorKind::WouldBlock,
        };
        if !is_open {
            *self = Self::new(to, number, self.first);
        } else if !self.first.is_empty() {
            let _ = self.stream.write_all(b"y");
        }
    }
}

/// A connection from one of two hundred addresses of this machine.
fn connected(to: SocketAddr, number: usize) -> TcpStream {
    let from = Ipv4Addr::new(127, 0, 1, 1 + (number % 200) as u8);
    let socket = socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
    bind(&socket, &SocketAddr::V4(SocketAddrV4::new(from, 0))).unwrap();
    connect(&socket, &to).unwrap();
    socket.into()
}
