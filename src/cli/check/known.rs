//! The baselines of a run: the one that is held against it, and the one that it writes.

use std::path::Path;

use super::CheckArgs;
use crate::baseline::{self, Error};
use crate::check::Catalog;
use crate::report::files::{self, StoreError};
use crate::verdict::{Baseline, Day, Known, Run};

/// What is known before the run.
#[derive(Debug, Default)]
pub(super) struct Baselines {
    /// Held against the run.
    pub used: Option<Baseline>,
    /// What the file that is to be written says already.
    pub there: Vec<Known>,
}

impl CheckArgs {
    /// Reads the baselines.
    pub(super) fn baselines(&self) -> Result<Baselines, Error> {
        let beside = || self.provider.as_deref().map(baseline::beside).filter(|path| !self.no_baseline && path.exists());
        let used = self.baseline.clone().or_else(beside).map(|path| baseline::load(&path)).transpose()?;
        let there = match &self.write_baseline {
            Some(path) if path.exists() => baseline::load(path)?.known,
            Some(_) | None => used.iter().flat_map(|used| used.known.clone()).collect(),
        };
        Ok(Baselines { used, there })
    }
}

/// Writes the baseline of a run.
pub(super) fn write(path: &Path, run: &Run, there: &[Known], catalog: &Catalog) -> Result<(), StoreError> {
    let known = baseline::after(run, there, &|id| catalog.check(id).is_some());
    files::replace(path, &|out| baseline::render(&known, run, out))
}

/// The day that it is, in UTC.
pub(super) fn today() -> Day {
    let now = humantime::format_rfc3339_seconds(std::time::SystemTime::now()).to_string();
    now[..10].parse().expect("RFC 3339 starts with a day")
}
