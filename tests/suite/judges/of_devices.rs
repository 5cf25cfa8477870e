//! Devices and their pages: what shows that a client is let in, and what is a limit to guessing.

use std::sync::atomic::{AtomicUsize, Ordering};

use flowproof::verdict::{Finding, Kind, Outcome};
use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::{concludes, judged};

const USER_CODE: &str = "BCDF-GHJK";

/// A provider that gives out device codes, and whose token endpoint always answers like this.
async fn provider(tokens: ResponseTemplate) -> MockServer {
    let server = MockServer::builder().disable_request_recording().start().await;
    let codes = json!({
        "device_code": "a-device-code", "user_code": USER_CODE, "expires_in": 600, "interval": 1,
        "verification_uri": format!("{}/activate", server.uri()),
    });
    Mock::given(path("/device")).respond_with(ResponseTemplate::new(200).set_body_json(codes)).mount(&server).await;
    Mock::given(path("/token")).respond_with(tokens).mount(&server).await;
    server
}

fn error(status: u16, error: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(json!({ "error": error }))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_is_let_in_by_a_header_where_what_is_refused_is_the_token() {
    let clients = json!({
        "console": { "id": "console", "secret": "secret-of-console", "auth": "client_secret_post", "grants": ["device_code"] },
    });
    for (refusal, outcome) in [
        (error(400, "invalid_grant"), Outcome::Passed),
        (error(400, "unauthorized_client"), Outcome::Passed),
        (error(401, "invalid_client"), Outcome::NotApplicable),
        (error(400, "server_error"), Outcome::NotApplicable),
        (error(403, "access_denied"), Outcome::NotApplicable),
    ] {
        let server = provider(refusal).await;
        let finding = judged(&server, "device/basic-alone", clients.clone()).await;
        concludes(&finding, outcome);
        let why = finding.reason.unwrap_or_default();
        assert!(outcome == Outcome::Passed || why.contains("does not show that `clients.console` is registered"), "{why}");
    }
}

fn page(html: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(html, "text/html")
}

/// What becomes of guesses at user codes where the page answers the sixth and all after it like this.
async fn guessed(limit: ResponseTemplate) -> Finding {
    const ASKS: &str = "<h1>Connect a device</h1><form method=post action=/activate><label for=c>Code</label>\
        <input id=c name=user_code><button>Continue</button></form>";
    const DECIDES: &str = "<h1>Allow the tv access?</h1><form method=post action=/decide>\
        <button name=decision value=approve>Allow</button><button name=decision value=deny>Deny</button></form>";
    let server = provider(error(400, "authorization_pending")).await;
    let wrong = AtomicUsize::new(0);
    let typed = move |request: &Request| {
        let form: Vec<(String, String)> = url::form_urlencoded::parse(&request.body).into_owned().collect();
        match form.iter().any(|(name, value)| name == "user_code" && value == USER_CODE) {
            true => page(DECIDES),
            false if wrong.fetch_add(1, Ordering::Relaxed) < 5 => page(ASKS),
            false => limit.clone(),
        }
    };
    Mock::given(method("GET")).and(path("/activate")).respond_with(page(ASKS)).mount(&server).await;
    Mock::given(method("POST")).and(path("/activate")).respond_with(typed).mount(&server).await;
    Mock::given(path("/decide")).respond_with(page("<h1>Your device is connected</h1>")).mount(&server).await;
    let clients: Value = json!({ "tv": { "id": "tv", "grants": ["device_code"] } });
    judged(&server, "device_pages/guessing", clients).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_breaks_down_under_guesses_does_not_limit_them() {
    concludes(&guessed(ResponseTemplate::new(429)).await, Outcome::Passed);
    concludes(&guessed(ResponseTemplate::new(503).insert_header("retry-after", "60")).await, Outcome::Passed);
    let broken = guessed(ResponseTemplate::new(503)).await;
    concludes(&broken, Outcome::Inconclusive);
    assert!(broken.reason.as_ref().is_some_and(|why| why.contains("a wrong code is not answered")), "{broken:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_endpoint_that_breaks_down_under_guesses_does_not_limit_them() {
    let clients = json!({ "batch": { "id": "batch", "secret": "secret-of-batch", "grants": ["client_credentials"] } });
    for (limit, outcome) in [
        (ResponseTemplate::new(429), Outcome::Passed),
        (error(429, "slow_down"), Outcome::Passed),
        (ResponseTemplate::new(503).insert_header("retry-after", "60"), Outcome::Passed),
        (ResponseTemplate::new(503), Outcome::Warned),
    ] {
        let server = MockServer::builder().disable_request_recording().start().await;
        let asked = AtomicUsize::new(0);
        let answers = move |request: &Request| {
            let right = request.headers.get("authorization").is_some_and(|value| value == "Basic YmF0Y2g6c2VjcmV0LW9mLWJhdGNo");
            match asked.fetch_add(1, Ordering::Relaxed) {
                0..20 if right => {
                    let token = json!({ "access_token": "one", "token_type": "Bearer", "expires_in": 60 });
                    ResponseTemplate::new(200).set_body_json(token)
                }
                0..20 => error(401, "invalid_client"),
                _ => limit.clone(),
            }
        };
        Mock::given(path("/token")).respond_with(answers).mount(&server).await;
        let finding = judged(&server, "client_authentication/many-wrong-secrets", clients.clone()).await;
        concludes(&finding, outcome);
        let kind = finding.violation.map(|violation| violation.kind);
        assert_eq!(kind, (outcome == Outcome::Warned).then_some(Kind::Crashed));
    }
}
