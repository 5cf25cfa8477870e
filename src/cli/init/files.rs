//! The files that `init` writes: the provider file, and beside it the secrets and what takes the clients away again.

use std::path::{Path, PathBuf};

use crate::doctor::Ledger;
use crate::report::files::{replace, replace_private};

/// What lies beside a provider file whose clients were registered.
pub(super) struct Beside {
    /// The clients' secrets, as variables for a shell.
    pub(super) secrets: PathBuf,
    /// Who was registered.
    pub(super) ledger: PathBuf,
}

impl Beside {
    /// For `provider.yaml`: `provider.env` and `provider.registration.json`.
    pub(super) fn of(provider_file: &Path) -> Self {
        Self { secrets: provider_file.with_extension("env"), ledger: provider_file.with_extension("registration.json") }
    }

    /// Whether no client is registered for this file yet: writing over the ledger would leave it behind.
    pub(super) fn free(&self) -> Result<(), String> {
        if self.ledger.exists() {
            return Err(format!(
                "{} is there: clients are registered for this file; take them away first with --unregister, or name another file",
                self.ledger.display()
            ));
        }
        Ok(())
    }

    /// Writes who is registered, or takes the file away where nobody is.
    pub(super) fn keep(&self, ledger: &Ledger) -> Result<(), String> {
        if ledger.clients.is_empty() {
            return remove(&self.ledger);
        }
        replace_private(&self.ledger, &|out| {
            serde_json::to_writer_pretty(&mut *out, ledger)?;
            writeln!(out)
        })
        .map_err(|error| error.to_string())
    }

    /// Who is registered.
    pub(super) fn ledger(&self) -> Result<Ledger, String> {
        let text = std::fs::read_to_string(&self.ledger).map_err(|error| {
            format!("{}: {error}; it is written by `flowproof init --register` beside the provider file", self.ledger.display())
        })?;
        serde_json::from_str(&text).map_err(|error| format!("{}: {error}", self.ledger.display()))
    }

    /// Writes the secrets as variables for a shell, for their owner only; what else stands in the file stays.
    pub(super) fn keep_secrets(&self, variables: &[(String, String)]) -> Result<(), String> {
        let others = self.other_lines();
        replace_private(&self.secrets, &|out| {
            writeln!(out, "{HEAD}")?;
            for (name, value) in variables {
                writeln!(out, "{name}='{}'", value.replace('\'', "'\\''"))?;
            }
            if others.is_empty() {
                USER_VARIABLES.iter().try_for_each(|name| writeln!(out, "# {name}="))
            } else {
                others.iter().try_for_each(|line| writeln!(out, "{line}"))
            }
        })
        .map_err(|error| error.to_string())
    }

    /// Takes the clients' secrets out of the file again, and the file away where nothing else was in it.
    pub(super) fn forget_secrets(&self) -> Result<(), String> {
        let others = self.other_lines();
        if others.iter().any(|line| !line.starts_with('#')) {
            let written = replace_private(&self.secrets, &|out| others.iter().try_for_each(|line| writeln!(out, "{line}")));
            return written.map_err(|error| error.to_string());
        }
        remove(&self.secrets)
    }

    fn other_lines(&self) -> Vec<String> {
        let text = std::fs::read_to_string(&self.secrets).unwrap_or_default();
        let ours = |line: &&str| *line == HEAD || (line.starts_with("FLOWPROOF_") && line.contains("_SECRET="));
        text.lines().filter(|line| !ours(line)).map(str::to_owned).collect()
    }
}

const HEAD: &str = "# Read by a shell: set -a; . ./THIS-FILE; set +a";

/// What the provider file reads beside the clients' secrets.
const USER_VARIABLES: [&str; 2] = ["FLOWPROOF_ALICE_PASSWORD", "FLOWPROOF_BOB_PASSWORD"];

fn remove(path: &Path) -> Result<(), String> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(format!("cannot remove {}: {error}", path.display())),
        _ => Ok(()),
    }
}

/// Writes the provider file, whole or not at all.
pub(super) fn put(path: &Path, text: &str) -> Result<(), String> {
    replace(path, &|out| out.write_all(text.as_bytes())).map_err(|error| error.to_string())
}

/// Whether a file can be written here.
pub(super) fn writable(path: &Path) -> Result<(), String> {
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if path.is_dir() {
        return Err(format!("{} is a directory: name a file with --output", path.display()));
    }
    crate::report::files::writable(dir).map_err(|error| error.to_string())
}

/// The last part of a path.
pub(super) fn name_of(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The path as `.` of a shell finds it: one without a slash is looked for elsewhere.
pub(super) fn shell(path: &Path) -> String {
    let text = path.display().to_string();
    if text.contains('/') { text } else { format!("./{text}") }
}
