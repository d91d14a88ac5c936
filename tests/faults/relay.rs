//! Packets between network namespaces, with faults: every node's packets come here as VXLAN (RFC 7348)
//! datagrams and go on from here. So nodes see what they would see on a bad line, and no module of the
//! kernel is needed that many lack.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use smol::net::UdpSocket;
use smol::{Task, Timer};

use super::fault::{Fate, Faults};

/// Before the Ethernet frame.
const VXLAN_BYTES: usize = 8;

/// Destination, source, type.
const ETHERNET_BYTES: usize = 14;

/// An Ethernet frame's type, for IPv4.
const IPV4: [u8; 2] = [8, 0];

const TCP: u8 = 6;

/// Where TCP has its checksum.
const TCP_CHECKSUM: usize = 16;

/// The Ethernet address of a node's end of the tunnel: its last byte is the node's number.
pub fn ethernet(node: usize) -> String {
    format!("02:00:00:00:00:{node:02x}")
}

/// Carries packets until dropped.
pub struct Relay {
    posts: Arc<[Post]>,
    _tasks: Vec<Task<()>>,
}

/// This side of a node's tunnel.
struct Post {
    socket: UdpSocket,
    node: OnceLock<SocketAddr>,
}

impl Relay {
    /// A relay with a socket for each of these addresses of this side.
    pub fn new(addresses: &[SocketAddr], faults: &Arc<Faults>) -> std::io::Result<Self> {
        let post = |address: &SocketAddr| {
            let socket = smol::block_on(UdpSocket::bind(address))?;
            Ok(Post {
                socket,
                node: OnceLock::new(),
            })
        };
        let posts: std::io::Result<Vec<Post>> = addresses.iter().map(post).collect();
        let posts: Arc<[Post]> = posts?.into();
        let tasks = (0..posts.len())
            .map(|from| smol::spawn(carry(Arc::clone(&posts), from, Arc::clone(faults))));
        Ok(Self {
            _tasks: tasks.collect(),
            posts,
        })
    }

    /// The port that both ends of a node's tunnel have.
    pub fn port(&self, node: usize) -> u16 {
        self.posts[node].socket.local_addr().unwrap().port()
    }

    /// Says where a node's end of its tunnel is.
    pub fn lead_to(&self, node: usize, address: SocketAddr) {
        self.posts[node]
            .node
            .set(address)
            .expect("a node has one tunnel");
    }
}

async fn carry(posts: Arc<[Post]>, from: usize, faults: Arc<Faults>) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok((count, _)) = posts[from].socket.recv_from(&mut buffer).await {
        let packet = &mut buffer[..count];
        let Some(to) = destination(packet).filter(|to| *to < posts.len()) else {
            continue;
        };
        mend(packet);
        let late = faults.of(from, to).late;
        let mut packet = packet.to_vec();
        let times = match faults.draw(from, to) {
            Fate::Arrives => 1,
            Fate::Twice => 2,
            Fate::Torn => {
                packet.truncate(count / 2);
                1
            }
            Fate::Lost | Fate::Stalled => continue,
        };
        for _ in 0..times {
            let (posts, packet) = (Arc::clone(&posts), packet.clone());
            let send = async move {
                if let Some(node) = posts[to].node.get() {
                    // A packet that cannot be sent is one more that is lost.
                    let _ = posts[to].socket.send_to(&packet, node).await;
                }
            };
            if late.is_zero() {
                send.await;
            } else {
                smol::spawn(after(late, send)).detach();
            }
        }
    }
}

async fn after(wait: Duration, send: impl Future<Output = ()>) {
    Timer::after(wait).await;
    send.await;
}

/// The node a packet is for; `None` for what is said to all, which nodes have no use for.
fn destination(packet: &[u8]) -> Option<usize> {
    let address = packet.get(VXLAN_BYTES..VXLAN_BYTES + 6)?;
    let (number, fixed) = address.split_last()?;
    (fixed == [2, 0, 0, 0, 0]).then_some(usize::from(*number))
}

/// Fills in the checksum that the kernel leaves to network cards, as here is none.
fn mend(packet: &mut [u8]) {
    let frame = &mut packet[VXLAN_BYTES..];
    if frame.len() < ETHERNET_BYTES + 20 || frame[12..14] != IPV4 {
        return;
    }
    let ip = &mut frame[ETHERNET_BYTES..];
    let header = usize::from(ip[0] & 0xf) * 4;
    let length = usize::from(u16::from_be_bytes([ip[2], ip[3]]));
    if ip[9] != TCP || length > ip.len() || header + TCP_CHECKSUM + 2 > length {
        return;
    }
    let (addresses, segment) = ip[12..length].split_at_mut(header - 12);
    segment[TCP_CHECKSUM..TCP_CHECKSUM + 2].fill(0);
    let pseudo = u32::from(TCP) + (length - header) as u32;
    let mut sum = pseudo + words(&addresses[..8]) + words(segment);
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    let checksum = !(sum as u16);
    segment[TCP_CHECKSUM..TCP_CHECKSUM + 2].copy_from_slice(&checksum.to_be_bytes());
}

/// The sum of 16-bit words, the last filled up with a zero byte.
fn words(bytes: &[u8]) -> u32 {
    let word = |pair: &[u8]| u32::from(pair[0]) << 8 | u32::from(*pair.get(1).unwrap_or(&0));
    bytes.chunks(2).map(word).sum()
}
