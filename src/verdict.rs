//! What a run found: plain data that every report renders and JSON alone is read back from.

mod baseline;
mod cause;
mod finding;
mod load;
mod run;

use serde::{Deserialize, Serialize};

pub use crate::protocol::Profile;
pub use baseline::{Baseline, Comparison, Day, Known, NoDay, Stale, Staleness};
pub use cause::{Cause, Spoiled};
pub use finding::{ClientSeen, Finding, Kind, PlayedStep, Section, Violation};
pub use load::{
    Arrivals, Attempt, Bearing, Breakpoint, Calibration, Ceiling, Chains, Change, Changes, Cost, FlowRun, Generator, Latency,
    Limit, LoadRun, Looked, Measurement, Pacing, Packed, PlanSummary, Preparation, Rung, Second, ShardRun, Steadiness,
    ThresholdResult, Unreadable, Watch, micros_in_words,
};
pub use run::{Cleanup, Conformance, FailOn, Policy, RateLimit, Run};

/// How much a requirement obliges (RFC 2119).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Breaking it makes the provider non-conformant.
    Must,
    /// Breaking it is a warning.
    Should,
    /// Breaking it is noted.
    May,
}

impl Level {
    /// The level's tag and name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Must => "must",
            Self::Should => "should",
            Self::May => "may",
        }
    }
}

/// What became of one check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The provider does what the requirement says.
    Passed,
    /// It breaks a must.
    Violated,
    /// It breaks a should, or keeps a must in a tolerated form.
    Warned,
    /// It breaks a may, or does what it does not declare.
    Noted,
    /// The check does not apply, for the reason given.
    NotApplicable,
    /// The check applies and could not be judged, for the reason given.
    Inconclusive,
    /// A violation that the baseline names.
    Known,
}

impl Outcome {
    /// Every outcome, in the order in which reports count them.
    pub const ALL: [Self; 7] =
        [Self::Passed, Self::Violated, Self::Warned, Self::Noted, Self::Inconclusive, Self::NotApplicable, Self::Known];

    /// The outcome in words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Violated => "violated",
            Self::Warned => "warned",
            Self::Noted => "noted",
            Self::NotApplicable => "not applicable",
            Self::Inconclusive => "inconclusive",
            Self::Known => "known",
        }
    }
}
