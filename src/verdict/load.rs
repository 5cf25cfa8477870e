//! What a load run measured: plain data that merges without loss, so that one run may be spread over several generators.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

mod latency;
mod measurement;

pub use latency::{Latency, micros_in_words};
pub use measurement::Measurement;

/// A run of `load`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LoadRun {
    /// The version of flowproof.
    pub flowproof: String,
    /// When the users began, RFC 3339, UTC.
    pub started: String,
    /// The provider's name.
    pub provider: String,
    /// The issuer that bore the load.
    pub issuer: String,
    /// What was asked of the run.
    pub plan: PlanSummary,
    /// What was made before the clock started, and is not measured.
    pub prepared: Preparation,
    /// Seconds of the hold that were measured; 0 when the run ended within the ramp.
    pub held_seconds: f64,
    /// What every step of every flow bore, in the plan's order.
    pub steps: Vec<Measurement>,
    /// Refresh chains that broke.
    pub chains: Chains,
    /// What the watch for repeated tokens and codes covered.
    pub watch: Watch,
    /// Each threshold and whether it holds.
    pub thresholds: Vec<ThresholdResult>,
    /// Whether Ctrl-C or a signal cut the run short.
    pub interrupted: bool,
    /// What the run says of the provider.
    pub verdict: Bearing,
}

/// The parts of a plan that a reader of a report needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanSummary {
    /// The shipped plan's name, or the file's path.
    pub name: String,
    /// Users at once.
    pub users: usize,
    /// Milliseconds in which the users start.
    pub ramp_millis: u64,
    /// Milliseconds for which all of them run.
    pub hold_millis: u64,
    /// Milliseconds after which an answer counts as not come.
    pub timeout_millis: u64,
}

/// What was made before the clock started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preparation {
    /// Refresh chains begun by a whole login each.
    pub chains: usize,
    /// How long that took, in milliseconds.
    pub millis: u64,
}

/// Refresh chains that broke while they were used; none is retried blindly, for a retry is a replay.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chains {
    /// Chains that broke, by the error that broke them.
    pub lost: BTreeMap<String, u64>,
    /// Chains begun anew by a login outside the measurement.
    pub reseeded: u64,
    /// Logins for that which failed.
    pub not_reseeded: u64,
}

impl Chains {
    /// Adds another generator's chains.
    pub fn merge(&mut self, other: &Self) {
        for (cause, count) in &other.lost {
            *self.lost.entry(cause.clone()).or_default() += count;
        }
        self.reseeded += other.reseeded;
        self.not_reseeded += other.not_reseeded;
    }
}

/// How many tokens and codes the watch for repeated ones remembered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watch {
    /// 64-bit fingerprints kept.
    pub kept: u64,
    /// The most that are kept.
    pub limit: u64,
    /// Tokens and codes that came when the watch was full and were not compared with later ones.
    pub left_out: u64,
}

/// A threshold and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThresholdResult {
    /// The flow that it is for; none means the whole run.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub flow: Option<String>,
    /// The threshold, such as `p99 < 50ms`.
    pub threshold: String,
    /// What was measured, in the same unit.
    pub measured: String,
    /// Whether it holds; none where the run was cut short before it could be judged.
    pub holds: Option<bool>,
}

/// What a load run says of the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bearing {
    /// Every threshold holds.
    Held,
    /// A threshold is missed.
    Missed,
    /// The run was cut short before a threshold was missed.
    Interrupted,
    /// Nothing was measured, or nothing ever answered.
    Nothing,
}

impl Bearing {
    /// The verdict in words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Missed => "missed",
            Self::Interrupted => "interrupted",
            Self::Nothing => "no answer",
        }
    }
}
