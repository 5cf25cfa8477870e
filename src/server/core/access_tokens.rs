//! Access tokens, many of them: 16 bytes of each token's hash, what it is good for, and nothing more; in the order of their issue, so that those that
//! are over lie in front.

use std::collections::VecDeque;
use std::sync::Arc;

use hashbrown::HashTable;
use sha2::{Digest as _, Sha256};

use super::grant::{AccessToken, Grant};
use super::shards::Shards;

/// All access tokens of a realm. A token itself is not kept, only its hash, which no other token has.
#[derive(Default)]
pub struct AccessTokens {
    parts: Shards<Ledger>,
}

/// The first half of a token's SHA-256.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Key([u8; 16]);

impl Key {
    fn of(token: &str) -> Self {
        let mut half = [0; 16];
        half.copy_from_slice(&Sha256::digest(token)[..16]);
        Self(half)
    }

    /// A hash of a hash is no better than its own bytes.
    fn hash(self) -> u64 {
        u64::from_le_bytes(self.0.as_chunks().0[0])
    }

    fn part(self) -> u64 {
        u64::from_le_bytes(self.0.as_chunks().0[1])
    }
}

impl AccessTokens {
    /// Adds a token.
    pub fn insert(&self, token: &str, entry: AccessToken, now: u64) {
        let key = Key::of(token);
        self.parts.at(key.part()).insert(key, entry, now);
    }

    /// What is known of a token.
    pub fn get(&self, token: &str) -> Option<AccessToken> {
        let key = Key::of(token);
        self.parts.at(key.part()).get(key).cloned()
    }

    /// Whether the token is known, alive or not.
    pub fn contains(&self, token: &str) -> bool {
        self.get(token).is_some()
    }

    /// Revokes one token.
    pub fn revoke(&self, token: &str) {
        let key = Key::of(token);
        if let Some(found) = self.parts.at(key.part()).get_mut(key) {
            found.revoked = true;
        }
    }

    /// How many are kept.
    pub fn count(&self) -> usize {
        self.parts.each().map(|part| part.index.len()).sum()
    }

    /// The grants that tokens live by which satisfy the condition; one that has several such tokens comes several times.
    pub fn grants(&self, wanted: impl Fn(&AccessToken) -> bool) -> Vec<Arc<Grant>> {
        let mut grants = Vec::new();
        for part in self.parts.each() {
            grants.extend(part.entries().filter(|token| wanted(token)).map(|token| Arc::clone(&token.grant)));
        }
        grants
    }

    /// Shows every token that is kept, alive or not.
    pub fn visit(&self, mut visit: impl FnMut(&AccessToken)) {
        for part in self.parts.each() {
            part.entries().for_each(&mut visit);
        }
    }

    /// Drops tokens that are over, a bounded number at a time.
    pub fn sweep(&self, now: u64) {
        for mut part in self.parts.each() {
            part.sweep(now);
        }
    }
}

/// How many entries are allocated at once: no growing array is ever copied, and none is half empty.
const CHUNK: usize = 64;
/// How many entries a new one looks at: with two, the ledger shrinks while it is written to.
const LOOKED_AT: usize = 2;
/// How many entries are dropped at most in one sweep of a part.
const SWEPT: usize = 4_096;

/// One part of the tokens.
#[derive(Default)]
struct Ledger {
    /// Where a key's entry stands, as the number of its issue.
    index: HashTable<u32>,
    chunks: VecDeque<Vec<Slot>>,
    /// The number of the first slot of the first chunk.
    base: u32,
    /// How many slots of the first chunk are empty already.
    gone: usize,
}

struct Slot {
    key: Key,
    entry: Option<AccessToken>,
}

impl Ledger {
    fn insert(&mut self, key: Key, entry: AccessToken, now: u64) {
        for _ in 0..LOOKED_AT {
            if !self.drop_front(now) && !self.move_front_back(entry.expires_at) {
                break;
            }
        }
        self.push(Slot { key, entry: Some(entry) });
    }

    fn push(&mut self, slot: Slot) {
        if self.chunks.back().is_none_or(|chunk| chunk.len() == CHUNK) {
            self.chunks.push_back(Vec::with_capacity(CHUNK));
        }
        let before = (self.chunks.len() - 1) * CHUNK;
        let chunk = self.chunks.back_mut().expect("one was just made sure of");
        // Numbers wrap; what is kept at a time is far fewer than there are numbers.
        let number = self.base.wrapping_add((before + chunk.len()) as u32);
        let key = slot.key;
        chunk.push(slot);
        let chunks = &self.chunks;
        let base = self.base;
        self.index.insert_unique(key.hash(), number, |number| at(chunks, base, *number).key.hash());
    }

    fn get(&self, key: Key) -> Option<&AccessToken> {
        let number = *self.index.find(key.hash(), |number| at(&self.chunks, self.base, *number).key == key)?;
        at(&self.chunks, self.base, number).entry.as_ref()
    }

    fn get_mut(&mut self, key: Key) -> Option<&mut AccessToken> {
        let number = *self.index.find(key.hash(), |number| at(&self.chunks, self.base, *number).key == key)?;
        let place = number.wrapping_sub(self.base) as usize;
        self.chunks[place / CHUNK][place % CHUNK].entry.as_mut()
    }

    fn entries(&self) -> impl Iterator<Item = &AccessToken> {
        self.chunks.iter().flatten().filter_map(|slot| slot.entry.as_ref())
    }

    /// The entry in front.
    fn front(&mut self) -> Option<&mut Slot> {
        self.chunks.front_mut()?.get_mut(self.gone)
    }

    /// Drops the entry in front if it is over.
    fn drop_front(&mut self, now: u64) -> bool {
        let over = self.front().is_some_and(|slot| slot.entry.as_ref().is_none_or(|entry| entry.is_expired(now)));
        over && self.take_front().is_some()
    }

    fn take_front(&mut self) -> Option<Slot> {
        let number = self.base.wrapping_add(self.gone as u32);
        let slot = self.front()?;
        let taken = Slot { key: slot.key, entry: slot.entry.take() };
        self.gone += 1;
        if let Ok(found) = self.index.find_entry(taken.key.hash(), |known| *known == number) {
            found.remove();
        }
        if self.gone == CHUNK {
            self.chunks.pop_front();
            self.base = self.base.wrapping_add(CHUNK as u32);
            self.gone = 0;
        }
        Some(taken)
    }

    /// Moves the entry in front to the back if it outlives a newer one: it would shield those that are over behind it.
    fn move_front_back(&mut self, newer_ends: u64) -> bool {
        let outlives = self.front().is_some_and(|slot| slot.entry.as_ref().is_some_and(|entry| entry.expires_at > newer_ends));
        if outlives && let Some(slot) = self.take_front() {
            self.push(slot);
        }
        outlives
    }

    fn sweep(&mut self, now: u64) {
        // Once round at most: an entry that outlives the newest one would shield those behind it.
        let newest = self.chunks.back().and_then(|chunk| chunk.last()?.entry.as_ref()).map(|entry| entry.expires_at);
        for _ in 0..SWEPT.min(self.index.len()) {
            if !self.drop_front(now) && !newest.is_some_and(|ends| self.move_front_back(ends)) {
                break;
            }
        }
        if self.index.capacity() > 4 * self.index.len().max(CHUNK) {
            let (chunks, base) = (&self.chunks, self.base);
            self.index.shrink_to(self.index.len(), |number| at(chunks, base, *number).key.hash());
        }
    }
}

fn at(chunks: &VecDeque<Vec<Slot>>, base: u32, number: u32) -> &Slot {
    let place = number.wrapping_sub(base) as usize;
    &chunks[place / CHUNK][place % CHUNK]
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::server::core::grant::Owner;
    use crate::server::core::scope::Scopes;

    fn entry(expires_at: u64) -> AccessToken {
        let grant = Arc::new(Grant::new("batch", Owner::Client, Scopes::default(), None, 0));
        AccessToken { grant, scopes: Scopes::default(), issued_at: 0, expires_at, jti: [0; 16], revoked: false }
    }

    #[test]
    fn an_entry_and_its_grant_stay_within_their_budget() {
        assert_eq!(size_of::<Slot>(), 80);
        assert!(size_of::<Grant>() <= 80, "{}", size_of::<Grant>());
    }

    #[test]
    fn what_is_over_is_dropped_while_others_are_added_and_what_lives_stays() {
        let tokens = AccessTokens::default();
        for number in 0..200_000_u64 {
            let end = if number % 100 == 0 { u64::MAX } else { number + 1_000 };
            tokens.insert(&number.to_string(), entry(end), number);
        }
        for number in (0..200_000).step_by(100) {
            assert!(tokens.contains(&number.to_string()), "{number} lives for ever");
        }
        assert!(!tokens.contains("1"));
        assert!(tokens.contains("199999"));
        let expected = 2_000 + 1_000;
        assert!(tokens.count() < 3 * expected, "{} kept", tokens.count());
    }

    #[test]
    fn a_sweep_leaves_nothing_of_what_is_over() {
        let tokens = AccessTokens::default();
        for number in 0..100_000_u64 {
            tokens.insert(&number.to_string(), entry(5_000), 0);
        }
        assert_eq!(tokens.count(), 100_000);
        tokens.sweep(4_999);
        assert_eq!(tokens.count(), 100_000);
        tokens.sweep(5_000);
        assert_eq!(tokens.count(), 0);
        assert!(tokens.parts.each().all(|part| part.chunks.len() <= 1 && part.index.capacity() <= 4 * CHUNK));
    }

    #[test]
    fn a_sweep_finds_what_is_over_behind_what_lives_on() {
        let tokens = AccessTokens::default();
        for number in 0..1_000_u64 {
            tokens.insert(&format!("old {number}"), entry(1_000_000), 0);
        }
        for number in 0..10_000_u64 {
            tokens.insert(&format!("new {number}"), entry(5_000), 0);
        }
        tokens.sweep(5_000);
        tokens.sweep(5_000);
        assert_eq!(tokens.count(), 1_000);
        assert!((0..1_000).all(|number| tokens.contains(&format!("old {number}"))));
    }

    #[test]
    fn one_token_is_revoked_alone() {
        let tokens = AccessTokens::default();
        tokens.insert("one", entry(10), 0);
        tokens.insert("other", entry(10), 0);
        tokens.revoke("one");
        assert!(tokens.get("one").is_some_and(|token| token.is_revoked()));
        assert!(tokens.get("other").is_some_and(|token| !token.is_revoked()));
        assert!(tokens.get("One").is_none());
    }
}
