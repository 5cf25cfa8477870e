//! Probes of the device grant's codes and pages.

use std::collections::BTreeSet;

use super::super::{Bench, DEVICE_GRANT, Pairs, pairs, with, without};
use super::Line;
use super::devices::{decided, poll, question, started};

/// Says yes on the page that asks, with this hidden token or none; whether the device then gets its token.
fn approved_with(bench: &Bench, csrf: Option<&str>) -> bool {
    let started = started(bench, "tv");
    let browser = bench.browser();
    let page = question(&browser, &started);
    let decision: Pairs<'_> = pairs(&[("decision", "allow")]);
    let form = csrf.map_or(decision.clone(), |csrf| with(without(decision, "csrf"), "csrf", csrf));
    browser.submit_exactly(&page, &form);
    poll(bench, "tv", &started).status == 200
}

fn user_codes(bench: &Bench) -> Vec<String> {
    (0..50).map(|_| started(bench, "tv").text_of("user_code")).collect()
}

pub(super) const PROBES: &[Line] = &[
    ("reopens-decided-user-codes", "strict", |b| {
        let denied = decided(b, "tv", "deny");
        let browser = b.browser();
        let page = question(&browser, &denied);
        page.text.contains("name=\"decision\"") && {
            browser.submit(&page, &[("decision", "allow")]);
            poll(b, "tv", &denied).status == 200
        }
    }),
    ("approves-expired-user-codes", "strict", |b| {
        let late = started(b, "tv");
        b.wait(600);
        let browser = b.browser();
        let page = question(&browser, &late);
        page.text.contains("name=\"decision\"")
            && browser.submit(&page, &[("decision", "allow")]).text.contains("Device connected")
    }),
    ("accepts-device-approval-without-csrf-token", "strict", |b| approved_with(b, None)),
    ("accepts-any-csrf-token-for-devices", "strict", |b| approved_with(b, Some("anything"))),
    ("never-limits-user-code-guesses", "strict", |b| {
        let browser = b.browser();
        (0..30).all(|_| {
            let page = browser.get("/device");
            browser.submit(&page, &[("user_code", "BBBB-BBBB")]).status == 200
        })
    }),
    ("hides-client-from-device-user", "strict", |b| {
        let page = question(&b.browser(), &started(b, "tv"));
        page.text.contains("name=\"decision\"") && !page.text.contains("<strong>tv</strong>")
    }),
    ("derives-device-code-from-user-code", "strict", |b| {
        let started = started(b, "tv");
        let form = pairs(&[("grant_type", DEVICE_GRANT), ("device_code", &started.text_of("device_code"))]);
        started.text_of("device_code").starts_with("device-") && b.post("token", "tv", &form).error() == "authorization_pending"
    }),
    ("issues-four-digit-user-codes", "strict", |b| user_codes(b).iter().all(|code| code.len() == 4)),
    ("issues-confusable-user-codes", "strict", |b| {
        let letters: BTreeSet<char> = user_codes(b).iter().flat_map(|code| code.chars()).collect();
        ['0', 'O', 'l'].iter().all(|letter| letters.contains(letter))
    }),
    ("puts-user-code-into-verification-uri", "strict", |b| {
        let started = started(b, "tv");
        started.text_of("verification_uri").contains(&started.text_of("user_code"))
    }),
];
