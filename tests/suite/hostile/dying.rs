//! A provider that dies during the run: the run ends, what was under way is named, and nobody is judged for it.

use std::sync::Arc;
use std::time::Duration;

use flowproof::verdict::{Outcome, Run};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::{Barrier, Notify};
use wiremock::matchers::{any, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::{play_these, wire};

fn reasons(run: &Run) -> Vec<&str> {
    run.findings.iter().filter_map(|finding| finding.reason.as_deref()).collect()
}

/// Dies as soon as so many requests are under way, with all of its connections.
async fn dies_at(many: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a loopback port");
    let base = format!("http://{}", listener.local_addr().expect("its address"));
    let (barrier, end) = (Arc::new(Barrier::new(many)), Arc::new(Notify::new()));
    tokio::spawn(async move {
        loop {
            let (mut socket, _) = tokio::select! {
                accepted = listener.accept() => accepted.expect("a connection"),
                () = end.notified() => return,
            };
            let (barrier, end) = (barrier.clone(), end.clone());
            tokio::spawn(async move {
                let mut request = [0; 4096];
                let _ = socket.read(&mut request).await;
                barrier.wait().await;
                end.notify_one();
                // The door is closed before anybody learns that the house is empty.
                tokio::time::sleep(Duration::from_millis(50)).await;
                let _ = socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{").await;
            });
        }
    });
    base
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_under_way_when_the_provider_died_is_named_and_nobody_is_judged_for_it() {
    let ids = ["client_credentials/own-token", "client_credentials/no-refresh-token", "client_credentials/public-client"];
    let run = play_these(&dies_at(3).await, &ids, &wire(Duration::from_secs(10)), 3, None).await;
    let why = run.interruption.clone().expect("the run ended early");
    assert!(why.starts_with("the provider is gone: first left without an answer: client_credentials/"), "{why}");
    assert!(why.contains("; under way with it: client_credentials/"), "{why}");
    assert!(ids.iter().all(|id| why.contains(&format!("{id} (POST to its token endpoint)"))), "{why}");
    assert!(run.findings.iter().all(|finding| finding.outcome == Outcome::Inconclusive), "{:?}", reasons(&run));
    assert!(reasons(&run).iter().all(|reason| reason.contains("the provider is gone")), "{:?}", reasons(&run));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_was_alone_when_the_provider_died_is_the_one_that_did_it() {
    let ids = ["client_credentials/own-token", "client_credentials/no-refresh-token"];
    let run = play_these(&dies_at(1).await, &ids, &wire(Duration::from_secs(10)), 1, None).await;
    let why = run.interruption.clone().expect("the run ended early");
    assert!(why.ends_with("(POST to its token endpoint); nothing else was under way"), "{why}");
    assert!(run.findings.iter().all(|finding| finding.outcome == Outcome::Inconclusive), "{:?}", reasons(&run));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_answers_for_a_provider_that_was_there_says_that_it_is_gone() {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(502)).mount(&server).await;
    let ids = ["client_credentials/own-token"];
    let run = play_these(&server.uri(), &ids, &wire(Duration::from_secs(10)), 1, Some("/metadata")).await;
    let why = run.interruption.clone().unwrap_or_else(|| panic!("{:?}", reasons(&run)));
    assert!(why.starts_with("the provider is gone: first left without an answer: client_credentials/own-token"), "{why}");
    assert_eq!(run.findings[0].outcome, Outcome::Inconclusive);

    // One endpoint that is broken is a bug of a provider that is there.
    Mock::given(path("/metadata")).respond_with(ResponseTemplate::new(200)).with_priority(1).mount(&server).await;
    let run = play_these(&server.uri(), &ids, &wire(Duration::from_secs(10)), 1, Some("/metadata")).await;
    assert_eq!((run.interruption, run.findings[0].outcome), (None, Outcome::Violated));
}
