//! Clients with an issuer of their own: each is tested there, with those that name the same one, and nobody else's endpoints are asked.

use std::path::Path;
use std::process::{Command, Output};
use std::rc::Rc;
use std::sync::Arc;

use flowproof::check::{Catalog, Options};
use flowproof::provider::{Provider, discover};
use flowproof::server::{Config, ReferenceServer, Running};
use flowproof::verdict::{Finding, Outcome};
use flowproof::wire::{Bounds, Tape, Wire};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

/// Two realms, of which one knows `web` alone and the other `batch` and `spa`; and the provider file that says so.
async fn two_issuers() -> (Running, Value) {
    let mut config = Config { port: 0, admin_port: 0, ..Config::demo() };
    for (name, roles) in [("strict", &["web"][..]), ("lenient", &["batch", "spa"])] {
        let realm = config.realms.iter_mut().find(|realm| realm.name == name).expect("the demo has it");
        realm.clients.retain(|role, _| roles.contains(&role.as_str()));
    }
    let server = ReferenceServer::start(config).await.expect("the server starts");
    let (mut document, lenient) = (server.provider_document("strict"), server.provider_document("lenient"));
    for role in ["batch", "spa"] {
        document["clients"][role] = lenient["clients"][role].clone();
        document["clients"][role]["issuer"] = lenient["issuer"].clone();
    }
    document.as_object_mut().expect("a mapping").remove("admin");
    (server, document)
}

fn roles(provider: &Provider) -> Vec<&str> {
    provider.clients.keys().map(String::as_str).collect()
}

fn read(document: &Value) -> Provider {
    Provider::from_json(document, "acme").unwrap_or_else(|error| panic!("{error}"))
}

async fn played(document: &Value, ids: &[&str]) -> Vec<Finding> {
    let wire = Wire::new(Bounds::default()).expect("TLS");
    let catalog = Catalog::embedded().expect("the features are sound");
    let checks: Vec<_> = catalog.checks().iter().filter(|check| ids.contains(&check.id.as_str())).cloned().collect();
    let mut targets = Vec::new();
    for provider in read(document).by_issuer() {
        targets.push(Arc::new(discover(&wire, &Tape::default(), provider).await.unwrap_or_else(|error| panic!("{error}"))));
    }
    let (stop, silent) = (CancellationToken::new(), Rc::new(|_: &Finding| {}));
    flowproof::check::run(&catalog, &checks, &targets, &wire, &Options::default(), &stop, silent).await.run.findings
}

#[tokio::test(flavor = "multi_thread")]
async fn each_client_is_asked_for_at_the_issuer_that_it_names() {
    let (server, document) = two_issuers().await;
    let providers = read(&document).by_issuer();
    let issuers: Vec<&str> = providers.iter().map(|provider| provider.issuer.as_str()).collect();
    assert_eq!(issuers, [server.issuer("strict"), server.issuer("lenient")]);
    assert_eq!(providers.iter().map(roles).collect::<Vec<_>>(), [vec!["web"], vec!["batch", "spa"]]);
    let findings =
        played(&document, &["code/redeemed-confidential", "code/redeemed-public", "client_credentials/own-token"]).await;
    assert_eq!(findings.len(), 3, "{findings:?}");
    for finding in findings {
        assert_eq!(finding.outcome, Outcome::Passed, "{}: {:?}", finding.id, finding.reason);
        let realm = if finding.id == "code/redeemed-confidential" { "strict" } else { "lenient" };
        let issuer = server.issuer(realm);
        assert_eq!(finding.issuer.as_deref(), Some(issuer.as_str()), "{}", finding.id);
        assert!(!finding.exchanges.is_empty() && finding.exchanges.iter().all(|one| one.request.url.starts_with(&issuer)));
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_of_a_client_may_have_a_trailing_slash_and_endpoints_that_no_metadata_names() {
    let (server, mut document) = two_issuers().await;
    let lenient = server.issuer("lenient");
    // Nothing is found there, and the issuer's own metadata would not name it so.
    for role in ["batch", "spa"] {
        document["clients"][role]["issuer"] = json!(format!("{lenient}/nowhere/"));
    }
    let below = |path: &str| format!("{lenient}/protocol/openid-connect/{path}");
    document["clients"]["spa"]["endpoints"] = json!({ "authorization": below("auth"), "resource": below("userinfo") });
    document["clients"]["batch"]["endpoints"] = json!({ "token": below("token"), "jwks": below("certs") });
    let findings = played(&document, &["code/redeemed-public", "client_credentials/own-token"]).await;
    assert_eq!(findings.len(), 2, "{findings:?}");
    for finding in findings {
        assert_eq!(finding.outcome, Outcome::Passed, "{}: {:?}", finding.id, finding.reason);
        assert_eq!(finding.issuer, Some(format!("{lenient}/nowhere/")));
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_each_client_has_another_issuer_than_the_files_that_one_is_not_asked() {
    let (server, mut document) = two_issuers().await;
    document["clients"]["web"]["issuer"] = document["issuer"].clone();
    assert_eq!(read(&document).by_issuer().len(), 2, "its own is no other");
    document["issuer"] = json!("http://127.0.0.1:1");
    let providers = read(&document).by_issuer();
    let issuers: Vec<&str> = providers.iter().map(|provider| provider.issuer.as_str()).collect();
    assert_eq!(issuers, [server.issuer("strict"), server.issuer("lenient")], "in the order of the file");
    server.stop().await;
}

fn flowproof(dir: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_flowproof")).args(args).current_dir(dir).output().expect("the program starts")
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_try_and_check_go_to_each_issuer() {
    let (server, mut document) = two_issuers().await;
    let dir = tempfile::tempdir().expect("a directory");
    let write = |document: &Value| {
        std::fs::write(dir.path().join("provider.yaml"), document.to_string()).expect("a provider file");
    };
    write(&document);
    let ends = |args: &[&str], code: i32| {
        let output = flowproof(dir.path(), &[args, &["--provider", "provider.yaml"]].concat());
        let told = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "{args:?}: {told}");
        told
    };
    let (strict, lenient) = (server.issuer("strict"), server.issuer("lenient"));
    for (flow, client, issuer) in
        [("code", None, &strict), ("code", Some("spa"), &lenient), ("client-credentials", None, &lenient)]
    {
        let client: Vec<&str> = client.map_or(Vec::new(), |client| vec!["--client", client]);
        let told = ends(&[&["try", flow], client.as_slice()].concat(), 0);
        assert!(told.contains(&format!("{issuer}\n")), "{flow}: {told}");
    }
    let told = ends(&["doctor"], 0);
    assert!(told.contains(&strict) && told.contains(&lenient), "{told}");
    let told = ends(&["check", "--id", "code/redeemed", "--id", "client_credentials/own-token"], 0);
    assert!(told.contains(&strict) && told.contains(&lenient) && told.contains(": 3 passed"), "{told}");

    // What is wrong at the second is told of the second.
    document["clients"]["batch"]["secret"] = json!("another");
    write(&document);
    assert!(ends(&["doctor"], 2).contains("✗ batch"));
    let told = flowproof(dir.path(), &["doctor", "--provider", "provider.yaml", "--json"]).stdout;
    let told: Value = serde_json::from_slice(&told).expect("JSON");
    let issuers: Vec<&str> = told.as_array().expect("a list").iter().filter_map(|one| one["issuer"].as_str()).collect();
    assert_eq!(issuers, [strict, lenient]);
    server.stop().await;
}

#[test]
fn what_is_said_twice_or_of_no_issuer_is_told_with_the_way_out() {
    for (clients, expected) in [
        ("a: { id: a, endpoints: { token: 'http://x/t' } }", "`clients.a.issuer`"),
        ("a: { id: a, issuer: 'http://y?z' }", "an issuer has no query"),
        (
            "a: { id: a, issuer: 'http://y', endpoints: { token: 'http://y/1' } }, b: { id: b, issuer: 'http://y', endpoints: { token: 'http://y/2' } }",
            "an issuer has one of each",
        ),
        ("web: { id: a, issuer: 'http://y' }, other: { id: a, issuer: 'http://y' }", "another client than `clients.web`"),
        ("web: { id: a }, other: { id: a, issuer: 'http://x' }", "another client than `clients.web`"),
    ] {
        let text = format!("issuer: http://x\nclients: {{ {clients} }}\n");
        let source = flowproof::provider::Source::Named("acme.yaml".to_owned());
        let told = Provider::parse(&text, source, &|_| None).expect_err(clients).to_string();
        assert!(told.contains("acme.yaml:2:") && told.contains(expected), "{clients}: {told}");
    }
    let fine = "issuer: http://x\nclients: { web: { id: a }, other: { id: a, issuer: 'http://y' } }\n";
    let source = flowproof::provider::Source::Named("acme.yaml".to_owned());
    assert!(Provider::parse(fine, source, &|_| None).is_ok(), "another issuer's client may have the same name");
}
