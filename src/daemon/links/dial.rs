//! Connections that this node makes, again and again until there is a link.

use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_channel::Receiver;
use async_net::TcpStream;
use smol::Timer;
use smol::future::FutureExt;

use super::connection::{End, prepare};
use super::greeting::greet;
use super::{Shared, session};
use crate::daemon::executor;
use crate::daemon::node_api::PeerAddress;
use crate::node::{Message, Node};

/// How long a connection may take to be made.
pub const DIAL_TIMEOUT: Duration = Duration::from_secs(5);

/// The first wait before an address is dialled again; each one after it is twice as long.
pub const SHORTEST_WAIT: Duration = Duration::from_millis(50);

/// The longest wait before an address is dialled again. A link that lasted this long was a good one:
/// waits start over after it.
pub const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// The most reasons that are warned of for one peer until a good link: a peer may make up any number.
const MAX_WARNINGS: usize = 8;

/// Dials `address` whenever there is no link to it. `woken` says when to look again.
pub(super) async fn run<N>(shared: Arc<Shared<N>>, address: PeerAddress, woken: Receiver<()>)
where
    N: Node<Message = Message> + Send + 'static,
{
    let mut wait = SHORTEST_WAIT;
    let mut said = Said::default();
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
            said = Said::default();
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
    if shared.is_banned_at(address) {
        return Err(End::Stranger(
            "it is banned for what it did: add it again to lift the ban",
        ));
    }
    let stream = connect(address).await?;
    let remote = stream.peer_addr()?.ip();
    let greeted = greet(shared, stream, remote, Some(address.clone())).await?;
    executor::spawn(session::run(greeted)).detach();
    Ok(())
}

async fn connect(address: &PeerAddress) -> io::Result<TcpStream> {
    let made = TcpStream::connect((address.addr.as_str(), address.port));
    let too_late = async {
        Timer::after(DIAL_TIMEOUT).await;
        Err(ErrorKind::TimedOut.into())
    };
    let stream = made.or(too_late).await?;
    prepare(&stream)?;
    Ok(stream)
}

/// What was said about a peer.
#[derive(Debug, Default)]
struct Said {
    /// The last reason, and how often it came in a row.
    last: (String, u32),
    /// Reasons that were warned of.
    warned: Vec<String>,
}

impl Said {
    /// Whether to warn of this reason: once, and of a refusal only when it happens again, as two that
    /// dial each other at once refuse one of the two links.
    fn is_news(&mut self, end: &End, text: &str) -> bool {
        let times = if self.last.0 == text {
            self.last.1.saturating_add(1)
        } else {
            1
        };
        self.last = (text.to_owned(), times);
        let cut = [ErrorKind::ConnectionReset, ErrorKind::BrokenPipe];
        let wanted = match end {
            End::Socket(error) if !cut.contains(&error.kind()) => 1,
            _ => 2,
        };
        let known = self.warned.iter().any(|warned| warned == text);
        if times < wanted || known || self.warned.len() >= MAX_WARNINGS {
            return false;
        }
        self.warned.push(text.to_owned());
        true
    }
}

fn report(address: &PeerAddress, end: &End, said: &mut Said) {
    let mut text = end.to_string();
    // Either side may have been the one that saw it.
    if text.contains("their genesis differs") {
        text.push_str("; start both with the same --genesis and --difficulty");
    }
    let level = match said.is_news(end, &text) {
        true => log::Level::Warn,
        false => log::Level::Info,
    };
    log::log!(level, "no link to {address} yet: {text}; trying on");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_is_warned_of_once() {
        let absent = || End::Socket(ErrorKind::ConnectionRefused.into());
        let refused = |reason: &str| End::Told(reason.to_owned());
        let mut said = Said::default();
        let mut news = |end: End| said.is_news(&end, &end.to_string());
        assert_eq!([absent(), absent()].map(&mut news), [true, false]);
        assert_eq!(
            ["a", "a", "a"].map(|a| news(refused(a))),
            [false, true, false]
        );
        assert_eq!(["b", "b"].map(|b| news(refused(b))), [false, true]);
        assert_eq!([absent(), refused("a")].map(&mut news), [false, false]);
        let warned = (0..100).filter(|n| {
            let reason = n.to_string();
            [&reason, &reason].map(|reason| news(refused(reason)))[1]
        });
        assert_eq!(warned.count(), MAX_WARNINGS - 3);
    }
}
