//! The drivers that leave the pages to others: a program, and a session that was begun elsewhere.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flowproof::login::{Decision, End, Errand, Sighting, Stop, run};
use flowproof::protocol::{ClientAuth, Secret, request};
use flowproof::provider::{Login, Provider, Source};
use flowproof::server::{Config, ReferenceServer, Running};
use flowproof::wire::{Bounds, Jar, Tape, Wire};
use serde_json::json;
use url::Url;
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

const CALLBACK: &str = "https://client.example/cb";

const LOGIN: &str = r#"<title>Sign in</title><form method="post" action="/login"><input name="username">
    <input type="password" name="password"><button>Sign in</button></form>"#;

fn login(text: &str, source: Source) -> Login {
    let text = format!("issuer: https://as.example\nlogin: {text}\n");
    Provider::parse(&text, source, &|_| None).expect("a provider file").login
}

fn html(page: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(page, "text/html; charset=utf-8")
}

async fn on(server: &MockServer, verb: &str, at: &str, answer: ResponseTemplate) {
    Mock::given(method(verb)).and(path(at)).respond_with(answer).mount(server).await;
}

async fn walk(server: &MockServer, login: &Login, decision: Decision) -> Sighting {
    let (wire, tape) = (Wire::new(Bounds::default()).expect("a client"), Tape::default());
    let password = Secret::new("password of alice", "correct horse");
    let url = Url::parse(&format!("{}/authorize", server.uri())).expect("a URL");
    let start = request::authorize(&url, "web").set("redirect_uri", CALLBACK).set("state", "xyz");
    let stop_at = Stop::RedirectUri(&[CALLBACK]);
    let errand = Errand { start, stop_at, username: "alice", password: &password, user_code: None, decision };
    run(&wire, &tape, &mut Jar::default(), login, &errand).await
}

#[cfg(unix)]
fn program(folder: &std::path::Path, script: &str) -> Login {
    use std::os::unix::fs::PermissionsExt as _;
    let at = folder.join("login.sh");
    std::fs::write(&at, format!("#!/bin/sh\n{script}\n")).expect("a script");
    std::fs::set_permissions(&at, std::fs::Permissions::from_mode(0o755)).expect("a program");
    login("{ driver: command, program: [./login.sh, now], timeout: 2s }", Source::File(folder.join("provider.yaml")))
}

#[cfg(unix)]
#[tokio::test]
async fn a_program_is_told_all_by_environment_and_its_last_line_is_where_it_was_sent() {
    let server = MockServer::start().await;
    on(&server, "GET", "/authorize", html(LOGIN)).await;
    let folder = tempfile::tempdir().expect("a folder");
    let script = r#"echo working
        test "$1" = now || exit 1
        echo "$FLOWPROOF_REDIRECT_URIS?code=$FLOWPROOF_USERNAME-$FLOWPROOF_DECISION&state=xyz""#;
    let seen = walk(&server, &program(folder.path(), script), Decision::Approve).await;
    let code = seen.params().and_then(|params| params.code()).unwrap_or_else(|| panic!("{seen:?}"));
    assert_eq!(code.expose(), "alice-approve");
    assert!(seen.asked_login(), "what stood on the wire is known all the same");
}

#[cfg(unix)]
#[tokio::test]
async fn a_program_that_fails_hangs_or_says_something_else_is_stuck_and_no_secret_is_shown() {
    let server = MockServer::start().await;
    on(&server, "GET", "/authorize", html(LOGIN)).await;
    let folder = tempfile::tempdir().expect("a folder");
    for (script, why) in [
        (r#"echo "no luck with $FLOWPROOF_PASSWORD" >&2; exit 3"#, "exit status: 3"),
        ("echo hello", "printed no URL as its last line, but: hello"),
        (r#"echo "$FLOWPROOF_URL""#, "a page of the provider's"),
        ("sleep 30 & wait", "did not end within 2s"),
    ] {
        let seen = walk(&server, &program(folder.path(), script), Decision::Approve).await;
        let End::Stuck { why: said } = &seen.end else { panic!("{seen:?}") };
        assert!(said.contains(why) && !said.contains("correct horse"), "{said}");
    }
}

#[tokio::test]
async fn a_session_given_goes_on_where_its_cookies_are_known_and_says_when_it_has_ended() {
    let server = MockServer::start().await;
    let callback = ResponseTemplate::new(302).insert_header("location", format!("{CALLBACK}?code=c&state=xyz"));
    Mock::given(method("GET"))
        .and(path("/authorize"))
        .and(header("cookie", "SID=alive"))
        .respond_with(callback)
        .mount(&server)
        .await;
    on(&server, "GET", "/authorize", html(LOGIN)).await;
    let with = |value: &str| {
        let text = format!("{{ driver: session, cookies: [{{ name: SID, value: {value} }}] }}");
        login(&text, Source::Named("test".to_owned()))
    };
    let seen = walk(&server, &with("alive"), Decision::Approve).await;
    assert!(seen.params().is_some_and(|params| params.code().is_some()), "{seen:?}");
    let seen = walk(&server, &with("dead"), Decision::Approve).await;
    assert!(matches!(&seen.end, End::Stuck { why } if why.contains("the session given has ended")), "{seen:?}");
    assert_eq!(with("alive").driver.secrets().count(), 1, "its cookies are secrets");
}

/// A refresh token of alice's for this client, got by a login elsewhere.
async fn refresh_token(server: &Running, role: &str, callback: &str) -> String {
    let document = server.provider_document("my-app");
    let text = |pointer: &str| document.pointer(pointer).and_then(|value| value.as_str()).expect("a value").to_owned();
    let endpoint =
        |name: &str| Url::parse(&format!("{}/protocol/openid-connect/{name}", server.issuer("my-app"))).expect("a URL");
    let (wire, tape) = (Wire::new(Bounds::default()).expect("a client"), Tape::default());
    let password = Secret::new("password of alice", text("/users/alice/password"));
    let id = text(&format!("/clients/{role}/id"));
    let start = request::authorize(&endpoint("auth"), &id)
        .set("redirect_uri", callback)
        .set("scope", "openid profile")
        .set("state", "a state of its own")
        .set("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
        .set("code_challenge_method", "S256");
    let stops = [callback];
    let stop_at = Stop::RedirectUri(&stops);
    let decision = Decision::Approve;
    let errand = Errand { start, stop_at, username: "alice", password: &password, user_code: None, decision };
    let seen = run(&wire, &tape, &mut Jar::default(), &Login::default(), &errand).await;
    let code = seen.params().and_then(|params| params.code()).unwrap_or_else(|| panic!("{seen:?}"));
    let secret = document.pointer(&format!("/clients/{role}/secret")).and_then(|value| value.as_str());
    let auth = match secret {
        Some(secret) => ClientAuth::Basic { id, secret: Secret::new("client_secret", secret) },
        None => ClientAuth::None { id },
    };
    let redeem = request::redeem(&endpoint("token"), &code)
        .set("redirect_uri", callback)
        .set("code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
        .authenticate(&auth);
    let tokens = wire.send(&tape, &redeem).await.expect("an answer").json().expect("JSON");
    tokens["refresh_token"].as_str().unwrap_or_else(|| panic!("{tokens}")).to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refresh_token_given_serves_what_needs_tokens_alone_and_the_rotated_one_takes_its_place() {
    let server = ReferenceServer::start(Config::demo()).await.expect("a server");
    let token = refresh_token(&server, "web", CALLBACK).await;
    let mut document = server.provider_document("my-app");
    document["login"] = json!({ "driver": "session", "refresh_tokens": [{ "client": "web", "value": "${WEB_TOKEN}" }] });
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("provider.yaml"), document.to_string()).expect("a file");
    let expected = [
        ("introspection/active", "passed", ""),
        ("refresh/refreshed-confidential", "passed", ""),
        ("refresh/unauthenticated-id-alone", "passed", ""),
        ("refresh/unauthenticated-wrong-secret", "passed", ""),
        ("refresh/narrower-scope", "passed", ""),
        ("refresh/wide-again-all", "passed", ""),
        ("refresh/made-up-token", "passed", ""),
        ("revocation/unknown-token-short", "passed", ""),
        ("refresh/another-client", "not_applicable", "may end the refresh token that was given"),
        ("revocation/refresh-token", "not_applicable", "may end the refresh token that was given"),
        // Nor is the access token revoked: a provider may end the refresh token behind it.
        ("revocation/access-token", "not_applicable", "may end the refresh token that was given"),
        ("client_credentials/own-token", "passed", ""),
        ("refresh/refreshed-public", "not_applicable", "`login.refresh_tokens: [{ client: spa }]`"),
        ("code/redeemed-confidential", "not_applicable", "`login.cookies`"),
    ];
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_flowproof"));
    command.args(["check", "--provider", "provider.yaml", "--skip-doctor", "--output", "out", "--cleanup"]);
    command.current_dir(folder.path());
    for (id, ..) in expected {
        command.args(["--id", id]);
    }
    let output = command.env("WEB_TOKEN", &token).output().await.expect("it runs");
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let report = std::fs::read_to_string(folder.path().join("out/report.json")).unwrap_or_else(|_| panic!("{said}"));
    assert!(!said.contains(&token) && !report.contains(&token));
    let report: serde_json::Value = serde_json::from_str(&report).expect("JSON");
    let findings = report["findings"].as_array().expect("findings");
    for (id, outcome, reason) in expected {
        let found = findings.iter().find(|finding| finding["id"] == id).unwrap_or_else(|| panic!("{id} in {said}"));
        assert_eq!(found["outcome"], outcome, "{id}: {said}");
        assert!(found.to_string().contains(reason), "{id}: {found}");
    }
    assert_eq!(report["cleanup"], json!({ "tokens": 1, "revoked": 1 }), "what was given is not revoked at the end: {said}");
    // It was used up by the run: whoever gives it again is told so.
    let again = tokio::process::Command::new(env!("CARGO_BIN_EXE_flowproof"))
        .args(["check", "--provider", "provider.yaml", "--skip-doctor", "--output", "out", "--id", "introspection/active"])
        .current_dir(folder.path())
        .env("WEB_TOKEN", &token)
        .output()
        .await
        .expect("it runs");
    let said = String::from_utf8_lossy(&again.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("the refresh token given for clients.web is not taken any more"), "{said}");
    server.stop().await;
}

/// The finding of one check of the program's, by a provider file.
async fn found(document: &serde_json::Value, id: &str, token: &str) -> serde_json::Value {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("provider.yaml"), document.to_string()).expect("a file");
    let output = tokio::process::Command::new(env!("CARGO_BIN_EXE_flowproof"))
        .args(["check", "--provider", "provider.yaml", "--skip-doctor", "--output", "out", "--id", id])
        .current_dir(folder.path())
        .env("GIVEN_TOKEN", token)
        .output()
        .await
        .expect("it runs");
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let report = std::fs::read_to_string(folder.path().join("out/report.json")).unwrap_or_else(|_| panic!("{said}"));
    let report: serde_json::Value = serde_json::from_str(&report).expect("JSON");
    report["findings"][0].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refresh_token_given_is_not_used_again_once_it_was_rotated() {
    let server = ReferenceServer::start(Config::demo()).await.expect("a server");
    let token = refresh_token(&server, "spa", "https://spa.example/cb").await;
    let mut document = server.provider_document("my-app");
    document["login"] = json!({ "driver": "session", "refresh_tokens": [{ "client": "spa", "value": "${GIVEN_TOKEN}" }] });
    document.as_object_mut().expect("a mapping").remove("admin");
    let finding = found(&document, "refresh/rotated-token", &token).await;
    assert_eq!(finding["outcome"], "not_applicable", "{finding}");
    assert!(finding["reason"].to_string().contains("may end the refresh token that was given"), "{finding}");
    server.stop().await;
}

#[tokio::test]
async fn a_token_that_came_of_one_given_is_not_used_before_it_says_that_it_is_valid() {
    let server = MockServer::start().await;
    let early = URL_SAFE_NO_PAD.encode(json!({ "iat": 1_000, "nbf": 1_400 }).to_string());
    let tokens = json!({ "access_token": format!("e30.{early}.c2ln"), "token_type": "Bearer", "expires_in": 3600 });
    on(&server, "POST", "/token", ResponseTemplate::new(200).set_body_json(tokens)).await;
    on(&server, "POST", "/introspect", ResponseTemplate::new(200).set_body_json(json!({ "active": true }))).await;
    let document = json!({
        "issuer": server.uri(),
        "endpoints": { "token": format!("{}/token", server.uri()), "introspection": format!("{}/introspect", server.uri()) },
        "clients": {
            "web": { "id": "web", "secret": "secret-of-web", "redirect_uris": [CALLBACK], "grants": ["authorization_code", "refresh_token"] },
        },
        "login": { "driver": "session", "refresh_tokens": [{ "client": "web", "value": "${GIVEN_TOKEN}" }] },
    });
    let finding = found(&document, "introspection/active", "a-token-of-before").await;
    assert_eq!(finding["outcome"], "not_applicable", "{finding}");
    assert!(finding["reason"].to_string().contains("needs --max-wait 400"), "{finding}");
}

#[test]
fn a_session_without_anything_in_it_is_told_what_may_be() {
    for (text, expected) in [
        ("{ driver: session }", "`refresh_tokens` in their place"),
        ("{ driver: session, cookies: [] }", "a cookie at least"),
        ("{ driver: session, refresh_tokens: [{ value: x }] }", "client"),
        ("{ driver: session, refresh_tokens: [{ client: web, user: bob, value: x }] }", "expected one of: client, value"),
        ("{ driver: form, refresh_tokens: [{ client: web, value: x }] }", "`driver: session` beside it"),
    ] {
        let text = format!("issuer: https://as.example\nlogin: {text}\n");
        let error = Provider::parse(&text, Source::Named("test".to_owned()), &|_| None).expect_err(&text).to_string();
        assert!(error.contains(expected), "{error}");
    }
}
