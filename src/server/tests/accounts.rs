//! A user whose account is closed: no login, and nothing more from what this user has approved (RFC 6749 section 10.4).

use serde_json::json;

use super::{Bench, DEVICE_GRANT, pairs};

fn close(bench: &Bench, closed: bool) {
    bench.reconfigure(|config| config.users.get_mut("alice").expect("a user").disabled = closed);
}

#[test]
fn tokens_of_a_closed_account_are_worth_nothing_until_it_is_opened_again() {
    let bench = Bench::strict();
    let tokens = bench.tokens("web");
    let (access, refresh) = (tokens.text_of("access_token"), tokens.text_of("refresh_token"));
    assert!(bench.is_active(&access) && bench.is_active(&refresh) && bench.userinfo(&access).status == 200);
    close(&bench, true);
    assert_eq!(bench.introspect(&access), json!({ "active": false }));
    assert_eq!(bench.introspect(&refresh), json!({ "active": false }));
    assert_eq!(bench.userinfo(&access).refusal(), (401, "invalid_token"));
    assert_eq!(bench.refresh("web", &refresh).refusal(), (400, "invalid_grant"));
    close(&bench, false);
    assert!(bench.is_active(&access));
    assert_eq!(bench.refresh("web", &refresh).status, 200);
}

#[test]
fn a_code_of_a_closed_account_is_refused_and_so_is_its_device() {
    let bench = Bench::strict();
    let code = bench.code("web");
    let device = bench.post("auth/device", "tv", &pairs(&[("scope", "openid")]));
    let browser = bench.browser();
    let page = browser.get(&format!("/device?user_code={}", device.text_of("user_code")));
    let question = browser.log_in(&page, "alice");
    browser.submit(&question, &[("decision", "allow")]);
    close(&bench, true);
    assert_eq!(bench.post("token", "web", &bench.redemption("web", &code)).refusal(), (400, "invalid_grant"));
    let poll = pairs(&[("grant_type", DEVICE_GRANT), ("device_code", &device.text_of("device_code"))]);
    assert_eq!(bench.post("token", "tv", &poll).refusal(), (400, "access_denied"));
}

#[test]
fn nobody_logs_in_to_a_closed_account_and_whoever_is_logged_in_is_so_no_more() {
    let bench = Bench::strict();
    let (early, late) = (bench.browser(), bench.browser());
    let question = early.logged_in(&bench.request("web"));
    close(&bench, true);
    let page = late.authorize(&bench.request("web"));
    assert!(late.log_in(&page, "alice").text.contains("User name or password is wrong."));
    assert!(late.log_in(&page, "bob").text.contains("name=\"decision\""));
    let answer = early.submit(&question, &[("decision", "allow")]);
    assert_eq!((answer.status, answer.location()), (400, ""));
    assert!(early.authorize(&bench.request("web")).text.contains("name=\"password\""));
}

#[test]
fn another_user_and_the_clients_themselves_are_not_concerned() {
    let bench = Bench::strict();
    let own = bench.client_token("batch").text_of("access_token");
    close(&bench, true);
    assert!(bench.is_active(&own));
    assert_eq!(bench.client_token("batch").status, 200);
}
