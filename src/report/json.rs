//! The JSON report: everything that the run knows, and the one format that is read back.
//!
//! ```text
//! {
//!   "schema_version": 2,
//!   "flowproof": "0.1.0",
//!   "verdict": "non-conformant",
//! ```
//!
//! Its members are those of [`Run`] and [`Finding`], all of them always there but for those of a run that had nothing to say: `interruption`,
//! `cleanup`, `rate_limit` and `connection`. Besides, for those who read it with other tools than this one, the
//! run has `counts`, a number for each outcome, and a finding has `feature`, `message`, `kind` (its violation's) and `section` (the first, in
//! words). Where there is a violation, each of its exchanges has `curl`, a command for `sh` that sends it again, and the finding has `variables`, what
//! has to be set for them. They are derived, and ignored when the report is read back.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::files::{self, StoreError};
use crate::protocol::{Curl, Exchange, Replay};
use crate::verdict::{
    Cause, Cleanup, ClientSeen, Comparison, Conformance, Finding, Kind, Known, Level, Outcome, PlayedStep, Policy, RateLimit,
    Run, Section, Violation,
};

/// The version of the outer shape. It grows when a member goes away or changes its meaning.
pub const SCHEMA_VERSION: u32 = 2;

#[derive(Serialize)]
struct Document<'a> {
    schema_version: u32,
    flowproof: &'a str,
    verdict: Conformance,
    interrupted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    interruption: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cleanup: Option<Cleanup>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rate_limit: Option<RateLimit>,
    counts: BTreeMap<Outcome, usize>,
    started: &'a str,
    millis: u64,
    issuers: &'a [String],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    connection: &'a [String],
    policy: &'a Policy,
    causes: &'a [Cause],
    baseline: Option<&'a Comparison>,
    findings: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    id: &'a str,
    feature: &'a str,
    title: &'a str,
    rule: &'a str,
    requirements: &'a [String],
    level: Level,
    outcome: Outcome,
    kind: Option<Kind>,
    cause: Option<usize>,
    section: Option<String>,
    message: String,
    reason: Option<&'a str>,
    violation: Option<&'a Violation>,
    known: Option<&'a Known>,
    sections: &'a [Section],
    issuer: Option<&'a str>,
    client: Option<&'a ClientSeen>,
    place: &'a str,
    millis: u64,
    steps: &'a [PlayedStep],
    variables: BTreeMap<String, String>,
    exchanges: Vec<Shown<'a>>,
}

#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    exchange: &'a Exchange,
    #[serde(skip_serializing_if = "Option::is_none")]
    curl: Option<String>,
}

impl<'a> From<&'a Run> for Document<'a> {
    fn from(run: &'a Run) -> Self {
        // Taken apart member by member: one that is added to the model cannot be forgotten here.
        let Run {
            flowproof,
            started,
            millis,
            issuers,
            connection,
            policy,
            verdict,
            interrupted,
            interruption,
            cleanup,
            rate_limit,
            findings,
            causes,
            baseline,
        } = run;
        Self {
            schema_version: SCHEMA_VERSION,
            flowproof,
            verdict: *verdict,
            interrupted: *interrupted,
            interruption: interruption.as_deref(),
            cleanup: *cleanup,
            rate_limit: *rate_limit,
            counts: Outcome::ALL.into_iter().map(|outcome| (outcome, run.count(outcome))).collect(),
            started,
            millis: *millis,
            issuers,
            connection,
            policy,
            causes,
            baseline: baseline.as_ref(),
            findings: findings.iter().map(Entry::from).collect(),
        }
    }
}

impl<'a> From<&'a Finding> for Entry<'a> {
    fn from(finding: &'a Finding) -> Self {
        let Finding {
            id,
            title,
            rule,
            requirements,
            level,
            sections,
            outcome,
            reason,
            violation,
            known,
            cause,
            issuer,
            client,
            place,
            steps,
            exchanges,
            millis,
        } = finding;
        let replay = if violation.is_some() { Replay::of(exchanges) } else { Replay::default() };
        let variables = replay.variables.iter();
        Self {
            id,
            feature: finding.feature(),
            title,
            rule,
            requirements,
            level: *level,
            outcome: *outcome,
            kind: violation.as_ref().map(|violation| violation.kind),
            cause: *cause,
            section: sections.first().map(ToString::to_string),
            message: finding.message(),
            reason: reason.as_deref(),
            violation: violation.as_ref(),
            known: known.as_ref(),
            sections,
            issuer: issuer.as_deref(),
            client: client.as_ref(),
            place,
            millis: *millis,
            steps,
            variables: variables.map(|one| (one.name.clone(), one.to_string())).collect(),
            exchanges: exchanges
                .iter()
                .enumerate()
                .map(|(at, exchange)| Shown { exchange, curl: replay.commands.get(at).map(Curl::line) })
                .collect(),
        }
    }
}

#[derive(Deserialize)]
struct Version {
    schema_version: u32,
}

/// Why a report cannot be read back.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file cannot be read.
    #[error("cannot read {path}: {source}")]
    File {
        /// The file.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// It is no report of flowproof's.
    #[error("{path} is not a flowproof report: {source}")]
    Shape {
        /// The file.
        path: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// It is of another version.
    #[error("{path} has schema version {found}, and this flowproof reads {SCHEMA_VERSION}: run the check again")]
    Version {
        /// The file.
        path: String,
        /// The version that it names.
        found: u32,
    },
}

/// Renders the run as JSON.
///
/// # Errors
/// `out` cannot be written.
pub fn render(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &Document::from(run))?;
    writeln!(out)
}

/// Writes the report to `path`, whole or not at all.
///
/// # Errors
/// The file cannot be written.
pub fn write(run: &Run, path: &Path) -> Result<(), StoreError> {
    files::replace(path, &|out| render(run, out))
}

/// Reads a report back.
///
/// # Errors
/// The file is missing, is no report, or is of another version.
pub fn read(path: &Path) -> Result<Run, ReadError> {
    let name = path.display().to_string();
    let text = std::fs::read(path).map_err(|source| ReadError::File { path: name.clone(), source })?;
    let shape = |source| ReadError::Shape { path: name.clone(), source };
    let version: Version = serde_json::from_slice(&text).map_err(shape)?;
    if version.schema_version != SCHEMA_VERSION {
        return Err(ReadError::Version { path: name, found: version.schema_version });
    }
    serde_json::from_slice(&text).map_err(shape)
}
