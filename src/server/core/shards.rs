//! A table cut into parts, each behind a lock of its own, so that two requests about different things do not wait for each other.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many parts: more than there are threads, so that two of them seldom meet.
pub const PARTS: usize = 32;

/// The parts.
pub struct Shards<Part> {
    parts: [Mutex<Part>; PARTS],
    hasher: RandomState,
}

impl<Part: Default> Default for Shards<Part> {
    fn default() -> Self {
        Self { parts: std::array::from_fn(|_| Mutex::default()), hasher: RandomState::new() }
    }
}

impl<Part> Shards<Part> {
    /// The part that an entry of this name is in, locked.
    pub fn of(&self, name: &str) -> MutexGuard<'_, Part> {
        self.at(self.hasher.hash_one(name))
    }

    /// The part that belongs to a number, locked; every number is as likely as the next.
    pub fn at(&self, number: u64) -> MutexGuard<'_, Part> {
        // A panic elsewhere leaves a part whole: each change is a single call.
        let part = &self.parts[usize::from(number.to_le_bytes()[0]) % PARTS];
        part.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Every part in turn, each locked while it is looked at.
    pub fn each(&self) -> impl Iterator<Item = MutexGuard<'_, Part>> {
        self.parts.iter().map(|part| part.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
