//! How data directories are laid out, and how older ones become newer.

use std::path::Path;

use super::dir::{damaged, failed};
use super::error::DataDirError;
use super::tables::Tables;

/// The key under which a directory says its schema.
pub(super) const SCHEMA: &str = "schema";

/// The schema this program writes.
pub(super) const LATEST: u32 = 1;

/// Makes schema n + 1 of schema n, the first entry of 1. A step that was interrupted begins again.
const STEPS: [fn(&Tables) -> fjall::Result<()>; LATEST as usize - 1] = [];

/// Brings a directory to the latest schema.
pub(super) fn migrate(path: &Path, tables: &Tables) -> Result<(), DataDirError> {
    let unreadable = |error: fjall::Error| failed(path, &error);
    let value = tables.about(SCHEMA).map_err(unreadable)?;
    let schema = value.and_then(|value| Some(u32::from_be_bytes(value[..].try_into().ok()?)));
    let schema = schema.filter(|schema| *schema > 0);
    let schema = schema.ok_or_else(|| damaged(path, "it does not say its schema".to_owned()))?;
    if schema > LATEST {
        return Err(DataDirError::Newer {
            path: path.into(),
            schema,
            known: LATEST,
        });
    }
    for (step, from) in STEPS.iter().zip(1..).skip(schema as usize - 1) {
        log::warn!("{}: schema {from} becomes {}", path.display(), from + 1);
        step(tables).map_err(unreadable)?;
        tables
            .set_about(&[(SCHEMA, &u32::to_be_bytes(from + 1))])
            .map_err(unreadable)?;
    }
    Ok(())
}
