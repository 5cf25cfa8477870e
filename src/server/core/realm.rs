//! One realm: what is configured, and the state that its requests share.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use super::environment::{Clock, Random};
use super::family::Mint;
use super::memory::Memory;
use super::redirect_uri;
use super::scope::Scopes;
use super::signing::Keys;
use crate::server::config::{ClientConfig, RealmConfig, UserConfig};
use crate::server::defect::{Defects, Unknown};
use crate::server::log;

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
    /// One of its clients would be answered where no answer may go.
    #[error("client `{client}`: the redirect URI `{uri}` cannot be registered: {why}")]
    RedirectUri {
        /// The `client_id`.
        client: String,
        /// As configured.
        uri: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// It asks for a defect that nobody knows.
    #[error("{0}")]
    Defect(#[from] Unknown),
}

fn unfit_redirect_uri(client: &ClientConfig) -> Option<RealmError> {
    client.redirect_uris.iter().find_map(|uri| {
        let why = redirect_uri::unfit(uri)?;
        Some(RealmError::RedirectUri { client: client.id.clone(), uri: uri.clone(), why })
    })
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
    pub keys: Arc<Keys>,
    /// Makes the refresh tokens.
    pub mint: Arc<Mint>,
    /// Chance.
    pub random: Arc<dyn Random>,
    /// What the realm remembers.
    pub memory: Arc<Memory>,
    clients: HashMap<Arc<str>, Registered>,
    clock: Arc<dyn Clock>,
}

/// A registered client, and what is worked out once of its configuration.
pub struct Registered {
    /// As configured.
    pub config: ClientConfig,
    /// Its `client_id`.
    pub id: Arc<str>,
    /// All scopes that it may ask for.
    pub scopes: Scopes,
    /// SHA-256 of its secret, or of nothing.
    pub secret_digest: [u8; 32],
}

impl Registered {
    fn new(config: &ClientConfig) -> Self {
        let secret = config.secret.as_ref().map(|secret| secret.expose()).unwrap_or_default();
        Self {
            id: config.id.as_str().into(),
            scopes: Scopes::of(&config.scopes),
            secret_digest: Sha256::digest(secret).into(),
            config: config.clone(),
        }
    }
}

impl Realm {
    /// A realm with an empty state.
    ///
    /// # Errors
    /// [`RealmError`] when its name is unusable or it asks for an unknown defect.
    pub fn new(
        config: RealmConfig,
        issuer: String,
        keys: Arc<Keys>,
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
        if let Some(error) = config.clients.values().find_map(unfit_redirect_uri) {
            return Err(error);
        }
        let defects = Defects::named(&config.defects)?;
        let mint = Arc::new(Mint::new(&*random));
        let mut clients = HashMap::new();
        for client in config.clients.values().map(Registered::new) {
            clients.entry(Arc::clone(&client.id)).or_insert(client);
        }
        Ok(Self { config, issuer, defects, keys, mint, random, memory: Arc::default(), clients, clock })
    }

    /// The realm configured anew; what it remembers, its time included, is the same.
    ///
    /// # Errors
    /// [`RealmError`] as for a new one.
    pub fn changed(&self, config: RealmConfig) -> Result<Self, RealmError> {
        let made =
            Self::new(config, self.issuer.clone(), Arc::clone(&self.keys), Arc::clone(&self.clock), Arc::clone(&self.random))?;
        Ok(Self { memory: Arc::clone(&self.memory), mint: Arc::clone(&self.mint), ..made })
    }

    /// The realm's time, in milliseconds since the epoch: the clock's, moved by what the admin listener asked for.
    pub fn now(&self) -> u64 {
        let real = u64::try_from(self.clock.now().as_millis()).unwrap_or(u64::MAX);
        real.saturating_add(self.memory.offset.load(Ordering::Relaxed))
    }

    /// Moves the clock on; returns the seconds it is ahead by now, or nothing when that would be more than a hundred years.
    pub fn advance(&self, by: Duration) -> Option<u64> {
        let step = u64::try_from(by.as_millis()).ok()?;
        let moved = |offset: u64| offset.checked_add(step).filter(|ahead| *ahead <= FARTHEST * 1_000);
        let before = self.memory.offset.fetch_update(Ordering::SeqCst, Ordering::SeqCst, moved).ok()?;
        moved(before).map(|ahead| ahead / 1_000).inspect(|ahead| log::clock_moved(self, *ahead))
    }

    /// A secret that cannot be guessed: 256 random bits, base64url.
    pub fn secret(&self) -> String {
        let mut bytes = [0; 32];
        self.random.fill(&mut bytes);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The registered client of this `client_id`.
    pub fn client(&self, id: &str) -> Option<&ClientConfig> {
        self.registered(id).map(|client| &client.config)
    }

    /// The same with what is worked out of it.
    pub fn registered(&self, id: &str) -> Option<&Registered> {
        self.clients.get(id)
    }

    /// All scopes that a client may ask for.
    pub fn scopes_of(&self, client: &ClientConfig) -> Scopes {
        self.registered(&client.id).map_or_else(|| Scopes::of(&client.scopes), |client| client.scopes.clone())
    }

    /// The `client_id` of a client, to be kept by many.
    pub fn id_of(&self, client: &ClientConfig) -> Arc<str> {
        self.registered(&client.id).map_or_else(|| client.id.as_str().into(), |client| Arc::clone(&client.id))
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
        self.config.clients.values().flat_map(|client| &client.scopes).map(String::as_str).collect()
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
