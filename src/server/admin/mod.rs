//! The admin listener: makes realms and moves their clocks, for whoever holds its key.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::config::{Policy, RealmConfig};
use super::core::message::{Request, Response};
use super::core::realm::Realm;
use super::core::{Core, RealmError};
use super::provider_document;

/// The admin interface of one server.
pub struct Admin {
    core: Arc<Core>,
    url: String,
    key: String,
    /// How many names were made up so far: two requests at once must not hit upon the same.
    named: AtomicUsize,
}

/// What a new realm is to be.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewRealm {
    like: String,
    name: Option<String>,
    defects: Option<Vec<String>>,
    policy: Option<Map<String, Value>>,
}

/// How far a clock is to be moved.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockMove {
    advance: String,
}

/// Why the admin listener says no.
enum Refused {
    WrongKey,
    NotFound,
    MethodNotAllowed(&'static str),
    BadRequest(String),
    Taken(String),
}

impl Admin {
    /// The interface to this core, protected by this key.
    pub fn new(core: Arc<Core>, url: String, key: String) -> Self {
        Self { core, url, key, named: AtomicUsize::new(1) }
    }

    /// Answers a request.
    pub fn answer(&self, request: &Request) -> Response {
        if request.path == "/health" {
            return Response::json(200, json!({ "status": "ok" }));
        }
        self.routed(request).unwrap_or_else(Refused::response)
    }

    fn routed(&self, request: &Request) -> Result<Response, Refused> {
        if !self.holds_key(request) {
            return Err(Refused::WrongKey);
        }
        let segments: Vec<&str> = request.path.trim_start_matches('/').split('/').collect();
        match (request.method.as_str(), segments.as_slice()) {
            ("GET", ["realms"]) => Ok(Response::json(200, json!({ "realms": self.core.realm_names() }))),
            ("POST", ["realms"]) => self.create(request),
            (_, ["realms"]) => Err(Refused::MethodNotAllowed("GET, POST")),
            ("GET", ["realms", name]) => Ok(Response::json(200, self.described(&*self.realm(name)?))),
            ("DELETE", ["realms", name]) if self.core.remove_realm(name) => Ok(Response::empty(204)),
            ("DELETE", ["realms", _]) => Err(Refused::NotFound),
            (_, ["realms", _]) => Err(Refused::MethodNotAllowed("GET, DELETE")),
            ("POST", ["realms", name, "clock"]) => self.move_clock(name, request),
            (_, ["realms", _, "clock"]) => Err(Refused::MethodNotAllowed("POST")),
            _ => Err(Refused::NotFound),
        }
    }

    fn holds_key(&self, request: &Request) -> bool {
        let given = request.header("authorization").and_then(|field| field.split_once(' '));
        given.is_some_and(|(scheme, key)| {
            let same: bool = Sha256::digest(key).as_slice().ct_eq(Sha256::digest(&self.key).as_slice()).into();
            scheme.eq_ignore_ascii_case("Bearer") && same
        })
    }

    fn realm(&self, name: &str) -> Result<Arc<Realm>, Refused> {
        self.core.realm(name).ok_or(Refused::NotFound)
    }

    fn create(&self, request: &Request) -> Result<Response, Refused> {
        let wanted: NewRealm = read(request)?;
        let model = self.core.realm(&wanted.like).ok_or_else(|| Refused::BadRequest("`like` names no realm".to_owned()))?;
        let config = RealmConfig {
            name: wanted.name.unwrap_or_else(|| self.fresh_name(&wanted.like)),
            clients: model.config.clients.clone(),
            users: model.config.users.clone(),
            policy: changed(&model.config.policy, wanted.policy)?,
            defects: wanted.defects.unwrap_or_else(|| model.config.defects.clone()),
        };
        let realm = self.core.add_realm(config)?;
        Ok(Response::json(201, self.described(&realm)))
    }

    fn fresh_name(&self, like: &str) -> String {
        loop {
            let name = format!("{like}-{}", self.named.fetch_add(1, Ordering::Relaxed));
            if self.core.realm(&name).is_none() {
                return name;
            }
        }
    }

    fn move_clock(&self, name: &str, request: &Request) -> Result<Response, Refused> {
        let realm = self.realm(name)?;
        let wanted: ClockMove = read(request)?;
        let by = duration(&wanted.advance)
            .ok_or_else(|| Refused::BadRequest("`advance` is not a duration such as 90s, 10m, 1h or 1m30s".to_owned()))?;
        let ahead = realm.advance(by).ok_or_else(|| {
            Refused::BadRequest("`advance`: a realm's clock can be moved ahead by a hundred years in all, and no more".to_owned())
        })?;
        Ok(Response::json(200, json!({ "offset_seconds": ahead })))
    }

    fn described(&self, realm: &Realm) -> Value {
        json!({
            "name": realm.config.name,
            "issuer": realm.issuer,
            "defects": realm.config.defects,
            "policy": realm.config.policy,
            "provider": provider_document::of(&realm.config, &realm.issuer, &self.url, &self.key),
        })
    }
}

fn read<Wanted: DeserializeOwned>(request: &Request) -> Result<Wanted, Refused> {
    serde_json::from_slice(&request.body).map_err(|error| Refused::BadRequest(error.to_string()))
}

/// The policy with some of its members replaced.
fn changed(policy: &Policy, changes: Option<Map<String, Value>>) -> Result<Policy, Refused> {
    let Some(changes) = changes else { return Ok(policy.clone()) };
    let bad = |error: serde_json::Error| Refused::BadRequest(format!("policy: {error}"));
    let mut members = serde_json::to_value(policy).map_err(bad)?;
    for (name, value) in changes {
        members[name] = value;
    }
    serde_json::from_value(members).map_err(bad)
}

/// A duration such as `90s`, `10m`, `1h` or `1m30s`.
fn duration(text: &str) -> Option<Duration> {
    let mut seconds = 0_u64;
    let mut number: Option<u64> = None;
    for letter in text.chars() {
        if let Some(digit) = letter.to_digit(10) {
            number = Some(number.unwrap_or(0).checked_mul(10)?.checked_add(u64::from(digit))?);
            continue;
        }
        let unit = match letter {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            _ => return None,
        };
        seconds = seconds.checked_add(number.take()?.checked_mul(unit)?)?;
    }
    (number.is_none() && !text.is_empty()).then(|| Duration::from_secs(seconds))
}

impl From<RealmError> for Refused {
    fn from(error: RealmError) -> Self {
        match error {
            RealmError::Taken(_) => Self::Taken(error.to_string()),
            RealmError::Name(_) | RealmError::Lifetime(_) | RealmError::RedirectUri { .. } | RealmError::Defect(_) => {
                Self::BadRequest(error.to_string())
            }
        }
    }
}

impl Refused {
    fn response(self) -> Response {
        let told = |status, error: &str| Response::json(status, json!({ "error": error }));
        match self {
            Self::WrongKey => told(401, "wrong key").with("www-authenticate", "Bearer realm=\"admin\""),
            Self::NotFound => told(404, "not found"),
            Self::MethodNotAllowed(allowed) => told(405, "method not allowed").with("allow", allowed),
            Self::BadRequest(explanation) => told(400, &explanation),
            Self::Taken(explanation) => told(409, &explanation),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::duration;

    #[test]
    fn durations_are_numbers_with_units() {
        for (text, seconds) in [("90s", 90), ("10m", 600), ("1h", 3_600), ("1m30s", 90), ("0s", 0)] {
            assert_eq!(duration(text), Some(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "10", "m", "1x", "-1s", "1.5s", "99999999999999999999s", "1m30"] {
            assert_eq!(duration(text), None, "{text}");
        }
    }
}
