//! What one step of one flow bore so far: the counts and histograms behind a [`Measurement`].

use std::collections::BTreeMap;

use hdrhistogram::Histogram;

use crate::load::fault::Fault;
use crate::protocol::Exchange;
use crate::verdict::{Latency, Measurement, Packed, Second};

/// A histogram of microseconds with what it cannot know exactly.
#[derive(Clone)]
pub struct Timing {
    histogram: Histogram<u64>,
    max: u64,
    sum: u64,
}

impl Default for Timing {
    fn default() -> Self {
        Self { histogram: Latency::histogram(), max: 0, sum: 0 }
    }
}

impl Timing {
    /// Adds a duration.
    pub fn put(&mut self, micros: u64) {
        put(&mut self.histogram, micros);
        self.max = self.max.max(micros);
        self.sum = self.sum.saturating_add(micros);
    }

    /// As plain data.
    pub fn latency(&self) -> Latency {
        Latency::of(&self.histogram, self.max, self.sum)
    }
}

/// Adds a duration to a histogram.
pub fn put(histogram: &mut Histogram<u64>, micros: u64) {
    histogram.record(micros).expect("the histogram grows, and the value is bounded");
}

/// An answer as it is counted.
pub struct Counted<'a> {
    /// The second in which it came, since the beginning.
    pub second: usize,
    /// Whether what asked for it began within the hold.
    pub is_measured: bool,
    /// Whether it came within the hold.
    pub in_hold: bool,
    /// Microseconds from where its latency counts.
    pub latency: u64,
    /// Microseconds from the send, where that is another time.
    pub service: Option<u64>,
    /// What is wrong with it.
    pub fault: Option<&'a Fault>,
}

/// A second that is over, or still is; its latency in the form that needs little memory.
#[derive(Clone, Default)]
struct Past {
    right: u32,
    wrong: u32,
    p50: u64,
    latency: Packed,
}

/// What a window of steadiness is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Glance {
    /// Answers of the second.
    pub count: u32,
    /// Their median, in microseconds.
    pub p50: u64,
}

/// What one step came to so far, as it is shown while the run goes on.
pub struct Standing {
    /// Right answers of the hold.
    pub right: u64,
    /// Wrong answers of the hold, by kind.
    pub wrong: BTreeMap<Fault, u64>,
    /// Right answers of ramp and warm-up.
    pub right_before: u64,
    /// Wrong answers of ramp and warm-up, by kind.
    pub wrong_before: BTreeMap<Fault, u64>,
    /// Requests that were cut.
    pub unfinished: u64,
    /// The latency of the answers of the hold.
    pub latency: Timing,
    /// Their service time, where that is another.
    pub service: Option<Timing>,
}

/// The counts of one step of one flow.
pub struct Tally {
    latency: Timing,
    service: Option<Timing>,
    pub(super) right: u64,
    pub(super) wrong: BTreeMap<Fault, u64>,
    pub(super) examples: BTreeMap<Fault, Exchange>,
    pub(super) unfinished: u64,
    in_hold: u64,
    pub(super) right_before: u64,
    pub(super) wrong_before: BTreeMap<Fault, u64>,
    past: Vec<Past>,
    /// The second that is not over; the one after the last of `past`.
    present: (u32, u32, Histogram<u64>),
}

impl Tally {
    /// An empty one; `is_open` says that latency counts from intended times.
    pub fn new(is_open: bool) -> Self {
        Self {
            latency: Timing::default(),
            service: is_open.then(Timing::default),
            right: 0,
            wrong: BTreeMap::new(),
            examples: BTreeMap::new(),
            unfinished: 0,
            in_hold: 0,
            right_before: 0,
            wrong_before: BTreeMap::new(),
            past: Vec::new(),
            present: (0, 0, Latency::histogram()),
        }
    }

    /// Counts an answer.
    pub fn count(&mut self, answer: &Counted<'_>) {
        self.come_to(answer.second);
        put(&mut self.present.2, answer.latency);
        match answer.fault {
            None => self.present.0 += 1,
            Some(_) => self.present.1 += 1,
        }
        self.in_hold += u64::from(answer.in_hold);
        match (answer.is_measured, answer.fault) {
            (false, None) => self.right_before += 1,
            (false, Some(fault)) => *self.wrong_before.entry(fault.clone()).or_default() += 1,
            (true, None) => self.right += 1,
            (true, Some(fault)) => *self.wrong.entry(fault.clone()).or_default() += 1,
        }
        if answer.is_measured {
            self.latency.put(answer.latency);
            if let (Some(timing), Some(service)) = (&mut self.service, answer.service) {
                timing.put(service);
            }
        }
    }

    /// Closes the seconds before this one.
    fn come_to(&mut self, second: usize) {
        while self.past.len() < second {
            self.past.push(past(&self.present));
            self.present.0 = 0;
            self.present.1 = 0;
            self.present.2.clear();
        }
    }

    /// The seconds that are over by then, for whoever looks whether they drift.
    pub fn glances(&mut self, second: usize) -> Vec<Glance> {
        self.come_to(second);
        self.past.iter().map(|past| Glance { count: past.right + past.wrong, p50: past.p50 }).collect()
    }

    /// What came in these seconds, from the first to before the last, whatever is measured of it.
    pub fn window(&self, flow: &str, step: &str, first: usize, last: usize) -> Measurement {
        let (mut latency, mut right, mut wrong) = (Latency::histogram(), 0, 0);
        let present = past(&self.present);
        let seconds = self.past.iter().chain([&present]).enumerate();
        for (_, second) in seconds.filter(|(at, _)| *at >= first && *at < last) {
            right += u64::from(second.right);
            wrong += u64::from(second.wrong);
            let part = second.latency.unpack().expect("it was packed here");
            latency.add(part).expect("a histogram that grows takes every value");
        }
        let max = if latency.is_empty() { 0 } else { latency.max() };
        Measurement {
            flow: flow.to_owned(),
            step: step.to_owned(),
            right,
            wrong: if wrong > 0 { [("of any kind".to_owned(), wrong)].into() } else { BTreeMap::new() },
            in_hold: right + wrong,
            latency: Latency::of(&latency, max, (latency.mean() * latency.len() as f64) as u64),
            ..Measurement::default()
        }
    }

    /// What was measured so far.
    pub fn measurement(&self, flow: &str, step: &str) -> Measurement {
        let examples = self.examples.iter().map(|(fault, example)| (fault.to_string(), example.clone())).collect();
        Measurement { seconds: self.seconds(), examples, ..self.sums(flow, step) }
    }

    /// The seconds from this one that are over by then.
    pub fn seconds_since(&mut self, from: usize, second: usize) -> Vec<Second> {
        self.come_to(second);
        let over = self.past.get(from..).unwrap_or_default();
        over.iter().map(|past| Second { right: past.right, wrong: past.wrong, latency: past.latency.clone() }).collect()
    }

    fn seconds(&self) -> Vec<Second> {
        let mut seconds: Vec<Past> = self.past.clone();
        if self.present.0 + self.present.1 > 0 {
            seconds.push(past(&self.present));
        }
        let second = |past: Past| Second { right: past.right, wrong: past.wrong, latency: past.latency };
        seconds.into_iter().map(second).collect()
    }

    /// What there is so far; histograms are copied and not summed up, so that whoever counts an answer does not wait for long.
    pub fn standing(&self) -> Standing {
        Standing {
            right: self.right,
            wrong: self.wrong.clone(),
            right_before: self.right_before,
            wrong_before: self.wrong_before.clone(),
            unfinished: self.unfinished,
            latency: self.latency.clone(),
            service: self.service.clone(),
        }
    }

    /// What was measured so far, but for the seconds and the examples.
    pub fn sums(&self, flow: &str, step: &str) -> Measurement {
        Measurement {
            flow: flow.to_owned(),
            step: step.to_owned(),
            right: self.right,
            wrong: self.wrong.iter().map(|(fault, count)| (fault.to_string(), *count)).collect(),
            examples: BTreeMap::new(),
            unfinished: self.unfinished,
            in_hold: self.in_hold,
            right_before: self.right_before,
            wrong_before: self.wrong_before.values().sum(),
            latency: self.latency.latency(),
            service: self.service.as_ref().map(Timing::latency),
            seconds: Vec::new(),
        }
    }
}

fn past((right, wrong, latency): &(u32, u32, Histogram<u64>)) -> Past {
    let p50 = if latency.is_empty() { 0 } else { latency.value_at_quantile(0.5) };
    Past { right: *right, wrong: *wrong, p50, latency: Packed::of(latency) }
}
