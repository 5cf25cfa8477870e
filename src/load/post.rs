//! How often a flow was run within the hold, and how its arrivals kept to their times; users of the flow count into it.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use super::pace::{Course, Lane, Lateness, Slot};
use crate::verdict::{Arrivals, FlowRun};

/// The counts of one flow.
#[derive(Default)]
pub struct Post {
    users: AtomicUsize,
    passes: AtomicU64,
    late_for_want_of_users: AtomicU64,
    late_by_generator: AtomicU64,
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

    /// Counts a pass that begins now, or takes this arrival.
    pub fn begin(&self, course: &Course, slot: Option<Slot>) -> Entry {
        let lateness = slot.map_or(Lateness::None, |slot| slot.lateness);
        let is_counted = course.holds(slot.map_or_else(|| course.elapsed(), |slot| slot.due_at));
        if is_counted {
            self.passes.fetch_add(1, Ordering::Relaxed);
            if let Some(late) = self.late(lateness) {
                late.fetch_add(1, Ordering::Relaxed);
            }
        }
        Entry { lateness, is_counted }
    }

    /// Takes back a pass in which nothing was measured: the user only got itself another token. As an arrival it was never made.
    pub fn withdraw(&self, Entry { lateness, is_counted }: Entry) {
        if is_counted {
            self.passes.fetch_sub(1, Ordering::Relaxed);
            if let Some(late) = self.late(lateness) {
                late.fetch_sub(1, Ordering::Relaxed);
            }
        }
    }

    fn late(&self, lateness: Lateness) -> Option<&AtomicU64> {
        match lateness {
            Lateness::None => None,
            Lateness::WantOfUsers => Some(&self.late_for_want_of_users),
            Lateness::Generator => Some(&self.late_by_generator),
        }
    }

    /// What the flow's users did so far.
    pub fn report(&self, flow: &str, course: &Course, lane: Option<&Lane>) -> FlowRun {
        let [made, late_for_want_of_users, late_by_generator] =
            [&self.passes, &self.late_for_want_of_users, &self.late_by_generator].map(|count| count.load(Ordering::Relaxed));
        let arrivals = lane.map(|lane| {
            let (table, now) = (course.table(), course.elapsed());
            let due = |by: Duration| lane.due(&table, by.min(now));
            let seconds = table.ends().min(now).as_secs_f64().ceil() as u64;
            let within = |second| due(Duration::from_secs(second + 1)).saturating_sub(due(Duration::from_secs(second)));
            Arrivals {
                due: due(table.ends()).saturating_sub(due(table.hold_begins())),
                made,
                late_for_want_of_users,
                late_by_generator,
                seconds: (0..seconds).map(|second| u32::try_from(within(second)).unwrap_or(u32::MAX)).collect(),
            }
        });
        FlowRun { flow: flow.to_owned(), passes: made, arrivals }
    }
}
