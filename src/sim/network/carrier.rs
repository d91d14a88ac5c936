//! Messages on their way.

use super::{Latency, Network, Queueing, Regions, Spread};
use crate::sim::{Purpose, Random, Site, Time};

/// What becomes of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sim) enum Fate {
    Lost,
    Arrives(Time),
    /// It comes a second time.
    Twice(Time, Time),
}

/// Carries messages between sites.
#[derive(Debug)]
pub(in crate::sim) struct Carrier {
    /// Latency and bandwidth from each region (in the row) to each.
    routes: Vec<Route>,
    regions: usize,
    /// The region of each node, 0 where the network knows none.
    region: Vec<u16>,
    streams: Vec<Random>,
    /// When each node can send its next bulk message.
    free: Vec<Time>,
    queue: Queueing,
    overhead_ms: f64,
    processing_ms: f64,
    loss: f64,
    duplication: f64,
}

#[derive(Debug, Clone, Copy)]
struct Route {
    latency: Draw,
    /// Milliseconds a byte takes.
    ms_per_byte: f64,
}

/// How a latency is drawn, in milliseconds.
#[derive(Debug, Clone, Copy)]
enum Draw {
    Constant(f64),
    Uniform(f64, f64),
    LogNormal(f64, f64),
    Pareto {
        scale: f64,
        shape: f64,
    },
    /// Rounded to whole milliseconds, as SimBlock's are.
    ParetoRounded {
        scale: f64,
        shape: f64,
    },
}

impl Draw {
    fn draw(self, random: &mut Random) -> f64 {
        match self {
            Self::Constant(ms) => ms,
            Self::Uniform(min, max) => random.uniform(min, max),
            Self::LogNormal(median, sigma) => random.log_normal(median, sigma),
            Self::Pareto { scale, shape } => random.pareto(scale, shape),
            Self::ParetoRounded { scale, shape } => libm::round(random.pareto(scale, shape)),
        }
    }
}

impl Carrier {
    pub(in crate::sim) fn new(seed: u64, network: &Network, sites: &[Site]) -> Self {
        let (routes, regions) = match &network.regions {
            Some(regions) => (routes_between(network, regions), regions.names.len()),
            None => {
                let ms_per_byte = network.bandwidth_mbit.map_or(0.0, ms_per_byte);
                let latency = draw_anywhere(&network.latency);
                (
                    vec![Route {
                        latency,
                        ms_per_byte,
                    }],
                    1,
                )
            }
        };
        let region = |site: &Site| if regions > 1 { site.region } else { 0 };
        Self {
            routes,
            regions,
            region: sites.iter().map(region).collect(),
            streams: (0..sites.len() as u64)
                .map(|node| Random::new(seed, Purpose::Network, node))
                .collect(),
            free: vec![Time::ZERO; sites.len()],
            queue: network.queue,
            overhead_ms: network.overhead_ms,
            processing_ms: network.processing_ms,
            loss: network.loss,
            duplication: network.duplication,
        }
    }

    /// Takes a message of so many bytes, bulk where `bulk` says how many, at `now`. Latencies of the link are
    /// `slow` times what they are otherwise.
    pub(in crate::sim) fn send(
        &mut self,
        now: Time,
        (from, to): (usize, usize),
        bulk: Option<u64>,
        slow: f64,
    ) -> Fate {
        let route = self.routes
            [usize::from(self.region[from]) * self.regions + usize::from(self.region[to])];
        let random = &mut self.streams[from];
        let latency = slow * route.latency.draw(random);
        let arrives = match bulk {
            None => now + Time::from_ms(latency + self.overhead_ms),
            Some(bytes) => {
                let sending = route.ms_per_byte * bytes as f64;
                let free = &mut self.free[from];
                let start = now.max(*free);
                let arrives = start + Time::from_ms(latency + sending + self.processing_ms);
                *free = match self.queue {
                    Queueing::Sent => start + Time::from_ms(sending),
                    Queueing::Arrived => arrives,
                };
                arrives
            }
        };
        if self.loss > 0.0 && random.chance(self.loss) {
            return Fate::Lost;
        }
        if self.duplication > 0.0 && random.chance(self.duplication) {
            let again = Time::from_ms(slow * route.latency.draw(random));
            return Fate::Twice(arrives, arrives + again);
        }
        Fate::Arrives(arrives)
    }

    /// From now on messages are lost with this probability.
    pub(in crate::sim) fn set_loss(&mut self, loss: f64) {
        self.loss = loss;
    }

    /// Forgets what a node had queued to send: it crashed.
    pub(in crate::sim) fn forget(&mut self, node: usize) {
        self.free[node] = Time::ZERO;
    }
}

fn ms_per_byte(mbit: f64) -> f64 {
    8.0 / (mbit * 1e3)
}

fn draw_anywhere(latency: &Latency) -> Draw {
    match *latency {
        Latency::Constant { ms } => Draw::Constant(ms),
        Latency::Uniform { min_ms, max_ms } => Draw::Uniform(min_ms, max_ms),
        Latency::LogNormal { median_ms, sigma } => Draw::LogNormal(median_ms, sigma),
        Latency::Pareto { scale_ms, shape } => Draw::Pareto {
            scale: scale_ms,
            shape,
        },
        Latency::Regions => {
            unreachable!("a network that was checked has regions where it needs them")
        }
    }
}

fn routes_between(network: &Network, regions: &Regions) -> Vec<Route> {
    let limit = |limits: &Option<Vec<f64>>, region: usize| {
        let own = limits.as_ref().map(|limits| limits[region]);
        own.or(network.bandwidth_mbit).map_or(0.0, ms_per_byte)
    };
    let count = regions.names.len();
    let pairs = (0..count).flat_map(|from| (0..count).map(move |to| (from, to)));
    pairs
        .map(|(from, to)| Route {
            latency: draw_between(network, regions, from, to),
            ms_per_byte: f64::max(
                limit(&regions.upload_mbit, from),
                limit(&regions.download_mbit, to),
            ),
        })
        .collect()
}

fn draw_between(network: &Network, regions: &Regions, from: usize, to: usize) -> Draw {
    let mean = regions.latency_ms[from][to];
    match (&network.latency, regions.spread) {
        (Latency::Regions, Spread::Constant) => Draw::Constant(mean),
        (Latency::Regions, Spread::Pareto) => Draw::ParetoRounded {
            scale: mean - 5.0,
            shape: 0.2 * mean,
        },
        (latency, _) => draw_anywhere(latency),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SITE: Site = Site {
        region: 0,
        reachable: true,
        power: 1.0,
    };

    fn network() -> Network {
        Network {
            latency: Latency::Constant { ms: 100.0 },
            bandwidth_mbit: Some(8.0),
            overhead_ms: 10.0,
            processing_ms: 2.0,
            ..Network::default()
        }
    }

    fn send(carrier: &mut Carrier, at_ms: f64, bulk: Option<u64>) -> f64 {
        match carrier.send(Time::from_ms(at_ms), (0, 1), bulk, 1.0) {
            Fate::Arrives(time) => time.as_ms(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn bulk_waits_until_the_one_before_has_left_or_arrived() {
        // 8 Mbit/s: 1,000 bytes a millisecond.
        for (queue, second) in [(Queueing::Sent, 202.0), (Queueing::Arrived, 304.0)] {
            let network = Network { queue, ..network() };
            let mut carrier = Carrier::new(1, &network, &[SITE; 2]);
            assert_eq!(send(&mut carrier, 0.0, Some(50_000)), 152.0);
            assert_eq!(
                send(&mut carrier, 10.0, None),
                120.0,
                "small ones do not wait"
            );
            assert_eq!(send(&mut carrier, 10.0, Some(50_000)), second);
            assert_eq!(send(&mut carrier, 1_000.0, Some(50_000)), 1_152.0);
        }
    }

    #[test]
    fn regions_give_latency_and_the_narrower_of_both_ends() {
        let regions = Regions {
            names: vec!["here".into(), "there".into()],
            shares: vec![0.5, 0.5],
            latency_ms: vec![vec![10.0, 40.0], vec![60.0, 20.0]],
            spread: Spread::Constant,
            download_mbit: Some(vec![8.0, 4.0]),
            upload_mbit: Some(vec![80.0, 80.0]),
        };
        let network = Network {
            latency: Latency::Regions,
            regions: Some(regions),
            ..Network::default()
        };
        network.check().unwrap();
        let sites = [SITE, Site { region: 1, ..SITE }];
        let mut carrier = Carrier::new(1, &network, &sites);
        assert_eq!(send(&mut carrier, 0.0, Some(1_000)), 42.0);
        assert_eq!(send(&mut carrier, 100.0, None), 140.0);
        let back = carrier.send(Time::ZERO, (1, 0), Some(1_000), 2.0);
        assert_eq!(back, Fate::Arrives(Time::from_ms(121.0)), "a slow link");
    }

    #[test]
    fn loss_and_duplication_have_their_shares() {
        let network = Network {
            loss: 0.2,
            duplication: 0.25,
            ..network()
        };
        let mut carrier = Carrier::new(1, &network, &[SITE; 2]);
        let (mut lost, mut twice) = (0, 0);
        for _ in 0..10_000 {
            match carrier.send(Time::ZERO, (0, 1), None, 1.0) {
                Fate::Lost => lost += 1,
                Fate::Twice(first, second) => {
                    assert!(first < second);
                    twice += 1;
                }
                Fate::Arrives(_) => {}
            }
        }
        assert!((1_900..2_100).contains(&lost), "{lost}");
        assert!((1_900..2_100).contains(&twice), "{twice}");
    }

    #[test]
    fn what_cannot_be_is_named() {
        let refusal = |network: Network| network.check().unwrap_err().to_string();
        let loss = Network {
            loss: 1.5,
            ..network()
        };
        assert_eq!(refusal(loss), "loss is a probability, from 0 to 1, not 1.5");
        let latency = Latency::Regions;
        let none = Network {
            latency,
            ..network()
        };
        assert!(refusal(none).contains("[network.regions]"));
        let latency = Latency::Uniform {
            min_ms: 5.0,
            max_ms: 1.0,
        };
        let empty = Network {
            latency,
            ..network()
        };
        assert!(refusal(empty).contains("-4"));
    }
}
