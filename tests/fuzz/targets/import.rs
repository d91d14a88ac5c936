//! Lines of an export: a data directory that is sound, whose own export is taken in as a whole, or an error
//! that names a line.

use tickchain::daemon::storage::fuzzing;

use super::directories::Place;
use super::lines;

pub fn run(bytes: &[u8]) {
    let place = Place::new();
    let path = place.folder("first");
    if let Err(error) = fuzzing::import(&path, bytes) {
        assert!(
            !path.exists() || path.join("database.new").exists(),
            "{error}"
        );
        return lines::names_one(&error.to_string(), &String::from_utf8_lossy(bytes));
    }
    let directory = fuzzing::Directory::open(&path).expect("it was just made");
    assert_eq!(directory.start(), Ok(()));
    assert_eq!(directory.verify(), Ok(()));
    let (lines, missing) = directory.export().expect("memory has room");
    assert_eq!(missing, 0);
    let refused = fuzzing::import(&place.folder("second"), &lines);
    assert_eq!(refused.expect("an export is one"), 0);
}
