//! Needs: what a check may ask of a provider, and the key of its file that is named where it cannot be had.

use flowproof::provider::{Endpoints, Metadata, Need, Provider, Source, Target, discover, lacking, lacking_for};
use flowproof::server::{Config, ReferenceServer};
use flowproof::wire::{Bounds, Tape, Wire};
use serde_json::{Value, json};

/// A provider that satisfies all that can be satisfied.
fn everything() -> Value {
    let code = json!(["authorization_code", "refresh_token"]);
    let basic = "client_secret_basic";
    json!({
        "issuer": "https://as.example/realms/r",
        "endpoints": { "authorization": "https://as.example/a", "token": "https://as.example/t", "device_authorization": "https://as.example/d",
            "revocation": "https://as.example/r", "introspection": "https://as.example/i", "resource": "https://as.example/u", "jwks": "https://as.example/j" },
        "clients": {
            "web": { "id": "1", "secret": "s", "redirect_uris": ["http://127.0.0.1:8400/callback", "https://client.example/cb"], "grants": code, "scopes": ["openid", "email"] },
            "other": { "id": "2", "secret": "s", "redirect_uris": ["https://other.example/cb"], "grants": code },
            "spa": { "id": "3", "redirect_uris": ["https://spa.example/cb"], "grants": code },
            "other_spa": { "id": "4", "redirect_uris": ["https://otherspa.example/cb"], "grants": code },
            "batch": { "id": "5", "secret": "s", "grants": ["client_credentials"] },
            "batch_post": { "id": "6", "secret": "s", "auth": "client_secret_post", "grants": ["client_credentials"] },
            "special": { "id": "7", "secret": "a:b%+/&= c", "auth": basic, "grants": ["client_credentials"] },
            "special_post": { "id": "8", "secret": "a:b%+/&= c", "auth": "client_secret_post", "grants": ["client_credentials"] },
            "tv": { "id": "9", "grants": ["device_code"] },
            "other_tv": { "id": "10", "grants": ["device_code"] },
            "console": { "id": "11", "secret": "s", "grants": ["device_code"] },
            "inspector": { "id": "12", "secret": "s", "introspect": true },
            "limited": { "id": "13", "secret": "s", "redirect_uris": ["https://limited.example/cb"], "grants": ["refresh_token"] },
            "single": { "id": "14", "secret": "s", "redirect_uris": ["https://single.example/cb"] },
            "query": { "id": "15", "secret": "s", "redirect_uris": ["https://query.example/cb?tenant=a%20b"] },
            "native": { "id": "16", "redirect_uris": ["http://127.0.0.1/cb", "com.example.app:/cb"] },
        },
        "users": { "alice": { "username": "a", "password": "p" }, "bob": { "username": "b", "password": "p" }, "carol": { "username": "c", "password": "p" } },
        "admin": { "url": "http://127.0.0.1:1", "key": "k", "realm": "r" },
        "pkce": { "optional_for": ["web"] },
        "capabilities": { "jwt_access_token": true },
    })
}

fn target(document: &Value) -> Target {
    let provider = Provider::from_json(document, "test").unwrap_or_else(|error| panic!("{error}"));
    let endpoints = provider.endpoints.clone();
    let metadata = Metadata { document: Some(serde_json::Map::new()), ..Metadata::default() };
    Target { provider, endpoints, metadata }
}

/// What is lacking when the value at this place of the file is another, or none.
fn lacking_without(pointer: &str, value: Option<Value>, need: Need) -> Option<String> {
    let mut document = everything();
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
    let parent = document.pointer_mut(parent).and_then(Value::as_object_mut).expect("a mapping");
    match value {
        Some(value) => parent.insert(key.to_owned(), value),
        None => parent.remove(key),
    };
    lacking(&target(&document), need)
}

#[test]
fn names_are_unique_and_lead_back_to_their_need() {
    for need in Need::ALL {
        assert_eq!(Need::from_name(need.name()), Some(*need));
        assert!(need.name().chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{need:?}");
    }
    assert_eq!(Need::from_name("public_client"), None);
}

#[test]
fn a_provider_with_everything_lacks_only_what_flowproof_does_not_know_yet() {
    let target = target(&everything());
    let lacks: Vec<&str> = Need::ALL.iter().filter(|need| lacking(&target, **need).is_some()).map(|need| need.name()).collect();
    assert_eq!(lacks, ["dynamic-registration", "second-resource"]);
    let why = lacking(&target, Need::SecondResource);
    assert_eq!(why.as_deref(), Some("needs a second protected resource, which flowproof does not know yet"));
}

#[tokio::test]
async fn the_reference_servers_realms_together_satisfy_all_that_loopback_can() {
    let config = Config { port: 0, admin_port: 0, ..Config::demo() };
    let server = ReferenceServer::start(config).await.expect("the server starts");
    let mut lacks: Vec<Need> = Need::ALL.to_vec();
    for realm in ["strict", "lenient"] {
        let provider = Provider::from_json(&server.provider_document(realm), realm).unwrap_or_else(|error| panic!("{error}"));
        let wire = Wire::new(Bounds::default()).expect("TLS");
        let target = discover(&wire, &Tape::new(provider.secrets()), provider).await.unwrap_or_else(|error| panic!("{error}"));
        lacks.retain(|need| lacking(&target, *need).is_some());
    }
    server.stop().await;
    assert_eq!(lacks, [Need::Tls, Need::DynamicRegistration, Need::SecondResource]);
}

#[test]
fn a_provider_with_nothing_is_told_a_key_for_each_need_that_a_key_can_satisfy() {
    let provider = Provider::parse("issuer: http://x\n", Source::Named("bare".to_owned()), &|_| None).expect("a provider");
    let bare = Target { provider, endpoints: Endpoints::default(), metadata: Metadata::default() };
    let satisfied: Vec<&str> = Need::ALL.iter().filter(|need| lacking(&bare, **need).is_none()).map(|need| need.name()).collect();
    assert_eq!(satisfied, ["login-pages", "wait", "many-requests", "concurrency", "structured-code", "rotation", "none"]);
    for (need, why) in [
        (Need::NativeClient, "needs a native client with an http redirect URI on a loopback address: `clients.native`"),
        (Need::UserLogin, "needs a user who logs in and approves: `users.alice`"),
        (Need::UserDeny, "needs a user who is asked and refuses: `users.carol`"),
        (Need::Device, "needs a device authorization endpoint: `endpoints.device_authorization`"),
        (Need::JwtAccessToken, "needs access tokens that are JWTs: `capabilities.jwt_access_token: true`"),
        (Need::ShortLifetime, "needs lifetimes that can be waited for: `admin`"),
    ] {
        assert_eq!(lacking(&bare, need).as_deref(), Some(why));
    }
}

#[test]
fn a_client_that_is_there_and_not_as_needed_is_told_what_it_lacks() {
    let lacks = |pointer, value, need| lacking_without(pointer, value, need).expect("it should be lacking");
    for (pointer, value, need, key) in [
        (
            "/clients/spa",
            Some(json!({ "id": "3", "secret": "s", "redirect_uris": ["https://x/cb"] })),
            Need::PublicClient,
            "clients.spa.auth: none",
        ),
        ("/clients/web/secret", None, Need::ConfidentialClient, "clients.web.secret"),
        ("/clients/batch/grants", None, Need::ClientCredentialsClient, "clients.batch.grants: [client_credentials]"),
        ("/clients/batch_post/auth", None, Need::PostClient, "clients.batch_post.auth: client_secret_post"),
        ("/clients/special/secret", Some(json!("plain")), Need::SpecialSecretClient, "clients.special.secret"),
        ("/clients/limited/grants", None, Need::ClientWithoutGrant, "clients.limited.grants without authorization_code"),
        (
            "/clients/single/redirect_uris",
            Some(json!(["https://a/1", "https://a/2"])),
            Need::SingleRedirectClient,
            "clients.single.redirect_uris",
        ),
        ("/clients/web/redirect_uris", Some(json!(["http://a/1"])), Need::MultiRedirectClient, "clients.web.redirect_uris"),
        ("/clients/web/redirect_uris", Some(json!(["http://a/1"])), Need::HttpsRedirectClient, "clients.web.redirect_uris"),
        ("/clients/query/redirect_uris", Some(json!(["https://a/1"])), Need::QueryRedirectClient, "clients.query.redirect_uris"),
        (
            "/clients/native/redirect_uris",
            Some(json!(["http://localhost/cb"])),
            Need::NativeClient,
            "clients.native.redirect_uris",
        ),
        ("/clients/inspector/introspect", None, Need::IntrospectionCaller, "clients.inspector.introspect: true"),
        ("/clients/web/scopes", Some(json!(["openid"])), Need::TwoScopes, "clients.web.scopes"),
        ("/clients/web/grants", None, Need::RefreshToken, "clients.web.grants: [refresh_token]"),
        ("/pkce/optional_for", None, Need::PkceOptionalClient, "pkce.optional_for: [web]"),
        ("/endpoints/authorization", None, Need::UserLogin, "endpoints.authorization"),
    ] {
        let why = lacks(pointer, value, need);
        assert!(why.ends_with(&format!(": `{key}`")), "{why}");
    }
}

#[test]
fn what_a_client_must_be_able_to_do_is_asked_of_the_client_that_acts() {
    let mut document = everything();
    document["clients"]["spa"]["grants"] = json!(["authorization_code"]);
    document["clients"]["batch"]["scopes"] = json!(["one", "two"]);
    let target = target(&document);
    assert_eq!(lacking_for(&target, Need::RefreshToken, "web"), None);
    let why = "needs a client that may use the refresh token grant: `clients.spa.grants: [refresh_token]`";
    assert_eq!(lacking_for(&target, Need::RefreshToken, "spa").as_deref(), Some(why));
    assert_eq!(lacking_for(&target, Need::TwoScopes, "batch"), None);
    let why = "needs a client that may ask for two scopes: `clients.spa.scopes`";
    assert_eq!(lacking_for(&target, Need::TwoScopes, "spa").as_deref(), Some(why));
    document["capabilities"] = json!({ "refresh_token": false });
    let off = lacking_for(&self::target(&document), Need::RefreshToken, "web");
    assert_eq!(off.as_deref(), Some("switched off in the provider file: `capabilities.refresh_token`"));
}

#[test]
fn alice_denies_where_no_user_is_set_aside_for_it() {
    assert_eq!(lacking_without("/users/carol", None, Need::UserDeny), None);
}

#[test]
fn what_the_file_switches_off_does_not_apply_even_where_it_is_there() {
    let off = |capability: &str| lacking_without("/capabilities", Some(json!({ capability: false })), Need::Device);
    assert_eq!(off("device").as_deref(), Some("switched off in the provider file: `capabilities.device`"));
    assert_eq!(off("revocation"), None);
    assert!(lacking_without("/endpoints/device_authorization", None, Need::Device).is_some());
}
