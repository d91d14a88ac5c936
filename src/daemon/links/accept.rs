//! Connections that others make.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use async_channel::Sender;
use async_net::{TcpListener, TcpStream};
use smol::future::{FutureExt, poll_once, yield_now};
use smol::io::AsyncWriteExt;
use smol::{Task, Timer};

use super::address::host;
use super::addresses::{Arrivals, makes_way};
use super::connection::prepare;
use super::greeting::greet;
use super::{Shared, session};
use crate::daemon::executor;
use crate::node::{Message, Node};
use crate::wire::{Frame, encode};

/// The most connections that are accepted and no link yet. One more takes the oldest one's place: an
/// honest peer is through in milliseconds, so those who wait are most likely not.
pub const MAX_GREETINGS: usize = 64;

/// The pause when the system gives no more sockets, so that the wait for some costs nothing.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A connection in its greeting.
struct Guest {
    /// Tells it to make way.
    make_way: Sender<()>,
    host: IpAddr,
    task: Task<()>,
}

/// Accepts connections for ever.
pub(super) async fn run<N>(shared: Arc<Shared<N>>, listener: TcpListener)
where
    N: Node<Message = Message> + Send + 'static,
{
    let mut guests: VecDeque<Guest> = VecDeque::new();
    let mut arrivals = Arrivals::default();
    let mut failing = false;
    loop {
        // Of a burst all are there at once: who is told to make way goes first, and nobody else has to wait.
        yield_now().await;
        match listener.accept().await {
            Ok((stream, from)) => {
                failing = false;
                let now = shared.now();
                let host = host(from.ip());
                if !arrivals.admit(host, now) || shared.is_banned_host(host) {
                    log::debug!(
                        "a connection from {host} is closed: it is banned, or makes too many"
                    );
                    continue;
                }
                guests.retain(|guest| !guest.task.is_finished());
                let hosts: Vec<IpAddr> = guests.iter().map(|guest| guest.host).collect();
                let oldest = makes_way(&hosts, host, MAX_GREETINGS);
                if let Some(oldest) = oldest.and_then(|place| guests.remove(place)) {
                    let _ = oldest.make_way.try_send(());
                    // It has nothing to wait for from here on.
                    oldest.task.detach();
                }
                let (make_way, told) = async_channel::bounded(1);
                let welcome = welcome(Arc::clone(&shared), stream.clone(), from.ip());
                let sealed = shared.noise.is_some();
                let make_way_if_told = async move {
                    let _ = told.recv().await;
                    // Whoever has not shown that it has the network key is told nothing.
                    if !sealed {
                        make_way_for_another(stream).await;
                    }
                };
                let task = executor::spawn(welcome.or(make_way_if_told));
                guests.push_back(Guest {
                    make_way,
                    host,
                    task,
                });
            }
            Err(error) => {
                if !failing {
                    log::warn!("no peer can be accepted for now: {error}");
                }
                failing = true;
                Timer::after(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn welcome<N>(shared: Arc<Shared<N>>, stream: TcpStream, remote: IpAddr)
where
    N: Node<Message = Message> + Send + 'static,
{
    let greeted = match prepare(&stream) {
        Ok(()) => greet(&shared, stream, remote, None).await,
        Err(error) => Err(error.into()),
    };
    match greeted {
        Ok(greeted) => executor::spawn(session::run(greeted)).detach(),
        Err(end) => log::debug!("a connection from {remote} is no link: {end}"),
    }
}

/// Says so if that needs no wait.
async fn make_way_for_another(mut stream: TcpStream) {
    let reason =
        format!("{MAX_GREETINGS} connections wait to be greeted, the newest ones are kept");
    let _ = poll_once(stream.write_all(&encode(&Frame::bye(&reason)))).await;
}
