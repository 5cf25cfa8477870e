//! Counts wrong secrets, passwords and user codes, so that guessing is slow (RFC 6749 section 2.3.1, RFC 8628 section 5.1).

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

const MINUTE: u64 = 60_000;

/// Failures of the minute under way, by what was guessed at. The names are those of registered clients and users, so it cannot grow.
#[derive(Default)]
pub struct Failures {
    /// Whether there was any; where nobody guesses, nobody waits for the lock.
    any: AtomicBool,
    by_name: Mutex<HashMap<String, Window>>,
}

struct Window {
    began_at: u64,
    failures: u32,
}

impl Failures {
    /// Whether this name has failed more often than a minute bears.
    pub fn exhausted(&self, name: impl FnOnce() -> String, per_minute: u32, now: u64) -> bool {
        self.any.load(Ordering::Acquire)
            && self.by_name().get(&name()).is_some_and(|window| now < window.began_at + MINUTE && window.failures > per_minute)
    }

    /// Counts one failure.
    pub fn count(&self, name: String, now: u64) {
        let mut by_name = self.by_name();
        let window = by_name.entry(name).or_insert(Window { began_at: now, failures: 0 });
        if now >= window.began_at + MINUTE {
            *window = Window { began_at: now, failures: 0 };
        }
        window.failures += 1;
        self.any.store(true, Ordering::Release);
    }

    /// Forgets the minutes that are over.
    pub fn sweep(&self, now: u64) {
        let mut by_name = self.by_name();
        by_name.retain(|_, window| now < window.began_at + MINUTE);
        self.any.store(!by_name.is_empty(), Ordering::Release);
    }

    fn by_name(&self) -> MutexGuard<'_, HashMap<String, Window>> {
        self.by_name.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::Failures;

    #[test]
    fn failures_count_within_their_minute_only() {
        let failures = Failures::default();
        let exhausted = |name: &str, per_minute, now| failures.exhausted(|| name.to_owned(), per_minute, now);
        assert!(!exhausted("web-app", 0, 1_000));
        for _ in 0..3 {
            failures.count("web-app".to_owned(), 1_000);
        }
        assert!(exhausted("web-app", 2, 2_000));
        assert!(!exhausted("web-app", 3, 2_000));
        assert!(!exhausted("other-app", 2, 2_000));
        assert!(!exhausted("web-app", 2, 61_000));
        failures.sweep(60_999);
        assert!(exhausted("web-app", 2, 2_000));
        failures.sweep(61_000);
        assert!(!exhausted("web-app", 2, 2_000));
    }
}
