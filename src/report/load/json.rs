//! A load run for programs: all of it, and beside it the figures that people compare, in microseconds.
//!
//! ```text
//! "kind": "load",
//! "summary": [{
//!   "flow": "client_credentials",
//!   "step": "token",
//!   "count": 12305,
//!   "errors": 0,
//! ```

use std::io::{self, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};

use crate::report::json::SCHEMA_VERSION;
use crate::verdict::{Arrivals, Latency, LoadRun, Measurement};

/// Renders the run as JSON: all of it, and beside it the figures that people compare, in microseconds.
///
/// # Errors
/// `out` cannot be written.
pub fn render(run: &LoadRun, out: &mut dyn Write) -> io::Result<()> {
    let summary = run.steps.iter().map(|step| Summary::of(step, run)).collect();
    let document = Document { schema_version: SCHEMA_VERSION, kind: KIND, summary, run };
    document.serialize(&mut Serializer::with_formatter(&mut *out, ShortArrays(PrettyFormatter::new())))?;
    writeln!(out)
}

/// What tells a load report from one of `check`.
const KIND: &str = "load";

#[derive(Deserialize)]
struct Head {
    schema_version: u32,
    kind: Option<String>,
}

/// Why a file is no load report that can be read back.
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
    /// It is not what `load` writes.
    #[error("{path} is no report of `flowproof load`: {what}; name the report.json of an earlier load run")]
    Shape {
        /// The file.
        path: String,
        /// What is wrong with it.
        what: String,
    },
    /// It is of another version.
    #[error("{path} has schema version {found}, and this flowproof reads {SCHEMA_VERSION}: run the load again")]
    Version {
        /// The file.
        path: String,
        /// The version that it names.
        found: u32,
    },
}

/// Reads a report back.
///
/// # Errors
/// The file is missing, is no report of a load run, or is of another version.
pub fn read(path: &Path) -> Result<LoadRun, ReadError> {
    let name = || path.display().to_string();
    let text = std::fs::read(path).map_err(|source| ReadError::File { path: name(), source })?;
    let shape = |what: String| ReadError::Shape { path: name(), what };
    let head: Head = serde_json::from_slice(&text).map_err(|error| shape(error.to_string()))?;
    if head.schema_version != SCHEMA_VERSION {
        return Err(ReadError::Version { path: name(), found: head.schema_version });
    }
    if head.kind.as_deref() != Some(KIND) {
        return Err(shape("it is one of another command".to_owned()));
    }
    serde_json::from_slice(&text).map_err(|error| shape(error.to_string()))
}

#[derive(Serialize)]
struct Document<'a> {
    schema_version: u32,
    kind: &'static str,
    summary: Vec<Summary<'a>>,
    #[serde(flatten)]
    run: &'a LoadRun,
}

/// The figures of one step; times count as the run's do, those of `service` from the send.
#[derive(Serialize)]
struct Summary<'a> {
    flow: &'a str,
    step: &'a str,
    count: u64,
    errors: u64,
    rate: Option<f64>,
    #[serde(flatten)]
    times: Times,
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<Times>,
    #[serde(skip_serializing_if = "Option::is_none")]
    arrivals: Option<Punctuality>,
}

#[derive(Serialize)]
struct Times {
    mean_us: Option<f64>,
    p50_us: Option<u64>,
    p90_us: Option<u64>,
    p99_us: Option<u64>,
    p999_us: Option<u64>,
    p9999_us: Option<u64>,
    max_us: u64,
}

/// How the arrivals of the step's flow kept to their times.
#[derive(Serialize)]
struct Punctuality {
    due: u64,
    late: u64,
    never_made: u64,
}

impl<'a> Summary<'a> {
    fn of(step: &'a Measurement, run: &LoadRun) -> Self {
        let flow = run.flows.iter().find(|flow| flow.flow == step.flow);
        let arrivals = flow.and_then(|flow| flow.arrivals.as_ref());
        Self {
            flow: &step.flow,
            step: &step.step,
            count: step.count(),
            errors: step.errors(),
            rate: step.rate(run.held_seconds),
            times: Times::of(&step.latency),
            service: step.service.as_ref().map(Times::of),
            arrivals: arrivals.map(Punctuality::of),
        }
    }
}

impl Times {
    fn of(latency: &Latency) -> Self {
        let at = |share: f64| latency.quantile(share);
        Self {
            mean_us: latency.mean(),
            p50_us: at(0.5),
            p90_us: at(0.9),
            p99_us: at(0.99),
            p999_us: at(0.999),
            p9999_us: at(0.9999),
            max_us: latency.max,
        }
    }
}

impl Punctuality {
    fn of(arrivals: &Arrivals) -> Self {
        Self { due: arrivals.due, late: arrivals.late(), never_made: arrivals.never_made() }
    }
}

/// Objects over several lines, arrays on one: a histogram has thousands of pairs.
struct ShortArrays<'a>(PrettyFormatter<'a>);

impl Formatter for ShortArrays<'_> {
    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        out.write_all(if first { b"" } else { b", " })
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object(out)
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object(out)
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(out, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object_value(out)
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object_value(out)
    }
}
