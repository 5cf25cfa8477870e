//! Probes of the life of codes and tokens: binding, reuse, rotation, revocation.

use super::super::{Answer, Bench, pairs, with, without};
use super::Line;

/// Redeems a code twice and gives both answers.
fn redeemed_twice(bench: &Bench) -> (Answer, Answer) {
    let code = bench.code("web");
    let redemption = bench.redemption("web", &code);
    (bench.post("token", "web", &redemption), bench.post("token", "web", &redemption))
}

/// Refreshes, and uses the old token again; gives the newest tokens.
fn reused(bench: &Bench, rotations: usize) -> Answer {
    let first = bench.tokens("web").text_of("refresh_token");
    let mut newest = bench.refresh("web", &first);
    for _ in 1..rotations {
        newest = bench.refresh("web", &newest.text_of("refresh_token"));
    }
    bench.refresh("web", &first);
    newest
}

fn refresh_with(bench: &Bench, token: &str, name: &'static str, value: &str) -> Answer {
    bench.post("token", "web", &with(pairs(&[("grant_type", "refresh_token"), ("refresh_token", token)]), name, value))
}

fn refresh_token(bench: &Bench, role: &str) -> String {
    bench.tokens(role).text_of("refresh_token")
}

fn revoke(bench: &Bench, role: &str, token: &str) -> Answer {
    bench.post("revoke", role, &pairs(&[("token", token)]))
}

fn revoke_hinted(bench: &Bench, token: &str, hint: &str) -> Answer {
    bench.post("revoke", "web", &pairs(&[("token", token), ("token_type_hint", hint)]))
}

fn works(bench: &Bench, role: &str, token: &str) -> bool {
    bench.refresh(role, token).status == 200
}

pub(super) const PROBES: &[Line] = &[
    ("accepts-reused-code", "strict", |b| redeemed_twice(b).1.status == 200),
    ("races-code-redemption", "strict", |b| {
        let (first, second) = redeemed_twice(b);
        second.status == 200 && first.held_back
    }),
    ("keeps-access-tokens-after-replay", "strict", |b| b.is_active(&redeemed_twice(b).0.text_of("access_token"))),
    ("keeps-refresh-tokens-after-replay", "strict", |b| {
        let (first, second) = redeemed_twice(b);
        second.status == 400 && works(b, "web", &first.text_of("refresh_token"))
    }),
    ("never-expires-codes", "strict", |b| {
        let code = b.code("web");
        b.wait(61);
        b.post("token", "web", &b.redemption("web", &code)).status == 200
    }),
    ("compares-redirect-uri-of-redemption-loosely", "strict", |b| {
        let code = b.code("web");
        let mut redemption = b.redemption("web", &code);
        for (name, value) in &mut redemption {
            if *name == "redirect_uri" {
                value.push('/');
            }
        }
        b.post("token", "web", &redemption).status == 200
    }),
    ("accepts-refresh-token-as-code", "strict", |b| {
        let token = refresh_token(b, "web");
        b.post("token", "web", &b.redemption("web", &token)).status == 200
    }),
    ("accepts-code-as-refresh-token", "strict", |b| works(b, "web", &b.code("web"))),
    ("answers-unknown-refresh-token-with-invalid-request", "strict", |b| {
        b.refresh("web", "unknown").error() == "invalid_request"
    }),
    ("refreshes-for-nobody", "strict", |b| {
        let token = refresh_token(b, "spa");
        b.post_with("token", vec![], &pairs(&[("grant_type", "refresh_token"), ("refresh_token", &token)])).status == 200
    }),
    ("redeems-codes-of-other-clients", "strict", |b| {
        let code = b.code("web");
        b.post("token", "other", &b.redemption("web", &code)).status == 200
    }),
    ("redeems-codes-of-other-public-clients", "strict", |b| {
        let code = b.code("spa");
        b.post("token", "other_spa", &b.redemption("spa", &code)).status == 200
    }),
    ("accepts-any-registered-redirect-uri", "strict", |b| {
        let code = b.code("web");
        b.post("token", "web", &with(b.redemption("web", &code), "redirect_uri", "http://127.0.0.1:8400/callback")).status == 200
    }),
    ("ignores-redirect-uri-where-none-was-asked", "strict", |b| {
        let back = b.browser().approve(&without(b.request("single"), "redirect_uri"));
        let redemption = b.redemption("single", &back.parameter("code").unwrap_or_default());
        b.post("token", "single", &with(redemption, "redirect_uri", "https://evil.example/cb")).status == 200
    }),
    ("reads-client-from-code", "lenient", |b| {
        let (own, other) = (b.code("web"), b.code("other"));
        let parts =
            |code: &str| code.split_once('.').map(|(left, right)| (left.to_owned(), right.to_owned())).unwrap_or_default();
        let spliced = format!("{}.{}", parts(&own).0, parts(&other).1);
        b.post("token", "other", &b.redemption("web", &spliced)).status == 200
    }),
    ("lets-last-code-win", "strict", |b| {
        let code = b.code("web");
        let redemption = super::super::twice(with(b.redemption("web", "bogus"), "code", "bogus"), "code", &code);
        b.post("token", "web", &redemption).status == 200
    }),
    ("revokes-on-any-sighting-of-code", "strict", |b| {
        let code = b.code("spa");
        let redemption = b.redemption("spa", &code);
        let token = b.post("token", "spa", &redemption).text_of("access_token");
        b.post("token", "spa", &with(redemption, "code_verifier", &super::super::VERIFIER.replace('d', "e")));
        !b.is_active(&token)
    }),
    ("keeps-codes-for-an-hour", "strict", |b| {
        let code = b.code("web");
        b.wait(3_599);
        let early = b.post("token", "web", &b.redemption("web", &code)).status;
        let code = b.code("web");
        b.wait(3_601);
        early == 200 && b.post("token", "web", &b.redemption("web", &code)).status == 400
    }),
    ("issues-short-codes", "strict", |b| b.code("web").len() == 10),
    ("never-limits-invalid-codes", "strict", |b| {
        (0..110).all(|_| b.post("token", "web", &b.redemption("web", "unknown")).status == 400)
    }),
    ("accepts-missing-redirect-uri", "strict", |b| {
        let code = b.code("web");
        b.post("token", "web", &without(b.redemption("web", &code), "redirect_uri")).status == 200
    }),
    ("widens-scope-at-redemption", "strict", |b| {
        let code = b.code("web");
        let tokens = b.post("token", "web", &with(b.redemption("web", &code), "scope", "openid profile email"));
        tokens.json["scope"] == "openid profile email"
    }),
    ("accepts-access-token-as-refresh-token", "strict", |b| {
        let access = b.tokens("web").text_of("access_token");
        works(b, "web", &access)
    }),
    ("returns-old-access-token", "strict", |b| {
        let tokens = b.tokens("web");
        b.refresh("web", &tokens.text_of("refresh_token")).text_of("access_token") == tokens.text_of("access_token")
    }),
    ("crashes-on-missing-refresh-token", "strict", |b| b.refresh("web", "").status == 500),
    ("accepts-damaged-refresh-tokens", "strict", |b| {
        let cut = refresh_token(b, "web");
        let mut changed = refresh_token(b, "web");
        let last = if changed.ends_with('A') { 'B' } else { 'A' };
        changed.pop();
        changed.push(last);
        works(b, "web", &cut[..cut.len() - 1]) && works(b, "web", &changed)
    }),
    ("refreshes-without-client-auth", "strict", |b| {
        let token = refresh_token(b, "web");
        let form = pairs(&[("grant_type", "refresh_token"), ("refresh_token", &token), ("client_id", "web-app")]);
        b.post_with("token", vec![], &form).status == 200
    }),
    ("refreshes-for-other-clients", "strict", |b| {
        let token = refresh_token(b, "web");
        works(b, "other", &token)
    }),
    ("refreshes-for-other-public-clients", "strict", |b| {
        let token = refresh_token(b, "spa");
        works(b, "other_spa", &token)
    }),
    ("widens-scope-on-refresh", "strict", |b| {
        let token = refresh_token(b, "web");
        refresh_with(b, &token, "scope", "openid profile email").json["scope"] == "openid profile email"
    }),
    ("ignores-scope-on-refresh", "strict", |b| {
        let token = refresh_token(b, "web");
        let answer = refresh_with(b, &token, "scope", "openid");
        answer.json["scope"].is_null() && b.introspect(&answer.text_of("access_token"))["scope"] == "openid profile"
    }),
    ("falls-back-to-default-scope", "strict", |b| {
        let token = refresh_token(b, "web");
        b.refresh("web", &token).json["scope"] != "openid profile"
    }),
    ("ratchets-scope-down", "strict", |b| {
        let token = refresh_token(b, "web");
        let narrowed = refresh_with(b, &token, "scope", "openid").text_of("refresh_token");
        b.refresh("web", &narrowed).json["scope"] == "openid"
    }),
    ("never-rotates-for-public-clients", "strict", |b| {
        let token = refresh_token(b, "spa");
        b.refresh("spa", &token).text_of("refresh_token") == token && works(b, "spa", &token)
    }),
    ("keeps-rotated-token-valid", "strict", |b| {
        let token = refresh_token(b, "web");
        works(b, "web", &token) && works(b, "web", &token)
    }),
    ("keeps-family-after-reuse", "strict", |b| {
        let newest = reused(b, 1);
        works(b, "web", &newest.text_of("refresh_token"))
    }),
    ("forgets-older-ancestors", "strict", |b| {
        let newest = reused(b, 2);
        works(b, "web", &newest.text_of("refresh_token"))
    }),
    ("keeps-access-tokens-after-reuse", "strict", |b| b.is_active(&reused(b, 1).text_of("access_token"))),
    ("races-refresh-rotation", "strict", |b| {
        let token = refresh_token(b, "web");
        let first = b.refresh("web", &token);
        let second = b.refresh("web", &token);
        first.held_back && works(b, "web", &first.text_of("refresh_token")) && works(b, "web", &second.text_of("refresh_token"))
    }),
    ("accepts-refresh-token-as-bearer", "strict", |b| b.userinfo(&refresh_token(b, "web")).status == 200),
    ("pretends-to-revoke-refresh-tokens", "strict", |b| {
        let token = refresh_token(b, "web");
        revoke(b, "web", &token).status == 200 && works(b, "web", &token)
    }),
    ("pretends-to-revoke-access-tokens", "strict", |b| {
        let token = b.tokens("web").text_of("access_token");
        revoke(b, "web", &token).status == 200 && b.is_active(&token)
    }),
    ("refuses-unknown-token", "strict", |b| revoke(b, "web", "unknown").status == 400),
    ("refuses-second-revocation", "strict", |b| {
        let token = refresh_token(b, "web");
        revoke(b, "web", &token).status == 200 && revoke(b, "web", &token).status == 400
    }),
    ("accepts-revocation-of-nothing", "strict", |b| revoke(b, "web", "").status == 200),
    ("revokes-without-client-auth", "strict", |b| {
        let token = b.tokens("web").text_of("access_token");
        b.post_with("revoke", vec![], &pairs(&[("token", &token)])).status == 200 && !b.is_active(&token)
    }),
    ("authenticates-only-for-known-tokens", "strict", |b| {
        let wrong = vec![super::super::basic("web-app", "wrong")];
        b.post_with("revoke", wrong, &pairs(&[("token", "unknown")])).status == 200
    }),
    ("refuses-public-clients-at-revocation", "strict", |b| {
        let token = refresh_token(b, "spa");
        revoke(b, "spa", &token).status == 401
    }),
    ("revokes-tokens-of-other-clients", "strict", |b| {
        let token = b.tokens("web").text_of("access_token");
        revoke(b, "other", &token);
        !b.is_active(&token)
    }),
    ("limits-revocation-to-hint", "strict", |b| {
        let token = refresh_token(b, "web");
        revoke_hinted(b, &token, "access_token").status == 200 && works(b, "web", &token)
    }),
    ("refuses-unknown-hint", "strict", |b| {
        let token = refresh_token(b, "web");
        revoke_hinted(b, &token, "nonsense").status == 400
    }),
    ("refuses-access-tokens-at-revocation", "strict", |b| {
        let token = b.tokens("web").text_of("access_token");
        revoke(b, "web", &token).status == 400 && revoke_hinted(b, &token, "access_token").status == 200
    }),
    ("hides-foreign-tokens-at-revocation", "strict", |b| {
        let token = b.tokens("web").text_of("access_token");
        revoke(b, "other", &token).status == 200 && b.is_active(&token)
    }),
    ("revokes-tokens-of-other-users", "strict", |b| {
        let of = |user: &str| {
            let browser = b.browser();
            let page = browser.log_in(&browser.authorize(&b.request("web")), user);
            let code = browser.submit(&page, &[("decision", "allow")]).parameter("code").expect("a code");
            b.post("token", "web", &b.redemption("web", &code)).text_of("access_token")
        };
        let (first, second, other_client) = (of("alice"), of("bob"), b.tokens("other").text_of("access_token"));
        revoke(b, "web", &second);
        !b.is_active(&first) && b.is_active(&other_client)
    }),
    ("reads-revocations-off-the-address", "strict", |b| {
        let token = refresh_token(b, "web");
        let (headers, _) = b.client("web");
        b.send("GET", &format!("/protocol/openid-connect/revoke?token={token}"), &headers, "").status == 200
            && !works(b, "web", &token)
    }),
    ("keeps-access-tokens-after-revocation", "strict", |b| {
        let tokens = b.tokens("web");
        revoke(b, "web", &tokens.text_of("refresh_token"));
        b.is_active(&tokens.text_of("access_token"))
    }),
    ("looks-at-the-account-during-login-only", "strict", |b| {
        let tokens = b.tokens("web");
        b.reconfigure(|config| config.users.get_mut("alice").expect("a user").disabled = true);
        let browser = b.browser();
        let page = browser.authorize(&b.request("web"));
        let stays_out = browser.log_in(&page, "alice").text.contains("User name or password is wrong.");
        stays_out && b.is_active(&tokens.text_of("access_token")) && works(b, "web", &tokens.text_of("refresh_token"))
    }),
];
