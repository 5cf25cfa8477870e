//! Revocation, introspection, userinfo and what the server publishes.

use serde_json::json;

use super::{Bench, pairs, with};

#[test]
fn a_revoked_refresh_token_takes_its_access_tokens_along() {
    let bench = Bench::strict();
    for role in ["web", "spa"] {
        for hint in [None, Some("refresh_token"), Some("access_token"), Some("nonsense")] {
            let tokens = bench.tokens(role);
            let neighbour = bench.tokens(role);
            let (access, refresh) = (tokens.text_of("access_token"), tokens.text_of("refresh_token"));
            let mut form = pairs(&[("token", &refresh)]);
            form.extend(hint.map(|hint| ("token_type_hint", hint.to_owned())));
            for _ in 0..2 {
                assert_eq!(bench.post("revoke", role, &form).status, 200);
            }
            assert_eq!(bench.refresh(role, &refresh).refusal(), (400, "invalid_grant"));
            assert!(!bench.is_active(&access));
            assert_eq!(bench.userinfo(&access).status, 401);
            assert!(bench.is_active(&neighbour.text_of("access_token")));
        }
    }
}

#[test]
fn a_revoked_access_token_goes_alone() {
    for realm in ["strict", "lenient"] {
        let bench = Bench::new(realm, &[]);
        let tokens = bench.tokens("web");
        let access = tokens.text_of("access_token");
        assert_eq!(bench.post("revoke", "web", &pairs(&[("token", &access)])).status, 200);
        assert_eq!(bench.introspect(&access), json!({ "active": false }));
        assert_eq!(bench.userinfo(&access).status, 401);
        assert_eq!(bench.refresh("web", &tokens.text_of("refresh_token")).status, 200);
    }
}

#[test]
fn revocation_needs_the_tokens_own_client() {
    let bench = Bench::strict();
    let access = bench.tokens("web").text_of("access_token");
    let form = pairs(&[("token", &access)]);
    assert_eq!(bench.post_with("revoke", vec![], &form).refusal(), (401, "invalid_client"));
    assert_eq!(bench.post_with("revoke", vec![], &with(form.clone(), "client_id", "web-app")).status, 401);
    let unknown = pairs(&[("token", "unknown")]);
    assert_eq!(bench.post_with("revoke", vec![super::basic("web-app", "wrong")], &unknown).status, 401);
    assert_eq!(bench.post("revoke", "other", &form).refusal(), (400, "unauthorized_client"));
    assert!(bench.is_active(&access));
    assert_eq!(bench.post("revoke", "web", &unknown).status, 200);
    assert_eq!(bench.post("revoke", "web", &pairs(&[("token", "")])).refusal(), (400, "invalid_request"));
    assert_eq!(bench.send("GET", &format!("/protocol/openid-connect/revoke?token={access}"), &[], "").status, 405);
}

#[test]
fn introspection_tells_the_truth_to_those_who_may_know() {
    for realm in ["strict", "lenient"] {
        let bench = Bench::new(realm, &[]);
        let access = bench.tokens("web").text_of("access_token");
        let told = bench.introspect(&access);
        assert_eq!(
            told,
            json!({
                "active": true, "client_id": "web-app", "sub": "user-alice", "iss": bench.issuer(), "iat": 1_800_000_000,
                "exp": 1_800_000_300, "scope": "openid profile", "username": "alice", "token_type": "Bearer",
                "nbf": 1_800_000_000, "aud": bench.issuer(), "jti": told["jti"],
            })
        );
        let own = |role: &str| bench.post("token/introspect", role, &pairs(&[("token", &access)])).json;
        assert_eq!(own("web")["active"], true);
        assert_eq!(own("other"), json!({ "active": false }));
        let form = pairs(&[("token", &access)]);
        for id in ["my-frontend", "web-app"] {
            let named = with(form.clone(), "client_id", id);
            assert_eq!(bench.post_with("token/introspect", vec![], &named).refusal(), (401, "invalid_client"));
        }
        assert_eq!(bench.post_with("token/introspect", vec![], &form).refusal(), (401, "invalid_client"));
        let none = bench.post("token/introspect", "inspector", &vec![]);
        assert_eq!(none.refusal(), (400, "invalid_request"));
        for wrong in ["unknown", &access[1..], &format!("{access}x")] {
            assert_eq!(bench.introspect(wrong), json!({ "active": false }));
        }
        bench.wait(300);
        assert_eq!(bench.introspect(&access), json!({ "active": false }));
        assert_eq!(bench.userinfo(&access).status, 401);
    }
}

#[test]
fn hints_do_not_change_what_introspection_tells() {
    let bench = Bench::strict();
    let tokens = bench.tokens("web");
    for token in [tokens.text_of("access_token"), tokens.text_of("refresh_token")] {
        for hint in ["access_token", "refresh_token", "nonsense", ""] {
            let form = pairs(&[("token", &token), ("token_type_hint", hint)]);
            assert_eq!(bench.post("token/introspect", "inspector", &form).json["active"], true);
        }
    }
}

#[test]
fn userinfo_takes_one_bearer_token_from_header_or_body() {
    let bench = Bench::strict();
    let access = bench.tokens("web").text_of("access_token");
    let path = "/protocol/openid-connect/userinfo";
    let get = |field: &str| bench.send("GET", path, &[("authorization", field.to_owned())], "");
    assert_eq!(get(&format!("bEaReR {access}")).json, json!({ "sub": "user-alice", "preferred_username": "alice" }));
    assert_eq!(bench.post_with("userinfo", vec![], &pairs(&[("access_token", &access)])).status, 200);
    let none = bench.send("GET", path, &[], "");
    assert_eq!((none.status, none.header("www-authenticate")), (401, Some("Bearer realm=\"strict\"")));
    assert_eq!(get("Basic abc").header("www-authenticate"), Some("Bearer realm=\"strict\""));
    assert_eq!(bench.send("GET", &format!("{path}?access_token={access}"), &[], "").status, 401);
    let invalid = get("Bearer unknown");
    assert!(invalid.header("www-authenticate").is_some_and(|value| value.contains("error=\"invalid_token\"")));
    assert_eq!((invalid.status, get("Bearer \u{e9}").status), (401, 401));
    for field in ["Bearer".to_owned(), "Bearer ".to_owned(), format!("Bearer {access} {access}")] {
        assert_eq!(get(&field).status, 400, "{field}");
    }
    let header = vec![("authorization", format!("Bearer {access}"))];
    assert_eq!(bench.post_with("userinfo", header.clone(), &pairs(&[("access_token", &access)])).status, 400);
    let repeated = pairs(&[("access_token", &access), ("access_token", &access)]);
    assert_eq!(bench.post_with("userinfo", vec![], &repeated).status, 400);
    let two = [("authorization", format!("Bearer {access}")), ("authorization", format!("Bearer {access}"))];
    assert_eq!(bench.send("GET", path, &two, "").status, 400);
    let client = bench.client_token("batch").text_of("access_token");
    assert_eq!(bench.userinfo(&client).refusal(), (403, "insufficient_scope"));
}

#[test]
fn metadata_is_found_in_its_three_places_and_trusts_no_request() {
    let bench = Bench::strict();
    for path in [
        "//.well-known/oauth-authorization-server/realms/strict",
        "/.well-known/oauth-authorization-server",
        "/.well-known/openid-configuration",
    ] {
        let headers = [("host", "evil.example".to_owned()), ("x-forwarded-host", "evil.example".to_owned())];
        let document = bench.send("GET", path, &headers, "");
        assert_eq!((document.status, document.header("content-type")), (200, Some("application/json")));
        assert_eq!(document.json["issuer"], bench.issuer());
        assert_eq!(document.header("access-control-allow-origin"), Some("*"));
        assert!(!document.text.contains("evil.example") && !document.text.contains("null"));
    }
    for path in ["//.well-known/oauth-authorization-server/realms/nope", "//.well-known/oauth-authorization-server/nope"] {
        assert_eq!(bench.send("GET", path, &[], "").status, 404);
    }
    let keys = bench.send("GET", "/protocol/openid-connect/certs", &[], "");
    assert_eq!(keys.json["keys"][0]["crv"], "P-256");
    assert_eq!(keys.json["keys"][0]["d"], serde_json::Value::Null);
}

#[test]
fn a_jwt_access_token_verifies_with_the_published_key() {
    let bench = Bench::new("lenient", &[]);
    let key = bench.send("GET", "/protocol/openid-connect/certs", &[], "").json["keys"][0].clone();
    let key: jsonwebtoken::jwk::Jwk = serde_json::from_value(key).expect("a JWK");
    let key = jsonwebtoken::DecodingKey::from_jwk(&key).expect("a P-256 key");
    let mut rules = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::ES256);
    rules.set_audience(&[bench.issuer()]);
    rules.validate_exp = false;
    let _ = jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default();
    let token = bench.tokens("web").text_of("access_token");
    let read = jsonwebtoken::decode::<serde_json::Value>(&token, &key, &rules).expect("a good signature");
    assert_eq!(read.header.typ.as_deref(), Some("at+jwt"));
    assert_eq!(read.claims["client_id"], "web-app");
    assert_eq!(read.claims["sub"], "user-alice");
}
