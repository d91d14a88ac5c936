//! `--set KEY=VALUE`: one key of a scenario changed.

use std::str::FromStr;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::known;

/// One key and the value it gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Set {
    /// As it was written: a dotted path or its last part.
    pub key: String,
    /// As it was written.
    pub value: String,
}

impl FromStr for Set {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((key, value)) if !key.trim().is_empty() => Ok(Self {
                key: key.trim().to_owned(),
                value: value.trim().to_owned(),
            }),
            _ => Err("a key and its value are needed, such as nodes=600".to_owned()),
        }
    }
}

impl std::fmt::Display for Set {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}={}", self.key, self.value)
    }
}

impl Set {
    /// The value as a line of TOML that stands `at` bytes from the beginning, behind the file's text: so an
    /// error in it is told from one in the file.
    pub(super) fn padded(&self, at: usize) -> String {
        format!("{}v = {}", " ".repeat(at), self.value)
    }

    /// Puts the value of such a line in its place.
    ///
    /// # Errors
    /// What is wrong with the key, and what to do.
    pub(super) fn apply<'a>(
        &'a self,
        table: &mut DeTable<'a>,
        line: &'a str,
        at: usize,
    ) -> Result<(), String> {
        let path = known::resolve(&self.key)?;
        let mut parts: Vec<&str> = path.split('.').collect();
        let last = parts.pop().unwrap_or_default();
        let mut table = table;
        let mut shown = String::new();
        let mut parts = parts.into_iter().peekable();
        while let Some(part) = parts.next() {
            if !shown.is_empty() {
                shown.push('.');
            }
            shown += part;
            let key = Spanned::new(at..at, part.to_owned().into());
            let slot = table
                .entry(key)
                .or_insert_with(|| Spanned::new(at..at, DeValue::Table(DeTable::new())));
            table = match slot.get_mut() {
                DeValue::Table(table) => table,
                DeValue::Array(list) => {
                    let place = parts.next_if(|part| part.parse::<usize>().is_ok());
                    entry(list, &shown, place)?
                }
                _ => {
                    return Err(format!(
                        "{shown} has no keys of its own here: change it as a whole"
                    ));
                }
            };
        }
        // A key that is there would keep its place.
        table.remove(last);
        table.insert(
            Spanned::new(at..at, last.to_owned().into()),
            self.parsed(line, at),
        );
        Ok(())
    }

    /// The value as TOML has it, else as text.
    fn parsed<'a>(&'a self, line: &'a str, at: usize) -> Spanned<DeValue<'a>> {
        let table = DeTable::parse(line).ok().map(Spanned::into_inner);
        let table = table.filter(|table| table.len() == 1);
        let value = table.and_then(|mut table| table.remove("v"));
        let text = || DeValue::String(self.value.as_str().into());
        value.unwrap_or_else(|| Spanned::new(at..at, text()))
    }
}

/// The table of a list that is meant: the one at a place counted from 1, or the only one.
fn entry<'a, 'b>(
    list: &'a mut toml::de::DeArray<'b>,
    key: &str,
    place: Option<&str>,
) -> Result<&'a mut DeTable<'b>, String> {
    let count = list.len();
    let index = match place.map(|place| place.parse().unwrap_or(0)) {
        None if count == 1 => 0,
        None => {
            return Err(format!(
                "there are {count} of {key}: say which, counted from 1, such as {key}.1"
            ));
        }
        Some(place) if (1..=count).contains(&place) => place - 1,
        Some(place) => return Err(format!("there is no {key}.{place}, only {count} of {key}")),
    };
    match list.get_mut(index).map(Spanned::get_mut) {
        Some(DeValue::Table(table)) => Ok(table),
        _ => Err(format!(
            "{key} has no keys of its own here: change it as a whole"
        )),
    }
}
