//! What a load run measured: plain data that merges without loss, so that one run may be spread over several generators.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Finding;

mod arrivals;
mod breakpoint;
mod calibration;
mod change;
mod generator;
mod latency;
mod looked;
mod measurement;
mod packed;
mod shard;
mod steadiness;

pub use arrivals::Arrivals;
pub use breakpoint::{Attempt, Breakpoint};
pub use calibration::{Calibration, Ceiling, Cost, Limit, Pacing, Rung};
pub use change::{Change, Changes};
pub use generator::Generator;
pub use latency::{Latency, micros_in_words};
pub use looked::Looked;
pub use measurement::{Measurement, Second};
pub use packed::{Packed, Unreadable};
pub use shard::ShardRun;
pub use steadiness::Steadiness;

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
    /// Seconds of ramp and warm-up, whose answers are looked at and not measured.
    pub before_seconds: f64,
    /// Seconds of the hold that were measured; 0 when the run ended before it.
    pub held_seconds: f64,
    /// HTTP requests that were sent since the users began, whenever and whatever became of them.
    pub requests: u64,
    /// Whether the figures still drifted when the run ended.
    pub steadiness: Steadiness,
    /// How often each flow was run, and how its arrivals kept to their times, in the plan's order.
    pub flows: Vec<FlowRun>,
    /// What every step of every flow bore, in the plan's order.
    pub steps: Vec<Measurement>,
    /// What must hold whatever the load: each invariant that was watched, and what became of it.
    #[serde(default)]
    pub findings: Vec<Finding>,
    /// How often each of these invariants was looked at, by the id of its finding: what the findings of several generators are summed by.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub looked: BTreeMap<String, Looked>,
    /// Refresh chains that broke.
    pub chains: Chains,
    /// What the watch for repeated tokens and codes covered.
    pub watch: Watch,
    /// What the generator itself needed, and whether it was what held the run back.
    pub generator: Generator,
    /// What the search for the most that the provider sustains came to, where there was one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub breakpoint: Option<Breakpoint>,
    /// How it compares with an earlier run, where one was named.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub changes: Option<Changes>,
    /// Each threshold and whether it holds.
    pub thresholds: Vec<ThresholdResult>,
    /// Whether Ctrl-C or a signal cut the run short.
    pub interrupted: bool,
    /// The threshold that ended the run before its time.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub aborted: Option<String>,
    /// The generators that this was merged from, each with its part of the plan; none where it was one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shards: Vec<ShardRun>,
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
    /// Arrivals per second of the hold, as the plan spells them, such as `200/s`; none where users send as fast as they are answered.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub arrivals: Option<String>,
    /// Milliseconds in which the users start, or the rate rises.
    pub ramp_millis: u64,
    /// Milliseconds for which all of them run: the whole of the stages, where the plan has any.
    pub hold_millis: u64,
    /// Milliseconds after which an answer counts as not come.
    pub timeout_millis: u64,
    /// The plan's stages, as text, where it has any.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub stages: Vec<String>,
    /// How connections are made and used, such as `keep-alive, HTTP/1.1`.
    pub connections: String,
    /// What tells the plan from others, whichever part of it was run: the same for all parts.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub digest: String,
    /// Which part of the plan this generator ran, such as `1/4`; none where it ran the whole.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub shard: Option<String>,
}

/// One flow of the plan as it was run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowRun {
    /// The flow, by its name in the plan.
    pub flow: String,
    /// How often it was run within the hold; where a user only got itself another token, that was no run.
    pub passes: u64,
    /// How its arrivals kept to their times, where it has an arrival rate.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub arrivals: Option<Arrivals>,
}

impl FlowRun {
    /// Adds another generator's passes.
    pub fn merge(&mut self, other: &Self) {
        self.passes += other.passes;
        match (&mut self.arrivals, &other.arrivals) {
            (Some(mine), Some(theirs)) => mine.merge(theirs),
            (None, theirs) => self.arrivals = theirs.clone(),
            (Some(_), None) => {}
        }
    }
}

/// What was made before the clock started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preparation {
    /// Refresh chains begun by a whole login each.
    pub chains: usize,
    /// Users that were logged in for other flows, each in a browser of its own.
    #[serde(default)]
    pub logins: usize,
    /// Tokens that were made to be introspected or revoked.
    #[serde(default)]
    pub tokens: usize,
    /// How long that took, in milliseconds.
    pub millis: u64,
    /// Answers to logins that asked for a rest meanwhile, after which they were asked again: 429, and 503 that says how long.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub asked_to_rest: u64,
    /// For how long it rested on that account, in milliseconds.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub rested_millis: u64,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
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
    /// Tokens and codes that fell outside the share that is kept.
    pub left_out: u64,
    /// Of how many tokens and codes one is kept: 1, and twice as many each time the watch is full.
    pub one_in: u64,
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
    /// What must hold whatever the load does not: a token or code was issued twice, or to somebody else.
    Violated,
    /// A threshold is missed.
    Missed,
    /// A figure is worse than the earlier run's, beyond the tolerance.
    Regressed,
    /// The generator was what held the run back: the figures are its own, not the provider's.
    GeneratorBound,
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
            Self::Violated => "violated",
            Self::Missed => "missed",
            Self::Regressed => "regressed",
            Self::GeneratorBound => "generator-bound",
            Self::Interrupted => "interrupted",
            Self::Nothing => "no answer",
        }
    }
}
