//! What fuzzing found and what it grew on, run again, and a moment of more: see CONTRIBUTING.md.
//!
//! The package in `fuzz/` runs the same targets for as long as one likes, led by what they cover.

#![cfg(feature = "daemon")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod mutate;
mod replay;
mod targets;

macro_rules! each {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            let (name, target) = (stringify!($name), targets::$name::run);
            replay::kept("crashes", name, target);
            let inputs = replay::kept("corpus", name, target);
            assert!(!inputs.is_empty(), "{name} has a corpus");
            mutate::for_a_moment(name, target, &inputs);
        })*

        const NAMES: &[&str] = &[$(stringify!($name)),*];
    };
}

each! {
    action bodies canonical frames genesis graph http import keys messages node noise scenario sim_scenario
    state stored
}

#[test]
fn every_folder_is_a_targets() {
    for kind in ["corpus", "crashes"] {
        let folder = format!("{}/tests/fuzz/{kind}", env!("CARGO_MANIFEST_DIR"));
        for entry in std::fs::read_dir(folder).into_iter().flatten() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            assert!(
                name == ".gitkeep" || NAMES.contains(&&*name),
                "{kind}/{name}"
            );
        }
    }
}
