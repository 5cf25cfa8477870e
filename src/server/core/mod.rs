//! The core: which realm and which endpoint a request is for. A synchronous state machine; clock and randomness are passed in.

pub mod access_tokens;
pub mod authorization;
mod detour;
pub mod device;
pub mod endpoint;
pub mod environment;
mod failures;
pub mod family;
pub mod fault;
pub mod form;
pub mod grant;
pub mod journal;
pub mod memory;
pub mod message;
pub mod pkce;
pub mod realm;
mod realms;
pub mod redirect_uri;
pub mod refusal;
pub mod scope;
pub mod script;
mod seats;
mod sender;
pub mod session;
pub mod shards;
pub mod signing;
pub mod table;

use std::collections::hash_map::Entry;
use std::sync::Arc;

use self::environment::{Clock, Random};
use self::form::Parameters;
use self::message::{Request, Response};
use self::realm::Realm;
pub use self::realm::RealmError;
use self::realms::Realms;
use self::signing::{KeyError, Keys};
use super::config::RealmConfig;
use super::{endpoints, log};

/// All realms of one server.
pub struct Core {
    base: String,
    default_realm: Option<String>,
    realms: Realms,
    keys: Arc<Keys>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

impl Core {
    /// A server without realms, whose issuers begin with `base`.
    ///
    /// # Errors
    /// [`KeyError`] when no signing key can be made.
    pub fn new(
        base: String,
        default_realm: Option<String>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, KeyError> {
        let keys = Arc::new(Keys::generate()?);
        Ok(Self { base, default_realm, realms: Realms::default(), keys, clock, random })
    }

    /// The issuer of the realm of this name, or what it would be if there was one.
    pub fn issuer(&self, realm: &str) -> String {
        self.realm(realm).map_or_else(|| self.address(realm), |realm| realm.issuer.clone())
    }

    /// Where a realm of this name is.
    fn address(&self, realm: &str) -> String {
        format!("{}/realms/{realm}", self.base)
    }

    /// Adds a realm.
    ///
    /// # Errors
    /// [`RealmError`] when its name is taken or unusable, or it asks for an unknown defect.
    pub fn add_realm(&self, config: RealmConfig) -> Result<Arc<Realm>, RealmError> {
        let issuer = self.address(&config.name) + if config.issuer_ends_in_slash { "/" } else { "" };
        let realm =
            Arc::new(Realm::new(config, issuer, Arc::clone(&self.keys), Arc::clone(&self.clock), Arc::clone(&self.random))?);
        self.realms
            .change(|realms| match realms.entry(realm.config.name.clone()) {
                Entry::Occupied(taken) => Err(RealmError::Taken(taken.key().clone())),
                Entry::Vacant(free) => Ok(Arc::clone(free.insert(realm))),
            })
            .inspect(|realm| log::realm_made(realm))
    }

    /// Configures a realm anew under its name; what it remembers stays. Says nothing when there is none of this name.
    ///
    /// # Errors
    /// [`RealmError`] when the configuration is not usable.
    pub fn change_realm(&self, config: RealmConfig) -> Result<Option<Arc<Realm>>, RealmError> {
        self.realms.change(|realms| {
            let Some(realm) = realms.get_mut(&config.name) else { return Ok(None) };
            *realm = Arc::new(realm.changed(config)?);
            realm.memory.journal.shorten(realm.config.journal);
            log::realm_changed(realm);
            Ok(Some(Arc::clone(realm)))
        })
    }

    /// Drops what is over in all realms, a bounded number at a time; to be called now and then.
    pub fn sweep(&self) {
        for realm in self.realms.now().values() {
            realm.memory.sweep(realm.now());
        }
    }

    /// Takes a realm away; says whether it was there.
    pub fn remove_realm(&self, name: &str) -> bool {
        self.realms.change(|realms| realms.remove(name)).inspect(|realm| log::realm_removed(realm)).is_some()
    }

    /// The realm of this name.
    pub fn realm(&self, name: &str) -> Option<Arc<Realm>> {
        self.realms.now().get(name).cloned()
    }

    /// Every realm's name, sorted.
    pub fn realm_names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.realms.now().keys().cloned().collect();
        names.sort();
        names
    }

    /// Answers a request: finds its realm and endpoint, and lets what is wrong with the realm take hold on the way in and out.
    pub fn answer(&self, request: Request) -> Response {
        if request.path == "/device"
            && let Some(realm) = &self.default_realm
        {
            return short_device_address(realm, &request);
        }
        let Some((realm, endpoint)) = endpoint::find(&request.path) else { return endpoints::not_found() };
        let realms = self.realms.now();
        let Some(realm) = realms.get(realm) else { return endpoints::not_found() };
        if realm.is_plain() { endpoints::answer(realm, &endpoint, &request) } else { detour::answer(realm, &endpoint, request) }
    }
}

/// The short address of the default realm's verification page leads to the real one, whose cookie lives there.
fn short_device_address(realm: &str, request: &Request) -> Response {
    let code = Parameters::parse(request.query.as_bytes()).ok().and_then(|query| query.get("user_code").map(str::to_owned));
    let query = code.map(|code| {
        let encoded: String = form_urlencoded::byte_serialize(code.as_bytes()).collect();
        format!("?user_code={encoded}")
    });
    endpoints::page::see_other(format!("/realms/{realm}/device{}", query.unwrap_or_default()))
}
