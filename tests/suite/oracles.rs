//! What a check concludes of a provider that is sound but in one point, or that says less than others.

use std::rc::Rc;
use std::sync::Arc;

use flowproof::check::{Catalog, Options};
use flowproof::provider::{Provider, Target, discover};
use flowproof::server::{Config, ReferenceServer};
use flowproof::verdict::{Finding, Outcome};
use flowproof::wire::{Bounds, Tape, Wire};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use wiremock::matchers::{header_exists, method};
use wiremock::{Mock, MockServer, ResponseTemplate};

/// Plays one check on the reference server's realm `strict`, described by a provider file that was changed.
async fn played(id: &str, change: impl FnOnce(&mut Value)) -> Finding {
    let server = ReferenceServer::start(Config { port: 0, admin_port: 0, ..Config::demo() }).await.expect("the server starts");
    let wire = Wire::new(Bounds::default()).expect("TLS");
    let mut document = server.provider_document("strict");
    change(&mut document);
    let provider = Provider::from_json(&document, "changed").unwrap_or_else(|error| panic!("{error}"));
    let target: Target =
        discover(&wire, &Tape::new(provider.secrets()), provider).await.unwrap_or_else(|error| panic!("{error}"));
    let catalog = Catalog::embedded().expect("the features are sound");
    let checks: Vec<_> = catalog.checks().iter().filter(|check| check.id == id).cloned().collect();
    let (options, stop) = (Options::default(), CancellationToken::new());
    let silent = Rc::new(|_: &Finding| {});
    let mut run = flowproof::check::run(&catalog, &checks, &[Arc::new(target)], &wire, &options, &stop, silent).await.run;
    server.stop().await;
    run.findings.pop().unwrap_or_else(|| panic!("no check has the id {id}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_scope_that_the_resource_needs_is_the_one_that_the_provider_file_says() {
    let check = "bearer/too-little-scope";
    assert_eq!(played(check, |_| {}).await.outcome, Outcome::Passed);
    // Userinfo lets in whoever has openid: a file that says otherwise is believed, and the check sees it.
    let other = played(check, |document| document["resource"] = json!({ "scope": "email" })).await;
    assert_eq!(other.outcome, Outcome::Warned, "{other:?}");
    let none = played(check, |document| document["clients"]["web"]["scopes"] = json!(["openid"])).await;
    assert_eq!(none.outcome, Outcome::NotApplicable, "{none:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resource_that_takes_no_post_is_not_blamed_for_what_it_says_to_bodies() {
    let resource = MockServer::builder().disable_request_recording().start().await;
    Mock::given(method("GET"))
        .and(header_exists("authorization"))
        .respond_with(ResponseTemplate::new(200))
        .mount(&resource)
        .await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(405)).mount(&resource).await;
    for check in ["bearer/malformed-two-in-body", "bearer/second-copy-body", "bearer/fallback", "bearer/other-body-json"] {
        let finding = played(check, |document| document["resource"] = json!({ "url": resource.uri() })).await;
        assert_eq!(finding.outcome, Outcome::NotApplicable, "{finding:?}");
    }
}
