//! What one user of the wire, such as the scene of a check, met on it: how long it waited for its turn, and what spoiled its answers.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use crate::protocol::{Failure, Response};

/// Kept for one user of a shared client.
#[derive(Debug, Default)]
pub(super) struct Account {
    /// Whose it is, as reports name it.
    pub(super) who: Option<String>,
    waits: Mutex<Waits>,
    spoiled: OnceLock<String>,
    troubled: AtomicBool,
}

#[derive(Debug, Default)]
struct Waits {
    /// Requests that wait now, and since when there is one at least.
    now: u32,
    since: Option<Instant>,
    before: Duration,
}

impl Account {
    /// The account of a check, for one.
    pub(super) fn of(who: &str) -> Self {
        Self { who: Some(who.to_owned()), ..Self::default() }
    }

    /// How one exchange ended.
    pub(super) fn had(&self, outcome: &Result<Response, Failure>) {
        let trouble = match outcome {
            Ok(response) => response.status >= 500,
            Err(Failure::Connect(_) | Failure::TimedOut(_) | Failure::Broken(_)) => true,
            Err(Failure::TooLong(_) | Failure::Malformed(_) | Failure::Unsendable(_)) => false,
        };
        self.troubled.fetch_or(trouble, Ordering::Relaxed);
    }

    /// Whether an answer was missing, or told of a fault of the provider's.
    pub(super) fn is_troubled(&self) -> bool {
        self.troubled.load(Ordering::Relaxed)
    }

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
