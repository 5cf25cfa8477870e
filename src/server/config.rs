//! What a reference server is made of: realms with their clients, users, policy and defects, as read from a file or built by code.

mod fault;
mod span;

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::certificate::Tls;
pub use fault::{EndpointName, FaultConfig, Latency};
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

/// Whom a realm obliges to use PKCE (RFC 9700 section 2.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PkcePolicy {
    /// Every client.
    Everyone,
    /// Public clients only; a confidential one may go without.
    PublicClients,
}

/// Whose refresh token is replaced by each use (RFC 9700 section 2.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefreshRotation {
    /// Every client's.
    Everyone,
    /// A public client's only. A confidential one keeps the token that it has, which is worth nothing without its secret: the duty to rotate is about
    /// public clients (RFC 9700 sections 2.2.2 and 4.14.2), and RFC 6749 section 6 leaves it to the server whether there is a new one.
    PublicClients,
}

/// In which way a confidential client may authenticate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuthPolicy {
    /// In the one that it is registered for (RFC 7591 section 2, `token_endpoint_auth_method`).
    RegisteredMethod,
    /// By HTTP Basic or in the form body, as it likes: RFC 6749 section 2.3.1 defines both for any client with a password.
    BasicOrPost,
}

/// What an access token looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenFormat {
    /// A random string.
    Opaque,
    /// A signed JWT in the shape of RFC 9068.
    Jwt,
}

/// What signs JWT access tokens and ID tokens (RFC 7518 section 3.1, RFC 8037 section 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SigningAlgorithm {
    /// ECDSA on P-256 with SHA-256.
    #[serde(rename = "ES256")]
    Es256,
    /// Ed25519.
    #[serde(rename = "EdDSA")]
    EdDsa,
}

/// Lifetimes (seconds) and strictness of a realm. Where specifications disagree, the strict choice is the default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// Who must use PKCE: RFC 7636 section 5 leaves it optional, RFC 9700 section 2.1.1 asks public clients for it, OAuth 2.1 everyone.
    pub pkce: PkcePolicy,
    /// Whether the challenge method `plain` is taken, also as what a missing method means: RFC 7636 sections 4.2 and 4.3 define it so, its section 7.2
    /// and RFC 9700 section 2.1.1 advise against it.
    pub pkce_plain: bool,
    /// Whose refresh token is replaced by each use.
    pub refresh_rotation: RefreshRotation,
    /// In which way a confidential client may authenticate.
    pub client_auth: ClientAuthPolicy,
    /// Whether the resource takes an access token from the query, as RFC 6750 section 2.3 allows and RFC 9700 section 4.3.2 has clients avoid.
    pub query_tokens: bool,
    /// Format of the access tokens.
    pub access_token: TokenFormat,
    /// What signs its tokens.
    pub signing: SigningAlgorithm,
    /// Whether a code names its client in a part of its own, behind a dot; it is good as a whole only.
    pub code_names_client: bool,
    /// Seconds from the issue of a code to its end.
    pub code_lifetime: u64,
    /// Seconds an access token lives.
    pub access_token_lifetime: u64,
    /// Seconds after which an unused refresh token ends.
    pub refresh_idle_lifetime: u64,
    /// Seconds after which a chain of refresh tokens ends, used or not.
    pub refresh_max_lifetime: u64,
    /// Seconds a device code lives.
    pub device_code_lifetime: u64,
    /// Seconds that must lie between two polls of one device.
    pub device_interval: u64,
    /// Seconds a browser session lives without being used.
    pub session_lifetime: u64,
    /// Wrong secrets and made up codes per client, wrong passwords per user and wrong user codes per realm that a minute bears.
    pub failures_per_minute: u32,
    /// Wrong user codes that one browser session bears.
    pub user_codes_per_session: u32,
}

impl Policy {
    /// Every member that is a number of seconds, with its name.
    pub(super) fn lifetimes(&self) -> [(&'static str, u64); 7] {
        [
            ("code_lifetime", self.code_lifetime),
            ("access_token_lifetime", self.access_token_lifetime),
            ("refresh_idle_lifetime", self.refresh_idle_lifetime),
            ("refresh_max_lifetime", self.refresh_max_lifetime),
            ("device_code_lifetime", self.device_code_lifetime),
            ("device_interval", self.device_interval),
            ("session_lifetime", self.session_lifetime),
        ]
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            pkce: PkcePolicy::Everyone,
            pkce_plain: false,
            refresh_rotation: RefreshRotation::Everyone,
            client_auth: ClientAuthPolicy::RegisteredMethod,
            query_tokens: false,
            access_token: TokenFormat::Opaque,
            signing: SigningAlgorithm::Es256,
            code_names_client: false,
            code_lifetime: 60,
            access_token_lifetime: 300,
            refresh_idle_lifetime: 1_800,
            refresh_max_lifetime: 8 * 3_600,
            device_code_lifetime: 600,
            device_interval: 5,
            session_lifetime: 1_800,
            failures_per_minute: 100,
            user_codes_per_session: 10,
        }
    }
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
