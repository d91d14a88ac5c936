//! Numbers for Prometheus.

use std::fmt::Write;
use std::time::Duration;

use hyper::{Method, StatusCode};
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use super::peers::PeerCounts;
use crate::driver::{Next, Subscription};
use crate::node::{Event, Kind};

/// Upper bounds of request durations, in seconds.
const BUCKETS: [f64; 9] = [0.000_1, 0.000_3, 0.001, 0.003, 0.01, 0.03, 0.1, 1.0, 10.0];

/// What is read from the node when somebody asks.
#[derive(Debug, Clone, Default)]
pub(super) struct Gauges {
    pub(super) clock: u64,
    pub(super) height: u64,
    pub(super) pool: u64,
    pub(super) waiting: u64,
    pub(super) inbox: u64,
    pub(super) peers: u64,
    pub(super) misdeeds: PeerCounts,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    route: &'static str,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct MessageLabels {
    direction: &'static str,
    kind: KindLabel,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OffenceLabels {
    offence: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct KindLabel(Kind);

impl EncodeLabelValue for KindLabel {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), std::fmt::Error> {
        encoder.write_str(match self.0 {
            Kind::NewBlock => "NEW_BLOCK",
            Kind::NewTx => "NEW_TX",
            Kind::ReqChain => "REQ_CHAIN",
            Kind::Chain => "CHAIN",
        })
    }
}

fn histogram() -> Histogram {
    Histogram::new(BUCKETS)
}

/// Every number of a node's service.
pub(super) struct Metrics {
    registry: Registry,
    clock: Gauge,
    height: Gauge,
    pool: Gauge,
    waiting: Gauge,
    inbox: Gauge,
    peers: Gauge,
    banned: Gauge,
    offences: Family<OffenceLabels, Counter>,
    bans: Counter,
    reorganisations: Counter,
    missed: Counter,
    messages: Family<MessageLabels, Counter>,
    durations: Family<RequestLabels, Histogram, fn() -> Histogram>,
    requests: Family<RequestLabels, Counter>,
}

impl Metrics {
    pub(super) fn new() -> Self {
        let mut registry = Registry::with_prefix("tickchain");
        let mut gauge = |name: &str, help: &str| {
            let gauge = Gauge::default();
            registry.register(name, help, gauge.clone());
            gauge
        };
        let clock = gauge("clock", "The clock the node has lived up to");
        let height = gauge("height", "The id of the tip");
        let pool = gauge("pool_transactions", "Payments in the pool");
        let waiting = gauge("waiting_transactions", "Payments in the waiting list");
        let inbox = gauge("inbox_messages", "Messages in the inbox");
        let peers = gauge("peers", "Peers whose link is up");
        let banned = gauge("peers_banned", "Bans of peers that are on");
        let mut counter = |name: &str, help: &str| {
            let counter = Counter::default();
            registry.register(name, help, counter.clone());
            counter
        };
        let reorganisations = counter(
            "reorganisations",
            "Times another branch became the main chain",
        );
        let bans = counter("peer_bans", "Bans of peers for what no honest one does");
        let missed = counter("events_missed", "Events that the counters here have missed");
        let messages = Family::default();
        registry.register("messages", "Messages between nodes", messages.clone());
        let offences = Family::default();
        let help = "What peers did that no honest one does";
        registry.register("peer_offences", help, offences.clone());
        let requests = Family::default();
        registry.register("http_requests", "Requests answered", requests.clone());
        let durations: Family<_, _, fn() -> Histogram> = Family::new_with_constructor(histogram);
        let help = "From a request's header to its answer's";
        registry.register_with_unit(
            "http_request_duration",
            help,
            Unit::Seconds,
            durations.clone(),
        );
        Self {
            registry,
            clock,
            height,
            pool,
            waiting,
            inbox,
            peers,
            banned,
            offences,
            bans,
            reorganisations,
            missed,
            messages,
            durations,
            requests,
        }
    }

    /// Counts a request. `route` is the address with `:name` for its parameter.
    pub(super) fn request(
        &self,
        method: &Method,
        route: &'static str,
        status: StatusCode,
        took: Duration,
    ) {
        let labels = RequestLabels {
            method: match *method {
                Method::GET => "GET",
                Method::HEAD => "HEAD",
                Method::POST => "POST",
                Method::PUT => "PUT",
                Method::OPTIONS => "OPTIONS",
                // Clients invent methods; numbers must not grow with them.
                _ => "other",
            },
            route,
            status: status.as_u16(),
        };
        self.durations
            .get_or_create(&labels)
            .observe(took.as_secs_f64());
        self.requests.get_or_create(&labels).inc();
    }

    /// Counts what the node's events tell, until it stops.
    pub(super) async fn watch(&self, mut events: Subscription) {
        let mut last = 0;
        loop {
            match events.next().await {
                Next::Event(numbered) => {
                    last = numbered.id;
                    self.event(&numbered.event);
                }
                Next::Lagged { resumes } => {
                    self.missed.inc_by(resumes.saturating_sub(last + 1));
                }
                Next::Closed => return,
            }
        }
    }

    fn event(&self, event: &Event) {
        let (direction, kind) = match event {
            Event::Sent { kind, .. } => ("sent", *kind),
            Event::Received { kind, .. } => ("received", *kind),
            Event::Reorganisation { .. } => {
                self.reorganisations.inc();
                return;
            }
            _ => return,
        };
        let kind = KindLabel(kind);
        let labels = MessageLabels { direction, kind };
        self.messages.get_or_create(&labels).inc();
    }

    /// Everything as OpenMetrics text.
    pub(super) fn encode(&self, gauges: &Gauges) -> String {
        let pairs = [
            (&self.clock, gauges.clock),
            (&self.height, gauges.height),
            (&self.pool, gauges.pool),
            (&self.waiting, gauges.waiting),
            (&self.inbox, gauges.inbox),
            (&self.peers, gauges.peers),
            (&self.banned, gauges.misdeeds.banned),
        ];
        for (gauge, value) in pairs {
            gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        }
        for (offence, count) in &gauges.misdeeds.offences {
            let offence = offence.as_str();
            let counter = self.offences.get_or_create(&OffenceLabels { offence });
            counter.inc_by(count.saturating_sub(counter.get()));
        }
        let bans = gauges.misdeeds.bans;
        self.bans.inc_by(bans.saturating_sub(self.bans.get()));
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("a string takes every write");
        text
    }
}
