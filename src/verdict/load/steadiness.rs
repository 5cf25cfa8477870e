//! Whether the figures of a run still drifted when it ended.

use serde::{Deserialize, Serialize};

/// What the windows of the hold say.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum Steadiness {
    /// Neither rate nor latency drifts.
    Steady,
    /// One still drifts: the figures are of a provider that is not yet what it will be.
    Drifting {
        /// Which one, and how: `the rate rose by 34%`.
        what: String,
        /// How many seconds more it would take, where that can be told.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        more_seconds: Option<u64>,
    },
    /// Too few windows or answers to tell.
    #[default]
    Untold,
}
