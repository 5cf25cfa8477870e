//! Which endpoint of which realm a path names.

/// The endpoints of a realm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// RFC 6749 section 3.1.
    Authorization,
    /// Where the login form of an interaction is sent.
    Login(String),
    /// Where the question of an interaction is asked and answered.
    Consent(String),
    /// RFC 6749 section 3.2.
    Token,
    /// RFC 7662 section 2.
    Introspection,
    /// RFC 7009 section 2.
    Revocation,
    /// RFC 8628 section 3.1.
    DeviceAuthorization,
    /// Where a user types the code of a device (RFC 8628 section 3.3).
    Verification,
    /// Where the question of a device is asked and answered.
    DeviceConsent(String),
    /// A protected resource (OpenID Connect Core section 5.3).
    Userinfo,
    /// RFC 7517 section 5.
    Jwks,
    /// RFC 8414 section 3, where that RFC puts it: the well-known part before the issuer's path.
    Metadata,
    /// The same below the issuer, where many clients look.
    MetadataBelowIssuer,
    /// OpenID Connect Discovery section 4.
    OpenIdConfiguration,
    /// Metadata for a path that only begins with the issuer's; nothing is there.
    MetadataOfNobody,
}

/// What an endpoint is part of, for rules that hold for several of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surface {
    /// The pages of an authorization request.
    Authorization,
    /// The pages where a user approves a device.
    DevicePages,
    /// The token endpoint.
    Token,
    /// The introspection endpoint.
    Introspection,
    /// The revocation endpoint.
    Revocation,
    /// The device authorization endpoint.
    DeviceAuthorization,
    /// The protected resource.
    Resource,
    /// The public keys.
    Keys,
    /// Metadata, wherever it is served.
    Metadata,
}

impl Endpoint {
    /// What the endpoint is part of.
    pub fn surface(&self) -> Surface {
        match self {
            Self::Authorization | Self::Login(_) | Self::Consent(_) => Surface::Authorization,
            Self::Verification | Self::DeviceConsent(_) => Surface::DevicePages,
            Self::Token => Surface::Token,
            Self::Introspection => Surface::Introspection,
            Self::Revocation => Surface::Revocation,
            Self::DeviceAuthorization => Surface::DeviceAuthorization,
            Self::Userinfo => Surface::Resource,
            Self::Jwks => Surface::Keys,
            Self::Metadata | Self::MetadataBelowIssuer | Self::OpenIdConfiguration | Self::MetadataOfNobody => Surface::Metadata,
        }
    }
}

/// The realm's name and its endpoint, if the path names one.
pub fn find(path: &str) -> Option<(&str, Endpoint)> {
    if let Some(inserted) = path.strip_prefix("/.well-known/oauth-authorization-server/realms/") {
        return Some(match inserted.split_once('/') {
            None => (inserted, Endpoint::Metadata),
            Some((realm, _)) => (realm, Endpoint::MetadataOfNobody),
        });
    }
    let (realm, rest) = path.strip_prefix("/realms/")?.split_once('/')?;
    let endpoint = match rest {
        "protocol/openid-connect/auth" => Endpoint::Authorization,
        "protocol/openid-connect/token" => Endpoint::Token,
        "protocol/openid-connect/token/introspect" => Endpoint::Introspection,
        "protocol/openid-connect/revoke" => Endpoint::Revocation,
        "protocol/openid-connect/auth/device" => Endpoint::DeviceAuthorization,
        "protocol/openid-connect/certs" => Endpoint::Jwks,
        "protocol/openid-connect/userinfo" => Endpoint::Userinfo,
        "device" => Endpoint::Verification,
        ".well-known/openid-configuration" => Endpoint::OpenIdConfiguration,
        ".well-known/oauth-authorization-server" => Endpoint::MetadataBelowIssuer,
        other => match other.split_once('/')? {
            ("login", id) => Endpoint::Login(id.to_owned()),
            ("consent", id) => Endpoint::Consent(id.to_owned()),
            ("device", id) => Endpoint::DeviceConsent(id.to_owned()),
            _ => return None,
        },
    };
    Some((realm, endpoint))
}

#[cfg(test)]
mod tests {
    use super::{Endpoint, find};

    #[test]
    fn paths_name_their_realm_and_endpoint() {
        assert_eq!(find("/realms/strict/protocol/openid-connect/token"), Some(("strict", Endpoint::Token)));
        assert_eq!(find("/realms/strict/device/abc"), Some(("strict", Endpoint::DeviceConsent("abc".to_owned()))));
        assert_eq!(find("/.well-known/oauth-authorization-server/realms/strict"), Some(("strict", Endpoint::Metadata)));
        assert_eq!(
            find("/.well-known/oauth-authorization-server/realms/strict/nope"),
            Some(("strict", Endpoint::MetadataOfNobody))
        );
        assert_eq!(find("/.well-known/oauth-authorization-server/nope"), None);
        assert_eq!(find("/realms/strict"), None);
        assert_eq!(find("/realms/strict/protocol/openid-connect/token/"), None);
    }
}
