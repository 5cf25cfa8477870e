//! Watches that nothing is issued twice in a run, and no access token to two, with bounded memory.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use hashbrown::HashTable;

use crate::protocol::Secret;
use crate::verdict::Watch;

/// The most fingerprints that are kept: about 35 MB when full.
pub const LIMIT: u64 = 1 << 20;

/// Users lock one part of the table, not the table.
const PARTS: usize = 64;

/// 64-bit fingerprints of what was issued so far, of all of it or of a share that halves whenever the watch is full.
///
/// The hash is keyed anew in each run, so a provider cannot aim at it. Among [`LIMIT`] values the odds of one false alarm are one in thirty million.
/// Whether a token is in the share is told by its own hash: the same one again is in it, too.
pub struct Seen {
    hasher: RandomState,
    parts: Vec<Mutex<Part>>,
    limit: u64,
    kept: AtomicU64,
    left_out: AtomicU64,
    /// One in two to the power of this is kept.
    level: AtomicU32,
}

#[derive(Default)]
struct Part {
    table: HashTable<(u64, Owner)>,
    /// What it was cleared to.
    level: u32,
}

/// Whose a token is, as a number: a client, or a client and a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner(u32);

/// The owner of what must never come again, to whomever.
const NOBODY: Owner = Owner(0);

/// Whether a token came before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Earlier {
    /// Never.
    Not,
    /// To the same.
    Here,
    /// To somebody else.
    Elsewhere,
}

impl Seen {
    /// An empty watch that keeps at most `limit` fingerprints.
    pub fn new(limit: u64) -> Self {
        Self {
            hasher: RandomState::new(),
            parts: (0..PARTS).map(|_| Mutex::default()).collect(),
            limit,
            kept: AtomicU64::new(0),
            left_out: AtomicU64::new(0),
            level: AtomicU32::new(0),
        }
    }

    /// Notes what is issued once; `false` says that it was issued before.
    pub fn first_time(&self, secret: &Secret) -> bool {
        self.note(secret, NOBODY) == Earlier::Not
    }

    /// Notes what may come again, but to the same only.
    pub fn note(&self, secret: &Secret, owner: Owner) -> Earlier {
        let fingerprint = self.hasher.hash_one(secret.expose());
        let mut part =
            self.parts[usize::try_from(fingerprint >> 58).expect("six bits fit")].lock().unwrap_or_else(PoisonError::into_inner);
        let level = self.level.load(Ordering::Relaxed);
        if part.level < level {
            let before = part.table.len();
            part.table.retain(|(fingerprint, _)| is_in(*fingerprint, level));
            part.table.shrink_to_fit(|(fingerprint, _)| slot(*fingerprint));
            part.level = level;
            self.kept.fetch_sub((before - part.table.len()) as u64, Ordering::Relaxed);
        }
        if !is_in(fingerprint, level) {
            self.left_out.fetch_add(1, Ordering::Relaxed);
            return Earlier::Not;
        }
        if let Some((_, earlier)) = part.table.find(slot(fingerprint), |(other, _)| *other == fingerprint) {
            return if *earlier == owner { Earlier::Here } else { Earlier::Elsewhere };
        }
        part.table.insert_unique(slot(fingerprint), (fingerprint, owner), |(fingerprint, _)| slot(*fingerprint));
        drop(part);
        if self.kept.fetch_add(1, Ordering::Relaxed) + 1 >= self.limit {
            // Parts are cleared when they are next used. Another user may have been faster.
            let _faster = self.level.compare_exchange(level, level + 1, Ordering::Relaxed, Ordering::Relaxed);
        }
        Earlier::Not
    }

    /// Whose a token is that goes to this client and user.
    pub fn owner(&self, client: &str, user: Option<&str>) -> Owner {
        let hash = self.hasher.hash_one((client, user));
        // Never nobody's.
        Owner(u32::try_from(hash >> 32).expect("half of it fits") | 1)
    }

    /// How much the watch covers.
    pub fn watch(&self) -> Watch {
        let level = self.level.load(Ordering::Relaxed);
        let kept = self.parts.iter().map(|part| {
            let part = part.lock().unwrap_or_else(PoisonError::into_inner);
            part.table.iter().filter(|(fingerprint, _)| is_in(*fingerprint, level)).count() as u64
        });
        let kept = kept.sum();
        Watch { kept, limit: self.limit, left_out: self.left_out.load(Ordering::Relaxed), one_in: 1 << level }
    }
}

/// Where in its part's table a fingerprint stands: the bits that choose the part and the share are the same in all of them.
fn slot(fingerprint: u64) -> u64 {
    fingerprint.rotate_left(24)
}

/// The most open codes that are kept: each is a device that waits.
pub const MOST_OPEN: usize = 1 << 16;

/// Codes that are short, and unique only among those that are open: once one is used up or has expired, it may come again.
pub struct OpenCodes {
    hasher: RandomState,
    limit: usize,
    open: Mutex<HashMap<u64, Instant>>,
}

impl OpenCodes {
    /// An empty watch that keeps at most `limit` codes.
    pub fn new(limit: usize) -> Self {
        Self { hasher: RandomState::new(), limit, open: Mutex::default() }
    }

    /// Notes a code that is issued now; `false` says that it is open already, and none that too many are open to tell.
    pub fn open(&self, code: &Secret, lifetime: Duration) -> Option<bool> {
        let (fingerprint, now) = (self.hasher.hash_one(code.expose()), Instant::now());
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.len() == open.capacity() || open.len() >= self.limit {
            open.retain(|_, ends| *ends > now);
        }
        if open.len() >= self.limit && !open.contains_key(&fingerprint) {
            return None;
        }
        Some(open.insert(fingerprint, now + lifetime).is_none_or(|ends| ends <= now))
    }

    /// Notes a code that is used up.
    pub fn close(&self, code: &Secret) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.hasher.hash_one(code.expose()));
    }
}

/// Whether a fingerprint is in the share.
fn is_in(fingerprint: u64, level: u32) -> bool {
    fingerprint.trailing_zeros() >= level
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(number: usize) -> Secret {
        Secret::new("refresh_token", format!("token-{number}"))
    }

    #[test]
    fn a_second_time_is_noticed_whatever_the_name() {
        let seen = Seen::new(LIMIT);
        assert!(seen.first_time(&Secret::new("refresh_token", "a")));
        assert!(seen.first_time(&Secret::new("refresh_token", "b")));
        assert!(!seen.first_time(&Secret::new("code", "a")));
        assert_eq!(seen.watch(), Watch { kept: 2, limit: LIMIT, left_out: 0, one_in: 1 });
    }

    #[test]
    fn the_same_again_is_told_from_the_same_to_somebody_else() {
        let seen = Seen::new(LIMIT);
        let [alice, bob] = ["alice", "bob"].map(|user| seen.owner("web", Some(user)));
        let own = seen.owner("web", None);
        assert_eq!(seen.note(&token(1), alice), Earlier::Not);
        assert_eq!(seen.note(&token(1), alice), Earlier::Here);
        assert_eq!(seen.note(&token(1), bob), Earlier::Elsewhere);
        assert_eq!(seen.note(&token(1), own), Earlier::Elsewhere);
    }

    #[test]
    fn a_code_may_come_again_once_it_is_used_up_or_expired() {
        let (codes, [first, second]) = (OpenCodes::new(MOST_OPEN), [token(1), token(2)]);
        let minute = Duration::from_secs(60);
        assert_eq!((codes.open(&first, minute), codes.open(&second, Duration::ZERO)), (Some(true), Some(true)));
        assert_eq!(codes.open(&first, minute), Some(false));
        assert_eq!(codes.open(&second, minute), Some(true));
        codes.close(&first);
        assert_eq!(codes.open(&first, minute), Some(true));
    }

    #[test]
    fn where_too_many_codes_are_open_a_further_one_is_not_told_of_and_those_that_are_known_are() {
        let codes = OpenCodes::new(3);
        let minute = Duration::from_secs(60);
        assert_eq!(codes.open(&token(0), Duration::ZERO), Some(true));
        for number in 1..=3 {
            assert_eq!(codes.open(&token(number), minute), Some(true), "one that expired makes room");
        }
        assert_eq!((codes.open(&token(4), minute), codes.open(&token(3), minute)), (None, Some(false)));
        codes.close(&token(1));
        assert_eq!(codes.open(&token(4), minute), Some(true));
    }

    #[test]
    fn a_full_watch_halves_its_share_says_so_and_still_sees_all_of_it() {
        let seen = Seen::new(1000);
        for number in 0..10_000 {
            assert!(seen.first_time(&token(number)), "{number}");
        }
        let watch = seen.watch();
        assert!((8..=32).contains(&watch.one_in) && watch.kept <= 1000 && watch.kept > 100, "{watch:?}");
        let again = (0..10_000).filter(|number| !seen.first_time(&token(*number))).count() as u64;
        assert!(again >= watch.kept * 9 / 10, "{again} of {watch:?}");
        assert!(seen.kept.load(Ordering::Relaxed) <= 2000);
    }
}
