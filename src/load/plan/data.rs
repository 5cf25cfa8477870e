//! Where a plan's data sets are.

use std::path::{Path, PathBuf};

use serde::Deserialize;

/// The files of a plan's data sets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DataPlan {
    /// Clients, a row each, in place of those of the provider file whose roles they have.
    pub clients: Option<PathBuf>,
    /// Users, a row each, in place of those of the provider file.
    pub users: Option<PathBuf>,
}

impl DataPlan {
    /// Reads relative paths as relative to the plan's own file.
    pub(super) fn stand_beside(&mut self, plan: &Path) {
        let folder = plan.parent().unwrap_or(Path::new(""));
        for path in [&mut self.clients, &mut self.users].into_iter().flatten() {
            *path = folder.join(&*path);
        }
    }
}
