//! A scenario as a file.

use std::collections::BTreeMap;
use std::fmt::Write;

use toml::{Table, Value};

use super::expect::{EVERY_NODE, Expectation, Fact, Of, TIPS};
use super::layout::Layout;
use super::{Scenario, Step, VERSION};
use crate::ledger::format_timestamp;

impl Scenario {
    /// The text of a file that says the same. Its lines are others.
    pub fn to_toml(&self) -> String {
        let mut out = String::new();
        line(&mut out, "version", VERSION as i64);
        line(&mut out, "title", self.title.as_str());
        if !self.about.is_empty() {
            line(&mut out, "about", self.about.as_str());
        }
        out.push('\n');
        network(&mut out, &self.layout);
        for step in &self.steps {
            out.push_str("\n[[steps]]\n");
            write_step(&mut out, step);
        }
        out
    }
}

/// One key and its value on a line.
fn line(out: &mut String, key: &str, value: impl Into<Value>) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{key} = {}", value.into());
}

fn network(out: &mut String, layout: &Layout) {
    let names: Vec<&str> = layout.nodes.iter().map(|name| name.as_str()).collect();
    let link = |&(a, b): &(usize, usize)| Value::from(vec![names[a], names[b]]);
    let links: Vec<Value> = layout.links.iter().map(link).collect();
    out.push_str("[network]\n");
    line(out, "nodes", names.clone());
    line(out, "links", links);
    line(out, "latency", layout.latency as i64);
    line(
        out,
        "difficulty",
        i64::from(layout.genesis.difficulty.bits()),
    );
    line(out, "timestamp", format_timestamp(layout.genesis.timestamp));
    let accounts = layout.genesis.accounts.iter().map(serialized);
    line(out, "accounts", accounts.collect::<Vec<Value>>());
}

fn serialized(value: impl serde::Serialize) -> Value {
    Value::try_from(value).expect("numbers below 2^53, texts and tables of them are TOML")
}

fn write_step(out: &mut String, step: &Step) {
    if let Some(note) = &step.note {
        line(out, "note", note.as_str());
    }
    if let Some(action) = &step.action {
        // One key, the action's, as in JSON.
        if let Value::Table(action) = serialized(action) {
            for (key, value) in action {
                line(out, &key, value);
            }
        }
    }
    if let Some(refused) = &step.refused {
        line(out, "refused", refused.as_str());
    }
    let mut nodes: BTreeMap<&str, Table> = BTreeMap::new();
    for Expectation { of, fact, .. } in &step.expect {
        let name = match of {
            Of::Network => {
                expect(out, TIPS, key_and_value(fact).1);
                continue;
            }
            Of::Every => EVERY_NODE,
            Of::Node(name) => name.as_str(),
        };
        let (key, value) = key_and_value(fact);
        let facts = nodes.entry(name).or_default();
        match (facts.get_mut(key), value) {
            (Some(Value::Table(there)), Value::Table(more)) => there.extend(more),
            (_, value) => drop(facts.insert(key.to_owned(), value)),
        }
    }
    for (name, facts) in nodes {
        expect(out, name, Value::Table(facts));
    }
}

/// One key of `expect`, on a line.
fn expect(out: &mut String, name: &str, value: Value) {
    let _ = writeln!(out, "expect.{} = {value}", quoted(name));
}

/// A name as a key, in quotes where it must be.
fn quoted(name: &str) -> String {
    let is_bare = |char: char| char.is_ascii_alphanumeric() || matches!(char, '-' | '_');
    match name.chars().all(is_bare) {
        true => name.to_owned(),
        false => Value::from(name).to_string(),
    }
}

fn key_and_value(fact: &Fact) -> (&'static str, Value) {
    let number = |number: &u64| Value::from(*number as i64);
    let inner = |key: String, value: Value| Value::Table(Table::from_iter([(key, value)]));
    match fact {
        Fact::State(state) => ("state", serialized(state)),
        Fact::Status(status) => ("status", serialized(status)),
        Fact::Clock(clock) => ("clock", number(clock)),
        Fact::Height(height) => ("height", number(height)),
        Fact::Pool(payments) => ("pool", number(payments)),
        Fact::Inbox(messages) => ("inbox", number(messages)),
        Fact::Waiting(payments) => ("waiting", number(payments)),
        Fact::Side(blocks) => ("side", number(blocks)),
        Fact::Balance(account, balance) => ("balance", inner(account.to_string(), number(balance))),
        Fact::Tip(node) => ("tip", Value::from(node.as_str())),
        Fact::Tx(id, place) => ("tx", inner(id.to_string(), Value::from(place.to_string()))),
        Fact::Refused(words) => ("refused", Value::from(words.as_str())),
        Fact::Tips(tips) => (TIPS, number(tips)),
    }
}
