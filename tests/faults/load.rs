//! What is asked of nodes meanwhile: payments, blocks, and how they are.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};
use tickchain::sim::{Purpose, Random};

use super::book::Book;
use super::client::{Client, Door, Reply};
use super::node::CALL_PATIENCE;

/// Connections to each node that pay.
pub const PAYERS: usize = 2;

/// What each account of the genesis has: more than is ever paid.
pub const BALANCE: u64 = 1_000_000_000;

/// In which time a node says how it is, whatever else goes on.
const STATUS_PATIENCE: Duration = Duration::from_secs(1);

/// How long a node's own clock may stand still: it waits for acknowledgements of peers that are cut off,
/// 5 seconds for each message at most, and looks once a second.
const CLOCK_PATIENCE: Duration = Duration::from_secs(15);

/// The pace of payments on one connection, of blocks on all, and of looks at a node.
const PAY_INTERVAL: Duration = Duration::from_millis(8);
const MINE_INTERVAL: Duration = Duration::from_millis(60);
const LOOK_INTERVAL: Duration = Duration::from_millis(20);

/// The account that pays on connection `payer` to `node`.
pub fn account(node: usize, payer: usize) -> String {
    format!("payer{}", node * PAYERS + payer)
}

/// What the threads of a load share.
#[derive(Clone)]
pub struct Aim {
    pub doors: Vec<Arc<Door>>,
    pub book: Arc<Book>,
    pub seed: u64,
}

/// Threads that ask, until told to stop.
pub struct Load {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Load {
    pub fn begin(aim: &Aim) -> Self {
        let mut load = Self {
            stop: Arc::default(),
            threads: Vec::new(),
        };
        for node in 0..aim.doors.len() {
            for payer in 0..PAYERS {
                load.run(aim, move |aim, stop| pay(&aim, node, payer, stop));
            }
            load.run(aim, move |aim, stop| watch(&aim, node, stop));
        }
        load.run(aim, |aim, stop| mine(&aim, stop));
        load
    }

    fn run(&mut self, aim: &Aim, work: impl FnOnce(Aim, &AtomicBool) + Send + 'static) {
        let (aim, stop) = (aim.clone(), Arc::clone(&self.stop));
        self.threads
            .push(std::thread::spawn(move || work(aim, &stop)));
    }

    /// Waits until everybody has stopped.
    pub fn end(mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            thread.join().expect("a load does not panic");
        }
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// Pays again and again; the same payment until it is known to be accepted.
fn pay(aim: &Aim, node: usize, payer: usize, stop: &AtomicBool) {
    let mut random = Random::new(aim.seed, Purpose::Workload, (node * PAYERS + payer) as u64);
    let mut client = Client::new(&aim.doors[node], CALL_PATIENCE);
    while !stop.load(Ordering::Relaxed) {
        let id = format!("{:016x}{:016x}", random.bits(), random.bits());
        let payment = json!({
            "id": id,
            "sender": account(node, payer),
            "recipient": account(node, payer + 1),
            "value": 1 + random.below(3),
        });
        let payment = payment.to_string();
        while !stop.load(Ordering::Relaxed) {
            let reply = client.call("POST", "/tx/add", &payment);
            std::thread::sleep(PAY_INTERVAL);
            match reply.map(|reply| verdict(&reply)) {
                Ok(Verdict::Accepted) => {
                    aim.book.paid(node, &id);
                    break;
                }
                Ok(Verdict::Refused(said)) => {
                    aim.book.trouble(node, said);
                    return;
                }
                Ok(Verdict::Later) | Err(_) => aim.book.page(node).retries += 1,
            }
        }
    }
}

/// What a node says of a payment.
enum Verdict {
    Accepted,
    /// Its pool is full, or its disk.
    Later,
    Refused(String),
}

fn verdict(reply: &Reply) -> Verdict {
    let said = String::from_utf8_lossy(&reply.body);
    match reply.status {
        200 if reply.json()["result"] == "success" => Verdict::Accepted,
        200 if said.contains("the most a node keeps") => Verdict::Later,
        503 | 507 => Verdict::Later,
        status => Verdict::Refused(format!("a payment got {status}: {said}")),
    }
}

/// Asks one node after another, drawn, for a block.
fn mine(aim: &Aim, stop: &AtomicBool) {
    let mut random = Random::new(aim.seed, Purpose::Mining, 0);
    let client = |door| Client::new(door, STATUS_PATIENCE);
    let mut clients: Vec<Client> = aim.doors.iter().map(client).collect();
    while !stop.load(Ordering::Relaxed) {
        let node = random.index(clients.len());
        // One that does not run, or not well, mines later.
        let _ = clients[node].call("POST", "/mine", "");
        std::thread::sleep(MINE_INTERVAL);
    }
}

/// Looks at a node: it answers in time, its clock moves, and its tip goes into the book.
fn watch(aim: &Aim, node: usize, stop: &AtomicBool) {
    let door = &aim.doors[node];
    let mut client = Client::new(door, STATUS_PATIENCE);
    let (mut last, mut late) = ((0, 0, Instant::now()), false);
    while !stop.load(Ordering::Relaxed) {
        std::thread::sleep(LOOK_INTERVAL);
        let Some((life, _)) = door.at() else {
            continue;
        };
        match look(&mut client) {
            Ok((clock, block)) => {
                late = false;
                if (life, clock) != (last.0, last.1) {
                    last = (life, clock, Instant::now());
                } else if last.2.elapsed() > CLOCK_PATIENCE {
                    aim.book
                        .trouble(node, format!("node {node} stands still at clock {clock}"));
                    last.2 = Instant::now();
                }
                let id = block["id"].as_u64().expect("an id");
                aim.book
                    .shown(node, block["hash"].as_str().expect("a hash"), id);
            }
            // It was killed meanwhile, or had been when this client connected.
            Err(_) if door.at().is_none_or(|(now, _)| now != life) => {}
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {}
            // Once, the machine may have had other things to do.
            Err(error) if late => {
                let what = format!("node {node} gave no status, twice: {error}");
                aim.book.trouble(node, what);
            }
            Err(_) => late = true,
        }
    }
}

fn look(client: &mut Client) -> std::io::Result<(u64, Json)> {
    let status = read(client, "/status")?;
    let block = read(client, "/block/latest")?;
    Ok((status["clock"].as_u64().expect("a clock"), block))
}

/// What is read at the very moment in which the disk fails comes to nothing, the next time it is there.
fn read(client: &mut Client, path: &str) -> std::io::Result<Json> {
    let mut reply = client.call("GET", path, "")?;
    if matches!(reply.status, 503 | 507) {
        reply = client.call("GET", path, "")?;
    }
    Ok(reply.expect(200).json())
}
