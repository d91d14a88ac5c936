//! What is done from outside, carried out.

use super::*;

impl<N: Node> Simulation<N>
where
    N::Message: Carried,
{
    pub(super) fn take_up(&mut self, due: Due, observer: &mut impl Observer<N>) {
        match due {
            Due::Action(action) => self.carry_out(action, observer),
            Due::Settle(ends) => self.settle(&[ends], observer),
            Due::Redial(ends) => {
                self.links.redial(ends.0, ends.1);
                self.settle(&[ends], observer);
            }
        }
    }

    fn carry_out(&mut self, action: Action, observer: &mut impl Observer<N>) {
        self.digest.add(self.now, [u64::MAX, self.events]);
        observer.acted(self.now, &action);
        let changed = match action {
            Action::Mine { node } => return self.ask(node, Input::Mine, observer),
            Action::Pay { node, payment } => {
                return self.ask(node, Input::Pay(payment), observer);
            }
            Action::Slow { from, to, factor } => return self.slow(from, to, factor),
            Action::Crash { node, keep } => return self.crash(node, keep, observer),
            Action::Restart { node } => return self.restart(node, observer),
            Action::Cut { from, to } => {
                self.links.cut(from as u32, to as u32);
                self.links.of(from as u32)
            }
            Action::Restore { from, to } => {
                self.links.restore(from as u32, to as u32);
                self.links.of(from as u32)
            }
            Action::Partition { groups } => {
                self.links.partition(&groups);
                self.links.all()
            }
            Action::Heal => {
                self.links.heal();
                self.links.all()
            }
            Action::Eclipse { victim, attackers } => {
                self.links.eclipse(victim as u32, &attackers);
                self.links.of(victim as u32)
            }
            Action::EndEclipse { victim } => {
                self.links.end_eclipse(victim as u32);
                self.links.of(victim as u32)
            }
        };
        self.settle(&changed, observer);
    }

    /// Asks something of a node, unless it is down.
    fn ask(&mut self, node: usize, request: Input<N::Message>, observer: &mut impl Observer<N>) {
        if self.up[node] {
            self.give(node, request, observer);
        }
    }

    fn slow(&mut self, from: usize, to: usize, factor: f64) {
        for (from, to) in [(from, to), (to, from)] {
            if let Some(half) = self.links.half(from as u32, to as u32) {
                half.slow = factor as f32;
            }
        }
    }

    fn crash(&mut self, node: usize, keep: bool, observer: &mut impl Observer<N>) {
        if !std::mem::replace(&mut self.up[node], false) {
            return;
        }
        self.timers.cancel(2 * node);
        self.timers.cancel(2 * node + 1);
        self.carrier.forget(node);
        let links = self.links.of(node as u32);
        self.settle(&links, observer);
        if !keep {
            self.nodes[node] = (self.make)(node);
            self.hunts[node] = None;
        }
    }

    fn restart(&mut self, node: usize, observer: &mut impl Observer<N>) {
        if std::mem::replace(&mut self.up[node], true) {
            return;
        }
        if let Some(hunt) = self.hunts[node].take() {
            self.wait(node, hunt);
        }
        self.start(node, observer);
        let links = self.links.of(node as u32);
        self.settle(&links, observer);
    }

    /// Switches a node on. One that was on before its crash takes no notice.
    pub(super) fn start(&mut self, node: usize, observer: &mut impl Observer<N>) {
        let mut random = Random::new(self.seed, Purpose::Behaviour, node as u64);
        for _ in 0..self.starts[node] {
            random.bits();
        }
        self.starts[node] += 1;
        let salt = random.bits();
        self.give(node, Input::Start { salt }, observer);
    }

    /// Brings links up and down as they are to be. Both ends know of a link before either says something.
    pub(super) fn settle(&mut self, links: &[(u32, u32)], observer: &mut impl Observer<N>) {
        for &(one, other) in links {
            let both_up = self.up[one as usize] && self.up[other as usize];
            let free = both_up && self.links.is_free(one, other);
            if self.links.set(one, other, free, self.now) {
                self.tell_ends(one as usize, other as usize, free, observer);
            }
        }
    }

    fn tell_ends(&mut self, one: usize, other: usize, up: bool, observer: &mut impl Observer<N>) {
        let latency = self.options.stepped.map_or(0, |stepped| stepped.latency);
        let effects = [(one, other), (other, one)].map(|(node, peer)| {
            let peer = self.names[peer].clone();
            let input = if up {
                Input::PeerUp { peer, latency }
            } else {
                Input::PeerDown { peer }
            };
            self.nodes[node].handle(input)
        });
        for (node, effects) in [one, other].into_iter().zip(effects) {
            self.follow(node, effects, observer);
        }
        // One that is down does not act on it, but knows when it comes back.
        for node in [one, other] {
            if !self.up[node] {
                self.timers.cancel(2 * node);
                self.timers.cancel(2 * node + 1);
            }
        }
    }
}
