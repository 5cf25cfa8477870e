//! What a check concludes of a provider that answers as a few requests' worth of mocks says: where a fault is one, and where it is none.

use std::rc::Rc;
use std::sync::Arc;

use flowproof::check::{Catalog, Options};
use flowproof::provider::{Endpoints, Metadata, Provider, Target};
use flowproof::verdict::{Finding, Outcome};
use flowproof::wire::{Bounds, Wire};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use url::Url;
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

mod by_browser;
mod of_devices;
mod whose_token;

/// Plays one check on a provider whose endpoints are all at this server, described by clients of these roles.
async fn judged(server: &MockServer, id: &str, clients: Value) -> Finding {
    judged_by(server, id, clients, None).await
}

/// As [`judged`], where the provider publishes these members beside its issuer.
async fn judged_by(server: &MockServer, id: &str, clients: Value, published: Option<Value>) -> Finding {
    let base = server.uri();
    let document = json!({
        "issuer": base,
        "clients": clients,
        "users": {
            "alice": { "username": "alice", "password": "password-of-alice" },
            "carol": { "username": "carol", "password": "password-of-carol" },
        },
    });
    let provider = Provider::from_json(&document, "mocked").unwrap_or_else(|error| panic!("{error}"));
    let at = |path: &str| Url::parse(&format!("{base}{path}")).ok();
    let endpoints = Endpoints {
        authorization: at("/auth"),
        token: at("/token"),
        device_authorization: at("/device"),
        revocation: at("/revoke"),
        introspection: at("/introspect"),
        resource: None,
        jwks: None,
    };
    let mut metadata = Metadata { seen: Vec::new(), document: None, from: None };
    if let Some(mut document) = published {
        document["issuer"] = base.as_str().into();
        let well_known = "/.well-known/oauth-authorization-server";
        Mock::given(path(well_known)).respond_with(ResponseTemplate::new(200).set_body_json(&document)).mount(server).await;
        metadata = Metadata { document: document.as_object().cloned(), from: at(well_known), ..metadata };
    }
    let target = Target { provider, endpoints, metadata };
    let catalog = Catalog::embedded().expect("the features are sound");
    let checks: Vec<_> = catalog.checks().iter().filter(|check| check.id == id).cloned().collect();
    let (wire, options, stop) = (Wire::new(Bounds::default()).expect("TLS"), Options::default(), CancellationToken::new());
    let silent = Rc::new(|_: &Finding| {});
    let played = flowproof::check::run(&catalog, &checks, &[Arc::new(target)], &wire, &options, &stop, silent).await;
    assert_eq!(played.bugs, Vec::<String>::new(), "a bug of our own");
    played.run.findings.into_iter().next_back().unwrap_or_else(|| panic!("no check has the id {id}"))
}

/// The outcome, and the finding where it is another one.
#[track_caller]
fn concludes(finding: &Finding, outcome: Outcome) {
    assert_eq!(finding.outcome, outcome, "{finding:#?}");
}
