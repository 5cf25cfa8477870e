//! Probes of token requests that are odd, empty, repeated or broken.

use super::super::{Answer, Bench, Pairs, basic, form, pairs, twice, with};
use super::Line;

const FORM: &str = "application/x-www-form-urlencoded";

fn grant() -> Pairs<'static> {
    pairs(&[("grant_type", "client_credentials")])
}

/// A token request with this content type, accepting that, and with this body.
fn raw(bench: &Bench, kind: &str, accept: &str, body: &str) -> Answer {
    let (mut headers, _) = bench.client("batch");
    headers.push(("content-type", kind.to_owned()));
    headers.push(("accept", accept.to_owned()));
    bench.send("POST", "/protocol/openid-connect/token", &headers, body)
}

/// The status of a refresh with this token.
fn crashes(bench: &Bench, token: &str) -> bool {
    bench.refresh("web", token).status == 500
}

pub(super) const PROBES: &[Line] = &[
    ("compares-content-type-literally", "strict", |b| {
        raw(b, "application/x-www-form-urlencoded; charset=UTF-8", "*/*", &form(&grant())).status == 400
    }),
    ("refuses-empty-scope-at-token", "strict", |b| {
        b.post("token", "batch", &with(grant(), "scope", "")).error() == "invalid_scope"
    }),
    ("refuses-empty-secret-of-public-clients", "strict", |b| {
        let code = b.code("spa");
        b.post("token", "spa", &with(b.redemption("spa", &code), "client_secret", "")).status == 401
    }),
    ("lets-first-credentials-win", "strict", |b| {
        let two = twice(twice(grant(), "client_id", "other-app"), "client_secret", "x");
        b.post("token", "batch_post", &two).status == 200
    }),
    ("ignores-case-of-grant-type", "strict", |b| {
        b.post("token", "batch", &with(grant(), "grant_type", "Client_Credentials")).status == 200
    }),
    ("echoes-input-in-errors", "strict", |b| {
        b.post("token", "batch", &with(grant(), "scope", "a\"b")).text_of("error_description").contains('"')
    }),
    ("sends-errors-only-to-who-accepts-json", "strict", |b| {
        raw(b, FORM, "*/*", "").text.is_empty() && raw(b, FORM, "application/json", "").error() == "invalid_request"
    }),
    ("crashes-on-broken-encoding-at-token", "strict", |b| raw(b, FORM, "*/*", "grant_type=%zz").status == 500),
    ("builds-queries-from-input", "strict", |b| crashes(b, "' OR '1'='1") && crashes(b, "a\0b") && !crashes(b, "unknown")),
    ("crashes-on-empty-body", "strict", |b| raw(b, FORM, "*/*", "").status == 500),
    ("crashes-on-long-input", "strict", |b| crashes(b, &"x".repeat(20_000))),
    ("serves-client-named-in-body", "strict", |b| {
        let token = b.tokens("web").text_of("refresh_token");
        let form = pairs(&[("grant_type", "refresh_token"), ("refresh_token", &token), ("client_id", "web-app")]);
        b.post_with("token", vec![basic("other-app", "other-app-secret-52d9e7")], &form).status == 200
    }),
    ("splits-basic-at-every-colon", "strict", |b| {
        use base64::Engine as _;
        let encoded = form(&pairs(&[("", "s:p%e+c/i&a=l s%2Bcret")]));
        let pair = format!("special+client%3A1:{}", encoded.trim_start_matches('=').replace("%3A", ":"));
        let field = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair));
        b.post_with("token", vec![("authorization", field)], &grant()).status == 401
    }),
    ("numbers-refresh-tokens", "strict", |b| b.tokens("web").text_of("refresh_token").bytes().all(|c| c.is_ascii_digit())),
    ("never-tires-of-unused-refresh-tokens", "strict", |b| {
        let token = b.tokens("web").text_of("refresh_token");
        b.wait(1_801);
        b.refresh("web", &token).status == 200
    }),
    ("never-tires-of-wrong-secrets", "strict", |b| {
        (0..=200).all(|_| b.post_with("token", vec![basic("batch-job", "guess")], &grant()).status == 401)
            && b.client_token("batch").status == 200
    }),
];
