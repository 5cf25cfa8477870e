//! Watches that no refresh token and no code is issued twice in a run, with bounded memory.

use std::collections::HashSet;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::protocol::Secret;
use crate::verdict::Watch;

/// The most fingerprints that are kept: about 80 MB when full.
pub const LIMIT: u64 = 1 << 22;

/// Users lock one shard of the set, not the set.
const SHARDS: usize = 64;

/// 64-bit fingerprints of what was issued so far.
///
/// The hash is keyed anew in each run, so a provider cannot aim at it. Among [`LIMIT`] values the odds of one
/// false alarm are one in two million. What comes when the set is full is still looked up, but not kept.
pub struct Seen {
    hasher: RandomState,
    shards: Vec<Mutex<HashSet<u64>>>,
    limit: u64,
    kept: AtomicU64,
    left_out: AtomicU64,
}

impl Seen {
    /// An empty watch that keeps at most `limit` fingerprints.
    pub fn new(limit: u64) -> Self {
        Self {
            hasher: RandomState::new(),
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            limit,
            kept: AtomicU64::new(0),
            left_out: AtomicU64::new(0),
        }
    }

    /// Notes a token or code; `false` says that it was issued before.
    pub fn first_time(&self, secret: &Secret) -> bool {
        let fingerprint = self.hasher.hash_one(secret.expose());
        let shard = &self.shards[usize::try_from(fingerprint >> 58).expect("six bits fit")];
        let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
        if shard.contains(&fingerprint) {
            return false;
        }
        if self.kept.fetch_add(1, Ordering::Relaxed) < self.limit {
            shard.insert(fingerprint);
        } else {
            self.kept.fetch_sub(1, Ordering::Relaxed);
            self.left_out.fetch_add(1, Ordering::Relaxed);
        }
        true
    }

    /// How much the watch covers.
    pub fn watch(&self) -> Watch {
        let [kept, left_out] = [&self.kept, &self.left_out].map(|count| count.load(Ordering::Relaxed));
        Watch { kept, limit: self.limit, left_out, one_in: 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_time_is_noticed_whatever_the_name() {
        let seen = Seen::new(LIMIT);
        assert!(seen.first_time(&Secret::new("refresh_token", "a")));
        assert!(seen.first_time(&Secret::new("refresh_token", "b")));
        assert!(!seen.first_time(&Secret::new("code", "a")));
        assert_eq!(seen.watch().kept, 2);
    }

    #[test]
    fn a_full_watch_keeps_no_more_and_says_so() {
        let seen = Seen::new(1);
        assert!(seen.first_time(&Secret::new("code", "a")));
        assert!(seen.first_time(&Secret::new("code", "b")));
        assert!(seen.first_time(&Secret::new("code", "b")));
        assert!(!seen.first_time(&Secret::new("code", "a")));
        assert_eq!(seen.watch(), Watch { kept: 1, limit: 1, left_out: 2, one_in: 1 });
    }
}
