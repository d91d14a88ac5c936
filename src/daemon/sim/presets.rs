//! The networks that come with the program.

use super::error::SimError;
use super::load::Source;
use super::output::columns;

/// A network that comes with the program.
pub(super) struct Preset {
    /// What it is called.
    pub(super) name: &'static str,
    /// Its file.
    pub(super) text: &'static str,
}

macro_rules! presets {
    ($($name:literal),* $(,)?) => {
        &[$(Preset { name: $name, text: include_str!(concat!("presets/", $name, ".toml")) }),*]
    };
}

/// All of them, as they are listed.
pub(super) const PRESETS: &[Preset] = presets![
    "three-nodes",
    "classroom",
    "small-world-payments",
    "partition-and-heal",
    "selfish-mining",
    "double-spend",
    "simblock-bitcoin-2019",
];

/// The one of this name.
///
/// # Errors
/// When there is none.
pub(super) fn find(name: &str) -> Result<&'static Preset, SimError> {
    let found = PRESETS.iter().find(|preset| preset.name == name);
    found.ok_or_else(|| SimError::NoPreset {
        name: name.to_owned(),
    })
}

/// All names, for a message.
pub(super) fn names() -> String {
    let names: Vec<&str> = PRESETS.iter().map(|preset| preset.name).collect();
    names.join(", ")
}

/// One as a file, or a list of all with their titles.
///
/// # Errors
/// When there is none of this name.
pub(super) fn show(name: Option<&str>) -> Result<String, SimError> {
    if let Some(name) = name {
        return Ok(find(name)?.text.to_owned());
    }
    let row = |preset: &Preset| {
        let scenario = Source::preset(preset.name)?.scenario(&[])?;
        Ok(vec![preset.name.to_owned(), scenario.title])
    };
    let rows: Vec<Vec<String>> = PRESETS.iter().map(row).collect::<Result<_, SimError>>()?;
    Ok(columns(&rows, 2))
}
