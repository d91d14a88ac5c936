//! The real program as child processes, on free ports.
#![allow(
    unreachable_pub,
    dead_code,
    reason = "shared by several tests, each of which uses a part"
)]

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value as Json, json};

use super::http::{Answer, Client};

/// Longer than anything here takes: a test that waits this long has found a hang.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Looks again and again until the condition is there.
#[track_caller]
pub fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < deadline, "never came about: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Holds a process where it is, and waits until none of its threads runs or is in a call of the system: the
/// signal is first taken up by one of them, and the others go on until then.
#[track_caller]
pub fn pause(process: Pid) {
    kill_process(process, Signal::STOP).expect("it runs");
    let tasks = format!("/proc/{}/task", process.as_raw_nonzero());
    until("all its threads stand still", || {
        let tasks = std::fs::read_dir(&tasks).expect("the process is there");
        tasks.flatten().all(|task| {
            let text = std::fs::read_to_string(task.path().join("stat")).unwrap_or_default();
            text.rsplit_once(") ")
                .is_some_and(|(_, rest)| rest.starts_with('T'))
        })
    });
}

/// The program with these arguments, and no variables of its own.
pub fn tickchain(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tickchain"));
    for (variable, _) in std::env::vars_os() {
        let name = variable.to_string_lossy();
        if name.starts_with("TICKCHAIN_") || name == "RUST_LOG" {
            command.env_remove(&variable);
        }
    }
    command.args(arguments).stdin(Stdio::null());
    command
}

pub fn output(arguments: &[&str]) -> Output {
    tickchain(arguments).output().expect("the program runs")
}

#[track_caller]
pub fn fails(arguments: &[&str], code: i32, words: &[&str]) {
    let output = output(arguments);
    let said = String::from_utf8(output.stderr).expect("errors are text");
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
    for word in words {
        assert!(said.contains(word), "{arguments:?}: no {word:?} in {said}");
    }
    assert!(output.stdout.is_empty(), "errors go to standard error");
}

#[track_caller]
pub fn says(arguments: &[&str], words: &[&str]) {
    let output = output(arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}");
    let said = String::from_utf8(output.stdout).expect("help is text");
    for word in words {
        assert!(said.contains(word), "{arguments:?}: no {word:?} in {said}");
    }
}

/// The program, running and ready; killed when dropped.
pub struct Process {
    child: Child,
    lines: BufReader<ChildStdout>,
    pub ready: Json,
}

impl Process {
    /// Starts the program with `--json` besides these arguments and waits for its line.
    #[track_caller]
    pub fn start(arguments: &[&str]) -> Self {
        let mut command = tickchain(arguments);
        command.arg("--json");
        Self::of(command)
    }

    /// Runs a command that becomes the program and waits for its line.
    #[track_caller]
    pub fn of(mut command: Command) -> Self {
        command.stdout(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let stdout = child.stdout.take().expect("it is piped");
        let mut line = String::new();
        let mut lines = BufReader::new(stdout);
        lines.read_line(&mut line).expect("its output is text");
        let ready = serde_json::from_str(&line)
            .unwrap_or_else(|_| panic!("not a line of JSON: {line:?}, {:?}", child.wait()));
        Self {
            child,
            lines,
            ready,
        }
    }

    /// The next line it writes, of JSON.
    #[track_caller]
    pub fn line(&mut self) -> Json {
        let mut line = String::new();
        self.lines.read_line(&mut line).expect("its output is text");
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("not a line of JSON: {line:?}"))
    }

    /// Where its controller listens.
    pub fn controller(&self) -> SocketAddr {
        let text = self.ready["controller"].as_str();
        text.expect("it has a controller")
            .parse()
            .expect("an address")
    }

    pub fn socket(&self, node: usize, key: &str) -> SocketAddr {
        let text = self.ready["nodes"][node][key].as_str();
        text.expect("an address").parse().expect("an address")
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("the process is there");
    }

    /// Holds it where it is.
    #[track_caller]
    pub fn pause(&self) {
        pause(Pid::from_child(&self.child));
    }

    /// Waits for the end.
    #[track_caller]
    pub fn wait(&mut self) -> ExitStatus {
        let mut status = None;
        until("the process ends", || {
            status = self.child.try_wait().expect("it is a child");
            status.is_some()
        });
        status.expect("it was waited for")
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("it is a child").is_none()
    }

    /// Its resident memory in KiB.
    pub fn memory_kib(&self) -> u64 {
        self.status_kib("VmRSS:")
    }

    /// The most resident memory it ever had, in KiB.
    pub fn most_memory_kib(&self) -> u64 {
        self.status_kib("VmHWM:")
    }

    fn status_kib(&self, key: &str) -> u64 {
        let mut text = String::new();
        std::fs::File::open(format!("/proc/{}/status", self.id()))
            .and_then(|mut file| file.read_to_string(&mut text))
            .expect("the process is there");
        let line = text.lines().find_map(|line| line.strip_prefix(key));
        let number = line.and_then(|line| line.split_whitespace().next());
        number.expect("it is a number").parse().expect("KiB")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One `tickchain node`, started, with a connection to its API.
pub struct Node {
    pub process: Process,
    pub p2p: SocketAddr,
    client: Client,
}

impl Node {
    /// Starts a node of this name on free ports.
    #[track_caller]
    pub fn start(name: &str, more: &[&str]) -> Self {
        let mut arguments = vec!["node", "--name", name, "--start"];
        arguments.extend(["--http", "127.0.0.1:0", "--p2p", "127.0.0.1:0"]);
        arguments.extend(more);
        Self::of(Process::start(&arguments))
    }

    /// Starts a node that is told where it listens for peers, as one that comes back is.
    #[track_caller]
    pub fn again(name: &str, more: &[&str]) -> Self {
        let mut arguments = vec!["node", "--name", name, "--start", "--http", "127.0.0.1:0"];
        arguments.extend(more);
        Self::of(Process::start(&arguments))
    }

    /// The one node of a process.
    #[track_caller]
    pub fn of(process: Process) -> Self {
        Self {
            p2p: process.socket(0, "p2p"),
            client: Client::new(process.socket(0, "http")),
            process,
        }
    }

    /// Calls on a new connection from here on.
    pub fn reconnect(&mut self) {
        self.client = Client::new(self.process.socket(0, "http"));
    }

    pub fn call(&mut self, method: &str, path: &str, body: &str) -> Answer {
        self.client.json(method, path, body)
    }

    #[track_caller]
    pub fn get(&mut self, path: &str) -> Json {
        self.call("GET", path, "").expect(200).json()
    }

    /// Its resident memory in KiB after it was asked this and that, and with nothing to do.
    #[track_caller]
    pub fn idle_memory_kib(&mut self) -> u64 {
        for path in [
            "/status",
            "/state",
            "/block/all",
            "/openapi.json",
            "/metrics",
        ] {
            self.act(path);
        }
        self.process.memory_kib()
    }

    /// A call without an answer's body.
    #[track_caller]
    pub fn act(&mut self, path: &str) {
        self.call("GET", path, "").expect(200);
    }

    #[track_caller]
    pub fn clock(&mut self) -> u64 {
        self.get("/status")["clock"].as_u64().expect("a clock")
    }

    #[track_caller]
    pub fn status(&mut self) -> String {
        text(&self.get("/status")["status"])
    }

    #[track_caller]
    pub fn tick(&mut self) {
        let next = self.clock() + 1;
        self.act(&format!("/clock/{next}"));
    }

    /// Hash and id of the tip.
    #[track_caller]
    pub fn tip(&mut self) -> (String, u64) {
        let block = self.get("/block/latest");
        (text(&block["hash"]), block["id"].as_u64().expect("an id"))
    }

    /// Ids in the pool, in order.
    #[track_caller]
    pub fn pool(&mut self) -> Vec<String> {
        let pool = self.get("/txPool/all");
        let pool = pool.as_array().expect("an array");
        pool.iter().map(|payment| text(&payment["id"])).collect()
    }

    /// Adds a payment; the whole answer.
    #[track_caller]
    pub fn pay(&mut self, sender: &str, recipient: &str, value: u64, id: Option<&str>) -> Json {
        let mut payment = json!({"sender": sender, "recipient": recipient, "value": value});
        if let Some(id) = id {
            payment["id"] = id.into();
        }
        let answer = self.call("POST", "/tx/add", &payment.to_string());
        answer.expect(200).json()
    }

    #[track_caller]
    pub fn add_peer(&mut self, peer: SocketAddr) {
        self.call("POST", "/peer/add", &peer_json(peer)).expect(200);
    }

    #[track_caller]
    pub fn drop_peer(&mut self, peer: SocketAddr) {
        self.call("POST", "/peer/clear", &peer_json(peer))
            .expect(200);
    }

    pub fn is_linked(&mut self) -> bool {
        self.call("GET", "/healthz", "").status == 200
    }

    pub fn connected(&mut self) -> usize {
        let peers = self.get("/peer");
        let peers = peers.as_array().expect("an array").iter();
        peers.filter(|peer| peer["connected"] == true).count()
    }
}

fn peer_json(peer: SocketAddr) -> String {
    json!({"addr": peer.ip().to_string(), "port": peer.port()}).to_string()
}

#[track_caller]
pub fn text(json: &Json) -> String {
    json.as_str().expect("a text").to_owned()
}

/// Starts `count` nodes, node1 and so on, and links each to all others.
#[track_caller]
pub fn full_mesh(count: usize, more: &[&str]) -> Vec<Node> {
    let mut nodes: Vec<Node> = (1..=count)
        .map(|number| Node::start(&format!("node{number}"), more))
        .collect();
    let sockets: Vec<SocketAddr> = nodes.iter().map(|node| node.p2p).collect();
    for (number, node) in nodes.iter_mut().enumerate() {
        for (other, socket) in sockets.iter().enumerate() {
            if other != number {
                node.add_peer(*socket);
            }
        }
    }
    for node in &mut nodes {
        until("all links are up", || node.is_linked());
    }
    nodes
}

/// One clock for each, in order; what each does then.
#[track_caller]
pub fn tick_all(nodes: &mut [Node]) -> Vec<String> {
    for node in nodes.iter_mut() {
        node.tick();
    }
    nodes.iter_mut().map(Node::status).collect()
}

/// Ticks all until the condition is there, so many clocks at most; how many it took.
#[track_caller]
pub fn tick_until(
    nodes: &mut [Node],
    most: usize,
    what: &str,
    mut condition: impl FnMut(&mut [Node]) -> bool,
) -> usize {
    for clocks in 0..=most {
        if condition(nodes) {
            return clocks;
        }
        tick_all(nodes);
    }
    panic!("not within {most} clocks: {what}");
}

/// Whether all have this one tip, empty pools and nothing to do.
pub fn agree(nodes: &mut [Node]) -> bool {
    let tip = nodes[0].tip();
    nodes.iter_mut().all(|node| node.tip() == tip)
}
