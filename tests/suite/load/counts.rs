//! What the report says was sent is what the server heard, however a run sends and however it ends.

use std::time::{Duration, Instant};

use flowproof::load::run;
use flowproof::verdict::LoadRun;
use tokio_util::sync::CancellationToken;
use wiremock::ResponseTemplate;

use super::{TOKEN, alone, heard, load, mocked, order, step, until_heard};

fn token() -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(serde_json::json!({ "access_token": "a", "token_type": "Bearer" }))
}

fn sent(run: &LoadRun) -> u64 {
    step(run, "client_credentials", "token").sent()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_counts_as_many_requests_as_we_do_in_every_mode() {
    let modes = [
        ("closed", "users: 3\nhold: 500ms\n"),
        ("a new connection each", "users: 3\nhold: 500ms\nconnections: { keep_alive: false }\n"),
        ("HTTP/2", "users: 3\nhold: 500ms\nconnections: { http: \"2\" }\n"),
        ("by a timetable", "users: 3\nhold: 500ms\narrivals: 100/s\n"),
        ("by count", "users: 3\nhold: 60s\ncount: 40\n"),
        ("ramp and warm-up", "users: 3\nramp: 300ms\nwarmup: 300ms\nhold: 500ms\n"),
        ("with thresholds", ""),
    ];
    for (mode, plan) in modes {
        let plan = match plan {
            "" => TOKEN.to_owned(),
            plan => format!("{plan}timeout: 5s\nflows: [{{ flow: client_credentials }}]\n"),
        };
        let (server, provider) = mocked(token()).await;
        let run = load(provider, &plan).await.expect("it runs");
        let heard = heard(&server).await;
        assert!(heard > 10, "{mode}: {heard}");
        assert_eq!((run.requests, sent(&run)), (heard, heard), "{mode}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_counts_as_many_requests_as_we_do_after_an_interruption_too() {
    let _alone = alone().await;
    for delay in [0, 20, 5_000] {
        let (server, provider) = mocked(token().set_delay(Duration::from_millis(delay))).await;
        let interrupt = CancellationToken::new();
        let plan = "users: 5\nhold: 1m\ntimeout: 30s\nflows: [{ flow: client_credentials }]\n";
        let running = tokio::spawn(run(provider, order(plan, &interrupt)));
        until_heard(&server, 5).await;
        interrupt.cancel();
        let run = running.await.expect("it does not panic").expect("it reports");
        assert!(run.interrupted && run.requests >= 5, "{run:?}");
        assert_eq!(run.requests, sent(&run));
        // What was written last may not have been read yet.
        let asked = Instant::now();
        while heard(&server).await < run.requests && asked.elapsed() < Duration::from_secs(10) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(heard(&server).await, run.requests, "answers after {delay} ms");
    }
}
