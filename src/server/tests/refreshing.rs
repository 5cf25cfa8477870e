//! The refresh grant: rotation, reuse, scope and age.

use super::{Bench, pairs, with};

#[test]
fn a_refresh_brings_new_tokens_and_ends_the_old_refresh_token() {
    for role in ["web", "spa"] {
        let bench = Bench::strict();
        let first = bench.tokens(role);
        let second = bench.refresh(role, &first.text_of("refresh_token"));
        assert_eq!(second.status, 200, "{second:?}");
        assert_ne!(first.text_of("refresh_token"), second.text_of("refresh_token"));
        assert_ne!(first.text_of("access_token"), second.text_of("access_token"));
        assert_eq!(second.json["scope"], "openid profile");
        assert_eq!(bench.refresh(role, &first.text_of("refresh_token")).refusal(), (400, "invalid_grant"));
    }
}

#[test]
fn reuse_kills_the_whole_family_however_old_the_token() {
    for rotations in 1..4 {
        let bench = Bench::strict();
        let first = bench.tokens("web").text_of("refresh_token");
        let mut newest = bench.refresh("web", &first);
        for _ in 1..rotations {
            newest = bench.refresh("web", &newest.text_of("refresh_token"));
        }
        assert!(bench.is_active(&newest.text_of("access_token")));
        assert_eq!(bench.refresh("web", &first).refusal(), (400, "invalid_grant"));
        assert_eq!(bench.refresh("web", &newest.text_of("refresh_token")).refusal(), (400, "invalid_grant"));
        assert!(!bench.is_active(&newest.text_of("access_token")));
    }
}

#[test]
fn a_chain_of_any_length_leaves_a_few_records_and_the_reuse_of_its_first_token_still_kills_it() {
    const LENGTH: usize = 10_000;
    let bench = Bench::strict();
    let first = bench.tokens("web").text_of("refresh_token");
    let mut newest = bench.refresh("web", &first);
    for _ in 1..LENGTH {
        newest = bench.refresh("web", &newest.text_of("refresh_token"));
    }
    assert_eq!(newest.status, 200);
    let realm = bench.core.realm("strict").expect("a demo realm");
    assert!(realm.memory.refresh_tokens.each().map(|chains| chains.tokens.iter().count()).sum::<usize>() < 10);
    assert_eq!(realm.memory.refresh_tokens.each().map(|chains| chains.families.iter().count()).sum::<usize>(), 1);
    assert_eq!(bench.introspect(&first), serde_json::json!({ "active": false }));
    assert_eq!(bench.refresh("other", &first).refusal(), (400, "invalid_grant"));
    assert!(bench.is_active(&newest.text_of("refresh_token")), "another client's attempt is no reuse");
    assert_eq!(bench.refresh("web", &first).refusal(), (400, "invalid_grant"));
    assert_eq!(bench.refresh("web", &newest.text_of("refresh_token")).refusal(), (400, "invalid_grant"));
    assert!(!bench.is_active(&newest.text_of("access_token")));
}

#[test]
fn revoking_a_token_that_was_replaced_long_ago_ends_the_chain() {
    let bench = Bench::strict();
    let first = bench.tokens("web").text_of("refresh_token");
    let mut newest = first.clone();
    for _ in 0..20 {
        newest = bench.refresh("web", &newest).text_of("refresh_token");
    }
    assert_eq!(bench.post("revoke", "web", &pairs(&[("token", &first)])).status, 200);
    assert_eq!(bench.refresh("web", &newest).refusal(), (400, "invalid_grant"));
}

#[test]
fn a_refresh_token_is_bound_to_its_client() {
    let bench = Bench::strict();
    let token = bench.tokens("web").text_of("refresh_token");
    assert_eq!(bench.refresh("other", &token).refusal(), (400, "invalid_grant"));
    let grant = pairs(&[("grant_type", "refresh_token"), ("refresh_token", &token), ("client_id", "web-app")]);
    assert_eq!(bench.post_with("token", vec![], &grant).refusal(), (401, "invalid_client"));
    assert_eq!(bench.refresh("web", &token).status, 200);
    let token = bench.tokens("spa").text_of("refresh_token");
    assert_eq!(bench.refresh("other_spa", &token).refusal(), (400, "invalid_grant"));
    assert_eq!(bench.refresh("spa", &token).status, 200);
}

#[test]
fn a_narrower_scope_does_not_stick_and_a_wider_one_is_refused() {
    let bench = Bench::strict();
    let refresh = |token: &str, scope: &str| {
        let grant = pairs(&[("grant_type", "refresh_token"), ("refresh_token", token)]);
        bench.post("token", "web", &with(grant, "scope", scope))
    };
    let first = bench.tokens("web").text_of("refresh_token");
    assert_eq!(refresh(&first, "openid profile email").refusal(), (400, "invalid_scope"));
    let narrowed = refresh(&first, "openid");
    assert_eq!(narrowed.json["scope"], "openid");
    assert_eq!(bench.introspect(&narrowed.text_of("access_token"))["scope"], "openid");
    let next = bench.refresh("web", &narrowed.text_of("refresh_token"));
    assert_eq!(next.json["scope"], "openid profile");
    assert_eq!(refresh(&next.text_of("refresh_token"), "openid profile").json["scope"], "openid profile");
}

#[test]
fn unused_refresh_tokens_and_old_chains_end() {
    let bench = Bench::strict();
    let idle = bench.tokens("web").text_of("refresh_token");
    bench.wait(1_800);
    assert_eq!(bench.refresh("web", &idle).refusal(), (400, "invalid_grant"));
    let mut token = bench.tokens("web").text_of("refresh_token");
    for _ in 0..(8 * 3_600 / 1_700) {
        bench.wait(1_700);
        token = bench.refresh("web", &token).text_of("refresh_token");
        assert!(!token.is_empty());
    }
    bench.wait(1_700);
    assert_eq!(bench.refresh("web", &token).refusal(), (400, "invalid_grant"));
}

#[test]
fn what_is_no_refresh_token_is_refused() {
    let bench = Bench::strict();
    let tokens = bench.tokens("web");
    let code = bench.code("web");
    for wrong in [&tokens.text_of("access_token"), &code, "unknown"] {
        assert_eq!(bench.refresh("web", wrong).refusal(), (400, "invalid_grant"));
    }
    assert_eq!(bench.refresh("web", "").refusal(), (400, "invalid_request"));
    let redemption = with(bench.redemption("web", "x"), "code", &tokens.text_of("refresh_token"));
    assert_eq!(bench.post("token", "web", &redemption).refusal(), (400, "invalid_grant"));
    assert_eq!(bench.userinfo(&tokens.text_of("refresh_token")).status, 401);
}

#[test]
fn of_many_refreshes_at_the_same_time_one_gets_through_and_the_family_dies() {
    let bench = Bench::strict();
    let token = bench.tokens("web").text_of("refresh_token");
    let answers: Vec<_> = std::thread::scope(|scope| {
        let racers: Vec<_> = (0..10).map(|_| scope.spawn(|| bench.refresh("web", &token))).collect();
        racers.into_iter().map(|racer| racer.join().expect("no panic")).collect()
    });
    let winners: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
    assert_eq!(winners.len(), 1);
    assert_eq!(bench.refresh("web", &winners[0].text_of("refresh_token")).refusal(), (400, "invalid_grant"));
}
