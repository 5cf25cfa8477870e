//! Puts reports on disk whole or not at all: written beside their place, then renamed.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::{Format, Style, json, junit, terminal};
use crate::verdict::Run;

/// Why a report is not on disk.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {source}; name a directory that can be written with --output", path.display())]
pub struct StoreError {
    /// The file or directory.
    pub path: PathBuf,
    /// What the system said.
    #[source]
    pub source: io::Error,
}

/// Writes `report.json` and `report.txt` into `dir`, and the other formats that are asked for; says what it wrote.
///
/// # Errors
/// The directory cannot be made, or a file in it not written.
pub fn store(run: &Run, dir: &Path, formats: &[Format]) -> Result<Vec<PathBuf>, StoreError> {
    let mut written = Vec::new();
    let mut put = |name: &str, render: &dyn Fn(&mut dyn Write) -> io::Result<()>| {
        let path = dir.join(name);
        replace(&path, render)?;
        written.push(path);
        Ok(())
    };
    put("report.json", &|out| json::render(run, out))?;
    put("report.txt", &|out| terminal::render(run, &Style { color: false, width: TEXT_WIDTH }, out))?;
    if formats.contains(&Format::Junit) {
        put("report.xml", &|out| junit::render(run, out))?;
    }
    Ok(written)
}

/// The columns of `report.txt`.
const TEXT_WIDTH: usize = 100;

/// Replaces the file at `path` by what `render` writes, making the directories above it; no reader sees half a file.
///
/// # Errors
/// The directory cannot be made, or the file not written.
pub fn replace(path: &Path, render: &dyn Fn(&mut dyn Write) -> io::Result<()>) -> Result<(), StoreError> {
    let failed = |source| StoreError { path: path.to_owned(), source };
    let dir = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    std::fs::create_dir_all(dir).map_err(|source| StoreError { path: dir.to_owned(), source })?;
    let mut beside = tempfile::Builder::new().prefix(".flowproof-").tempfile_in(dir).map_err(failed)?;
    {
        let mut out = io::BufWriter::new(beside.as_file_mut());
        render(&mut out).and_then(|()| out.flush()).map_err(failed)?;
    }
    beside.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}
