//! What a reference server is made of: realms with their clients, users, policy and defects, as read from a file or built by code.

mod fault;
mod policy;
mod span;

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::certificate::Tls;
pub use fault::{EndpointName, FaultConfig, Latency};
pub use policy::{ClientAuthPolicy, PkcePolicy, Policy, RefreshRotation, SigningAlgorithm, TokenFormat};
pub use span::{NotASpan, Span};

/// Everything that [`ReferenceServer::start`](super::ReferenceServer::start) needs.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The address of the OAuth endpoints; loopback unless told otherwise. The admin listener never leaves this machine.
    #[serde(default = "loopback")]
    pub host: IpAddr,
    /// Port of the OAuth endpoints; 0 takes a free one. A file that does not say means 9400.
    #[serde(default = "port")]
    pub port: u16,
    /// The origin under which clients reach the OAuth endpoints, e.g. `https://auth.example.com`, where it is not the address that is listened on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_url: Option<String>,
    /// TLS for the OAuth endpoints; they are in the clear when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<Tls>,
    /// Port of the admin listener; 0 takes a free one. A file that does not say means 9401.
    #[serde(default = "admin_port")]
    pub admin_port: u16,
    /// Key of the admin listener; a random one is made when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub admin_key: Option<String>,
    /// The realm behind the short `/device` address; the first one when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_realm: Option<String>,
    /// The realms that exist from the start. A file that does not say means those of [`Config::demo`].
    #[serde(default = "demo_realms")]
    pub realms: Vec<RealmConfig>,
}

impl fmt::Debug for Config {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port, public_url, tls, admin_port, admin_key: _, default_realm, realms } = self;
        formatter
            .debug_struct("Config")
            .field("host", host)
            .field("port", port)
            .field("public_url", public_url)
            .field("tls", tls)
            .field("admin_port", admin_port)
            .field("default_realm", default_realm)
            .field("realms", realms)
            .finish_non_exhaustive()
    }
}

fn loopback() -> IpAddr {
    IpAddr::V4(Ipv4Addr::LOCALHOST)
}

fn port() -> u16 {
    Config::PORT
}

fn admin_port() -> u16 {
    Config::ADMIN_PORT
}

fn demo_realms() -> Vec<RealmConfig> {
    Config::demo().realms
}

impl Config {
    /// Where `flowproof serve` listens when nobody says otherwise.
    pub const PORT: u16 = 9_400;
    /// Where its admin listener is then.
    pub const ADMIN_PORT: u16 = 9_401;

    /// The name of the realm behind the short `/device` address, if there is any realm.
    pub fn default_realm(&self) -> Option<&str> {
        self.default_realm.as_deref().or_else(|| self.realms.first().map(|realm| realm.name.as_str()))
    }
}

/// One issuer: its own clients, users, policy, clock and defects.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RealmConfig {
    /// The last segment of the issuer: letters, digits, `-`, `_` and `.`.
    pub name: String,
    /// Role to client, as in a provider file.
    #[serde(default)]
    pub clients: BTreeMap<String, ClientConfig>,
    /// Role to user, as in a provider file.
    #[serde(default)]
    pub users: BTreeMap<String, UserConfig>,
    /// Lifetimes and strictness.
    #[serde(default)]
    pub policy: Policy,
    /// Names of the defects this realm is to have, e.g. `ignores-code-verifier`.
    #[serde(default)]
    pub defects: Vec<String>,
    /// What its network is to do wrong.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<FaultConfig>,
    /// How many of its latest requests are kept to be looked at; none when absent.
    #[serde(default, skip_serializing_if = "is_off")]
    pub journal: usize,
    /// Whether its issuer ends in a slash, as many a hosted provider's does. No address below it has two (RFC 8414 section 3.1).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub issuer_ends_in_slash: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference over")]
fn is_off(number: &usize) -> bool {
    *number == 0
}

/// A registered client. Without a secret it is a public one.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientConfig {
    /// The `client_id`.
    pub id: String,
    /// What the consent page calls it; the id when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The client password of a confidential client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<Secret>,
    /// How a confidential client authenticates; `client_secret_basic` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth: Option<AuthMethod>,
    /// Compared as strings, but for the port of a loopback URI that is registered without one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub redirect_uris: Vec<String>,
    /// The grants this client may use.
    #[serde(default)]
    pub grants: Vec<GrantKind>,
    /// The scopes this client may ask for; all of them are its default.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
    /// May introspect tokens of every client.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub introspect: bool,
    /// Told beside what the server knows, in its place if need be, wherever a token of this client is told about: JWT access token, ID token,
    /// introspection, userinfo.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub claims: Map<String, Value>,
}

/// A resource owner.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserConfig {
    /// What is typed into the login page.
    pub username: String,
    /// What is typed below it.
    pub password: Secret,
    /// The subject identifier; derived from the user name when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
    /// Told by userinfo to a token with the `email` scope.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Told about this user like a client's claims, and in their place if need be.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub claims: Map<String, Value>,
    /// Cannot log in, and what this user has approved yields nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disabled: bool,
}

/// How a client authenticates at the token endpoint (RFC 8414 section 2 names).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthMethod {
    /// HTTP Basic (RFC 6749 section 2.3.1).
    ClientSecretBasic,
    /// `client_id` and `client_secret` in the form body (RFC 6749 section 2.3.1).
    ClientSecretPost,
    /// A public client names itself only (RFC 6749 section 3.2.1).
    None,
}

/// The grants that the server knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantKind {
    /// RFC 6749 section 4.1.
    AuthorizationCode,
    /// RFC 6749 section 4.4.
    ClientCredentials,
    /// RFC 8628; `device_code` is short for its URN.
    #[serde(alias = "urn:ietf:params:oauth:grant-type:device_code")]
    DeviceCode,
    /// RFC 6749 section 6.
    RefreshToken,
}

/// A secret of the configuration; its debug form does not show it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The value itself, for the comparison and for the provider document.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Secret {
    fn from(value: &str) -> Self {
        Self(value.to_owned())
    }
}

impl From<String> for Secret {
    fn from(value: String) -> Self {
        Self(value)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

impl RealmConfig {
    /// A realm without clients and users.
    pub fn empty(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            clients: BTreeMap::new(),
            users: BTreeMap::new(),
            policy: Policy::default(),
            defects: Vec::new(),
            faults: Vec::new(),
            journal: 0,
            issuer_ends_in_slash: false,
        }
    }
}

impl ClientConfig {
    /// A public client that may do nothing yet.
    pub fn public(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            name: None,
            secret: None,
            auth: None,
            redirect_uris: Vec::new(),
            grants: Vec::new(),
            scopes: Vec::new(),
            introspect: false,
            claims: Map::new(),
        }
    }

    /// A client without a secret is public (RFC 6749 section 2.1).
    pub fn is_public(&self) -> bool {
        self.secret.is_none()
    }

    /// How this client authenticates.
    pub fn auth_method(&self) -> AuthMethod {
        match (&self.secret, self.auth) {
            (None, _) => AuthMethod::None,
            (Some(_), None) => AuthMethod::ClientSecretBasic,
            (Some(_), Some(method)) => method,
        }
    }
}

impl UserConfig {
    /// The subject identifier of this user.
    pub fn subject(&self) -> String {
        self.sub.clone().unwrap_or_else(|| format!("user-{}", self.username))
    }
}
