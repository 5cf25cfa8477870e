//! The core: which realm and which endpoint a request is for. A synchronous state machine; clock and randomness are passed in.

pub mod environment;
pub mod message;
pub mod realm;
pub mod signing;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use serde_json::json;

use self::environment::{Clock, Random};
use self::message::{Request, Response};
use self::realm::Realm;
pub use self::realm::RealmError;
use self::signing::{KeyError, SigningKey};
use super::config::RealmConfig;

/// All realms of one server.
pub struct Core {
    base: String,
    default_realm: Option<String>,
    realms: RwLock<HashMap<String, Arc<Realm>>>,
    keys: Arc<SigningKey>,
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
        let keys = Arc::new(SigningKey::generate()?);
        Ok(Self { base, default_realm, realms: RwLock::default(), keys, clock, random })
    }

    /// The issuer of a realm of this name.
    pub fn issuer(&self, realm: &str) -> String {
        format!("{}/realms/{realm}", self.base)
    }

    /// Adds a realm.
    ///
    /// # Errors
    /// [`RealmError`] when its name is taken or unusable, or it asks for an unknown defect.
    pub fn add_realm(&self, config: RealmConfig) -> Result<Arc<Realm>, RealmError> {
        let issuer = self.issuer(&config.name);
        let realm =
            Arc::new(Realm::new(config, issuer, Arc::clone(&self.keys), Arc::clone(&self.clock), Arc::clone(&self.random))?);
        let mut realms = self.realms.write().unwrap_or_else(PoisonError::into_inner);
        if realms.contains_key(&realm.config.name) {
            return Err(RealmError::Taken(realm.config.name.clone()));
        }
        realms.insert(realm.config.name.clone(), Arc::clone(&realm));
        Ok(realm)
    }

    /// Takes a realm away; says whether it was there.
    pub fn remove_realm(&self, name: &str) -> bool {
        self.realms.write().unwrap_or_else(PoisonError::into_inner).remove(name).is_some()
    }

    /// The realm of this name.
    pub fn realm(&self, name: &str) -> Option<Arc<Realm>> {
        self.realms.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// Every realm's name, sorted.
    pub fn realm_names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.realms.read().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect();
        names.sort();
        names
    }

    /// Answers a request.
    pub fn answer(&self, _request: Request) -> Response {
        let _ = &self.default_realm;
        Response::json(404, json!({ "error": "not_found" }))
    }
}
