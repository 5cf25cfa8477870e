//! The JSON report, the one format that is read back.

use std::io::{self, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::files::{self, StoreError};
use crate::verdict::Run;

/// The version of the outer shape. It grows when a member goes away or changes its meaning.
pub const SCHEMA_VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    schema_version: u32,
    #[serde(flatten)]
    run: &'a Run,
}

#[derive(Deserialize)]
struct Version {
    schema_version: u32,
}

/// Why a report cannot be read back.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file cannot be read.
    #[error("cannot read {path}: {source}")]
    File {
        /// The file.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// It is no report of flowproof's.
    #[error("{path} is not a flowproof report: {source}")]
    Shape {
        /// The file.
        path: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// It is of another version.
    #[error("{path} has schema version {found}, and this flowproof reads {SCHEMA_VERSION}: run the check again")]
    Version {
        /// The file.
        path: String,
        /// The version that it names.
        found: u32,
    },
}

/// Renders the run as JSON.
///
/// # Errors
/// `out` cannot be written.
pub fn render(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &Document { schema_version: SCHEMA_VERSION, run })?;
    writeln!(out)
}

/// Writes the report to `path`, whole or not at all.
///
/// # Errors
/// The file cannot be written.
pub fn write(run: &Run, path: &Path) -> Result<(), StoreError> {
    files::replace(path, &|out| render(run, out))
}

/// Reads a report back.
///
/// # Errors
/// The file is missing, is no report, or is of another version.
pub fn read(path: &Path) -> Result<Run, ReadError> {
    let name = path.display().to_string();
    let text = std::fs::read(path).map_err(|source| ReadError::File { path: name.clone(), source })?;
    let shape = |source| ReadError::Shape { path: name.clone(), source };
    let version: Version = serde_json::from_slice(&text).map_err(shape)?;
    if version.schema_version != SCHEMA_VERSION {
        return Err(ReadError::Version { path: name, found: version.schema_version });
    }
    serde_json::from_slice(&text).map_err(shape)
}
