//! How a bad server finds what a token names: by less than the whole of it, or by what it says of itself.

use std::borrow::Cow;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::bearer;
use super::introspection::Flaw;
use crate::server::core::device::Decision;
use crate::server::core::grant::Grant;
use crate::server::core::realm::Realm;
use crate::server::endpoints::hint::kind_of;

/// Parts that are shorter than this name nothing: any text is part of some token.
const LONG_ENOUGH: usize = 20;

/// Remembers an access token in full, for a server that looks it up by a part.
pub fn note(realm: &Realm, grant: &Arc<Grant>, token: &str) {
    let wanted = [Flaw::LooksUpTokensByPrefix, Flaw::FindsTokensByAnyPart, Flaw::ComparesTokensWithoutCase];
    if wanted.into_iter().any(|flaw| realm.defects.has(flaw)) || bearer::notes_tokens(&realm.defects) {
        realm.memory.gossip().access_tokens.push((Arc::downgrade(grant), token.into()));
    }
}

/// The token that is meant: the one that was presented, as a whole.
pub fn meant<'token>(realm: &Realm, presented: &'token str) -> Cow<'token, str> {
    // A JWT is not looked up by a part: many begin alike.
    if realm.defects.is_empty() || presented.contains('.') || kind_of(&realm.memory, presented).is_some() {
        return Cow::Borrowed(presented);
    }
    let by_prefix = |name: &str| {
        let half = name.len() / 2;
        presented.len() >= half && name.get(..half) == presented.get(..half)
    };
    let by_part = |name: &str| presented.len() >= LONG_ENOUGH && name.contains(presented);
    let fits = |name: &str| {
        realm.defects.has(Flaw::LooksUpTokensByPrefix) && by_prefix(name)
            || realm.defects.has(Flaw::FindsTokensByAnyPart) && by_part(name)
            || realm.defects.has(Flaw::ComparesTokensWithoutCase) && name.eq_ignore_ascii_case(presented)
    };
    let gossip = realm.memory.gossip();
    let found = gossip.access_tokens.iter().map(|(_, name)| name).find(|name| fits(name));
    found.map_or(Cow::Borrowed(presented), |name| Cow::Owned(name.to_string()))
}

/// What introspection tells of a string that names no token: nothing.
pub fn told_of_stranger(realm: &Realm, presented: &str) -> Option<Value> {
    if realm.defects.has(Flaw::TrustsJwtPayloadAtIntrospection)
        && let Some(mut claims) = unverified_claims(realm, presented)
    {
        claims.insert("active".to_owned(), json!(true));
        return Some(Value::Object(claims));
    }
    let counts = realm.defects.has(Flaw::IntrospectsEveryCredential) && is_credential(realm, presented);
    counts.then(|| json!({ "active": true, "iss": realm.issuer }))
}

/// The claims of a JWT that says it is of this realm and still alive, whoever signed it.
pub fn unverified_claims(realm: &Realm, token: &str) -> Option<Map<String, Value>> {
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    let claims: Map<String, Value> = serde_json::from_slice(&payload).ok()?;
    let alive = claims.get("exp").and_then(Value::as_u64).is_some_and(|until| until.saturating_mul(1_000) > realm.now());
    (alive && claims.get("iss") == Some(&json!(realm.issuer))).then_some(claims)
}

/// Whether it is anything that the server has given out: a code in use, an approved device code, a client's secret.
fn is_credential(realm: &Realm, presented: &str) -> bool {
    let is_code = realm.memory.codes.of(presented).get(presented).is_some_and(|code| code.redeemed.is_none());
    let is_device_code = || {
        realm.memory.devices().get(presented).is_some_and(|device| match device.decision {
            Decision::Approved(_) | Decision::Pending => true,
            Decision::Denied | Decision::Spent(_) => false,
        })
    };
    let is_secret = || {
        let mut secrets = realm.config.clients.values().filter_map(|client| client.secret.as_ref());
        secrets.any(|secret| secret.expose() == presented)
    };
    is_code || is_device_code() || is_secret()
}
