//! Puts reports on disk whole or not at all: written beside their place, then renamed.

use std::fs::Permissions;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::{Format, Style, json, junit, terminal};
use crate::verdict::Run;

/// Why a file is not on disk.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {source}; name a place that can be written", path.display())]
pub struct StoreError {
    /// The file or directory.
    pub path: PathBuf,
    /// What the system said.
    #[source]
    pub source: io::Error,
}

/// The columns of `report.txt`.
const TEXT_WIDTH: usize = 100;

/// Writes `report.json` and `report.txt` into `dir`, and the formats that are asked for; says what it wrote. A report of an earlier run in a
/// format that is not asked for is taken away, so that it cannot pass for this one's.
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
    } else {
        remove(&dir.join("report.xml"))?;
    }
    Ok(written)
}

/// Whether reports can be written to this directory: makes it, and a file in it that goes away again.
///
/// # Errors
/// The directory cannot be made, or a file in it not written.
pub fn writable(dir: &Path) -> Result<(), StoreError> {
    let failed = |source| StoreError { path: dir.to_owned(), source };
    std::fs::create_dir_all(dir).map_err(failed)?;
    tempfile::NamedTempFile::new_in(dir).map(drop).map_err(failed)
}

/// The directory of a file.
pub fn above(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

fn remove(path: &Path) -> Result<(), StoreError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(StoreError { path: path.to_owned(), source: error }),
        _ => Ok(()),
    }
}

/// Replaces the file at `path` by what `render` writes, making the directories above it; no reader sees half a file.
///
/// # Errors
/// The directory cannot be made, or the file not written.
pub fn replace(path: &Path, render: &dyn Fn(&mut dyn Write) -> io::Result<()>) -> Result<(), StoreError> {
    put(path, readable_by_all(), render)
}

/// The same for a file with secrets in it: only its owner may read it.
///
/// # Errors
/// The directory cannot be made, or the file not written.
pub fn replace_private(path: &Path, render: &dyn Fn(&mut dyn Write) -> io::Result<()>) -> Result<(), StoreError> {
    put(path, None, render)
}

#[cfg(unix)]
fn readable_by_all() -> Option<Permissions> {
    use std::os::unix::fs::PermissionsExt as _;
    // As far as the user's umask allows.
    Some(Permissions::from_mode(0o666))
}

#[cfg(not(unix))]
fn readable_by_all() -> Option<Permissions> {
    None
}

fn put(
    path: &Path,
    permissions: Option<Permissions>,
    render: &dyn Fn(&mut dyn Write) -> io::Result<()>,
) -> Result<(), StoreError> {
    let failed = |source| StoreError { path: path.to_owned(), source };
    // Renaming over a device or a directory would destroy it or fail late.
    if std::fs::metadata(path).is_ok_and(|there| !there.is_file()) {
        return Err(failed(io::Error::other("it is there and is not a regular file")));
    }
    let dir = above(path);
    std::fs::create_dir_all(dir).map_err(|source| StoreError { path: dir.to_owned(), source })?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".flowproof-");
    if let Some(permissions) = permissions {
        builder.permissions(permissions);
    }
    let mut beside = builder.tempfile_in(dir).map_err(failed)?;
    {
        let mut out = BufWriter::new(beside.as_file_mut());
        render(&mut out).and_then(|()| out.flush()).map_err(failed)?;
    }
    beside.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(path: &Path, text: &str) -> Result<(), StoreError> {
        replace(path, &|out| out.write_all(text.as_bytes()))
    }

    #[test]
    fn the_directories_above_are_made_and_nothing_is_left_beside() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("a/b/report.json");
        write(&path, "one").expect("written");
        write(&path, "two").expect("replaced");
        assert_eq!(std::fs::read_to_string(&path).expect("read"), "two");
        assert_eq!(std::fs::read_dir(dir.path().join("a/b")).expect("listed").count(), 1);
    }

    #[test]
    fn what_was_there_stays_when_rendering_fails() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("report.json");
        write(&path, "whole").expect("written");
        let error = replace(&path, &|out| {
            out.write_all(b"half")?;
            Err(io::Error::other("the disk is full"))
        })
        .expect_err("the renderer failed");
        assert!(error.to_string().contains("report.json") && error.to_string().contains("the disk is full"), "{error}");
        assert_eq!(std::fs::read_to_string(&path).expect("read"), "whole");
        assert_eq!(std::fs::read_dir(dir.path()).expect("listed").count(), 1);
    }

    #[test]
    fn a_file_in_the_way_of_the_directory_is_named() {
        let dir = tempfile::tempdir().expect("a directory");
        std::fs::write(dir.path().join("file"), "").expect("written");
        let error = write(&dir.path().join("file/report.json"), "x").expect_err("no directory can be there");
        assert!(error.path.ends_with("file"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn only_its_owner_reads_a_private_file_and_a_device_is_not_replaced() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("provider.yaml");
        write(&path, "public").expect("written");
        replace_private(&path, &|out| out.write_all(b"secret")).expect("written");
        assert_eq!(std::fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
        assert!(write(Path::new("/dev/null"), "x").is_err());
    }
}
