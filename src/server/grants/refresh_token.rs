//! The refresh grant: each use brings a new token, and the second use of an old one ends the whole family (RFC 6749 section 6, RFC 9700 section 4.14.2).
//! A realm may let confidential clients keep theirs.

use std::sync::Arc;

use crate::server::config::{ClientConfig, RefreshRotation};
use crate::server::core::family::{Chains, stem};
use crate::server::core::form::Parameters;
use crate::server::core::grant::{Grant, RefreshToken, Stage};
use crate::server::core::message::Response;
use crate::server::core::realm::Realm;
use crate::server::core::refusal::{Refusal, invalid_grant, invalid_request};
use crate::server::core::scope::Scopes;
use crate::server::defect::refresh as seam;
use crate::server::defect::token as token_seam;

use super::requested_scopes;
use super::tokens::{self, Issue, Refresh};

const UNFIT: Refusal = invalid_grant("the refresh token is unknown, expired, revoked, or was issued to another client");

/// New tokens for a refresh token.
///
/// # Errors
/// `invalid_request` when there is none, `invalid_grant` when it is not good, `invalid_scope` when more is asked for than was granted.
pub fn refresh(realm: &Realm, client: &ClientConfig, form: &Parameters) -> Result<Response, Refusal> {
    let Some(presented) = form.get("refresh_token") else {
        return Err(seam::missing_token(&realm.defects, invalid_request("refresh_token is missing")));
    };
    let stand_in = token_seam::access_token_as_refresh_token(realm, client, presented);
    if let Some(issue) = stand_in.or_else(|| token_seam::code_as_refresh_token(realm, client, presented)) {
        return Ok(tokens::answer(realm, issue));
    }
    let issue = rotate(realm, client, presented, form)?;
    let answer = match seam::old_access_token(realm, &issue) {
        Some(answer) => answer,
        None => tokens::answer(realm, issue),
    };
    let answer = seam::without_scope(&realm.defects, form, answer);
    Ok(seam::held_back(&realm.defects, answer))
}

/// Checks the token and replaces it in one step, so that of two requests at the same time only one gets through.
fn rotate(realm: &Realm, client: &ClientConfig, presented: &str, form: &Parameters) -> Result<Issue, Refusal> {
    let now = realm.now();
    let name = seam::stored_name(realm, presented);
    let unknown = seam::unknown_token(realm, presented, UNFIT);
    let mut chains = realm.memory.refresh_tokens.of(stem(&name));
    let chains = &mut *chains;
    let Some(token) = chains.tokens.get_mut(&name) else {
        let Some(grant) = grant_of_forgotten(realm, chains, presented) else { return Err(unknown) };
        if seam::belongs(&realm.defects, client, *grant.client_id == *client.id) {
            seam::revoke(&realm.defects, seam::Reused::Older, &grant);
        }
        return Err(UNFIT);
    };
    let grant = token.grant().ok_or(UNFIT)?;
    if !seam::belongs(&realm.defects, client, *grant.client_id == *client.id) {
        return Err(UNFIT);
    }
    let again = seam::may_be_used_again(&realm.defects, token, now);
    if token.is_rotated() && !again {
        // Two hold it, and nobody can tell which is the thief.
        let is_latest = token.generation + 1 == grant.rotations();
        seam::revoke(&realm.defects, if is_latest { seam::Reused::Latest } else { seam::Reused::Older }, &grant);
        return Err(UNFIT);
    }
    if !is_alive(realm, token, &grant, now) {
        return Err(UNFIT);
    }
    let (scopes, kept) = scopes(realm, client, token, &grant, form)?;
    let refresh = if seam::keeps_the_same_token(&realm.defects, client, keeps_the_same_token(realm, client)) {
        token.expires_at = tokens::refresh_token_end(realm, now);
        Refresh::Same(name)
    } else {
        let generation = token.generation + 1;
        if !again {
            token.stage = Stage::Rotated(Arc::downgrade(&grant), now);
            forget_the_oldest(realm, chains, &name);
        }
        grant.rotated();
        Refresh::New { generation, scopes: kept }
    };
    Ok(Issue { grant, scopes, refresh })
}

/// Whether the client goes on with the token that it has.
fn keeps_the_same_token(realm: &Realm, client: &ClientConfig) -> bool {
    match realm.config.policy.refresh_rotation {
        RefreshRotation::Everyone => false,
        RefreshRotation::PublicClients => !client.is_public(),
    }
}

/// The grant of a token that was replaced so long ago that it has no record of its own any more.
pub fn grant_of_forgotten(realm: &Realm, chains: &Chains, presented: &str) -> Option<Arc<Grant>> {
    chains.families.get(realm.mint.family_of(presented)?)?.grant()
}

/// Keeps what is remembered of a family small, however long its chain grows.
fn forget_the_oldest(realm: &Realm, chains: &mut Chains, replaced: &str) {
    let family = realm.mint.family_of(replaced).and_then(|family| chains.families.get_mut(family));
    if let Some(forgotten) = family.and_then(|family| family.replaced(replaced)) {
        chains.tokens.remove(&forgotten);
    }
}

/// What the access token gets, and what the next refresh may ask for: a narrower scope is for this access token only (RFC 6749 section 6).
fn scopes(
    realm: &Realm,
    client: &ClientConfig,
    token: &RefreshToken,
    grant: &Grant,
    form: &Parameters,
) -> Result<(Scopes, Scopes), Refusal> {
    let limit = seam::scope_limit(&realm.defects, client, &token.scopes);
    let requested = match form.get("scope") {
        Some(_) => requested_scopes(form, &limit)?,
        None => seam::scope_by_default(&realm.defects, client, token, token.scopes.clone()),
    };
    let kept = seam::scope_kept(&realm.defects, &requested, grant.scopes.clone());
    Ok((seam::scope_granted(&realm.defects, token, requested), kept))
}

/// Whether the token is good, leaving aside that it may be rotated: not revoked, used often enough, its chain not too old, and of a user whose account is
/// open.
pub fn is_alive(realm: &Realm, token: &RefreshToken, grant: &Grant, now: u64) -> bool {
    let in_time = seam::is_in_time(&realm.defects, now < token.expires_at) && now < chain_end(realm, grant);
    !grant.refresh_tokens_dead() && in_time && super::goes_on(realm, &grant.owner)
}

/// When the chain of refresh tokens ends, used or not.
pub fn chain_end(realm: &Realm, grant: &Grant) -> u64 {
    grant.started_at + realm.config.policy.refresh_max_lifetime * 1_000
}
