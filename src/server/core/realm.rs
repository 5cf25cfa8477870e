//! One realm: what is configured, and the state that its requests share.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::environment::{Clock, Random};
use super::signing::SigningKey;
use crate::server::config::RealmConfig;
use crate::server::defect::{Defects, Unknown};

/// Why a realm cannot be.
#[derive(Debug, thiserror::Error)]
pub enum RealmError {
    /// Its name would not survive in a path.
    #[error("realm name `{0}` is not made of letters, digits, `-`, `_` and `.`")]
    Name(String),
    /// There is one of this name.
    #[error("realm `{0}` exists already")]
    Taken(String),
    /// It asks for a defect that nobody knows.
    #[error("{0}")]
    Defect(#[from] Unknown),
}

/// A realm and its state.
pub struct Realm {
    /// As configured.
    pub config: RealmConfig,
    /// Its issuer identifier.
    pub issuer: String,
    /// What is wrong with it.
    pub defects: Defects,
    keys: Arc<SigningKey>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    offset: AtomicU64,
}

impl Realm {
    /// A realm with an empty state.
    ///
    /// # Errors
    /// [`RealmError`] when its name is unusable or it asks for an unknown defect.
    pub fn new(
        config: RealmConfig,
        issuer: String,
        keys: Arc<SigningKey>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, RealmError> {
        let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
        if config.name.is_empty() || config.name.starts_with('.') || !config.name.chars().all(plain) {
            return Err(RealmError::Name(config.name));
        }
        let defects = Defects::named(&config.defects)?;
        Ok(Self { config, issuer, defects, keys, clock, random, offset: AtomicU64::new(0) })
    }

    /// The realm's time, in milliseconds since the epoch: the clock's, moved by what the admin listener asked for.
    pub fn now(&self) -> u64 {
        let real = u64::try_from(self.clock.now().as_millis()).unwrap_or(u64::MAX);
        real.saturating_add(self.offset.load(Ordering::SeqCst))
    }

    /// Moves the clock on; returns the seconds it is ahead by now.
    pub fn advance(&self, by: Duration) -> u64 {
        let step = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        let before = self.offset.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |offset| Some(offset.saturating_add(step)));
        before.unwrap_or_default().saturating_add(step) / 1_000
    }
}
