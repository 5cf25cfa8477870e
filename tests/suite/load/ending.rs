//! How a run ends: by interruption, by a server that stalls or dies, by time.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use flowproof::load::{Order, run};
use flowproof::verdict::Bearing;
use serde_json::json;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use wiremock::ResponseTemplate;

use super::mocks::{at, chain, error, field, json_of, numbered, redirect, served};
use super::{SECOND, TOKEN, alone, heard, held, load, mocked, order, provider, reference, step, until_heard};

/// A server that takes every connection and never answers, and the provider whose token endpoint it is.
async fn stalled() -> (tokio::task::JoinHandle<()>, flowproof::provider::Provider, wiremock::MockServer) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let task = tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            kept.push(tokio::spawn(async move {
                let mut octets = Vec::new();
                drop(stream.read_to_end(&mut octets).await);
            }));
        }
    });
    let (server, _) = mocked(ResponseTemplate::new(500)).await;
    let endpoints = format!("endpoints: {{ token: \"http://{address}/token\" }}\n");
    (task, provider(&server.uri(), &endpoints), server)
}

const LONG: &str = "users: 5\nhold: 1m\ntimeout: 30s\nflows: [{ flow: client_credentials }]\n";

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_run_ends_within_a_second_against_a_stalled_server_and_reports() {
    let _alone = alone().await;
    let (_task, provider, _server) = stalled().await;
    let interrupt = CancellationToken::new();
    let running = tokio::spawn(run(provider, order(LONG, &interrupt)));
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let asked = Instant::now();
    interrupt.cancel();
    let run = running.await.expect("it does not panic").expect("it reports");
    assert!(asked.elapsed() < SECOND, "{:?}", asked.elapsed());
    let token = step(&run, "client_credentials", "token");
    assert_eq!((token.count(), token.unfinished), (0, 5));
    assert_eq!((run.interrupted, run.verdict), (true, Bearing::Interrupted));
    assert!(run.thresholds.iter().all(|one| one.holds.is_none()), "{:?}", run.thresholds);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_run_keeps_what_it_measured() {
    let _alone = alone().await;
    let (_server, provider) = reference().await;
    let interrupt = CancellationToken::new();
    let running = tokio::spawn(run(provider, order(LONG, &interrupt)));
    tokio::time::sleep(SECOND).await;
    let asked = Instant::now();
    interrupt.cancel();
    let run = running.await.expect("it does not panic").expect("it reports");
    assert!(asked.elapsed() < SECOND, "{:?}", asked.elapsed());
    let token = step(&run, "client_credentials", "token");
    assert!(token.right > 10, "{token:?}");
    assert_eq!((token.errors(), run.verdict), (0, Bearing::Interrupted));
    assert!(run.held_seconds > 0.3 && run.held_seconds < 3.0, "{}", run.held_seconds);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_that_is_interrupted_before_its_first_rate_was_tried_missed_nothing() {
    let _alone = alone().await;
    let (_server, provider) = reference().await;
    let interrupt = CancellationToken::new();
    let plan = "users: 5\narrivals: 20/s\nhold: 1m\ntimeout: 5s\nflows: [{ flow: client_credentials }]\n";
    let mut order = order(plan, &interrupt);
    order.breakpoint = Some("p99 < 10s".parse().expect("a goal"));
    let running = tokio::spawn(run(provider, order));
    tokio::time::sleep(Duration::from_millis(1500)).await;
    interrupt.cancel();
    let run = running.await.expect("it does not panic").expect("it reports");
    let found = run.breakpoint.expect("it was searched for");
    assert_eq!((found.attempts.len(), found.sustained, run.verdict), (0, None, Bearing::Interrupted));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_interrupted_before_its_users_begin_ends_at_once_too() {
    let _alone = alone().await;
    let (_server, provider) = reference().await;
    let interrupt = CancellationToken::new();
    interrupt.cancel();
    let asked = Instant::now();
    let ended = run(provider, order(LONG, &interrupt)).await;
    assert!(asked.elapsed() < SECOND, "{:?}", asked.elapsed());
    assert!(ended.is_err(), "nothing was measured");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stalled_server_times_out_and_the_run_says_that_nothing_answered() {
    let _alone = alone().await;
    let (_task, provider, _server) = stalled().await;
    let began = Instant::now();
    let plan = "users: 3\nhold: 500ms\ntimeout: 1s\nflows: [{ flow: client_credentials }]\n";
    let run = run(provider, order(plan, &CancellationToken::new())).await.expect("it runs");
    assert!(began.elapsed() < 5 * SECOND, "{:?}", began.elapsed());
    let token = step(&run, "client_credentials", "token");
    assert_eq!((token.right, token.wrong["timed out"], run.verdict), (0, 3, Bearing::Nothing));
    assert!(token.latency.quantile(0.5) >= Some(1_000_000), "{token:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_dies_under_load_is_counted_as_such() {
    let _alone = alone().await;
    let (server, provider) = reference().await;
    let plan = "users: 3\nhold: 2s\ntimeout: 5s\nflows: [{ flow: client_credentials }]\n";
    let running = tokio::spawn(run(provider, order(plan, &CancellationToken::new())));
    tokio::time::sleep(SECOND).await;
    server.stop().await;
    let run = running.await.expect("it does not panic").expect("it runs to its end");
    let token = step(&run, "client_credentials", "token");
    assert!(token.right > 10 && token.wrong["cannot connect"] > 0, "{token:?}");
    assert_eq!(run.verdict, Bearing::Missed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_the_server_closes_after_each_answer_is_opened_anew() {
    let token = serde_json::json!({ "access_token": "a", "token_type": "Bearer" });
    let token = ResponseTemplate::new(200).insert_header("connection", "close").set_body_json(token);
    let (_server, provider) = mocked(token).await;
    let run = load(provider, TOKEN).await.expect("it runs");
    let token = step(&run, "client_credentials", "token");
    assert!(token.right > 4, "{token:?}");
    assert_eq!(token.errors(), 0, "{token:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_interrupted_while_its_users_still_begin_ends_as_soon_and_keeps_what_it_measured() {
    let _alone = alone().await;
    let (_server, provider) = reference().await;
    let dir = tempfile::tempdir().expect("a directory");
    let interrupt = CancellationToken::new();
    let plan = "users: 40\nramp: 1m\nhold: 1m\ntimeout: 30s\nflows: [{ flow: client_credentials }]\n";
    let order = Order { goose_report: Some(dir.path().join("goose.html")), ..order(plan, &interrupt) };
    let running = tokio::spawn(run(provider, order));
    tokio::time::sleep(3 * SECOND).await;
    let asked = Instant::now();
    interrupt.cancel();
    let run = running.await.expect("it does not panic").expect("it reports");
    assert!(asked.elapsed() < SECOND, "{:?}", asked.elapsed());
    let token = step(&run, "client_credentials", "token");
    assert!(token.sent() > 10, "{token:?}");
    assert_eq!((token.errors(), run.interrupted, run.verdict), (0, true, Bearing::Interrupted));
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_in_one_process_go_side_by_side_and_each_ends_by_itself() {
    let _alone = alone().await;
    let (server, mocked) = mocked(json_of(json!({ "access_token": "one", "token_type": "Bearer" }))).await;
    let (_reference, provider) = reference().await;
    let interrupt = CancellationToken::new();
    let long = tokio::spawn(run(mocked, order(LONG, &interrupt)));
    until_heard(&server, 1).await;
    let short = run(provider, order(TOKEN, &CancellationToken::new())).await.expect("it runs");
    assert!(held(&short), "{short:?}");
    // The end of one is not the other's: each of its five users goes on.
    until_heard(&server, heard(&server).await + 50).await;
    assert!(!long.is_finished());
    interrupt.cancel();
    let long = long.await.expect("it does not panic").expect("it reports");
    assert!(long.interrupted, "{long:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_asks_for_a_rest_is_left_alone_unless_the_plan_says_otherwise() {
    let busy =
        || ResponseTemplate::new(429).insert_header("retry-after", "1").set_body_json(serde_json::json!({ "error": "slow" }));
    let plan = "users: 2\nhold: 1s\ntimeout: 5s\nflows: [{ flow: client_credentials }]\n";
    let (_server, provider) = mocked(busy()).await;
    let obeyed = load(provider.clone(), plan).await.expect("it runs");
    // Each of the two asks once before the first answer is there, and perhaps once more after the rest.
    assert!(obeyed.requests <= 6, "{}", obeyed.requests);
    assert!(obeyed.generator.asked_to_rest >= 1 && obeyed.generator.rested_seconds >= 1.0, "{:?}", obeyed.generator);
    let ignored = load(provider, &format!("{plan}obey: false\n")).await.expect("it runs");
    assert!(ignored.requests > obeyed.requests, "{}", ignored.requests);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_page_that_asks_for_a_rest_is_left_alone_too() {
    let authorize = numbered(|number, request| match number {
        // The first is the rehearsal's.
        1 => redirect(request, "code-1"),
        _ => ResponseTemplate::new(429).insert_header("retry-after", "1"),
    });
    let (_server, provider) = served([at("/auth", authorize)]).await;
    let run = load(provider, "users: 2\nhold: 1s\ntimeout: 5s\nflows: [{ flow: authorization_code }]\n").await.expect("it runs");
    assert!((1..=6).contains(&run.generator.asked_to_rest) && run.generator.rested_seconds >= 1.0, "{:?}", run.generator);
    assert!(step(&run, "authorization_code", "login").errors() <= 6, "{run:?}");
}

/// A 429 that asks for a second.
fn busy() -> ResponseTemplate {
    ResponseTemplate::new(429).insert_header("retry-after", "1")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_was_asked_to_wait_and_then_succeeds_is_heard_before_the_run_and_in_it() {
    let asked = Arc::new(Mutex::new(0_u64));
    let counts = Arc::clone(&asked);
    // The first request of the preparation, and each third one of the run.
    let authorize = numbered(move |number, request| match number {
        1 | 4 | 7 | 10 => {
            *counts.lock().expect("no holder panics") += 1;
            busy()
        }
        number => redirect(request, &format!("code-{number}")),
    });
    // Every chain breaks at once, so that it has to begin anew by a login that is not measured.
    let token = numbered(|number, request| match field(request, "grant_type").as_str() {
        "refresh_token" => error("invalid_grant"),
        _ => chain(number),
    });
    let (_server, provider) = served([at("/auth", authorize), at("/token", token)]).await;
    let run = load(provider, "users: 1\nhold: 6s\ntimeout: 5s\nflows: [{ flow: refresh }]\n").await.expect("it runs");
    assert!(
        (run.prepared.asked_to_rest, run.prepared.chains) == (1, 1) && run.prepared.rested_millis >= 900,
        "{:?}",
        run.prepared
    );
    let all = *asked.lock().expect("no holder panics");
    assert!(all >= 3, "{all}");
    assert_eq!(run.generator.asked_to_rest, all - 1, "each of them, once");
    assert!(run.generator.rested_seconds >= 0.9 * (all - 1) as f64, "{:?}", run.generator);
    assert!(run.chains.reseeded >= 2, "{:?}", run.chains);
    let mut told = Vec::new();
    flowproof::report::load::render(&run, &flowproof::report::Style { color: false, width: 400 }, &mut told)
        .expect("a Vec takes it");
    let told = String::from_utf8(told).expect("text");
    assert!(told.contains(&format!("{} answers of the run asked for a rest", all - 1)), "{told}");
    assert!(told.contains("1 answer of the preparation did"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_walk_that_is_measured_is_heard_once_for_each_answer() {
    let asked = Arc::new(Mutex::new(0_u64));
    let counts = Arc::clone(&asked);
    let authorize = numbered(move |number, request| match number % 4 {
        0 => {
            *counts.lock().expect("no holder panics") += 1;
            busy()
        }
        _ => redirect(request, &format!("code-{number}")),
    });
    let token = numbered(|number, _| json_of(json!({ "access_token": format!("access-{number}"), "token_type": "Bearer" })));
    let (_server, provider) = served([at("/auth", authorize), at("/token", token)]).await;
    let run = load(provider, "users: 2\nhold: 2s\ntimeout: 5s\nflows: [{ flow: authorization_code }]\n").await.expect("it runs");
    let all = *asked.lock().expect("no holder panics");
    assert!(all >= 1 && run.generator.asked_to_rest == all, "{} of {all}", run.generator.asked_to_rest);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_threshold_that_says_so_ends_the_run_and_the_run_says_which() {
    let (_server, provider) = mocked(ResponseTemplate::new(500)).await;
    let plan = "users: 2\nhold: 60s\npause: 50ms\ntimeout: 5s\nflows: [{ flow: client_credentials }]\nthresholds: [\"errors < 50% else abort\"]\n";
    let run = load(provider, plan).await.expect("it runs");
    assert!(run.held_seconds < 30.0, "{}", run.held_seconds);
    assert_eq!((run.aborted.as_deref(), run.verdict), (Some("errors < 50% else abort"), Bearing::Missed));
}

#[tokio::test(flavor = "multi_thread")]
async fn arrivals_are_made_at_their_rate_and_counted_from_when_they_were_due() {
    let token = ResponseTemplate::new(200).set_body_json(serde_json::json!({ "access_token": "a", "token_type": "Bearer" }));
    // One user, and an answer takes longer than the time to the next arrival: they queue.
    let (_server, provider) = mocked(token.set_delay(Duration::from_millis(100))).await;
    let plan =
        "users: 1\narrivals: 20/s\nhold: 2s\ntimeout: 5s\nflows: [{ flow: client_credentials }]\nthresholds: [\"errors < 1%\"]\n";
    let run = load(provider, plan).await.expect("it runs");
    let arrivals = run.flows[0].arrivals.clone().expect("the plan has a rate");
    assert_eq!(arrivals.due, 40);
    assert!(arrivals.made >= 5 && arrivals.made < 25, "{arrivals:?}");
    assert!(arrivals.late_for_want_of_users > 2 && arrivals.never_made() > 10, "{arrivals:?}");
    let token = step(&run, "client_credentials", "token");
    let service = token.service.as_ref().expect("with a rate both are measured");
    assert!(token.latency.max > service.max + 200_000, "response {} service {}", token.latency.max, service.max);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_counted_run_ends_after_its_last_pass() {
    let (_server, provider) = reference().await;
    let plan = "users: 3\nhold: 60s\ncount: 25\ntimeout: 5s\nflows: [{ flow: client_credentials }]\n";
    let run = load(provider, plan).await.expect("it runs");
    assert_eq!((run.flows[0].passes, run.requests), (25, 25));
    assert!(run.held_seconds < 30.0, "{}", run.held_seconds);
}

#[tokio::test(flavor = "multi_thread")]
async fn http_2_and_a_new_connection_each_bear_the_same_answers() {
    let (_server, provider) = reference().await;
    let plan = |connections: &str| {
        format!("users: 2\nhold: 500ms\ntimeout: 5s\nconnections: {connections}\nflows: [{{ flow: client_credentials }}]\n")
    };
    let anew = load(provider.clone(), &plan("{ keep_alive: false }")).await.expect("it runs");
    assert_eq!(step(&anew, "client_credentials", "token").errors(), 0);
    assert!(anew.plan.connections.contains("a new connection each"), "{}", anew.plan.connections);
    // The reference server speaks HTTP/1.1 only: that is told, and is no hang.
    let second = load(provider, &plan("{ http: \"2\" }")).await.expect("it runs");
    assert!(step(&second, "client_credentials", "token").right == 0, "{second:?}");
}
