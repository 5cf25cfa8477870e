//! The drivers that leave the pages to others: a program, and a session that was begun elsewhere.

use flowproof::login::{Decision, End, Errand, Sighting, Stop, run};
use flowproof::protocol::{Secret, request};
use flowproof::provider::{Login, Provider, Source};
use flowproof::wire::{Bounds, Jar, Tape, Wire};
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
