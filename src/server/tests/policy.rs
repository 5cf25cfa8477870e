//! What specifications disagree about is a realm's choice: the strict one by default, the other one in `lenient`.

use super::{Bench, CHALLENGE, VERIFIER, basic, pairs, with, without};

fn lenient() -> Bench {
    Bench::new("lenient", &[])
}

#[test]
fn plain_is_refused_unless_the_realm_allows_it() {
    for (bench, allowed) in [(Bench::strict(), false), (lenient(), true)] {
        let plain = with(with(bench.request("spa"), "code_challenge", VERIFIER), "code_challenge_method", "plain");
        for request in [plain.clone(), without(plain, "code_challenge_method")] {
            let answer = bench.browser().approve(&request);
            assert_eq!(answer.parameter("code").is_some(), allowed, "{answer:?}");
            if !allowed {
                assert_eq!(answer.parameter("error").as_deref(), Some("invalid_request"));
                continue;
            }
            let code = answer.parameter("code").expect("a code");
            let wrong = with(bench.redemption("spa", &code), "code_verifier", CHALLENGE);
            assert_eq!(bench.post("token", "spa", &wrong).refusal(), (400, "invalid_grant"));
            assert_eq!(bench.post("token", "spa", &bench.redemption("spa", &code)).status, 200);
        }
        let short = with(with(bench.request("spa"), "code_challenge", &VERIFIER[..42]), "code_challenge_method", "plain");
        assert_eq!(bench.browser().approve(&short).parameter("error").as_deref(), Some("invalid_request"));
    }
}

#[test]
fn a_challenge_without_a_method_is_plain_and_never_s256() {
    let bench = lenient();
    let request = without(bench.request("spa"), "code_challenge_method");
    let code = bench.browser().approve(&request).parameter("code").expect("a code");
    assert_eq!(bench.post("token", "spa", &bench.redemption("spa", &code)).refusal(), (400, "invalid_grant"));
    let challenge = with(bench.redemption("spa", &code), "code_verifier", CHALLENGE);
    assert_eq!(bench.post("token", "spa", &challenge).status, 200);
}

#[test]
fn the_published_challenge_methods_are_those_that_are_taken() {
    for (bench, methods) in [(Bench::strict(), vec!["S256"]), (lenient(), vec!["S256", "plain"])] {
        let metadata = bench.send("GET", "/.well-known/oauth-authorization-server", &[], "");
        assert_eq!(metadata.json["code_challenge_methods_supported"], serde_json::json!(methods));
    }
}

#[test]
fn public_clients_rotate_everywhere_and_confidential_ones_unless_the_realm_spares_them() {
    for (bench, spared) in [(Bench::strict(), false), (lenient(), true)] {
        for (role, kept) in [("spa", false), ("web", spared)] {
            let first = bench.tokens(role).text_of("refresh_token");
            let answer = bench.refresh(role, &first);
            assert_eq!(answer.status, 200, "{role}");
            assert_eq!(answer.text_of("refresh_token") == first, kept, "{role}");
            assert_eq!(bench.refresh(role, &first).status == 200, kept, "{role}");
        }
    }
}

#[test]
fn a_token_that_is_kept_lives_on_by_use_and_ends_with_its_chain() {
    let bench = lenient();
    let token = bench.tokens("web").text_of("refresh_token");
    for _ in 0..(8 * 3_600 / 1_700) {
        bench.wait(1_700);
        assert_eq!(bench.refresh("web", &token).status, 200);
    }
    bench.wait(1_700);
    assert_eq!(bench.refresh("web", &token).refusal(), (400, "invalid_grant"));
    let idle = bench.tokens("web").text_of("refresh_token");
    bench.wait(1_800);
    assert_eq!(bench.refresh("web", &idle).refusal(), (400, "invalid_grant"));
}

#[test]
fn a_kept_token_that_was_narrowed_once_still_has_its_whole_scope() {
    let bench = lenient();
    let token = bench.tokens("web").text_of("refresh_token");
    let grant = pairs(&[("grant_type", "refresh_token"), ("refresh_token", &token)]);
    assert_eq!(bench.post("token", "web", &with(grant, "scope", "openid")).json["scope"], "openid");
    assert_eq!(bench.refresh("web", &token).json["scope"], "openid profile");
}

#[test]
fn a_secret_counts_in_the_registered_place_only_unless_the_realm_takes_both() {
    for (bench, both) in [(Bench::strict(), false), (lenient(), true)] {
        let grant = pairs(&[("grant_type", "client_credentials")]);
        let in_header = bench.post_with("token", vec![basic("batch-job-post", "batch-post-secret-71c5fd")], &grant);
        let body = with(with(grant.clone(), "client_id", "batch-job"), "client_secret", "batch-job-secret-b64e02");
        for answer in [in_header, bench.post_with("token", vec![], &body)] {
            assert_eq!(answer.refusal(), if both { (200, "") } else { (401, "invalid_client") });
        }
        let wrong = with(body, "client_secret", "wrong");
        assert_eq!(bench.post_with("token", vec![], &wrong).refusal(), (401, "invalid_client"));
        let public = with(with(grant, "client_id", "my-frontend"), "client_secret", "x");
        assert_eq!(bench.post_with("token", vec![], &public).refusal(), (401, "invalid_client"));
    }
}

#[test]
fn a_token_in_the_query_opens_nothing_unless_the_realm_takes_it_and_then_privately() {
    for (bench, taken) in [(Bench::strict(), false), (lenient(), true)] {
        let token = bench.tokens("web").text_of("access_token");
        let get = |query: &str, headers: &[(&'static str, String)]| {
            bench.send("GET", &format!("/protocol/openid-connect/userinfo?{query}"), headers, "")
        };
        let answer = get(&format!("access_token={token}"), &[]);
        assert_eq!(answer.status, if taken { 200 } else { 401 }, "{answer:?}");
        if taken {
            assert_eq!(answer.header("cache-control"), Some("private, no-store"));
            assert_eq!(get("access_token=unknown", &[]).refusal(), (401, "invalid_token"));
            assert_eq!(get(&format!("access_token={token}&access_token={token}"), &[]).refusal(), (400, "invalid_request"));
        } else {
            assert_eq!(answer.error(), "");
        }
        let header = [("authorization", format!("Bearer {token}"))];
        assert_eq!(get(&format!("access_token={token}"), &header).refusal(), (400, "invalid_request"));
        assert_eq!(bench.userinfo(&token).header("cache-control"), Some("no-store"));
    }
}

#[test]
fn a_code_that_names_its_client_is_good_as_a_whole_only() {
    let bench = Bench::new("lenient", &[]);
    let (own, other) = (bench.code("web"), bench.code("other"));
    let part = |code: &str, at: usize| code.split('.').nth(at).expect("two parts").to_owned();
    for spliced in [format!("{}.{}", part(&own, 0), part(&other, 1)), part(&own, 0)] {
        for role in ["web", "other"] {
            assert_eq!(bench.post("token", role, &bench.redemption("web", &spliced)).refusal(), (400, "invalid_grant"), "{role}");
        }
    }
    assert_eq!(bench.post("token", "web", &bench.redemption("web", &own)).status, 200);
}
