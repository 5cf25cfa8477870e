//! What each client and user of a provider file is worth: the checks that need it, counted and not guessed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::plan::PLANS;
use crate::check::{Check, obstacles};
use crate::provider::{Endpoints, Metadata, Provider, Target};

/// Who users are, with what they are for.
pub(super) const USERS: [(&str, &str); 3] = [
    ("alice", "logs in and approves"),
    ("bob", "the same; tokens of one user are tried against the other's"),
    ("carol", "is asked and refuses, and is the one who may be locked out; without her, alice refuses"),
];

/// What each client and user is worth: the checks that need it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Worth(pub BTreeMap<String, usize>);

impl Worth {
    /// In words; nothing where no check needs it.
    pub(super) fn of_name(&self, name: &str) -> String {
        match self.0.get(name).copied().unwrap_or_default() {
            0 => String::new(),
            1 => ": 1 check".to_owned(),
            worth => format!(": {worth} checks"),
        }
    }

    /// Counted on a provider that has everything.
    pub fn of(checks: &[Arc<Check>]) -> Self {
        let mut clients = Map::new();
        for plan in PLANS {
            let mut client = json!({
                "id": plan.role,
                "redirect_uris": plan.redirect_uris,
                "grants": plan.grants.iter().map(|grant| grant.name()).collect::<Vec<_>>(),
                "scopes": ["openid", "profile"],
                "introspect": plan.introspect,
            });
            if plan.is_confidential() {
                client["secret"] = "a:b".into();
                client["auth"] = plan.auth.name().into();
            }
            clients.insert(plan.role.to_owned(), client);
        }
        let users: Map<String, Value> =
            USERS.iter().map(|(name, _)| ((*name).to_owned(), json!({ "username": name, "password": name }))).collect();
        let endpoints: Map<String, Value> =
            Endpoints::KEYS.iter().map(|key| ((*key).to_owned(), json!(format!("https://as.example/realm/{key}")))).collect();
        let whole = json!({ "issuer": "https://as.example/realm", "clients": clients, "users": users, "endpoints": endpoints,
            "pkce": { "optional_for": ["web"] } });
        let playable = |document: &Value| {
            let provider = Provider::from_json(document, "whole").ok()?;
            let endpoints = provider.endpoints.clone();
            let target = Target { provider, endpoints, metadata: Metadata::default() };
            let plays = |check: &&Arc<Check>| obstacles(check, &target, target.provider.profile, Duration::MAX).is_empty();
            Some(checks.iter().filter(plays).count())
        };
        let all = playable(&whole).unwrap_or_default();
        let mut worth = BTreeMap::new();
        for (group, name) in clients.keys().map(|role| ("clients", role)).chain(users.keys().map(|name| ("users", name))) {
            let mut without = whole.clone();
            without[group].as_object_mut().map(|entries| entries.remove(name));
            if name == "web" {
                without["pkce"] = json!({});
            }
            worth.insert(name.clone(), all.saturating_sub(playable(&without).unwrap_or_default()));
        }
        Self(worth)
    }
}
