//! Probes of what the browser brings back, and of the pages before.

use super::super::{Answer, Bench, Browser, Pairs, form, pairs, with, without};
use super::Line;

fn asked(bench: &Bench) -> Pairs<'static> {
    bench.request("web")
}

/// The way back with the error for a scope that nobody knows.
fn refused(bench: &Bench) -> Answer {
    bench.browser().logged_in(&with(asked(bench), "scope", "nope"))
}

fn form_header() -> Vec<(&'static str, String)> {
    vec![("content-type", "application/x-www-form-urlencoded".to_owned())]
}

/// The answer to a filled in login form, whose address may say more.
fn login(browser: &Browser<'_>, page: &Answer, more: &str) -> Answer {
    let csrf = page.csrf().expect("an anti-forgery token");
    let fields = pairs(&[("username", "alice"), ("password", "alice-password"), ("csrf", &csrf)]);
    let path = format!("/{}{more}", page.action().expect("a form"));
    browser.send("POST", &path, form_header(), &form(&fields))
}

/// Where the user is sent whose form of this page brings another redirect URI along.
fn with_another_uri(bench: &Bench, at_login: bool) -> String {
    let browser = bench.browser();
    let page = browser.authorize(&asked(bench));
    let more = [("username", "alice"), ("password", "alice-password"), ("redirect_uri", "https://evil.example/cb")];
    let page = if at_login { browser.submit(&page, &more) } else { browser.log_in(&page, "alice") };
    let decision = [("decision", "allow"), ("redirect_uri", "https://evil.example/cb")];
    browser.submit(&page, if at_login { &decision[..1] } else { &decision }).location().to_owned()
}

fn announces_issuer(bench: &Bench) -> bool {
    let document = bench.send("GET", "/.well-known/openid-configuration", &[], "");
    document.json["authorization_response_iss_parameter_supported"] == true
}

fn names_issuer(bench: &Bench) -> bool {
    bench.browser().approve(&asked(bench)).parameter("iss").is_some()
}

fn consent(bench: &Bench) -> Answer {
    bench.browser().logged_in(&asked(bench))
}

pub(super) const PROBES: &[Line] = &[
    ("writes-state-raw", "strict", |b| {
        let state = "a\r\nX-Injected: 1";
        b.browser().approve(&with(asked(b), "state", state)).header("x-injected") == Some("1")
    }),
    ("truncates-state", "strict", |b| {
        let state = "x".repeat(512);
        b.browser().approve(&with(asked(b), "state", &state)).parameter("state") != Some(state)
    }),
    ("sends-errors-in-fragment", "strict", |b| refused(b).location().contains("#error=")),
    ("answers-with-reason-phrase", "strict", |b| {
        let back = b.browser().logged_in(&with(asked(b), "response_mode", "telepathy"));
        back.parameter("error").as_deref() == Some("Bad Request")
    }),
    ("echoes-scope-in-error-description", "strict", |b| {
        let back = b.browser().logged_in(&with(asked(b), "scope", "\"quoted\""));
        back.parameter("error_description").is_some_and(|text| text.contains('"'))
    }),
    ("bounces-errors-without-login", "strict", |b| {
        !b.browser().authorize(&with(asked(b), "scope", "nope")).location().is_empty()
    }),
    ("hides-iss-support", "strict", |b| !announces_issuer(b) && names_issuer(b)),
    ("offers-no-issuer", "strict", |b| !announces_issuer(b) && !names_issuer(b)),
    ("redirects-login-with-302", "strict", |b| {
        let browser = b.browser();
        let page = browser.authorize(&asked(b));
        login(&browser, &page, "").status == 302
    }),
    ("blanks-address-errors", "strict", |b| b.browser().authorize(&without(asked(b), "client_id")).text.is_empty()),
    ("takes-request-from-login-form", "strict", |b| with_another_uri(b, true).starts_with("https://evil.example/cb?")),
    ("takes-request-from-consent-form", "strict", |b| with_another_uri(b, false).starts_with("https://evil.example/cb?")),
    ("follows-return-to", "strict", |b| {
        let browser = b.browser();
        let page = browser.authorize(&asked(b));
        login(&browser, &page, "?return_to=https://evil.example/").location() == "https://evil.example/"
    }),
    ("lets-any-browser-log-in", "strict", |b| {
        let page = b.browser().authorize(&asked(b));
        login(&b.browser(), &page, "").text.contains("name=\"decision\"")
    }),
    ("approves-public-clients-silently", "strict", |b| {
        let browser = b.browser();
        browser.approve(&asked(b));
        browser.authorize(&b.request("spa")).parameter("code").is_some()
    }),
    ("asks-blindly", "strict", |b| !consent(b).text.contains("web-app")),
    ("loads-scripts-from-elsewhere", "strict", |b| consent(b).text.contains("src=\"https://cdn.example/")),
];
