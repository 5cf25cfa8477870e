//! How a back-channel endpoint says no: the error object of RFC 6749 section 5.2 and its relatives.

use serde_json::json;

use super::message::Response;

/// The wire codes of the token endpoint and of the endpoints that borrow its error object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenError {
    /// A parameter is missing, repeated or malformed (RFC 6749 section 5.2).
    InvalidRequest,
    /// The client is unknown, or did not authenticate as registered (RFC 6749 section 5.2).
    InvalidClient,
    /// The code, refresh token or device code is not good for this request (RFC 6749 section 5.2).
    InvalidGrant,
    /// The client may not do this (RFC 6749 section 5.2).
    UnauthorizedClient,
    /// The server does not know the grant type (RFC 6749 section 5.2).
    UnsupportedGrantType,
    /// The scope is unknown, malformed or wider than granted (RFC 6749 section 5.2).
    InvalidScope,
    /// The user has not decided yet (RFC 8628 section 3.5).
    AuthorizationPending,
    /// The device polls too often (RFC 8628 section 3.5).
    SlowDown,
    /// The user said no (RFC 8628 section 3.5).
    AccessDenied,
    /// The device code is over (RFC 8628 section 3.5).
    ExpiredToken,
    /// Tokens of this type cannot be revoked (RFC 7009 section 2.2.1); here they all can, so only a defect says so.
    UnsupportedTokenType,
}

impl TokenError {
    /// The value of `error`.
    pub fn code(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::InvalidScope => "invalid_scope",
            Self::AuthorizationPending => "authorization_pending",
            Self::SlowDown => "slow_down",
            Self::AccessDenied => "access_denied",
            Self::ExpiredToken => "expired_token",
            Self::UnsupportedTokenType => "unsupported_token_type",
        }
    }
}

/// A refusal: its wire code, a text out of a fixed set (nothing of the request is ever repeated), and how it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The wire code.
    pub error: TokenError,
    /// For the developer who reads it.
    pub description: &'static str,
    status: u16,
}

impl Refusal {
    /// A refusal with the status that its code has: 401 for `invalid_client`, 400 for the rest.
    pub const fn new(error: TokenError, description: &'static str) -> Self {
        let status = match error {
            TokenError::InvalidClient => 401,
            TokenError::InvalidRequest
            | TokenError::InvalidGrant
            | TokenError::UnauthorizedClient
            | TokenError::UnsupportedGrantType
            | TokenError::InvalidScope
            | TokenError::AuthorizationPending
            | TokenError::SlowDown
            | TokenError::AccessDenied
            | TokenError::ExpiredToken
            | TokenError::UnsupportedTokenType => 400,
        };
        Self { error, description, status }
    }

    /// Too many wrong secrets: nobody gets through for a while (RFC 6749 section 2.3.1).
    pub const fn too_many_failures() -> Self {
        Self { error: TokenError::InvalidClient, description: "too many failed attempts; try again in a minute", status: 429 }
    }

    /// A defect's way out: the server breaks down.
    pub const fn crash() -> Self {
        Self { error: TokenError::InvalidRequest, description: "internal error", status: 500 }
    }

    /// The answer: JSON, never stored, with a challenge when it is about authentication (RFC 9110 section 15.5.2).
    pub fn response(self, realm: &str) -> Response {
        let document = json!({ "error": self.error.code(), "error_description": self.description });
        let response = Response::json(self.status, document).not_stored();
        match self.status {
            401 => response.with("www-authenticate", format!("Basic realm=\"{realm}\", charset=\"UTF-8\"")),
            429 => response.with("retry-after", "60"),
            _ => response,
        }
    }
}

/// `invalid_request`.
pub const fn invalid_request(description: &'static str) -> Refusal {
    Refusal::new(TokenError::InvalidRequest, description)
}

/// `invalid_grant`.
pub const fn invalid_grant(description: &'static str) -> Refusal {
    Refusal::new(TokenError::InvalidGrant, description)
}

/// `invalid_client`.
pub const fn invalid_client(description: &'static str) -> Refusal {
    Refusal::new(TokenError::InvalidClient, description)
}
