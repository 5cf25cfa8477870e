//! The endpoints of a provider, as requests and findings name them.

use serde::{Deserialize, Serialize};

/// The endpoint of the provider that a request is meant for; violations with one cause share it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    /// RFC 6749 section 3.1.
    Authorization,
    /// RFC 6749 section 3.2.
    Token,
    /// RFC 8628 section 3.1.
    DeviceAuthorization,
    /// RFC 8628 section 3.3, the page where the user types the code.
    Verification,
    /// RFC 7009 section 2.
    Revocation,
    /// RFC 7662 section 2.
    Introspection,
    /// RFC 8414 section 3.
    Metadata,
    /// RFC 7517, `jwks_uri`.
    Jwks,
    /// RFC 6750 section 2: a resource that takes bearer tokens, such as userinfo.
    Resource,
    /// RFC 7591 section 3, and what manages a registration (RFC 7592 section 2).
    Registration,
    /// A page of the provider's own: login, consent, and what lies between.
    Page,
    /// The reference server's admin listener.
    Admin,
}

impl Endpoint {
    /// The name that reports and steps use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Authorization => "authorization endpoint",
            Self::Token => "token endpoint",
            Self::DeviceAuthorization => "device authorization endpoint",
            Self::Verification => "verification page",
            Self::Revocation => "revocation endpoint",
            Self::Introspection => "introspection endpoint",
            Self::Metadata => "metadata",
            Self::Jwks => "JWK set",
            Self::Resource => "protected resource",
            Self::Registration => "client registration endpoint",
            Self::Page => "login page",
            Self::Admin => "admin listener",
        }
    }
}
