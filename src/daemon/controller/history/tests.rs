use super::*;
use crate::daemon::controller::scenario::Record;
use crate::daemon::controller::turn::Topology;

fn seen(tick: u64) -> Seen {
    Seen {
        tick,
        nodes: Vec::new(),
        topology: Topology::default(),
    }
}

fn at(tick: u64, marks: &[Mark]) -> (Seen, Moment) {
    let seen = seen(tick);
    let mut happened = Happened::default();
    happened.add(marks.iter().copied(), 2);
    let moment = Moment::of(&seen, happened, Record::lost("nothing is done here"));
    (seen, moment)
}

fn lived(ticks: u64) -> History {
    let mut history = History::default();
    for tick in 0..=ticks {
        let (seen, moment) = at(tick, &[]);
        history.keep(seen, moment);
    }
    history
}

/// Branches as name, parent, from, first, last.
fn shape(history: &History) -> Vec<(String, Option<u64>, u64, u64, u64)> {
    let shape = |b: BranchView| (b.name, b.parent, b.from, b.first, b.last);
    history.branches().into_iter().map(shape).collect()
}

#[test]
fn a_tick_after_going_back_opens_a_branch_and_the_old_future_stays() {
    let mut history = lived(5);
    assert!(history.position().live);
    history.went(0, seen(2));
    assert!(!history.position().live);
    let (now, moment) = at(3, &[]);
    history.keep(now, moment);
    let position = history.position();
    assert_eq!(
        (position.branch, position.tick, position.live),
        (1, 3, true)
    );
    let main = ("main".to_owned(), None, 0, 0, 5);
    let other = ("what-if-1".to_owned(), Some(0), 2, 2, 3);
    assert_eq!(shape(&history), [main, other]);
    assert!(history.moment(0, 5).is_some() && history.moment(1, 2).is_some());
    assert!(history.moment(1, 5).is_none() && history.moment(2, 0).is_none());
}

#[test]
fn what_is_done_in_the_past_opens_a_branch_too() {
    let mut history = lived(5);
    history.went(0, seen(2));
    let (now, moment) = at(2, &[Mark::Cut]);
    history.keep(now, moment);
    assert_eq!(
        shape(&history)[1],
        ("what-if-1".to_owned(), Some(0), 2, 2, 2)
    );
    assert!(
        history
            .moment(0, 2)
            .expect("it stays")
            .happened
            .marks
            .is_empty()
    );
    let happened = &history.view().branches[1].moments[0].happened;
    assert_eq!((happened.marks.len(), happened.events), (1, 4));
}

#[test]
fn the_end_of_a_branch_goes_on_and_is_taken_anew() {
    let mut history = lived(5);
    history.went(0, seen(2));
    history.went(0, seen(5));
    let (now, moment) = at(5, &[Mark::Cut]);
    history.keep(now, moment);
    let (now, moment) = at(5, &[Mark::Heal]);
    history.keep(now, moment);
    assert_eq!(shape(&history), [("main".to_owned(), None, 0, 0, 5)]);
    let happened = &history.moment(0, 5).expect("it is kept").happened;
    assert!(happened.marks.iter().eq(&[Mark::Cut, Mark::Heal]));
    assert_eq!(happened.events, 6);
}

#[test]
fn a_tick_that_is_behind_begins_a_new_history() {
    let mut history = lived(5);
    let (now, moment) = at(0, &[]);
    history.keep(now, moment);
    assert_eq!(shape(&history), [("main".to_owned(), None, 0, 0, 0)]);
}

#[test]
fn what_it_took_to_get_back_is_not_marked() {
    let mut history = lived(1);
    history.note([Mark::Refused], 1);
    history.went(0, seen(0));
    assert_eq!(history.take_happened(), Happened::default());
}

#[test]
fn the_network_is_another_when_something_was_done() {
    let history = lived(1);
    assert!(!history.is_outdated(&seen(1)));
    let mut other = seen(1);
    other
        .topology
        .crashed
        .insert("node1".parse().expect("a name"));
    assert!(history.is_outdated(&other));
    assert!(History::default().is_outdated(&seen(0)));
}

#[test]
fn the_oldest_moments_go_first_and_empty_branches_with_them() {
    let mut history = lived(5);
    history.went(0, seen(2));
    for tick in 3..=4 {
        let (now, moment) = at(tick, &[]);
        history.keep(now, moment);
    }
    let each = history.bytes / history.order.len();
    history.prune(9, 8 * each);
    assert_eq!(shape(&history)[0].3, 1);
    history.prune(4, usize::MAX);
    assert_eq!(shape(&history)[0].3, 5);
    history.prune(3, usize::MAX);
    assert_eq!(shape(&history), [("what-if-1".to_owned(), None, 2, 2, 4)]);
    history.prune(0, 0);
    assert_eq!(shape(&history), [("what-if-1".to_owned(), None, 2, 4, 4)]);
    assert_eq!(history.bytes, each, "the last one stays");
}

#[test]
fn the_documented_bound_holds() {
    let history = lived(MAX_MOMENTS as u64 + 10);
    assert_eq!(history.order.len(), MAX_MOMENTS);
    assert_eq!(shape(&history)[0].3, 11);
}
