//! The authorization code grant: a code is bound to all that its request said, and is good once (RFC 6749 section 4.1.3, RFC 7636 section 4.6).

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::server::config::ClientConfig;
use crate::server::core::authorization::AuthorizationRequest;
use crate::server::core::form::Parameters;
use crate::server::core::grant::{ApprovingUser, Code, Grant, Owner, Redemption};
use crate::server::core::message::Response;
use crate::server::core::pkce;
use crate::server::core::realm::Realm;
use crate::server::core::refusal::{Refusal, invalid_grant, invalid_request};
use crate::server::defect::{
    authorization as authorization_seam, client_auth as client_seam, code as seam, native as native_seam, pkce as pkce_seam,
    scope as scope_seam, token as token_seam,
};

use super::tokens::{self, Issue, Refresh};

/// A code for what the user has approved.
pub fn issue(realm: &Realm, request: AuthorizationRequest, user: ApprovingUser) -> String {
    let secret = seam::value(&realm.defects, realm.secret());
    let (random, now) = (pkce_seam::code(&realm.defects, request.challenge.as_ref(), secret), realm.now());
    let value = if realm.config.policy.code_names_client { naming(&random, &request.client_id) } else { random };
    let code = Code {
        client_id: request.client_id,
        redirect_uri: request.redirect_uri,
        challenge: request.challenge,
        scopes: request.scopes,
        user,
        nonce: request.nonce,
        expires_at: now + seam::lifetime(&realm.defects, realm.config.policy.code_lifetime) * 1_000,
        redeemed: None,
    };
    let name = seam::name(&realm.defects, &value);
    realm.memory.codes.of(name).insert(name, code, now);
    value
}

/// A code that says which client it is for. That part is for people who read logs: a code is looked up as a whole.
pub fn naming(random: &str, client_id: &str) -> String {
    format!("{random}.{}", URL_SAFE_NO_PAD.encode(client_id))
}

/// Tokens for a code.
///
/// # Errors
/// `invalid_request` when the request lacks the code; `invalid_grant` when the code is not good for it.
pub fn redeem(realm: &Realm, client: &ClientConfig, form: &Parameters) -> Result<Response, Refusal> {
    let Some(presented) = form.get("code") else {
        return Err(seam::missing_code(&realm.defects, invalid_request("code is missing")));
    };
    if let Some(issue) = token_seam::refresh_token_as_code(realm, client, presented) {
        return Ok(tokens::answer(realm, issue));
    }
    seam::accepts_valid_codes(&realm.defects, client)?;
    let grant = spend(realm, client, presented, form)?;
    client_seam::needs_no_secret(&realm.defects, client)?;
    let scopes = authorization_seam::scopes_of_a_code(realm, client, form, &grant.scopes);
    let scopes = seam::scopes(&realm.defects, client, form, scopes);
    let refresh = Refresh::first(client, &grant.scopes);
    let answer =
        scope_seam::told(&realm.defects, client, &scopes.clone(), tokens::answer(realm, Issue { grant, scopes, refresh }));
    Ok(seam::held_back(&realm.defects, answer))
}

/// Checks the code and marks it as redeemed in one step, so that of two requests at the same time only one gets through.
fn spend(realm: &Realm, client: &ClientConfig, presented: &str, form: &Parameters) -> Result<Arc<Grant>, Refusal> {
    const UNFIT: Refusal = invalid_grant("the code is unknown, expired, spent, or was issued for another request");
    let now = realm.now();
    let name = seam::name(&realm.defects, presented);
    let mut codes = realm.memory.codes.of(name);
    let Some(code) = codes.get_mut(name) else {
        drop(codes);
        return Err(guessed(realm, client, presented, UNFIT));
    };
    let is_its_own = seam::issued_to(&realm.defects, client, presented, code.client_id == client.id);
    if !seam::belongs(&realm.defects, client, is_its_own) {
        return Err(UNFIT);
    }
    let given = form.get("redirect_uri");
    let asked = code.redirect_uri.as_deref();
    let same_place = native_seam::redemption_matches(&realm.defects, client, asked, given, repeats(client, asked, given));
    if !seam::redirect_uri_matches(&realm.defects, client, asked, given, same_place) {
        return Err(UNFIT);
    }
    proof(realm, client, code, form)?;
    if let Some(redemption) = &code.redeemed
        && !seam::may_be_redeemed_again(&realm.defects, now, redemption)
    {
        // Someone else has it: all that came of it is revoked (RFC 6749 section 4.1.2). A replay that would have failed anyway proves nothing.
        if let Some(grant) = redemption.grant.upgrade() {
            seam::revoke(&realm.defects, &grant);
        }
        return Err(UNFIT);
    }
    if now >= code.expires_at && !seam::lives_for_ever(&realm.defects) {
        return Err(UNFIT);
    }
    let owner = Owner::User(Box::new(code.user.clone()));
    if !super::goes_on(realm, &owner) {
        return Err(UNFIT);
    }
    let grant = Arc::new(Grant::new(realm.id_of(client), owner, code.scopes.clone(), code.nonce.clone(), now));
    code.redeemed = Some(Redemption { grant: Arc::downgrade(&grant), at: now });
    Ok(grant)
}

/// What is said to a code that nobody has issued, and to a client that tries many of them (RFC 6819 section 4.4.1.12).
fn guessed(realm: &Realm, client: &ClientConfig, presented: &str, refusal: Refusal) -> Refusal {
    let (now, limit) = (realm.now(), realm.config.policy.failures_per_minute);
    let counter = || format!("codes of {}", client.id);
    if seam::limits_guesses(&realm.defects) && realm.memory.failures.exhausted(counter, limit, now) {
        return Refusal::too_many_failures();
    }
    realm.memory.failures.count(counter(), now);
    seam::unknown_code(realm, presented, refusal)
}

/// Whether a redemption names the redirect URI of its request, to the letter. Where the request named none, it may name none as well, or the one
/// that the code was sent to.
fn repeats(client: &ClientConfig, asked: Option<&str>, given: Option<&str>) -> bool {
    let sent_to = match client.redirect_uris.as_slice() {
        [only] => Some(only.as_str()),
        _ => None,
    };
    asked == given || asked.is_none() && given == sent_to
}

/// Whoever redeems the code must know the verifier behind its challenge.
fn proof(realm: &Realm, client: &ClientConfig, code: &Code, form: &Parameters) -> Result<(), Refusal> {
    let defects = &realm.defects;
    match (&code.challenge, form.get("code_verifier")) {
        (None, None) => {
            let required = pkce::is_required(realm.config.policy.pkce, client);
            if pkce_seam::code_without_challenge_is_fine(defects, client, !required) {
                Ok(())
            } else {
                Err(invalid_grant("the code has no code_challenge"))
            }
        }
        (None, Some(_)) if pkce_seam::verifier_alone_is_fine(defects) => Ok(()),
        // Else PKCE could be stripped off the authorization request unnoticed (RFC 9700 section 4.8.2).
        (None, Some(_)) => Err(invalid_request("code_verifier without code_challenge")),
        (Some(_), None) if pkce_seam::missing_verifier_is_fine(defects, client) => Ok(()),
        (Some(_), None) => Err(invalid_grant("code_verifier is missing")),
        (Some(challenge), Some(verifier)) => {
            let formed = pkce_seam::verifier_length_is_fine(defects, pkce::has_verifier_length(verifier))
                && pkce_seam::verifier_characters_are_fine(defects, pkce::has_verifier_characters(verifier));
            let matches = formed && pkce::matches(challenge, verifier);
            if pkce_seam::verifier_matches(defects, client, challenge, form, matches) {
                Ok(())
            } else {
                Err(invalid_grant("code_verifier does not match"))
            }
        }
    }
}
