//! A realm told as a provider file: what a checker must know to test it.

use serde_json::{Map, Value, json};

use super::config::{ClientConfig, GrantKind, PkcePolicy, RealmConfig, TokenFormat};
use super::defect::metadata::publishes_nothing;

/// The provider document of a realm. It holds secrets: it is meant for the one who runs the server.
pub fn of(realm: &RealmConfig, issuer: &str, admin_url: &str, admin_key: &str) -> Value {
    let clients: Map<String, Value> = realm.clients.iter().map(|(role, client)| (role.clone(), client_entry(client))).collect();
    let users: Map<String, Value> = realm
        .users
        .iter()
        .map(|(role, user)| {
            let entry = json!({ "username": user.username, "password": user.password.expose(), "sub": user.subject() });
            (role.clone(), entry)
        })
        .collect();
    let mut document = json!({
        "issuer": issuer,
        "clients": clients,
        "users": users,
        "login": { "driver": "form" },
        "lifetimes": { "refresh": format!("{}s", realm.policy.refresh_idle_lifetime) },
        "capabilities": { "structured_code": realm.policy.code_names_client },
        "admin": { "url": admin_url, "key": admin_key, "realm": realm.name },
    });
    if publishes_nothing(&realm.defects) {
        // Nobody could find them.
        let below = |path: &str| format!("{issuer}/protocol/openid-connect/{path}");
        document["endpoints"] = json!({
            "authorization": below("auth"),
            "token": below("token"),
            "device_authorization": below("auth/device"),
            "revocation": below("revoke"),
            "introspection": below("token/introspect"),
            "resource": below("userinfo"),
            "jwks": below("certs"),
        });
    }
    match realm.policy.pkce {
        PkcePolicy::Everyone => {}
        PkcePolicy::PublicClients => {
            let optional_for: Vec<&String> = realm
                .clients
                .iter()
                .filter(|(_, client)| !client.is_public() && client.grants.contains(&GrantKind::AuthorizationCode))
                .map(|(role, _)| role)
                .collect();
            document["pkce"] = json!({ "optional_for": optional_for });
        }
    }
    match realm.policy.access_token {
        TokenFormat::Opaque => {}
        TokenFormat::Jwt => document["capabilities"]["jwt_access_token"] = json!(true),
    }
    document
}

fn client_entry(client: &ClientConfig) -> Value {
    let mut entry = Map::new();
    entry.insert("id".to_owned(), json!(client.id));
    if let Some(secret) = &client.secret {
        entry.insert("secret".to_owned(), json!(secret.expose()));
        entry.insert("auth".to_owned(), json!(client.auth_method()));
    }
    if !client.redirect_uris.is_empty() {
        entry.insert("redirect_uris".to_owned(), json!(client.redirect_uris));
    }
    entry.insert("grants".to_owned(), json!(client.grants));
    if !client.scopes.is_empty() {
        entry.insert("scopes".to_owned(), json!(client.scopes));
    }
    if client.introspect {
        entry.insert("introspect".to_owned(), json!(true));
    }
    Value::Object(entry)
}
