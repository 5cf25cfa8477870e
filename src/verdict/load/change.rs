//! How a load run compares with an earlier one.

use serde::{Deserialize, Serialize};

/// The comparison with an earlier run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Changes {
    /// When the earlier run began, RFC 3339, UTC.
    pub since: String,
    /// How much worse a figure may be, in percent.
    pub tolerance_percent: f64,
    /// What makes the two hard to compare, such as another number of users.
    pub caveats: Vec<String>,
    /// Every figure that both runs have.
    pub changes: Vec<Change>,
}

/// One figure in both runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The flow.
    pub flow: String,
    /// The step.
    pub step: String,
    /// The figure: `p50`, `p99`, `rate`, `errors`.
    pub figure: String,
    /// In the earlier run, in the figure's own unit: microseconds, answers per second, percent.
    pub before: f64,
    /// In this run.
    pub now: f64,
    /// Whether it is worse, beyond the tolerance.
    pub regressed: bool,
}
