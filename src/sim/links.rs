//! Who can hear whom, now.

use std::collections::BTreeSet;

use super::{Graph, Time};

/// One direction of a link. The other one has the number next to it: they differ in the last bit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Half {
    pub(super) from: u32,
    pub(super) to: u32,
    /// Whether both ends know the link to be up.
    pub(super) up: bool,
    /// Counts how often it went down: what was sent before is not delivered after.
    pub(super) epoch: u32,
    /// How many times as long as otherwise messages take.
    pub(super) slow: f32,
    /// When the last message arrives.
    pub(super) last: Time,
}

/// All links, and what keeps them down.
#[derive(Debug, Default)]
pub(super) struct Links {
    halves: Vec<Half>,
    /// For each node the halves that lead away, ordered by where they lead to.
    away: Vec<Vec<(u32, u32)>>,
    /// Pairs cut by themselves, the lower number first.
    cut: BTreeSet<(u32, u32)>,
    /// The group of each node while there is a partition.
    groups: Option<Vec<u32>>,
    /// Nodes that are eclipsed, with those they still hear.
    eclipsed: Vec<(u32, Vec<u32>)>,
}

impl Links {
    pub(super) fn new(graph: &Graph) -> Self {
        let mut links = Self {
            away: vec![Vec::new(); graph.nodes],
            ..Self::default()
        };
        for &(from, to) in &graph.links {
            links.push(from, to);
        }
        for away in &mut links.away {
            away.sort_unstable();
        }
        links
    }

    fn push(&mut self, from: u32, to: u32) {
        for (from, to) in [(from, to), (to, from)] {
            let number = self.halves.len() as u32;
            self.away[from as usize].push((to, number));
            self.halves.push(Half {
                from,
                to,
                up: false,
                epoch: 0,
                slow: 1.0,
                last: Time::ZERO,
            });
        }
    }

    /// Makes a link where there is none.
    pub(super) fn add(&mut self, from: u32, to: u32) {
        if from != to && self.find(from, to).is_none() {
            self.push(from, to);
            self.away[from as usize].sort_unstable();
            self.away[to as usize].sort_unstable();
        }
    }

    /// The half that leads from one node to the other.
    pub(super) fn find(&self, from: u32, to: u32) -> Option<u32> {
        let away = &self.away[from as usize];
        let place = away.binary_search_by_key(&to, |(to, _)| *to).ok()?;
        Some(away[place].1)
    }

    pub(super) fn half(&self, number: u32) -> &Half {
        &self.halves[number as usize]
    }

    pub(super) fn half_mut(&mut self, number: u32) -> &mut Half {
        &mut self.halves[number as usize]
    }

    /// How many links there are.
    pub(super) fn len(&self) -> usize {
        self.halves.len() / 2
    }

    /// The numbers of the links of a node: halves, without their last bit.
    pub(super) fn of(&self, node: u32) -> Vec<u32> {
        let away = self.away[node as usize].iter();
        away.map(|(_, half)| half / 2).collect()
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
        !divided && !hidden && !self.cut.contains(&pair(from, to))
    }

    pub(super) fn cut(&mut self, from: u32, to: u32) {
        self.cut.insert(pair(from, to));
    }

    pub(super) fn restore(&mut self, from: u32, to: u32) {
        self.cut.remove(&pair(from, to));
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
