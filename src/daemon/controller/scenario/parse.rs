//! From text to a scenario that is sound: every name is there, every number within its bounds.

use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use super::expect::{EVERY_NODE, Expectation, Fact, Of, RawExpect};
use super::file::{File, RawStep};
use super::layout::Layout;
use super::{
    Flaw, MAX_FILE_BYTES, MAX_STEP_TICKS, MAX_STEPS, MAX_TEXT_CHARS, Scenario, ScenarioError, Step,
    VERSION, short_id, words,
};
use crate::daemon::controller::{Action, Add};
use crate::node::Name;

/// What is sound, or the byte of the text at which a flaw stands.
pub(super) type Found<T> = Result<T, (usize, Flaw)>;

/// Reads and checks a scenario file.
///
/// # Errors
/// A [`ScenarioError`] that says which line of which file is wrong, and what is allowed.
pub fn read(path: &Path) -> Result<Scenario, ScenarioError> {
    let unreadable = |source| ScenarioError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let file = path.display().to_string();
    let bytes = std::fs::metadata(path).map_err(unreadable)?.len();
    if bytes > MAX_FILE_BYTES {
        return Err(ScenarioError::TooLarge { file, bytes });
    }
    parse(&file, &std::fs::read_to_string(path).map_err(unreadable)?)
}

/// Checks the text of a scenario; `file` is what errors call it.
///
/// # Errors
/// As [`read`].
pub fn parse(file: &str, text: &str) -> Result<Scenario, ScenarioError> {
    let bytes = text.len() as u64;
    if bytes > MAX_FILE_BYTES {
        return Err(ScenarioError::TooLarge {
            file: file.to_owned(),
            bytes,
        });
    }
    scenario(text).map_err(|(at, flaw)| ScenarioError::Wrong {
        file: file.to_owned(),
        line: line_of(text, at),
        flaw,
    })
}

fn line_of(text: &str, at: usize) -> usize {
    let before = &text.as_bytes()[..at.min(text.len())];
    1 + before.iter().filter(|byte| **byte == b'\n').count()
}

fn scenario(text: &str) -> Found<Scenario> {
    let file: File = toml::from_str(text).map_err(|error| {
        let message = error.message().trim_end().replace('\n', ", ");
        (
            error.span().map_or(0, |span| span.start),
            Flaw::Toml(message),
        )
    })?;
    let version = *file.version.get_ref();
    if version != VERSION {
        return Err((file.version.span().start, Flaw::Version { version }));
    }
    let title = shown("title", file.title)?;
    let about = file.about.map(|about| shown("about", about)).transpose()?;
    let layout = Layout::check(file.network)?;
    let count = file.steps.len();
    if !(1..=MAX_STEPS).contains(&count) {
        let first = file.steps.get(MAX_STEPS);
        let at = first.map_or(text.len(), |step| step.span().start);
        return Err((at, Flaw::StepCount { count }));
    }
    let mut known = layout.nodes.clone();
    let mut steps = Vec::with_capacity(count);
    for (number, raw) in (1..).zip(file.steps) {
        let line = line_of(text, raw.span().start);
        steps.push(step(text, number, line, raw, &mut known)?);
    }
    Ok(Scenario {
        title,
        about: about.unwrap_or_default(),
        layout,
        steps,
    })
}

/// A text that people are shown.
fn shown(key: &'static str, text: Spanned<String>) -> Found<String> {
    let chars = text.get_ref().chars().count();
    match chars <= MAX_TEXT_CHARS {
        true => Ok(text.into_inner().trim().to_owned()),
        false => Err((text.span().start, Flaw::TextTooLong { key, chars })),
    }
}

/// Checks a step; `known` are the nodes that are there, which an action may change.
fn step(
    text: &str,
    number: usize,
    line: usize,
    raw: Spanned<RawStep>,
    known: &mut Vec<Name>,
) -> Found<Step> {
    let at = raw.span().start;
    let RawStep {
        note,
        refused,
        expect,
        actions,
    } = raw.into_inner();
    let action = action(number, actions, known)?;
    if let Some(refused) = &refused {
        nothing_refused(action.as_ref()).map_err(|flaw| (refused.span().start, flaw))?;
    }
    let note = note.map(|note| shown("note", note)).transpose()?;
    let expect = expectations(text, expect, known)?;
    if note.is_none() && action.is_none() && expect.is_empty() {
        return Err((at, Flaw::EmptyStep));
    }
    Ok(Step {
        line,
        note,
        action,
        refused: refused.map(Spanned::into_inner),
        expect,
    })
}

fn nothing_refused(action: Option<&Action>) -> Result<(), Flaw> {
    match action {
        Some(Action::Tx(_) | Action::Block(_) | Action::Forge(_)) => Ok(()),
        _ => Err(Flaw::NothingRefused),
    }
}

fn action(
    number: usize,
    actions: Vec<(Spanned<String>, toml::Value)>,
    known: &mut Vec<Name>,
) -> Found<Option<Action>> {
    let mut found: Option<(usize, String, toml::Value)> = None;
    for (key, value) in actions {
        let at = key.span().start;
        let key = key.into_inner();
        if words::example(&key).is_none() {
            let actions = words::actions();
            return Err((at, Flaw::UnknownKey { key, actions }));
        }
        if let Some((_, first, _)) = found {
            return Err((at, Flaw::TwoActions { first, second: key }));
        }
        found = Some((at, key, value));
    }
    let Some((at, key, mut value)) = found else {
        return Ok(None);
    };
    let wrong = |problem: String| Flaw::Action {
        action: key.clone(),
        problem,
        example: words::example(&key).unwrap_or_default(),
    };
    if key == "tx" {
        give_id(number, &mut value).map_err(|problem| (at, wrong(problem)))?;
    }
    let tagged = toml::Table::from_iter([(key.clone(), value)]);
    let action = Action::deserialize(tagged).map_err(|error| {
        let message = error.message().trim_end().replace('\n', ", ");
        (at, wrong(message))
    })?;
    sensible(&action).map_err(|problem| (at, wrong(problem.to_owned())))?;
    if let Some(ticks) = words::ticks(&action)
        && !(1..=MAX_STEP_TICKS).contains(&ticks)
    {
        return Err((at, Flaw::Ticks { ticks }));
    }
    for name in words::nodes(&action) {
        if !known.contains(name) {
            return Err((at, unknown(name.as_str(), known)));
        }
    }
    words::apply(&action, known);
    Ok(Some(action))
}

/// What the form of an action cannot say.
fn sensible(action: &Action) -> Result<(), &'static str> {
    match action {
        Action::Cut(ends) | Action::Heal(ends) => match &ends[..] {
            [_] => Ok(()),
            [a, b] if a != b => Ok(()),
            _ => Err("one node or two different ones are needed"),
        },
        Action::Add(Add::Url(_)) => Err("a scenario has nodes of its own only"),
        _ => Ok(()),
    }
}

/// Completes a payment's id; one without gets its step's number, so that each run has the same ids.
fn give_id(number: usize, payment: &mut toml::Value) -> Result<(), String> {
    let Some(payment) = payment.as_table_mut() else {
        return Ok(());
    };
    let given = match payment.get("id") {
        None => format!("{number:04}"),
        Some(toml::Value::String(id)) => id.clone(),
        Some(_) => return Ok(()),
    };
    let id = short_id(&given).map_err(|error| format!("id {given:?}: {error}"))?;
    payment.insert("id".to_owned(), toml::Value::String(id.to_string()));
    Ok(())
}

fn expectations(text: &str, raw: RawExpect, known: &[Name]) -> Found<Vec<Expectation>> {
    let mut found: Vec<(usize, Of, Fact)> = Vec::new();
    if let Some(tips) = raw.tips {
        let at = tips.span().start;
        found.push((at, Of::Network, Fact::Tips(tips.into_inner())));
    }
    for (name, facts) in raw.nodes {
        let at = name.span().start;
        let name = name.into_inner();
        let is_this = |known: &&Name| known.as_str() == name;
        let of = match known.iter().find(is_this) {
            _ if name == EVERY_NODE => Of::Every,
            Some(node) => Of::Node(node.clone()),
            None => return Err((at, unknown(&name, known))),
        };
        let facts = (facts.into_facts()).map_err(|(at, problem)| (at, Flaw::Expect(problem)))?;
        for (at, fact) in facts {
            if let Fact::Tip(other) = &fact
                && !known.contains(other)
            {
                return Err((at, unknown(other.as_str(), known)));
            }
            found.push((at, of.clone(), fact));
        }
    }
    found.sort_by_key(|(at, ..)| *at);
    let expectation = |(at, of, fact)| Expectation {
        line: line_of(text, at),
        of,
        fact,
    };
    Ok(found.into_iter().map(expectation).collect())
}

/// The flaw of a name that no node has.
pub(super) fn unknown(name: &str, known: &[Name]) -> Flaw {
    Flaw::UnknownNode {
        name: name.to_owned(),
        known: known.to_vec(),
    }
}
