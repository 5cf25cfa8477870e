//! What a provider file says of one client alone goes before what it says of all, and what it declares is told apart from a bug.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::post;
use flowproof::check::{Catalog, Options};
use flowproof::provider::{Need, PkceDemand, Provider, Target, discover, lacking_for};
use flowproof::server::{Config, ReferenceServer};
use flowproof::verdict::{Finding, Kind, Outcome};
use flowproof::wire::{Bounds, Tape, Wire};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

async fn target(document: &Value) -> Target {
    let provider = Provider::from_json(document, "changed").unwrap_or_else(|error| panic!("{error}"));
    let wire = Wire::new(Bounds::default()).expect("TLS");
    discover(&wire, &Tape::default(), provider).await.unwrap_or_else(|error| panic!("{error}"))
}

async fn played(document: &Value, ids: &[&str]) -> Vec<Finding> {
    let wire = Wire::new(Bounds::default()).expect("TLS");
    let catalog = Catalog::embedded().expect("the features are sound");
    let checks: Vec<_> = catalog.checks().iter().filter(|check| ids.contains(&check.id.as_str())).cloned().collect();
    let (options, stop) = (Options { max_wait: Duration::from_secs(5), ..Options::default() }, CancellationToken::new());
    let (targets, silent) = ([Arc::new(target(document).await)], Rc::new(|_: &Finding| {}));
    flowproof::check::run(&catalog, &checks, &targets, &wire, &options, &stop, silent).await.run.findings
}

/// A token endpoint before another one, which answers a refresh with a token that was rotated a moment ago as it answered the first;
/// and after that moment like the one behind it, or with this status.
async fn with_grace(behind: String, grace: Duration, after: Option<StatusCode>) -> String {
    let answers: Arc<Mutex<HashMap<String, (Instant, Bytes)>>> = Arc::default();
    let forward = move |headers: HeaderMap, body: Bytes| {
        let (answers, behind) = (answers.clone(), behind.clone());
        async move {
            let form: HashMap<String, String> = url::form_urlencoded::parse(&body).into_owned().collect();
            let json = [("content-type", "application/json"), ("cache-control", "no-store")];
            let token = form.get("refresh_token").cloned();
            let early = token.as_ref().and_then(|token| answers.lock().expect("no panic").get(token).cloned());
            match (early, after) {
                (Some((at, answer)), _) if at.elapsed() < grace => return (StatusCode::OK, json, answer).into_response(),
                (Some(_), Some(odd)) => return odd.into_response(),
                (Some(_) | None, _) => {}
            }
            let mut request = reqwest::Client::new().post(&behind).body(body);
            for name in ["authorization", "content-type", "accept"] {
                if let Some(value) = headers.get(name) {
                    request = request.header(name, value);
                }
            }
            let answer = request.send().await.expect("it answers");
            let status = answer.status();
            let body = answer.bytes().await.expect("a body");
            if let Some(token) = token.filter(|_| status == 200) {
                answers.lock().expect("no panic").entry(token).or_insert((Instant::now(), body.clone()));
            }
            (status, json, body).into_response()
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, axum::Router::new().route("/token", post(forward))).await });
    format!("http://{address}/token")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reuse_within_a_declared_grace_period_is_noted_and_one_after_it_is_judged() {
    let server = ReferenceServer::start(Config { port: 0, admin_port: 0, ..Config::demo() }).await.expect("the server starts");
    let mut document = server.provider_document("strict");
    let token_endpoint = format!("{}/protocol/openid-connect/token", document["issuer"].as_str().expect("an issuer"));
    document["endpoints"] = json!({ "token": with_grace(token_endpoint, Duration::from_millis(900), None).await });
    document.as_object_mut().expect("a mapping").remove("admin");
    let ids = ["refresh/rotated-token", "refresh/reuse-ends-newest", "refresh/late-reuse-ends-newest"];

    // Nothing declared: a warning that may be a grace period, and a reuse that was not refused leaves its check open.
    let outcomes = |findings: Vec<Finding>| findings.iter().map(|finding| finding.outcome).collect::<Vec<_>>();
    let undeclared = played(&document, &ids).await;
    assert_eq!(outcomes(undeclared), [Outcome::Passed, Outcome::Inconclusive, Outcome::Warned]);

    document["clients"]["spa"]["reuse_grace"] = json!("1s");
    let declared = played(&document, &ids).await;
    let reasons: Vec<&str> = declared.iter().filter_map(|finding| finding.reason.as_deref()).collect();
    assert!(reasons.iter().all(|reason| reason.contains("grace period of 1 s (`clients.spa.reuse_grace`)")), "{reasons:?}");
    assert_eq!(outcomes(declared), [Outcome::Passed, Outcome::Noted, Outcome::Noted]);

    // What is declared for all does the same, and a token that goes on for longer than that is a violation.
    document["clients"]["spa"].as_object_mut().expect("a mapping").remove("reuse_grace");
    document["lifetimes"]["reuse_grace"] = json!("1s");
    let declared = played(&document, &ids[..1]).await;
    assert!(declared[0].reason.as_ref().is_some_and(|reason| reason.contains("`lifetimes.reuse_grace`")), "{declared:?}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_odd_answer_after_a_declared_grace_period_is_no_token_that_goes_on_working() {
    let server = ReferenceServer::start(Config { port: 0, admin_port: 0, ..Config::demo() }).await.expect("the server starts");
    let mut document = server.provider_document("strict");
    let behind = format!("{}/protocol/openid-connect/token", document["issuer"].as_str().expect("an issuer"));
    let odd = Some(StatusCode::INTERNAL_SERVER_ERROR);
    document["endpoints"] = json!({ "token": with_grace(behind, Duration::from_millis(900), odd).await });
    document.as_object_mut().expect("a mapping").remove("admin");
    document["clients"]["spa"]["reuse_grace"] = json!("1s");
    let finding = played(&document, &["refresh/rotated-token"]).await.pop().expect("it was played");
    assert_eq!(finding.violation.as_ref().map(|violation| violation.kind), Some(Kind::Crashed), "{finding:?}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotated_token_that_outlives_the_declared_grace_period_is_a_violation_for_this_client() {
    let mut config = Config { port: 0, admin_port: 0, ..Config::demo() };
    let strict = config.realms.iter_mut().find(|realm| realm.name == "strict").expect("the demo has it");
    strict.defects.push("keeps-rotated-token-valid".to_owned());
    let server = ReferenceServer::start(config).await.expect("the server starts");
    let mut document = server.provider_document("strict");
    document["clients"]["spa"]["reuse_grace"] = json!("10s");
    let finding = played(&document, &["refresh/rotated-token"]).await.pop().expect("it was played");
    assert_eq!(finding.outcome, Outcome::Violated, "{finding:?}");
    assert_eq!(finding.client.map(|client| client.to_string()).as_deref(), Some("spa (none)"));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_of_one_client_goes_before_what_is_said_of_all() {
    let server = ReferenceServer::start(Config { port: 0, admin_port: 0, ..Config::demo() }).await.expect("the server starts");
    let mut document = server.provider_document("strict");

    document["capabilities"]["rotation"] = json!(false);
    document["clients"]["spa"]["rotation"] = json!(true);
    let said = target(&document).await;
    assert_eq!(lacking_for(&said, Need::Rotation, "spa"), None);
    let of_all = "switched off in the provider file: `capabilities.rotation`";
    assert_eq!(lacking_for(&said, Need::Rotation, "other_spa").as_deref(), Some(of_all));
    document["capabilities"]["rotation"] = json!(true);
    document["clients"]["spa"]["rotation"] = json!(false);
    let of_one = "switched off in the provider file: `clients.spa.rotation`";
    assert_eq!(lacking_for(&target(&document).await, Need::Rotation, "spa").as_deref(), Some(of_one));

    document["pkce"] = json!({ "optional_for": ["web"] });
    assert_eq!(lacking_for(&target(&document).await, Need::PkceOptionalClient, "web"), None);
    document["clients"]["web"]["pkce"] = json!("required");
    let said = target(&document).await;
    assert_eq!(said.provider.client("web").and_then(|client| client.pkce), Some(PkceDemand::Required));
    let why = lacking_for(&said, Need::PkceOptionalClient, "web").expect("the client's own word counts");
    assert!(why.ends_with("`clients.web.pkce: optional`"), "{why}");
    document["pkce"] = json!({});
    document["clients"]["web"]["pkce"] = json!("optional");
    assert_eq!(lacking_for(&target(&document).await, Need::PkceOptionalClient, "web"), None);
    server.stop().await;
}
