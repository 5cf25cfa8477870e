//! One realm: what is configured, and the state that its requests share.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::environment::{Clock, Random};
use super::family::Mint;
use super::scope::Scopes;
use super::signing::SigningKey;
use super::state::State;
use crate::server::config::{ClientConfig, RealmConfig, UserConfig};
use crate::server::defect::{Defects, Unknown};

/// The longest lifetime a policy may have, in seconds: ten years.
const LONGEST: u64 = 10 * YEAR;
/// How far a clock may be moved ahead in all, in seconds: a hundred years. With it no sum of a time and a lifetime overflows.
const FARTHEST: u64 = 100 * YEAR;
const YEAR: u64 = 365 * 86_400;

/// Why a realm cannot be.
#[derive(Debug, thiserror::Error)]
pub enum RealmError {
    /// Its name would not survive in a path.
    #[error("realm name `{0}` is not made of letters, digits, `-`, `_` and `.`")]
    Name(String),
    /// There is one of this name.
    #[error("realm `{0}` exists already")]
    Taken(String),
    /// One of its lifetimes is out of all bounds.
    #[error("policy: `{0}` is more than ten years ({LONGEST} seconds)")]
    Lifetime(&'static str),
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
    /// The key all realms sign with.
    pub keys: Arc<SigningKey>,
    /// Makes the refresh tokens.
    pub mint: Mint,
    /// Chance.
    pub random: Arc<dyn Random>,
    clock: Arc<dyn Clock>,
    offset: AtomicU64,
    state: Mutex<State>,
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
        if let Some((member, _)) = config.policy.lifetimes().into_iter().find(|(_, seconds)| *seconds > LONGEST) {
            return Err(RealmError::Lifetime(member));
        }
        let defects = Defects::named(&config.defects)?;
        let mint = Mint::new(&*random);
        Ok(Self { config, issuer, defects, keys, mint, random, clock, offset: AtomicU64::new(0), state: Mutex::default() })
    }

    /// The realm's time, in milliseconds since the epoch: the clock's, moved by what the admin listener asked for.
    pub fn now(&self) -> u64 {
        let real = u64::try_from(self.clock.now().as_millis()).unwrap_or(u64::MAX);
        real.saturating_add(self.offset.load(Ordering::SeqCst))
    }

    /// Moves the clock on; returns the seconds it is ahead by now, or nothing when that would be more than a hundred years.
    pub fn advance(&self, by: Duration) -> Option<u64> {
        let step = u64::try_from(by.as_millis()).ok()?;
        let moved = |offset: u64| offset.checked_add(step).filter(|ahead| *ahead <= FARTHEST * 1_000);
        let before = self.offset.fetch_update(Ordering::SeqCst, Ordering::SeqCst, moved).ok()?;
        moved(before).map(|ahead| ahead / 1_000)
    }

    /// What the realm remembers. Hold it for a look or a change, never while signing.
    pub fn state(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere leaves the tables whole: each change is a single call.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A secret that cannot be guessed: 256 random bits, base64url.
    pub fn secret(&self) -> String {
        let mut bytes = [0; 32];
        self.random.fill(&mut bytes);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The registered client of this `client_id`.
    pub fn client(&self, id: &str) -> Option<&ClientConfig> {
        self.config.clients.values().find(|client| client.id == id)
    }

    /// The user of this name.
    pub fn user(&self, username: &str) -> Option<&UserConfig> {
        self.config.users.values().find(|user| user.username == username)
    }

    /// The user of this subject identifier.
    pub fn user_of_subject(&self, sub: &str) -> Option<&UserConfig> {
        self.config.users.values().find(|user| user.subject() == sub)
    }

    /// Every scope that any client may have.
    pub fn scopes(&self) -> Scopes {
        let names: Vec<&String> = self.config.clients.values().flat_map(|client| &client.scopes).collect();
        Scopes::of(&names)
    }

    /// The address of a page or endpoint of this realm.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.issuer)
    }

    /// The path under which the realm lives, without a slash at its end.
    pub fn path(&self) -> String {
        format!("/realms/{}", self.config.name)
    }
}
