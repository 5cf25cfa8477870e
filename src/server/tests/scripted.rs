//! What a developer has prepared: token answers, and claims that the server does not know by itself.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::Bench;
use crate::server::core::script::ScriptedAnswer;

fn prepare(bench: &Bench, answer: Value) {
    let answer: ScriptedAnswer = serde_json::from_value(answer).expect("an answer");
    bench.realm().memory.script.add(answer).expect("an answer that can be given");
}

fn claims_of(token: &str) -> Value {
    let payload = token.split('.').nth(1).expect("a JWT");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).expect("base64url")).expect("JSON")
}

fn members(value: Value) -> Map<String, Value> {
    value.as_object().cloned().expect("an object")
}

#[test]
fn a_whole_body_is_answered_once_and_nothing_is_spent() {
    let bench = Bench::strict();
    let refresh = bench.tokens("web").text_of("refresh_token");
    prepare(&bench, json!({ "status": 400, "body": { "error": "temporarily_unavailable" }, "headers": { "Retry-After": "3" } }));
    let answer = bench.refresh("web", &refresh);
    assert_eq!(answer.refusal(), (400, "temporarily_unavailable"));
    assert_eq!((answer.header("retry-after"), answer.header("cache-control")), (Some("3"), Some("no-store")));
    assert_eq!(bench.refresh("web", &refresh).status, 200);
}

#[test]
fn members_are_laid_over_an_answer_whose_tokens_are_real() {
    let bench = Bench::strict();
    prepare(&bench, json!({ "members": { "expires_in": "soon", "scope": null, "session_state": { "x": 1 } } }));
    let answer = bench.client_token("batch");
    assert_eq!((&answer.json["expires_in"], answer.json.get("scope")), (&json!("soon"), None));
    assert_eq!(answer.json["session_state"], json!({ "x": 1 }));
    assert!(bench.is_active(&answer.text_of("access_token")));
    assert_eq!(bench.client_token("batch").json["expires_in"], 300);
}

#[test]
fn an_answer_is_for_its_client_and_its_grant_and_as_often_as_it_says() {
    let bench = Bench::strict();
    prepare(&bench, json!({ "client": bench.id("batch_post"), "status": 418, "body": {} }));
    prepare(&bench, json!({ "grant_type": "refresh_token", "status": 418, "body": {} }));
    prepare(
        &bench,
        json!({ "client": bench.id("batch"), "grant_type": "client_credentials", "times": 2, "status": 429, "body": {} }),
    );
    let statuses: Vec<u16> = (0..3).map(|_| bench.client_token("batch").status).collect();
    assert_eq!(statuses, [429, 429, 200]);
    assert_eq!(bench.client_token("batch_post").status, 418);
    assert_eq!(bench.realm().memory.script.waiting().len(), 1);
    assert_eq!(bench.refresh("web", "whatever").status, 418);
    assert!(bench.realm().is_plain());
}

#[test]
fn extra_claims_are_told_wherever_a_token_is_told_about() {
    let bench = Bench::new("lenient", &[]);
    bench.reconfigure(|config| {
        config.clients.get_mut("web").expect("a client").claims = members(json!({ "tenant": "blue", "tier": "basic" }));
        config.users.get_mut("alice").expect("a user").claims = members(json!({ "tier": "gold", "groups": ["a", "b"] }));
    });
    let tokens = bench.tokens("web");
    let access = tokens.text_of("access_token");
    for told in
        [claims_of(&access), claims_of(&tokens.text_of("id_token")), bench.introspect(&access), bench.userinfo(&access).json]
    {
        assert_eq!((&told["tenant"], &told["tier"], &told["groups"]), (&json!("blue"), &json!("gold"), &json!(["a", "b"])));
        assert_eq!(told["sub"], "user-alice");
    }
    let own = bench.client_token("batch").text_of("access_token");
    assert!(claims_of(&own).get("tenant").is_none());
}

#[test]
fn an_extra_claim_stands_in_for_one_that_the_server_knows() {
    let bench = Bench::strict();
    bench.reconfigure(|config| {
        config.users.get_mut("alice").expect("a user").claims = members(json!({ "aud": "someone-else", "nonce": "forged" }));
    });
    let id_token = claims_of(&bench.tokens("web").text_of("id_token"));
    assert_eq!((&id_token["aud"], &id_token["nonce"]), (&json!("someone-else"), &json!("forged")));
}
