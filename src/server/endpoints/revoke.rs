//! The revocation endpoint: what it says yes to is dead from then on (RFC 7009).

use std::sync::Arc;

use crate::server::config::ClientConfig;
use crate::server::core::family::stem;
use crate::server::core::form::Parameters;
use crate::server::core::grant::Grant;
use crate::server::core::message::{Request, Response};
use crate::server::core::realm::Realm;
use crate::server::core::refusal::{Refusal, TokenError, invalid_request};
use crate::server::defect::revocation as seam;
use crate::server::grants::refresh_token;

use super::back_channel;
use super::hint::Kind;

/// Answers a revocation request.
pub fn answer(realm: &Realm, request: &Request) -> Response {
    back_channel::answer(realm, request, |form| revocation(realm, request, form))
}

fn revocation(realm: &Realm, request: &Request, form: &Parameters) -> Result<Response, Refusal> {
    let client = back_channel::authenticated(realm, request, form, None);
    let Some(client) = seam::revoker(realm, form, client)? else { return Ok(done()) };
    let Some(token) = form.get("token") else {
        return if seam::nothing_is_revoked(&realm.defects) { Ok(done()) } else { Err(invalid_request("token is missing")) };
    };
    let hint = form.get("token_type_hint");
    seam::hint_is_known(&realm.defects, form)?;
    let Some((kind, grant)) = found(realm, token) else {
        // Whatever it is, it is not valid; that is what the client wanted (RFC 7009 section 2.2).
        return seam::unknown_token(&realm.defects).map_or_else(|| Ok(done()), Err);
    };
    if seam::hint_hides(&realm.defects, hint, kind) {
        return Ok(done());
    }
    seam::is_alive(realm, token, kind, &grant)?;
    if !seam::belongs(&realm.defects, *grant.client_id == *client.id) {
        let refusal = Refusal::new(TokenError::UnauthorizedClient, "the token was issued to another client");
        return seam::foreign_token(&realm.defects, refusal).map_or_else(|| Ok(done()), Err);
    }
    seam::type_is_revocable(&realm.defects, client, kind, hint)?;
    kill(realm, client, token, kind, hint, &grant);
    Ok(done())
}

fn done() -> Response {
    Response::empty(200).not_stored()
}

/// The hint only says where to look first (RFC 7009 section 2.1); with two tables there is nothing to gain from it.
fn found(realm: &Realm, token: &str) -> Option<(Kind, Arc<Grant>)> {
    if let Some(found) = realm.memory.access_tokens.get(token) {
        return Some((Kind::Access, found.grant));
    }
    let chains = realm.memory.refresh_tokens.of(stem(token));
    let grant = match chains.tokens.get(token) {
        Some(found) => found.grant(),
        None => refresh_token::grant_of_forgotten(realm, &chains, token),
    };
    grant.map(|grant| (Kind::Refresh, grant))
}

/// A refresh token takes all that was issued by its grant along (RFC 7009 section 2.1); an access token goes alone.
fn kill(realm: &Realm, client: &ClientConfig, token: &str, kind: Kind, hint: Option<&str>, grant: &Grant) {
    if seam::is_pretence(&realm.defects, client, kind, hint) {
        seam::pretend(kind, grant);
        return;
    }
    seam::neighbours_die(realm, grant);
    match kind {
        Kind::Access => realm.memory.access_tokens.revoke(token),
        Kind::Refresh => {
            grant.revoke_refresh_tokens();
            if seam::takes_access_tokens_along(&realm.defects) {
                grant.revoke_access_tokens();
            }
        }
    }
}
