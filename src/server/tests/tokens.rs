//! What an access token is bound to: its server, its audience, and a subject that is nobody else's.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::super::Config;
use super::super::core::RealmError;
use super::Bench;

#[test]
fn a_token_meant_for_another_resource_is_refused() {
    let bench = Bench::new("lenient", &[]);
    let token = bench.tokens("web").text_of("access_token");
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).expect("a JWT")).expect("base64url");
    let claims: Value = serde_json::from_slice(&claims).expect("claims");
    // All realms sign with the same keys, so that the audience alone tells whose token it is (RFC 9700 section 2.3).
    assert_eq!(claims["aud"], bench.issuer());
    assert_eq!(bench.introspect(&token)["aud"], bench.issuer());
    let header = [("authorization", format!("Bearer {token}"))];
    let at = |realm: &str| bench.send("GET", &format!("//realms/{realm}/protocol/openid-connect/userinfo"), &header, "");
    assert_eq!(at("lenient").status, 200);
    for other in ["strict", "my-app"] {
        assert_eq!(at(other).refusal(), (401, "invalid_token"), "{other}");
    }
}

#[test]
fn a_client_cannot_have_the_subject_of_a_user() {
    let bench = Bench::strict();
    let mut config = Config::demo().realms.remove(0);
    config.name = "impostor".to_owned();
    let subject = config.users["alice"].subject();
    config.clients.get_mut("batch").expect("a demo client").id = subject.clone();
    assert!(matches!(bench.core.add_realm(config.clone()), Err(RealmError::Impostor(id)) if id == subject));
    config.clients.get_mut("batch").expect("a demo client").id = "batch".to_owned();
    assert!(bench.core.add_realm(config).is_ok());
}
