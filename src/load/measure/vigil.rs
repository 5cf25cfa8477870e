//! The generator's eye on itself: its CPU, its lag, and whether it was what held the run back.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use tokio_util::sync::CancellationToken;

use super::clocks::{cpu_time, cpu_time_of};
use super::tally::put;
use crate::load::pace::Course;
use crate::verdict::{Arrivals, Generator, Latency, micros_in_words};

/// Between two looks.
const GLANCE: Duration = Duration::from_millis(10);

/// A generator that used more of its threads' time had none left for its users.
const BUSY: f64 = 0.9;

/// A lag below this is the timer's own, or that of a machine that does something else as well.
const SMALL_LAG: Duration = Duration::from_millis(10);

/// More arrivals than this share that were late by our fault are too many.
const LATE_SHARE: f64 = 0.01;

/// What was seen of the generator within the hold.
pub struct Vigil {
    threads: usize,
    /// The process of the server, where it is one of ours.
    server: Option<u32>,
    seen: Mutex<Seen>,
}

struct Seen {
    lag: Histogram<u64>,
    longest: u64,
    sum: u64,
    first: Option<Clocks>,
    last: Option<Clocks>,
}

/// The time, and CPU time at that time.
#[derive(Clone, Copy)]
struct Clocks {
    at: Instant,
    own: Duration,
    server: Option<Duration>,
}

impl Vigil {
    /// Over a runtime with so many threads, beside the process of a server of ours.
    pub fn new(threads: usize, server: Option<u32>) -> Self {
        let seen = Seen { lag: Latency::histogram(), longest: 0, sum: 0, first: None, last: None };
        Self { threads, server, seen: Mutex::new(seen) }
    }

    /// Looks a hundred times a second, until the course is over or cut.
    pub async fn keep(&self, course: &Course, cut: &CancellationToken) {
        while !course.is_over() && !cut.is_cancelled() {
            let due = Instant::now() + GLANCE;
            tokio::time::sleep_until(due.into()).await;
            let lag = due.elapsed();
            if course.holds(course.elapsed()) {
                self.look(u64::try_from(lag.as_micros()).unwrap_or(u64::MAX));
            }
        }
    }

    fn look(&self, lag: u64) {
        let now = Clocks { at: Instant::now(), own: cpu_time(), server: self.server.and_then(cpu_time_of) };
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        put(&mut seen.lag, lag);
        seen.longest = seen.longest.max(lag);
        seen.sum = seen.sum.saturating_add(lag);
        seen.first.get_or_insert(now);
        seen.last = Some(now);
    }

    /// Threads that run users.
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// By how much a task that was due began late so far, a hundred times a second of the hold.
    pub fn lag(&self) -> Latency {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        Latency::of(&seen.lag, seen.longest, seen.sum)
    }

    /// What the generator needed for so many requests of the hold, and whether it held the run back.
    pub fn report(&self, requests: u64, latency: &Latency, arrivals: Option<&Arrivals>) -> Generator {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let (wall, cpu, server) = match (seen.first, seen.last) {
            (Some(first), Some(last)) => {
                let server = last.server.zip(first.server).map(|(last, first)| last.saturating_sub(first));
                (last.at - first.at, last.own.saturating_sub(first.own), server)
            }
            (None, _) | (_, None) => (Duration::ZERO, Duration::ZERO, None),
        };
        let share = if wall.is_zero() { 0.0 } else { cpu.as_secs_f64() / (wall.as_secs_f64() * self.threads as f64) };
        let per_request = if requests == 0 { 0.0 } else { cpu.as_secs_f64() * 1e6 / requests as f64 };
        let lag = Latency::of(&seen.lag, seen.longest, seen.sum);
        let bound = bound(share, self.threads, &lag, latency, arrivals);
        Generator {
            threads: self.threads,
            cpu_seconds: cpu.as_secs_f64(),
            cpu_micros_per_request: per_request,
            cpu_share: share,
            peak_memory: peak_memory(),
            lag,
            server_cpu_seconds: server.map(|cpu| cpu.as_secs_f64()),
            asked_to_rest: 0,
            rested_seconds: 0.0,
            bound,
        }
    }
}

/// Why the figures are the generator's own, where they are.
fn bound(share: f64, threads: usize, lag: &Latency, latency: &Latency, arrivals: Option<&Arrivals>) -> Option<String> {
    if share > BUSY {
        return Some(format!("its {threads} threads were busy for {:.0}% of the time", share * 100.0));
    }
    if let Some(arrivals) = arrivals
        && arrivals.late_by_generator as f64 > LATE_SHARE * arrivals.due as f64
    {
        let (late, due) = (arrivals.late_by_generator, arrivals.due);
        return Some(format!("{late} of {due} arrivals began late although a user was free"));
    }
    let (own, whole) = (lag.quantile(0.99)?, latency.quantile(0.99)?);
    (u128::from(own) > SMALL_LAG.as_micros() && own > whole / 2).then(|| {
        let [own, whole] = [own, whole].map(|micros| micros_in_words(micros as f64));
        format!("it woke up late by {own} (p99), more than half of the p99 that it measured, {whole}")
    })
}

/// The most memory that was resident so far, in octets, where the system tells.
fn peak_memory() -> Option<u64> {
    memory("VmHWM:")
}

/// The memory that is resident now, in octets, where the system tells.
pub fn resident_memory() -> Option<u64> {
    memory("VmRSS:")
}

fn memory(what: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(what))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(micros: u64) -> Latency {
        Latency { buckets: vec![(micros, 1000)], max: micros, sum: micros * 1000 }
    }

    #[test]
    fn a_generator_with_time_to_spare_is_not_bound() {
        let arrivals = Arrivals { due: 1000, made: 1000, late_for_want_of_users: 500, ..Arrivals::default() };
        assert_eq!(bound(0.5, 2, &all(1_000), &all(1_500), Some(&arrivals)), None);
        assert_eq!(bound(0.5, 2, &all(12_000), &all(500_000), None), None);
        assert_eq!(bound(0.0, 2, &Latency::default(), &Latency::default(), None), None);
    }

    #[test]
    fn a_generator_that_is_busy_late_or_slow_to_wake_is_bound_and_says_by_what() {
        let late = Arrivals { due: 1000, made: 1000, late_by_generator: 11, ..Arrivals::default() };
        for (judged, by) in [
            (bound(0.95, 2, &all(0), &all(1), None), "95%"),
            (bound(0.1, 2, &all(0), &all(1), Some(&late)), "11 of 1000"),
            (bound(0.1, 2, &all(30_000), &all(40_000), None), "30.0ms"),
        ] {
            assert!(judged.as_deref().is_some_and(|why| why.contains(by)), "{by}: {judged:?}");
        }
    }
}
