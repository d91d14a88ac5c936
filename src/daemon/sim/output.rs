//! Files and tables that results are written to.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::error::SimError;

/// A file that results go to, made before anything is simulated: what cannot be written is said at once.
#[derive(Debug)]
pub(super) struct Output {
    path: PathBuf,
    option: &'static str,
    file: File,
}

impl Output {
    /// Makes the file that an option names, if it names one.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(super) fn create(
        path: Option<&Path>,
        option: &'static str,
    ) -> Result<Option<Self>, SimError> {
        let Some(path) = path else { return Ok(None) };
        let unwritable = |source| SimError::Unwritable {
            path: path.to_owned(),
            option,
            source,
        };
        Ok(Some(Self {
            path: path.to_owned(),
            option,
            file: File::create(path).map_err(unwritable)?,
        }))
    }

    /// Writes all of it.
    ///
    /// # Errors
    /// When the system refuses.
    pub(super) fn put(mut self, text: &str) -> Result<(), SimError> {
        let written = self.file.write_all(text.as_bytes());
        written.map_err(|source| SimError::Unwritable {
            path: self.path,
            option: self.option,
            source,
        })
    }

    /// Whether its name ends so.
    pub(super) fn ends_with(&self, end: &str) -> bool {
        self.path.to_string_lossy().to_lowercase().ends_with(end)
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

/// Columns below each other for a terminal: the first ones of `texts` to the left, the others to the right.
pub(super) fn columns(rows: &[Vec<String>], texts: usize) -> String {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..count).map(width).collect();
    let mut out = String::new();
    for row in rows {
        let mut line = String::new();
        for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
            if column > 0 {
                line += "  ";
            }
            match column < texts {
                true => line += &format!("{cell:<width$}"),
                false => line += &format!("{cell:>width$}"),
            }
        }
        out += line.trim_end();
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &[&str]) -> Vec<String> {
        cells.iter().map(|cell| (*cell).to_owned()).collect()
    }

    #[test]
    fn texts_stand_left_and_numbers_right() {
        let rows = [row(&["key", "mean"]), row(&["k", "1"])];
        assert_eq!(columns(&rows, 1), "key  mean\nk       1\n");
    }
}
