//! The realms that `serve` shows and the checks run against when nobody says otherwise; their secrets are fixed and public on purpose.

use std::collections::BTreeMap;

use super::config::GrantKind::{AuthorizationCode, ClientCredentials, DeviceCode, RefreshToken};
use super::config::{
    AuthMethod, ClientAuthPolicy, ClientConfig, Config, GrantKind, PkcePolicy, Policy, RealmConfig, RefreshRotation, Secret,
    TokenFormat, UserConfig,
};

impl Config {
    /// Three realms: `my-app` and `strict` (the defaults: the strict choice wherever specifications disagree) and `lenient` (the other one each time, and
    /// JWT access tokens).
    pub fn demo() -> Self {
        Self {
            host: std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST),
            port: 0,
            public_url: None,
            tls: None,
            admin_port: 0,
            admin_key: None,
            default_realm: Some("my-app".to_owned()),
            realms: vec![realm("my-app", Policy::default()), realm("strict", Policy::default()), realm("lenient", lenient())],
        }
    }
}

fn lenient() -> Policy {
    Policy {
        pkce: PkcePolicy::PublicClients,
        pkce_plain: true,
        refresh_rotation: RefreshRotation::PublicClients,
        client_auth: ClientAuthPolicy::BasicOrPost,
        query_tokens: true,
        access_token: TokenFormat::Jwt,
        code_names_client: true,
        ..Policy::default()
    }
}

fn realm(name: &str, policy: Policy) -> RealmConfig {
    RealmConfig {
        name: name.to_owned(),
        clients: clients(),
        users: users(),
        policy,
        defects: Vec::new(),
        faults: Vec::new(),
        journal: 0,
        issuer_ends_in_slash: false,
    }
}

fn clients() -> BTreeMap<String, ClientConfig> {
    const USER: &[&str] = &["openid", "profile", "email"];
    const BILLING: &[&str] = &["billing:read", "billing:write"];
    const CODE: &[GrantKind] = &[AuthorizationCode, RefreshToken];
    // Every character that form-encoding and HTTP Basic treat in a special way.
    const SPECIAL: &str = "s:p%e+c/i&a=l s%2Bcret";
    let entries = [
        (
            "web",
            confidential("web-app", "web-app-secret-8f3a1c")
                .redirects(&["http://127.0.0.1:8400/callback", "https://client.example/cb"])
                .may(CODE, USER),
        ),
        (
            "other",
            confidential("other-app", "other-app-secret-52d9e7")
                .redirects(&["http://127.0.0.1:8401/callback", "https://other.example/cb"])
                .may(&[AuthorizationCode, RefreshToken, ClientCredentials], &["openid", "profile", "email", "billing:read"]),
        ),
        (
            "spa",
            ClientConfig::public("my-frontend")
                .redirects(&["http://127.0.0.1:8402/callback", "https://spa.example/cb"])
                .may(CODE, USER),
        ),
        (
            "other_spa",
            ClientConfig::public("other-frontend")
                .redirects(&["http://127.0.0.1:8403/callback", "https://otherspa.example/cb"])
                .may(CODE, USER),
        ),
        ("batch", confidential("batch-job", "batch-job-secret-b64e02").may(&[ClientCredentials], BILLING)),
        ("batch_post", confidential("batch-job-post", "batch-post-secret-71c5fd").by_post().may(&[ClientCredentials], BILLING)),
        ("special", confidential("special client:1", SPECIAL).may(&[ClientCredentials], &["billing:read"])),
        ("special_post", confidential("special client:2", SPECIAL).by_post().may(&[ClientCredentials], &["billing:read"])),
        ("tv", ClientConfig::public("tv").may(&[DeviceCode, RefreshToken], &["openid", "profile"])),
        ("other_tv", ClientConfig::public("other-tv").may(&[DeviceCode, RefreshToken], &["openid", "profile"])),
        ("console", confidential("console", "console-secret-90ab34").may(&[DeviceCode, RefreshToken], &["openid", "profile"])),
        ("inspector", confidential("billing-api", "billing-api-secret-3d77c8").inspector()),
        (
            "limited",
            confidential("limited-app", "limited-app-secret-e41b6a")
                .redirects(&["https://limited.example/cb"])
                .may(&[RefreshToken], &["profile"]),
        ),
        (
            "single",
            confidential("single-app", "single-app-secret-0c8f95")
                .redirects(&["https://single.example/cb"])
                .may(CODE, &["openid", "profile"]),
        ),
        (
            "query",
            confidential("query-app", "query-app-secret-a6d210")
                .redirects(&["https://query.example/cb?tenant=a%20b", "https://query.example/plain"])
                .may(&[AuthorizationCode], &["profile"]),
        ),
        (
            "native",
            ClientConfig::public("native-app")
                // Paths of their own, so that one address in place of another makes a URI that is not registered.
                .redirects(&["http://127.0.0.1/cb", "http://[::1]/cb6", "http://localhost/callback", "com.example.app:/cb"])
                .may(CODE, &["openid", "profile"]),
        ),
    ];
    entries.into_iter().map(|(role, client)| (role.to_owned(), client)).collect()
}

fn confidential(id: &str, secret: &str) -> ClientConfig {
    ClientConfig { secret: Some(Secret::from(secret)), auth: Some(AuthMethod::ClientSecretBasic), ..ClientConfig::public(id) }
}

impl ClientConfig {
    fn redirects(mut self, uris: &[&str]) -> Self {
        self.redirect_uris = uris.iter().map(|uri| (*uri).to_owned()).collect();
        self
    }

    fn may(mut self, grants: &[GrantKind], scopes: &[&str]) -> Self {
        self.grants = grants.to_vec();
        self.scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        self
    }

    fn by_post(mut self) -> Self {
        self.auth = Some(AuthMethod::ClientSecretPost);
        self
    }

    fn inspector(mut self) -> Self {
        self.introspect = true;
        self
    }
}

fn users() -> BTreeMap<String, UserConfig> {
    ["alice", "bob", "carol"]
        .into_iter()
        .map(|name| {
            let user = UserConfig {
                username: name.to_owned(),
                password: Secret::from(format!("{name}-password")),
                sub: None,
                email: Some(format!("{name}@example.com")),
                claims: serde_json::Map::new(),
                disabled: false,
            };
            (name.to_owned(), user)
        })
        .collect()
}
