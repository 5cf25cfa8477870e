//! Bugs of the introspection endpoint: whom it answers, and how true the answer is.

use serde_json::{Value, json};

use super::Defects;
use super::answer::{Fields as _, basic_user, form_of};
use crate::server::config::ClientConfig;
use crate::server::core::form::Parameters;
use crate::server::core::grant::{AccessToken, Grant};
use crate::server::core::message::{Content, Request, Response};
use crate::server::core::realm::Realm;
use crate::server::core::refusal::Refusal;
use crate::server::endpoints::hint::{Kind, kind_of};

table! { Introspection;
    /// Sends `active` as the string "true".
    SendsActiveAsString violates ["introspect-active-token"];
    /// Answers 404 to the introspection of a token it does not know.
    AnswersUnknownTokenWith404 violates ["introspect-unknown-inactive"];
    /// Reports expired access tokens as active.
    IgnoresExpiryAtIntrospection violates ["introspect-expired-inactive"];
    /// Reports revoked tokens as active.
    IgnoresRevocationAtIntrospection violates ["introspect-revoked-inactive"];
    /// Tells scope, subject and client of a token that is no longer active.
    LeaksDetailsOfInactiveTokens violates ["introspect-inactive-no-details"];
    /// Answers an introspection that carries no credentials at all.
    IntrospectsForAnyone violates ["introspect-requires-authorization"];
    /// Takes the `client_id` of any client, without a proof, for an authorization to introspect.
    IntrospectsByNameAlone violates ["introspect-public-client-id-insufficient"];
    /// Answers wrong credentials with `active: false`.
    AnswersWrongCredentialsWithInactive violates ["introspect-invalid-credentials-401"];
    /// Answers an introspection that names no token with status 500.
    CrashesOnIntrospectionOfNothing violates ["introspect-missing-token-param"];
    /// Introspects a token only where a known hint says.
    LooksUpHintedTypeOnly violates ["introspect-wrong-hint"];
    /// Answers `active: false` when it does not know the hint.
    TurnsUnknownHintInactive violates ["introspect-unknown-hint"];
    /// Sends `nbf` as a string.
    SendsNbfAsString violates ["introspect-member-types"];
    /// Gives the caller's `client_id` in place of the token's.
    NamesCallerAsClient violates ["introspect-values-consistent"];
}

/// Who introspects.
#[derive(Clone, Copy)]
pub enum Caller<'realm> {
    /// An authenticated client.
    Client(&'realm ClientConfig),
    /// Whoever; only a defect lets them.
    Anyone,
}

/// How a caller without authorization is sent away.
pub enum Turned {
    /// With an error, as it should be.
    Away(Refusal),
    /// With a lie.
    Inactive,
}

/// The caller, if it may call.
pub fn caller<'realm>(
    realm: &Realm,
    request: &Request,
    form: &Parameters,
    sound: Result<&'realm ClientConfig, Refusal>,
) -> Result<Caller<'realm>, Turned> {
    let refusal = match sound {
        Ok(client) => return Ok(Caller::Client(client)),
        Err(refusal) => refusal,
    };
    let by_header = request.header("authorization").is_some();
    let by_name = form.get("client_id").is_some();
    let by_secret = by_header || form.get("client_secret").is_some();
    let names_client = form.get("client_id").is_some_and(|id| realm.client(id).is_some());
    if !by_header && !by_name && realm.defects.has(Flaw::IntrospectsForAnyone)
        || !by_secret && names_client && realm.defects.has(Flaw::IntrospectsByNameAlone)
    {
        return Ok(Caller::Anyone);
    }
    if by_secret && realm.defects.has(Flaw::AnswersWrongCredentialsWithInactive) {
        return Err(Turned::Inactive);
    }
    Err(Turned::Away(refusal))
}

/// What is said to an introspection of nothing.
pub fn missing_token(defects: &Defects, sound: Refusal) -> Refusal {
    if defects.has(Flaw::CrashesOnIntrospectionOfNothing) { Refusal::crash() } else { sound }
}

/// Whether the token is not found because of the hint.
pub fn hint_hides(defects: &Defects, hint: Option<&str>, kind: Kind) -> bool {
    match hint.map(Kind::hinted) {
        Some(Some(hinted)) => hinted != kind && defects.has(Flaw::LooksUpHintedTypeOnly),
        Some(None) => defects.has(Flaw::TurnsUnknownHintInactive),
        None => false,
    }
}

/// Whether the access token is alive.
pub fn is_alive(defects: &Defects, token: &AccessToken, now: u64, sound: bool) -> bool {
    let expired = token.is_expired(now);
    // Revoked by itself; where its whole grant is gone is what the defects of reuse and replay are about.
    let alone = token.revoked && !token.grant.access_tokens_dead();
    sound
        || expired && !token.is_revoked() && defects.has(Flaw::IgnoresExpiryAtIntrospection)
        || alone && !expired && defects.has(Flaw::IgnoresRevocationAtIntrospection)
}

/// Whether the refresh token is alive, given that it was not rotated.
pub fn refresh_token_is_alive(defects: &Defects, grant: &Grant, sound: bool) -> bool {
    sound || grant.refresh_tokens_dead() && defects.has(Flaw::IgnoresRevocationAtIntrospection)
}

/// What is told about a token that is not alive: nothing.
pub fn details_of_the_dead(defects: &Defects, mut told: Value) -> Option<Value> {
    if !defects.has(Flaw::LeaksDetailsOfInactiveTokens) {
        return None;
    }
    told["active"] = json!(false);
    Some(told)
}

pub(super) fn after(realm: &Realm, request: &Request, response: &mut Response) {
    let defects = &realm.defects;
    let token = form_of(&request.body).and_then(|form| form.field("token").map(str::to_owned));
    let unknown = token.is_some_and(|token| !token.is_empty() && kind_of(&realm.memory, &token).is_none());
    if response.status != 200 {
        return;
    }
    if defects.has(Flaw::AnswersUnknownTokenWith404) && unknown {
        response.status = 404;
        response.content = Content::Json(json!({ "error": "not_found" }));
        return;
    }
    let Content::Json(document) = &mut response.content else { return };
    if document["active"] == json!(true) {
        if defects.has(Flaw::SendsActiveAsString) {
            document["active"] = json!("true");
        }
        if defects.has(Flaw::SendsNbfAsString)
            && let Some(nbf) = document.get_mut("nbf")
        {
            *nbf = nbf.to_string().into();
        }
        if defects.has(Flaw::NamesCallerAsClient)
            && let Some(caller) = caller_id(request)
        {
            document["client_id"] = caller.into();
        }
    }
}

/// The `client_id` by which the caller authenticated.
fn caller_id(request: &Request) -> Option<String> {
    let by_body = form_of(&request.body).and_then(|form| form.field("client_id").map(str::to_owned));
    by_body.or_else(|| basic_user(request))
}
