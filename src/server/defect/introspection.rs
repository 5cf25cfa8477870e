//! Bugs of the introspection endpoint: whom it answers, and how true the answer is.

use std::sync::Arc;

use http::Method;
use serde_json::{Value, json};

use super::Defects;
use super::answer::{Fields as _, basic_pair, basic_user, form_of};
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
    /// Lets in whoever sends an empty secret with the `client_id` of any client.
    IntrospectsForEmptySecrets violates ["introspect-public-client-id-insufficient"];
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
    /// Takes the payload of a JWT for true without a look at its signature.
    TrustsJwtPayloadAtIntrospection violates ["introspect-tampered-inactive"];
    /// Looks an opaque token up by its first half.
    LooksUpTokensByPrefix violates ["introspect-truncated-inactive"];
    /// Finds an opaque token by any long part of it.
    FindsTokensByAnyPart violates ["introspect-truncated-inactive"];
    /// Does not tell capital letters of a token from small ones.
    ComparesTokensWithoutCase violates ["introspect-truncated-inactive"];
    /// Leaves `Cache-Control: no-store` out of the introspection answer.
    OmitsNoStoreAtIntrospection violates ["introspect-response-not-cached"];
    /// Takes any bearer token for an authorization to introspect.
    AcceptsAnyBearerAtIntrospection violates ["introspect-invalid-bearer-401"];
    /// Answers 403 to a client that introspects a token of another's.
    AnswersForeignTokenWith403 violates ["introspect-foreign-token-inactive"];
    /// Tells every client all about any token.
    IntrospectsForEveryClient violates ["introspect-caller-specifically-authorized"];
    /// Takes every row of its store of credentials for a token: codes, device codes, secrets.
    IntrospectsEveryCredential violates ["introspect-authorization-code-inactive"];
    /// Reports refresh tokens as active that were replaced by newer ones.
    IntrospectsRotatedRefreshTokens violates ["introspect-refresh-token"];
    /// Answers GET with the token in the query.
    ServesGetAtIntrospection violates ["introspect-get-refused"];
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
    let by_secret = by_header || form.all("client_secret").next().is_some();
    let by_empty_secret = sends_empty_secret(realm, request, form);
    let names_client = form.get("client_id").is_some_and(|id| realm.client(id).is_some());
    if !by_header && !by_name && realm.defects.has(Flaw::IntrospectsForAnyone)
        || !by_secret && names_client && realm.defects.has(Flaw::IntrospectsByNameAlone)
    {
        return Ok(Caller::Anyone);
    }
    if realm.defects.has(Flaw::IntrospectsForEmptySecrets) && by_empty_secret {
        return Ok(Caller::Anyone);
    }
    let by_bearer = request.header("authorization").is_some_and(|field| field.starts_with("Bearer "));
    if by_bearer && realm.defects.has(Flaw::AcceptsAnyBearerAtIntrospection) {
        return Ok(Caller::Anyone);
    }
    // An empty secret is none: what is said to those is another bug's business.
    if by_secret && !by_empty_secret && realm.defects.has(Flaw::AnswersWrongCredentialsWithInactive) {
        return Err(Turned::Inactive);
    }
    Err(Turned::Away(refusal))
}

/// Whether the name of a client comes with a secret that is empty, in the header or in the body.
fn sends_empty_secret(realm: &Realm, request: &Request, form: &Parameters) -> bool {
    let in_header = basic_pair(request).filter(|(_, secret)| secret.is_empty()).map(|(id, _)| id);
    let in_body = form.get("client_id").filter(|_| form.all("client_secret").next() == Some("")).map(str::to_owned);
    in_header.or(in_body).is_some_and(|id| realm.client(&id).is_some())
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

/// Whether this caller may know the token.
pub fn may_see(defects: &Defects, sound: bool) -> bool {
    sound || defects.has(Flaw::IntrospectsForEveryClient)
}

/// Whether a refresh token has been replaced by another one.
pub fn is_rotated(defects: &Defects, sound: bool) -> bool {
    sound && !defects.has(Flaw::IntrospectsRotatedRefreshTokens)
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

/// The introspection request as this server reads it.
pub(super) fn before(defects: &Defects, request: &mut Request) {
    if defects.has(Flaw::ServesGetAtIntrospection) && request.method == "GET" {
        request.method = Method::POST;
        request.say_form();
        request.body = std::mem::take(&mut request.query).into_bytes();
    }
}

/// Whether an authenticated client asks about a token of another's that it may not see.
fn is_foreign(realm: &Realm, request: &Request, token: &str) -> bool {
    let caller = caller_id(request);
    let Some(caller) = caller.and_then(|id| realm.client(&id).map(|client| (client.introspect, id))) else { return false };
    let owner = match kind_of(&realm.memory, token) {
        Some(Kind::Access) => realm.memory.access_tokens.get(token).map(|token| Arc::clone(&token.grant)),
        Some(Kind::Refresh) => realm.memory.refresh_token(token).and_then(|token| token.grant()),
        None => None,
    };
    let (sees_all, id) = caller;
    !sees_all && owner.is_some_and(|grant| *grant.client_id != *id)
}

pub(super) fn after(realm: &Realm, request: &Request, response: &mut Response) {
    let defects = &realm.defects;
    let token = form_of(&request.body).and_then(|form| form.field("token").map(str::to_owned));
    let unknown = token.as_ref().is_some_and(|token| !token.is_empty() && kind_of(&realm.memory, token).is_none());
    if response.status != 200 {
        return;
    }
    if defects.has(Flaw::OmitsNoStoreAtIntrospection) {
        response.drop_header("cache-control");
    }
    if defects.has(Flaw::AnswersForeignTokenWith403) && token.as_ref().is_some_and(|token| is_foreign(realm, request, token)) {
        response.status = 403;
        response.content = Content::Json(json!({ "error": "access_denied", "error_description": "token of another client" }));
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
