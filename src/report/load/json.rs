//! A load run for programs: all of it, and beside it the figures that people compare, in microseconds.
//!
//! ```text
//! "kind": "load",
//! "summary": [{
//!   "flow": "client_credentials",
//!   "step": "token",
//!   "count": 121804,
//!   "errors": 0,
//! ```

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};

use crate::report::json::SCHEMA_VERSION;
use crate::verdict::{LoadRun, Measurement};

/// Renders the run as JSON: all of it, and beside it the figures that people compare, in microseconds.
///
/// # Errors
/// `out` cannot be written.
pub fn render(run: &LoadRun, out: &mut dyn Write) -> io::Result<()> {
    let summary = run.steps.iter().map(|step| Summary::of(step, run.held_seconds)).collect();
    let document = Document { schema_version: SCHEMA_VERSION, kind: "load", summary, run };
    document.serialize(&mut Serializer::with_formatter(&mut *out, ShortArrays(PrettyFormatter::new())))?;
    writeln!(out)
}

#[derive(Serialize)]
struct Document<'a> {
    schema_version: u32,
    kind: &'static str,
    summary: Vec<Summary<'a>>,
    #[serde(flatten)]
    run: &'a LoadRun,
}

#[derive(Serialize)]
struct Summary<'a> {
    flow: &'a str,
    step: &'a str,
    count: u64,
    errors: u64,
    rate: Option<f64>,
    mean_us: Option<f64>,
    p50_us: Option<u64>,
    p90_us: Option<u64>,
    p99_us: Option<u64>,
    p999_us: Option<u64>,
    max_us: u64,
}

impl<'a> Summary<'a> {
    fn of(step: &'a Measurement, held_seconds: f64) -> Self {
        let at = |share: f64| step.latency.quantile(share);
        Self {
            flow: &step.flow,
            step: &step.step,
            count: step.count(),
            errors: step.errors(),
            rate: step.rate(held_seconds),
            mean_us: step.latency.mean(),
            p50_us: at(0.5),
            p90_us: at(0.9),
            p99_us: at(0.99),
            p999_us: at(0.999),
            max_us: step.latency.max,
        }
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
