//! All that a realm remembers between two requests. Nothing in it is behind one lock for all, and no lock is held while signing.
//!
//! Whoever needs two locks takes them in the order of the members below.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::access_tokens::AccessTokens;
use super::device::Devices;
use super::failures::Failures;
use super::family::{Chains, stem};
use super::grant::{Code, Grant, RefreshToken};
use super::journal::Journal;
use super::script::Script;
use super::session::Session;
use super::shards::Shards;
use super::table::Table;

/// The memory of a realm.
#[derive(Default)]
pub struct Memory {
    /// How far the realm's clock is ahead, in milliseconds.
    pub offset: AtomicU64,
    /// How many logins there were.
    pub logins: AtomicU64,
    /// Browsers, by the value of their cookie.
    pub sessions: Shards<Table<Session>>,
    devices: Mutex<Devices>,
    /// Authorization codes.
    pub codes: Shards<Table<Code>>,
    /// Refresh tokens in use, and of each family the latest that were replaced.
    pub refresh_tokens: Shards<Chains>,
    /// Access tokens, by the whole token: one that was tampered with is another one.
    pub access_tokens: AccessTokens,
    /// Wrong guesses.
    pub failures: Failures,
    /// The latest requests, where they are noted.
    pub journal: Journal,
    /// Prepared answers.
    pub script: Script,
    gossip: Mutex<Gossip>,
}

/// What only a bad server remembers.
#[derive(Default)]
pub struct Gossip {
    /// Subject of whoever logged in last.
    pub latest_login: Option<String>,
    /// Access tokens in full, with the grants that they live by.
    pub access_tokens: Vec<(Weak<Grant>, Arc<str>)>,
    /// How many families of refresh tokens there were.
    pub families: u64,
}

impl Memory {
    /// What is known of a refresh token that has a record.
    pub fn refresh_token(&self, token: &str) -> Option<RefreshToken> {
        self.refresh_tokens.of(stem(token)).tokens.get(token).cloned()
    }

    /// Devices that wait for their user.
    pub fn devices(&self) -> MutexGuard<'_, Devices> {
        self.devices.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What only a bad server remembers.
    pub fn gossip(&self) -> MutexGuard<'_, Gossip> {
        self.gossip.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Drops what is over at this time, in small steps that nobody waits for; what is still needed is never dropped.
    pub fn sweep(&self, now: u64) {
        self.access_tokens.sweep(now);
        for mut table in self.codes.each() {
            table.sweep(now);
        }
        for mut chains in self.refresh_tokens.each() {
            chains.tokens.sweep(now);
            chains.families.sweep(now);
        }
        for mut table in self.sessions.each() {
            table.sweep(now);
        }
        self.devices().sweep(now);
        self.failures.sweep(now);
    }
}
