//! The files of a load run: each format under the name that it always has.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::{hlog, html, json, series, text};
use crate::report::{StoreError, Style, files};
use crate::verdict::LoadRun;

/// The columns of `report.txt`.
pub(super) const TEXT_WIDTH: usize = 100;

/// How a format is rendered.
type Render = fn(&LoadRun, &mut dyn Write) -> io::Result<()>;

/// Each file with its format, the one that is read back first.
pub const FILES: [(&str, Render); 5] = [
    ("report.json", json::render),
    ("report.txt", page),
    ("report.html", html::render),
    ("series.csv", series::render),
    ("latency.hlog", hlog::render),
];

/// Writes the run into `dir` in every format, and says what it wrote.
///
/// # Errors
/// The directory cannot be made, or a file in it not written.
pub fn store(run: &LoadRun, dir: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let written = FILES.iter().map(|(name, render)| {
        let path = dir.join(name);
        files::replace(&path, &|out| render(run, out)).map(|()| path)
    });
    written.collect()
}

fn page(run: &LoadRun, out: &mut dyn Write) -> io::Result<()> {
    text::render(run, &Style { color: false, width: TEXT_WIDTH }, out)
}
