//! From a file or a preset to a scenario that can be simulated.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{Flaw, SimError};
use super::set::Set;
use super::{known, presets};
use crate::sim::scenario::{Scenario, idle_key};

/// The most bytes of a file.
pub const MAX_FILE_BYTES: u64 = 1 << 20;

/// The text of a scenario, and what it is called in errors.
#[derive(Debug, Clone)]
pub struct Source {
    name: String,
    text: String,
    /// Where files that it names are looked for.
    folder: PathBuf,
}

impl Source {
    /// A text that is in memory already. `name` is what errors call it; files that it names are looked
    /// for where the program runs.
    pub fn new(name: &str, text: &str) -> Self {
        Self {
            name: name.to_owned(),
            text: text.to_owned(),
            folder: PathBuf::new(),
        }
    }

    /// A file's text.
    ///
    /// # Errors
    /// When it cannot be read or is larger than [`MAX_FILE_BYTES`].
    pub fn file(path: &Path) -> Result<Self, SimError> {
        let unreadable = |source| SimError::Unreadable {
            path: path.to_owned(),
            source,
        };
        let name = path.display().to_string();
        // Not all that can be read has a length.
        let file = File::open(path).map_err(unreadable)?;
        let mut text = String::new();
        let read = file.take(MAX_FILE_BYTES + 1).read_to_string(&mut text);
        let bytes = read.map_err(unreadable)? as u64;
        if bytes > MAX_FILE_BYTES {
            return Err(SimError::TooLarge { file: name });
        }
        Ok(Self {
            name,
            text,
            folder: path.parent().unwrap_or(Path::new("")).to_owned(),
        })
    }

    /// A preset's text.
    ///
    /// # Errors
    /// When there is none of this name.
    pub fn preset(name: &str) -> Result<Self, SimError> {
        let preset = presets::find(name)?;
        Ok(Self::new(&format!("preset {name}"), preset.text))
    }

    /// The scenario with some keys changed. What is in the file has to have an effect as it stands there,
    /// what is changed has to have one at last.
    ///
    /// # Errors
    /// A [`SimError`] that says what stands where and what to do about it.
    pub fn scenario(&self, sets: &[Set]) -> Result<Scenario, SimError> {
        let scenario = self.unchecked(sets)?;
        for set in sets {
            let path = known::resolve(&set.key)
                .map_err(|problem| self.wrong_set(set, Flaw::Key(problem)))?;
            if let Some(why) = idle_key(&scenario, &known::bare(&path)) {
                return Err(self.wrong_set(set, Flaw::Idle { key: path, why }));
            }
        }
        Ok(scenario)
    }

    /// The same, but keys that are changed may have no effect: in a grid some do only for some values of
    /// others.
    ///
    /// # Errors
    /// As [`Source::scenario`].
    pub fn unchecked(&self, sets: &[Set]) -> Result<Scenario, SimError> {
        let own = DeTable::parse(&self.text).map_err(|error| self.toml(&error))?;
        self.check_keys(&own)?;
        let texts = Texts::new(self, sets);
        let mut table = own.clone();
        for (set, (at, text)) in sets.iter().zip(&texts.sets) {
            let applied = set.apply(table.get_mut(), text, *at);
            applied.map_err(|problem| self.wrong_set(set, Flaw::Key(problem)))?;
        }
        let scenario = texts.read(table.clone())?;
        // What a change makes idle may stay in the file, where the file says enough without it.
        let alone = match sets {
            [] => scenario.clone(),
            _ => texts.read(own.clone()).unwrap_or_else(|_| scenario.clone()),
        };
        self.check_effects(&own, &alone)?;
        scenario.check().map_err(|error| {
            let at = locate(table.get_ref(), error.key());
            texts.wrong(at, Flaw::Scenario(error))
        })?;
        Ok(scenario)
    }

    /// The text as it was read.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// A file that the scenario names, by its own path or from where the scenario lies.
    pub fn beside(&self, path: &str) -> PathBuf {
        self.folder.join(path)
    }

    fn toml(&self, error: &toml::de::Error) -> SimError {
        let message = plain(error);
        self.wrong(
            error.span().map_or(0, |span| span.start),
            Flaw::Toml(message),
        )
    }

    fn wrong(&self, at: usize, flaw: Flaw) -> SimError {
        let before = &self.text.as_bytes()[..at.min(self.text.len())];
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        SimError::Wrong {
            place: format!("{}, line {line}", self.name),
            flaw,
        }
    }

    fn wrong_set(&self, set: &Set, flaw: Flaw) -> SimError {
        SimError::Wrong {
            place: format!("--set {set}"),
            flaw,
        }
    }

    fn check_keys(&self, table: &Spanned<DeTable<'_>>) -> Result<(), SimError> {
        each_key(table.get_ref(), "", &mut |path, at| {
            if known::is_known(path) {
                return Ok(());
            }
            let problem = format!("there is no key {path}{}", known::instead(path));
            Err(self.wrong(at, Flaw::Key(problem)))
        })
    }

    fn check_effects(
        &self,
        table: &Spanned<DeTable<'_>>,
        scenario: &Scenario,
    ) -> Result<(), SimError> {
        each_key(
            table.get_ref(),
            "",
            &mut |path, at| match idle_key(scenario, path) {
                None => Ok(()),
                Some(why) => Err(self.wrong(
                    at,
                    Flaw::Idle {
                        key: path.to_owned(),
                        why,
                    },
                )),
            },
        )
    }
}

/// A source and what is changed in it, one after the other: places count through both.
struct Texts<'a> {
    source: &'a Source,
    /// Each change, where its text begins, and that text moved there.
    sets: Vec<(usize, String)>,
    changes: &'a [Set],
}

impl<'a> Texts<'a> {
    fn new(source: &'a Source, changes: &'a [Set]) -> Self {
        let mut at = source.text.len() + 1;
        let padded = |set: &Set| {
            let begin = at;
            let text = set.padded(begin);
            at = text.len() + 1;
            (begin, text)
        };
        Self {
            source,
            sets: changes.iter().map(padded).collect(),
            changes,
        }
    }

    fn read(&self, table: Spanned<DeTable<'_>>) -> Result<Scenario, SimError> {
        Scenario::deserialize(toml::Deserializer::from(table)).map_err(|error| {
            let message = plain(&error);
            self.wrong(
                error.span().map_or(0, |span| span.start),
                Flaw::Toml(message),
            )
        })
    }

    fn wrong(&self, at: usize, flaw: Flaw) -> SimError {
        let set = self.sets.iter().rposition(|(begin, _)| *begin <= at);
        match set {
            Some(set) => self.source.wrong_set(&self.changes[set], flaw),
            None => self.source.wrong(at, flaw),
        }
    }
}

/// Calls `check` with each key's path (without places in lists) and where it stands.
fn each_key(
    table: &DeTable<'_>,
    path: &str,
    check: &mut impl FnMut(&str, usize) -> Result<(), SimError>,
) -> Result<(), SimError> {
    // In the order of the text, so that the first mistake is named first.
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    for (key, value) in entries {
        let path = match path {
            "" => key.get_ref().to_string(),
            _ => format!("{path}.{}", key.get_ref()),
        };
        match value.get_ref() {
            DeValue::Table(below) if !below.is_empty() => {
                if !known::is_known(&path) {
                    check(&path, key.span().start)?;
                }
                each_key(below, &path, check)?;
            }
            DeValue::Array(list) if list.iter().any(|value| value.get_ref().is_table()) => {
                for below in list.iter().filter_map(|value| value.get_ref().as_table()) {
                    each_key(below, &path, check)?;
                }
            }
            _ => check(&path, key.span().start)?,
        }
    }
    Ok(())
}

/// Where a key stands, or the deepest table on the way to it.
fn locate(table: &DeTable<'_>, path: &str) -> usize {
    let mut at = 0;
    let mut value: Option<&DeValue<'_>> = None;
    for part in path.split('.') {
        let next = match value {
            None => table
                .get_key_value(part)
                .map(|(key, value)| (key.span().start, value)),
            Some(DeValue::Table(table)) => table
                .get_key_value(part)
                .map(|(key, value)| (key.span().start, value)),
            Some(DeValue::Array(list)) => {
                let place = part
                    .parse::<usize>()
                    .ok()
                    .and_then(|place| list.get(place.checked_sub(1)?));
                place.map(|value| (value.span().start, value))
            }
            Some(_) => None,
        };
        let Some((start, next)) = next else { break };
        at = start;
        value = Some(next.get_ref());
    }
    at
}

/// What the parser says, in a line, with kinds of numbers named for people.
fn plain(error: &toml::de::Error) -> String {
    let mut message = error.message().trim_end().replace('\n', ", ");
    for (kind, words) in [
        ("usize", "a whole number, 0 or more"),
        ("u64", "a whole number, 0 or more"),
        ("u32", "a whole number, 0 or more"),
        ("f64", "a number"),
    ] {
        message = message.replace(&format!("expected {kind}"), &format!("expected {words}"));
    }
    message
}

#[cfg(test)]
mod tests;
