//! Who can hear whom, now.

use std::collections::BTreeSet;

use super::{Graph, Time};

/// One direction of a link, kept with the node it leads away from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Half {
    pub(super) to: u32,
    /// How many times as long as otherwise messages take.
    pub(super) slow: f32,
    /// Whether both ends know the link to be up.
    pub(super) up: bool,
    /// The count of downs when it last went down.
    down: u32,
    /// When the last message arrives.
    pub(super) last: Time,
}

/// All links, and what keeps them down.
///
/// What is on its way when a link goes down is lost: each message carries the count of all downs so far, and
/// while that stays the same its link need not be looked at.
#[derive(Debug, Default)]
pub(super) struct Links {
    /// For each node the halves that lead away, ordered by where they lead to.
    away: Vec<Vec<Half>>,
    /// Counts halves that went down.
    downs: u32,
    /// Pairs cut by themselves, the lower number first.
    cut: BTreeSet<(u32, u32)>,
    /// Pairs of which one closed the link, and that wait to make it again.
    closed: BTreeSet<(u32, u32)>,
    /// The group of each node while there is a partition.
    groups: Option<Vec<u32>>,
    /// Nodes that are eclipsed, with those they still hear.
    eclipsed: Vec<(u32, Vec<u32>)>,
}

impl Links {
    pub(super) fn new(graph: &Graph) -> Self {
        let degrees = graph.degrees();
        let away = degrees
            .into_iter()
            .map(|degree| Vec::with_capacity(degree as usize));
        let mut links = Self {
            away: away.collect(),
            ..Self::default()
        };
        for &(from, to) in &graph.links {
            links.push(from, to);
        }
        for away in &mut links.away {
            away.sort_unstable_by_key(|half| half.to);
        }
        links
    }

    fn push(&mut self, from: u32, to: u32) {
        for (from, to) in [(from, to), (to, from)] {
            self.away[from as usize].push(Half {
                to,
                slow: 1.0,
                up: false,
                down: 0,
                last: Time::ZERO,
            });
        }
    }

    /// Makes a link where there is none.
    fn add(&mut self, from: u32, to: u32) {
        if from != to && self.half(from, to).is_none() {
            self.push(from, to);
            for node in [from, to] {
                self.away[node as usize].sort_unstable_by_key(|half| half.to);
            }
        }
    }

    /// The half that leads from one node to the other.
    pub(super) fn half(&mut self, from: u32, to: u32) -> Option<&mut Half> {
        let away = &mut self.away[from as usize];
        let place = away.binary_search_by_key(&to, |half| half.to).ok()?;
        Some(&mut away[place])
    }

    /// What a message that is sent now has to carry.
    pub(super) fn downs(&self) -> u32 {
        self.downs
    }

    /// Whether the link has been up since a message was sent that carries this count.
    pub(super) fn held(&mut self, from: u32, to: u32, downs: u32) -> bool {
        downs == self.downs || self.half(from, to).is_some_and(|half| half.down <= downs)
    }

    /// Brings both halves of a link up or down; false when they are so already.
    pub(super) fn set(&mut self, one: u32, other: u32, up: bool, now: Time) -> bool {
        let mut changed = false;
        for (from, to) in [(one, other), (other, one)] {
            let downs = self.downs + 1;
            let Some(half) = self.half(from, to).filter(|half| half.up != up) else {
                continue;
            };
            (half.up, half.last) = (up, now);
            if !up {
                half.down = downs;
                self.downs = downs;
            }
            changed = true;
        }
        changed
    }

    /// The links of a node, as pairs.
    pub(super) fn of(&self, node: u32) -> Vec<(u32, u32)> {
        let away = self.away[node as usize].iter();
        away.map(|half| (node, half.to)).collect()
    }

    /// All links, as pairs.
    pub(super) fn all(&self) -> Vec<(u32, u32)> {
        let nodes = 0..self.away.len() as u32;
        let pairs = nodes.flat_map(|node| self.of(node));
        pairs.filter(|(from, to)| from < to).collect()
    }

    /// Whether nothing keeps the link of these two down.
    pub(super) fn is_free(&self, from: u32, to: u32) -> bool {
        let divided = self
            .groups
            .as_ref()
            .is_some_and(|groups| groups[from as usize] != groups[to as usize]);
        let hidden = self.eclipsed.iter().any(|(victim, heard)| {
            (*victim == from && !heard.contains(&to)) || (*victim == to && !heard.contains(&from))
        });
        let ends = pair(from, to);
        !divided && !hidden && !self.cut.contains(&ends) && !self.closed.contains(&ends)
    }

    pub(super) fn cut(&mut self, from: u32, to: u32) {
        self.cut.insert(pair(from, to));
    }

    pub(super) fn restore(&mut self, from: u32, to: u32) {
        self.cut.remove(&pair(from, to));
    }

    pub(super) fn close(&mut self, from: u32, to: u32) {
        self.closed.insert(pair(from, to));
    }

    pub(super) fn redial(&mut self, from: u32, to: u32) {
        self.closed.remove(&pair(from, to));
    }

    /// Only nodes of one group hear each other; those of no group are one as well.
    pub(super) fn partition(&mut self, groups: &[Vec<usize>]) {
        let mut of = vec![0; self.away.len()];
        for (number, group) in groups.iter().enumerate() {
            for node in group {
                of[*node] = number as u32 + 1;
            }
        }
        self.groups = Some(of);
    }

    /// Ends the partition.
    pub(super) fn heal(&mut self) {
        self.groups = None;
    }

    pub(super) fn eclipse(&mut self, victim: u32, attackers: &[usize]) {
        let heard: Vec<u32> = attackers.iter().map(|node| *node as u32).collect();
        for attacker in &heard {
            self.add(*attacker, victim);
        }
        self.end_eclipse(victim);
        self.eclipsed.push((victim, heard));
    }

    pub(super) fn end_eclipse(&mut self, victim: u32) {
        self.eclipsed.retain(|(node, _)| *node != victim);
    }
}

fn pair(a: u32, b: u32) -> (u32, u32) {
    (a.min(b), a.max(b))
}
