//! What one user of the wire, such as the scene of a check, met on it: how long it waited for its turn, and what spoiled its answers.

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// Kept for one user of a shared client.
#[derive(Debug, Default)]
pub(super) struct Account {
    waits: Mutex<Waits>,
    spoiled: OnceLock<String>,
}

#[derive(Debug, Default)]
struct Waits {
    /// Requests that wait now, and since when there is one at least.
    now: u32,
    since: Option<Instant>,
    before: Duration,
}

impl Account {
    /// One waits from now on, until what this returns is dropped.
    pub(super) fn waits(&self) -> Waiting<'_> {
        let mut waits = self.lock();
        waits.now += 1;
        waits.since.get_or_insert_with(Instant::now);
        Waiting(self)
    }

    /// How long one or more have waited so far.
    pub(super) fn waited(&self) -> Duration {
        let waits = self.lock();
        waits.before + waits.since.map(|since| since.elapsed()).unwrap_or_default()
    }

    /// An answer says nothing of what was asked, for this reason; the first one stays.
    pub(super) fn spoil(&self, reason: String) {
        self.spoiled.get_or_init(|| reason);
    }

    /// Why the answers are not to be judged.
    pub(super) fn spoiled(&self) -> Option<&str> {
        self.spoiled.get().map(String::as_str)
    }

    fn lock(&self) -> MutexGuard<'_, Waits> {
        self.waits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One that waits.
pub(super) struct Waiting<'a>(&'a Account);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut waits = self.0.lock();
        waits.now -= 1;
        if waits.now == 0 {
            let waited = waits.since.take().map(|since| since.elapsed()).unwrap_or_default();
            waits.before += waited;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_in_which_several_wait_counts_once_and_time_between_does_not() {
        let account = Account::default();
        let nap = || std::thread::sleep(Duration::from_millis(20));
        let one = account.waits();
        nap();
        let other = account.waits();
        nap();
        drop(one);
        nap();
        assert!(account.waited() >= Duration::from_millis(60));
        drop(other);
        let waited = account.waited();
        nap();
        assert_eq!(account.waited(), waited);
        assert!(waited < Duration::from_millis(110), "{waited:?}");
    }
}
