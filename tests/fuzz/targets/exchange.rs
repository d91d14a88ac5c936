//! What comes back for bytes that a client sends: a service on a stream in memory, no socket between.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use smol::LocalExecutor;
use smol::io::{AsyncRead, AsyncWrite};
use tickchain::daemon::http::{Service, carry};

/// How long a handler may take. Whatever takes longer holds up others.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long nothing may happen before the client is done: long enough for a thread to answer.
const QUIET: Duration = Duration::from_micros(300);

/// The client's end of a connection.
#[derive(Default)]
struct Client {
    sends: Vec<u8>,
    sent: usize,
    hung_up: bool,
    got: Vec<u8>,
    waker: Option<Waker>,
}

/// The service's end.
struct Wire(Rc<RefCell<Client>>);

/// What the service answers to `bytes` until nothing more comes. The client reads everything, and hangs
/// up when it has sent all and the service is quiet; where the bytes are `whole` requests, it waits for an
/// answer first.
///
/// # Panics
/// When whole requests are not answered within a second.
pub fn exchange(
    executor: &LocalExecutor<'static>,
    service: &Service,
    bytes: &[u8],
    whole: bool,
) -> Vec<u8> {
    let client = Rc::new(RefCell::new(Client {
        sends: bytes.to_vec(),
        ..Client::default()
    }));
    let (wire, service) = (Wire(Rc::clone(&client)), service.clone());
    let carried = executor.spawn(async move { carry(wire, &service).await });
    let mut quiet_since = Instant::now();
    while !carried.is_finished() {
        if executor.try_tick() {
            quiet_since = Instant::now();
            continue;
        }
        let quiet = quiet_since.elapsed();
        let mut client = client.borrow_mut();
        let answered = !whole || !client.got.is_empty();
        assert!(answered || quiet < PATIENCE, "no answer");
        if !answered || quiet < QUIET {
            std::thread::yield_now();
        } else if !client.hung_up {
            client.hang_up();
            quiet_since = Instant::now();
        } else {
            // A stream that has nothing to say does not notice: the next heartbeat would end it.
            break;
        }
    }
    std::mem::take(&mut client.borrow_mut().got)
}

impl Client {
    fn hang_up(&mut self) {
        self.hung_up = true;
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let mut client = self.0.borrow_mut();
        let rest = &client.sends[client.sent..];
        let count = rest.len().min(buffer.len());
        if count == 0 && !client.hung_up {
            client.waker = Some(cx.waker().clone());
            return Poll::Pending;
        }
        buffer[..count].copy_from_slice(&rest[..count]);
        client.sent += count;
        Poll::Ready(Ok(count))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.0.borrow_mut().got.extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
