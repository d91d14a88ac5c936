//! A node as a process that is killed and started again.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value as Json;

use super::client::{Client, Door, Reply};
use super::process::{PATIENCE, pause, until};
use super::space::wrap;

/// How long a single call may take that no fault stands in the way of.
pub const CALL_PATIENCE: Duration = Duration::from_secs(10);

/// How many questions are under way at once on a connection.
const AT_ONCE: usize = 64;

/// The program, running or not.
pub struct Node {
    pub door: Arc<Door>,
    /// What it wrote on standard error, in all its lives.
    pub log: PathBuf,
    child: Option<Child>,
    listens: Option<SocketAddr>,
}

impl Node {
    pub fn new(log: &Path) -> Self {
        Self {
            door: Arc::default(),
            log: log.to_owned(),
            child: None,
            listens: None,
        }
    }

    /// Where it listens for peers.
    pub fn listens(&self) -> SocketAddr {
        self.listens.expect("it was ready once")
    }

    /// Runs a command that becomes the program; does not wait for anything.
    pub fn spawn(&mut self, mut command: Command) {
        assert!(self.child.is_none(), "it runs");
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        // Not the node itself: its files may have reached a limit.
        let log = OpenOptions::new().create(true).append(true).open(&self.log);
        let mut log = log.expect("a log can be written");
        let mut stderr = child.stderr.take().expect("it is piped");
        std::thread::spawn(move || std::io::copy(&mut stderr, &mut log));
        self.child = Some(child);
    }

    /// Waits until everything listens.
    #[track_caller]
    pub fn ready(&mut self) {
        let stdout = self.child.as_mut().and_then(|child| child.stdout.take());
        let mut lines = BufReader::new(stdout.expect("it was just started"));
        let (tell, told) = channel();
        std::thread::spawn(move || {
            let mut line = String::new();
            let _ = lines.read_line(&mut line);
            // Held as long as the program, which may write more.
            let _ = tell.send((line, lines));
        });
        let (line, _lines) = told.recv_timeout(PATIENCE).expect("it is ready in time");
        let ready: Json = serde_json::from_str(&line)
            .unwrap_or_else(|_| panic!("not ready: {line:?}, {}", self.said()));
        let socket = |key: &str| -> SocketAddr {
            let text = ready["nodes"][0][key].as_str();
            text.expect("an address").parse().expect("an address")
        };
        self.door.open(socket("http"));
        self.listens = Some(socket("p2p"));
    }

    /// Ends it as a power cut would.
    pub fn kill(&mut self) {
        self.door.close();
        if let Some(mut child) = self.child.take() {
            child.kill().expect("it is a child");
            child.wait().expect("it is a child");
        }
    }

    /// Holds it where it is, and waits until none of its threads is in a call of the system.
    #[track_caller]
    pub fn pause(&self) {
        pause(self.pid());
    }

    pub fn resume(&self) {
        kill_process(self.pid(), Signal::CONT).expect("it runs");
    }

    /// Asks it to end and waits.
    #[track_caller]
    pub fn stop(&mut self) -> ExitStatus {
        self.door.close();
        kill_process(self.pid(), Signal::TERM).expect("it runs");
        let mut status = None;
        let child = self.child.as_mut().expect("it runs");
        until("the process ends", || {
            status = child.try_wait().expect("it is a child");
            status.is_some()
        });
        self.child = None;
        status.expect("it was waited for")
    }

    pub fn pid(&self) -> Pid {
        Pid::from_child(self.child.as_ref().expect("it runs"))
    }

    pub fn client(&self) -> Client {
        Client::new(&self.door, CALL_PATIENCE)
    }

    /// One call on a connection of its own.
    #[track_caller]
    pub fn call(&self, method: &str, path: &str, body: &str) -> Reply {
        let reply = self.client().call(method, path, body);
        reply.unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    #[track_caller]
    pub fn get(&self, path: &str) -> Json {
        self.call("GET", path, "").expect(200).json()
    }

    #[track_caller]
    pub fn post(&self, path: &str, body: &str) {
        self.call("POST", path, body).expect(200);
    }

    #[track_caller]
    pub fn clock(&self) -> u64 {
        self.get("/status")["clock"].as_u64().expect("a clock")
    }

    /// Hash and id of its tip.
    #[track_caller]
    pub fn tip(&self) -> (String, u64) {
        let block = self.get("/block/latest");
        let hash = block["hash"].as_str().expect("a hash");
        (hash.to_owned(), block["id"].as_u64().expect("an id"))
    }

    /// Whether all links it wants are up.
    #[track_caller]
    pub fn is_linked(&self) -> bool {
        self.call("GET", "/healthz", "").status == 200
    }

    /// One of its metrics.
    #[track_caller]
    pub fn number(&self, name: &str) -> u64 {
        let metrics = self.call("GET", "/metrics", "").expect(200);
        let text = String::from_utf8(metrics.body).expect("numbers are text");
        let start = format!("tickchain_{name} ");
        let number = text.lines().find_map(|line| line.strip_prefix(&start));
        number.expect("it is there").parse().expect("a number")
    }

    /// What it does not know of all this, and payments it refuses.
    #[track_caller]
    pub fn lacks(&self, paths: &[String]) -> Vec<String> {
        let mut lacks = Vec::new();
        let mut client = self.client();
        for some in paths.chunks(AT_ONCE) {
            for path in some {
                client.send("GET", path, "").expect("it is asked");
            }
            for path in some {
                let reply = client.receive().expect("it answers");
                if reply.status != 200 || reply.json()["place"] == "refused" {
                    lacks.push(path.clone());
                }
            }
        }
        lacks
    }

    /// Its resident memory in KiB.
    #[track_caller]
    pub fn memory_kib(&self) -> u64 {
        let pid = self.pid().as_raw_nonzero();
        let text = std::fs::read_to_string(format!("/proc/{pid}/status"));
        let text = text.expect("the process is there");
        let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|line| line.split_whitespace().next());
        number.expect("VmRSS has a number").parse().expect("KiB")
    }

    /// The last of what it wrote on standard error.
    pub fn said(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }

    /// Forgets what it wrote so far.
    pub fn forget(&self) {
        File::create(&self.log).expect("a log can be written");
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The same command with limits of `ulimit`, for example `-n 500`.
pub fn limited(limits: &str, command: &Command) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("ulimit {limits}; exec \"$@\""), "sh"]);
    wrap(shell, command)
}
