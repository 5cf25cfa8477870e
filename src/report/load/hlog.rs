//! The latencies of a load run as a HdrHistogram log, version 1.3: an interval for each second of each step. Logs merge without loss, and the
//! tools of HdrHistogram read them.
//!
//! ```text
//! #[Histogram log format version 1.3]
//! #[StartTime: 1767323045.000 (seconds since epoch), 2026-01-02T03:04:05Z]
//! #Latencies are microseconds, Interval_Max is milliseconds. Measured: from 2.000 to 12.000
//! "StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"
//! ```
//!
//! An interval's tag is `flow/step`, each with what a tag may not hold percent-encoded.

use std::io::{self, Write};
use std::time::{Duration, UNIX_EPOCH};

use hdrhistogram::Histogram;
use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry, LogIteratorError};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

use crate::verdict::{Latency, LoadRun, Packed, Unreadable};

/// What may not stand in a tag, or would part it elsewhere.
const NOT_IN_A_TAG: &AsciiSet = &CONTROLS.add(b' ').add(b',').add(b'/').add(b'%').add(b'"');

/// The latencies of each second of each step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Log {
    /// When the users began, as seconds since 1970.
    began: Option<u64>,
    /// Seconds that were measured, from and to, where they are known.
    measured: Option<(u64, u64)>,
    steps: Vec<Intervals>,
}

/// The latencies of each second of one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intervals {
    /// The flow.
    pub flow: String,
    /// The step within the flow.
    pub step: String,
    /// Its latencies, by the second since the users began.
    pub seconds: Vec<Packed>,
}

/// Why a log cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// A line is no line of such a log.
    #[error("not a HdrHistogram log: line {line} is neither a comment nor an interval")]
    Line {
        /// The line, from 1.
        line: usize,
    },
    /// An interval is not one of ours.
    #[error("interval {tag:?} at {at:?}: {what}")]
    Interval {
        /// Its tag.
        tag: String,
        /// Its beginning.
        at: Duration,
        /// What is wrong with it.
        what: String,
    },
}

/// Renders the run's latencies as a log.
///
/// # Errors
/// `out` cannot be written, or a histogram of the run cannot be read.
pub fn render(run: &LoadRun, out: &mut dyn Write) -> io::Result<()> {
    Log::of(run).write(out)
}

impl Log {
    /// The latencies of a run.
    pub fn of(run: &LoadRun) -> Self {
        let began = humantime::parse_rfc3339(&run.started).ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        let millis = |seconds: f64| (seconds * 1e3).round() as u64;
        let steps = run.steps.iter().map(|step| Intervals {
            flow: step.flow.clone(),
            step: step.step.clone(),
            seconds: step.seconds.iter().map(|second| second.latency.clone()).collect(),
        });
        Self {
            began: began.map(|at| at.as_secs()),
            measured: Some((millis(run.before_seconds), millis(run.before_seconds + run.held_seconds))),
            steps: steps.collect(),
        }
    }

    /// Reads a log back.
    ///
    /// # Errors
    /// It is no such log, or its intervals are not by second, step and flow.
    pub fn read(text: &[u8]) -> Result<Self, LogError> {
        let mut log = Self::default();
        for entry in IntervalLogIterator::new(text) {
            match entry {
                Ok(LogEntry::StartTime(at)) => log.began = Some(at.as_secs()),
                Ok(LogEntry::BaseTime(_)) => {}
                Ok(LogEntry::Interval(interval)) => {
                    let (tag, at) = (interval.tag().map_or("", |tag| tag.as_str()), interval.start_timestamp());
                    let fault = |what: &str| LogError::Interval { tag: tag.to_owned(), at, what: what.to_owned() };
                    let (flow, step) = names(tag).ok_or_else(|| fault("expected a tag such as Tag=refresh/token"))?;
                    if at.subsec_nanos() != 0 || interval.duration() != Duration::from_secs(1) {
                        return Err(fault("expected an interval of one whole second"));
                    }
                    let second = usize::try_from(at.as_secs()).ok().filter(|second| *second < LONGEST);
                    let second = second.ok_or_else(|| fault("expected seconds since the beginning, not since 1970"))?;
                    let latency = Packed::from_text(interval.encoded_histogram());
                    latency.unpack().map_err(|error| fault(&error.to_string()))?;
                    log.at(&flow, &step, second).merge(&latency);
                }
                Err(LogIteratorError::ParseError { offset }) => {
                    let line = 1 + text[..offset].iter().filter(|octet| **octet == b'\n').count();
                    return Err(LogError::Line { line });
                }
            }
        }
        Ok(log)
    }

    /// Adds another generator's latencies, second by second since its own beginning.
    pub fn merge(&mut self, other: &Self) {
        self.began = [self.began, other.began].into_iter().flatten().min();
        self.measured = match (self.measured, other.measured) {
            (Some(mine), Some(theirs)) => Some((mine.0.min(theirs.0), mine.1.max(theirs.1))),
            (mine, theirs) => mine.or(theirs),
        };
        for step in &other.steps {
            for (second, latency) in step.seconds.iter().enumerate() {
                self.at(&step.flow, &step.step, second).merge(latency);
            }
        }
    }

    /// The steps and their seconds.
    pub fn steps(&self) -> &[Intervals] {
        &self.steps
    }

    fn at(&mut self, flow: &str, step: &str, second: usize) -> &mut Packed {
        let known = self.steps.iter().position(|one| one.flow == flow && one.step == step);
        let known = known.unwrap_or_else(|| {
            self.steps.push(Intervals { flow: flow.to_owned(), step: step.to_owned(), seconds: Vec::new() });
            self.steps.len() - 1
        });
        let seconds = &mut self.steps[known].seconds;
        if seconds.len() <= second {
            seconds.resize(second + 1, Packed::default());
        }
        &mut seconds[second]
    }

    /// Writes the log.
    ///
    /// # Errors
    /// `out` cannot be written, or a histogram cannot be read.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "#[Histogram log format version 1.3]")?;
        if let Some(began) = self.began {
            let day = humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(began));
            writeln!(out, "#[StartTime: {began}.000 (seconds since epoch), {day}]")?;
        }
        write!(out, "#Latencies are microseconds, Interval_Max is milliseconds.")?;
        if let Some((from, to)) = self.measured {
            let [from, to] = [from, to].map(|millis| format!("{}.{:03}", millis / 1_000, millis % 1_000));
            write!(out, " Measured: from {from} to {to}")?;
        }
        writeln!(out, "\n\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"")?;
        let seconds = self.steps.iter().map(|step| step.seconds.len()).max().unwrap_or_default();
        for second in 0..seconds {
            for step in &self.steps {
                let Some(latency) = step.seconds.get(second).filter(|latency| !latency.as_str().is_empty()) else { continue };
                let histogram = latency.unpack().map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
                let max = histogram.max() as f64 / 1e3;
                writeln!(out, "Tag={},{second}.000,1.000,{max:.3},{}", tag(&step.flow, &step.step), latency.as_str())?;
            }
        }
        Ok(())
    }
}

/// More seconds than a run may take.
const LONGEST: usize = 1_000_000;

impl Intervals {
    /// All of its seconds in one histogram.
    ///
    /// # Errors
    /// One of them cannot be read.
    pub fn whole(&self) -> Result<Histogram<u64>, Unreadable> {
        let mut whole = Latency::histogram();
        for second in &self.seconds {
            whole.add(second.unpack()?).expect("a histogram that grows takes every value");
        }
        Ok(whole)
    }
}

fn tag(flow: &str, step: &str) -> String {
    let [flow, step] = [flow, step].map(|name| utf8_percent_encode(name, NOT_IN_A_TAG));
    format!("{flow}/{step}")
}

fn names(tag: &str) -> Option<(String, String)> {
    let (flow, step) = tag.split_once('/')?;
    let name = |text: &str| percent_decode_str(text).decode_utf8().ok().map(|name| name.into_owned());
    Some((name(flow)?, name(step)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::Second;

    #[test]
    fn a_tag_holds_any_name_of_a_flow() {
        for flow in ["refresh", "by post", "a,b/c%20d", "größer\n"] {
            let tag = tag(flow, "token");
            assert!(!tag.contains([',', ' ', '\n']), "{tag}");
            assert_eq!(names(&tag), Some((flow.to_owned(), "token".to_owned())));
        }
        assert_eq!(names("untagged"), None);
    }

    #[test]
    fn what_is_no_log_of_ours_is_refused_with_its_place() {
        let mut histogram = Latency::histogram();
        histogram.record(5).expect("it grows");
        let packed = Packed::of(&histogram);
        let packed = packed.as_str();
        for (text, expected) in [
            ("#fine\nnonsense\n".to_owned(), "line 2"),
            (format!("0.000,1.000,1.000,{packed}\n"), "Tag=refresh/token"),
            (format!("Tag=a/b,0.500,1.000,1.000,{packed}\n"), "whole second"),
            (format!("Tag=a/b,0.000,2.000,1.000,{packed}\n"), "whole second"),
            (format!("Tag=a/b,1767323045.000,1.000,1.000,{packed}\n"), "1970"),
            ("Tag=a/b,0.000,1.000,1.000,HISTxxxx\n".to_owned(), "not a compressed HdrHistogram"),
        ] {
            let error = Log::read(text.as_bytes()).expect_err(&text).to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
        assert_eq!(Log::read(b"").expect("nothing is an empty log"), Log::default());
    }

    proptest::proptest! {
        // Each case packs hundreds of histograms.
        #![proptest_config(proptest::test_runner::Config::with_cases(24))]
        #[test]
        fn the_logs_of_shards_merge_to_the_log_of_the_whole(
            answers in proptest::collection::vec((0_usize..3, 0_usize..20, 0_u64..20_000_000, 0_usize..4), 0..300)
        ) {
            let steps = [("by post", "token"), ("a/b", "token"), ("login", "login")];
            let log = |answers: &mut dyn Iterator<Item = &(usize, usize, u64, usize)>| {
                let mut histograms = vec![vec![Latency::histogram(); 20]; steps.len()];
                for (step, second, micros, _) in answers {
                    histograms[*step][*second].record(*micros).expect("it grows");
                }
                let seconds = |row: &Vec<Histogram<u64>>| -> Vec<Second> {
                    row.iter().map(|one| Second { latency: Packed::of(one), ..Second::default() }).collect()
                };
                let intervals = steps.iter().zip(&histograms).map(|((flow, step), row)| Intervals {
                    flow: (*flow).to_owned(),
                    step: (*step).to_owned(),
                    seconds: seconds(row).into_iter().map(|second| second.latency).collect(),
                });
                Log { began: Some(1_767_323_045), measured: None, steps: intervals.collect() }
            };
            let whole = log(&mut answers.iter());
            let mut merged = Log::default();
            for shard in 0..4 {
                let mut text = Vec::new();
                log(&mut answers.iter().filter(|answer| answer.3 == shard)).write(&mut text).expect("a Vec takes it");
                merged.merge(&Log::read(&text).expect("it reads back"));
            }
            for step in whole.steps() {
                let other = merged.steps().iter().find(|other| other.flow == step.flow && other.step == step.step);
                let expected = step.whole().expect("it is ours");
                proptest::prop_assert_eq!(other.map_or(0, |other| other.whole().expect("it is ours").len()), expected.len());
                let Some(other) = other else { continue };
                for (second, latency) in step.seconds.iter().enumerate() {
                    let read = other.seconds.get(second).cloned().unwrap_or_default();
                    proptest::prop_assert_eq!(read.unpack(), latency.unpack());
                }
            }
        }
    }
}
