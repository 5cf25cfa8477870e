//! Realms: made like another or of nothing, shown, changed while they run, and removed.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::refused::Refused;
use super::route::Call;
use super::{Admin, read, shown};
use crate::server::config::{ClientConfig, FaultConfig, Policy, RealmConfig, UserConfig};
use crate::server::core::message::Response;
use crate::server::core::realm::Realm;
use crate::server::provider_document;

/// What a new realm is to be: another one, with these members in place of its own, or these members alone.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewRealm {
    like: Option<String>,
    name: Option<String>,
    clients: Option<BTreeMap<String, ClientConfig>>,
    users: Option<BTreeMap<String, UserConfig>>,
    policy: Option<Map<String, Value>>,
    defects: Option<Vec<String>>,
    faults: Option<Vec<FaultConfig>>,
    journal: Option<usize>,
    issuer_ends_in_slash: Option<bool>,
}

/// What is to be different about a realm. What is absent stays.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    policy: Option<Map<String, Value>>,
    defects: Option<Vec<String>>,
    faults: Option<Vec<FaultConfig>>,
    journal: Option<usize>,
}

impl Admin {
    pub(super) fn list_realms(&self, _: &Call<'_>) -> Result<Response, Refused> {
        Ok(Response::json(200, json!({ "realms": self.core.realm_names() })))
    }

    pub(super) fn make_realm(&self, call: &Call<'_>) -> Result<Response, Refused> {
        let wanted: NewRealm = read(call)?;
        let model = match (&wanted.like, &wanted.clients) {
            (Some(like), _) => {
                let model = self.core.realm(like);
                model
                    .ok_or_else(|| Refused::BadRequest(format!("`like` names no realm: there is no `{}`", shown(like))))?
                    .config
                    .clone()
            }
            (None, Some(_)) => RealmConfig::empty(""),
            (None, None) => {
                return Err(Refused::BadRequest("name a realm to copy in `like`, or give the new one's `clients`".to_owned()));
            }
        };
        let name = wanted.name.unwrap_or_else(|| self.fresh_name(wanted.like.as_deref().unwrap_or("realm")));
        let mut config = RealmConfig { name, ..model };
        if let Some(clients) = wanted.clients {
            config.clients = clients;
        }
        if let Some(slash) = wanted.issuer_ends_in_slash {
            config.issuer_ends_in_slash = slash;
        }
        if let Some(users) = wanted.users {
            config.users = users;
        }
        Change { policy: wanted.policy, defects: wanted.defects, faults: wanted.faults, journal: wanted.journal }
            .apply(&mut config)?;
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

    pub(super) fn show_realm(&self, call: &Call<'_>) -> Result<Response, Refused> {
        Ok(Response::json(200, self.described(&*self.realm(call)?)))
    }

    /// The realm's tokens, sessions and clock stay as they are.
    pub(super) fn change_realm(&self, call: &Call<'_>) -> Result<Response, Refused> {
        let wanted: Change = read(call)?;
        let realm = self.change(call, |config| wanted.apply(config))?;
        Ok(Response::json(200, self.described(&realm)))
    }

    pub(super) fn remove_realm(&self, call: &Call<'_>) -> Result<Response, Refused> {
        let realm = self.realm(call)?;
        self.core.remove_realm(&realm.config.name);
        Ok(Response::empty(204))
    }

    fn described(&self, realm: &Realm) -> Value {
        json!({
            "name": realm.config.name,
            "issuer": realm.issuer,
            "defects": realm.config.defects,
            "faults": realm.config.faults,
            "journal": realm.config.journal,
            "policy": realm.config.policy,
            "provider": provider_document::of(&realm.config, &realm.issuer, &self.url, &self.key),
        })
    }
}

impl Change {
    fn apply(self, config: &mut RealmConfig) -> Result<(), Refused> {
        if let Some(policy) = self.policy {
            config.policy = changed(&config.policy, policy)?;
        }
        if let Some(defects) = self.defects {
            config.defects = defects;
        }
        if let Some(faults) = self.faults {
            config.faults = faults;
        }
        if let Some(journal) = self.journal {
            config.journal = journal;
        }
        Ok(())
    }
}

/// The policy with some of its members replaced.
fn changed(policy: &Policy, changes: Map<String, Value>) -> Result<Policy, Refused> {
    let bad = |error: serde_json::Error| Refused::BadRequest(format!("policy: {error}"));
    let mut members = serde_json::to_value(policy).map_err(bad)?;
    for (name, value) in changes {
        members[name] = value;
    }
    serde_json::from_value(members).map_err(bad)
}
