//! Client authentication and the grammar of the token endpoint.

use super::{Bench, basic, form, pairs, twice, with, without};

#[test]
fn every_registered_way_of_authentication_works() {
    let bench = Bench::strict();
    for role in ["batch", "batch_post", "special", "special_post", "other"] {
        let answer = bench.client_token(role);
        assert_eq!(answer.status, 200, "{role}: {answer:?}");
        assert_eq!(answer.json["refresh_token"], serde_json::Value::Null);
    }
    let (headers, _) = bench.client("batch");
    let named = pairs(&[("grant_type", "client_credentials"), ("client_id", "batch-job")]);
    assert_eq!(bench.post_with("token", headers.clone(), &named).status, 200);
    let field = headers[0].1.replacen("Basic", "bAsIc", 1);
    assert_eq!(bench.post_with("token", vec![("authorization", field)], &named).status, 200);
}

#[test]
fn what_is_not_the_secret_is_refused() {
    let bench = Bench::strict();
    let grant = pairs(&[("grant_type", "client_credentials")]);
    let secret = "batch-job-secret-b64e02";
    for wrong in ["", "x", "batch-job-secret-b64e0", "batch-job-secret-b64e021", &secret.to_uppercase()] {
        let answer = bench.post_with("token", vec![basic("batch-job", wrong)], &grant);
        assert_eq!(answer.refusal(), (401, "invalid_client"), "{wrong}");
        assert!(answer.header("www-authenticate").is_some_and(|value| value.starts_with("Basic realm=")));
        let body = with(with(grant.clone(), "client_id", "batch-job-post"), "client_secret", wrong);
        assert_eq!(bench.post_with("token", vec![], &body).refusal(), (401, "invalid_client"));
    }
    for field in ["Basic %%%", "Basic ", "Basic", "Basic bm9jb2xvbg==", "Bearer abc"] {
        let answer = bench.post_with("token", vec![("authorization", field.to_owned())], &grant);
        assert_eq!(answer.refusal(), (401, "invalid_client"), "{field}");
    }
    let unknown = bench.post_with("token", vec![basic("nobody", secret)], &grant);
    let wrong = bench.post_with("token", vec![basic("batch-job", "x")], &grant);
    assert_eq!((unknown.status, &unknown.text), (wrong.status, &wrong.text));
    let alone = with(grant.clone(), "client_id", "batch-job");
    assert_eq!(bench.post_with("token", vec![], &alone).refusal(), (401, "invalid_client"));
    assert_eq!(bench.post_with("token", vec![], &grant).refusal(), (401, "invalid_client"));
}

#[test]
fn two_ways_at_once_are_an_invalid_request() {
    let bench = Bench::strict();
    let (headers, _) = bench.client("batch");
    let grant = pairs(&[("grant_type", "client_credentials")]);
    let both = with(with(grant.clone(), "client_id", "batch-job"), "client_secret", "batch-job-secret-b64e02");
    assert_eq!(bench.post_with("token", headers.clone(), &both).refusal(), (400, "invalid_request"));
    let other = with(grant, "client_id", "other-app");
    assert_eq!(bench.post_with("token", headers, &other).refusal(), (400, "invalid_request"));
}

#[test]
fn a_public_client_names_itself_and_nothing_more() {
    let bench = Bench::strict();
    let code = bench.code("spa");
    let redemption = bench.redemption("spa", &code);
    assert_eq!(bench.post_with("token", vec![], &redemption).refusal(), (401, "invalid_client"));
    assert_eq!(bench.post("token", "other_spa", &redemption).refusal(), (400, "invalid_grant"));
    assert_eq!(bench.post("token", "spa", &redemption).status, 200);
    assert_eq!(bench.client_token("spa").refusal(), (400, "unauthorized_client"));
    let code = bench.code("web");
    let borrowed = with(bench.redemption("web", &code), "client_id", "web-app");
    assert_eq!(bench.post_with("token", vec![], &borrowed).refusal(), (401, "invalid_client"));
}

#[test]
fn the_form_body_is_all_that_counts() {
    let bench = Bench::strict();
    let grant = pairs(&[("grant_type", "client_credentials")]);
    let (headers, _) = bench.client("batch");
    let token = |path: &str, headers: Vec<(&str, String)>, body: &str| {
        let mut headers = headers;
        headers.push(("content-type", "application/x-www-form-urlencoded".to_owned()));
        bench.send("POST", path, &headers, body)
    };
    let path = "/protocol/openid-connect/token";
    let in_query = token(&format!("{path}?{}", form(&grant)), headers.clone(), "");
    assert_eq!(in_query.refusal(), (400, "invalid_request"));
    let secret_in_query = format!("{path}?client_id=batch-job-post&client_secret=batch-post-secret-71c5fd");
    assert_eq!(token(&secret_in_query, vec![], &form(&grant)).refusal(), (400, "invalid_request"));
    let get = bench.send("GET", &format!("{path}?{}", form(&grant)), &headers, "");
    assert_eq!((get.status, get.header("allow")), (405, Some("POST")));
    let mut json = headers.clone();
    json.push(("content-type", "application/json".to_owned()));
    let body = "{\"grant_type\":\"client_credentials\"}";
    assert_eq!(bench.send("POST", path, &json, body).refusal(), (400, "invalid_request"));
    for broken in ["grant_type=%zz", "grant_type=client_credentials&x=%ff"] {
        assert_eq!(token(path, headers.clone(), broken).refusal(), (400, "invalid_request"));
    }
}

#[test]
fn grant_types_are_known_single_and_registered() {
    let bench = Bench::strict();
    let grant = pairs(&[("grant_type", "client_credentials")]);
    let ask = |role: &str, list| bench.post("token", role, &list);
    assert_eq!(ask("batch", twice(grant.clone(), "x_flowproof", "1")).status, 200);
    assert_eq!(ask("batch", without(grant.clone(), "grant_type")).refusal(), (400, "invalid_request"));
    assert_eq!(ask("batch", twice(grant.clone(), "grant_type", "refresh_token")).refusal(), (400, "invalid_request"));
    assert_eq!(ask("batch", twice(grant.clone(), "grant_type", "client_credentials")).refusal(), (400, "invalid_request"));
    let unknown = with(grant.clone(), "grant_type", "urn:example:nope");
    assert_eq!(ask("batch", unknown).refusal(), (400, "unsupported_grant_type"));
    assert_eq!(ask("web", grant.clone()).refusal(), (400, "unauthorized_client"));
    let password = with(with(with(grant, "grant_type", "password"), "username", "alice"), "password", "alice-password");
    let refused = ask("web", password);
    assert_eq!(refused.refusal(), (400, "unsupported_grant_type"));
    assert_eq!((refused.header("cache-control"), refused.header("pragma")), (Some("no-store"), Some("no-cache")));
}

#[test]
fn client_scopes_are_honoured_and_limited() {
    let bench = Bench::strict();
    let grant = pairs(&[("grant_type", "client_credentials")]);
    let ask = |scope: &str| bench.post("token", "batch", &with(grant.clone(), "scope", scope));
    let narrowed = ask("billing:read");
    assert_eq!(narrowed.json["scope"], "billing:read");
    assert_eq!(bench.introspect(&narrowed.text_of("access_token"))["scope"], "billing:read");
    assert_eq!(ask("flowproof-no-such-scope").refusal(), (400, "invalid_scope"));
    assert_eq!(ask("openid").refusal(), (400, "invalid_scope"));
    assert_eq!(ask("").json["scope"], "billing:read billing:write");
}

#[test]
fn guessing_a_secret_is_stopped_and_other_clients_do_not_feel_it() {
    let bench = Bench::strict();
    let grant = pairs(&[("grant_type", "client_credentials")]);
    for _ in 0..=100 {
        assert_eq!(bench.post_with("token", vec![basic("batch-job", "guess")], &grant).status, 401);
    }
    let stopped = bench.client_token("batch");
    assert_eq!((stopped.status, stopped.header("retry-after")), (429, Some("60")));
    assert_eq!(bench.client_token("other").status, 200);
    bench.wait(60);
    assert_eq!(bench.client_token("batch").status, 200);
}

#[test]
fn a_client_that_makes_up_codes_is_stopped_for_a_minute_and_others_do_not_feel_it() {
    let bench = Bench::strict();
    let code = bench.code("other");
    let guess = |role: &str| bench.post("token", role, &bench.redemption(role, "made-up")).status;
    let guesses: Vec<u16> = (0..120).map(|_| guess("web")).collect();
    assert_eq!((guesses[99], guesses[119]), (400, 429));
    assert_eq!(bench.post("token", "other", &bench.redemption("other", &code)).status, 200);
    bench.wait(61);
    assert_eq!(guess("web"), 400);
}
