//! A client of a node that may be gone at any moment.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value as Json;

/// What every node of a rig asks for.
pub const TOKEN: &str = "open sesame";

/// Where a node's API is now. It has another address after each start.
#[derive(Default)]
pub struct Door(Mutex<(u64, Option<SocketAddr>)>);

impl Door {
    pub fn open(&self, at: SocketAddr) {
        let mut door = self.0.lock().unwrap();
        *door = (door.0 + 1, Some(at));
    }

    /// From now on nobody wonders that the node does not answer.
    pub fn close(&self) {
        self.0.lock().unwrap().1 = None;
    }

    /// The address and how often it changed; `None` while the node does not run.
    pub fn at(&self) -> Option<(u64, SocketAddr)> {
        let (life, at) = *self.0.lock().unwrap();
        Some((life, at?))
    }
}

/// A connection that stays while it can.
pub struct Client {
    door: Arc<Door>,
    patience: Duration,
    stream: Option<BufReader<TcpStream>>,
}

#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn json(&self) -> Json {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        let text = String::from_utf8_lossy(&self.body);
        assert_eq!(self.status, status, "{text}");
        self
    }
}

impl Client {
    /// A client that waits so long for each thing.
    pub fn new(door: &Arc<Door>, patience: Duration) -> Self {
        Self {
            door: Arc::clone(door),
            patience,
            stream: None,
        }
    }

    /// One request and its answer.
    ///
    /// # Errors
    /// What befell the connection: whether the request was heard is not known. The next call makes a new
    /// one.
    pub fn call(&mut self, method: &str, path: &str, body: &str) -> io::Result<Reply> {
        self.send(method, path, body)?;
        self.receive()
    }

    /// Sends a request; its answer is [`Client::receive`]d in order.
    pub fn send(&mut self, method: &str, path: &str, body: &str) -> io::Result<()> {
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\n"
        );
        if !body.is_empty() {
            let length = body.len();
            request += &format!("Content-Type: application/json\r\nContent-Length: {length}\r\n");
        }
        request += "\r\n";
        request += body;
        let stream = self.stream()?;
        let sent = stream.get_mut().write_all(request.as_bytes());
        self.keep_if(sent)
    }

    pub fn receive(&mut self) -> io::Result<Reply> {
        let reply = read(self.stream.as_mut().ok_or(io::ErrorKind::NotConnected)?);
        self.keep_if(reply)
    }

    fn stream(&mut self) -> io::Result<&mut BufReader<TcpStream>> {
        if self.stream.is_none() {
            let (_, at) = self.door.at().ok_or(io::ErrorKind::NotConnected)?;
            let stream = TcpStream::connect_timeout(&at, self.patience)?;
            stream.set_read_timeout(Some(self.patience))?;
            stream.set_write_timeout(Some(self.patience))?;
            stream.set_nodelay(true)?;
            self.stream = Some(BufReader::new(stream));
        }
        Ok(self.stream.as_mut().expect("it was just made"))
    }

    fn keep_if<T>(&mut self, result: io::Result<T>) -> io::Result<T> {
        if result.is_err() {
            self.stream = None;
        }
        result
    }
}

fn read(stream: &mut BufReader<TcpStream>) -> io::Result<Reply> {
    let first = line(stream)?;
    let status = first.split(' ').nth(1).and_then(|code| code.parse().ok());
    let status = status.ok_or_else(|| io::Error::other(format!("not a status: {first:?}")))?;
    let (mut length, mut chunked) = (0, false);
    loop {
        let header = line(stream)?.to_ascii_lowercase();
        match header.split_once(": ") {
            None => break,
            Some(("content-length", bytes)) => length = bytes.parse().unwrap(),
            Some(("transfer-encoding", _)) => chunked = true,
            Some(_) => {}
        }
    }
    let mut body = Vec::new();
    if !chunked {
        body.resize(length, 0);
        stream.read_exact(&mut body)?;
        return Ok(Reply { status, body });
    }
    loop {
        let size = usize::from_str_radix(&line(stream)?, 16).map_err(io::Error::other)?;
        let begin = body.len();
        body.resize(begin + size, 0);
        stream.read_exact(&mut body[begin..])?;
        line(stream)?;
        if size == 0 {
            return Ok(Reply { status, body });
        }
    }
}

fn line(stream: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = String::new();
    match stream.read_line(&mut line)? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(line.trim_end().to_owned()),
    }
}
