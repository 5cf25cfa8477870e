//! One file for each grant of the token endpoint, and the tokens that they all end in.

pub mod authorization_code;
pub mod client_credentials;
pub mod device_code;
pub mod refresh_token;
pub mod tokens;

use super::core::form::Parameters;
use super::core::grant::Owner;
use super::core::realm::Realm;
use super::core::refusal::{Refusal, TokenError};
use super::core::scope::Scopes;
use super::defect::token as seam;

/// Whether a grant goes on, as far as the account of whoever made it is concerned (RFC 6749 section 10.4).
pub fn goes_on(realm: &Realm, owner: &Owner) -> bool {
    seam::account_is_good(&realm.defects, realm.account_is_open(owner))
}

/// The `scope` of a request, within what is allowed; all of that when it names none (RFC 6749 section 3.3).
///
/// # Errors
/// `invalid_scope` when it is malformed or goes beyond.
pub fn requested_scopes(form: &Parameters, allowed: &Scopes) -> Result<Scopes, Refusal> {
    let Some(given) = form.get("scope") else { return Ok(allowed.clone()) };
    let requested = Scopes::parse(given).map_err(|_| Refusal::new(TokenError::InvalidScope, "the scope is malformed"))?;
    if requested.is_within(allowed) {
        Ok(requested)
    } else {
        Err(Refusal::new(TokenError::InvalidScope, "the scope is unknown or goes beyond what may be had"))
    }
}
