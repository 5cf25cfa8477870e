//! The clients of the provider file by the words that features use for them.

use crate::provider::Need;

/// One client role: its words, its key under `clients:`, and what it needs of the provider.
pub struct Role {
    /// As a step names it.
    pub words: &'static str,
    /// The key under `clients:`.
    pub key: &'static str,
    /// The need that the key satisfies.
    pub need: Need,
}

/// Every client that a step can name.
pub const ROLES: &[Role] = &[
    Role { words: "a public client", key: "spa", need: Need::PublicClient },
    Role { words: "another public client", key: "other_spa", need: Need::SecondPublicClient },
    Role { words: "a confidential client", key: "web", need: Need::ConfidentialClient },
    Role { words: "another confidential client", key: "other", need: Need::SecondClient },
    Role { words: "a confidential client with optional PKCE", key: "web", need: Need::PkceOptionalClient },
    Role { words: "a client with one redirect URI", key: "single", need: Need::SingleRedirectClient },
    Role { words: "a client with a query in its redirect URI", key: "query", need: Need::QueryRedirectClient },
    Role { words: "a native client", key: "native", need: Need::NativeClient },
    Role { words: "a client without the grant", key: "limited", need: Need::ClientWithoutGrant },
    Role { words: "a service client", key: "batch", need: Need::ClientCredentialsClient },
    Role { words: "a service client that authenticates in the body", key: "batch_post", need: Need::PostClient },
    Role { words: "a service client with special characters in its secret", key: "special", need: Need::SpecialSecretClient },
    Role {
        words: "a service client with special characters in its secret that authenticates in the body",
        key: "special_post",
        need: Need::SpecialSecretPostClient,
    },
    Role { words: "a device client", key: "tv", need: Need::DeviceClient },
    Role { words: "another device client", key: "other_tv", need: Need::SecondDeviceClient },
    Role { words: "a confidential device client", key: "console", need: Need::ConfidentialDeviceClient },
    Role { words: "a caller of introspection", key: "inspector", need: Need::IntrospectionCaller },
];

impl Role {
    /// The role by its words.
    pub fn named(words: &str) -> Option<&'static Self> {
        ROLES.iter().find(|role| role.words == words)
    }
}
