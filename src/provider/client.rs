//! A registered client: the role that it fills, how it proves who it is, what it may ask for, and what is set for it alone.

use std::time::Duration;

use crate::protocol::request::DEVICE_CODE_GRANT;
use crate::protocol::{ClientAuth, Secret};

/// A client of the provider's, registered before the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// The role it fills: its key in the provider file.
    pub role: String,
    /// `client_id`
    pub id: String,
    /// `client_secret`; a client without one is public (RFC 6749 section 2.1).
    pub secret: Option<Secret>,
    /// The authentication method it is registered for.
    pub auth: AuthMethod,
    /// Its registered redirect URIs, as they are spelled there.
    pub redirect_uris: Vec<String>,
    /// The grants it is registered for.
    pub grants: Vec<Grant>,
    /// The scopes it may ask for.
    pub scopes: Vec<String>,
    /// Whether the provider lets it introspect tokens that are not its own (RFC 7662 section 2.1).
    pub introspect: bool,
    /// Whether PKCE is required of it, where the file says so of this client.
    pub pkce: Option<PkceDemand>,
    /// Whether its refresh tokens are rotated, where the file says so of this client.
    pub rotation: Option<bool>,
    /// How long a rotated refresh token goes on working, where the file says so of this client.
    pub reuse_grace: Option<Duration>,
}

impl Client {
    /// How the client proves who it is, by the method it is registered for.
    pub fn auth(&self) -> ClientAuth {
        let id = self.id.clone();
        match (self.auth, &self.secret) {
            (AuthMethod::ClientSecretBasic, Some(secret)) => ClientAuth::Basic { id, secret: secret.clone() },
            (AuthMethod::ClientSecretPost, Some(secret)) => ClientAuth::Post { id, secret: secret.clone() },
            (AuthMethod::None, _) | (AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost, None) => {
                ClientAuth::None { id }
            }
        }
    }

    /// Whether it has no way to prove who it is (RFC 6749 section 2.1).
    pub fn is_public(&self) -> bool {
        self.auth == AuthMethod::None
    }

    /// Whether its refresh tokens have to be replaced by each use: a client that cannot prove who it is has no other protection (RFC 9700 section 2.2.2), and
    /// of another one the provider file says it.
    pub fn must_rotate(&self) -> bool {
        self.is_public() || self.rotation == Some(true)
    }

    /// Whether it is registered for this grant.
    pub fn may(&self, grant: Grant) -> bool {
        self.grants.contains(&grant)
    }

    /// Its first registered redirect URI; empty where it has none.
    pub fn redirect_uri(&self) -> &str {
        self.redirect_uris.first().map_or("", String::as_str)
    }
}

/// How a client is registered to authenticate at the token endpoint (RFC 7591 section 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthMethod {
    /// `none`: a public client.
    None,
    /// `client_secret_basic`: HTTP Basic.
    ClientSecretBasic,
    /// `client_secret_post`: `client_id` and `client_secret` in the body.
    ClientSecretPost,
}

impl AuthMethod {
    /// Every method.
    pub const ALL: [Self; 3] = [Self::None, Self::ClientSecretBasic, Self::ClientSecretPost];

    /// The name registered for it (RFC 7591 section 2).
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
        }
    }
}

/// What a provider demands of a client's authorization requests (RFC 7636).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PkceDemand {
    /// A challenge with each.
    Required,
    /// It may leave the challenge out.
    Optional,
}

impl PkceDemand {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Required, Self::Optional];

    /// As the provider file spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Optional => "optional",
        }
    }
}

/// A grant that a client can be registered for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    /// RFC 6749 section 4.1.
    AuthorizationCode,
    /// RFC 6749 section 6.
    RefreshToken,
    /// RFC 6749 section 4.4.
    ClientCredentials,
    /// RFC 8628; the provider file may also spell its URN.
    DeviceCode,
}

impl Grant {
    /// Every grant.
    pub const ALL: [Self; 4] = [Self::AuthorizationCode, Self::RefreshToken, Self::ClientCredentials, Self::DeviceCode];

    /// The short name, as the provider file spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::RefreshToken => "refresh_token",
            Self::ClientCredentials => "client_credentials",
            Self::DeviceCode => "device_code",
        }
    }

    /// The value of `grant_type` on the wire.
    pub fn grant_type(self) -> &'static str {
        match self {
            Self::AuthorizationCode | Self::RefreshToken | Self::ClientCredentials => self.name(),
            Self::DeviceCode => DEVICE_CODE_GRANT,
        }
    }
}
