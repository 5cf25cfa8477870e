//! One realm: what is configured, and the state that its requests share.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::environment::{Clock, Random};
use super::family::Mint;
use super::fault::{FaultError, Faults};
use super::grant::{ApprovingUser, Grant, Owner};
use super::journal;
use super::memory::Memory;
use super::redirect_uri;
use super::scope::Scopes;
use super::seats::Seats;
use super::signing::{Keys, Kind};
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
    /// A client is called like a user: their tokens could not be told apart (RFC 9700 section 4.15.1).
    #[error("client `{0}` has the subject identifier of a user")]
    Impostor(String),
    /// It asks for a defect that nobody knows.
    #[error("{0}")]
    Defect(#[from] Unknown),
    /// One of its faults cannot be.
    #[error("{0}")]
    Fault(#[from] FaultError),
    /// It would keep too many requests.
    #[error("`journal`: no more than {most} requests are kept", most = journal::MOST)]
    Journal,
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
    /// What is wrong with its network.
    pub faults: Faults,
    /// The key all realms sign with.
    pub keys: Arc<Keys>,
    /// Makes the refresh tokens.
    pub mint: Arc<Mint>,
    /// Chance.
    pub random: Arc<dyn Random>,
    /// What the realm remembers.
    pub memory: Arc<Memory>,
    clients: HashMap<String, Registered>,
    /// The subjects of the users whose accounts are open.
    open_accounts: HashSet<String>,
    /// Whether anything is to be told that the server does not know by itself.
    has_extra_claims: bool,
    clock: Arc<dyn Clock>,
}

/// A registered client, and what is worked out once of its configuration.
pub struct Registered {
    /// As configured.
    pub config: ClientConfig,
    /// Its `client_id`.
    id: Seats<Arc<str>>,
    /// All scopes that it may ask for.
    scopes: Seats<Scopes>,
    /// SHA-256 of its secret, or of nothing.
    pub secret_digest: [u8; 32],
}

impl Registered {
    fn new(config: &ClientConfig) -> Self {
        let secret = config.secret.as_ref().map(|secret| secret.expose()).unwrap_or_default();
        Self {
            id: Seats::new(|| config.id.as_str().into()),
            scopes: Seats::new(|| Scopes::of(&config.scopes)),
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
        if config.journal > journal::MOST {
            return Err(RealmError::Journal);
        }
        let is_user = |id: &str| config.users.values().any(|user| user.subject() == id);
        if let Some(client) = config.clients.values().find(|client| is_user(&client.id)) {
            return Err(RealmError::Impostor(client.id.clone()));
        }
        let defects = Defects::named(&config.defects)?;
        let faults = Faults::of(&config.faults)?;
        let mint = Arc::new(Mint::new(&*random));
        let mut clients = HashMap::new();
        for client in config.clients.values().map(Registered::new) {
            clients.entry(client.config.id.clone()).or_insert(client);
        }
        let open_accounts = config.users.values().filter(|user| !user.disabled).map(UserConfig::subject).collect();
        let of_clients = config.clients.values().map(|client| &client.claims);
        let has_extra_claims = of_clients.chain(config.users.values().map(|user| &user.claims)).any(|claims| !claims.is_empty());
        Ok(Self {
            config,
            issuer,
            defects,
            faults,
            keys,
            mint,
            random,
            memory: Arc::default(),
            clients,
            open_accounts,
            has_extra_claims,
            clock,
        })
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

    /// The clock's time, whatever the realm takes it for.
    pub fn real_time(&self) -> Duration {
        self.clock.now()
    }

    /// Whether a request needs nothing but its endpoint.
    pub fn is_plain(&self) -> bool {
        self.defects.is_empty() && self.faults.is_empty() && self.config.journal == 0 && self.memory.script.is_empty()
    }

    /// Whether there is a user of this subject identifier who may log in.
    pub fn has_open_account(&self, sub: &str) -> bool {
        self.open_accounts.contains(sub)
    }

    /// Whether whoever made a grant still has an account, if it takes one.
    pub fn account_is_open(&self, owner: &Owner) -> bool {
        match owner {
            Owner::User(user) => self.has_open_account(&user.sub),
            Owner::Client => true,
        }
    }

    /// A JWT about a grant (RFC 7515 section 7.1).
    pub fn signed(&self, kind: Kind, grant: &Grant, claims: &impl Serialize) -> String {
        let algorithm = self.config.policy.signing;
        if !self.has_extra_claims {
            return self.keys.sign(algorithm, kind, claims);
        }
        let mut claims = serde_json::to_value(claims).expect("claims have names that are strings");
        self.add_claims(grant, &mut claims);
        self.keys.sign(algorithm, kind, &claims)
    }

    /// Lays the claims that the client and the user are configured with over what is told about a grant.
    pub fn add_claims(&self, grant: &Grant, told: &mut Value) {
        if !self.has_extra_claims {
            return;
        }
        let of_client = self.client(&grant.client_id).map(|client| &client.claims);
        let of_user = match &grant.owner {
            Owner::User(user) => self.user_of_subject(&user.sub).map(|user| &user.claims),
            Owner::Client => None,
        };
        for (name, value) in of_client.into_iter().chain(of_user).flatten() {
            told[name] = value.clone();
        }
    }

    /// Moves the clock on; returns the seconds it is ahead by now, or nothing when that would be more than a hundred years.
    pub fn advance(&self, by: Duration) -> Option<u64> {
        let step = u64::try_from(by.as_millis()).ok()?;
        let moved = |offset: u64| offset.checked_add(step).filter(|ahead| *ahead <= FARTHEST * 1_000);
        let before = self.memory.offset.fetch_update(Ordering::SeqCst, Ordering::SeqCst, moved).ok()?;
        moved(before).map(|ahead| ahead / 1_000).inspect(|ahead| log::clock_moved(self, *ahead))
    }

    /// The seconds that the realm's clock is ahead.
    pub fn ahead(&self) -> u64 {
        self.memory.offset.load(Ordering::Relaxed) / 1_000
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
        self.registered(&client.id).map_or_else(|| Scopes::of(&client.scopes), |client| client.scopes.mine().clone())
    }

    /// The `client_id` of a client, to be kept by many.
    pub fn id_of(&self, client: &ClientConfig) -> Arc<str> {
        self.registered(&client.id).map_or_else(|| client.id.as_str().into(), |client| Arc::clone(client.id.mine()))
    }

    /// The user of this name.
    pub fn user(&self, username: &str) -> Option<&UserConfig> {
        self.config.users.values().find(|user| user.username == username)
    }

    /// The user of this subject identifier, who has just logged in.
    pub fn logged_in(&self, sub: String, now: u64) -> ApprovingUser {
        ApprovingUser { sub, logged_in_at: now, login: self.memory.logins.fetch_add(1, Ordering::Relaxed) }
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
        format!("{}{path}", self.issuer.trim_end_matches('/'))
    }

    /// The path under which the realm lives, without a slash at its end.
    pub fn path(&self) -> String {
        format!("/realms/{}", self.config.name)
    }
}
