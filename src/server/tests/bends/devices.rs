//! Probes of the device grant.

use super::super::{Answer, Bench, Browser, DEVICE_GRANT, basic, form, pairs};
use super::Line;

pub(super) fn started(bench: &Bench, role: &str) -> Answer {
    bench.post("auth/device", role, &pairs(&[]))
}

pub(super) fn poll(bench: &Bench, role: &str, started: &Answer) -> Answer {
    let form = pairs(&[("grant_type", DEVICE_GRANT), ("device_code", &started.text_of("device_code"))]);
    bench.post("token", role, &form)
}

fn poll_with(bench: &Bench, code: &str) -> Answer {
    bench.post("token", "tv", &pairs(&[("grant_type", DEVICE_GRANT), ("device_code", code)]))
}

pub(super) fn question(browser: &Browser<'_>, started: &Answer) -> Answer {
    let page = browser.get("/device");
    let next = browser.submit(&page, &[("user_code", &started.text_of("user_code"))]);
    if next.text.contains("name=\"password\"") { browser.log_in(&next, "alice") } else { next }
}

pub(super) fn decided(bench: &Bench, role: &str, decision: &str) -> Answer {
    let started = started(bench, role);
    let browser = bench.browser();
    let question = question(&browser, &started);
    browser.submit(&question, &[("decision", decision)]);
    started
}

fn complete(bench: &Bench, started: &Answer) -> String {
    started.text_of("verification_uri_complete").replace(&bench.issuer(), "")
}

pub(super) const PROBES: &[Line] = &[
    ("omits-device-expires-in", "strict", |b| started(b, "tv").json["expires_in"].is_null()),
    ("omits-no-store-at-device-authorization", "strict", |b| started(b, "tv").header("cache-control").is_none()),
    ("serves-get-at-device-authorization", "strict", |b| {
        b.send("GET", "/protocol/openid-connect/auth/device?client_id=tv", &[], "").status == 200
    }),
    ("issues-device-codes-to-nobody", "strict", |b| b.post_with("auth/device", vec![], &vec![]).status == 200),
    ("issues-device-codes-to-unknown-clients", "strict", |b| {
        b.post_with("auth/device", vec![], &pairs(&[("client_id", "nobody")])).status == 200
    }),
    ("skips-client-auth-at-device-authorization", "strict", |b| {
        b.post_with("auth/device", vec![], &pairs(&[("client_id", "console")])).status == 200
    }),
    ("demands-client-id-of-authenticated-devices", "strict", |b| {
        let alone = b.post_with("auth/device", vec![basic("console", "console-secret-90ab34")], &pairs(&[]));
        let named = pairs(&[("client_id", "console")]);
        alone.error() == "invalid_request"
            && b.post_with("auth/device", vec![basic("console", "console-secret-90ab34")], &named).status == 200
    }),
    ("opens-device-grant-to-every-client", "strict", |b| started(b, "web").status == 200),
    ("loses-verification-page", "strict", |b| b.browser().get("/device").status == 404),
    ("approves-device-without-login", "strict", |b| {
        let started = started(b, "tv");
        let browser = b.browser();
        let page = browser.get("/device");
        let question = browser.submit(&page, &[("user_code", &started.text_of("user_code"))]);
        question.text.contains("name=\"decision\"") && {
            browser.submit(&question, &[("decision", "allow")]);
            poll(b, "tv", &started).status == 200
        }
    }),
    ("approves-device-on-opening", "strict", |b| {
        let started = started(b, "tv");
        let browser = b.browser();
        browser.logged_in(&b.request("web"));
        browser.get(&complete(b, &started));
        poll(b, "tv", &started).status == 200
    }),
    ("hides-user-code", "strict", |b| {
        let started = started(b, "tv");
        let browser = b.browser();
        browser.logged_in(&b.request("web"));
        !browser.get(&complete(b, &started)).text.contains(&started.text_of("user_code"))
    }),
    ("omits-framing-protection-on-device-pages", "strict", |b| {
        let page = b.browser().get("/device");
        page.header("x-frame-options").is_none()
            && !page.header("content-security-policy").unwrap_or_default().contains("frame-ancestors")
    }),
    ("answers-pending-with-invalid-grant", "strict", |b| {
        let started = started(b, "tv");
        b.wait(5);
        poll(b, "tv", &started).error() == "invalid_grant"
    }),
    ("ignores-poll-interval", "strict", |b| {
        let started = started(b, "tv");
        poll(b, "tv", &started);
        poll(b, "tv", &started).error() == "authorization_pending"
    }),
    ("overstretches-interval", "strict", |b| {
        let started = started(b, "tv");
        poll(b, "tv", &started);
        poll(b, "tv", &started);
        b.wait(10);
        poll(b, "tv", &started).error() == "slow_down"
    }),
    ("throttles-first-poll", "strict", |b| poll(b, "tv", &started(b, "tv")).error() == "slow_down"),
    ("never-hands-over-approved-token", "strict", |b| {
        poll(b, "tv", &decided(b, "tv", "allow")).error() == "authorization_pending"
    }),
    ("keeps-denied-device-pending", "strict", |b| poll(b, "tv", &decided(b, "tv", "deny")).error() == "authorization_pending"),
    ("never-expires-device-codes", "strict", |b| {
        let started = started(b, "tv");
        b.wait(601);
        poll(b, "tv", &started).error() == "authorization_pending"
    }),
    ("accepts-reused-device-code", "strict", |b| {
        let started = decided(b, "tv", "allow");
        poll(b, "tv", &started).status == 200 && poll(b, "tv", &started).status == 200
    }),
    ("redeems-device-codes-of-other-clients", "strict", |b| {
        let started = decided(b, "tv", "allow");
        poll(b, "other_tv", &started).status == 200
    }),
    ("accepts-user-code-as-device-code", "strict", |b| {
        let started = decided(b, "tv", "allow");
        let form = pairs(&[("grant_type", DEVICE_GRANT), ("device_code", &started.text_of("user_code"))]);
        b.post("token", "tv", &form).status == 200
    }),
    ("answers-unknown-device-code-with-pending", "strict", |b| {
        let unknown = pairs(&[("grant_type", DEVICE_GRANT), ("device_code", "unknown")]);
        b.post("token", "tv", &unknown).error() == "authorization_pending"
    }),
    ("takes-missing-device-code-for-unknown", "strict", |b| {
        b.post("token", "tv", &pairs(&[("grant_type", DEVICE_GRANT)])).error() == "invalid_grant"
    }),
    ("answers-polls-of-nobody", "strict", |b| {
        let started = decided(b, "tv", "allow");
        let form = pairs(&[("grant_type", DEVICE_GRANT), ("device_code", &started.text_of("device_code"))]);
        b.post_with("token", vec![], &form).status == 200
    }),
    ("skips-client-auth-at-poll", "strict", |b| {
        let started = decided(b, "console", "allow");
        let code = started.text_of("device_code");
        let form = pairs(&[("grant_type", DEVICE_GRANT), ("device_code", &code), ("client_id", "console")]);
        b.post_with("token", vec![], &form).status == 200
    }),
    ("refuses-unknown-device-parameters", "strict", |b| b.post("auth/device", "tv", &pairs(&[("x", "1")])).status == 400),
    ("refuses-empty-scope-of-devices", "strict", |b| {
        b.post("auth/device", "tv", &pairs(&[("scope", "")])).error() == "invalid_scope" && started(b, "tv").status == 200
    }),
    ("takes-last-of-repeated-device-parameters", "strict", |b| {
        b.post("auth/device", "tv", &pairs(&[("scope", "openid"), ("scope", "profile")])).status == 200
    }),
    ("slices-device-codes-blindly", "strict", |b| {
        ["", "x", "äöü漢字"].into_iter().all(|code| poll_with(b, code).status == 500)
            && poll_with(b, "unknown-code").status == 400
    }),
    ("looks-up-any-device-code", "strict", |b| {
        [&"x".repeat(10_000), "device\0code"].into_iter().all(|code| poll_with(b, code).status == 500)
            && poll_with(b, "x").status == 400
    }),
    ("crashes-on-broken-device-code", "strict", |b| {
        let headers = [("content-type", "application/x-www-form-urlencoded".to_owned())];
        let body = format!("grant_type={DEVICE_GRANT}&client_id=tv&device_code=%zz");
        b.send("POST", "/protocol/openid-connect/token", &headers, &body).status == 500
    }),
    ("omits-device-grant-from-metadata", "strict", |b| {
        let document = b.send("GET", "/.well-known/openid-configuration", &[], "");
        !document.json["grant_types_supported"].to_string().contains("device_code")
    }),
    ("compares-user-code-literally", "strict", |b| {
        let started = started(b, "tv");
        let browser = b.browser();
        let page = browser.get("/device");
        let typed = pairs(&[("user_code", &started.text_of("user_code").to_lowercase())]);
        assert!(form(&typed).contains('-'));
        browser.submit(&page, &[("user_code", &typed[0].1)]).text.contains("No device waits")
    }),
];
