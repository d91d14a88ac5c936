//! The scenarios that come with the program, in the order in which they teach.

use super::{Scenario, parse};

macro_rules! lessons {
    ($($name:literal),* $(,)?) => {
        /// Their names and texts.
        const LESSONS: &[(&str, &str)] = &[$((
            $name,
            include_str!(concat!("../../../../examples/lessons/", $name, ".toml")),
        )),*];
    };
}

lessons!(
    "first-payment",
    "first-block",
    "two-miners-and-a-fork",
    "double-spend",
    "partition-and-heal",
    "forged-block",
    "fifty-one-percent",
);

/// Every lesson and its name, first things first.
///
/// ```
/// use tickchain::daemon::controller::scenario::lessons;
/// let titles: Vec<String> = lessons().map(|(_, lesson)| lesson.title).collect();
/// assert_eq!(titles[0], "First payment");
/// ```
pub fn lessons() -> impl Iterator<Item = (&'static str, Scenario)> {
    let lesson = |(name, text): &(&'static str, &str)| {
        let file = format!("{name}.toml");
        (
            *name,
            parse(&file, text).expect("lessons are played in the tests"),
        )
    };
    LESSONS.iter().map(lesson)
}

/// The lesson of this name.
pub fn lesson(name: &str) -> Option<Scenario> {
    let mut lessons = lessons();
    lessons
        .find(|(known, _)| *known == name)
        .map(|(_, lesson)| lesson)
}
