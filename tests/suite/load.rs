//! The load door: what it measures on the reference server, what it calls wrong, how it ends, and what it refuses.

mod breaches;
mod calibration;
mod command;
mod counts;
mod ending;
mod exports;
mod merging;
mod mocks;
mod reports;
mod terminal;
mod unjudged;
mod workloads;
mod wrong_answers;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use flowproof::load::{Exports, LoadError, Order, Plan, run};
use flowproof::provider::{Provider, Source};
use flowproof::server::{Config, ReferenceServer, Running};
use flowproof::verdict::{Bearing, LoadRun, Measurement};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio_util::sync::CancellationToken;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

fn order(plan: &str, interrupt: &CancellationToken) -> Order {
    Order {
        plan: Plan::parse(plan, "test").expect("a valid plan"),
        breakpoint: None,
        server: None,
        targets: Vec::new(),
        goose_report: None,
        exports: Exports::default(),
        interrupt: interrupt.clone(),
        tell: Arc::new(|_| {}),
    }
}

/// How many loads the tests put on the machine at a time.
const PLACES: u32 = 3;
static PLACE: Semaphore = Semaphore::const_new(PLACES as usize);

/// A test that looks at the clock has the machine to itself, as far as loads go.
async fn alone() -> SemaphorePermit<'static> {
    PLACE.acquire_many(PLACES).await.expect("it is never closed")
}

async fn load(provider: Provider, plan: &str) -> Result<LoadRun, LoadError> {
    let _place = PLACE.acquire().await.expect("it is never closed");
    run(provider, order(plan, &CancellationToken::new())).await
}

async fn reference() -> (Running, Provider) {
    let mut config = Config { port: 0, admin_port: 0, ..Config::demo() };
    for realm in &mut config.realms {
        // A device that waits less makes a test that waits less.
        realm.policy.device_interval = 1;
    }
    let running = ReferenceServer::start(config).await.expect("free ports");
    let provider = Provider::from_json(&running.provider_document("strict"), "strict").expect("a provider document");
    (running, provider)
}

/// A provider of wiremock's that redirects every authorization request with a fresh code, asking nobody, and answers at the token endpoint as told.
async fn mocked(token: impl wiremock::Respond + 'static) -> (MockServer, Provider) {
    let server = MockServer::start().await;
    let base = server.uri();
    let metadata = serde_json::json!({
        "issuer": base,
        "authorization_endpoint": format!("{base}/auth"),
        "token_endpoint": format!("{base}/token"),
    });
    let metadata = ResponseTemplate::new(200).set_body_json(metadata);
    Mock::given(path("/.well-known/oauth-authorization-server")).respond_with(metadata).mount(&server).await;
    let codes = Mutex::new(0);
    let authorize = move |request: &Request| {
        let state = request.url.query_pairs().find(|(name, _)| name == "state").map(|(_, state)| state.into_owned());
        let mut code = codes.lock().expect("no holder panics");
        *code += 1;
        let location = format!("http://127.0.0.1:8400/callback?code=code-{code}&state={}", state.unwrap_or_default());
        ResponseTemplate::new(302).insert_header("location", location.as_str())
    };
    Mock::given(method("GET")).and(path("/auth")).respond_with(authorize).mount(&server).await;
    Mock::given(method("POST")).and(path("/token")).respond_with(token).mount(&server).await;
    let provider = provider(&base, "");
    (server, provider)
}

fn provider(issuer: &str, more: &str) -> Provider {
    let text = format!(
        "issuer: {issuer}\n\
         clients:\n  \
           batch: {{ id: batch-job, secret: s3cr3t-of-the-batch, auth: client_secret_basic, grants: [client_credentials] }}\n  \
           web: {{ id: web-app, secret: s3cr3t-of-the-web, auth: client_secret_basic, redirect_uris: [\"http://127.0.0.1:8400/callback\"], \
                   grants: [authorization_code, refresh_token] }}\n\
         users:\n  alice: {{ username: alice, password: s3cr3t-of-alice }}\n{more}"
    );
    Provider::parse(&text, Source::Named("mock".to_owned()), &|_| None).expect("a valid provider file")
}

fn step<'a>(run: &'a LoadRun, flow: &str, step: &str) -> &'a Measurement {
    run.steps.iter().find(|one| one.flow == flow && one.step == step).expect("the step is measured")
}

/// The requests at a mock's token endpoint by now.
async fn heard(server: &MockServer) -> u64 {
    let requests = server.received_requests().await.expect("they are kept");
    requests.iter().filter(|request| request.url.path() == "/token").count() as u64
}

/// Waits for so many of them.
async fn until_heard(server: &MockServer, count: u64) {
    let began = Instant::now();
    while heard(server).await < count {
        assert!(began.elapsed() < 60 * SECOND, "nothing is sent");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Whether every threshold held; on a machine that does other things as well the generator may say that it was what held the run back.
fn held(run: &LoadRun) -> bool {
    matches!(run.verdict, Bearing::Held | Bearing::GeneratorBound)
}

const TOKEN: &str = "users: 4\nramp: 100ms\nhold: 900ms\ntimeout: 5s\nflows: [{ flow: client_credentials }]\n";

#[tokio::test(flavor = "multi_thread")]
async fn the_preparation_keeps_to_the_pace_of_the_provider_file_and_what_is_measured_does_not() {
    let token = serde_json::json!({ "access_token": "one", "token_type": "Bearer", "expires_in": 60 });
    let (server, _) = mocked(ResponseTemplate::new(200).set_body_json(token)).await;
    let began = std::time::Instant::now();
    let slow = provider(&server.uri(), "pace: { requests_per_second: 0.5, at_once: 1 }\n");
    let run = load(slow, TOKEN).await.expect("it runs");
    // The metadata is looked for at two places at least.
    assert!(began.elapsed() >= Duration::from_secs(2), "{:?}", began.elapsed());
    let token = step(&run, "client_credentials", "token");
    assert!(token.count() > 10, "{token:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_for_machines_are_measured_and_all_right() {
    let (_server, provider) = reference().await;
    let run = load(provider, TOKEN).await.expect("it runs");
    let token = step(&run, "client_credentials", "token");
    assert!(token.right > 10, "{token:?}");
    assert_eq!((token.errors(), held(&run), run.interrupted), (0, true, false), "{token:?}");
    assert_eq!(token.latency.count(), token.count());
    let by_second: u64 = token.seconds.iter().map(|second| u64::from(second.right + second.wrong)).sum();
    assert_eq!(by_second, token.count() + token.right_before);
    assert!(token.in_hold > 0 && token.in_hold <= token.sent());
    assert!(token.latency.quantile(0.5) <= token.latency.quantile(0.99));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_user_refreshes_a_chain_of_its_own_that_was_prepared_unmeasured() {
    let (_server, provider) = reference().await;
    let plan = "users: 3\nhold: 1s\ntimeout: 5s\nflows: [{ flow: refresh }]\n";
    let run = load(provider, plan).await.expect("it runs");
    let token = step(&run, "refresh", "token");
    assert_eq!((token.errors(), run.prepared.chains, run.steps.len()), (0, 3, 1), "{token:?}");
    assert!(token.right > 10, "{token:?}");
    // An access token and a refresh token for each chain begun and each refresh, and a code for each login.
    let of_answers = 2 * (token.right + 3) + 3;
    // The last answers may have come after the hold.
    assert!((of_answers..=of_answers + 6).contains(&run.watch.kept), "{} {of_answers}", run.watch.kept);
    assert!(run.chains.lost.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn whole_logins_are_measured_in_two_steps() {
    let (_server, provider) = reference().await;
    let plan = "users: 2\nhold: 1s\ntimeout: 5s\nflows: [{ flow: authorization_code, client: spa }]\n";
    let run = load(provider, plan).await.expect("it runs");
    let (login, token) = (step(&run, "authorization_code", "login"), step(&run, "authorization_code", "token"));
    assert_eq!((login.errors(), token.errors()), (0, 0), "{run:?}");
    assert!(login.right >= 1);
    assert_eq!(login.right, token.right);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_is_approved_and_polls_at_the_interval_until_it_has_its_one_token() {
    let (_server, provider) = reference().await;
    let plan = "users: 3\nhold: 3s\ntimeout: 5s\nflows: [{ flow: device }]\n";
    let run = load(provider, plan).await.expect("it runs");
    let [authorization, approval, token] = ["authorization", "approval", "token"].map(|name| step(&run, "device", name));
    assert_eq!(authorization.errors() + approval.errors() + token.errors(), 0, "{run:?}");
    assert!(token.right >= 3, "{run:?}");
    assert!(authorization.right >= approval.right && approval.right >= token.right);
}

#[tokio::test(flavor = "multi_thread")]
async fn flows_side_by_side_are_measured_apart_and_one_may_stand_twice() {
    let (_server, provider) = reference().await;
    let plan = "users: 4\nhold: 1s\nflows:\n  - { flow: client_credentials, weight: 2 }\n  \
                - { flow: client_credentials, name: by post, client: batch_post, thresholds: [\"token max < 1us\"] }\n  - { flow: refresh }\n\
                thresholds: [\"token p99.9 < 5s\", \"errors <= 0%\", \"rate > 1/s\"]\n";
    let run = load(provider, plan).await.expect("it runs");
    for flow in ["client_credentials", "by post", "refresh"] {
        assert!(step(&run, flow, "token").right > 0, "{flow}");
    }
    let held: Vec<_> = run.thresholds.iter().map(|one| (one.flow.as_deref(), one.holds)).collect();
    assert_eq!(held, [(None, Some(true)), (None, Some(true)), (None, Some(true)), (Some("by post"), Some(false))]);
    assert_eq!(run.verdict, Bearing::Missed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_rests_each_user_between_two_flows() {
    let token = ResponseTemplate::new(200).set_body_json(serde_json::json!({ "access_token": "a", "token_type": "Bearer" }));
    let (_server, provider) = mocked(token).await;
    let run = load(provider, "users: 2\nhold: 1s\npause: 400ms\nflows: [{ flow: client_credentials }]\n").await.expect("it runs");
    let count = step(&run, "client_credentials", "token").count();
    assert!((2..=8).contains(&count), "{count}");
}

#[tokio::test]
async fn another_host_is_refused_before_anything_is_sent_there() {
    let error = load(provider("https://as.example", ""), TOKEN).await.expect_err("it is not this machine");
    assert!(matches!(error, LoadError::Refused(_)), "{error}");
    assert!(error.to_string().contains("--target as.example"), "{error}");
}

#[tokio::test]
async fn an_endpoint_on_another_host_is_refused_although_the_issuer_is_here() {
    let server = MockServer::start().await;
    let metadata = serde_json::json!({ "issuer": server.uri(), "token_endpoint": "https://other.example/token" });
    let metadata = ResponseTemplate::new(200).set_body_json(metadata);
    Mock::given(path("/.well-known/oauth-authorization-server")).respond_with(metadata).mount(&server).await;
    let error = load(provider(&server.uri(), ""), TOKEN).await.expect_err("the token endpoint is elsewhere");
    assert!(error.to_string().contains("--target other.example"), "{error}");
    // Half of the leave is no leave.
    let mut half = order(TOKEN, &CancellationToken::new());
    half.targets = vec!["other.example".to_owned()];
    assert!(matches!(run(provider(&server.uri(), ""), half).await, Err(LoadError::Refused(_))));
}

#[tokio::test]
async fn a_login_that_leads_to_another_host_ends_the_run_after_the_one_login_of_the_rehearsal() {
    let server = MockServer::start().await;
    // An address for documentation (RFC 5737): nobody is there.
    let away = ResponseTemplate::new(302).insert_header("location", "http://192.0.2.1:9/login");
    Mock::given(path("/auth")).respond_with(away).expect(1).mount(&server).await;
    let endpoints = format!("endpoints: {{ authorization: \"{0}/auth\", token: \"{0}/token\" }}\n", server.uri());
    let plan = "users: 2\nhold: 1s\ntimeout: 500ms\nflows: [{ flow: authorization_code }]\n";
    let error = load(provider(&server.uri(), &endpoints), plan).await.expect_err("it leads elsewhere");
    assert!(matches!(error, LoadError::Refused(_)) && error.to_string().contains("--target 192.0.2.1"), "{error}");
}

#[tokio::test]
async fn what_the_provider_file_lacks_is_named_with_its_key() {
    let (_server, whole) = mocked(ResponseTemplate::new(500)).await;
    for (plan, expected) in [
        ("flows: [{ flow: client_credentials, client: nobody }]", "clients.nobody"),
        ("flows: [{ flow: client_credentials, client: web }]", "client_credentials"),
        ("flows: [{ flow: authorization_code, user: bob }]", "users.bob"),
        ("flows: [{ flow: device }]", "clients.tv"),
    ] {
        let plan = format!("users: 1\nhold: 1s\n{plan}\n");
        let error = load(whole.clone(), &plan).await.expect_err("it lacks something");
        assert!(matches!(error, LoadError::Lacking { .. }) && error.to_string().contains(expected), "{error}");
    }
}

#[tokio::test]
async fn a_provider_that_is_down_is_unreachable() {
    let gone = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port");
    let error = load(provider(&format!("http://{gone}"), ""), TOKEN).await.expect_err("nobody is there");
    assert!(matches!(error, LoadError::Unreachable(_)), "{error}");
}

const SECOND: Duration = Duration::from_secs(1);
