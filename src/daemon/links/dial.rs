//! Connections that this node makes, again and again until there is a link.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_channel::Receiver;
use async_net::TcpStream;
use smol::Timer;
use smol::future::FutureExt;

use super::connection::{End, prepare, say_bye};
use super::greeting::greet;
use super::{Shared, session};
use crate::daemon::http::PeerAddress;
use crate::node::{Message, Node};

/// How long a connection may take to be made.
pub const DIAL_TIMEOUT: Duration = Duration::from_secs(5);

/// The first wait before an address is dialled again; each one after it is twice as long.
pub const SHORTEST_WAIT: Duration = Duration::from_millis(50);

/// The longest wait before an address is dialled again. A link that lasted this long was a good one:
/// waits start over after it.
pub const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Dials `address` whenever there is no link to it. `woken` says when to look again.
pub(super) async fn run<N>(shared: Arc<Shared<N>>, address: PeerAddress, woken: Receiver<()>)
where
    N: Node<Message = Message> + Send + 'static,
{
    let mut wait = SHORTEST_WAIT;
    let mut said = (String::new(), 0);
    loop {
        if let Err(end) = dial(&shared, &address).await {
            report(&address, &end, &mut said);
        }
        let since = Instant::now();
        while shared.book().is_linked(&address) {
            let _ = woken.recv().await;
        }
        if since.elapsed() >= LONGEST_WAIT {
            wait = SHORTEST_WAIT;
        }
        // The end of that link is no reason to hurry; a peer that is added again is.
        let _ = woken.try_recv();
        let added_again = async {
            let _ = woken.recv().await;
        };
        let waited = async {
            Timer::after(wait).await;
        };
        added_again.or(waited).await;
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

async fn dial<N>(shared: &Arc<Shared<N>>, address: &PeerAddress) -> Result<(), End>
where
    N: Node<Message = Message> + Send + 'static,
{
    if shared.book().is_linked(address) {
        return Ok(());
    }
    let stream = connect(address).await?;
    let remote = stream.peer_addr()?.ip();
    match greet(shared, &stream, remote, Some(address.clone())).await {
        Ok(greeted) => {
            smol::spawn(session::run(stream, greeted)).detach();
            Ok(())
        }
        Err(end) => {
            if let End::Tell(reason) = &end {
                say_bye(stream, reason).await;
            }
            Err(end)
        }
    }
}

async fn connect(address: &PeerAddress) -> io::Result<TcpStream> {
    let made = TcpStream::connect((address.addr.as_str(), address.port));
    let too_late = async {
        Timer::after(DIAL_TIMEOUT).await;
        Err(io::ErrorKind::TimedOut.into())
    };
    let stream = made.or(too_late).await?;
    prepare(&stream)?;
    Ok(stream)
}

/// A peer that is not there yet is nothing to speak of. One that refuses or is refused is, when it
/// happens again: two that dial each other at once refuse one of the two links.
fn report(address: &PeerAddress, end: &End, said: &mut (String, u32)) {
    let text = end.to_string();
    let times = if said.0 == text { said.1 + 1 } else { 1 };
    match end {
        End::Told(_) | End::Tell(_) if times == 2 => log::warn!("no link to {address}: {text}"),
        _ => log::info!("no link to {address} yet: {text}"),
    }
    *said = (text, times);
}
