//! The authorization request once it is validated, and the errors that go back to the client (RFC 6749 section 4.1).

use super::grant::Challenge;
use super::message::ClientRedirect;
use super::scope::Scopes;

/// A request that only waits for its user.
#[derive(Clone)]
pub struct AuthorizationRequest {
    /// A registered client.
    pub client_id: String,
    /// Where the answer goes.
    pub target: Target,
    /// The `redirect_uri` parameter, if there was one.
    pub redirect_uri: Option<String>,
    /// What is asked for.
    pub scopes: Scopes,
    /// The PKCE challenge.
    pub challenge: Option<Challenge>,
    /// The OpenID Connect `nonce`.
    pub nonce: Option<String>,
    /// What the answer consists of.
    pub response: ResponseKind,
}

/// What the client asked to be answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseKind {
    /// A code (RFC 6749 section 4.1.1).
    Code,
    /// A token in the fragment; only a defect answers so.
    Token,
    /// A code and a token in the fragment; only a defect answers so.
    CodeAndToken,
}

/// Where an authorization response goes, and what comes back with it.
#[derive(Clone)]
pub struct Target {
    /// A redirect URI of the client.
    pub uri: String,
    /// The `state` of the request, byte for byte.
    pub state: Option<String>,
}

/// The wire codes of the authorization endpoint that are told to the client (RFC 6749 section 4.1.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthorizationError {
    /// A parameter is missing, repeated or malformed.
    InvalidRequest,
    /// The client is not registered for this.
    UnauthorizedClient,
    /// The user said no.
    AccessDenied,
    /// The server has no such response type.
    UnsupportedResponseType,
    /// The scope is unknown, malformed or not for this client.
    InvalidScope,
}

impl AuthorizationError {
    /// The value of `error`.
    pub fn code(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::AccessDenied => "access_denied",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::InvalidScope => "invalid_scope",
        }
    }
}

impl Target {
    /// The way back with these parameters, the `state`, and the issuer (RFC 9207 section 2).
    pub fn answer(&self, mut parameters: Vec<(&'static str, String)>, issuer: &str) -> ClientRedirect {
        if let Some(state) = &self.state {
            parameters.push(("state", state.clone()));
        }
        parameters.push(("iss", issuer.to_owned()));
        ClientRedirect { uri: self.uri.clone(), parameters, in_fragment: false }
    }

    /// The way back with an error.
    pub fn refusal(&self, error: AuthorizationError, description: &'static str, issuer: &str) -> ClientRedirect {
        self.answer(vec![("error", error.code().to_owned()), ("error_description", description.to_owned())], issuer)
    }
}
