//! The admin listener: makes realms and changes them while they run, for whoever holds its key.
//!
//! [`route`] has the table of all that it can be asked; one file for each noun answers.

mod accounts;
mod clock;
mod devices;
mod document;
mod grants;
mod realms;
mod refused;
mod requests;
mod route;
mod script;

#[cfg(test)]
mod tests;

use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::de::DeserializeOwned;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use self::refused::Refused;
use self::route::{Call, Key};
use super::config::RealmConfig;
use super::core::Core;
use super::core::message::{Request, Response};
use super::core::realm::Realm;

/// The admin interface of one server.
pub struct Admin {
    core: Arc<Core>,
    url: String,
    key: String,
    /// How many names were made up so far: two requests at once must not hit upon the same.
    named: AtomicUsize,
    /// Held while a realm is changed, so that of two changes at once neither undoes the other.
    changing: Mutex<()>,
}

impl Admin {
    /// The interface to this core, protected by this key.
    pub fn new(core: Arc<Core>, url: String, key: String) -> Self {
        Self { core, url, key, named: AtomicUsize::new(1), changing: Mutex::default() }
    }

    /// Answers a request.
    pub fn answer(&self, request: &Request) -> Response {
        self.routed(request).unwrap_or_else(Refused::response)
    }

    fn routed(&self, request: &Request) -> Result<Response, Refused> {
        let found = route::find(request);
        let open = found.as_ref().is_ok_and(|(route, _)| route.key == Key::NotNeeded);
        // Whoever lacks the key does not learn what there is either.
        if !open && !self.holds_key(request) {
            return Err(Refused::WrongKey);
        }
        let (route, names) = found?;
        (route.answer)(self, &Call { request, names })
    }

    fn holds_key(&self, request: &Request) -> bool {
        let given = request.header("authorization").and_then(|field| field.split_once(' '));
        given.is_some_and(|(scheme, key)| {
            let same: bool = Sha256::digest(key).as_slice().ct_eq(Sha256::digest(&self.key).as_slice()).into();
            scheme.eq_ignore_ascii_case("Bearer") && same
        })
    }

    fn realm(&self, call: &Call<'_>) -> Result<Arc<Realm>, Refused> {
        let name = call.name(0);
        self.core.realm(name).ok_or_else(|| Refused::NotFound(format!("there is no realm `{}`", shown(name))))
    }

    /// Changes what the realm of this call is configured with, and nothing that it remembers.
    fn change(
        &self,
        call: &Call<'_>,
        change: impl FnOnce(&mut RealmConfig) -> Result<(), Refused>,
    ) -> Result<Arc<Realm>, Refused> {
        let _others_wait: MutexGuard<'_, ()> = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut config = self.realm(call)?.config.clone();
        change(&mut config)?;
        let name = config.name.clone();
        self.core.change_realm(config)?.ok_or_else(|| Refused::NotFound(format!("realm `{name}` was removed meanwhile")))
    }

    fn health(&self, _: &Call<'_>) -> Result<Response, Refused> {
        Ok(Response::json(200, json!({ "status": "ok" })))
    }
}

/// The JSON of a request.
fn read<Wanted: DeserializeOwned>(call: &Call<'_>) -> Result<Wanted, Refused> {
    serde_json::from_slice(&call.request.body).map_err(|error| Refused::BadRequest(format!("the body: {error}")))
}

/// What was asked for, as it may be repeated in an answer.
fn shown(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(80).collect()
}
