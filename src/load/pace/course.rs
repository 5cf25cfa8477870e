//! The course of a run in time: when it began, where in it the hold lies, and whether it is over.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;

use super::Timetable;

/// What was due before the end may begin so long after it: nobody wakes up to the microsecond.
const GRACE: Duration = Duration::from_millis(50);

/// So many passes are left where they are not counted.
const UNCOUNTED: u64 = u64::MAX;

/// The clock of a run and its timetable, which may change while it runs, but never in what is past.
pub struct Course {
    began: OnceLock<Instant>,
    table: ArcSwap<Timetable>,
    /// The passes that may still begin within the hold.
    left: AtomicU64,
}

impl Course {
    /// A course that nobody began; it ends with the timetable, or after so many passes of the hold.
    pub fn new(table: Timetable, count: Option<u64>) -> Self {
        Self { began: OnceLock::new(), table: ArcSwap::from_pointee(table), left: AtomicU64::new(count.unwrap_or(UNCOUNTED)) }
    }

    /// Starts the clock, once.
    pub fn begin(&self) -> Instant {
        *self.began.get_or_init(Instant::now)
    }

    /// Whether the clock has started.
    pub fn has_begun(&self) -> bool {
        self.began.get().is_some()
    }

    /// Since the clock started.
    pub fn elapsed(&self) -> Duration {
        self.began.get().map_or(Duration::ZERO, Instant::elapsed)
    }

    /// How long after the beginning that was, or is to be.
    pub fn since(&self, at: Instant) -> Duration {
        self.began.get().map_or(Duration::ZERO, |began| at.saturating_duration_since(*began))
    }

    /// The timetable as it stands.
    pub fn table(&self) -> arc_swap::Guard<std::sync::Arc<Timetable>> {
        self.table.load()
    }

    /// Replaces the timetable; what is past must be the same in both.
    pub fn change(&self, table: Timetable) {
        self.table.store(std::sync::Arc::new(table));
    }

    /// Whether so long after the beginning was within the hold.
    pub fn holds(&self, at: Duration) -> bool {
        let table = self.table();
        at >= table.hold_begins() && at < table.ends()
    }

    /// How long after the beginning nothing begins any more.
    pub fn ends(&self) -> Duration {
        self.table().ends()
    }

    /// Whether nothing is to begin any more.
    pub fn is_over(&self) -> bool {
        self.elapsed() >= self.ends()
    }

    /// Whether also what was due at the very end can no longer begin.
    pub fn is_closed(&self) -> bool {
        self.elapsed() >= self.closes()
    }

    /// When that is.
    pub fn closes(&self) -> Duration {
        self.ends() + GRACE
    }

    /// Whether one more pass may begin now; where the passes are counted and the last one is taken, the hold ends.
    pub fn takes(&self) -> bool {
        // All users look at each turn: where nothing is counted, nothing is written either.
        if self.left.load(Ordering::Relaxed) == UNCOUNTED {
            return true;
        }
        let now = self.elapsed();
        if now < self.table().hold_begins() {
            return true;
        }
        let took = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        if took.is_err() {
            self.finish(now);
        }
        took.is_ok()
    }

    /// The passes that may still begin within the hold, where they are counted.
    pub fn left(&self) -> Option<u64> {
        Some(self.left.load(Ordering::Relaxed)).filter(|left| *left != UNCOUNTED)
    }

    /// Ends the hold at this time, unless it is over by then.
    pub fn finish(&self, at: Duration) {
        let table = self.table();
        if at < table.ends() {
            let mut left = at.saturating_sub(table.hold_begins());
            let mut hold = Vec::new();
            for stretch in table.hold() {
                if left.is_zero() {
                    break;
                }
                let mut kept = *stretch;
                if kept.span > left {
                    kept.to = kept.from + (kept.to - kept.from) * left.as_secs_f64() / kept.span.as_secs_f64();
                    kept.span = left;
                }
                left -= kept.span;
                hold.push(kept);
            }
            self.change(table.with_hold(hold));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Stretch;
    use super::*;

    #[test]
    fn a_counted_run_is_over_when_its_last_pass_is_taken() {
        let hold = vec![Stretch { span: Duration::from_secs(60), from: 1.0, to: 1.0 }];
        let course = Course::new(Timetable::new(Duration::ZERO, Duration::ZERO, hold), Some(2));
        course.begin();
        assert!(course.takes() && course.takes());
        assert!(!course.is_over());
        assert!(!course.takes());
        assert!(course.is_over() && course.ends() < Duration::from_secs(60));
    }

    #[test]
    fn what_ends_early_keeps_what_is_past() {
        let hold = vec![Stretch { span: Duration::from_secs(10), from: 0.0, to: 100.0 }];
        let course = Course::new(Timetable::new(Duration::from_secs(1), Duration::ZERO, hold), None);
        let due = course.table().due(Duration::from_secs(5));
        course.finish(Duration::from_secs(6));
        assert_eq!(course.ends(), Duration::from_secs(6));
        assert_eq!(course.table().due(Duration::from_secs(5)), due);
        assert!(course.holds(Duration::from_secs(5)) && !course.holds(Duration::from_secs(6)));
    }
}
