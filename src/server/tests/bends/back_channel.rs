//! Probes at the token endpoint: how it reads a request, authenticates a client, and tells its answer.

use std::collections::BTreeSet;

use super::super::{Answer, Bench, Browser, basic, form, pairs, twice, with, without};
use super::Line;

fn grant() -> super::super::Pairs<'static> {
    pairs(&[("grant_type", "client_credentials")])
}

/// A token request with everything in its place or out of it.
fn raw(bench: &Bench, method: &str, query: &str, kind: &str, body: &str) -> Answer {
    let (mut headers, _) = bench.client("batch");
    headers.push(("content-type", kind.to_owned()));
    bench.send(method, &format!("/protocol/openid-connect/token{query}"), &headers, body)
}

const FORM: &str = "application/x-www-form-urlencoded";

fn token(bench: &Bench) -> Answer {
    bench.client_token("batch")
}

fn by_basic(bench: &Bench, field: &str) -> Answer {
    bench.post_with("token", vec![("authorization", field.to_owned())], &grant())
}

fn batch_field(bench: &Bench) -> String {
    bench.client("batch").0.remove(0).1
}

fn error(answer: &Answer) -> &str {
    answer.error()
}

pub(super) const PROBES: &[Line] = &[
    ("serves-get-at-token", "strict", |b| raw(b, "GET", "?grant_type=client_credentials", FORM, "").status == 200),
    ("merges-query-into-form", "strict", |b| raw(b, "POST", "?grant_type=client_credentials", FORM, "").status == 200),
    ("lets-query-win-over-form", "strict", |b| {
        let body = form(&with(grant(), "grant_type", "urn:example:nope"));
        raw(b, "POST", "?grant_type=client_credentials", FORM, &body).status == 200
    }),
    ("accepts-secret-in-query", "strict", |b| {
        let path = "/protocol/openid-connect/token?client_id=batch-job-post&client_secret=batch-post-secret-71c5fd";
        b.send("POST", path, &[("content-type", FORM.to_owned())], &form(&grant())).status == 200
    }),
    ("accepts-json-bodies", "strict", |b| {
        raw(b, "POST", "", "application/json", "{\"grant_type\":\"client_credentials\"}").status == 200
    }),
    ("rejects-unknown-token-parameters", "strict", |b| {
        b.post("token", "batch", &with(grant(), "x_flowproof", "1")).status == 400
    }),
    ("lets-first-grant-type-win", "strict", |b| {
        b.post("token", "batch", &twice(grant(), "grant_type", "refresh_token")).status == 200
    }),
    ("guesses-missing-grant-type", "strict", |b| b.post("token", "batch", &pairs(&[("scope", "billing:read")])).status == 200),
    ("answers-unknown-grant-with-invalid-request", "strict", |b| {
        error(&b.post("token", "batch", &with(grant(), "grant_type", "urn:example:nope"))) == "invalid_request"
    }),
    ("answers-unknown-grant-with-403", "strict", |b| {
        b.post("token", "batch", &with(grant(), "grant_type", "urn:example:nope")).refusal() == (403, "unsupported_grant_type")
    }),
    ("answers-invalid-grant-with-401", "strict", |b| {
        b.post("token", "web", &b.redemption("web", "unknown")).refusal() == (401, "invalid_grant")
    }),
    ("ignores-registered-grants", "strict", |b| b.client_token("web").status == 200),
    ("labels-token-answer-as-html", "strict", |b| token(b).header("content-type") == Some("text/html")),
    ("omits-token-type", "strict", |b| token(b).json["token_type"].is_null()),
    ("misnames-token-type", "strict", |b| token(b).json["token_type"] == "access_token"),
    ("issues-tokens-outside-the-grammar", "strict", |b| {
        let token = token(b).text_of("access_token");
        token.contains(',') && b.is_active(&token)
    }),
    ("omits-expires-in", "strict", |b| token(b).json["expires_in"].is_null()),
    ("sends-expires-in-as-string", "strict", |b| token(b).json["expires_in"] == "300"),
    ("sends-scope-as-array", "strict", |b| token(b).json["scope"].is_array()),
    ("omits-no-store", "strict", |b| token(b).header("cache-control").is_none()),
    ("omits-pragma", "strict", |b| token(b).header("pragma").is_none()),
    ("answers-invalid-scope-with-200", "strict", |b| {
        let answer = b.post("token", "batch", &with(grant(), "scope", "nope"));
        (answer.status, answer.error()) == (200, "invalid_scope")
    }),
    ("sends-cacheable-errors", "strict", |b| {
        let answer = b.post("token", "batch", &with(grant(), "scope", "nope"));
        answer.header("cache-control") != Some("no-store")
    }),
    ("redirects-browsers-to-login", "strict", |b| {
        let headers = vec![("accept", "text/html".to_owned())];
        b.post_with("token", headers, &grant()).status == 302
    }),
    ("refuses-basic", "strict", |b| error(&token(b)) == "invalid_client"),
    ("refuses-post", "strict", |b| error(&b.client_token("batch_post")) == "invalid_client"),
    ("skips-form-decoding-of-basic", "strict", |b| b.client_token("special").status != 200 && token(b).status == 200),
    ("decodes-post-secret-twice", "strict", |b| {
        b.client_token("special_post").status != 200 && b.client_token("batch_post").status == 200
    }),
    ("accepts-two-methods", "strict", |b| {
        b.post("token", "batch", &with(with(grant(), "client_id", "batch-job"), "client_secret", "batch-job-secret-b64e02"))
            .status
            == 200
    }),
    ("refuses-client-id-beside-basic", "strict", |b| {
        b.post("token", "batch", &with(grant(), "client_id", "batch-job")).status == 400
    }),
    ("trusts-body-client-id", "strict", |b| {
        let code = b.code("web");
        b.post("token", "other", &with(b.redemption("web", &code), "client_id", "web-app")).status == 200
    }),
    ("compares-secrets-loosely", "strict", |b| {
        ["batch-job-secret", "batch-job-secret-b64e02x", "BATCH-job-secret-b64e02"]
            .into_iter()
            .all(|secret| b.post_with("token", vec![basic("batch-job", secret)], &grant()).status == 200)
    }),
    ("ignores-client-secrets", "strict", |b| {
        let by_post = with(with(grant(), "client_id", "batch-job-post"), "client_secret", "wrong");
        b.post_with("token", vec![basic("batch-job", "wrong")], &grant()).status == 200
            && b.post_with("token", vec![], &by_post).status == 200
    }),
    ("answers-unknown-client-with-unauthorized-client", "strict", |b| {
        error(&b.post_with("token", vec![basic("nobody", "x")], &grant())) == "unauthorized_client"
    }),
    ("accepts-client-id-alone", "strict", |b| {
        b.post_with("token", vec![], &with(grant(), "client_id", "batch-job")).status == 200
    }),
    ("skips-empty-secret", "strict", |b| {
        let by_post = with(with(grant(), "client_id", "batch-job-post"), "client_secret", "");
        b.post_with("token", vec![basic("batch-job", "")], &grant()).status == 200
            && b.post_with("token", vec![], &by_post).status == 200
    }),
    ("omits-challenge-after-basic", "strict", |b| {
        b.post_with("token", vec![basic("batch-job", "x")], &grant()).header("www-authenticate").is_none()
    }),
    ("omits-challenge-for-body-credentials", "strict", |b| {
        let wrong = with(with(grant(), "client_id", "batch-job-post"), "client_secret", "x");
        b.post_with("token", vec![], &wrong).header("www-authenticate").is_none()
    }),
    ("treats-malformed-basic-as-public", "strict", |b| {
        let code = b.code("spa");
        let redemption = with(b.redemption("spa", &code), "client_id", "my-frontend");
        b.post_with("token", vec![("authorization", "Basic %%%".to_owned())], &redemption).status == 200
    }),
    ("redeems-code-without-client-id", "strict", |b| {
        let code = b.code("spa");
        b.post_with("token", vec![], &b.redemption("spa", &code)).status == 200
    }),
    ("demands-secret-of-public-clients", "strict", |b| error(&b.tokens("spa")) == "invalid_client"),
    ("lets-verifier-replace-secret", "strict", |b| {
        let code = b.code("web");
        b.post_with("token", vec![], &with(b.redemption("web", &code), "client_id", "web-app")).status == 200
    }),
    ("compares-basic-scheme-literally", "strict", |b| {
        by_basic(b, &batch_field(b).replacen("Basic", "basic", 1)).status != 200 && by_basic(b, &batch_field(b)).status == 200
    }),
    ("refuses-client-credentials", "strict", |b| error(&token(b)) == "invalid_grant"),
    ("answers-nobody-with-invalid-request", "strict", |b| error(&b.post_with("token", vec![], &grant())) == "invalid_request"),
    ("serves-client-credentials-to-public-clients", "strict", |b| b.client_token("spa").status == 200),
    ("issues-refresh-token-to-clients", "strict", |b| token(b).json["refresh_token"].is_string()),
    ("grants-any-scope-to-clients", "strict", |b| {
        b.post("token", "batch", &with(grant(), "scope", "nope")).json["scope"] == "nope"
    }),
    ("ignores-requested-scope", "strict", |b| {
        let answer = b.post("token", "batch", &with(grant(), "scope", "billing:read"));
        answer.json["scope"] != "billing:read"
            && b.introspect(&answer.text_of("access_token"))["scope"] == "billing:read billing:write"
    }),
    ("names-user-for-service", "strict", |b| {
        let told = b.introspect(&token(b).text_of("access_token"));
        told["sub"].is_string()
            && told["sub"] != told["client_id"]
            && b.introspect(&b.tokens("web").text_of("access_token"))["sub"] == told["sub"]
    }),
    ("numbers-access-tokens", "strict", |b| {
        let number = |answer: Answer| answer.text_of("access_token").parse::<u64>();
        number(token(b)).is_ok_and(|first| number(token(b)) == Ok(first + 1))
    }),
    ("reuses-access-token-of-session", "strict", |b| {
        let token = |browser: &Browser<'_>| {
            let code = browser.approve(&b.request("web")).parameter("code").expect("a code");
            b.post("token", "web", &b.redemption("web", &code)).text_of("access_token")
        };
        // The clock stands still: logins of one moment are sessions of their own.
        let strangers: BTreeSet<String> = (0..6).map(|_| token(&b.browser())).collect();
        let browser = b.browser();
        let tokens: Vec<String> = (0..6).map(|_| token(&browser)).collect();
        strangers.len() == 6 && tokens[3] != tokens[4] && tokens[5] == tokens[4] && b.is_active(&tokens[5])
    }),
    ("enables-password-grant", "strict", |b| {
        let form = pairs(&[("grant_type", "password"), ("username", "alice"), ("password", "alice-password")]);
        b.post("token", "web", &form).status == 200
    }),
    ("refuses-valid-code", "strict", |b| error(&b.tokens("web")) == "invalid_grant" && b.tokens("spa").status == 200),
    ("crashes-on-missing-code", "strict", |b| b.post("token", "web", &without(b.redemption("web", "x"), "code")).status == 500),
    ("answers-unknown-code-with-invalid-request", "strict", |b| {
        error(&b.post("token", "web", &b.redemption("web", "unknown"))) == "invalid_request"
    }),
];
