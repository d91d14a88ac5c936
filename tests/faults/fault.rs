//! What goes wrong between nodes, whatever carries their bytes.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tickchain::sim::{Purpose, Random};

/// What happens to what one node sends to another. Shares are from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Fault {
    /// The share that is lost; 1 is a cable that was pulled. Of a stream what is lost comes later.
    pub lost: f64,
    /// How much later everything arrives.
    pub late: Duration,
    /// The share that arrives twice.
    pub twice: f64,
    /// The share that arrives without its end. Of a stream it is the last that arrives.
    pub torn: f64,
    /// The share after which a stream carries nothing more and stays open.
    pub stalled: f64,
}

/// What happens to one packet, or to one piece of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Arrives,
    Lost,
    Twice,
    Torn,
    Stalled,
}

/// The faults of every direction between nodes, which are counted from 0.
pub struct Faults {
    directions: Mutex<BTreeMap<(usize, usize), Fault>>,
    random: Mutex<Random>,
    struck: AtomicU64,
}

impl Faults {
    pub fn new(seed: u64) -> Arc<Self> {
        Arc::new(Self {
            directions: Mutex::default(),
            random: Mutex::new(Random::new(seed, Purpose::Faults, 0)),
            struck: AtomicU64::new(0),
        })
    }

    /// Sets one direction.
    pub fn set(&self, from: usize, to: usize, fault: Fault) {
        self.directions.lock().unwrap().insert((from, to), fault);
    }

    /// Sets every direction among so many nodes.
    pub fn set_all(&self, nodes: usize, fault: Fault) {
        for from in 0..nodes {
            for to in (0..nodes).filter(|to| *to != from) {
                self.set(from, to, fault);
            }
        }
    }

    /// Nothing goes wrong from now on; what is late already stays so.
    pub fn heal(&self) {
        self.directions.lock().unwrap().clear();
    }

    pub fn of(&self, from: usize, to: usize) -> Fault {
        let directions = self.directions.lock().unwrap();
        directions.get(&(from, to)).copied().unwrap_or_default()
    }

    /// How often something went wrong so far.
    pub fn struck(&self) -> u64 {
        self.struck.load(Ordering::Relaxed)
    }

    /// Draws what happens to the next packet or piece.
    pub fn draw(&self, from: usize, to: usize) -> Fate {
        let fault = self.of(from, to);
        let drawn = self.random.lock().unwrap().unit();
        let shares = [
            (fault.lost, Fate::Lost),
            (fault.twice, Fate::Twice),
            (fault.torn, Fate::Torn),
            (fault.stalled, Fate::Stalled),
        ];
        let mut below = 0.0;
        for (share, fate) in shares {
            below += share;
            if drawn <= below {
                self.struck.fetch_add(1, Ordering::Relaxed);
                return fate;
            }
        }
        if !fault.late.is_zero() {
            self.struck.fetch_add(1, Ordering::Relaxed);
        }
        Fate::Arrives
    }
}
