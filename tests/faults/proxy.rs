//! Streams between nodes on loopback, with faults: one listener for each node that dials and each it
//! dials.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use smol::future::{pending, try_zip};
use smol::io::{AsyncReadExt, AsyncWriteExt};
use smol::net::{TcpListener, TcpStream};
use smol::{Task, Timer};

use super::fault::{Fate, Faults};

/// How much later a piece arrives that was lost once: the shortest wait of Linux before it is sent again.
const SENT_AGAIN_AFTER: Duration = Duration::from_millis(200);

/// How often it is looked whether a pulled cable is back.
const LOOK_INTERVAL: Duration = Duration::from_millis(5);

/// What is read at a time, about a segment: most frames are cut by it somewhere.
const PIECE_BYTES: usize = 1448;

/// How many pieces are on their way before the sender has to wait.
const PIECES: usize = 256;

/// Stands where one node dials another.
pub struct Proxy {
    /// Where it is dialled.
    pub front: SocketAddr,
    back: Arc<Mutex<Option<SocketAddr>>>,
    _task: Task<()>,
}

impl Proxy {
    pub fn new(faults: &Arc<Faults>, from: usize, to: usize) -> Self {
        let listener = smol::block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let back = Arc::default();
        let way = Way {
            faults: Arc::clone(faults),
            from,
            to,
        };
        Self {
            front: listener.local_addr().unwrap(),
            _task: smol::spawn(accept(listener, Arc::clone(&back), way)),
            back,
        }
    }

    /// Where the node that is dialled listens now, if it runs.
    pub fn lead_to(&self, back: Option<SocketAddr>) {
        *self.back.lock().unwrap() = back;
    }
}

/// One direction.
#[derive(Clone)]
struct Way {
    faults: Arc<Faults>,
    from: usize,
    to: usize,
}

impl Way {
    fn back(&self) -> Self {
        Self {
            faults: Arc::clone(&self.faults),
            from: self.to,
            to: self.from,
        }
    }

    fn late(&self) -> Duration {
        self.faults.of(self.from, self.to).late
    }

    /// Waits until something gets through at all.
    async fn open(&self) {
        while self.faults.of(self.from, self.to).lost >= 1.0 {
            Timer::after(LOOK_INTERVAL).await;
        }
    }

    async fn carry(&self, piece: &[u8], to: &mut TcpStream) -> io::Result<()> {
        match self.faults.draw(self.from, self.to) {
            Fate::Arrives => {}
            Fate::Lost if self.faults.of(self.from, self.to).lost >= 1.0 => self.open().await,
            Fate::Lost => {
                Timer::after(SENT_AGAIN_AFTER).await;
            }
            Fate::Twice => to.write_all(piece).await?,
            Fate::Torn => {
                to.write_all(&piece[..piece.len() / 2]).await?;
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
            Fate::Stalled => pending().await,
        }
        to.write_all(piece).await
    }
}

async fn accept(listener: TcpListener, back: Arc<Mutex<Option<SocketAddr>>>, way: Way) {
    let mut carried: Vec<Task<()>> = Vec::new();
    while let Ok((near, _)) = listener.accept().await {
        carried.retain(|task| !task.is_finished());
        let (way, back) = (way.clone(), Arc::clone(&back));
        carried.push(smol::spawn(async move {
            way.open().await;
            way.back().open().await;
            let to = *back.lock().unwrap();
            if let Some(to) = to
                && let Ok(far) = TcpStream::connect(to).await
            {
                let _ = near.set_nodelay(true).and(far.set_nodelay(true));
                let there = pump(near.clone(), far.clone(), way.clone());
                // What ends badly ends for both.
                let _ = try_zip(there, pump(far, near, way.back())).await;
            }
        }));
    }
}

/// Carries one direction until its sender has no more to say.
async fn pump(mut from: TcpStream, mut to: TcpStream, way: Way) -> io::Result<()> {
    let (queue, pieces) = async_channel::bounded::<(Instant, Vec<u8>)>(PIECES);
    let read = async {
        loop {
            let mut piece = vec![0; PIECE_BYTES];
            let count = from.read(&mut piece).await?;
            piece.truncate(count);
            let sent = queue.send((Instant::now() + way.late(), piece)).await;
            if count == 0 || sent.is_err() {
                return io::Result::Ok(());
            }
        }
    };
    let write = async {
        while let Ok((due, piece)) = pieces.recv().await {
            Timer::at(due).await;
            if piece.is_empty() {
                way.open().await;
                return to.shutdown(std::net::Shutdown::Write);
            }
            way.carry(&piece, &mut to).await?;
        }
        Ok(())
    };
    try_zip(read, write).await.map(|_| ())
}
