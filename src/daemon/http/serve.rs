//! Carries HTTP: hyper on async-net, in the place of tide's own `listen`.
//!
//! tide's listener writes header and body apart without TCP_NODELAY (44 ms a request), loses
//! pipelined requests, and has no bounds to speak of. Here everything has one: see the constants of
//! this module and of [`super::seats`].

use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use async_channel::Sender;
use async_net::{Shutdown, TcpListener, TcpStream};
use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use smol::Timer;
use smol::future::{FutureExt, or, poll_once, yield_now};
use smol::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use smol_hyper::rt::FuturesIo;

use super::call::Content;
use super::descriptors;
use super::seats::{Busy, Seat, Seats, Writes};
use super::service::Service;
use crate::daemon::executor;

/// The most bytes of a request's header, and of a body's part that is buffered, 16 KiB. Each connection may take
/// so much, so it is no more than pages and programs need.
pub const MAX_HEADER_BYTES: usize = 16 * 1024;

/// How many bytes are read at a time: less than hyper's buffer, which doubles once it was filled.
const READ_BYTES: usize = 4 * 1024;

/// How long requests that run may go on after the shutdown began.
pub const SHUTDOWN_GRACE: Duration = Duration::from_millis(1500);

/// How long, and how many bytes, are read and thrown away after the last answer on a connection.
/// Without that a client that still sends would see its connection reset instead of the answer.
const LINGER: Duration = Duration::from_millis(500);
const LINGER_BYTES: usize = 4 * 1024 * 1024;

/// How often idle connections are looked for.
const REAP_INTERVAL: Duration = Duration::from_secs(1);

/// How long nobody is accepted after the system had no more file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\n\
    content-type: application/problem+json\r\n\
    connection: close\r\n\
    retry-after: 1\r\n\
    content-length: 159\r\n\r\n\
    {\"type\":\"about:blank\",\"title\":\"Service Unavailable\",\"status\":503,\"detail\":\
    \"all connections are in use here: close some, or try again in a moment, one at most\"}";

/// Serves the API on `listener` until `shutdown` is there: then nobody is accepted any more, and what
/// runs may go on for [`SHUTDOWN_GRACE`]. Every connection is a task of the daemon's executor.
///
/// # Errors
/// None after the listener was bound: what accepting fails with is logged and tried again.
pub async fn serve(
    listener: TcpListener,
    service: Service,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let seats = Seats::new(descriptors::for_clients());
    // Every connection holds one; the channel closes with the last.
    let (alive, ended) = async_channel::bounded::<std::convert::Infallible>(1);
    or(accept(&listener, &service, &seats, &alive), shutdown).await;
    drop((listener, alive));
    service.closing().close();
    let done = async {
        let _ = ended.recv().await;
    };
    let over = async {
        Timer::after(SHUTDOWN_GRACE).await;
    };
    done.or(over).await;
    seats.clear();
    Ok(())
}

async fn accept(
    listener: &TcpListener,
    service: &Service,
    seats: &Seats,
    alive: &Sender<std::convert::Infallible>,
) {
    loop {
        // Of a burst all are there at once: nobody else has to wait for the last of them.
        yield_now().await;
        let accepted = async { Some(listener.accept().await) };
        let reap = async {
            // Without connections there is nothing to wake up for.
            if seats.is_empty() {
                smol::future::pending::<()>().await;
            }
            Timer::after(REAP_INTERVAL).await;
            None
        };
        match accepted.or(reap).await {
            None => seats.reap(),
            Some(Ok((stream, address))) => match seats.take(address.ip()) {
                Some(seat) => {
                    let (service, alive) = (service.clone(), alive.clone());
                    let task = executor::spawn(async move {
                        connection(stream, seat, service).await;
                        drop(alive);
                    });
                    task.detach();
                }
                None => refuse(stream).await,
            },
            Some(Err(error)) => {
                log::warn!("no connection accepted: {error}");
                seats.make_room();
                Timer::after(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Says why and hangs up. A new socket's buffer has room for this, so nothing is waited for.
async fn refuse(mut stream: TcpStream) {
    let _ = poll_once(stream.write_all(FULL)).await;
    let _ = stream.shutdown(Shutdown::Write);
}

/// Answers what comes over `io`, as [`serve`] does for each connection it accepts, but without its
/// bounds on time. Ends when either side is done; what `io` fails with is logged.
pub async fn carry(io: impl AsyncRead + AsyncWrite + Unpin, service: &Service) {
    let answer = service_fn(|request: Request<Incoming>| async {
        Ok::<_, std::convert::Infallible>(service.answer(request, || ()).await)
    });
    if let Err(error) = http1().serve_connection(FuturesIo::new(io), answer).await {
        log::debug!("a connection ended: {error}");
    }
}

/// How connections are read. Seats see to slow headers, for less than a timer a request.
/// `pipeline_flush` stays off: it holds back an answer while a part of the next request is there.
fn http1() -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .header_read_timeout(None)
        .max_buf_size(MAX_HEADER_BYTES);
    builder
}

async fn connection(stream: TcpStream, seat: Seat, service: Service) {
    if let Err(error) = stream.set_nodelay(true) {
        log::debug!("a connection was gone at once: {error}");
        return;
    }
    // Whoever says nothing gets no buffers: there may be many.
    let speaks = async { matches!(stream.peek(&mut [0]).await, Ok(1..)) };
    let leaves = async {
        or(seat.told_to_leave(), service.closing().closed()).await;
        false
    };
    // Who only lingers has no buffers any more either.
    let lingers =
        speaks.or(leaves).await && Box::pin(converse(stream.clone(), &seat, &service)).await;
    if lingers {
        linger(stream).await;
    }
}

/// Answers one request after the other; whether there is a goodbye to be said.
async fn converse(stream: TcpStream, seat: &Seat, service: &Service) -> bool {
    let io = FuturesIo::new(Watched {
        stream,
        writes: seat.writes(),
    });
    let answer = service_fn(|request: Request<Incoming>| {
        let busy = seat.asked();
        async move {
            let answer: Response<Content> = service.answer(request, || busy.begin()).await;
            Ok::<_, std::convert::Infallible>(answer.map(|content| Answer {
                content,
                _busy: busy,
            }))
        }
    });
    let carried = http1().serve_connection(io, answer);
    let mut carried = pin!(carried);
    let leave = async {
        seat.told_to_leave().await;
        None
    };
    let served = async {
        let closing = async {
            service.closing().closed().await;
            None
        };
        let first = or(async { Some(carried.as_mut().await) }, closing).await;
        if let Some(ended) = first {
            return Some(ended);
        }
        carried.as_mut().graceful_shutdown();
        Some(carried.as_mut().await)
    };
    let ended = served.or(leave).await;
    if let Some(Err(error)) = &ended {
        log::debug!("a connection ended: {error}");
    }
    ended.is_some()
}

async fn linger(mut stream: TcpStream) {
    let _ = stream.shutdown(Shutdown::Write);
    let drain = async {
        // Not in the future itself, which every connection has.
        let mut bytes = vec![0; 4096];
        let mut left = LINGER_BYTES;
        while let Ok(read @ 1..) = stream.read(&mut bytes).await {
            left = left.saturating_sub(read);
            if left == 0 {
                break;
            }
        }
    };
    let over = async {
        Timer::after(LINGER).await;
    };
    drain.or(over).await;
}

/// An answer's body; its connection is busy until it was handed over whole.
struct Answer {
    content: Content,
    _busy: Busy,
}

impl Body for Answer {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        Pin::new(&mut self.content).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.content.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.content.size_hint()
    }
}

/// A socket that notes when its client takes no bytes.
struct Watched {
    stream: TcpStream,
    writes: Writes,
}

impl Watched {
    fn note(&self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match written {
            Poll::Pending => self.writes.stalled(),
            Poll::Ready(_) => self.writes.moved(),
        }
        written
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let most = buffer.len().min(READ_BYTES);
        Pin::new(&mut self.stream).poll_read(cx, &mut buffer[..most])
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.note(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bytes);
        self.note(written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_close(cx)
    }
}
