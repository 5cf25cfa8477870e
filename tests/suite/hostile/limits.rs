//! A provider that limits the rate: the pace of its file spares it, a 429 has all rest, and what provokes a limit sees it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime};

use flowproof::login::{self, Decision, Errand, Stop};
use flowproof::protocol::{Endpoint, Request, Secret};
use flowproof::provider::{Login, Provider, Source};
use flowproof::verdict::Outcome;
use flowproof::wire::{Jar, Pace, Rested, Tape};
use futures::future::join_all;
use url::Url;
use wiremock::matchers::{any, path};
use wiremock::{Mock, MockServer, Respond, ResponseTemplate};

use super::{play_these, wire};

const SECONDS: Duration = Duration::from_secs(10);

fn request(server: &MockServer) -> Request {
    Request::post(Endpoint::Token, &Url::parse(&server.uri()).expect("a URL"))
}

/// A date as headers write it, some seconds from now.
fn date_in(seconds: u64) -> String {
    httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(seconds))
}

#[tokio::test]
async fn all_who_share_a_client_rest_when_one_is_told_to_by_seconds_or_a_date() {
    let asks: [fn() -> String; 2] = [|| "1".to_owned(), || date_in(2)];
    for ask in asks {
        let server = MockServer::start().await;
        let after = ask();
        let limit = ResponseTemplate::new(429).insert_header("retry-after", after.as_str());
        Mock::given(any()).respond_with(limit).up_to_n_times(1).with_priority(1).mount(&server).await;
        Mock::given(any()).respond_with(ResponseTemplate::new(200)).mount(&server).await;
        let wire = wire(SECONDS);
        let (began, tape, request) = (Instant::now(), Tape::default(), request(&server));
        let one = wire.for_one("one");
        let (first, others) = tokio::join!(one.send(&tape, &request), async {
            tokio::time::sleep(Duration::from_millis(200)).await;
            join_all((0..4).map(|_| async { wire.for_one("another").send(&tape, &request).await })).await
        });
        let statuses: Vec<_> =
            std::iter::once(first).chain(others).map(|outcome| outcome.map(|response| response.status)).collect();
        assert_eq!(statuses, vec![Ok(200); 5]);
        assert!(began.elapsed() >= Duration::from_millis(800), "{after}: {:?}", began.elapsed());
        let rested = wire.rested();
        assert_eq!((rested.answers, rested.held_back, one.spoiled()), (1, 5, None), "{after}: {rested:?}");
        assert!(rested.time <= began.elapsed() && rested.time >= Duration::from_millis(800), "{after}: {rested:?}");
    }
}

#[tokio::test]
async fn what_provokes_a_limit_sees_it_at_once_and_nobody_rests_for_it() {
    let server = MockServer::start().await;
    let limit = ResponseTemplate::new(429).insert_header("retry-after", "60");
    Mock::given(any()).respond_with(limit).mount(&server).await;
    let wire = wire(SECONDS);
    let began = Instant::now();
    let outcome = wire.provoking().send(&Tape::default(), &request(&server)).await;
    assert_eq!(outcome.map(|response| response.status), Ok(429));
    assert!(wire.rested() == Rested::default() && wire.spoiled().is_none() && began.elapsed() < Duration::from_secs(5));
    assert_eq!(server.received_requests().await.map(|all| all.len()), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_that_looks_for_a_limit_finds_it_and_others_are_inconclusive_for_it() {
    /// Takes twenty requests.
    struct Tires(AtomicUsize);
    impl Respond for Tires {
        fn respond(&self, request: &wiremock::Request) -> ResponseTemplate {
            let right = request.headers.get("authorization").is_some_and(|value| value == "Basic YmF0Y2g6c2VjcmV0LW9mLWJhdGNo");
            match self.0.fetch_add(1, Ordering::Relaxed) {
                0..20 if right => {
                    let token = serde_json::json!({ "access_token": "one", "token_type": "Bearer", "expires_in": 60 });
                    ResponseTemplate::new(200).set_body_json(token).insert_header("cache-control", "no-store")
                }
                0..20 => ResponseTemplate::new(401).set_body_json(serde_json::json!({ "error": "invalid_client" })),
                _ => ResponseTemplate::new(429).insert_header("retry-after", "0"),
            }
        }
    }
    let server = MockServer::start().await;
    Mock::given(path("/token")).respond_with(Tires(AtomicUsize::new(0))).mount(&server).await;
    let wire = wire(SECONDS);
    let found = async |id| {
        let run = play_these(&server.uri(), &[id], &wire, 1, None).await;
        (run.findings[0].outcome, run.findings[0].reason.clone().unwrap_or_default(), run)
    };
    let (outcome, reason, run) = found("client_authentication/many-wrong-secrets").await;
    assert_eq!(outcome, Outcome::Passed, "{reason}");
    assert_eq!(run.rate_limit, None, "what is provoked holds nothing back");
    let (outcome, reason, run) = found("client_credentials/own-token").await;
    assert_eq!(outcome, Outcome::Inconclusive, "{reason}");
    assert!(reason.contains("rate limited: the provider answers 429 (the request was sent 3 times)"), "{reason}");
    assert!(reason.contains("way out: `pace:` in the provider file"), "{reason}");
    let limit = run.rate_limit.expect("the report says so");
    assert!(limit.answers >= 3 && limit.held_back >= 2 && limit.rested_millis >= 3_000, "{limit:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_keeps_to_the_pace_and_its_waits_are_no_steps_that_take_too_long() {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(401)).mount(&server).await;
    let wire = wire(SECONDS).paced(Pace { apart: Some(Duration::from_millis(50)), at_once: Some(2), logins_at_once: Some(1) });
    let began = Instant::now();
    let run = play_these(&server.uri(), &["client_credentials/"], &wire, 16, None).await;
    let sent = server.received_requests().await.map(|all| all.len()).unwrap_or_default();
    assert!(sent >= run.findings.len(), "{sent}");
    assert!(
        began.elapsed() >= Duration::from_millis(50) * u32::try_from(sent - 1).expect("few"),
        "{sent}: {:?}",
        began.elapsed()
    );
}

#[tokio::test]
async fn logins_are_under_way_side_by_side_as_far_as_the_pace_lets_them() {
    let server = MockServer::start().await;
    let page = ResponseTemplate::new(200).set_body_raw("<h1>Busy</h1>", "text/html").set_delay(Duration::from_millis(150));
    Mock::given(any()).respond_with(page).mount(&server).await;
    let password = Secret::new("password", "p");
    let start = Request::get(Endpoint::Authorization, &Url::parse(&server.uri()).expect("a URL"));
    for (at_once, least, most) in [(1, 600, 1500), (4, 150, 500)] {
        let wire = wire(SECONDS).paced(Pace { logins_at_once: Some(at_once), ..Pace::default() });
        let (login, tape) = (Login::default(), Tape::default());
        let began = Instant::now();
        join_all((0..4).map(|_| async {
            let stops = ["https://client.example/cb"];
            let errand = Errand {
                start: start.clone(),
                stop_at: Stop::RedirectUri(&stops),
                username: "alice",
                password: &password,
                user_code: None,
                decision: Decision::Approve,
            };
            login::run(&wire, &tape, &mut Jar::default(), &login, &errand).await
        }))
        .await;
        let took = began.elapsed();
        assert!(took >= Duration::from_millis(least) && took < Duration::from_millis(most), "{at_once}: {took:?}");
    }
}

fn provider(pace: &str) -> Result<Provider, String> {
    let text = format!("issuer: http://x\npace: {pace}\n");
    Provider::parse(&text, Source::Named("acme.yaml".to_owned()), &|_| None).map_err(|error| error.to_string())
}

#[test]
fn a_pace_is_read_from_the_provider_file_each_key_alone() {
    let pace = |text| provider(text).unwrap_or_else(|error| panic!("{error}")).pace;
    assert_eq!(pace(""), Pace::default());
    assert_eq!(pace("{ at_once: 4 }"), Pace { at_once: Some(4), ..Pace::default() });
    let all = Pace { apart: Some(Duration::from_millis(50)), at_once: Some(4), logins_at_once: Some(2) };
    assert_eq!(pace("{ requests_per_second: 20, at_once: 4, logins_at_once: 2 }"), all);
    assert_eq!(pace("{ requests_per_second: 0.5 }").apart, Some(Duration::from_secs(2)));
}

#[test]
fn a_pace_that_means_nothing_is_told_with_its_place_and_what_would_mean_something() {
    for (pace, expected) in [
        ("{ requests_per_second: 0 }", "acme.yaml:2:30: `pace.requests_per_second`"),
        ("{ requests_per_second: 0 }", "expected a number from 0.1 to 10000"),
        ("{ at_once: 0 }", "expected a whole number from 1 to 1000"),
        ("{ logins_at_once: many }", "`pace.logins_at_once`"),
        ("{ logins_at_once: 1.5 }", "expected a whole number from 1 to 1000"),
        ("{ per_second: 3 }", "expected one of: requests_per_second, at_once, logins_at_once"),
        ("fast", "`pace`"),
    ] {
        let told = provider(pace).expect_err(pace);
        assert!(told.contains(expected), "{pace}: {told}");
    }
}
