//! Probes of PKCE: which challenges are stored, and which verifiers fit them.

use super::super::{Answer, Bench, CHALLENGE, Pairs, VERIFIER, pairs, twice, with, without};
use super::Line;
use crate::server::core::pkce::s256;

/// The code of a request, if one comes.
fn code(bench: &Bench, request: &Pairs<'_>) -> Option<String> {
    bench.browser().approve(request).parameter("code")
}

/// What the redemption of a request's code is answered with, if one comes.
fn redeemed(bench: &Bench, role: &str, request: &Pairs<'_>, change: fn(Pairs<'static>) -> Pairs<'static>) -> Option<Answer> {
    let code = code(bench, request)?;
    Some(bench.post("token", role, &change(bench.redemption(role, &code))))
}

fn is_redeemed(bench: &Bench, role: &str, request: &Pairs<'_>, change: fn(Pairs<'static>) -> Pairs<'static>) -> bool {
    redeemed(bench, role, request, change).is_some_and(|answer| answer.status == 200)
}

/// A request whose challenge is that of another verifier.
fn of_verifier(bench: &Bench, verifier: &str) -> Pairs<'static> {
    with(bench.request("spa"), "code_challenge", &s256(verifier))
}

fn without_challenge(bench: &Bench, role: &str) -> Pairs<'static> {
    without(without(bench.request(role), "code_challenge"), "code_challenge_method")
}

const LONG: &str = "flowproof-flowproof-flowproof-flowproof-flowproof-flowproof-flowproof";
const MARKS: &str = "flowproof.flowproof~flowproof-flowproof_flowproof";
const STRANGE: &str = "flowproof+flowproof flowproof=flowproof+flowproof";

pub(super) const PROBES: &[Line] = &[
    ("stores-empty-challenge", "strict", |b| {
        is_redeemed(b, "spa", &with(b.request("spa"), "code_challenge", ""), |form| with(form, "code_verifier", LONG))
    }),
    ("lets-first-challenge-win", "strict", |b| {
        is_redeemed(b, "spa", &twice(b.request("spa"), "code_challenge", &s256(LONG)), |form| form)
    }),
    ("lets-last-challenge-win", "strict", |b| {
        let request = twice(b.request("spa"), "code_challenge", &s256(LONG));
        is_redeemed(b, "spa", &request, |form| with(form, "code_verifier", LONG))
    }),
    ("computes-s256-in-standard-alphabet", "strict", |b| !is_redeemed(b, "spa", &b.request("spa"), |form| form)),
    ("waives-pkce-for-confidential-clients", "strict", |b| code(b, &without_challenge(b, "web")).is_some()),
    ("forgets-pkce-of-public-clients", "strict", |b| {
        is_redeemed(b, "spa", &without_challenge(b, "spa"), |form| without(form, "code_verifier"))
    }),
    ("skips-comparison-without-method", "strict", |b| {
        let request = without(b.request("spa"), "code_challenge_method");
        is_redeemed(b, "spa", &request, |form| with(form, "code_verifier", LONG))
    }),
    ("stores-malformed-challenges", "strict", |b| code(b, &with(b.request("spa"), "code_challenge", "short")).is_some()),
    ("skips-verifier-character-check", "strict", |b| {
        is_redeemed(b, "spa", &of_verifier(b, STRANGE), |form| with(form, "code_verifier", STRANGE))
    }),
    ("refuses-marks-in-verifiers", "strict", |b| {
        !is_redeemed(b, "spa", &of_verifier(b, MARKS), |form| with(form, "code_verifier", MARKS))
    }),
    ("refuses-long-verifiers", "strict", |b| {
        !is_redeemed(b, "spa", &of_verifier(b, LONG), |form| with(form, "code_verifier", LONG))
    }),
    ("puts-challenge-into-code", "strict", |b| {
        use base64::Engine as _;
        let code = b.code("spa");
        let decoded = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(&code).unwrap_or_default();
        String::from_utf8_lossy(&decoded).contains(CHALLENGE)
    }),
    ("accepts-any-of-several-verifiers", "strict", |b| {
        let after = is_redeemed(b, "spa", &b.request("spa"), |form| twice(form, "code_verifier", LONG));
        let before = is_redeemed(b, "spa", &b.request("spa"), |form| {
            let mut list = pairs(&[("code_verifier", LONG)]);
            list.extend(form);
            list
        });
        assert_eq!(VERIFIER.len(), 43);
        after && before
    }),
];
