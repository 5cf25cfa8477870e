//! How a request proves whose it is: a client by its credentials, a bearer by its token.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Request, form_encode};
use crate::protocol::secret::Secret;

/// How a client proves who it is (RFC 6749 section 2.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientAuth {
    /// Does not say who it is.
    Anonymous,
    /// `client_id` in the body and nothing else: a public client.
    None {
        /// `client_id`
        id: String,
    },
    /// HTTP Basic with form-encoded user and password (RFC 6749 section 2.3.1).
    Basic {
        /// `client_id`
        id: String,
        /// `client_secret`
        secret: Secret,
    },
    /// `client_id` and `client_secret` in the body.
    Post {
        /// `client_id`
        id: String,
        /// `client_secret`
        secret: Secret,
    },
}

impl Request {
    /// Proves the client's identity in this way, replacing an earlier one.
    #[must_use]
    pub fn authenticate(self, auth: &ClientAuth) -> Self {
        let request = self.without_header("authorization").without("client_id").without("client_secret");
        match auth {
            ClientAuth::Anonymous => request,
            ClientAuth::None { id } => request.set("client_id", id),
            ClientAuth::Basic { id, secret } => request.basic("Basic", &form_encode(id), &secret.form_encoded()),
            ClientAuth::Post { id, secret } => request.set("client_id", id).set("client_secret", secret),
        }
    }

    /// Adds an `Authorization` header of this scheme (as spelled) with user and password exactly as given.
    #[must_use]
    pub fn basic(self, scheme: &str, user: &str, password: &Secret) -> Self {
        let credentials = STANDARD.encode(format!("{user}:{}", password.expose()));
        let shown = format!("{scheme} base64({user}:{password})");
        self.header("authorization", Secret::around("authorization", format!("{scheme} {credentials}"), shown, password))
    }

    /// Adds a bearer token in the `Authorization` header (RFC 6750 section 2.1).
    #[must_use]
    pub fn bearer(self, token: &Secret) -> Self {
        let header = format!("Bearer {}", token.expose());
        self.header("authorization", Secret::around("authorization", header, format!("Bearer {token}"), token))
    }
}
