//! The clients that a provider file has at its best: the roles, what each is, and how it is to be registered.

use crate::provider::{AuthMethod, Grant};

use AuthMethod::{ClientSecretBasic, ClientSecretPost, None as Public};
use Grant::{AuthorizationCode, ClientCredentials, DeviceCode, RefreshToken};

/// One client to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Its key under `clients:`.
    pub role: &'static str,
    /// What it is.
    pub is: &'static str,
    /// How it proves who it is.
    pub auth: AuthMethod,
    /// Where its users come back to.
    pub redirect_uris: &'static [&'static str],
    /// What it may do.
    pub grants: &'static [Grant],
    /// Whether it introspects the tokens of others.
    pub introspect: bool,
    /// Whether its secret has to be chosen: registration cannot make such a one.
    pub chosen_secret: bool,
    /// Whether a file starts with it; the others can be added.
    pub first: bool,
}

const PLAIN: Plan = Plan {
    role: "",
    is: "",
    auth: Public,
    redirect_uris: &[],
    grants: &[],
    introspect: false,
    chosen_secret: false,
    first: false,
};

const CODE: &[Grant] = &[AuthorizationCode, RefreshToken];
const DEVICE: &[Grant] = &[DeviceCode, RefreshToken];
const SERVICE: &[Grant] = &[ClientCredentials];

/// Every client, those that buy the most first.
pub const PLANS: &[Plan] = &[
    Plan {
        role: "web",
        is: "a confidential client with two redirect URIs",
        auth: ClientSecretBasic,
        redirect_uris: &["http://127.0.0.1:8400/callback", "https://client.example/cb"],
        grants: CODE,
        first: true,
        ..PLAIN
    },
    Plan {
        role: "other",
        is: "another confidential client: many bugs show only with two",
        auth: ClientSecretBasic,
        redirect_uris: &["http://127.0.0.1:8401/callback", "https://other.example/cb"],
        grants: CODE,
        first: true,
        ..PLAIN
    },
    Plan {
        role: "spa",
        is: "a public client",
        redirect_uris: &["http://127.0.0.1:8402/callback", "https://spa.example/cb"],
        grants: CODE,
        first: true,
        ..PLAIN
    },
    Plan {
        role: "other_spa",
        is: "another public client",
        redirect_uris: &["http://127.0.0.1:8403/callback", "https://otherspa.example/cb"],
        grants: CODE,
        first: true,
        ..PLAIN
    },
    Plan { role: "batch", is: "a service without users", auth: ClientSecretBasic, grants: SERVICE, first: true, ..PLAIN },
    Plan { role: "tv", is: "a public client for the device flow", grants: DEVICE, first: true, ..PLAIN },
    Plan { role: "other_tv", is: "another public client for the device flow", grants: DEVICE, first: true, ..PLAIN },
    Plan { role: "console", is: "a confidential client for the device flow", auth: ClientSecretBasic, grants: DEVICE, ..PLAIN },
    Plan {
        role: "inspector",
        is: "a confidential client that may introspect tokens that are not its own",
        auth: ClientSecretBasic,
        introspect: true,
        ..PLAIN
    },
    Plan {
        role: "single",
        is: "a client with one redirect URI",
        auth: ClientSecretBasic,
        redirect_uris: &["https://single.example/cb"],
        grants: CODE,
        ..PLAIN
    },
    Plan {
        role: "query",
        is: "a client with a query in its redirect URI",
        auth: ClientSecretBasic,
        redirect_uris: &["https://query.example/cb?tenant=a%20b", "https://query.example/plain"],
        grants: CODE,
        ..PLAIN
    },
    Plan {
        role: "native",
        is: "an app on a device: a public client with loopback redirect URIs, whose port is free (RFC 8252)",
        redirect_uris: &["http://127.0.0.1/cb", "http://[::1]/cb6", "com.example.app:/cb"],
        grants: CODE,
        ..PLAIN
    },
    Plan {
        role: "limited",
        is: "a client that may not use the authorization code grant, nor the device grant",
        auth: ClientSecretBasic,
        redirect_uris: &["https://limited.example/cb"],
        grants: &[RefreshToken],
        ..PLAIN
    },
    Plan {
        role: "batch_post",
        is: "a service that sends its secret in the body",
        auth: ClientSecretPost,
        grants: SERVICE,
        ..PLAIN
    },
    Plan {
        role: "special",
        is: "a service whose secret has characters such as : % + & / = in it",
        auth: ClientSecretBasic,
        grants: SERVICE,
        chosen_secret: true,
        ..PLAIN
    },
    Plan {
        role: "special_post",
        is: "the same, with its secret in the body",
        auth: ClientSecretPost,
        grants: SERVICE,
        chosen_secret: true,
        ..PLAIN
    },
];

impl Plan {
    /// Whether it has a secret.
    pub fn is_confidential(&self) -> bool {
        self.auth != Public
    }

    /// The variable that its secret is read from.
    pub fn variable(&self) -> String {
        format!("FLOWPROOF_{}_SECRET", self.role.to_uppercase())
    }

    /// Whether users are behind its tokens.
    pub fn has_users(&self) -> bool {
        self.grants.iter().any(|grant| match grant {
            AuthorizationCode | RefreshToken | DeviceCode => true,
            ClientCredentials => false,
        })
    }
}
