//! The seconds of a run that are over: the last of them with their latencies, and what remains of all of them.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use super::StepNow;
use crate::load::measure::Pulse;
use crate::load::measure::clocks::cpu_time;
use crate::verdict::Latency;

/// Seconds that a step's rate and percentiles are taken over: enough not to jump, few enough to be now.
const WINDOW: usize = 5;

/// CPU time over less than this says little.
const SHORT: Duration = Duration::from_millis(500);

/// What remains of a second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// Answers of all steps, right or wrong.
    pub count: u64,
    /// Wrong ones among them.
    pub wrong: u64,
    /// The latency that 99 of a hundred of them did not exceed, in microseconds; none where there was no answer.
    pub p99: Option<u64>,
    /// Whether it lies before the hold, and is not measured.
    pub is_before: bool,
}

/// What the last seconds of a step come to.
#[derive(Clone, Copy, Default)]
struct Lately {
    rate: Option<f64>,
    percentiles: Option<[u64; 3]>,
}

impl Lately {
    fn of(seconds: &VecDeque<Histogram<u64>>) -> Self {
        let mut all = Latency::histogram();
        for second in seconds {
            all.add(second).expect("a histogram that grows takes every value");
        }
        Self {
            rate: (!seconds.is_empty()).then(|| all.len() as f64 / seconds.len() as f64),
            percentiles: (!all.is_empty()).then(|| [0.5, 0.9, 0.99].map(|share| all.value_at_quantile(share))),
        }
    }
}

/// The seconds of a run that are over.
#[derive(Default)]
pub struct Trail {
    moments: Vec<Moment>,
    /// Of each step, the last seconds.
    last: Vec<VecDeque<Histogram<u64>>>,
    /// Of each step, what these come to.
    lately: Vec<Lately>,
    cpu: Option<(Instant, Duration)>,
    cpu_share: Option<f64>,
}

impl Trail {
    /// How many seconds are over.
    pub fn seconds(&self) -> usize {
        self.moments.len()
    }

    /// Takes in the seconds after the last one that it has; says whether there was any, or none yet at all.
    pub fn follow(&mut self, pulses: &[Pulse], threads: usize) -> bool {
        self.watch_cpu(threads);
        self.last.resize_with(pulses.len(), VecDeque::new);
        // All steps were asked for the same seconds, at one time.
        let more = pulses.iter().map(|pulse| pulse.seconds.len()).min().unwrap_or_default();
        for at in 0..more {
            let (mut moment, mut all) = (Moment::default(), Latency::histogram());
            for (pulse, last) in pulses.iter().zip(&mut self.last) {
                let second = &pulse.seconds[at];
                moment.count += u64::from(second.right) + u64::from(second.wrong);
                moment.wrong += u64::from(second.wrong);
                let latency = second.latency.unpack().expect("it was packed here");
                all.add(&latency).expect("a histogram that grows takes every value");
                last.push_back(latency);
                if last.len() > WINDOW {
                    last.pop_front();
                }
            }
            moment.p99 = (!all.is_empty()).then(|| all.value_at_quantile(0.99));
            self.moments.push(moment);
        }
        if more > 0 {
            self.lately = self.last.iter().map(Lately::of).collect();
        }
        more > 0 || self.moments.is_empty()
    }

    fn watch_cpu(&mut self, threads: usize) {
        let now = (Instant::now(), cpu_time());
        let Some((then, spent)) = self.cpu else {
            self.cpu = Some(now);
            return;
        };
        let wall = now.0.duration_since(then);
        if wall >= SHORT {
            self.cpu_share = Some(now.1.saturating_sub(spent).as_secs_f64() / (wall.as_secs_f64() * threads.max(1) as f64));
            self.cpu = Some(now);
        }
    }

    /// The share of its threads' time that the generator used lately, from 0 to 1.
    pub fn cpu_share(&self) -> Option<f64> {
        self.cpu_share
    }

    /// Seconds that a step's rate and percentiles are taken over.
    pub fn window(&self) -> usize {
        self.moments.len().min(WINDOW)
    }

    /// A step as it goes, by its place in the plan.
    pub fn step(&self, at: usize, pulse: &Pulse) -> StepNow {
        let Lately { rate, percentiles } = self.lately.get(at).copied().unwrap_or_default();
        let wrong = pulse.wrong.values().sum();
        StepNow {
            flow: pulse.flow.clone(),
            step: pulse.step.name().to_owned(),
            count: pulse.right + wrong,
            wrong,
            rate,
            percentiles,
        }
    }

    /// All seconds; those that began before the hold are marked.
    pub fn moments(&self, hold_begins: Duration) -> Vec<Moment> {
        let before = |at: usize| (at as f64) < hold_begins.as_secs_f64().floor();
        self.moments.iter().enumerate().map(|(at, moment)| Moment { is_before: before(at), ..*moment }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::measure::Step;
    use crate::verdict::{Packed, Second};

    fn pulse(seconds: &[&[u64]]) -> Pulse {
        let second = |micros: &&[u64]| {
            let mut latency = Latency::histogram();
            micros.iter().for_each(|micros| latency.record(*micros).expect("it grows"));
            Second { right: u32::try_from(micros.len()).expect("few"), wrong: 0, latency: Packed::of(&latency) }
        };
        let right = seconds.iter().map(|second| second.len() as u64).sum();
        let seconds = seconds.iter().map(second).collect();
        Pulse { flow: "refresh".to_owned(), step: Step::Token, right, wrong: [].into(), seconds }
    }

    #[test]
    fn rate_and_percentiles_are_of_the_last_seconds_and_the_trail_of_all() {
        let mut trail = Trail::default();
        assert!(trail.follow(&[pulse(&[])], 2));
        assert_eq!(trail.step(0, &pulse(&[])).rate, None);
        let (slow, fast): (&[u64], &[u64]) = (&[900_000, 900_000], &[1_000; 10]);
        let pulse = pulse(&[slow, fast, fast, fast, fast, fast]);
        assert!(trail.follow(std::slice::from_ref(&pulse), 2));
        let step = trail.step(0, &pulse);
        assert_eq!((step.count, step.rate, step.percentiles), (52, Some(10.0), Some([1_000; 3])));
        let moments = trail.moments(Duration::from_millis(1_500));
        assert_eq!((moments.len(), moments[0].count, moments[0].is_before, moments[1].is_before), (6, 2, true, false));
        assert!(moments[0].p99.is_some_and(|p99| p99 >= 900_000));
    }

    #[test]
    fn a_second_without_an_answer_has_a_rate_of_nothing_and_no_latency() {
        let mut trail = Trail::default();
        let pulse = pulse(&[&[]]);
        assert!(trail.follow(std::slice::from_ref(&pulse), 2) && !trail.follow(&[], 2));
        let step = trail.step(0, &pulse);
        assert_eq!((step.rate, step.percentiles, trail.moments(Duration::ZERO)[0].p99), (Some(0.0), None, None));
    }
}
