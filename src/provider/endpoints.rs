//! Where the provider is asked: the endpoints that are known.

use serde_json::{Map, Value};
use url::Url;

/// The endpoints of a provider that are known, from its file or its metadata.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Endpoints {
    /// RFC 6749 section 3.1.
    pub authorization: Option<Url>,
    /// RFC 6749 section 3.2.
    pub token: Option<Url>,
    /// RFC 8628 section 3.1.
    pub device_authorization: Option<Url>,
    /// RFC 7009 section 2.
    pub revocation: Option<Url>,
    /// RFC 7662 section 2.
    pub introspection: Option<Url>,
    /// A resource that takes the provider's bearer tokens: userinfo, where nothing else is named.
    pub resource: Option<Url>,
    /// RFC 8414 section 2, `jwks_uri`.
    pub jwks: Option<Url>,
}

/// What the provider file says of endpoints; it wins over metadata.
pub type EndpointOverrides = Endpoints;

impl Endpoints {
    /// The keys of the provider file's `endpoints:`.
    pub const KEYS: [&str; 7] =
        ["authorization", "token", "device_authorization", "revocation", "introspection", "resource", "jwks"];

    /// The endpoints that a metadata document names (RFC 8414 section 2); one that is not an http or https URL is left out.
    pub fn of_metadata(document: &Map<String, Value>) -> Self {
        let url = |member: &str| {
            let url = Url::parse(document.get(member)?.as_str()?).ok()?;
            (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
        };
        Self {
            authorization: url("authorization_endpoint"),
            token: url("token_endpoint"),
            device_authorization: url("device_authorization_endpoint"),
            revocation: url("revocation_endpoint"),
            introspection: url("introspection_endpoint"),
            resource: url("userinfo_endpoint"),
            jwks: url("jwks_uri"),
        }
    }

    /// These, and where one is not known, the other's.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            authorization: self.authorization.or(other.authorization),
            token: self.token.or(other.token),
            device_authorization: self.device_authorization.or(other.device_authorization),
            revocation: self.revocation.or(other.revocation),
            introspection: self.introspection.or(other.introspection),
            resource: self.resource.or(other.resource),
            jwks: self.jwks.or(other.jwks),
        }
    }

    /// Whether there is one that hands out tokens or starts a flow.
    pub fn any_flow(&self) -> bool {
        self.authorization.is_some() || self.token.is_some() || self.device_authorization.is_some()
    }
}
