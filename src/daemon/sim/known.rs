//! Which keys there are, and which one was meant.

use crate::sim::scenario::KEYS;

/// How alike two words are for one to be meant by the other, from 0 to 1.
const ALIKE: f64 = 0.75;

/// A key without its places in lists: `faults.2.nodes` is `faults.nodes`.
pub(super) fn bare(path: &str) -> String {
    let parts = path
        .split('.')
        .filter(|part| part.parse::<usize>().is_err());
    parts.collect::<Vec<_>>().join(".")
}

/// Whether it is a key or a table of keys.
pub(super) fn is_known(path: &str) -> bool {
    let below = |known: &str| {
        known
            .strip_prefix(path)
            .is_some_and(|rest| rest.starts_with('.'))
    };
    KEYS.iter().any(|key| key.path == path || below(key.path))
}

/// The whole path of a key that was given by its path or by its last part.
///
/// # Errors
/// What to write instead.
pub(super) fn resolve(key: &str) -> Result<String, String> {
    if is_known(&bare(key)) {
        return Ok(key.to_owned());
    }
    let last = |path: &str| path.rsplit('.').next().unwrap_or_default().to_owned();
    let meant: Vec<&str> = (KEYS.iter().map(|known| known.path))
        .filter(|path| last(path) == key)
        .collect();
    match meant[..] {
        [path] => Ok(path.to_owned()),
        [] => Err(format!("there is no key {key}{}", instead(key))),
        _ => Err(format!(
            "{key} could be {}: write which",
            meant.join(" or ")
        )),
    }
}

/// What could have been meant by a key that is unknown: the most alike, else all in its table.
pub(super) fn instead(key: &str) -> String {
    let split = |path: &str| {
        path.rsplit_once('.')
            .map_or((String::new(), path.to_owned()), |(table, last)| {
                (table.to_owned(), last.to_owned())
            })
    };
    let (table, own) = split(key);
    let likeness = |known: &str| {
        let (elsewhere, last) = split(known);
        let likeness = strsim::jaro_winkler(&own, &last);
        match elsewhere == table {
            true => likeness,
            false => likeness * 0.95,
        }
    };
    let mut alike: Vec<(f64, &str)> = KEYS
        .iter()
        .map(|known| (likeness(known.path), known.path))
        .collect();
    alike.sort_by(|a, b| b.0.total_cmp(&a.0));
    alike.retain(|(likeness, _)| *likeness >= ALIKE);
    let alike: Vec<&str> = alike.into_iter().take(3).map(|(_, path)| path).collect();
    if !alike.is_empty() {
        return format!("; did you mean {}?", alike.join(" or "));
    }
    let mut here: Vec<&str> = Vec::new();
    for known in KEYS {
        let rest = match &*table {
            "" => Some(known.path),
            _ => (known.path.strip_prefix(&*table)).and_then(|rest| rest.strip_prefix('.')),
        };
        let first = rest.and_then(|rest| rest.split('.').next());
        if let Some(first) = first.filter(|first| !here.contains(first)) {
            here.push(first);
        }
    }
    format!("; there are {}", here.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_by_its_path_or_its_last_part() {
        for (key, path) in [
            ("nodes", "nodes"),
            ("relay.usage", "relay.usage"),
            ("compact_blocks", "relay.compact_blocks"),
            ("faults.2.nodes", "faults.2.nodes"),
            ("clocks.costs", "clocks.costs"),
        ] {
            assert_eq!(resolve(key).as_deref(), Ok(path));
        }
    }

    #[test]
    fn what_was_meant_is_said() {
        let error = |key: &str| resolve(key).unwrap_err();
        assert!(
            error("compact_block").contains("did you mean relay.compact_b"),
            "{}",
            error("compact_block")
        );
        assert!(
            error("node_s").contains("did you mean nodes"),
            "{}",
            error("node_s")
        );
        assert!(
            error("do").contains("faults.do or script.do"),
            "{}",
            error("do")
        );
        assert!(error("clocks.xyz").contains("there are length_ms, stepped, latency, costs"));
    }
}
