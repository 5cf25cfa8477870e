//! The arrivals of one flow: each is due at a time of its own, and a user that is free takes the next one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::{Course, Shard, Timetable};

/// An arrival that began more than this after its time is late.
const LATE: Duration = Duration::from_millis(5);

/// An arrival that a user has taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// When it was due: what it takes counts from here.
    pub due: Instant,
    /// Since the beginning of the run.
    pub due_at: Duration,
    /// How late it began.
    pub lateness: Lateness,
    /// By how much it began late, where a user was free when it was due.
    pub lag: Option<Duration>,
}

/// Whether an arrival began in time, and why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lateness {
    /// In time.
    None,
    /// Every user still waited for an answer when it was due.
    WantOfUsers,
    /// A user was free, and was woken late.
    Generator,
}

/// The arrivals of one flow.
pub struct Lane {
    /// Of all arrivals of the timetable, the share that is this flow's.
    share: f64,
    /// Where between two arrivals of its own this flow's lie, so that flows take turns; from 0 to 1.
    phase: f64,
    shard: Shard,
    /// Permits are arrivals that are due and not taken.
    due: Semaphore,
    released: AtomicU64,
    taken: AtomicU64,
}

impl Lane {
    /// A lane for this share of the arrivals.
    pub fn new(share: f64, phase: f64, shard: Shard) -> Self {
        Self { share, phase, shard, due: Semaphore::new(0), released: AtomicU64::new(0), taken: AtomicU64::new(0) }
    }

    /// When the arrival of this number is due, from 0.
    fn when(&self, table: &Timetable, number: u64) -> Option<Duration> {
        let of_all = number as f64 * self.shard.of() as f64 + self.shard.index() as f64;
        table.when((of_all + self.phase) / self.share)
    }

    /// How many arrivals are due by a time.
    pub fn due(&self, table: &Timetable, by: Duration) -> u64 {
        let of_all = table.due(by) * self.share - self.phase - self.shard.index() as f64;
        if of_all < 0.0 { 0 } else { (of_all / self.shard.of() as f64).floor() as u64 + 1 }
    }

    /// Lets users take what is due by now, and says when the next one is.
    fn release(&self, table: &Timetable, now: Duration) -> Option<Duration> {
        let due = self.due(table, now);
        let released = self.released.swap(due.max(self.released.load(Ordering::Relaxed)), Ordering::Relaxed);
        if let Ok(more) = usize::try_from(due.saturating_sub(released)) {
            self.due.add_permits(more);
        }
        self.when(table, due.max(released))
    }

    /// Waits for an arrival that no other user takes; none when the run is over or cut.
    pub async fn take(&self, course: &Course, cut: &CancellationToken) -> Option<Slot> {
        let asked = course.elapsed();
        let left = course.closes().saturating_sub(asked);
        let permit = tokio::select! {
            biased;
            permit = self.due.acquire() => permit.ok()?,
            () = cut.cancelled() => return None,
            () = tokio::time::sleep(left) => return None,
        };
        permit.forget();
        // What was due in the run and could not begin in it is never made.
        if course.is_closed() {
            return None;
        }
        let number = self.taken.fetch_add(1, Ordering::Relaxed);
        let due_at = self.when(&course.table(), number)?;
        let (lag, was_free) = (course.elapsed().saturating_sub(due_at), asked <= due_at);
        let lateness = match (lag > LATE, was_free) {
            (false, _) => Lateness::None,
            (true, false) => Lateness::WantOfUsers,
            (true, true) => Lateness::Generator,
        };
        Some(Slot { due: course.begin() + due_at, due_at, lateness, lag: was_free.then_some(lag) })
    }
}

/// The shortest nap between two looks at the clock.
const NAP: Duration = Duration::from_micros(50);
/// The longest: so soon a changed timetable or the end is noticed.
const LONG_NAP: Duration = Duration::from_millis(20);

/// Releases the arrivals of all lanes in a thread of its own: the timer of the runtime knows whole milliseconds only.
pub struct Pacer {
    stop: CancellationToken,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Pacer {
    /// Begins the course and releases its arrivals until it is over or dropped.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(course: Arc<Course>, lanes: Vec<Arc<Lane>>) -> std::io::Result<Self> {
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let thread = std::thread::Builder::new().name("arrivals".to_owned()).spawn(move || {
            while !stopped.is_cancelled() && !course.is_closed() {
                if !course.has_begun() {
                    std::thread::sleep(NAP);
                    continue;
                }
                let (table, now) = (course.table(), course.elapsed());
                let next = lanes.iter().filter_map(|lane| lane.release(&table, now)).min();
                drop(table);
                let wait = next.map_or(LONG_NAP, |next| next.saturating_sub(course.elapsed()));
                std::thread::sleep(wait.clamp(NAP, LONG_NAP));
            }
        })?;
        Ok(Self { stop, thread: Some(thread) })
    }
}

impl Drop for Pacer {
    fn drop(&mut self) {
        self.stop.cancel();
        if let Some(thread) = self.thread.take() {
            // It cannot have panicked in a way that matters more than what was measured.
            drop(thread.join());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Stretch;
    use super::*;

    fn table(rate: f64) -> Timetable {
        Timetable::new(Duration::ZERO, Duration::ZERO, vec![Stretch { span: Duration::from_secs(10), from: rate, to: rate }])
    }

    #[test]
    fn the_lanes_of_all_flows_and_shards_have_every_arrival_once() {
        let table = table(100.0);
        let mut all = Vec::new();
        for (share, phase) in [(0.7, 0.25), (0.3, 0.75)] {
            for index in 1..=3 {
                let lane = Lane::new(share, phase, Shard::new(index, 3).expect("it is one of three"));
                let due = lane.due(&table, Duration::from_secs(10));
                all.extend((0..due).map(|number| lane.when(&table, number).expect("it is within the run")));
            }
        }
        assert_eq!(all.len(), 1000);
        let in_a_second = |second| all.iter().filter(|at| at.as_secs() == second).count();
        assert!((0..10).all(|second| in_a_second(second).abs_diff(100) <= 2), "the rate is even");
    }

    #[test]
    fn what_is_due_by_a_time_is_what_was_due_before_it() {
        let (table, lane) = (table(333.0), Lane::new(0.4, 0.5, Shard::whole()));
        for millis in [0, 1, 7, 500, 9_999] {
            let by = Duration::from_millis(millis);
            let due = lane.due(&table, by);
            assert!(due == 0 || lane.when(&table, due - 1).expect("it was due") <= by + Duration::from_nanos(10));
            assert!(lane.when(&table, due).is_none_or(|next| next > by));
        }
    }

    #[tokio::test]
    async fn a_user_gets_each_arrival_at_its_time_and_nothing_after_the_end() {
        let hold = vec![Stretch { span: Duration::from_millis(100), from: 100.0, to: 100.0 }];
        let course = Arc::new(Course::new(Timetable::new(Duration::ZERO, Duration::ZERO, hold), None));
        let lane = Arc::new(Lane::new(1.0, 0.5, Shard::whole()));
        course.begin();
        let _pacer = Pacer::start(Arc::clone(&course), vec![Arc::clone(&lane)]).expect("there is a thread");
        let mut slots = Vec::new();
        while let Some(slot) = lane.take(&course, &CancellationToken::new()).await {
            assert!(slot.due <= Instant::now(), "nothing begins before its time");
            slots.push(slot.due_at);
        }
        assert_eq!(slots.len(), 10);
        assert_eq!(slots[1] - slots[0], Duration::from_millis(10));
    }
}
