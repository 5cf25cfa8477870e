//! How the arrivals of a plan with an arrival rate kept to their times.

use serde::{Deserialize, Serialize};

use super::Latency;

/// Arrivals of one flow within the hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrivals {
    /// So many were due.
    pub due: u64,
    /// So many of them began, late or not.
    pub made: u64,
    /// So many began late, because every user still waited for an answer: more users would have begun them in time.
    pub late_for_want_of_users: u64,
    /// So many began late although a user was free: the generator's own lag.
    pub late_by_generator: u64,
    /// By how much those began late for which a user was free when they were due: the generator's own lag, however small.
    #[serde(skip_serializing_if = "Latency::is_empty", default)]
    pub lag: Latency,
    /// How many were due in each second since the users began, ramp and warm-up included.
    pub seconds: Vec<u32>,
}

impl Arrivals {
    /// Arrivals that began late, for whatever reason.
    pub fn late(&self) -> u64 {
        self.late_for_want_of_users + self.late_by_generator
    }

    /// Arrivals that were due and never began.
    pub fn never_made(&self) -> u64 {
        self.due.saturating_sub(self.made)
    }

    /// Adds another generator's arrivals.
    pub fn merge(&mut self, other: &Self) {
        self.due += other.due;
        self.made += other.made;
        self.late_for_want_of_users += other.late_for_want_of_users;
        self.late_by_generator += other.late_by_generator;
        self.lag.merge(&other.lag);
        if self.seconds.len() < other.seconds.len() {
            self.seconds.resize(other.seconds.len(), 0);
        }
        for (mine, theirs) in self.seconds.iter_mut().zip(&other.seconds) {
            *mine += theirs;
        }
    }
}
