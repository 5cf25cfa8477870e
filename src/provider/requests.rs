//! What a client of the provider's asks for, composed in one place for whoever sends it: checks, load, and the walk by hand.

use url::Url;

use super::client::Client;
use crate::protocol::{Pkce, Request, Secret, request};

impl Client {
    /// Every scope that it may ask for, as one parameter; nothing where none is known, and then the provider chooses (RFC 6749 section 3.3).
    pub fn scope(&self) -> Option<String> {
        (!self.scopes.is_empty()).then(|| self.scopes.join(" "))
    }

    /// An authorization request to its first redirect URI (RFC 6749 section 4.1.1, RFC 7636 section 4.3).
    pub fn authorization_request(&self, endpoint: &Url, scope: Option<&str>, state: &str, pkce: Option<&Pkce>) -> Request {
        let request = request::authorize(endpoint, &self.id)
            .set("redirect_uri", self.redirect_uri())
            .set_some("scope", scope)
            .set("state", state);
        match pkce {
            Some(pkce) => request.challenge(pkce),
            None => request,
        }
    }

    /// The redemption of a code (RFC 6749 section 4.1.3, RFC 7636 section 4.5); what its authorization request did not say is left out.
    pub fn redemption(&self, endpoint: &Url, code: &Secret, redirect_uri: Option<&str>, verifier: Option<&Secret>) -> Request {
        let request = request::redeem(endpoint, code).set_some("redirect_uri", redirect_uri);
        request.set_some("code_verifier", verifier).authenticate(&self.auth())
    }

    /// A refresh (RFC 6749 section 6).
    pub fn refreshing(&self, endpoint: &Url, refresh_token: &Secret) -> Request {
        request::refresh(endpoint, refresh_token).authenticate(&self.auth())
    }

    /// A request for a token of its own (RFC 6749 section 4.4.2).
    pub fn own_token_request(&self, endpoint: &Url, scope: Option<&str>) -> Request {
        request::client_credentials(endpoint).set_some("scope", scope).authenticate(&self.auth())
    }

    /// A device authorization request (RFC 8628 section 3.1).
    pub fn device_request(&self, endpoint: &Url, scope: Option<&str>) -> Request {
        request::device(endpoint).set_some("scope", scope).authenticate(&self.auth())
    }

    /// One poll with a device code (RFC 8628 section 3.4).
    pub fn polling(&self, endpoint: &Url, device_code: &Secret) -> Request {
        request::poll(endpoint, device_code).authenticate(&self.auth())
    }

    /// An introspection by it (RFC 7662 section 2.1).
    pub fn introspection(&self, endpoint: &Url, token: &Secret) -> Request {
        request::introspect(endpoint, token).authenticate(&self.auth())
    }

    /// A revocation by it (RFC 7009 section 2.1).
    pub fn revocation(&self, endpoint: &Url, token: &Secret) -> Request {
        request::revoke(endpoint, token).authenticate(&self.auth())
    }
}
