//! Providers that no sane person runs: whatever they answer, nothing passes, and nothing hangs.

mod dying;
mod limits;
mod table;

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use flowproof::check::{Catalog, Options, Selection};
use flowproof::provider::{Endpoints, Metadata, Provider, Target};
use flowproof::verdict::{Finding, Outcome, Run};
use flowproof::wire::{Bounds, Wire};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use url::Url;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

/// A provider file with every role, whose endpoints are all at this address.
fn everything_at(base: &str) -> Provider {
    let client = |id: &str, secret: bool, grants: &[&str]| {
        let mut client = serde_json::json!({
            "id": id,
            "grants": grants,
            "scopes": ["openid", "profile", "email"],
            "redirect_uris": [format!("http://127.0.0.1:8400/{id}"), format!("https://{id}.example/cb")],
        });
        if secret {
            client["secret"] = format!("secret-of-{id}").into();
        }
        client
    };
    let code = &["authorization_code", "refresh_token"][..];
    let own = &["client_credentials"][..];
    let device = &["device_code", "refresh_token"][..];
    let document = serde_json::json!({
        "issuer": base,
        "clients": {
            "web": client("web", true, code), "other": client("other", true, &["authorization_code", "refresh_token", "client_credentials"]),
            "spa": client("spa", false, code), "other_spa": client("other-spa", false, code),
            "batch": client("batch", true, own), "tv": client("tv", false, device), "other_tv": client("other-tv", false, device),
            "console": client("console", true, device), "single": client("single", true, code),
        },
        "users": {
            "alice": { "username": "alice", "password": "password-of-alice" },
            "bob": { "username": "bob", "password": "password-of-bob" },
            "carol": { "username": "carol", "password": "password-of-carol" },
        },
        "pkce": { "optional_for": ["web"] },
    });
    Provider::from_json(&document, "hostile").expect("the document is a provider file")
}

async fn play(base: &str, total: Duration) -> Run {
    play_these(base, &[], &wire(total), 64, None).await
}

fn wire(total: Duration) -> Wire {
    Wire::new(Bounds { total, connect: Duration::from_secs(1), body: 1 << 16 }).expect("a client")
}

/// Read once: the table below plays many a run.
static CATALOG: LazyLock<Catalog> = LazyLock::new(|| Catalog::embedded().expect("the features are sound"));

/// Plays the checks with these ids, or all, on a provider whose metadata was found there, or nowhere.
async fn play_these(base: &str, ids: &[&str], wire: &Wire, jobs: usize, metadata: Option<&str>) -> Run {
    let provider = everything_at(base);
    // As discovery would leave it: everything is known from the file, nothing from metadata.
    let at = |path: &str| Url::parse(&format!("{base}{path}")).ok();
    let endpoints = Endpoints {
        authorization: at("/auth"),
        token: at("/token"),
        device_authorization: at("/device"),
        revocation: at("/revoke"),
        introspection: at("/introspect"),
        resource: at("/userinfo"),
        jwks: at("/jwks"),
    };
    let target =
        Target { provider, endpoints, metadata: Metadata { seen: Vec::new(), document: None, from: metadata.and_then(at) } };
    let catalog = &*CATALOG;
    let selection = Selection { tags: Vec::new(), ids: ids.iter().map(|id| (*id).to_owned()).collect() };
    let checks = selection.choose(catalog).expect("they are checks");
    let options = Options { jobs, max_wait: Duration::from_secs(2), ..Options::default() };
    let silent = Rc::new(|_: &Finding| {});
    let stop = CancellationToken::new();
    let played = flowproof::check::run(catalog, &checks, &[Arc::new(target)], wire, &options, &stop, silent).await;
    assert_eq!(played.bugs, Vec::<String>::new(), "a bug of our own");
    played.run
}

/// No check may pass: a refusal needs its positive control, an effect its witness, a form an answer that has it.
fn nothing_passes(what: &str, run: &Run) {
    let passed: Vec<&str> = run.findings.iter().filter(|one| one.outcome == Outcome::Passed).map(|one| one.id.as_str()).collect();
    let by_outcome = run.findings.iter().fold(BTreeMap::new(), |mut counts: BTreeMap<&str, usize>, finding| {
        *counts.entry(finding.outcome.name()).or_default() += 1;
        counts
    });
    assert!(passed.is_empty(), "{what}: passed: {passed:#?} of {by_outcome:?}");
    assert!(
        run.findings.iter().any(|one| matches!(one.outcome, Outcome::Violated | Outcome::Inconclusive)),
        "{what}: {by_outcome:?}"
    );
    assert_ne!(run.verdict, flowproof::verdict::Conformance::Conformant, "{what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_passes_on_a_server_that_gives_one_answer_to_everything() {
    let html = "<html><body><h1>Something went wrong</h1></body></html>";
    let answers = [
        (
            "500 with an OAuth error in JSON",
            ResponseTemplate::new(500).set_body_json(serde_json::json!({"error": "invalid_grant"})),
        ),
        ("200 with HTML", ResponseTemplate::new(200).set_body_raw(html, "text/html")),
        ("404 with HTML", ResponseTemplate::new(404).set_body_raw(html, "text/html")),
        ("200 with an empty object", ResponseTemplate::new(200).set_body_json(serde_json::json!({}))),
        ("200 with null", ResponseTemplate::new(200).set_body_json(serde_json::Value::Null)),
        ("200 with an error", ResponseTemplate::new(200).set_body_json(serde_json::json!({"error": "invalid_request"}))),
        ("400 whose error is no string", ResponseTemplate::new(400).set_body_json(serde_json::json!({"error": {"code": 7}}))),
        ("400 as text", ResponseTemplate::new(400).set_body_raw("invalid_grant", "text/plain")),
        ("a redirect to itself", ResponseTemplate::new(302).insert_header("location", "/login")),
        ("401 with an empty body", ResponseTemplate::new(401)),
        (
            "a gzip bomb's header and garbage",
            ResponseTemplate::new(200).insert_header("content-encoding", "gzip").set_body_string("not gzip"),
        ),
    ];
    for (what, answer) in answers {
        let server = MockServer::builder().disable_request_recording().start().await;
        Mock::given(any()).respond_with(answer).mount(&server).await;
        nothing_passes(what, &play(&server.uri(), Duration::from_secs(5)).await);
    }
}

/// Serves the same octets on every connection, then ends as told.
async fn raw(octets: &'static [u8], end: End) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a loopback port");
    let base = format!("http://{}", listener.local_addr().expect("its address"));
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut request = [0; 4096];
                let _ = socket.read(&mut request).await;
                let _ = socket.write_all(octets).await;
                match end {
                    End::Close => {}
                    End::HalfClose => {
                        let _ = socket.shutdown().await;
                        tokio::time::sleep(Duration::from_secs(60)).await;
                    }
                    End::Stall => tokio::time::sleep(Duration::from_secs(60)).await,
                    End::Flood => while socket.write_all(&[b'a'; 4096]).await.is_ok() {},
                }
            });
        }
    });
    base
}

#[derive(Clone, Copy)]
enum End {
    Close,
    Stall,
    Flood,
    /// Says no more, but does not hang up.
    HalfClose,
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_passes_and_nothing_hangs_on_a_server_that_breaks_http() {
    let cases: [(&str, &[u8], End); 6] = [
        ("closes at once", b"", End::Close),
        ("says nothing more", b"HTTP/1.1 200 OK\r\n", End::HalfClose),
        ("is no HTTP", b"SSH-2.0-OpenSSH_9.2\r\n", End::Close),
        (
            "promises more than it sends",
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{\"acc",
            End::Close,
        ),
        ("never ends its headers", b"HTTP/1.1 200 OK\r\ncontent-type: ", End::Stall),
        ("never ends its body", b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n", End::Flood),
    ];
    for (what, octets, end) in cases {
        let base = raw(octets, end).await;
        // Most of it may be waiting for a turn: the runs of one process do not overlap.
        let run = tokio::time::timeout(Duration::from_secs(300), play(&base, Duration::from_millis(300))).await;
        nothing_passes(what, &run.unwrap_or_else(|_| panic!("{what}: the run hangs")));
    }
}
