//! Lines of an export: a data directory that is sound, whose own export is taken in as a whole and is the same
//! again, or an error that names a line.

use std::collections::BTreeSet;

use serde_json::Value as Json;
use tickchain::daemon::storage::fuzzing;
use tickchain::node::MAX_WAITING;

use super::directories::Place;
use super::lines;

pub fn run(bytes: &[u8]) {
    let place = Place::new();
    let path = place.folder("first");
    let imported = match fuzzing::import(&path, bytes) {
        Ok(imported) => imported,
        Err(error) => {
            assert!(
                !path.exists() || path.join("database.new").exists(),
                "{error}"
            );
            return lines::names_one(&error.to_string(), &String::from_utf8_lossy(bytes));
        }
    };
    let lines = exported(&path);
    if imported.is_ok() && bytes.iter().filter(|byte| **byte == b'\n').count() < MAX_WAITING {
        assert_eq!(ids(bytes), ids(&lines), "what came is there");
    }
    let path = place.folder("second");
    let imported = fuzzing::import(&path, &lines);
    let imported = imported.expect("an export is one");
    imported.expect("nothing of it is refused or missing");
    let (first, second) = (String::from_utf8(lines), String::from_utf8(exported(&path)));
    assert_eq!(first, second);
}

/// What a directory that is sound exports.
fn exported(path: &std::path::Path) -> Vec<u8> {
    let directory = fuzzing::Directory::open(path).expect("it was just made");
    assert_eq!(directory.start(), Ok(()));
    assert_eq!(directory.verify(), Ok(()));
    let (lines, missing) = directory.export().expect("memory has room");
    assert_eq!(missing, 0);
    lines
}

/// The payments that wait, and the accepted ids, of the lines behind the first.
fn ids(lines: &[u8]) -> BTreeSet<(bool, String)> {
    let lines = lines.split(|byte| *byte == b'\n').skip(1);
    let lines = lines.filter_map(|line| serde_json::from_slice::<Json>(line).ok());
    let id = |line: Json| {
        let payment = line["payment"]["payment"]["id"].as_str();
        let accepted = line["accepted"].as_str();
        let id = payment.or(accepted)?.to_lowercase();
        Some((payment.is_some(), id))
    };
    lines.filter_map(id).collect()
}
