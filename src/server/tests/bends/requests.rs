//! Probes of how an authorization request is read.

use super::super::{Answer, Bench, Pairs, form, twice, with, without};
use super::Line;

const STRANGE: &str = "https://evil.example/cb";

fn asked(bench: &Bench) -> Pairs<'static> {
    bench.request("web")
}

/// Whether a request that should be refused ends in a code.
fn yields_code(bench: &Bench, request: &Pairs<'_>) -> bool {
    bench.browser().approve(request).parameter("code").is_some()
}

/// Whether alice is asked at once to log in.
fn is_taken(page: &Answer) -> bool {
    page.status == 200 && page.text.contains("name=\"password\"")
}

/// Whether the browser is sent away before anyone has logged in.
fn leads_away(bench: &Bench, request: &Pairs<'_>) -> bool {
    bench.browser().authorize(request).location().starts_with(STRANGE)
}

fn posted(bench: &Bench, request: &Pairs<'_>) -> Answer {
    let headers = vec![("content-type", "application/x-www-form-urlencoded".to_owned())];
    bench.browser().send("POST", "/protocol/openid-connect/auth", headers, &form(request))
}

/// The status for a request with a parameter that stands in the address as it is.
fn status_with(bench: &Bench, name: &str, encoded: &str) -> u16 {
    let query = form(&without(asked(bench), name));
    bench.browser().get(&format!("/protocol/openid-connect/auth?{query}&{name}={encoded}")).status
}

fn strange(bench: &Bench) -> Pairs<'static> {
    with(asked(bench), "redirect_uri", STRANGE)
}

pub(super) const PROBES: &[Line] = &[
    ("serves-authorization-by-post-only", "strict", |b| {
        b.browser().authorize(&asked(b)).status == 405 && is_taken(&posted(b, &asked(b)))
    }),
    ("skips-redirect-uri-check-by-post", "strict", |b| {
        is_taken(&posted(b, &strange(b))) && !is_taken(&b.browser().authorize(&strange(b)))
    }),
    ("crashes-on-authorization-by-post", "strict", |b| posted(b, &asked(b)).status == 500),
    ("treats-empty-response-type-as-code", "strict", |b| {
        yields_code(b, &with(asked(b), "response_type", "")) && !yields_code(b, &without(asked(b), "response_type"))
    }),
    ("refuses-empty-scope", "strict", |b| !yields_code(b, &with(asked(b), "scope", ""))),
    ("refuses-empty-state", "strict", |b| !yields_code(b, &with(asked(b), "state", ""))),
    ("echoes-missing-state-as-null", "strict", |b| b.browser().approve(&without(asked(b), "state")).parameter("state").is_some()),
    ("lets-first-response-type-win", "strict", |b| yields_code(b, &twice(asked(b), "response_type", "token"))),
    ("merges-repeated-scopes", "strict", |b| yields_code(b, &twice(with(asked(b), "scope", "openid"), "scope", "profile"))),
    ("lets-first-client-id-win", "strict", |b| is_taken(&b.browser().authorize(&twice(asked(b), "client_id", "other-app")))),
    ("checks-first-redirect-uri-only", "strict", |b| {
        b.browser().approve(&twice(asked(b), "redirect_uri", STRANGE)).location().starts_with(STRANGE)
    }),
    ("checks-last-redirect-uri-only", "strict", |b| {
        let own = asked(b).into_iter().find(|(name, _)| *name == "redirect_uri").expect("in it").1;
        b.browser().approve(&twice(strange(b), "redirect_uri", &own)).location().starts_with(STRANGE)
    }),
    ("ignores-response-type-case", "strict", |b| yields_code(b, &with(asked(b), "response_type", "CODE"))),
    ("reports-faults-to-unchecked-uri", "strict", |b| leads_away(b, &with(strange(b), "scope", "nope"))),
    ("reports-response-type-to-unchecked-uri", "strict", |b| leads_away(b, &with(strange(b), "response_type", "token"))),
    ("answers-silent-requests-unchecked", "strict", |b| leads_away(b, &with(strange(b), "prompt", "none"))),
    ("crashes-on-broken-encoding", "strict", |b| {
        status_with(b, "state", "%zz") == 500 && status_with(b, "scope", "%ff%fe") == 500
    }),
    ("crashes-on-nul-characters", "strict", |b| status_with(b, "state", "%00") == 500),
    ("crashes-on-long-state", "strict", |b| status_with(b, "state", &"x".repeat(20_000)) == 500),
    ("crashes-on-quotes", "strict", |b| status_with(b, "code_challenge", "%27") == 500),
];
