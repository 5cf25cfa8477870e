//! What is looked at once more after the clock: a few tokens and codes of each flow, the latest and some from all over the run.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use serde_json::Value;

use super::flows::Party;
use crate::protocol::{Exchange, Request, Secret, Tokens};

/// How many of each sort are kept.
const KEPT: usize = 16;

/// Once so many were offered, one in so many is taken.
const ONE_IN: u64 = 64;

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
    offered: AtomicU64,
    kept: Mutex<VecDeque<T>>,
}

impl<T> Default for Ring<T> {
    fn default() -> Self {
        Self { offered: AtomicU64::new(0), kept: Mutex::default() }
    }
}

impl<T> Ring<T> {
    /// Takes one where many come fast; it is made only if it is taken.
    pub fn offer(&self, make: impl FnOnce() -> T) {
        let number = self.offered.fetch_add(1, Ordering::Relaxed);
        if number < KEPT as u64 || number.is_multiple_of(ONE_IN) {
            self.keep(make());
        }
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
    use super::*;

    #[test]
    fn the_latest_are_kept_and_of_many_only_some_are_made() {
        let ring = Ring::default();
        let mut made = 0;
        for number in 0..10_000 {
            ring.offer(|| {
                made += 1;
                number
            });
        }
        assert!(made < 200, "{made}");
        let kept = ring.take();
        assert_eq!((kept.len(), kept[0]), (KEPT, 9_984));
        assert!(ring.take().is_empty());
    }
}
