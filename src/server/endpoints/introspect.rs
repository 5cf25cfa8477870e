//! The introspection endpoint: is this token alive, and what is it good for (RFC 7662)?

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::server::config::ClientConfig;
use crate::server::core::form::Parameters;
use crate::server::core::grant::{AccessToken, Grant, Owner, RefreshToken};
use crate::server::core::message::{Request, Response};
use crate::server::core::realm::Realm;
use crate::server::core::refusal::{Refusal, invalid_client, invalid_request};
use crate::server::defect::introspection as seam;
use crate::server::defect::lookup;
use crate::server::grants::{refresh_token, tokens};

use super::back_channel;
use super::hint::{Kind, kind_of};

/// Answers an introspection request.
pub fn answer(realm: &Realm, request: &Request) -> Response {
    back_channel::answer(realm, request, |form| introspection(realm, request, form))
}

fn introspection(realm: &Realm, request: &Request, form: &Parameters) -> Result<Response, Refusal> {
    // A public client proves nothing by its name, and learns nothing (RFC 7662 section 4).
    let caller = back_channel::authenticated(realm, request, form, None)
        .and_then(|client| if client.is_public() { Err(invalid_client("the caller has to authenticate")) } else { Ok(client) });
    let caller = match seam::caller(realm, request, form, caller) {
        Ok(caller) => caller,
        Err(seam::Turned::Away(refusal)) => return Err(refusal),
        Err(seam::Turned::Inactive) => return Ok(told(inactive())),
    };
    let Some(token) = form.get("token") else {
        return Err(seam::missing_token(&realm.defects, invalid_request("token is missing")));
    };
    let hint = form.get("token_type_hint");
    Ok(told(described(realm, caller, token, hint).unwrap_or_else(inactive)))
}

fn told(document: Value) -> Response {
    Response::json(200, document).not_stored()
}

/// Nothing but this, so that nobody learns why (RFC 7662 section 2.2).
fn inactive() -> Value {
    json!({ "active": false })
}

/// The token as this caller may see it: its own, or all of them if that is its job.
fn described(realm: &Realm, caller: seam::Caller<'_>, token: &str, hint: Option<&str>) -> Option<Value> {
    let now = realm.now();
    let meant = lookup::meant(realm, token);
    let token = meant.as_ref();
    let Some(kind) = kind_of(&realm.memory, token) else { return lookup::told_of_stranger(realm, token) };
    if seam::hint_hides(&realm.defects, hint, kind) {
        return None;
    }
    match kind {
        Kind::Access => {
            let found = realm.memory.access_tokens.get(token)?;
            let alive = seam::is_alive(&realm.defects, &found, now, tokens::is_alive(realm, &found, now));
            if !seam::may_see(&realm.defects, may_see(caller, &found.grant)) {
                return None;
            }
            let told = access_token(realm, &found);
            if alive { Some(told) } else { seam::details_of_the_dead(&realm.defects, told) }
        }
        Kind::Refresh => {
            let found = realm.memory.refresh_token(token)?;
            let grant = found.grant()?;
            if !seam::may_see(&realm.defects, may_see(caller, &grant)) {
                return None;
            }
            let told = refresh_token(realm, &found, &grant);
            let alive = refresh_token::is_alive(realm, &found, &grant, now);
            let rotated = seam::is_rotated(&realm.defects, found.is_rotated());
            let alive = !rotated && seam::refresh_token_is_alive(&realm.defects, &grant, alive);
            if alive { Some(told) } else { seam::details_of_the_dead(&realm.defects, told) }
        }
    }
}

fn may_see(caller: seam::Caller<'_>, grant: &Grant) -> bool {
    match caller {
        seam::Caller::Client(ClientConfig { id, introspect, .. }) => *introspect || **id == *grant.client_id,
        seam::Caller::Anyone => true,
    }
}

fn access_token(realm: &Realm, token: &AccessToken) -> Value {
    let mut members = members(realm, &token.grant, token.scopes.as_str(), token.issued_at, token.expires_at);
    members["token_type"] = json!("Bearer");
    members["nbf"] = json!(token.issued_at / 1_000);
    members["aud"] = json!(realm.issuer);
    members["jti"] = json!(URL_SAFE_NO_PAD.encode(token.jti));
    realm.add_claims(&token.grant, &mut members);
    members
}

fn refresh_token(realm: &Realm, token: &RefreshToken, grant: &Grant) -> Value {
    let end = token.expires_at.min(refresh_token::chain_end(realm, grant));
    let mut members = members(realm, grant, token.scopes.as_str(), token.issued_at, end);
    realm.add_claims(grant, &mut members);
    members
}

fn members(realm: &Realm, grant: &Grant, scope: &str, issued_at: u64, expires_at: u64) -> Value {
    let mut members = json!({
        "active": true,
        "client_id": *grant.client_id,
        "sub": grant.subject(),
        "iss": realm.issuer,
        "iat": issued_at / 1_000,
        "exp": expires_at / 1_000,
    });
    if !scope.is_empty() {
        members["scope"] = json!(scope);
    }
    match &grant.owner {
        Owner::User(user) => {
            if let Some(user) = realm.user_of_subject(&user.sub) {
                members["username"] = json!(user.username);
            }
        }
        Owner::Client => {}
    }
    members
}
