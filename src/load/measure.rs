//! Counts and times every answer: histograms by step and second, errors by kind.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use super::fault::Fault;
use super::pace::Course;
use crate::protocol::Exchange;
use crate::verdict::{Chains, Latency, Measurement};

pub mod clocks;
mod pulse;
pub mod steady;
mod step;
mod tally;
pub mod vigil;

pub use pulse::Pulse;
pub use step::Step;
use tally::{Counted, Tally, put};
pub use tally::{Glance, Standing, Timing};

/// A longer duration is counted as this one, so that a histogram stays small.
const LONGEST: Duration = Duration::from_secs(86_400);

/// Where one step of one flow is counted; cheap to copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meter(usize);

/// The times of one answer.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// When the pass through the flow began, or should have: it decides whether all of its answers are measured.
    pub pass: Instant,
    /// When the request should have been sent, where the plan says so.
    pub intended: Option<Instant>,
    /// When it was sent.
    pub sent: Instant,
    /// From the send to the last octet of the body.
    pub service: Duration,
}

impl Times {
    /// From where the latency counts.
    fn begins(&self) -> Instant {
        self.intended.map_or(self.sent, |intended| intended.min(self.sent))
    }

    /// From the intended start, where there is one, else from the send.
    pub fn latency(&self) -> Duration {
        self.sent.saturating_duration_since(self.begins()) + self.service
    }
}

/// What a run measures; users share it.
pub struct Recorder {
    meters: Vec<(String, Step, Mutex<Tally>)>,
    course: Arc<Course>,
    is_open: bool,
    recent: Mutex<Recent>,
    users: AtomicUsize,
    requests: AtomicU64,
    chains: Mutex<Chains>,
}

/// What came since the last progress line.
pub struct Recent {
    /// Latencies in microseconds.
    pub latency: Histogram<u64>,
    /// Answers.
    pub count: u64,
    /// Wrong ones among them.
    pub wrong: u64,
}

impl Recent {
    fn new() -> Self {
        Self { latency: Latency::histogram(), count: 0, wrong: 0 }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Microseconds, a day at most.
pub fn micros(span: Duration) -> u64 {
    u64::try_from(span.min(LONGEST).as_micros()).expect("a day in microseconds fits")
}

fn second(at: Duration) -> usize {
    usize::try_from(at.as_secs()).expect("a run is bounded by hours")
}

impl Recorder {
    /// A recorder of these steps; `is_open` says that latency counts from intended times.
    pub fn new(steps: impl IntoIterator<Item = (String, Step)>, course: Arc<Course>, is_open: bool) -> Self {
        Self {
            meters: steps.into_iter().map(|(flow, step)| (flow, step, Mutex::new(Tally::new(is_open)))).collect(),
            course,
            is_open,
            recent: Mutex::new(Recent::new()),
            users: AtomicUsize::new(0),
            requests: AtomicU64::new(0),
            chains: Mutex::default(),
        }
    }

    /// Where a step of the flow of this name is counted.
    pub fn meter(&self, flow: &str, step: Step) -> Meter {
        let at = self.meters.iter().position(|(name, other, _)| name == flow && *other == step);
        Meter(at.expect("every step of every flow of the plan has a meter"))
    }

    /// Whether latency counts from intended times.
    pub fn is_open(&self) -> bool {
        self.is_open
    }

    /// Counts a user that began, and says which one it is, from 0.
    pub fn user_began(&self) -> usize {
        self.users.fetch_add(1, Ordering::Relaxed)
    }

    /// Users that began so far.
    pub fn users(&self) -> usize {
        self.users.load(Ordering::Relaxed)
    }

    /// Counts requests that were sent.
    pub fn requests_sent(&self, count: u64) {
        self.requests.fetch_add(count, Ordering::Relaxed);
    }

    /// Requests that were sent so far, whatever became of them.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Counts one answer that came just now, or did not come.
    pub fn record(&self, meter: Meter, times: &Times, fault: Option<&Fault>) {
        let now = self.course.since(times.sent + times.service);
        let latency = micros(times.latency());
        let counted = Counted {
            second: second(self.course.elapsed()),
            is_measured: self.course.holds(self.course.since(times.pass)),
            in_hold: self.course.holds(now),
            latency,
            service: self.is_open.then(|| micros(times.service)),
            fault,
        };
        lock(&self.meters[meter.0].2).count(&counted);
        let mut recent = lock(&self.recent);
        put(&mut recent.latency, latency);
        recent.count += 1;
        recent.wrong += u64::from(fault.is_some());
    }

    /// Keeps the exchange that shows a fault, unless there is one that does; it is made only if it is kept.
    pub fn show(&self, meter: Meter, fault: &Fault, example: impl FnOnce() -> Option<Exchange>) {
        let is_shown = || lock(&self.meters[meter.0].2).examples.contains_key(fault);
        if is_shown() {
            return;
        }
        // Made outside of the lock: to mask takes longer than to count.
        let Some(example) = example() else { return };
        lock(&self.meters[meter.0].2).examples.entry(fault.clone()).or_insert(example);
    }

    /// Counts a request whose answer was not waited for.
    pub fn cut(&self, meter: Meter) {
        lock(&self.meters[meter.0].2).unfinished += 1;
    }

    /// What came since it was last asked.
    pub fn recent(&self) -> Recent {
        std::mem::replace(&mut *lock(&self.recent), Recent::new())
    }

    /// The refresh chains that broke; `change` may count one.
    pub fn chains<T>(&self, change: impl FnOnce(&mut Chains) -> T) -> T {
        change(&mut lock(&self.chains))
    }

    /// Whether nobody answered anything so far; true also where nobody asked: a run without an answer is no success.
    pub fn is_silent(&self) -> bool {
        self.meters.iter().all(|(_, _, tally)| {
            let tally = lock(tally);
            let mut wrong = tally.wrong.keys().chain(tally.wrong_before.keys());
            tally.right + tally.right_before == 0 && wrong.all(Fault::is_silence)
        })
    }

    /// What every step bore in each second that is over.
    pub fn glances(&self) -> Vec<Vec<Glance>> {
        let second = second(self.course.elapsed());
        self.meters.iter().map(|(_, _, tally)| lock(tally).glances(second)).collect()
    }

    /// What was measured so far, but for the seconds and the examples: cheap enough to be asked for once a second.
    pub fn sums(&self) -> Vec<Measurement> {
        self.meters.iter().map(|(flow, step, tally)| lock(tally).sums(flow, step.name())).collect()
    }

    /// What every step came to so far, in the order of the plan.
    pub fn standings(&self) -> impl Iterator<Item = (&str, Step, Standing)> {
        self.meters.iter().map(|(flow, step, tally)| (flow.as_str(), *step, lock(tally).standing()))
    }

    /// How every step goes: its counts so far, and its seconds from the one of this number that are over. No histogram is walked through while
    /// users wait for the lock.
    pub fn pulse(&self, from: usize) -> Vec<Pulse> {
        let second = second(self.course.elapsed());
        let pulse = |(flow, step, tally): &(String, Step, Mutex<Tally>)| Pulse::of(flow, *step, &mut lock(tally), from, second);
        self.meters.iter().map(pulse).collect()
    }

    /// What came in these seconds since the beginning, from the first to before the last, whatever is measured of it.
    pub fn window(&self, first: usize, last: usize) -> Vec<Measurement> {
        self.meters.iter().map(|(flow, step, tally)| lock(tally).window(flow, step.name(), first, last)).collect()
    }

    /// What was measured so far, in the order of the plan.
    pub fn measurements(&self) -> Vec<Measurement> {
        self.meters.iter().map(|(flow, step, tally)| lock(tally).measurement(flow, step.name())).collect()
    }
}

#[cfg(test)]
mod tests;
