//! Bad lines between three nodes.

use std::time::Duration;

use super::fault::Fault;
use super::network::Network;
use super::rig::{Rig, Setup};

const CUT: Fault = Fault {
    lost: 1.0,
    late: Duration::ZERO,
    twice: 0.0,
    torn: 0.0,
    stalled: 0.0,
};

fn rig() -> Rig {
    Rig::new(Setup::new(Network::packets))
}

#[test]
fn nodes_that_are_cut_off_go_on_and_agree_again() {
    let mut rig = rig();
    let load = rig.load();
    rig.grow(3);
    for other in [0, 1] {
        rig.faults.set(2, other, CUT);
        rig.faults.set(other, 2, CUT);
    }
    rig.grow(3);
    let tips = [rig.nodes[0].tip(), rig.nodes[2].tip()];
    assert_ne!(tips[0], tips[1], "a fork");
    rig.faults.heal();
    rig.grow(1);
    load.end();
    rig.check();
}

#[test]
fn one_who_is_not_heard_agrees_once_it_is() {
    let mut rig = rig();
    let load = rig.load();
    rig.faults.set(1, 0, CUT);
    rig.faults.set(1, 2, CUT);
    rig.grow(3);
    let struck = rig.faults.struck();
    assert!(struck > 0);
    rig.faults.heal();
    load.end();
    rig.check();
}

#[test]
fn slow_lines_that_lose_and_repeat_carry_everything() {
    let mut rig = rig();
    let bad = Fault {
        lost: 0.05,
        late: Duration::from_millis(200),
        twice: 0.02,
        torn: 0.01,
        stalled: 0.0,
    };
    rig.faults.set_all(3, bad);
    let load = rig.load();
    rig.grow(3);
    load.end();
    rig.faults.heal();
    rig.check();
}
