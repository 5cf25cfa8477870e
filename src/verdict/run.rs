//! A run as a whole: its findings, the policy, and the verdict.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Cause, Comparison, Finding, Level, Outcome};
use crate::protocol::Profile;

/// What a whole run of checks says of the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Conformance {
    /// Nothing violated, nothing that applies left unjudged.
    Conformant,
    /// A must is violated.
    NonConformant,
    /// An applicable must was inconclusive, or nothing was applicable.
    Incomplete,
}

impl Conformance {
    /// The verdict in words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Conformant => "conformant",
            Self::NonConformant => "non-conformant",
            Self::Incomplete => "incomplete",
        }
    }
}

/// From which level on a broken requirement fails the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FailOn {
    /// Only a must.
    #[default]
    Must,
    /// A should as well.
    Should,
}

/// What the run was judged by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// The set of specifications.
    pub profile: Profile,
    /// From which level on the run fails.
    pub fail_on: FailOn,
    /// How many seconds the user lets a check wait.
    pub max_wait_seconds: u64,
    /// Checks that may stay inconclusive.
    pub allow_inconclusive: Vec<String>,
    /// The filters that chose the checks: `tag:…`, `id:…`.
    pub selection: Vec<String>,
    /// Scenarios side by side.
    pub jobs: usize,
}

/// What became of the tokens that a run left behind: one for each grant, its refresh token where it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cleanup {
    /// How many there were.
    pub tokens: usize,
    /// How many of them the provider said it revoked.
    pub revoked: usize,
}

/// What the limits of the provider's rate came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateLimit {
    /// How many answers were 429, or 503 with `Retry-After`.
    pub answers: u64,
    /// How often a request waited for a rest to end: one that was sent again, or one that came in between.
    pub held_back: u64,
    /// How long the run rested, in milliseconds.
    pub rested_millis: u64,
}

impl fmt::Display for RateLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { answers, held_back, rested_millis } = self;
        let (answers, requests) = match (answers, held_back) {
            (1, 1) => ("1 answer was".to_owned(), "1 request".to_owned()),
            (1, held) => ("1 answer was".to_owned(), format!("{held} requests")),
            (answers, 1) => (format!("{answers} answers were"), "1 request".to_owned()),
            (answers, held) => (format!("{answers} answers were"), format!("{held} requests")),
        };
        write!(
            f,
            "{answers} 429, or 503 with Retry-After; {requests} waited, and the run rested {}.{} s; way out: `pace:` in the provider \
             file, or --jobs 1",
            rested_millis / 1_000,
            rested_millis % 1_000 / 100
        )
    }
}

/// A run of `check`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// The version of flowproof.
    pub flowproof: String,
    /// When it began, RFC 3339, UTC.
    pub started: String,
    /// How long it took, in milliseconds.
    pub millis: u64,
    /// The issuers that were tested.
    pub issuers: Vec<String>,
    /// How they were reached, where their URLs alone do not say it.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub connection: Vec<String>,
    /// What it was judged by.
    pub policy: Policy,
    /// What it says of the provider.
    pub verdict: Conformance,
    /// Whether Ctrl-C or a time limit cut it short.
    pub interrupted: bool,
    /// What cut it short.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub interruption: Option<String>,
    /// What became of the tokens that the run obtained, where it revoked them.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cleanup: Option<Cleanup>,
    /// What the provider's limits of the rate held back, where it set any.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rate_limit: Option<RateLimit>,
    /// Every check, in the order of ids.
    pub findings: Vec<Finding>,
    /// The causes behind the violations, most checks first.
    pub causes: Vec<Cause>,
    /// What the baseline came to, where there is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub baseline: Option<Comparison>,
}

impl Run {
    /// How many checks ended so.
    pub fn count(&self, outcome: Outcome) -> usize {
        self.findings.iter().filter(|finding| finding.outcome == outcome).count()
    }

    /// Judges the findings by the policy.
    pub fn judge(findings: &[Finding], policy: &Policy) -> Conformance {
        if findings.iter().any(|finding| policy.fails(finding)) {
            Conformance::NonConformant
        } else if findings.iter().any(|finding| policy.leaves_open(finding))
            || findings.iter().all(|finding| finding.outcome == Outcome::NotApplicable)
        {
            Conformance::Incomplete
        } else {
            Conformance::Conformant
        }
    }
}

impl Policy {
    /// Whether this finding alone makes the provider non-conformant.
    pub fn fails(&self, finding: &Finding) -> bool {
        match finding.outcome {
            Outcome::Violated => true,
            Outcome::Warned => self.fail_on == FailOn::Should,
            Outcome::Passed | Outcome::Noted | Outcome::NotApplicable | Outcome::Inconclusive | Outcome::Known => false,
        }
    }

    /// Whether this finding alone leaves the run incomplete.
    pub fn leaves_open(&self, finding: &Finding) -> bool {
        finding.outcome == Outcome::Inconclusive && finding.level == Level::Must && !self.allow_inconclusive.contains(&finding.id)
    }
}
