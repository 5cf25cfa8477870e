//! Counts and times every answer: a histogram per step of every flow, errors by kind, answers by second.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use super::fault::Fault;
use crate::protocol::Exchange;
use crate::verdict::{Chains, Latency, Measurement};

/// Significant digits of every histogram; measurements merge without loss because all have the same.
const DIGITS: u8 = 3;

/// A longer duration is counted as this one, so that a histogram stays small.
const LONGEST: Duration = Duration::from_secs(86_400);

/// A step within a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// A device authorization request.
    Authorization,
    /// A whole walk from the authorization endpoint through login and consent to the redirect.
    Login,
    /// A user's walk from the verification page to the end of the approval.
    Approval,
    /// A request to the token endpoint.
    Token,
}

impl Step {
    /// Every step, in the order of a flow.
    pub const ALL: [Self; 4] = [Self::Authorization, Self::Login, Self::Approval, Self::Token];

    /// The name that plans and reports use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Authorization => "authorization",
            Self::Login => "login",
            Self::Approval => "approval",
            Self::Token => "token",
        }
    }
}

/// Where one step of one flow is counted; cheap to copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meter(usize);

/// What a run measures; users share it.
pub struct Recorder {
    meters: Vec<(String, Step, Mutex<Tally>)>,
    hold: (Duration, Duration),
    began: OnceLock<Instant>,
    recent: Mutex<Recent>,
    users: AtomicUsize,
    chains: Mutex<Chains>,
}

struct Tally {
    latency: Histogram<u64>,
    max: u64,
    sum: u64,
    right: u64,
    wrong: BTreeMap<Fault, u64>,
    examples: BTreeMap<Fault, Exchange>,
    unfinished: u64,
    in_hold: u64,
    seconds: Vec<(u32, u32)>,
}

/// What came since the last progress line.
pub struct Recent {
    /// Durations in microseconds.
    pub latency: Histogram<u64>,
    /// Answers.
    pub count: u64,
    /// Wrong ones among them.
    pub wrong: u64,
}

fn histogram() -> Histogram<u64> {
    Histogram::new(DIGITS).expect("three digits are within what a histogram takes")
}

fn put(histogram: &mut Histogram<u64>, micros: u64) {
    histogram.record(micros).expect("the histogram grows, and the value is bounded");
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Recorder {
    /// A recorder whose hold lies between these two times after the beginning.
    pub fn new(steps: impl IntoIterator<Item = (String, Step)>, hold: (Duration, Duration)) -> Self {
        let tally = || Tally {
            latency: histogram(),
            max: 0,
            sum: 0,
            right: 0,
            wrong: BTreeMap::new(),
            examples: BTreeMap::new(),
            unfinished: 0,
            in_hold: 0,
            seconds: Vec::new(),
        };
        Self {
            meters: steps.into_iter().map(|(flow, step)| (flow, step, Mutex::new(tally()))).collect(),
            hold,
            began: OnceLock::new(),
            recent: Mutex::new(Recent { latency: histogram(), count: 0, wrong: 0 }),
            users: AtomicUsize::new(0),
            chains: Mutex::default(),
        }
    }

    /// Where a step of the flow of this name is counted.
    pub fn meter(&self, flow: &str, step: Step) -> Meter {
        let at = self.meters.iter().position(|(name, other, _)| name == flow && *other == step);
        Meter(at.expect("every step of every flow of the plan has a meter"))
    }

    /// Starts the clock, once.
    pub fn begin(&self) -> Instant {
        *self.began.get_or_init(Instant::now)
    }

    /// Since the clock started.
    pub fn elapsed(&self) -> Duration {
        self.began.get().map_or(Duration::ZERO, Instant::elapsed)
    }

    /// Counts a user that began, and says which one it is, from 0.
    pub fn user_began(&self) -> usize {
        self.users.fetch_add(1, Ordering::Relaxed)
    }

    /// Users that began so far.
    pub fn users(&self) -> usize {
        self.users.load(Ordering::Relaxed)
    }

    /// Counts one answer that came just now, or did not come.
    pub fn record(&self, meter: Meter, took: Duration, fault: Option<&Fault>) {
        let now = self.elapsed();
        let micros = u64::try_from(took.min(LONGEST).as_micros()).expect("a day in microseconds fits");
        {
            let mut tally = lock(&self.meters[meter.0].2);
            put(&mut tally.latency, micros);
            tally.max = tally.max.max(micros);
            tally.sum = tally.sum.saturating_add(micros);
            let second = usize::try_from(now.as_secs()).expect("a run is bounded by hours");
            if tally.seconds.len() <= second {
                tally.seconds.resize(second + 1, (0, 0));
            }
            match fault {
                None => {
                    tally.right += 1;
                    tally.seconds[second].0 += 1;
                }
                Some(fault) => {
                    *tally.wrong.entry(fault.clone()).or_default() += 1;
                    tally.seconds[second].1 += 1;
                }
            }
            tally.in_hold += u64::from(now >= self.hold.0 && now < self.hold.1);
        }
        let mut recent = lock(&self.recent);
        put(&mut recent.latency, micros);
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
        let fresh = Recent { latency: histogram(), count: 0, wrong: 0 };
        std::mem::replace(&mut *lock(&self.recent), fresh)
    }

    /// The refresh chains that broke; `change` may count one.
    pub fn chains<T>(&self, change: impl FnOnce(&mut Chains) -> T) -> T {
        change(&mut lock(&self.chains))
    }

    /// Whether nobody answered anything so far; true also where nobody asked: a run without an answer is no success.
    pub fn is_silent(&self) -> bool {
        self.meters.iter().all(|(_, _, tally)| {
            let tally = lock(tally);
            tally.right == 0 && tally.wrong.keys().all(Fault::is_silence)
        })
    }

    /// What was measured so far, in the order of the plan.
    pub fn measurements(&self) -> Vec<Measurement> {
        let show = |(flow, step, tally): &(String, Step, Mutex<Tally>)| {
            let tally = lock(tally);
            let buckets = tally.latency.iter_recorded().map(|at| (at.value_iterated_to(), at.count_at_value())).collect();
            Measurement {
                flow: flow.clone(),
                step: step.name().to_owned(),
                right: tally.right,
                wrong: tally.wrong.iter().map(|(fault, count)| (fault.to_string(), *count)).collect(),
                examples: tally.examples.iter().map(|(fault, example)| (fault.to_string(), example.clone())).collect(),
                unfinished: tally.unfinished,
                in_hold: tally.in_hold,
                latency: Latency { buckets, max: tally.max, sum: tally.sum },
                seconds: tally.seconds.clone(),
            }
        };
        self.meters.iter().map(show).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn recorder() -> Recorder {
        Recorder::new([("refresh".to_owned(), Step::Token)], (Duration::ZERO, Duration::from_secs(60)))
    }

    #[test]
    fn right_and_wrong_answers_are_counted_apart_and_timed_together() {
        let recorder = recorder();
        recorder.begin();
        let meter = recorder.meter("refresh", Step::Token);
        recorder.record(meter, Duration::from_micros(250), None);
        recorder.record(meter, Duration::from_millis(10), Some(&Fault::Status(500)));
        recorder.cut(meter);
        let measured = &recorder.measurements()[0];
        assert_eq!((measured.count(), measured.right, measured.errors(), measured.unfinished, measured.in_hold), (2, 1, 1, 1, 2));
        assert_eq!(measured.wrong["status 500"], 1);
        assert_eq!((measured.latency.max, measured.latency.sum), (10_000, 10_250));
        assert_eq!(measured.latency.quantile(0.5), Some(250));
        assert_eq!((recorder.recent().count, recorder.recent().count), (2, 0));
    }

    proptest! {
        #[test]
        fn two_shards_merged_are_what_one_generator_would_have_measured(
            micros in proptest::collection::vec((1_u64..5_000_000, any::<bool>(), any::<bool>()), 1..200)
        ) {
            let (whole, left, right) = (recorder(), recorder(), recorder());
            let meter = whole.meter("refresh", Step::Token);
            for (took, fails, goes_left) in micros {
                let fault = fails.then_some(Fault::NotJson);
                let shard = if goes_left { &left } else { &right };
                for one in [&whole, shard] {
                    one.record(meter, Duration::from_micros(took), fault.as_ref());
                }
            }
            let mut merged = left.measurements().remove(0);
            merged.merge(&right.measurements().remove(0));
            prop_assert_eq!(merged, whole.measurements().remove(0));
        }
    }
}
