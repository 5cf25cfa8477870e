//! The authorization code flow: what is asked, what comes back, and how often a code is good.

use super::{Bench, CHALLENGE, VERIFIER, pairs, twice, with, without};

#[test]
fn a_confidential_and_a_public_client_get_tokens_for_a_code() {
    for (realm, role) in [("strict", "web"), ("strict", "spa"), ("strict", "native"), ("lenient", "web"), ("lenient", "spa")] {
        let bench = Bench::new(realm, &[]);
        let tokens = bench.tokens(role);
        assert_eq!(tokens.status, 200, "{tokens:?}");
        assert_eq!(tokens.json["token_type"], "Bearer");
        assert_eq!(tokens.json["expires_in"], 300);
        assert_eq!(tokens.json["scope"], "openid profile");
        assert!(tokens.json["id_token"].is_string());
        assert_eq!(tokens.header("cache-control"), Some("no-store"));
        let access_token = tokens.text_of("access_token");
        assert!(bench.is_active(&access_token));
        assert_eq!(bench.userinfo(&access_token).json["preferred_username"], "alice");
    }
}

#[test]
fn the_way_back_carries_code_state_and_issuer_once_each() {
    let bench = Bench::strict();
    let state = " +&=%#;\"<>\\'~%2Ba+b&amp;\u{e9}";
    let back = bench.browser().approve(&with(bench.request("web"), "state", state));
    assert_eq!(back.status, 303);
    assert!(back.location().starts_with("https://client.example/cb?code="), "{}", back.location());
    assert_eq!(back.parameter("state").as_deref(), Some(state));
    assert_eq!(back.parameter("iss"), Some(bench.issuer()));
    assert_eq!(back.location().matches("state=").count(), 1);
}

#[test]
fn a_registered_query_is_kept() {
    let bench = Bench::strict();
    let back = bench.browser().approve(&with(bench.request("query"), "redirect_uri", "https://query.example/cb?tenant=a%20b"));
    assert!(back.location().starts_with("https://query.example/cb?tenant=a%20b&code="), "{}", back.location());
}

#[test]
fn a_bad_client_or_redirect_uri_ends_on_a_page_without_a_way_on() {
    let bench = Bench::strict();
    let good = bench.request("web");
    for bad in [
        without(good.clone(), "client_id"),
        with(good.clone(), "client_id", "nobody"),
        with(good.clone(), "redirect_uri", "https://evil.example/cb"),
        with(good.clone(), "redirect_uri", "https://client.example/cb/"),
        with(good.clone(), "redirect_uri", "https://client.example/CB"),
        with(good.clone(), "redirect_uri", "http://127.0.0.1:8499/callback"),
        with(good.clone(), "redirect_uri", "\"><script>alert(1)</script>"),
        twice(good.clone(), "client_id", "web-app"),
        twice(good.clone(), "redirect_uri", "https://client.example/cb"),
        without(good.clone(), "redirect_uri"),
    ] {
        let page = bench.browser().authorize(&bad);
        assert_eq!(page.status, 400, "{bad:?}");
        assert_eq!(page.location(), "");
        assert!(page.text.contains("<html") && !page.text.contains("evil.example") && !page.text.contains("<script"));
    }
}

#[test]
fn a_client_with_one_redirect_uri_need_not_name_it() {
    let bench = Bench::strict();
    let back = bench.browser().approve(&without(bench.request("single"), "redirect_uri"));
    assert!(back.location().starts_with("https://single.example/cb?code="));
    let code = back.parameter("code").expect("a code");
    let redemption = without(bench.redemption("single", &code), "redirect_uri");
    assert_eq!(bench.post("token", "single", &redemption).status, 200);
}

#[test]
fn other_faults_are_told_to_the_client_after_the_login() {
    let bench = Bench::strict();
    let good = bench.request("web");
    for (bad, error) in [
        (without(good.clone(), "response_type"), "invalid_request"),
        (with(good.clone(), "response_type", ""), "invalid_request"),
        (with(good.clone(), "response_type", "nonsense"), "unsupported_response_type"),
        (with(good.clone(), "response_type", "token"), "unsupported_response_type"),
        (with(good.clone(), "response_type", "code token"), "unsupported_response_type"),
        (with(good.clone(), "response_type", "CODE"), "unsupported_response_type"),
        (twice(good.clone(), "response_type", "code"), "invalid_request"),
        (twice(good.clone(), "code_challenge", CHALLENGE), "invalid_request"),
        (with(good.clone(), "scope", "openid flowproof-no-such-scope"), "invalid_scope"),
        (with(good.clone(), "scope", "openid  profile"), "invalid_scope"),
        (without(good.clone(), "code_challenge"), "invalid_request"),
        (without(without(good.clone(), "code_challenge"), "code_challenge_method"), "invalid_request"),
        (without(good.clone(), "code_challenge_method"), "invalid_request"),
        (with(good.clone(), "code_challenge_method", "plain"), "invalid_request"),
        (with(good.clone(), "code_challenge_method", "S512"), "invalid_request"),
        (with(good.clone(), "code_challenge_method", "s256"), "invalid_request"),
        (with(good.clone(), "code_challenge", "too-short"), "invalid_request"),
    ] {
        let browser = bench.browser();
        let page = browser.authorize(&bad);
        assert!(page.status == 200 && page.text.contains("name=\"password\""), "{bad:?}");
        let back = browser.log_in(&page, "alice");
        assert_eq!(back.parameter("error").as_deref(), Some(error), "{bad:?}");
        assert_eq!(back.parameter("state").as_deref(), Some("a state"));
        assert_eq!(back.parameter("iss"), Some(bench.issuer()));
        assert_eq!(back.parameter("code"), None);
    }
    let back = bench.browser().logged_in(&twice(good, "state", "b"));
    assert_eq!((back.parameter("error").as_deref(), back.parameter("state")), (Some("invalid_request"), None));
    let back = bench.browser().logged_in(&bench.request("limited"));
    assert_eq!(back.parameter("error").as_deref(), Some("unauthorized_client"));
}

#[test]
fn unknown_and_empty_parameters_change_nothing() {
    let bench = Bench::strict();
    let request = twice(twice(bench.request("web"), "x_flowproof_unknown", "1"), "foo[bar]", "2");
    let request = with(with(request, "scope", ""), "state", "");
    let back = bench.browser().approve(&request);
    assert!(back.parameter("code").is_some());
    assert_eq!(back.parameter("state"), None);
    assert!(!back.location().contains("flowproof"));
}

#[test]
fn a_post_means_the_same_as_a_get() {
    let bench = Bench::strict();
    let browser = bench.browser();
    let headers = vec![("content-type", "application/x-www-form-urlencoded".to_owned())];
    let page = browser.send("POST", "/protocol/openid-connect/auth", headers, &super::form(&bench.request("web")));
    let consent = browser.log_in(&page, "alice");
    assert!(browser.submit(&consent, &[("decision", "allow")]).parameter("code").is_some());
}

#[test]
fn a_denial_is_told_to_the_client() {
    let bench = Bench::strict();
    let back = bench.browser().deny(&bench.request("web"));
    assert_eq!(back.parameter("error").as_deref(), Some("access_denied"));
    assert_eq!(back.parameter("state").as_deref(), Some("a state"));
}

#[test]
fn pages_are_guarded_and_forms_belong_to_their_session() {
    let bench = Bench::strict();
    let (browser, stranger) = (bench.browser(), bench.browser());
    let page = browser.authorize(&bench.request("web"));
    let consent = browser.log_in(&page, "alice");
    assert!(consent.text.contains("web-app") && consent.text.contains("<li>profile</li>"));
    for page in [&page, &consent] {
        assert_eq!(page.header("x-frame-options"), Some("DENY"));
        assert!(page.header("content-security-policy").is_some_and(|policy| policy.contains("frame-ancestors 'none'")));
        assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(page.header("cache-control"), Some("no-store"));
        assert_eq!(page.header("access-control-allow-origin"), None);
    }
    let other = stranger.logged_in(&bench.request("web"));
    let foreign = with(pairs(&[("decision", "allow")]), "csrf", &other.csrf().expect("a token"));
    for forged in [pairs(&[("decision", "allow")]), foreign] {
        let refused = browser.submit_exactly(&consent, &forged);
        assert_eq!((refused.status, refused.location()), (400, ""));
    }
    let mut genuine = pairs(&[("decision", "allow")]);
    genuine.push(("csrf", consent.csrf().expect("a token")));
    let headers =
        vec![("content-type", "application/x-www-form-urlencoded".to_owned()), ("origin", "https://evil.example".to_owned())];
    let action = format!("/{}", consent.action().expect("a form"));
    assert_eq!(browser.send("POST", &action, headers, &super::form(&genuine)).status, 403);
    assert!(browser.submit_exactly(&consent, &genuine).parameter("code").is_some());
    assert_eq!(browser.submit_exactly(&consent, &genuine).status, 400, "a question is answered once");
}

#[test]
fn a_wrong_password_shows_the_page_again() {
    let bench = Bench::strict();
    let browser = bench.browser();
    let page = browser.authorize(&bench.request("web"));
    let again = browser.submit(&page, &[("username", "alice"), ("password", "bob-password")]);
    assert!(again.status == 200 && again.text.contains("wrong"));
    assert!(browser.log_in(&again, "alice").text.contains("name=\"decision\""));
}

#[test]
fn the_login_changes_the_name_of_the_session() {
    let bench = Bench::strict();
    let browser = bench.browser();
    let page = browser.authorize(&bench.request("web"));
    let first = page.header("set-cookie").expect("a session").to_owned();
    assert!(first.contains("HttpOnly") && first.contains("SameSite=Lax") && first.contains("Path=/realms/strict/"));
    let before = browser.cookies.lock().expect("one thread").clone();
    browser.log_in(&page, "alice");
    assert_ne!(before, *browser.cookies.lock().expect("one thread"));
    // The second time there is nobody to log in, but consent is asked again.
    assert!(browser.authorize(&bench.request("web")).text.contains("name=\"decision\""));
}

#[test]
fn two_users_get_their_own_codes() {
    let bench = Bench::strict();
    let (first, second) = (bench.browser(), bench.browser());
    let (page, other) = (first.authorize(&bench.request("web")), second.authorize(&bench.request("web")));
    let (page, other) = (first.log_in(&page, "alice"), second.log_in(&other, "bob"));
    for (browser, page, user) in [(first, page, "alice"), (second, other, "bob")] {
        let code = browser.submit(&page, &[("decision", "allow")]).parameter("code").expect("a code");
        let tokens = bench.post("token", "web", &bench.redemption("web", &code));
        assert_eq!(bench.introspect(&tokens.text_of("access_token"))["username"], user);
    }
}

#[test]
fn a_code_is_bound_to_its_client_redirect_uri_and_verifier() {
    let bench = Bench::strict();
    let code = bench.code("web");
    let good = bench.redemption("web", &code);
    for bad in [
        with(good.clone(), "code_verifier", CHALLENGE),
        with(good.clone(), "code_verifier", &VERIFIER.to_lowercase()),
        with(good.clone(), "code_verifier", "short"),
        without(good.clone(), "code_verifier"),
        with(good.clone(), "code_verifier", ""),
        with(good.clone(), "redirect_uri", "http://127.0.0.1:8400/callback"),
        with(good.clone(), "redirect_uri", "https://client.example/cb/"),
        without(good.clone(), "redirect_uri"),
        with(good.clone(), "code", &code[1..]),
        with(good.clone(), "code", "unknown"),
    ] {
        assert_eq!(bench.post("token", "web", &bad).refusal(), (400, "invalid_grant"), "{bad:?}");
    }
    assert_eq!(bench.post("token", "other", &good).refusal(), (400, "invalid_grant"));
    assert_eq!(bench.post("token", "web", &without(good.clone(), "code")).refusal(), (400, "invalid_request"));
    let widened = with(good, "scope", "openid profile email");
    let tokens = bench.post("token", "web", &widened);
    assert_eq!(tokens.json["scope"], "openid profile");
}

#[test]
fn a_verifier_for_a_code_without_challenge_is_refused() {
    let bench = Bench::new("lenient", &[]);
    let request = without(without(bench.request("web"), "code_challenge"), "code_challenge_method");
    let code = bench.browser().approve(&request).parameter("code").expect("a code");
    let redemption = bench.redemption("web", &code);
    assert_eq!(bench.post("token", "web", &redemption).refusal(), (400, "invalid_request"));
    assert_eq!(bench.post("token", "web", &without(redemption, "code_verifier")).status, 200);
    let request = without(without(bench.request("spa"), "code_challenge"), "code_challenge_method");
    assert_eq!(bench.browser().logged_in(&request).parameter("error").as_deref(), Some("invalid_request"));
}

#[test]
fn a_valid_replay_kills_what_came_of_the_code_and_an_invalid_one_does_not() {
    let bench = Bench::strict();
    let code = bench.code("web");
    let redemption = bench.redemption("web", &code);
    let tokens = bench.post("token", "web", &redemption);
    let (access, refresh) = (tokens.text_of("access_token"), tokens.text_of("refresh_token"));
    let invalid = with(redemption.clone(), "code_verifier", CHALLENGE);
    assert_eq!(bench.post("token", "web", &invalid).refusal(), (400, "invalid_grant"));
    assert!(bench.is_active(&access));
    bench.wait(90);
    assert_eq!(bench.post("token", "web", &redemption).refusal(), (400, "invalid_grant"));
    assert!(!bench.is_active(&access));
    assert_eq!(bench.userinfo(&access).status, 401);
    assert_eq!(bench.refresh("web", &refresh).refusal(), (400, "invalid_grant"));
}

#[test]
fn a_code_lives_a_minute() {
    let bench = Bench::strict();
    let (early, late) = (bench.code("web"), bench.code("web"));
    bench.wait(59);
    assert_eq!(bench.post("token", "web", &bench.redemption("web", &early)).status, 200);
    bench.wait(1);
    assert_eq!(bench.post("token", "web", &bench.redemption("web", &late)).refusal(), (400, "invalid_grant"));
}

#[test]
fn of_many_redemptions_at_the_same_time_one_gets_through() {
    let bench = Bench::strict();
    let code = bench.code("spa");
    let redemption = bench.redemption("spa", &code);
    let successes: usize = std::thread::scope(|scope| {
        let racers: Vec<_> =
            (0..10).map(|_| scope.spawn(|| usize::from(bench.post("token", "spa", &redemption).status == 200))).collect();
        racers.into_iter().map(|racer| racer.join().expect("no panic")).sum()
    });
    assert_eq!(successes, 1);
}

#[test]
fn a_native_app_may_take_any_loopback_port() {
    let bench = Bench::strict();
    for uri in ["http://127.0.0.1:51004/cb", "http://[::1]:51005/cb6", "http://localhost:51006/callback", "com.example.app:/cb"] {
        let back = bench.browser().approve(&with(bench.request("native"), "redirect_uri", uri));
        assert!(back.location().starts_with(&format!("{uri}?code=")), "{}", back.location());
        let redemption = bench.redemption("native", &back.parameter("code").expect("a code"));
        assert_eq!(bench.post("token", "native", &with(redemption, "redirect_uri", uri)).status, 200);
    }
}
