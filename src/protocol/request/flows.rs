//! The requests of each flow, described: what a check or a load plan then bends.

use url::Url;

use super::{Endpoint, Request};
use crate::protocol::pkce::Pkce;
use crate::protocol::secret::Secret;

/// An authorization request (RFC 6749 section 4.1.1), PKCE and `state` to be added.
pub fn authorize(authorization_endpoint: &Url, client_id: &str) -> Request {
    let mut request = Request::get(Endpoint::Authorization, authorization_endpoint);
    request.query.push(("response_type".to_owned(), "code".into()));
    request.query.push(("client_id".to_owned(), client_id.into()));
    request
}

impl Request {
    /// Adds `code_challenge` by S256 (RFC 7636 section 4.3).
    #[must_use]
    pub fn challenge(self, pkce: &Pkce) -> Self {
        self.set("code_challenge", &pkce.challenge).set("code_challenge_method", "S256")
    }

    /// Adds `code_verifier` (RFC 7636 section 4.5).
    #[must_use]
    pub fn verifier(self, verifier: &Secret) -> Self {
        self.set("code_verifier", verifier)
    }
}

/// An access token request of any grant type, client authentication to be added (RFC 6749 section 3.2).
pub fn token(token_endpoint: &Url, grant_type: &str) -> Request {
    Request::post(Endpoint::Token, token_endpoint).set("grant_type", grant_type)
}

/// The redemption of a code (RFC 6749 section 4.1.3).
pub fn redeem(token_endpoint: &Url, code: &Secret) -> Request {
    token(token_endpoint, "authorization_code").set("code", code)
}

/// A client credentials request (RFC 6749 section 4.4.2).
pub fn client_credentials(token_endpoint: &Url) -> Request {
    token(token_endpoint, "client_credentials")
}

/// A refresh (RFC 6749 section 6).
pub fn refresh(token_endpoint: &Url, refresh_token: &Secret) -> Request {
    token(token_endpoint, "refresh_token").set("refresh_token", refresh_token)
}

/// The grant type of the device flow (RFC 8628 section 3.4).
pub const DEVICE_CODE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// A device access token request: one poll (RFC 8628 section 3.4).
pub fn poll(token_endpoint: &Url, device_code: &Secret) -> Request {
    token(token_endpoint, DEVICE_CODE_GRANT).set("device_code", device_code)
}

/// A device authorization request (RFC 8628 section 3.1).
pub fn device(device_authorization_endpoint: &Url) -> Request {
    Request::post(Endpoint::DeviceAuthorization, device_authorization_endpoint)
}

/// A revocation (RFC 7009 section 2.1).
pub fn revoke(revocation_endpoint: &Url, token: &Secret) -> Request {
    Request::post(Endpoint::Revocation, revocation_endpoint).set("token", token)
}

/// An introspection (RFC 7662 section 2.1).
pub fn introspect(introspection_endpoint: &Url, token: &Secret) -> Request {
    Request::post(Endpoint::Introspection, introspection_endpoint).set("token", token)
}

/// A call of a protected resource without a token yet (RFC 6750 section 2).
pub fn resource(resource: &Url) -> Request {
    Request::get(Endpoint::Resource, resource).header("accept", "application/json")
}
