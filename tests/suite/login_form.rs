//! The form driver against servers made of a few pages each: whole walks, and every way in which they may end.

use flowproof::login::{Channel, Decision, End, Errand, Role, Sighting, Stop, run};
use flowproof::protocol::{Endpoint, Method, Request, Secret, request};
use flowproof::wire::{Bounds, Jar, Tape, Wire};
use url::Url;
use wiremock::matchers::{body_string, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

const CALLBACK: &str = "https://client.example/cb";

const LOGIN: &str = r#"<html><head><title>Sign in</title></head><body><form method="post" action="/login">
    <input type="hidden" name="csrf" value="0123456789abcdef0123"><input name="username"><input type="password" name="password">
    <button>Sign in</button></form></body></html>"#;

const CONSENT: &str = r#"<title>Allow access?</title><form method="post" action="/consent"><input type="hidden" name="csrf" value="c0ffee">
    <button name="decision" value="allow">Allow</button><button name="decision" value="deny">Deny</button></form>"#;

fn html(page: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(page, "text/html; charset=utf-8")
}

fn redirect(status: u16, to: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).insert_header("location", to)
}

async fn on(server: &MockServer, verb: &str, at: &str, answer: ResponseTemplate) {
    Mock::given(method(verb)).and(path(at)).respond_with(answer).mount(server).await;
}

struct Browser {
    wire: Wire,
    tape: Tape,
    jar: Jar,
    password: Secret,
}

impl Browser {
    fn new() -> Self {
        Self {
            wire: Wire::new(Bounds::default()).expect("a client"),
            tape: Tape::default(),
            jar: Jar::default(),
            password: Secret::new("password of alice", "correct horse"),
        }
    }

    async fn walk(&mut self, server: &MockServer, decision: Decision) -> Sighting {
        self.walk_to(server, Stop::RedirectUri(&[CALLBACK]), decision).await
    }

    async fn walk_to(&mut self, server: &MockServer, stop_at: Stop<'_>, decision: Decision) -> Sighting {
        let errand = Errand {
            start: start(server),
            stop_at,
            username: "alice",
            password: &self.password,
            user_code: Some("WDJB-MJHT"),
            decision,
        };
        run(&self.wire, &self.tape, &mut self.jar, &errand).await
    }
}

fn start(server: &MockServer) -> Request {
    let url = Url::parse(&format!("{}/authorize", server.uri())).expect("a URL");
    request::authorize(&url, "web").set("redirect_uri", CALLBACK).set("state", "xyz")
}

/// Login, consent, callback; every test changes one thing of it.
async fn provider(server: &MockServer) {
    on(server, "GET", "/authorize", html(LOGIN)).await;
    on(server, "GET", "/consent", html(CONSENT)).await;
    Mock::given(method("POST"))
        .and(path("/login"))
        .and(body_string("csrf=0123456789abcdef0123&username=alice&password=correct+horse"))
        .and(header("origin", server.uri()))
        .respond_with(redirect(303, "/consent"))
        .mount(server)
        .await;
    on_decision(server, "allow", "code=the-code-of-alice&state=xyz").await;
    on_decision(server, "deny", "error=access_denied&state=xyz").await;
}

async fn on_decision(server: &MockServer, value: &str, answer: &str) {
    Mock::given(method("POST"))
        .and(path("/consent"))
        .and(body_string(format!("csrf=c0ffee&decision={value}")))
        .respond_with(redirect(303, &format!("{CALLBACK}?{answer}")))
        .mount(server)
        .await;
}

#[tokio::test]
async fn a_user_who_approves_arrives_with_a_code_and_every_answer_on_the_way_is_kept() {
    let server = MockServer::start().await;
    provider(&server).await;
    let mut browser = Browser::new();
    let seen = browser.walk(&server, Decision::Approve).await;
    let End::Redirected { location, raw, status, channel, params } = &seen.end else { panic!("{seen:?}") };
    assert_eq!((location.as_str(), *status, *channel), (raw.as_str(), 303, Channel::Query));
    assert_eq!(params.code().expect("a code").expose(), "the-code-of-alice");
    let to = |path: &str| Role::Redirect { to: Url::parse(&format!("{}{path}", server.uri())).expect("a URL") };
    let roles: Vec<&Role> = seen.hops.iter().map(|hop| &hop.role).collect();
    assert_eq!(
        roles,
        [&Role::LoginPage, &to("/consent"), &Role::ConsentPage, &Role::Redirect { to: location.clone() }],
        "{seen:?}"
    );
    assert!(seen.hops[1].carried(&browser.password) && !seen.hops[2].carried(&browser.password));
    assert!(seen.asked_login() && seen.asked_consent());
    assert_eq!(seen.hops[0].request.endpoint, Endpoint::Authorization);
    assert_eq!(seen.hops[1].method, Method::Post);
    assert_eq!(seen.describe(), "redirected to https://client.example/cb with code");
}

#[tokio::test]
async fn a_user_who_denies_arrives_with_access_denied() {
    let server = MockServer::start().await;
    provider(&server).await;
    let seen = Browser::new().walk(&server, Decision::Deny).await;
    assert_eq!(seen.params().and_then(|params| params.get("error")), Some("access_denied"), "{seen:?}");
    assert_eq!(seen.describe(), "redirected to https://client.example/cb with error=access_denied");
}
