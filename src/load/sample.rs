//! What is looked at once more after the clock: the latest few tokens and codes of each flow. Of older ones many have expired, and whoever is dead of age
//! says nothing.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use serde_json::Value;

use super::flows::Party;
use crate::protocol::{Exchange, Request, Secret, Tokens};

/// How many of each sort are kept.
const KEPT: usize = 16;

/// Where many come fast, the next one is taken so long after the last one, in milliseconds: to make one takes longer than to count it.
const APART: u64 = 100;

/// The samples of one flow.
#[derive(Default)]
pub struct Samples {
    /// Access tokens.
    pub tokens: Ring<Issued>,
    /// Redemptions of codes that brought a token.
    pub codes: Ring<Spent>,
    /// Polls of device codes that brought a token.
    pub device_codes: Ring<Spent>,
    /// Access tokens that were revoked.
    pub revoked: Ring<Issued>,
    /// Chains, as they were left.
    pub chains: Ring<Chain>,
}

/// An access token.
pub struct Issued {
    /// Whose it is.
    pub party: Party,
    /// The token.
    pub token: Secret,
    /// The ID token beside it.
    pub id_token: Option<Secret>,
    /// The exchange that brought them, as it may be shown.
    pub exchange: Option<Exchange>,
}

impl Issued {
    /// What a token answer brought.
    pub fn of(party: Party, tokens: &Tokens, exchange: Option<Exchange>) -> Self {
        let id_token = tokens.members.get("id_token").and_then(Value::as_str).map(|token| Secret::new("id_token", token));
        Self { party, token: tokens.access_token.clone(), id_token, exchange }
    }
}

/// A request that was worth a token once.
pub struct Spent {
    /// Whose it was.
    pub party: Party,
    /// The request.
    pub request: Request,
}

/// A refresh chain as it was left.
pub struct Chain {
    /// Whose it is.
    pub party: Party,
    /// Its newest token.
    pub newest: Secret,
    /// One of those that it had before, and when that was replaced.
    pub spent: Option<(Secret, Instant)>,
}

/// The latest few of many.
pub struct Ring<T> {
    made: Instant,
    offered: AtomicU64,
    /// When the last one was taken, in milliseconds since the ring was made.
    took: AtomicU64,
    kept: Mutex<VecDeque<T>>,
}

impl<T> Default for Ring<T> {
    fn default() -> Self {
        Self { made: Instant::now(), offered: AtomicU64::new(0), took: AtomicU64::new(0), kept: Mutex::default() }
    }
}

impl<T> Ring<T> {
    /// Takes one where many come fast, all of the first and then one at a time; it is made only if it is taken.
    pub fn offer(&self, make: impl FnOnce() -> T) {
        if self.wants() {
            self.keep(make());
        }
    }

    fn wants(&self) -> bool {
        let now = u64::try_from(self.made.elapsed().as_millis()).unwrap_or(u64::MAX);
        let took = self.took.load(Ordering::Relaxed);
        if now.saturating_sub(took) >= APART {
            // Of two at once one is enough.
            return self.took.compare_exchange(took, now, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        }
        self.offered.load(Ordering::Relaxed) < KEPT as u64 && self.offered.fetch_add(1, Ordering::Relaxed) < KEPT as u64
    }

    /// Takes one of few.
    pub fn keep(&self, one: T) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == KEPT {
            kept.pop_front();
        }
        kept.push_back(one);
    }

    /// What was kept, the latest first.
    pub fn take(&self) -> Vec<T> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).drain(..).rev().collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_first_and_then_the_latest_are_kept_and_of_many_only_some_are_made() {
        let ring = Ring::default();
        let (mut made, began) = (0, Instant::now());
        let mut last = 0;
        for number in 0_u64.. {
            ring.offer(|| {
                (made, last) = (made + 1, number);
                number
            });
            if number == 10 {
                assert_eq!(made, 11, "where few come all are taken");
            }
            if began.elapsed() >= Duration::from_millis(5 * APART + APART / 2) {
                break;
            }
        }
        assert!((KEPT + 2..=KEPT + 6).contains(&made), "{made}");
        let kept = ring.take();
        assert_eq!((kept.len(), kept[0]), (KEPT, last));
        assert!(last > 1000 && kept.windows(2).all(|two| two[0] > two[1]), "{kept:?}");
        assert!(ring.take().is_empty());
    }
}
