//! What a realm does where it has a choice: lifetimes, limits, and the sides it takes where specifications disagree.

use serde::{Deserialize, Serialize};

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
    pub(in crate::server) fn lifetimes(&self) -> [(&'static str, u64); 7] {
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
