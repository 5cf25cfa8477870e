//! The file that tells clients to trust a generated certificate.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use tempfile::TempPath;

use crate::report::files;

/// Where the authority stands, in PEM form. A file that nobody asked for by name goes with the server.
pub enum Authority {
    /// Named by the user.
    Named(PathBuf),
    /// Gone when this is dropped.
    Temporary(TempPath),
}

impl Authority {
    /// Writes it to the path, or to a temporary file.
    ///
    /// # Errors
    /// A message, when it cannot be written.
    pub fn write(pem: &str, path: Option<&Path>) -> Result<Self, String> {
        if let Some(path) = path {
            files::replace(path, &|out| out.write_all(pem.as_bytes())).map_err(|error| error.to_string())?;
            return Ok(Self::Named(path.to_owned()));
        }
        let written = tempfile::Builder::new().prefix("flowproof-ca-").suffix(".pem").tempfile().and_then(|mut file| {
            file.write_all(pem.as_bytes())?;
            Ok(file.into_temp_path())
        });
        written
            .map(Self::Temporary)
            .map_err(|error| format!("cannot write the certificate's authority: {error}; name a file with --tls-ca"))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        match self {
            Self::Named(path) => path,
            Self::Temporary(path) => path,
        }
    }
}
