//! Bugs of the revocation endpoint: whom it obeys, and whether anything happens.

use super::Defects;
use crate::server::config::ClientConfig;
use crate::server::core::form::Parameters;
use crate::server::core::grant::Grant;
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
