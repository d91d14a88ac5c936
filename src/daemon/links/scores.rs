//! What peers did that no honest one does, and who is banned for it.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use super::address::host;
use crate::daemon::key::PublicKey;
use crate::daemon::node_api::PeerAddress;
use crate::node::{Name, Offence};

/// Whoever has this many points is banned.
pub const BAN_POINTS: u32 = 100;

/// A point is forgiven after each such time.
pub const POINT_DECAY: Duration = Duration::from_secs(6);

/// How long a ban lasts.
pub const BAN_TIME: Duration = Duration::from_secs(10 * 60);

/// The most offenders that are remembered; beyond it the one with fewest points is forgotten, of those
/// that are banned the one whose ban ends first.
pub const MAX_OFFENDERS: usize = 1024;

/// What an offence costs.
fn points(offence: Offence) -> u32 {
    match offence {
        Offence::ForgedBlock | Offence::OversizedLocator => 50,
        Offence::Malformed | Offence::OutOfOrder | Offence::Flood => 34,
        _ => 20,
    }
}

/// Whom a ban is about: what a peer cannot change at will.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Offender {
    /// Whoever has this key.
    Key(PublicKey),
    /// Everyone at this address; of IPv6 its first 64 bits.
    Address(IpAddr),
    /// Nodes of one machine share its address.
    Name(Name),
}

impl Offender {
    /// Whom to blame for what came over a connection; nobody as long as a peer of this machine without
    /// a key has not said its name.
    pub(super) fn of(key: Option<PublicKey>, remote: IpAddr, name: Option<&Name>) -> Option<Self> {
        let host = host(remote);
        match key {
            Some(key) => Some(Self::Key(key)),
            None if !host.is_loopback() => Some(Self::Address(host)),
            None => name.cloned().map(Self::Name),
        }
    }

    /// Whether everyone at the address is meant.
    fn is_host(&self, address: &PeerAddress) -> bool {
        let ip = address.addr.parse::<IpAddr>();
        matches!((self, ip), (Self::Address(banned), Ok(ip)) if host(ip) == *banned)
    }
}

impl std::fmt::Display for Offender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Key(key) => write!(f, "the peer with key {key}"),
            Self::Address(address) => write!(f, "every peer at {address}"),
            Self::Name(name) => write!(f, "{name}"),
        }
    }
}

#[derive(Debug)]
struct Score {
    points: u32,
    /// When points were counted last.
    at: Duration,
    banned_until: Option<Duration>,
    /// As whom and where it was known.
    known: Option<(Name, PeerAddress)>,
}

/// Every score of a node. Times count from any one moment.
#[derive(Debug, Default)]
pub(super) struct Scores {
    scores: BTreeMap<Offender, Score>,
    offences: BTreeMap<Offence, u64>,
    bans: u64,
}

impl Scores {
    /// Counts an offence; `true` when it was one too many: a ban begins.
    pub(super) fn blame(
        &mut self,
        offender: &Offender,
        known: Option<(Name, PeerAddress)>,
        offence: Offence,
        now: Duration,
    ) -> bool {
        *self.offences.entry(offence).or_insert(0) += 1;
        if self.banned_until(offender, now).is_some() {
            return false;
        }
        self.make_room(offender, now);
        let score = self.scores.entry(offender.clone()).or_insert(Score {
            points: 0,
            at: now,
            banned_until: None,
            known: None,
        });
        score.points = score.left(now) + points(offence);
        score.at = now;
        score.known = known.or(score.known.take());
        score.banned_until = None;
        if score.points < BAN_POINTS {
            return false;
        }
        score.points = 0;
        score.banned_until = Some(now + BAN_TIME);
        self.bans += 1;
        true
    }

    /// Until when an offender is banned; `None` when it is not.
    pub(super) fn banned_until(&self, offender: &Offender, now: Duration) -> Option<Duration> {
        self.scores.get(offender)?.ban(now)
    }

    /// Ends the bans of whom an address or a name stands for.
    pub(super) fn lift(&mut self, address: &PeerAddress, name: Option<&Name>) {
        self.scores.retain(|offender, score| {
            !(offender.is_host(address) || score.is_at(address) || score.is_named(name))
        });
    }

    /// Until when the peer at an address, or with a name, is banned.
    pub(super) fn ban_of(
        &self,
        address: &PeerAddress,
        name: Option<&Name>,
        now: Duration,
    ) -> Option<Duration> {
        let about = self.scores.iter().filter(|(offender, score)| match name {
            Some(_) => offender.is_host(address) || score.is_named(name),
            None => offender.is_host(address) || score.is_at(address),
        });
        about.filter_map(|(_, score)| score.ban(now)).max()
    }

    /// Banned peers that said who they are.
    pub(super) fn banned(&self, now: Duration) -> impl Iterator<Item = &(Name, PeerAddress)> {
        let banned = self.scores.values();
        let banned = banned.filter(move |score| score.ban(now).is_some());
        banned.filter_map(|score| score.known.as_ref())
    }

    /// How many bans are on.
    pub(super) fn bans_on(&self, now: Duration) -> usize {
        let scores = self.scores.values();
        scores.filter(|score| score.ban(now).is_some()).count()
    }

    /// How many bans there ever were.
    pub(super) fn bans(&self) -> u64 {
        self.bans
    }

    /// How often each offence was seen.
    pub(super) fn offences(&self) -> impl Iterator<Item = (Offence, u64)> {
        self.offences
            .iter()
            .map(|(offence, count)| (*offence, *count))
    }

    fn make_room(&mut self, offender: &Offender, now: Duration) {
        if self.scores.len() < MAX_OFFENDERS || self.scores.contains_key(offender) {
            return;
        }
        let weight = |score: &Score| (score.ban(now), score.left(now));
        let least = self
            .scores
            .iter()
            .min_by_key(|(_, score)| weight(score))
            .map(|(offender, _)| offender.clone());
        if let Some(least) = least {
            self.scores.remove(&least);
        }
    }
}

impl Score {
    /// Its points now.
    fn left(&self, now: Duration) -> u32 {
        let passed = now.saturating_sub(self.at).as_secs() / POINT_DECAY.as_secs();
        let forgiven = u32::try_from(passed).unwrap_or(u32::MAX);
        self.points.saturating_sub(forgiven)
    }

    fn ban(&self, now: Duration) -> Option<Duration> {
        self.banned_until.filter(|until| *until > now)
    }

    fn is_at(&self, address: &PeerAddress) -> bool {
        self.known.as_ref().is_some_and(|(_, at)| at == address)
    }

    fn is_named(&self, name: Option<&Name>) -> bool {
        name.is_some() && self.known.as_ref().map(|(known, _)| known) == name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Duration = Duration::from_secs(1_000);

    fn name(name: &str) -> Name {
        name.parse().unwrap()
    }

    fn at(text: &str) -> PeerAddress {
        text.parse().unwrap()
    }

    fn somebody(number: u8) -> Offender {
        Offender::Address([192, 0, 2, number].into())
    }

    #[test]
    fn a_peer_is_blamed_by_what_it_cannot_change() {
        let key: PublicKey = "7".repeat(64).parse().unwrap();
        let liar = name("liar");
        let far = IpAddr::from([192, 0, 2, 1]);
        let near = IpAddr::from([127, 0, 0, 1]);
        let of = |key, remote| Offender::of(key, remote, Some(&liar));
        assert_eq!(of(Some(key), near), Some(Offender::Key(key)));
        assert_eq!(of(Some(key), far), Some(Offender::Key(key)));
        assert_eq!(of(None, far), Some(somebody(1)));
        assert_eq!(of(None, near), Some(Offender::Name(liar.clone())));
        assert_eq!(Offender::of(None, near, None), None);
        let mapped: IpAddr = "::ffff:127.0.0.1".parse().unwrap();
        assert_eq!(Offender::of(None, mapped, None), None);
        let neighbours = ["2001:db8::1", "2001:db8::ffff:0:0:1"].map(|ip| ip.parse().unwrap());
        assert_eq!(of(None, neighbours[0]), of(None, neighbours[1]));
    }

    #[test]
    fn enough_points_are_a_ban_and_it_ends() {
        let mut scores = Scores::default();
        let forged = Offence::ForgedBlock;
        assert!(!scores.blame(&somebody(1), None, forged, START));
        assert_eq!(scores.banned_until(&somebody(1), START), None);
        assert!(scores.blame(&somebody(1), None, forged, START));
        let end = START + BAN_TIME;
        assert_eq!(scores.banned_until(&somebody(1), START), Some(end));
        assert_eq!(scores.banned_until(&somebody(2), START), None);
        assert!(
            !scores.blame(&somebody(1), None, forged, START),
            "it is one ban"
        );
        assert_eq!((scores.bans(), scores.bans_on(START)), (1, 1));
        assert_eq!(scores.banned_until(&somebody(1), end), None);
        assert_eq!((scores.bans(), scores.bans_on(end)), (1, 0));
        assert_eq!(scores.offences().collect::<Vec<_>>(), [(forged, 3)]);
        assert!(
            !scores.blame(&somebody(1), None, forged, end),
            "it begins anew"
        );
    }

    #[test]
    fn points_are_forgiven() {
        let mut scores = Scores::default();
        let mut now = START;
        for _ in 0..20 {
            assert!(!scores.blame(&somebody(1), None, Offence::ForgedBlock, now));
            now += POINT_DECAY * 50;
        }
        now -= POINT_DECAY;
        assert!(
            !scores.blame(&somebody(1), None, Offence::ForgedBlock, now),
            "it has 51"
        );
        assert!(scores.blame(&somebody(1), None, Offence::ForgedBlock, now));
    }

    #[test]
    fn whoever_is_added_again_is_forgiven() {
        let mut scores = Scores::default();
        let liar = Offender::Name(name("liar"));
        let known = Some((name("liar"), at("127.0.0.1:7")));
        while !scores.blame(&liar, known.clone(), Offence::Flood, START) {}
        while !scores.blame(&somebody(1), None, Offence::Flood, START) {}
        let banned = |scores: &Scores, address: &str, name: Option<&Name>| {
            scores.ban_of(&at(address), name, START).is_some()
        };
        assert!(banned(&scores, "127.0.0.1:7", None));
        assert!(banned(&scores, "127.0.0.1:8", Some(&name("liar"))));
        assert!(!banned(&scores, "127.0.0.1:7", Some(&name("other"))));
        assert!(banned(&scores, "192.0.2.1:9", Some(&name("other"))));
        assert_eq!(
            scores.banned(START).count(),
            1,
            "the other one said no name"
        );
        scores.lift(&at("127.0.0.1:7"), None);
        scores.lift(&at("192.0.2.1:8"), None);
        assert_eq!(scores.bans_on(START), 0);
    }

    #[test]
    fn what_is_remembered_is_bounded_and_bans_are_kept_longest() {
        let mut scores = Scores::default();
        while !scores.blame(&somebody(1), None, Offence::Flood, START) {}
        for number in 0..2 * MAX_OFFENDERS {
            let other = Offender::Name(name(&number.to_string()));
            scores.blame(&other, None, Offence::Flood, START);
        }
        assert_eq!(scores.scores.len(), MAX_OFFENDERS);
        assert!(scores.banned_until(&somebody(1), START).is_some());
    }
}
