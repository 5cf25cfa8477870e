//! The doctor: each thing that can be wrong with a configuration is found and named with its way out, and a sound one is all fine.

mod clients;
mod program;
mod reach;

use std::process::Output;
use std::time::{Duration, SystemTime};

use flowproof::check::Catalog;
use flowproof::doctor::{Diagnosis, Extent, Health, Remark, Sign, Topic, examine, glance};
use flowproof::provider::{Provider, Source, discover};
use flowproof::server::{Config, ReferenceServer, Running};
use flowproof::wire::{Bounds, Tape, Wire};
use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

async fn running() -> Running {
    ReferenceServer::start(Config { port: 0, admin_port: 0, ..Config::demo() }).await.expect("free ports")
}

fn wire(provider: &Provider) -> Wire {
    let bounds = Bounds { total: Duration::from_secs(5), ..Bounds::default() };
    Wire::reaching(bounds, provider.connect.clone()).expect("TLS")
}

async fn diagnosis(provider: Provider) -> Diagnosis {
    let catalog = Catalog::embedded().expect("the features are sound");
    let extent = Extent { checks: catalog.checks(), max_wait: Duration::from_secs(30), clock: SystemTime::now };
    let mut heard = Vec::new();
    let diagnosis = examine(&wire(&provider), provider, &extent, &mut |remarks| heard.extend_from_slice(remarks)).await;
    assert_eq!(heard, diagnosis.remarks, "what is told on the way is what is found");
    diagnosis
}

async fn of_document(document: &Value) -> Diagnosis {
    diagnosis(Provider::from_json(document, "test").unwrap_or_else(|error| panic!("{error}"))).await
}

async fn of_file(text: &str) -> Diagnosis {
    let provider = Provider::parse(text, Source::Named("test".to_owned()), &|_| None).unwrap_or_else(|error| panic!("{error}"));
    diagnosis(provider).await
}

/// The one remark of this topic about this subject that asks for attention.
fn complaint<'a>(diagnosis: &'a Diagnosis, topic: Topic, subject: &str) -> &'a Remark {
    let about =
        |remark: &&Remark| remark.topic == topic && remark.subject == subject && !matches!(remark.sign, Sign::Fine | Sign::Note);
    let found: Vec<&Remark> = diagnosis.remarks.iter().filter(about).collect();
    assert_eq!(found.len(), 1, "{topic:?} {subject}: {:#?}", diagnosis.remarks);
    assert!(found[0].way_out.is_some(), "a way out: {:?}", found[0]);
    found[0]
}

fn asserts(remark: &Remark, sign: Sign, says: &str, way_out: &str) {
    assert_eq!(remark.sign, sign, "{remark:?}");
    assert!(remark.says.contains(says), "{says:?}: {remark:?}");
    assert!(remark.way_out.as_deref().unwrap_or_default().contains(way_out), "{way_out:?}: {remark:?}");
}

#[tokio::test]
async fn the_reference_server_is_all_fine() {
    let server = running().await;
    for realm in ["strict", "lenient"] {
        let diagnosis = of_document(&server.provider_document(realm)).await;
        let attention: Vec<_> = diagnosis.remarks.iter().filter(|one| !matches!(one.sign, Sign::Fine | Sign::Note)).collect();
        assert!(attention.is_empty(), "{realm}: {attention:#?}");
        assert_eq!(diagnosis.health, Health::Sound);
        for topic in [Topic::Reach, Topic::Metadata, Topic::Clients, Topic::RedirectUris, Topic::Users, Topic::Device] {
            assert!(diagnosis.remarks.iter().any(|one| one.topic == topic && one.sign == Sign::Fine), "{realm}: {topic:?}");
        }
        let coverage = diagnosis.coverage.expect("its endpoints are known");
        assert!(coverage.plays * 10 > coverage.checks * 9, "{}", coverage.plays);
    }
    server.stop().await;
}

#[tokio::test]
async fn a_password_that_is_wrong_ends_the_logins_with_what_the_driver_saw() {
    let server = running().await;
    let mut document = server.provider_document("strict");
    document["users"]["alice"]["password"] = "not-her-password".into();
    let diagnosis = of_document(&document).await;
    asserts(complaint(&diagnosis, Topic::Users, "alice"), Sign::Wrong, "a page titled", "users.alice");
    let users: Vec<_> = diagnosis.remarks.iter().filter(|one| one.topic == Topic::Users).collect();
    assert_eq!(users.len(), 1, "bob is not tried: {users:?}");
    server.stop().await;
}

#[tokio::test]
async fn a_glance_before_a_run_says_what_is_wrong_and_nothing_else() {
    let server = running().await;
    let catalog = Catalog::embedded().expect("the features are sound");
    let mut document = server.provider_document("strict");
    let mut remarks = Vec::new();
    for secret in [None, Some("not-the-secret-of-web")] {
        if let Some(secret) = secret {
            document["clients"]["web"]["secret"] = secret.into();
        }
        let provider = Provider::from_json(&document, "test").expect("a provider file");
        let wire = wire(&provider);
        let target = discover(&wire, &Tape::default(), provider).await.expect("endpoints");
        remarks.push(glance(&wire, &target, catalog.checks()).await);
    }
    assert_eq!(remarks[0], []);
    assert_eq!(remarks[1].len(), 1, "{:?}", remarks[1]);
    asserts(&remarks[1][0], Sign::Wrong, "does not let", "clients.web");
    server.stop().await;
}

/// A provider with this metadata, whose other endpoints a test adds.
async fn mock(metadata: impl Fn(&str) -> Value, date: SystemTime) -> MockServer {
    let server = MockServer::start().await;
    let date = httpdate::fmt_http_date(date);
    let place = "/.well-known/oauth-authorization-server";
    let answer = ResponseTemplate::new(200).set_body_json(metadata(&server.uri())).insert_header("date", date.as_str());
    Mock::given(method("GET")).and(path(place)).respond_with(answer).mount(&server).await;
    let nothing = ResponseTemplate::new(404).insert_header("date", date.as_str());
    Mock::given(method("GET")).respond_with(nothing).with_priority(9).mount(&server).await;
    server
}

fn endpoints(base: &str) -> Value {
    json!({ "issuer": base, "authorization_endpoint": format!("{base}/authorize"), "token_endpoint": format!("{base}/token") })
}

fn file(server: &MockServer) -> String {
    format!(
        "issuer: {}\nclients:\n  web: {{ id: web, secret: demo-secret-of-web, redirect_uris: [\"https://client.example/cb\"] }}\n\
         users:\n  alice: {{ username: alice, password: demo-password }}\n",
        server.uri()
    )
}

#[tokio::test]
async fn a_login_page_that_cannot_be_operated_is_described() {
    let server = mock(endpoints, SystemTime::now()).await;
    let page = "<!doctype html><title>Welcome</title><div id=app></div><script src=/app.js></script>";
    let answer = ResponseTemplate::new(200).set_body_raw(page, "text/html");
    Mock::given(method("GET")).and(path("/authorize")).respond_with(answer).mount(&server).await;
    let refusal = ResponseTemplate::new(400).set_body_json(json!({ "error": "invalid_grant" }));
    Mock::given(method("POST")).and(path("/token")).respond_with(refusal).mount(&server).await;
    let diagnosis = of_file(&file(&server)).await;
    let alice = complaint(&diagnosis, Topic::Users, "alice");
    asserts(alice, Sign::Wrong, "a page titled \"Welcome\"", "the driver form cannot operate this page");
    let uri = complaint(&diagnosis, Topic::RedirectUris, "1 URI");
    asserts(uri, Sign::Doubt, "a page titled \"Welcome\", and so does one that nobody registered", "character by character");
    let web = complaint(&diagnosis, Topic::Clients, "web");
    asserts(web, Sign::Doubt, "says the same whatever the secret is", "a check will say so");
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
