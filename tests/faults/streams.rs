//! Connections between three nodes that break in ways no line can, but middleboxes and malice can.

use super::fault::Fault;
use super::network::Network;
use super::rig::{Rig, Setup};

/// Breaks connections at least so many times, under load.
fn broken(times: u64, fault: Fault) {
    let mut rig = Rig::new(Setup::new(Network::streams));
    let load = rig.load();
    rig.grow(2);
    rig.faults.set_all(3, fault);
    let struck = rig.faults.struck();
    rig.within("enough went wrong", |rig| {
        rig.faults.struck() >= struck + times
    });
    rig.faults.heal();
    // A peer whose words come garbled is banned, as nobody can tell who garbled them.
    rig.lift_bans();
    rig.grow(2);
    load.end();
    rig.check();
}

#[test]
fn connections_that_end_in_the_middle_of_a_frame() {
    broken(
        20,
        Fault {
            torn: 0.02,
            ..Fault::default()
        },
    );
}

#[test]
fn connections_that_say_things_twice() {
    broken(
        3,
        Fault {
            twice: 0.02,
            ..Fault::default()
        },
    );
}

#[test]
fn connections_that_carry_nothing_more_and_stay_open() {
    broken(
        4,
        Fault {
            stalled: 0.005,
            ..Fault::default()
        },
    );
}
