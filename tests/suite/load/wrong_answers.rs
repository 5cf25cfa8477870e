//! Wrong answers are errors of their own kind, never successes.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use flowproof::verdict::{Bearing, LoadRun};
use serde_json::json;
use wiremock::{Request, ResponseTemplate};

use super::{held, load, mocked, step};

const SHORT: &str = "users: 2\nhold: 300ms\ntimeout: 5s\nflows: [{ flow: client_credentials }]\n";

fn kinds(run: &LoadRun, flow: &str) -> Vec<String> {
    step(run, flow, "token").wrong.keys().cloned().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_way_of_being_wrong_is_counted_by_its_name() {
    let json = |body: serde_json::Value| ResponseTemplate::new(200).set_body_json(body);
    let answers = [
        (ResponseTemplate::new(200).set_body_raw("<html>welcome</html>", "text/html"), "not json"),
        (ResponseTemplate::new(200).set_body_raw("{\"access_token\":", "application/json"), "not json"),
        (json(json!({ "token_type": "Bearer" })), "no token"),
        (json(json!({ "access_token": "", "token_type": "Bearer" })), "no token"),
        (json(json!({ "access_token": "a", "token_type": "mac" })), "wrong token type"),
        (json(json!({ "access_token": "a", "token_type": "Bearer", "expires_in": "300" })), "wrong expires_in"),
        (ResponseTemplate::new(400).set_body_json(json!({ "error": "invalid_grant" })), "invalid_grant"),
        (ResponseTemplate::new(401).set_body_json(json!({ "error": "s3cr3t-of-theirs" })), "unknown OAuth error"),
        (ResponseTemplate::new(500).set_body_string("oops"), "status 500"),
        (ResponseTemplate::new(302).insert_header("location", "/login"), "status 302"),
        (ResponseTemplate::new(429), "status 429"),
    ];
    let expected: BTreeSet<String> = answers.iter().map(|(_, kind)| (*kind).to_owned()).collect();
    let turn = AtomicUsize::new(0);
    let (_server, provider) = mocked(move |_: &Request| {
        let turn = turn.fetch_add(1, Ordering::Relaxed);
        answers[turn % answers.len()].0.clone()
    })
    .await;
    let secrets: Vec<_> = provider.secrets().cloned().collect();
    let run = load(provider, SHORT).await.expect("it runs");
    let token = step(&run, "client_credentials", "token");
    assert_eq!(token.wrong.keys().cloned().collect::<BTreeSet<_>>(), expected);
    assert_eq!((token.right, run.verdict), (0, Bearing::Missed));
    // Each kind is shown by an exchange, and no exchange by what it must not show.
    assert_eq!(token.examples.keys().cloned().collect::<BTreeSet<_>>(), expected);
    let shown = serde_json::to_string(&token.examples).expect("plain data");
    for part in ["oops", "‹client_secret of ", "grant_type", "/login"] {
        assert!(shown.contains(part), "no {part} in {shown}");
    }
    for secret in secrets {
        assert!(!shown.contains(secret.expose()), "{secret} shows in {shown}");
    }
    // Two of the eleven answers are one kind, and each came as often as the others, but for the last round.
    let (twice, once) = (token.wrong["not json"], token.wrong["status 500"]);
    assert!(twice.abs_diff(2 * once) <= 3, "{:?}", token.wrong);
}

/// Answers the redemption of a code with a refresh token that is new each time, and a refresh as told.
fn refreshed(answer: impl Fn(u64, &str) -> ResponseTemplate + Send + Sync + 'static) -> impl wiremock::Respond {
    let count = Mutex::new(0);
    move |request: &Request| {
        let form: Vec<(String, String)> = url::form_urlencoded::parse(&request.body).into_owned().collect();
        let of = |name: &str| form.iter().find(|(other, _)| other == name).map_or("", |(_, value)| value);
        let mut count = count.lock().expect("no holder panics");
        *count += 1;
        match of("grant_type") {
            "refresh_token" => answer(*count, of("refresh_token")),
            _ => tokens(&format!("first-{count}")),
        }
    }
}

fn tokens(refresh: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({ "access_token": "a", "token_type": "Bearer", "refresh_token": refresh }))
}

const REFRESH: &str = "users: 2\nhold: 400ms\ntimeout: 5s\nflows: [{ flow: refresh }]\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_that_two_users_get_is_seen_twice() {
    let (_server, provider) = mocked(refreshed(|count, _| tokens(&format!("shared-{}", count / 4)))).await;
    let run = load(provider, REFRESH).await.expect("it runs");
    assert!(kinds(&run, "refresh").contains(&"token seen twice".to_owned()), "{run:?}");
    assert_eq!(run.verdict, Bearing::Violated);
    assert!(run.chains.lost["token seen twice"] > 0 && run.chains.reseeded > 0, "{:?}", run.chains);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_that_comes_back_unchanged_is_not_rotated_unless_the_plan_says_so() {
    let (_server, provider) = mocked(refreshed(|_, sent| tokens(sent))).await;
    let run = load(provider.clone(), REFRESH).await.expect("it runs");
    assert_eq!(kinds(&run, "refresh"), ["refresh token not rotated"]);
    let run = load(provider, &REFRESH.replace("flow: refresh", "flow: refresh, rotates: false")).await.expect("it runs");
    assert_eq!((kinds(&run, "refresh").len(), held(&run)), (0, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_refresh_breaks_the_chain_which_is_begun_anew_outside_the_measurement() {
    let (server, provider) = mocked(refreshed(|count, _| match count % 5 {
        0 => ResponseTemplate::new(400).set_body_json(json!({ "error": "invalid_grant" })),
        _ => tokens(&format!("next-{count}")),
    }))
    .await;
    let run = load(provider, REFRESH).await.expect("it runs");
    let token = step(&run, "refresh", "token");
    assert_eq!(token.wrong.keys().collect::<Vec<_>>(), ["invalid_grant"]);
    assert_eq!(run.chains.lost["invalid_grant"], token.errors());
    // No token was sent twice: a retry would be a replay. What comes after the clock is one.
    let mut sent: Vec<String> = Vec::new();
    let counted = token.count() + token.unfinished;
    for request in server.received_requests().await.expect("they are kept") {
        for (name, value) in url::form_urlencoded::parse(&request.body) {
            if name == "refresh_token" && (sent.len() as u64) < counted {
                assert!(!sent.contains(&value.to_string()), "{value} was sent twice");
                sent.push(value.into_owned());
            }
        }
    }
    assert_eq!(sent.len() as u64, counted);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_is_issued_twice_is_noticed() {
    let server = wiremock::MockServer::start().await;
    let base = server.uri();
    let answer = move |request: &Request| {
        let state = request.url.query_pairs().find(|(name, _)| name == "state").map(|(_, state)| state.into_owned());
        let location = format!("http://127.0.0.1:8400/callback?code=always-the-same&state={}", state.unwrap_or_default());
        ResponseTemplate::new(302).insert_header("location", location.as_str())
    };
    wiremock::Mock::given(wiremock::matchers::path("/auth")).respond_with(answer).mount(&server).await;
    let token = ResponseTemplate::new(200).set_body_json(json!({ "access_token": "a", "token_type": "Bearer" }));
    wiremock::Mock::given(wiremock::matchers::path("/token")).respond_with(token).mount(&server).await;
    let endpoints = format!("endpoints: {{ authorization: \"{base}/auth\", token: \"{base}/token\" }}\n");
    let provider = super::provider(&base, &endpoints);
    let run = load(provider, "users: 1\nhold: 300ms\nflows: [{ flow: authorization_code }]\n").await.expect("it runs");
    let login = step(&run, "authorization_code", "login");
    // The first time was the rehearsal.
    assert_eq!(login.right, 0, "{login:?}");
    assert_eq!(login.wrong.keys().collect::<Vec<_>>(), ["code seen twice"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_leads_nowhere_stops_the_preparation_with_what_was_seen() {
    let (server, provider) = mocked(ResponseTemplate::new(500)).await;
    let error = load(provider.clone(), REFRESH).await.expect_err("no chain can be begun").to_string();
    assert!(error.contains("clients.web") && error.contains("status 500"), "{error}");
    server.reset().await;
    let endpoints = format!("endpoints: {{ authorization: \"{0}/auth\", token: \"{0}/token\" }}\n", server.uri());
    let error = load(super::provider(&server.uri(), &endpoints), REFRESH).await.expect_err("the page is gone").to_string();
    assert!(error.contains("404") && !error.contains("s3cr3t"), "{error}");
}
