//! What a run found: plain data that every report renders and JSON alone is read back from.

mod baseline;
mod load;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use crate::protocol::Profile;
use crate::protocol::{Endpoint, Exchange};
pub use baseline::{Baseline, Comparison, Day, Known, NoDay, Stale, Staleness};
pub use load::{
    Bearing, Chains, Latency, LoadRun, Measurement, PlanSummary, Preparation, ThresholdResult, Watch, micros_in_words,
};

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

/// What sort of fault a violation is; users triage by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Took what it should have refused: the security finding.
    Accepted,
    /// Refused what should have worked.
    Refused,
    /// Said yes and nothing came of it.
    Ineffective,
    /// Decided rightly and said it wrongly: status, error code, header, member.
    Malformed,
    /// Let out what should stay in.
    Leaked,
    /// A 5xx, no answer, or an answer that is not HTTP.
    Crashed,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 6] = [Self::Accepted, Self::Refused, Self::Ineffective, Self::Malformed, Self::Leaked, Self::Crashed];

    /// What it says of the provider, in words.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Accepted => "it took what it should have refused",
            Self::Refused => "it refused what should have worked",
            Self::Ineffective => "it said yes, and nothing came of it",
            Self::Malformed => "it decided rightly and said it wrongly",
            Self::Leaked => "it let out what should stay in",
            Self::Crashed => "it failed to answer",
        }
    }

    /// The kind's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Ineffective => "ineffective",
            Self::Malformed => "malformed",
            Self::Leaked => "leaked",
            Self::Crashed => "crashed",
        }
    }
}

/// A place in a specification, such as `RFC 7636 section 4.6`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Section {
    /// The document, as its tag spells it: `RFC7636`, `draft-ietf-oauth-v2-1`.
    pub document: String,
    /// The section's number.
    pub number: String,
}

impl Section {
    /// Where it can be read.
    pub fn link(&self) -> String {
        match self.document.strip_prefix("RFC") {
            Some(number) => format!("https://www.rfc-editor.org/rfc/rfc{number}#section-{}", self.number),
            None => format!("https://datatracker.ietf.org/doc/html/{}#section-{}", self.document, self.number),
        }
    }
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.document.strip_prefix("RFC") {
            Some(number) => write!(f, "RFC {number} section {}", self.number),
            None => write!(f, "{} section {}", self.document, self.number),
        }
    }
}

/// What went against a requirement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violation {
    /// What sort of fault it is.
    pub kind: Kind,
    /// The step that judged, as the feature spells it.
    pub step: String,
    /// What the specification allows here.
    pub expected: String,
    /// What the provider did.
    pub got: String,
    /// The endpoint whose answer it is.
    pub endpoint: Endpoint,
    /// Status, error and media type of that answer: equal in violations of one cause.
    pub answer: String,
    /// Which of the finding's exchanges shows it, counted from 0.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub exchange: Option<usize>,
}

/// What one check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// `<feature file>/<slug>`; never changes.
    pub id: String,
    /// The scenario's title.
    pub title: String,
    /// The requirement in the Rule's words.
    pub rule: String,
    /// Catalogue entries that the check stands for.
    pub requirements: Vec<String>,
    /// How much the requirement obliges under the run's profile.
    pub level: Level,
    /// Where it stands.
    pub sections: Vec<Section>,
    /// What became of it.
    pub outcome: Outcome,
    /// Why it was not judged, where it was not.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// What went wrong, where it was violated, warned, noted or known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub violation: Option<Violation>,
    /// The entry of the baseline that makes it known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub known: Option<Known>,
    /// The number of its cause in [`Run::causes`].
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cause: Option<usize>,
    /// The issuer that it ran against.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub issuer: Option<String>,
    /// The feature file and line of the scenario.
    pub place: String,
    /// The steps that were played, in order.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub steps: Vec<PlayedStep>,
    /// What was sent and received, in order, masked.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub exchanges: Vec<Exchange>,
    /// Milliseconds that it took.
    pub millis: u64,
}

/// A step that was played.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlayedStep {
    /// The step, as the feature spells it.
    pub text: String,
    /// How many exchanges there were before it.
    pub began: usize,
}

/// Violations with the same endpoint, kind and answer: one bug, whichever checks it breaks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// The kind.
    pub kind: Kind,
    /// The answer.
    pub answer: String,
    /// The checks that it breaks.
    pub checks: Vec<String>,
}

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
    /// What it was judged by.
    pub policy: Policy,
    /// What it says of the provider.
    pub verdict: Conformance,
    /// Whether Ctrl-C or a time limit cut it short.
    pub interrupted: bool,
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

    /// Groups what went wrong by cause, and numbers each finding's.
    pub fn group_causes(findings: &mut [Finding]) -> Vec<Cause> {
        let mut causes: Vec<Cause> = Vec::new();
        for finding in findings.iter_mut().filter(|finding| finding.outcome == Outcome::Violated) {
            let Some(violation) = &finding.violation else { continue };
            let same = |cause: &Cause| {
                cause.endpoint == violation.endpoint && cause.kind == violation.kind && cause.answer == violation.answer
            };
            match causes.iter_mut().find(|cause| same(cause)) {
                Some(cause) => cause.checks.push(finding.id.clone()),
                None => causes.push(Cause {
                    endpoint: violation.endpoint,
                    kind: violation.kind,
                    answer: violation.answer.clone(),
                    checks: vec![finding.id.clone()],
                }),
            }
        }
        causes.sort_by(|a, b| b.checks.len().cmp(&a.checks.len()).then_with(|| a.checks.cmp(&b.checks)));
        for finding in findings {
            finding.cause = causes.iter().position(|cause| cause.checks.contains(&finding.id));
        }
        causes
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

impl Finding {
    /// The feature that the check belongs to: the id up to its slash.
    pub fn feature(&self) -> &str {
        self.id.split('/').next().unwrap_or(&self.id)
    }

    /// The exchange that shows what went wrong, from 0: the one that was judged, else the last at its endpoint, else the last at all.
    pub fn judged(&self) -> Option<usize> {
        let violation = self.violation.as_ref();
        let named = violation.and_then(|violation| violation.exchange).filter(|at| *at < self.exchanges.len());
        let at_endpoint = || {
            let endpoint = violation?.endpoint;
            self.exchanges.iter().rposition(|exchange| exchange.endpoint == endpoint)
        };
        named.or_else(at_endpoint).or(self.exchanges.len().checked_sub(1))
    }

    /// What came of the check, in one line.
    pub fn message(&self) -> String {
        let said = match (&self.violation, &self.reason) {
            (Some(violation), _) => {
                let Violation { kind, expected, got, endpoint, .. } = violation;
                format!("{} at the {}: expected {expected}; got {got}", kind.name(), endpoint.name())
            }
            (None, Some(reason)) => reason.clone(),
            (None, None) => self.rule.clone(),
        };
        match &self.known {
            Some(known) => format!("{}; {said}", known.reason),
            None => said,
        }
    }
}
