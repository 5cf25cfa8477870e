//! One generator of several that ran a plan together.

use serde::{Deserialize, Serialize};

use super::Generator;

/// A generator with the part of the plan that it ran.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShardRun {
    /// The part, such as `1/4`.
    pub shard: String,
    /// When its users began, RFC 3339, UTC.
    pub started: String,
    /// Seconds of its ramp and warm-up.
    pub before_seconds: f64,
    /// Seconds of its hold that were measured.
    pub held_seconds: f64,
    /// What it needed, and whether it was what held the run back.
    pub generator: Generator,
    /// Whether it was cut short.
    pub interrupted: bool,
}
