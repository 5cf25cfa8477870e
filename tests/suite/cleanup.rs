//! What a run obtained is revoked at its end, within its bounds, and no check is made of it.

use std::rc::Rc;
use std::sync::Arc;

use flowproof::check::{Catalog, Options};
use flowproof::provider::{Provider, discover};
use flowproof::server::{Config, ReferenceServer};
use flowproof::verdict::{Cleanup, Finding, Outcome, Run};
use flowproof::wire::{Bounds, Tape, Wire};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

/// A confidential client's tokens, a public one's, and one without a refresh token.
const CHECKS: [&str; 3] = ["refresh/refreshed-confidential", "refresh/refreshed-public", "client_credentials/own-token"];

async fn run(change: impl FnOnce(&mut Value), cleanup: Option<bool>, budget: Option<u64>) -> Run {
    let server = ReferenceServer::start(Config { port: 0, admin_port: 0, ..Config::demo() }).await.expect("the server starts");
    let mut document = server.provider_document("strict");
    change(&mut document);
    let wire = Wire::new(Bounds::default()).expect("TLS");
    let provider = Provider::from_json(&document, "changed").unwrap_or_else(|error| panic!("{error}"));
    let target = discover(&wire, &Tape::default(), provider).await.unwrap_or_else(|error| panic!("{error}"));
    let wire = budget.into_iter().fold(wire, Wire::with_budget);
    let catalog = Catalog::embedded().expect("the features are sound");
    let checks: Vec<_> = catalog.checks().iter().filter(|check| CHECKS.contains(&check.id.as_str())).cloned().collect();
    assert_eq!(checks.len(), CHECKS.len(), "{checks:?}");
    let (options, stop) = (Options { cleanup, jobs: 1, ..Options::default() }, CancellationToken::new());
    let silent = Rc::new(|_: &Finding| {});
    let run = flowproof::check::run(&catalog, &checks, &[Arc::new(target)], &wire, &options, &stop, silent).await.run;
    server.stop().await;
    run
}

fn as_of_another_make(document: &mut Value) {
    document.as_object_mut().expect("a mapping").remove("admin");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_grant_of_a_run_is_revoked_once_at_its_end() {
    let run = run(as_of_another_make, None, None).await;
    assert_eq!(run.count(Outcome::Passed), CHECKS.len(), "{:?}", run.findings);
    assert_eq!(run.cleanup, Some(Cleanup { tokens: 3, revoked: 3 }));
    let told = run.findings.iter().flat_map(|finding| &finding.exchanges);
    assert!(told.filter(|exchange| exchange.request.url.ends_with("/revoke")).count() == 0, "it is no matter of a check");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reference_server_is_left_alone_unless_asked_and_any_other_where_its_owner_says_so() {
    assert_eq!(run(|_| {}, None, None).await.cleanup, None);
    assert_eq!(run(|_| {}, Some(true), None).await.cleanup, Some(Cleanup { tokens: 3, revoked: 3 }));
    assert_eq!(run(as_of_another_make, Some(false), None).await.cleanup, None);
    let switched_off = |document: &mut Value| {
        as_of_another_make(document);
        document["capabilities"]["revocation"] = Value::Bool(false);
    };
    assert_eq!(run(switched_off, None, None).await.cleanup, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn revocations_count_as_requests_of_the_run() {
    let used = run(as_of_another_make, Some(false), None).await;
    let sent: usize = used.findings.iter().map(|finding| finding.exchanges.len()).sum();
    let budget = u64::try_from(sent + 1).expect("a few");
    let run = run(as_of_another_make, None, Some(budget)).await;
    assert_eq!((run.count(Outcome::Passed), run.cleanup), (CHECKS.len(), Some(Cleanup { tokens: 3, revoked: 1 })));
    assert!(!run.interrupted, "what the checks found is whole");
}
