//! Inputs that are kept.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};

/// A target.
pub(crate) type Target = fn(&[u8]);

/// Runs a target on what is kept of it under `kind`: a corpus it grew on, or cases that once failed.
/// Those inputs.
pub(crate) fn kept(kind: &str, name: &str, target: Target) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fuzz")
        .join(kind)
        .join(name);
    let Ok(entries) = folder.read_dir() else {
        return Vec::new();
    };
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut inputs = Vec::new();
    for file in files {
        let input = std::fs::read(&file).unwrap();
        on(target, &input, || format!("it fails on {}", file.display()));
        inputs.push(input);
    }
    inputs
}

/// Runs a target on one input; says `what` went wrong when it panics.
pub(crate) fn on(target: Target, input: &[u8], what: impl FnOnce() -> String) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| target(input))) {
        eprintln!("{}", what());
        resume_unwind(panic);
    }
}
