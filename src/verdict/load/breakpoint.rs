//! The most that a provider sustains: what a search for it tried, and what it came to.

use serde::{Deserialize, Serialize};

/// A search for the highest arrival rate at which a goal holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Breakpoint {
    /// What has to hold, such as `p99 < 50ms, errors < 0.1%`.
    pub goal: String,
    /// The rates that were tried, in order.
    pub attempts: Vec<Attempt>,
    /// The highest rate at which it held, in arrivals per second; none where it held at none.
    pub sustained: Option<f64>,
    /// The lowest rate at which it did not; none where it held at every rate that was tried.
    pub broken_at: Option<f64>,
}

/// One rate that was tried.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attempt {
    /// Arrivals per second that were intended.
    pub rate: f64,
    /// Answers per second that came.
    pub answered: f64,
    /// Each part of the goal with what was measured, such as `p99 < 50ms: 61.2ms`.
    pub measured: Vec<String>,
    /// The parts of the goal that did not hold.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub missed: Vec<String>,
    /// Whether all of the goal held.
    pub held: bool,
}
