//! The client credentials grant: a confidential client on its own behalf (RFC 6749 section 4.4).

use std::sync::Arc;

use crate::server::config::ClientConfig;
use crate::server::core::form::Parameters;
use crate::server::core::grant::{Grant, Owner};
use crate::server::core::message::Response;
use crate::server::core::realm::Realm;
use crate::server::core::refusal::{Refusal, TokenError};
use crate::server::defect::client_credentials as seam;

use super::requested_scopes;
use super::tokens::{self, Issue};

/// A token for the client itself; no refresh token, since it can always ask again (RFC 6749 section 4.4.3).
///
/// # Errors
/// `unauthorized_client` for a public client, `invalid_scope` for a scope that it may not have.
pub fn issue(realm: &Realm, client: &ClientConfig, form: &Parameters) -> Result<Response, Refusal> {
    if !seam::client_is_confidential(&realm.defects, !client.is_public()) {
        return Err(Refusal::new(TokenError::UnauthorizedClient, "the grant is for confidential clients only"));
    }
    seam::needs_no_user(&realm.defects)?;
    let scopes = seam::scopes(&realm.defects, client, form, requested_scopes(form, &realm.scopes_of(client)))?;
    let grant = Arc::new(Grant::new(realm.id_of(client), Owner::Client, scopes.clone(), None, realm.now()));
    let refresh = seam::refresh(&realm.defects, &scopes);
    Ok(seam::without_scope(&realm.defects, form, tokens::answer(realm, Issue { grant, scopes, refresh })))
}
