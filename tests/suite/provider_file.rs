//! The provider file: what it may say, and what an author is told who says it wrongly.

use std::path::Path;

use flowproof::protocol::ClientAuth;
use flowproof::provider::{AuthMethod, Driver, Error, Grant, Need, Provider, Source};
use flowproof::verdict::Profile;
use serde_json::json;

/// A variable's value that would be structure, if variables were expanded before the file is parsed.
const AWKWARD: &str = "a: b # c\nissuer: 'https://evil.example' }${NOPE}";

fn env(name: &str) -> Option<String> {
    match name {
        "WEB_SECRET" => Some("from-the-environment".to_owned()),
        "HOST" => Some("auth.example".to_owned()),
        "AWKWARD" => Some(AWKWARD.to_owned()),
        "EMPTY" => Some(String::new()),
        _ => None,
    }
}

fn parse(text: &str) -> Result<Provider, Error> {
    Provider::parse(text, Source::File("providers/acme/provider.yaml".into()), &env)
}

fn good(text: &str) -> Provider {
    parse(text).unwrap_or_else(|error| panic!("{error}\n\nin:\n{text}"))
}

#[test]
fn a_file_with_nothing_but_an_issuer_is_enough() {
    let provider = good("issuer: https://auth.example.com/realms/my-app\n");
    assert_eq!(provider.name, "acme");
    assert_eq!(provider.issuer, "https://auth.example.com/realms/my-app");
    assert_eq!(provider.profile, Profile::OAuth20);
    assert_eq!(provider.login.driver, Driver::Form);
    assert!(provider.clients.is_empty() && provider.users.is_empty() && provider.admin.is_none() && !provider.load.allow);
}

#[test]
fn everything_that_a_file_says_is_read() {
    let provider = good(
        r#"
issuer: "https://${HOST}/"
profile: oauth-2.1
endpoints: { token: "https://auth.example/token", jwks: "https://auth.example/jwks" }
clients:
  web:
    id: web-app
    secret: "${WEB_SECRET}"
    redirect_uris: ["http://127.0.0.1:8400/callback", "https://client.example/cb?tenant=a%20b"]
    grants: [authorization_code, refresh_token]
    scopes: [openid, "billing:read"]
  spa: { id: spa, redirect_uris: ["com.example.app:/cb"] }
  batch: { id: "batch: job", secret: s3cret, auth: client_secret_post, grants: [client_credentials], introspect: true }
  tv: { id: tv, grants: ["urn:ietf:params:oauth:grant-type:device_code", refresh_token] }
  other_tv: { id: other-tv, grants: [device_code] }
users:
  alice: { username: alice@example.com, password: "p: #w", sub: "1" }
login: { driver: form }
admin: { url: "http://127.0.0.1:9401", key: k, realm: strict }
load: { allow: true }
pkce: { optional_for: [web] }
resource: { url: "https://api.example/me", scope: openid }
capabilities: { device: false, jwt_access_token: true }
"#,
    );
    assert_eq!(provider.issuer, "https://auth.example/");
    assert_eq!(provider.profile, Profile::OAuth21);
    assert_eq!(provider.endpoints.token.as_ref().map(|url| url.as_str()), Some("https://auth.example/token"));
    let web = provider.client("web").expect("a web client");
    assert_eq!((web.role.as_str(), web.id.as_str(), web.auth), ("web", "web-app", AuthMethod::ClientSecretBasic));
    assert_eq!(web.secret.as_ref().map(|secret| secret.expose()), Some("from-the-environment"));
    assert_eq!(web.redirect_uri(), "http://127.0.0.1:8400/callback");
    assert_eq!(web.redirect_uris[1], "https://client.example/cb?tenant=a%20b");
    assert!(web.may(Grant::RefreshToken) && !web.may(Grant::ClientCredentials) && !web.is_public());
    assert!(matches!(web.auth(), ClientAuth::Basic { .. }));
    let spa = provider.client("spa").expect("a public client");
    assert!(spa.is_public() && spa.may(Grant::AuthorizationCode) && spa.auth() == ClientAuth::None { id: "spa".to_owned() });
    let batch = provider.client("batch").expect("a batch client");
    assert!(matches!(batch.auth(), ClientAuth::Post { .. }) && batch.introspect && batch.id == "batch: job");
    for role in ["tv", "other_tv"] {
        assert!(provider.client(role).expect("a device client").may(Grant::DeviceCode), "{role}");
    }
    let alice = provider.user("alice").expect("a user");
    assert_eq!((alice.username.as_str(), alice.password.expose()), ("alice@example.com", "p: #w"));
    assert_eq!(provider.admin.as_ref().map(|admin| admin.realm.as_str()), Some("strict"));
    assert!(provider.load.allow && provider.pkce.optional_for == ["web"]);
    assert_eq!(provider.resource.as_ref().and_then(|resource| resource.scope.as_deref()), Some("openid"));
    assert_eq!(provider.capabilities.get(&Need::Device), Some(&false));
    let secrets: Vec<&str> = provider.secrets().map(|secret| secret.expose()).collect();
    assert_eq!(secrets, ["s3cret", "from-the-environment", "p: #w", "k"]);
}

#[test]
fn variables_are_expanded_after_parsing_and_in_string_values_only() {
    let provider = good("issuer: https://x\nclients:\n  ${HOST}: { id: \"${AWKWARD}\", secret: '$${WEB_SECRET} $1' }\n");
    let client = provider.client("${HOST}").expect("keys stay as they are");
    assert_eq!(client.id, AWKWARD);
    assert_eq!(client.secret.as_ref().map(|secret| secret.expose()), Some("${WEB_SECRET} $1"));
    assert_eq!(provider.issuer, "https://x");
}

#[test]
fn the_documents_of_real_providers_in_this_repository_are_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("providers");
    let files: Vec<_> = std::fs::read_dir(folder).expect("the folder").map(|entry| entry.expect("an entry").path()).collect();
    let files = files.iter().map(|path| path.join("provider.yaml")).filter(|path| path.exists());
    let any_value = |_: &str| Some("x".to_owned());
    let names: Vec<String> =
        files.map(|path| Provider::load(&path, &any_value).unwrap_or_else(|error| panic!("{error}")).name).collect();
    assert!(names.iter().any(|name| name == "node-oidc-provider"), "{names:?}");
}

#[test]
fn a_document_that_was_made_is_read_as_it_stands() {
    let document = json!({
        "issuer": "http://127.0.0.1:9400/realms/strict",
        "clients": {
            "web": { "id": "web-app", "secret": "a${b", "auth": "client_secret_basic", "redirect_uris": ["http://127.0.0.1:8400/callback"],
                "grants": ["authorization_code"], "scopes": ["openid"] },
            "inspector": { "id": "billing-api", "secret": "x", "auth": "client_secret_basic", "grants": [], "introspect": true },
        },
        "users": { "alice": { "username": "alice", "password": "p", "sub": "1" } },
        "login": { "driver": "form" },
        "admin": { "url": "http://127.0.0.1:9401", "key": "k", "realm": "strict" },
    });
    let provider = Provider::from_json(&document, "embedded").unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(provider.name, "embedded");
    assert_eq!(provider.client("web").and_then(|web| web.secret.as_ref()).map(|secret| secret.expose()), Some("a${b"));
    assert!(provider.client("inspector").is_some_and(|inspector| inspector.introspect && inspector.grants.is_empty()));

    let error = Provider::from_json(&json!({ "issuer": "http://x", "clients": { "web": { "idd": "a" } } }), "embedded");
    let message = error.expect_err("a key of no meaning").to_string();
    assert!(message.starts_with("embedded: `idd` is not a key of `clients.web`"), "{message}");
}

#[test]
fn a_missing_file_and_one_that_cannot_be_read_are_told_apart() {
    let message = |path: &Path| Provider::load(path, &env).expect_err("no provider file").to_string();
    let missing = message(Path::new("no/such/provider.yaml"));
    assert!(missing.starts_with("no/such/provider.yaml: there is no such provider file"), "{missing}");
    let folder = tempfile::tempdir().expect("a folder");
    assert!(message(folder.path()).contains("the provider file cannot be read: "), "a folder is not a file");
    let latin1 = folder.path().join("provider.yaml");
    std::fs::write(&latin1, b"issuer: http://x\xe9\n").expect("a file");
    assert!(message(&latin1).contains("the provider file cannot be read: "), "ISO 8859-1 is not UTF-8");
}
