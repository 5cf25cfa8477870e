//! Bugs of the revocation endpoint: whom it obeys, and whether anything happens.

use http::Method;

use super::Defects;
use super::answer::{Fields as _, form_of, set_form};
use crate::server::config::ClientConfig;
use crate::server::core::form::Parameters;
use crate::server::core::grant::{Grant, Owner};
use crate::server::core::message::Request;
use crate::server::core::realm::Realm;
use crate::server::core::refusal::{Refusal, TokenError, invalid_client, invalid_request};
use crate::server::endpoints::hint::Kind;

table! { Revocation;
    /// Answers 200 to the revocation of a confidential client's refresh token without a hint, and does nothing to it.
    PretendsToRevokeRefreshTokens violates ["revoke-refresh-token"];
    /// Answers 200 to the revocation of an access token without a hint, and does nothing.
    PretendsToRevokeAccessTokens violates ["revoke-access-token"];
    /// Answers 400 to the revocation of a token it does not know.
    RefusesUnknownToken violates ["revoke-unknown-token-200"];
    /// Answers 400 to the revocation of a token that is revoked or expired already.
    RefusesSecondRevocation violates ["revoke-idempotent"];
    /// Answers 200 to a revocation that names no token.
    AcceptsRevocationOfNothing violates ["revoke-missing-token-param"];
    /// Revokes a live token for anyone who holds it.
    RevokesWithoutClientAuth violates ["revoke-requires-client-auth"];
    /// Answers 200 for a token that is unknown or dead before it looks at the client.
    AuthenticatesOnlyForKnownTokens violates ["revoke-auth-checked-even-for-unknown-token"];
    /// Does not let public clients revoke.
    RefusesPublicClientsAtRevocation violates ["revoke-public-client"];
    /// Revokes a token for a client that it was not issued to.
    RevokesTokensOfOtherClients violates ["revoke-foreign-token-no-effect"];
    /// Looks for a token only where a known hint says.
    LimitsRevocationToHint violates ["revoke-wrong-hint"];
    /// Answers `unsupported_token_type` to a hint it does not know.
    RefusesUnknownHint violates ["revoke-unknown-hint-ignored"];
    /// Answers `invalid_request` to a confidential client that revokes its access token without a hint, as if it were none.
    RefusesAccessTokensAtRevocation violates ["revoke-unsupported-token-type-error"];
    /// Answers 200 to the revocation of another client's token, and does nothing.
    HidesForeignTokensAtRevocation violates ["revoke-foreign-token-refused"];
    /// Deletes, with a token, the tokens of all users of its client that come before its own user in the table.
    RevokesTokensOfOtherUsers violates ["revoke-limited-to-grant"];
    /// Revokes a token that stands in the address.
    ReadsRevocationsOffTheAddress violates ["revoke-post-only"];
    /// Leaves the access tokens of a revoked refresh token alive.
    KeepsAccessTokensAfterRevocation violates ["revoke-refresh-cascades-to-access"];
}

/// The client that revokes; without one there is nothing more to do.
pub fn revoker<'realm>(
    realm: &'realm Realm,
    form: &Parameters,
    client: Result<&'realm ClientConfig, Refusal>,
) -> Result<Option<&'realm ClientConfig>, Refusal> {
    let defects = &realm.defects;
    if defects.is_empty() {
        return client.map(Some);
    }
    let owner = form.get("token").and_then(|token| owner_of_live(realm, token));
    match client {
        Ok(client) if client.is_public() && defects.has(Flaw::RefusesPublicClientsAtRevocation) => {
            Err(invalid_client("public clients cannot revoke"))
        }
        Ok(client) => Ok(Some(client)),
        Err(refusal) => match owner {
            Some(owner) if defects.has(Flaw::RevokesWithoutClientAuth) => Ok(Some(owner)),
            None if defects.has(Flaw::AuthenticatesOnlyForKnownTokens) && form.get("token").is_some() => Ok(None),
            Some(_) | None => Err(refusal),
        },
    }
}

/// The client of a token that is alive.
fn owner_of_live<'realm>(realm: &'realm Realm, token: &str) -> Option<&'realm ClientConfig> {
    let access = realm.memory.access_tokens.get(token).filter(|found| !found.is_revoked()).map(|found| found.grant);
    let refresh = || {
        let found = realm.memory.refresh_token(token).filter(|found| !found.is_rotated())?;
        found.grant().filter(|grant| !grant.refresh_tokens_dead())
    };
    let grant = access.or_else(refresh)?;
    realm.client(&grant.client_id)
}

/// Whether a revocation without a token is answered as if it had one.
pub fn nothing_is_revoked(defects: &Defects) -> bool {
    defects.has(Flaw::AcceptsRevocationOfNothing)
}

/// Lets a hint pass that nobody knows.
pub fn hint_is_known(defects: &Defects, form: &Parameters) -> Result<(), Refusal> {
    let mut hints = form.all("token_type_hint");
    if defects.has(Flaw::RefusesUnknownHint) && hints.any(|hint| Kind::hinted(hint).is_none()) {
        return Err(Refusal::new(TokenError::UnsupportedTokenType, "unknown token_type_hint"));
    }
    Ok(())
}

/// What is said to a token that nobody knows: nothing.
pub fn unknown_token(defects: &Defects) -> Option<Refusal> {
    defects.has(Flaw::RefusesUnknownToken).then(|| invalid_request("unknown token"))
}

/// Whether the token is not found because the hint sends the search elsewhere.
pub fn hint_hides(defects: &Defects, hint: Option<&str>, kind: Kind) -> bool {
    defects.has(Flaw::LimitsRevocationToHint) && hint.and_then(Kind::hinted).is_some_and(|hinted| hinted != kind)
}

/// Lets the revocation of a dead token pass.
pub fn is_alive(realm: &Realm, token: &str, kind: Kind, grant: &Grant) -> Result<(), Refusal> {
    if !realm.defects.has(Flaw::RefusesSecondRevocation) {
        return Ok(());
    }
    let dead = match kind {
        Kind::Access => {
            let now = realm.now();
            realm.memory.access_tokens.get(token).is_none_or(|found| found.is_revoked() || found.is_expired(now))
        }
        Kind::Refresh => grant.refresh_tokens_dead(),
    };
    if dead { Err(Refusal::new(TokenError::InvalidGrant, "the token is revoked already")) } else { Ok(()) }
}

/// Whether the token was issued to the client.
pub fn belongs(defects: &Defects, sound: bool) -> bool {
    sound || defects.has(Flaw::RevokesTokensOfOtherClients)
}

/// What is said about a token of another client.
pub fn foreign_token(defects: &Defects, sound: Refusal) -> Option<Refusal> {
    (!defects.has(Flaw::HidesForeignTokensAtRevocation)).then_some(sound)
}

/// Bears tokens of every type.
pub fn type_is_revocable(defects: &Defects, client: &ClientConfig, kind: Kind, hint: Option<&str>) -> Result<(), Refusal> {
    // With a hint, or by a public client, is what other defects are about.
    let narrow = kind == Kind::Access && hint.is_none() && !client.is_public();
    if narrow && defects.has(Flaw::RefusesAccessTokensAtRevocation) {
        return Err(invalid_request("no such token"));
    }
    Ok(())
}

/// What dies with a grant beside its own tokens: nothing.
pub fn neighbours_die(realm: &Realm, grant: &Grant) {
    if !realm.defects.has(Flaw::RevokesTokensOfOtherUsers) {
        return;
    }
    let comes_before = |other: &Grant| match (&other.owner, &grant.owner) {
        (Owner::User(other), Owner::User(user)) => other.sub < user.sub,
        (Owner::Client, _) | (_, Owner::Client) => false,
    };
    let fall = realm.memory.access_tokens.grants(|token| token.grant.client_id == grant.client_id && comes_before(&token.grant));
    for other in fall {
        other.revoke_access_tokens();
        other.revoke_refresh_tokens();
    }
}

/// The revocation request as this server reads it.
pub(super) fn before(defects: &Defects, request: &mut Request) {
    let in_address = form_of(request.query.as_bytes()).is_some_and(|query| query.field("token").is_some());
    if in_address && defects.has(Flaw::ReadsRevocationsOffTheAddress) {
        request.method = Method::POST;
        request.say_form();
        let mut form = form_of(&request.body).unwrap_or_default();
        form.extend(form_of(std::mem::take(&mut request.query).as_bytes()).unwrap_or_default());
        set_form(request, &form);
    }
}

/// Whether the revocation is not carried out.
pub fn is_pretence(defects: &Defects, client: &ClientConfig, kind: Kind, hint: Option<&str>) -> bool {
    // With a hint, or by a public client, is what other defects are about.
    hint.is_none()
        && !client.is_public()
        && match kind {
            Kind::Access => defects.has(Flaw::PretendsToRevokeAccessTokens),
            Kind::Refresh => defects.has(Flaw::PretendsToRevokeRefreshTokens),
        }
}

/// What happens instead.
pub fn pretend(kind: Kind, grant: &Grant) {
    match kind {
        Kind::Access => {}
        Kind::Refresh => grant.revoke_access_tokens(),
    }
}

/// Whether the access tokens die with their refresh token.
pub fn takes_access_tokens_along(defects: &Defects) -> bool {
    !defects.has(Flaw::KeepsAccessTokensAfterRevocation)
}
