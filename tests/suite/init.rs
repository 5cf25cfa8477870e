//! `init`: provider files from metadata and presets, clients by dynamic registration, and that each can be taken away again.

#![cfg(unix)]

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use flowproof::check::Catalog;
use flowproof::doctor::{Outline, PLANS, Preset, PresetError, Worth};
use flowproof::provider::{Endpoints, Provider, Source};
use serde_json::{Map, Value, json};
use wiremock::matchers::{body_partial_json, header, method, path, path_regex};
use wiremock::{Mock, MockServer, ResponseTemplate};

fn flowproof(dir: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flowproof"));
    command.args(args).current_dir(dir).env_remove("NO_COLOR").env("INITIAL_TOKEN", "let-me-in-3141");
    command.output().expect("the program starts")
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn read(dir: &Path, name: &str) -> String {
    std::fs::read_to_string(dir.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn parsed(text: &str) -> Provider {
    let set = |_: &str| Some("set".to_owned());
    Provider::parse(text, Source::Named("made".to_owned()), &set).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

#[test]
fn every_preset_is_read_and_makes_a_provider_file() {
    let catalog = Catalog::embedded().expect("the features are sound");
    let worth = Worth::of(catalog.checks());
    let names = Preset::names();
    for wanted in ["ferriskey", "keycloak", "hydra", "auth0", "okta", "entra", "zitadel", "authentik", "node-oidc-provider"] {
        assert!(names.contains(&wanted), "{wanted}");
    }
    for name in names {
        let preset = Preset::named(name).unwrap_or_else(|error| panic!("{error}"));
        let issuer = preset.issuer.to_lowercase();
        for document in [None, Some(json!({ "issuer": issuer, "token_endpoint": format!("{issuer}/t") }))] {
            let members: Option<Map<String, Value>> = document.and_then(|document| document.as_object().cloned());
            let endpoints = members.as_ref().map(Endpoints::of_metadata).unwrap_or_default();
            let outline = Outline {
                issuer: &issuer,
                connect: None,
                endpoints: &endpoints,
                document: members.as_ref(),
                preset: Some(&preset),
                registered: &BTreeMap::new(),
                secrets: None,
                worth: &worth,
            };
            let text = outline.text();
            let provider = parsed(&text);
            assert_eq!((provider.issuer.as_str(), provider.preset.as_deref()), (issuer.as_str(), Some(name)));
            assert!(text.lines().all(|line| line.chars().count() <= 140), "{name}: {text}");
            // Whoever takes the marks of the clients away has a provider file still.
            let (head, clients) = text.split_once("\nclients:\n").expect("it has clients");
            let clients = clients.replace("  # ── ", "  #── ").replace("\n  # ", "\n  ");
            let clients = parsed(&format!("{head}\nclients:\n{clients}")).clients;
            assert_eq!(clients.keys().map(String::as_str).collect::<BTreeSet<_>>(), PLANS.iter().map(|plan| plan.role).collect());
        }
        assert!(preset.endpoints.keys().all(|key| Endpoints::KEYS.contains(&key.as_str())), "{name}");
        let date = preset.verified.as_ref().is_none_or(|run| run.date.len() == 10 && run.date.starts_with("20"));
        assert!(date && !preset.title.is_empty() && !preset.settings.is_empty(), "{name}");
        let purposes: BTreeSet<_> = preset.settings.iter().map(|setting| setting.purpose).collect();
        assert_eq!(purposes.len(), preset.settings.len(), "{name}: one setting for each purpose");
    }
}

#[test]
fn a_preset_that_is_not_there_is_told_with_what_was_probably_meant() {
    let error = Preset::named("keyclok").expect_err("there is none");
    assert_eq!(error, PresetError::Unknown { name: "keyclok".to_owned(), meant: Some("keycloak".to_owned()) });
    let output = flowproof(Path::new("."), &["init", "--list-presets"]);
    assert_eq!(output.status.code(), Some(0));
    let listed = said(&output);
    for name in Preset::names() {
        assert!(listed.lines().any(|line| line.starts_with(name)), "{name}: {listed}");
    }
    assert!(listed.contains("unverified") && listed.contains("verified with"), "{listed}");
}

#[test]
fn what_a_client_is_worth_is_counted() {
    let catalog = Catalog::embedded().expect("the features are sound");
    let Worth(worth) = Worth::of(catalog.checks());
    assert!(worth["web"] > 100 && worth["alice"] > worth["web"] && worth["tv"] > 10, "{worth:?}");
}

/// A provider with metadata, which registers clients when it is given the initial access token.
async fn provider() -> MockServer {
    let server = MockServer::start().await;
    let base = server.uri();
    let metadata = json!({
        "issuer": base,
        "authorization_endpoint": format!("{base}/authorize"),
        "token_endpoint": format!("{base}/token"),
        "registration_endpoint": format!("{base}/register"),
        "scopes_supported": ["openid", "email"],
    });
    let metadata = ResponseTemplate::new(200).set_body_json(metadata);
    Mock::given(path("/.well-known/oauth-authorization-server")).respond_with(metadata).mount(&server).await;
    for plan in PLANS {
        let name = format!("flowproof {}", plan.role);
        let mut client = json!({
            "client_id": format!("id-of-{}", plan.role),
            "registration_client_uri": format!("{base}/register/{}", plan.role),
            "registration_access_token": format!("management-of-{}", plan.role),
        });
        if plan.is_confidential() {
            client["client_secret"] = format!("it's-the-secret-of-{}", plan.role).into();
        }
        let answer = match plan.role {
            "native" => ResponseTemplate::new(400).set_body_json(json!({ "error": "invalid_redirect_uri" })),
            _ => ResponseTemplate::new(201).set_body_json(client),
        };
        Mock::given(method("POST"))
            .and(path("/register"))
            .and(header("authorization", "Bearer let-me-in-3141"))
            .and(body_partial_json(json!({ "client_name": name })))
            .respond_with(answer)
            .mount(&server)
            .await;
    }
    let no = ResponseTemplate::new(401).set_body_json(json!({ "error": "invalid_token" }));
    Mock::given(method("POST")).and(path("/register")).respond_with(no).with_priority(9).mount(&server).await;
    Mock::given(method("DELETE"))
        .and(path("/register/web"))
        .respond_with(ResponseTemplate::new(500))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    Mock::given(method("DELETE")).and(path("/register/spa")).respond_with(ResponseTemplate::new(404)).mount(&server).await;
    let gone = ResponseTemplate::new(204);
    Mock::given(method("DELETE")).and(path_regex("^/register/")).respond_with(gone).with_priority(9).mount(&server).await;
    server
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_written_once_and_not_written_over_unless_asked() {
    let server = provider().await;
    let dir = tempfile::tempdir().expect("a directory");
    let output = flowproof(dir.path(), &["init", &server.uri()]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let text = read(dir.path(), "provider.yaml");
    let provider = parsed(&text);
    assert_eq!(provider.issuer, server.uri());
    assert_eq!(provider.clients["web"].scopes, ["openid", "email"], "those that the provider knows");
    assert!(!provider.clients.contains_key("tv"), "there is no device authorization endpoint");
    assert!(text.contains("#   device_authorization:"), "{text}");

    std::fs::write(dir.path().join("provider.yaml"), "mine").expect("written");
    let output = flowproof(dir.path(), &["init", &server.uri()]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert_eq!(read(dir.path(), "provider.yaml"), "mine");
    assert_eq!(flowproof(dir.path(), &["init", &server.uri(), "--force"]).status.code(), Some(0));
    assert_eq!(read(dir.path(), "provider.yaml"), text);
    let output = flowproof(dir.path(), &["init", &server.uri(), "--output", "-"]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), text);
}

#[test]
fn who_does_not_answer_is_written_about_from_a_preset_alone() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("an address");
    let issuer = format!("http://{nobody}");
    let dir = tempfile::tempdir().expect("a directory");
    let output = flowproof(dir.path(), &["init", &issuer]);
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    assert!(said(&output).contains("--preset") && !dir.path().join("provider.yaml").exists());
    let output = flowproof(dir.path(), &["init", &issuer, "--preset", "django-oauth-toolkit"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let provider = parsed(&read(dir.path(), "provider.yaml"));
    assert_eq!(provider.endpoints.token.map(String::from), Some(format!("{issuer}/token/")));
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_are_registered_with_their_secrets_kept_aside_and_taken_away_again() {
    let server = provider().await;
    let dir = tempfile::tempdir().expect("a directory");
    let register = ["init", &server.uri(), "--register"];
    let output = flowproof(dir.path(), &register);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("--initial-access-token-env"), "{}", said(&output));
    assert_eq!(std::fs::read_dir(dir.path()).expect("listed").count(), 0, "nothing was made, nothing is written");

    let output = flowproof(dir.path(), &[&register[..], &["--initial-access-token-env", "INITIAL_TOKEN"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let shown = said(&output);
    assert!(shown.contains("native: not registered") && shown.contains("invalid_redirect_uri"), "{shown}");
    let text = read(dir.path(), "provider.yaml");
    let provider = parsed(&text);
    assert_eq!(provider.clients["web"].id, "id-of-web");
    assert!(!provider.clients.contains_key("native"));
    for open in [&shown, &text] {
        for secret in ["the-secret-of", "management-of", "let-me-in"] {
            assert!(!open.contains(secret), "{secret}: {open}");
        }
    }
    for private in ["provider.env", "provider.registration.json"] {
        let mode = std::fs::metadata(dir.path().join(private)).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{private}");
    }
    let shell =
        Command::new("sh").args(["-c", ". ./provider.env; printf %s \"$FLOWPROOF_WEB_SECRET\""]).current_dir(dir.path()).output();
    assert_eq!(shell.expect("a shell").stdout, b"it's-the-secret-of-web");

    let again = flowproof(dir.path(), &[&register[..], &["--force"]].concat());
    assert_eq!(again.status.code(), Some(2), "the ledger would be lost: {}", said(&again));
    assert!(said(&again).contains("--unregister"), "{}", said(&again));

    // The variables of its secrets are not set; how the provider is reached, the file says all the same.
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("an address");
    let detour = format!("{text}\nconnect:\n  proxy: {{ url: \"http://{nobody}\", loopback: true }}\n");
    for (file, code, what) in [(detour.as_str(), 3, "through the proxy"), ("issuer: [", 2, "provider.yaml:1")] {
        std::fs::write(dir.path().join("provider.yaml"), file).expect("written");
        let output = flowproof(dir.path(), &["init", "--unregister", "provider.yaml"]);
        assert_eq!(output.status.code(), Some(code), "{}", said(&output));
        assert!(said(&output).contains(what), "{}", said(&output));
    }
    std::fs::write(dir.path().join("provider.yaml"), &text).expect("written");
    let output = flowproof(dir.path(), &["init", "--unregister", "provider.yaml"]);
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    assert!(said(&output).contains("web          id-of-web: not taken away: status 500"), "{}", said(&output));
    let ledger: Value = serde_json::from_str(&read(dir.path(), "provider.registration.json")).expect("JSON");
    assert_eq!(ledger["clients"].as_object().map(Map::len), Some(1), "what is gone is forgotten: {ledger}");
    let output = flowproof(dir.path(), &["init", "--unregister", "provider.yaml"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    for gone in ["provider.env", "provider.registration.json"] {
        assert!(!dir.path().join(gone).exists(), "{gone}");
    }
    let output = flowproof(dir.path(), &["init", "--unregister", "provider.yaml"]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_repeats_what_a_preset_is_worth() {
    let server = provider().await;
    let dir = tempfile::tempdir().expect("a directory");
    let doctor = |preset: &str| {
        std::fs::write(dir.path().join("p.yaml"), format!("issuer: {}\npreset: {preset}\n", server.uri())).expect("written");
        let output = flowproof(dir.path(), &["doctor", "--provider", "p.yaml"]);
        (output.status.code(), said(&output))
    };
    let (code, text) = doctor("node-oidc-provider");
    assert!(code == Some(0) && text.contains("✓ node-oidc-provider  verified with node-oidc-provider"), "{text}");
    let (code, text) = doctor("okta");
    assert!(code == Some(0) && text.contains("! okta  unverified"), "{text}");
    let (code, text) = doctor("oktah");
    assert!(code == Some(2) && text.contains("did you mean okta?"), "{text}");
}
