//! How often a flow was run within the hold, and how its arrivals kept to their times; users of the flow count into it.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::measure::{Timing, micros};
use super::pace::{Course, Lane, Lateness, Slot};
use crate::verdict::{Arrivals, FlowRun};

/// The counts of one flow.
#[derive(Default)]
pub struct Post {
    users: AtomicUsize,
    begun: Counts,
    withdrawn: Counts,
    lag: Mutex<Timing>,
}

/// Counts that only grow: whoever looks at them again and again sees no step back.
#[derive(Default)]
struct Counts {
    passes: AtomicU64,
    late_for_want_of_users: AtomicU64,
    late_by_generator: AtomicU64,
}

impl Counts {
    fn add(&self, lateness: Lateness) {
        self.passes.fetch_add(1, Ordering::Relaxed);
        let late = match lateness {
            Lateness::None => return,
            Lateness::WantOfUsers => &self.late_for_want_of_users,
            Lateness::Generator => &self.late_by_generator,
        };
        late.fetch_add(1, Ordering::Relaxed);
    }

    fn read(&self) -> Passes {
        let [passes, late_for_want_of_users, late_by_generator] =
            [&self.passes, &self.late_for_want_of_users, &self.late_by_generator].map(|count| count.load(Ordering::Relaxed));
        Passes { passes, late_for_want_of_users, late_by_generator }
    }
}

/// How often a flow was run within the hold, and how many of the passes began late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passes {
    /// All of them.
    pub passes: u64,
    /// Late because every user still waited for an answer.
    pub late_for_want_of_users: u64,
    /// Late although a user was free.
    pub late_by_generator: u64,
}

/// How a pass was counted.
pub struct Entry {
    lateness: Lateness,
    is_counted: bool,
}

impl Post {
    /// Counts a user of the flow that began, and says which one it is, from 0.
    pub fn user_began(&self) -> usize {
        self.users.fetch_add(1, Ordering::Relaxed)
    }

    /// How many users of the flow have begun.
    pub fn users(&self) -> usize {
        self.users.load(Ordering::Relaxed)
    }

    /// Counts a pass that begins now, or takes this arrival.
    pub fn begin(&self, course: &Course, slot: Option<Slot>) -> Entry {
        let lateness = slot.map_or(Lateness::None, |slot| slot.lateness);
        let is_counted = course.holds(slot.map_or_else(|| course.elapsed(), |slot| slot.due_at));
        if is_counted {
            self.begun.add(lateness);
            if let Some(lag) = slot.and_then(|slot| slot.lag) {
                self.lag.lock().unwrap_or_else(PoisonError::into_inner).put(micros(lag));
            }
        }
        Entry { lateness, is_counted }
    }

    /// Takes back a pass in which nothing was measured: the user only got itself another token. As an arrival it was never made.
    pub fn withdraw(&self, Entry { lateness, is_counted }: Entry) {
        if is_counted {
            self.withdrawn.add(lateness);
        }
    }

    /// Passes that began, and those of them that were taken back; each only grows.
    pub fn passes(&self) -> (Passes, Passes) {
        // What is taken back began before: read the other way round, a pass of this moment could be taken back and not have begun.
        let withdrawn = self.withdrawn.read();
        (self.begun.read(), withdrawn)
    }

    /// What the flow's users did so far.
    pub fn report(&self, flow: &str, course: &Course, lane: Option<&Lane>) -> FlowRun {
        let (begun, withdrawn) = self.passes();
        let made = begun.passes.saturating_sub(withdrawn.passes);
        let arrivals = lane.map(|lane| {
            let (table, now) = (course.table(), course.elapsed());
            // Copied: whoever takes an arrival does not wait until it is summed up.
            let lag = self.lag.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let due = |by: Duration| lane.due(&table, by.min(now));
            let seconds = table.ends().min(now).as_secs_f64().ceil() as u64;
            let within = |second| due(Duration::from_secs(second + 1)).saturating_sub(due(Duration::from_secs(second)));
            Arrivals {
                due: due_in_hold(course, lane),
                made,
                late_for_want_of_users: begun.late_for_want_of_users.saturating_sub(withdrawn.late_for_want_of_users),
                late_by_generator: begun.late_by_generator.saturating_sub(withdrawn.late_by_generator),
                lag: lag.latency(),
                seconds: (0..seconds).map(|second| u32::try_from(within(second)).unwrap_or(u32::MAX)).collect(),
            }
        });
        FlowRun { flow: flow.to_owned(), passes: made, arrivals }
    }
}

/// The arrivals of the hold that are due by now.
pub fn due_in_hold(course: &Course, lane: &Lane) -> u64 {
    let (table, now) = (course.table(), course.elapsed());
    let due = |by: Duration| lane.due(&table, by.min(now));
    due(table.ends()).saturating_sub(due(table.hold_begins()))
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::super::pace::{Stretch, Timetable};
    use super::*;

    #[test]
    fn what_is_taken_back_counts_as_never_made_and_no_count_goes_back() {
        let hold = vec![Stretch { span: Duration::from_secs(60), from: 10.0, to: 10.0 }];
        let course = Course::new(Timetable::new(Duration::ZERO, Duration::ZERO, hold), None);
        let (post, begun) = (Post::default(), course.begin());
        let arrival = |lateness| Some(Slot { due: Instant::now(), due_at: course.since(begun), lateness, lag: None });
        let entries =
            [Lateness::None, Lateness::WantOfUsers, Lateness::WantOfUsers].map(|late| post.begin(&course, arrival(late)));
        let [_, taken_back, _] = entries;
        post.withdraw(taken_back);
        let passes = |passes, late_for_want_of_users| Passes { passes, late_for_want_of_users, late_by_generator: 0 };
        assert_eq!(post.passes(), (passes(3, 2), passes(1, 1)));
        assert_eq!(post.report("flow", &course, None).passes, 2);
    }
}
