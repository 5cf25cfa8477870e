//! The device grant: codes, the verification page, and the poll.

use super::{Answer, Bench, Browser, DEVICE_GRANT, pairs, with, without};

fn started(bench: &Bench, role: &str) -> Answer {
    bench.post("auth/device", role, &pairs(&[("scope", "openid profile")]))
}

fn poll(bench: &Bench, role: &str, device_code: &str) -> Answer {
    bench.post("token", role, &pairs(&[("grant_type", DEVICE_GRANT), ("device_code", device_code)]))
}

fn typed(browser: &Browser<'_>, user_code: &str) -> Answer {
    let page = browser.get("/device");
    let next = browser.submit(&page, &[("user_code", user_code)]);
    if next.text.contains("name=\"password\"") { browser.log_in(&next, "alice") } else { next }
}

#[test]
fn a_device_gets_its_codes() {
    let bench = Bench::strict();
    for role in ["tv", "console"] {
        let answer = started(&bench, role);
        assert_eq!((answer.status, answer.header("cache-control")), (200, Some("no-store")));
        let user_code = answer.text_of("user_code");
        assert!(user_code.len() == 9 && user_code.as_bytes()[4] == b'-');
        assert!(user_code.bytes().all(|byte| b"BCDFGHJKLMNPQRSTVWXZ-".contains(&byte)));
        assert_eq!(answer.text_of("verification_uri"), format!("{}/device", bench.issuer()));
        assert!(answer.text_of("verification_uri_complete").ends_with(&format!("?user_code={user_code}")));
        assert_eq!((&answer.json["expires_in"], &answer.json["interval"]), (&600.into(), &5.into()));
    }
}

#[test]
fn who_may_not_have_device_codes_gets_none() {
    let bench = Bench::strict();
    assert_eq!(bench.post("auth/device", "web", &vec![]).refusal(), (400, "unauthorized_client"));
    assert_eq!(bench.post_with("auth/device", vec![], &vec![]).refusal(), (401, "invalid_client"));
    let unknown = pairs(&[("client_id", "nobody")]);
    assert_eq!(bench.post_with("auth/device", vec![], &unknown).refusal(), (401, "invalid_client"));
    let alone = pairs(&[("client_id", "console")]);
    assert_eq!(bench.post_with("auth/device", vec![], &alone).refusal(), (401, "invalid_client"));
    assert_eq!(bench.send("GET", "/protocol/openid-connect/auth/device?client_id=tv", &[], "").status, 405);
}

#[test]
fn approval_gives_the_token_once_to_its_client() {
    let bench = Bench::strict();
    for (role, stranger) in [("tv", "other_tv"), ("console", "tv")] {
        let started = started(&bench, role);
        let device_code = started.text_of("device_code");
        assert_eq!(poll(&bench, role, &device_code).refusal(), (400, "authorization_pending"));
        let browser = bench.browser();
        let question = typed(&browser, &started.text_of("user_code").to_lowercase().replace('-', " "));
        assert!(question.text.contains(&started.text_of("user_code")) && question.text.contains(&bench.id(role)));
        assert!(browser.submit(&question, &[("decision", "allow")]).text.contains("Device connected"));
        bench.wait(5);
        assert_eq!(poll(&bench, stranger, &device_code).refusal(), (400, "invalid_grant"));
        let tokens = poll(&bench, role, &device_code);
        assert_eq!(tokens.status, 200, "{tokens:?}");
        assert_eq!(bench.userinfo(&tokens.text_of("access_token")).json["sub"], "user-alice");
        assert_eq!(bench.refresh(role, &tokens.text_of("refresh_token")).status, 200);
        assert_eq!(poll(&bench, role, &device_code).refusal(), (400, "invalid_grant"));
        assert!(typed(&browser, &started.text_of("user_code")).text.contains("No device waits"));
    }
}

#[test]
fn the_complete_address_asks_before_it_approves() {
    let bench = Bench::strict();
    let browser = bench.browser();
    browser.logged_in(&bench.request("web"));
    let started = started(&bench, "tv");
    let path = started.text_of("verification_uri_complete").replace(&bench.issuer(), "");
    let question = browser.get(&path);
    assert!(question.text.contains(&started.text_of("user_code")));
    assert_eq!(question.header("x-frame-options"), Some("DENY"));
    assert_eq!(poll(&bench, "tv", &started.text_of("device_code")).refusal(), (400, "authorization_pending"));
    browser.submit(&question, &[("decision", "allow")]);
    bench.wait(5);
    assert_eq!(poll(&bench, "tv", &started.text_of("device_code")).status, 200);
}

#[test]
fn without_a_login_or_the_pages_own_form_nothing_is_approved() {
    let bench = Bench::strict();
    let started = started(&bench, "tv");
    let browser = bench.browser();
    let page = browser.get("/device");
    let login = browser.submit(&page, &[("user_code", &started.text_of("user_code"))]);
    assert!(login.text.contains("name=\"password\""));
    let question = browser.log_in(&login, "alice");
    assert_eq!(browser.submit_exactly(&question, &pairs(&[("decision", "allow")])).status, 400);
    assert_eq!(poll(&bench, "tv", &started.text_of("device_code")).refusal(), (400, "authorization_pending"));
}

#[test]
fn a_denial_and_the_end_of_time_are_told() {
    let bench = Bench::strict();
    let (denied, late) = (started(&bench, "tv"), started(&bench, "tv"));
    let browser = bench.browser();
    let question = typed(&browser, &denied.text_of("user_code"));
    browser.submit(&question, &[("decision", "deny")]);
    assert_eq!(poll(&bench, "tv", &denied.text_of("device_code")).refusal(), (400, "access_denied"));
    bench.wait(600);
    assert_eq!(poll(&bench, "tv", &late.text_of("device_code")).refusal(), (400, "expired_token"));
    assert!(typed(&browser, &late.text_of("user_code")).text.contains("No device waits"));
}

#[test]
fn a_poll_too_early_is_slowed_down_and_an_obedient_one_is_not() {
    let bench = Bench::strict();
    let device_code = started(&bench, "tv").text_of("device_code");
    let ask = || poll(&bench, "tv", &device_code).error().to_owned();
    assert_eq!(ask(), "authorization_pending");
    assert_eq!(ask(), "slow_down");
    for _ in 0..3 {
        bench.wait(10);
        assert_eq!(ask(), "authorization_pending");
    }
    bench.wait(5);
    assert_eq!(ask(), "slow_down");
    bench.wait(15);
    assert_eq!(ask(), "authorization_pending");
}

#[test]
fn what_a_poll_lacks_is_told() {
    let bench = Bench::strict();
    let started = started(&bench, "console");
    let grant = pairs(&[("grant_type", DEVICE_GRANT), ("device_code", &started.text_of("device_code"))]);
    assert_eq!(bench.post("token", "console", &without(grant.clone(), "device_code")).refusal(), (400, "invalid_request"));
    assert_eq!(bench.post_with("token", vec![], &grant).refusal(), (401, "invalid_client"));
    let alone = with(grant.clone(), "client_id", "console");
    assert_eq!(bench.post_with("token", vec![], &alone).refusal(), (401, "invalid_client"));
    for wrong in ["unknown".to_owned(), started.text_of("user_code")] {
        let wrong = with(grant.clone(), "device_code", &wrong);
        assert_eq!(bench.post("token", "console", &wrong).refusal(), (400, "invalid_grant"));
    }
}

#[test]
fn guessing_user_codes_is_stopped() {
    let bench = Bench::strict();
    let browser = bench.browser();
    for _ in 0..10 {
        assert!(typed(&browser, "BBBB-BBBB").text.contains("No device waits"));
    }
    let page = browser.get("/device");
    assert_eq!(browser.submit(&page, &[("user_code", "BBBB-BBBB")]).status, 429);
}
