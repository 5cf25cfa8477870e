//! Probes at the authorization endpoint and its pages.

use super::super::{Answer, Bench, CHALLENGE, VERIFIER, pairs, twice, with, without};
use super::Line;

/// A redirect URI with a query of its own.
const TENANT: &str = "https://query.example/cb?tenant=a%20b";

/// The way back after alice has approved.
fn approved(bench: &Bench) -> Answer {
    bench.browser().approve(&bench.request("web"))
}

/// Whether a request that should be refused ends in a code.
fn yields_code(bench: &Bench, request: &super::super::Pairs<'_>) -> bool {
    bench.browser().approve(request).parameter("code").is_some()
}

/// What a request is refused with.
fn error(bench: &Bench, request: &super::super::Pairs<'_>) -> Option<String> {
    bench.browser().logged_in(request).parameter("error")
}

fn redirect_is_taken(bench: &Bench, role: &str, uri: &str) -> bool {
    let page = bench.browser().authorize(&with(bench.request(role), "redirect_uri", uri));
    page.status == 200
}

/// Whether a native app's code that was sent to one port is redeemed with another.
fn redeems_with_port(bench: &Bench, sent: u16, named: u16) -> bool {
    let uri = |port| format!("http://127.0.0.1:{port}/cb");
    let back = bench.browser().approve(&with(bench.request("native"), "redirect_uri", &uri(sent)));
    let redemption = bench.redemption("native", &back.parameter("code").unwrap_or_default());
    bench.post("token", "native", &with(redemption, "redirect_uri", &uri(named))).status == 200
}

fn pages(bench: &Bench) -> Vec<Answer> {
    let browser = bench.browser();
    let login = browser.authorize(&bench.request("web"));
    let consent = browser.log_in(&login, "alice");
    vec![login, consent]
}

fn policy(page: &Answer) -> String {
    page.header("content-security-policy").unwrap_or_default().to_owned()
}

/// Whether a code of this role is redeemed with these changes.
fn redeems(bench: &Bench, role: &str, change: fn(super::super::Pairs<'static>) -> super::super::Pairs<'static>) -> bool {
    let code = bench.code(role);
    bench.post("token", role, &change(bench.redemption(role, &code))).status == 200
}

fn plain(bench: &Bench, method: &str) -> super::super::Pairs<'static> {
    with(with(bench.request("web"), "code_challenge_method", method), "code_challenge", VERIFIER)
}

pub(super) const PROBES: &[Line] = &[
    ("rejects-unknown-parameters", "strict", |b| !yields_code(b, &twice(b.request("web"), "x_flowproof_unknown", "1"))),
    ("treats-missing-response-type-as-code", "strict", |b| yields_code(b, &without(b.request("web"), "response_type"))),
    ("treats-unknown-response-type-as-code", "strict", |b| yields_code(b, &with(b.request("web"), "response_type", "nonsense"))),
    ("redirects-without-client-id", "strict", |b| {
        !b.browser().authorize(&without(b.request("web"), "client_id")).location().is_empty()
    }),
    ("redirects-unknown-clients", "strict", |b| {
        !b.browser().authorize(&with(b.request("web"), "client_id", "nobody")).location().is_empty()
    }),
    ("redirects-errors-to-unchecked-uri", "strict", |b| {
        let request = with(b.request("web"), "redirect_uri", "https://evil.example/cb");
        b.browser().authorize(&request).location().starts_with("https://evil.example/cb")
    }),
    ("lets-last-state-win", "strict", |b| yields_code(b, &twice(b.request("web"), "state", "b"))),
    ("sends-code-in-fragment", "strict", |b| approved(b).location().contains("#code=")),
    ("repeats-state", "strict", |b| approved(b).location().matches("state=").count() == 2),
    ("decodes-state-twice", "strict", |b| {
        let back = b.browser().approve(&with(b.request("web"), "state", "%2B a+b"));
        back.parameter("state").as_deref() != Some("%2B a+b")
    }),
    ("drops-state-on-error", "strict", |b| {
        let back = b.browser().logged_in(&with(b.request("web"), "scope", "nope"));
        back.parameter("error").is_some() && back.parameter("state").is_none()
    }),
    ("ends-denial-on-local-page", "strict", |b| b.browser().deny(&b.request("web")).location().is_empty()),
    ("redirects-with-307", "strict", |b| approved(b).status == 307),
    ("issues-code-without-login", "strict", |b| b.browser().authorize(&b.request("web")).parameter("code").is_some()),
    ("allows-framing-by-anyone", "strict", |b| pages(b).iter().any(|page| policy(page).contains("frame-ancestors *"))),
    ("omits-frame-ancestors", "strict", |b| {
        pages(b).iter().all(|page| page.header("x-frame-options").is_some() && !policy(page).contains("frame-ancestors"))
    }),
    ("sends-unsafe-referrer-policy", "strict", |b| {
        pages(b).iter().any(|page| page.header("referrer-policy") == Some("unsafe-url"))
    }),
    ("allows-cors-at-authorization", "strict", |b| {
        pages(b).iter().any(|page| page.header("access-control-allow-origin").is_some())
    }),
    ("serves-clients-without-the-code-grant", "strict", |b| yields_code(b, &b.request("limited"))),
    ("attributes-code-to-latest-user", "strict", |b| {
        let (first, second) = (b.browser(), b.browser());
        let consent = first.logged_in(&b.request("web"));
        let login = second.authorize(&b.request("web"));
        second.log_in(&login, "bob");
        let code = first.submit(&consent, &[("decision", "allow")]).parameter("code").unwrap_or_default();
        let token = b.post("token", "web", &b.redemption("web", &code)).text_of("access_token");
        b.introspect(&token)["username"] == "bob"
    }),
    ("grants-unknown-scopes", "strict", |b| yields_code(b, &with(b.request("web"), "scope", "openid nope"))),
    ("grants-every-scope-of-the-client", "strict", |b| {
        let token = b.tokens("web").text_of("access_token");
        b.introspect(&token)["scope"] == "openid profile email"
    }),
    ("omits-iss", "strict", |b| approved(b).parameter("iss").is_none()),
    ("omits-iss-on-error", "strict", |b| b.browser().deny(&b.request("web")).parameter("iss").is_none()),
    ("adds-trailing-slash-to-iss", "strict", |b| approved(b).parameter("iss") == Some(format!("{}/", b.issuer()))),
    ("accepts-consent-without-csrf-token", "strict", |b| {
        let browser = b.browser();
        let consent = browser.logged_in(&b.request("web"));
        browser.submit_exactly(&consent, &pairs(&[("decision", "allow")])).parameter("code").is_some()
    }),
    ("reflects-unescaped-input", "strict", |b| {
        let request = with(b.request("web"), "client_id", "<script>alert(1)</script>");
        b.browser().authorize(&request).text.contains("<script>")
    }),
    ("matches-redirect-uri-by-prefix", "strict", |b| {
        redirect_is_taken(b, "web", "https://client.example/cb/extra")
            && redirect_is_taken(b, "web", "https://client.example/cbx")
    }),
    ("ignores-trailing-slash", "strict", |b| redirect_is_taken(b, "web", "https://client.example/cb/")),
    ("ignores-redirect-port", "strict", |b| redirect_is_taken(b, "web", "https://client.example:8443/cb")),
    ("ignores-redirect-query", "strict", |b| redirect_is_taken(b, "web", "https://client.example/cb?next=https://evil.example")),
    ("accepts-redirect-subdomains", "strict", |b| {
        ["https://a.client.example/cb", "https://client.example.evil.example/cb", "https://evilclient.example/cb"]
            .into_iter()
            .all(|uri| redirect_is_taken(b, "web", uri))
    }),
    ("shares-redirect-uris-between-clients", "strict", |b| redirect_is_taken(b, "web", "https://other.example/cb")),
    ("ignores-redirect-case", "strict", |b| {
        ["HTTPS://CLIENT.example/cb", "https://Client.Example/cb", "https://client.example/CB"]
            .into_iter()
            .all(|uri| redirect_is_taken(b, "web", uri))
    }),
    ("ignores-redirect-scheme", "strict", |b| redirect_is_taken(b, "web", "http://client.example/cb")),
    ("ignores-redirect-fragment", "strict", |b| redirect_is_taken(b, "web", "https://client.example/cb#frag")),
    ("responds-to-first-redirect-uri", "strict", |b| approved(b).location().starts_with("http://127.0.0.1:8400/callback?")),
    ("defaults-to-first-of-many-redirect-uris", "strict", |b| {
        b.browser().authorize(&without(b.request("web"), "redirect_uri")).status == 200
    }),
    ("is-fooled-by-authority-tricks", "strict", |b| {
        [
            "https://client.example@evil.example/cb",
            "https://client.example:80@evil.example/cb",
            "https://client.example%2f@evil.example/cb",
            "https://evil.example\\@client.example/cb",
            "https://client.example\\.evil.example/cb",
        ]
        .into_iter()
        .all(|uri| redirect_is_taken(b, "web", uri))
    }),
    ("drops-redirect-query", "strict", |b| {
        !b.browser().approve(&with(b.request("query"), "redirect_uri", TENANT)).location().contains("tenant")
    }),
    ("appends-second-question-mark", "strict", |b| {
        let location = b.browser().approve(&with(b.request("query"), "redirect_uri", TENANT)).location().to_owned();
        location.starts_with("https://query.example/cb?tenant=a%20b?code=") && location.contains("&state=")
    }),
    ("demands-scope", "strict", |b| error(b, &without(b.request("web"), "scope")).as_deref() == Some("invalid_request")),
    ("grants-malformed-scopes", "strict", |b| yields_code(b, &with(b.request("web"), "scope", "openid pro\"file"))),
    ("compares-scope-as-one-string", "strict", |b| {
        error(b, &with(b.request("web"), "scope", "profile openid")).as_deref() == Some("invalid_scope")
    }),
    ("ignores-scope-case", "strict", |b| yields_code(b, &with(b.request("web"), "scope", "PROFILE"))),
    ("omits-default-scope", "strict", |b| {
        let back = b.browser().approve(&without(b.request("web"), "scope"));
        let redemption = b.redemption("web", &back.parameter("code").unwrap_or_default());
        b.post("token", "web", &redemption).json["scope"].is_null()
    }),
    ("ignores-scopes-of-the-client", "strict", |b| yields_code(b, &with(b.request("web"), "scope", "openid billing:read"))),
    ("accepts-parent-paths", "strict", |b| {
        redirect_is_taken(b, "web", "https://client.example/") && redirect_is_taken(b, "web", "https://client.example")
    }),
    ("normalises-redirect-uri", "strict", |b| {
        redirect_is_taken(b, "web", "https://client.example/%63b")
            && redirect_is_taken(b, "web", "https://client.example/x/../cb")
    }),
    ("ignores-redirect-userinfo", "strict", |b| redirect_is_taken(b, "web", "https://user:pw@client.example/cb")),
    ("cuts-redirect-uri-at-semicolon", "strict", |b| redirect_is_taken(b, "web", "https://client.example/cb;/..;/x")),
    ("drops-path-parameters", "strict", |b| redirect_is_taken(b, "web", "https://client.example/..;/cb")),
    ("takes-redirect-uri-as-pattern", "strict", |b| redirect_is_taken(b, "web", "https://clientxexample/cb")),
    ("forgives-response-parameters", "strict", |b| {
        let request = with(b.request("web"), "redirect_uri", "https://client.example/cb?code=planted");
        b.browser().approve(&request).location().matches("code=").count() == 2
    }),
    ("accepts-relative-redirect-uris", "strict", |b| {
        ["/cb", "//evil.example/cb", "cb"].into_iter().all(|uri| redirect_is_taken(b, "web", uri))
    }),
    ("falls-back-to-referer", "strict", |b| {
        let browser = b.browser();
        let query = super::super::form(&without(b.request("single"), "redirect_uri"));
        let referer = vec![("referer", "https://elsewhere.example/start".to_owned())];
        let login = browser.send("GET", &format!("/protocol/openid-connect/auth?{query}"), referer, "");
        let back = browser.submit(&browser.log_in(&login, "alice"), &[("decision", "allow")]);
        back.location().starts_with("https://elsewhere.example/start?code=")
    }),
    ("pins-bracketed-loopback-port", "strict", |b| !redirect_is_taken(b, "native", "http://[::1]:51004/cb6")),
    ("pins-localhost-port", "strict", |b| !redirect_is_taken(b, "native", "http://localhost:51004/callback")),
    ("accepts-any-loopback-uri", "strict", |b| redirect_is_taken(b, "native", "https://127.0.0.2:51004/other?x=1")),
    ("removes-port-by-pattern", "strict", |b| {
        ["http://127.0.0.1:80@evil.example/cb", "http://127.0.0.1.evil.example/cb", "http://127.0.0.1:abc/cb"]
            .into_iter()
            .all(|uri| redirect_is_taken(b, "native", uri))
    }),
    ("expects-registered-port-at-redemption", "strict", |b| !redeems_with_port(b, 50001, 50001)),
    ("ignores-port-at-redemption", "strict", |b| redeems_with_port(b, 50001, 50002)),
    ("rewrites-private-use-scheme", "strict", |b| {
        b.browser().approve(&b.request("native")).location().starts_with("com.example.app:///cb?")
    }),
    ("pins-loopback-port", "strict", |b| !redirect_is_taken(b, "native", "http://127.0.0.1:51004/cb")),
    ("refuses-s256", "strict", |b| error(b, &b.request("web")).as_deref() == Some("invalid_request")),
    ("ignores-code-verifier", "strict", |b| redeems(b, "spa", |form| with(form, "code_verifier", &VERIFIER.replace('d', "e")))),
    ("skips-missing-verifier", "strict", |b| redeems(b, "spa", |form| with(form, "code_verifier", ""))),
    ("enforces-pkce-only-for-public-clients", "strict", |b| redeems(b, "web", |form| without(form, "code_verifier"))),
    ("accepts-verifier-without-challenge", "lenient", |b| {
        let request = without(without(b.request("web"), "code_challenge"), "code_challenge_method");
        let code = b.browser().approve(&request).parameter("code").unwrap_or_default();
        b.post("token", "web", &b.redemption("web", &code)).status == 200
    }),
    ("waives-pkce-for-public-clients", "strict", |b| {
        yields_code(b, &without(without(b.request("spa"), "code_challenge"), "code_challenge_method"))
    }),
    ("answers-missing-challenge-with-access-denied", "strict", |b| {
        let request = without(without(b.request("web"), "code_challenge"), "code_challenge_method");
        error(b, &request).as_deref() == Some("access_denied")
    }),
    ("treats-unknown-method-as-plain", "strict", |b| yields_code(b, &plain(b, "S512"))),
    ("accepts-challenge-as-verifier", "strict", |b| redeems(b, "web", |form| with(form, "code_verifier", CHALLENGE))),
    ("allows-plain", "strict", |b| yields_code(b, &plain(b, "plain"))),
    ("ignores-method-case", "strict", |b| {
        yields_code(b, &with(b.request("web"), "code_challenge_method", "s256")) && yields_code(b, &plain(b, "PLAIN"))
    }),
    ("takes-method-from-token-request", "strict", |b| {
        redeems(b, "web", |form| with(with(form, "code_verifier", CHALLENGE), "code_challenge_method", "plain"))
    }),
    ("skips-verifier-length-check", "strict", |b| {
        let challenge = crate::server::core::pkce::s256("x");
        let code = b.browser().approve(&with(b.request("web"), "code_challenge", &challenge)).parameter("code");
        let redemption = b.redemption("web", &code.unwrap_or_default());
        b.post("token", "web", &with(redemption, "code_verifier", "x")).status == 200
    }),
    ("issues-tokens-implicitly", "strict", |b| {
        b.browser().approve(&with(b.request("web"), "response_type", "token")).location().contains("#access_token=")
    }),
    ("issues-tokens-in-hybrid-flow", "strict", |b| {
        b.browser().approve(&with(b.request("web"), "response_type", "code token")).location().contains("#access_token=")
    }),
];
