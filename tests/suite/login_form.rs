//! The form driver against servers made of a few pages each: whole walks, and every way in which they may end.

mod answers;
mod cookies;
mod dead_ends;
mod destination;
mod device;
mod ways;

use flowproof::login::{Channel, Decision, End, Errand, Role, Sighting, Stop, look, run};
use flowproof::protocol::{Endpoint, Method, Request, Secret, request};
use flowproof::provider::Login;
use flowproof::wire::{Bounds, Jar, Tape, Wire};
use url::Url;
use wiremock::matchers::{body_string, header, method, path, query_param};
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
        self.errand(start(server), stop_at, Some("WDJB-MJHT"), decision).await
    }

    async fn errand(&mut self, start: Request, stop_at: Stop<'_>, user_code: Option<&str>, decision: Decision) -> Sighting {
        let user_code = user_code.map(|code| Secret::of_member("user_code", code));
        let user_code = user_code.as_ref();
        let errand = Errand { start, stop_at, username: "alice", password: &self.password, user_code, decision };
        run(&self.wire, &self.tape, &mut self.jar, &Login::default(), &errand).await
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

#[tokio::test]
async fn a_user_who_is_never_asked_cannot_deny_and_arrives_with_a_code() {
    let server = MockServer::start().await;
    on(&server, "GET", "/authorize", html(LOGIN)).await;
    on(&server, "POST", "/login", redirect(302, "https://client.example/cb?code=c")).await;
    let seen = Browser::new().walk(&server, Decision::Deny).await;
    assert!(matches!(seen.end, End::Redirected { status: 302, .. }) && !seen.asked_consent(), "{seen:?}");
}

#[tokio::test]
async fn a_walk_may_stop_at_the_question_and_its_form_be_sent_in_another_way() {
    let server = MockServer::start().await;
    provider(&server).await;
    let mut browser = Browser::new();
    let seen = browser.walk_to(&server, Stop::Asked(&[CALLBACK]), Decision::Approve).await;
    assert!(matches!(seen.end, End::Finished), "{seen:?}");
    assert_eq!(seen.describe(), r#"status 200 with a page titled "Allow access?""#);
    let page = seen.last().expect("a page").page();
    let request = page.decide(Decision::Approve).expect("a decision").without("csrf");
    assert_eq!(request.payload().expect("a form").1, b"decision=allow");
}

#[tokio::test]
async fn user_name_and_password_may_stand_on_two_pages() {
    let server = MockServer::start().await;
    on(&server, "GET", "/authorize", redirect(302, "/u/identifier?flow=7")).await;
    let first = "<title>Sign in</title><form method=post><input name=email type=email><button>Next</button></form>";
    on(&server, "GET", "/u/identifier", html(first)).await;
    let with = |body: &'static str, answer| {
        Mock::given(method("POST"))
            .and(path("/u/identifier"))
            .and(query_param("flow", "7"))
            .and(body_string(body))
            .respond_with(answer)
    };
    let second = "<title>Sign in</title><form method=post><input name=email type=email value=alice readonly><input type=password name=pw><button>Sign in</button></form>";
    with("email=alice", html(second)).mount(&server).await;
    with("email=alice&pw=correct+horse", redirect(303, "https://client.example/cb?code=c")).mount(&server).await;
    let seen = Browser::new().walk(&server, Decision::Approve).await;
    assert_eq!(seen.describe(), "redirected to https://client.example/cb with code");
    assert_eq!(seen.pages().count(), 2);
}

#[tokio::test]
async fn a_password_field_that_a_script_would_have_shown_is_filled_when_the_page_comes_again() {
    let server = MockServer::start().await;
    let page = "<form method=post action=/in><input name=user><div style='display:none'><input type=password name=pw></div><button>Next</button></form>";
    on(&server, "GET", "/authorize", html(page)).await;
    Mock::given(body_string("user=alice&pw=")).respond_with(html(page)).mount(&server).await;
    Mock::given(body_string("user=alice&pw=correct+horse"))
        .respond_with(redirect(303, "https://client.example/cb?code=c"))
        .mount(&server)
        .await;
    let seen = Browser::new().walk(&server, Decision::Approve).await;
    assert!(seen.params().is_some(), "{seen:?}");
}

#[tokio::test]
async fn a_wrong_password_ends_the_walk_at_the_second_login_page() {
    for status in [200, 401] {
        let server = MockServer::start().await;
        on(&server, "GET", "/authorize", html(LOGIN)).await;
        on(&server, "POST", "/login", html(LOGIN).append_header("x", "y")).await;
        Mock::given(method("POST"))
            .respond_with(ResponseTemplate::new(status).set_body_raw(LOGIN, "text/html"))
            .with_priority(1)
            .mount(&server)
            .await;
        let seen = Browser::new().walk(&server, Decision::Approve).await;
        let End::Stuck { why } = &seen.end else { panic!("{seen:?}") };
        assert_eq!(why, r#"the login page came back after the password was sent (a page titled "Sign in")"#);
        assert_eq!(seen.hops.len(), 2);
    }
}

#[tokio::test]
async fn a_login_page_with_status_401_is_operated() {
    let server = MockServer::start().await;
    provider(&server).await;
    Mock::given(path("/authorize"))
        .respond_with(ResponseTemplate::new(401).set_body_raw(LOGIN, "text/html"))
        .with_priority(1)
        .mount(&server)
        .await;
    let seen = Browser::new().walk(&server, Decision::Approve).await;
    assert!(seen.params().is_some() && seen.hops[0].role == Role::LoginPage, "{seen:?}");
}

#[tokio::test]
async fn secure_cookies_live_on_loopback_and_are_kept_across_the_walk() {
    let server = MockServer::start().await;
    let answer = html(LOGIN)
        .append_header("set-cookie", "AUTH_SESSION_ID=abc.def; Path=/; HttpOnly; Secure; SameSite=None")
        .append_header("set-cookie", "__Host-sid=1; Path=/; HttpOnly; Secure")
        .append_header("set-cookie", "elsewhere=1; Path=/elsewhere");
    on(&server, "GET", "/authorize", answer).await;
    on(&server, "POST", "/login", redirect(303, "https://client.example/cb?code=c")).await;
    let mut browser = Browser::new();
    let seen = browser.walk(&server, Decision::Approve).await;
    assert!(seen.params().is_some(), "{seen:?}");
    let cookies = seen.hops[1].request.headers.iter().find(|(name, _)| name == "cookie").expect("cookies").1.expose();
    let mut pairs: Vec<&str> = cookies.split("; ").collect();
    pairs.sort_unstable();
    assert_eq!(pairs, ["AUTH_SESSION_ID=abc.def", "__Host-sid=1"]);
    assert!(!browser.jar.is_empty());
}

#[tokio::test]
async fn nothing_secret_is_on_the_tape() {
    let server = MockServer::start().await;
    provider(&server).await;
    let mut browser = Browser::new();
    let seen = browser.walk(&server, Decision::Approve).await;
    assert!(seen.params().is_some());
    let tape = serde_json::to_string(&browser.tape.exchanges()).expect("exchanges serialise");
    for secret in ["correct horse", "correct+horse", "the-code-of-alice", "0123456789abcdef0123"] {
        assert!(!tape.contains(secret), "{secret} in {tape}");
    }
    assert!(tape.contains("‹password of alice "), "{tape}");
}

#[tokio::test]
async fn a_code_in_a_form_that_submits_itself_is_not_on_the_tape_either() {
    let server = MockServer::start().await;
    let page = "<body onload='document.forms[0].submit()'><form method=post action=https://client.example/cb><input type=hidden name=code value=the.code></form>";
    on(&server, "GET", "/authorize", html(page)).await;
    let mut browser = Browser::new();
    let seen = browser.walk(&server, Decision::Approve).await;
    assert_eq!(seen.params().and_then(|params| params.get("code")), Some("the.code"));
    let tape = serde_json::to_string(&browser.tape.exchanges()).expect("exchanges serialise");
    assert!(!tape.contains("the.code"), "{tape}");
}

#[tokio::test]
async fn the_reference_server_is_walked_through_in_both_flows() {
    let server = flowproof::server::ReferenceServer::start(flowproof::server::Config::demo()).await.expect("a server");
    let document = server.provider_document("my-app");
    let password = Secret::new("password of alice", document["users"]["alice"]["password"].as_str().expect("a password"));
    let endpoint =
        |name: &str| Url::parse(&format!("{}/protocol/openid-connect/{name}", server.issuer("my-app"))).expect("a URL");
    for (decision, words) in [(Decision::Approve, "with code"), (Decision::Deny, "with error=access_denied")] {
        let mut browser = Browser { password: password.clone(), ..Browser::new() };
        let start = request::authorize(&endpoint("auth"), "web-app")
            .set("redirect_uri", CALLBACK)
            .set("scope", "openid")
            .set("state", "a state of its own")
            .set("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
            .set("code_challenge_method", "S256");
        let seen = browser.errand(start, Stop::RedirectUri(&[CALLBACK]), None, decision).await;
        assert_eq!(seen.describe(), format!("redirected to {CALLBACK} {words}"), "{seen:?}");
    }
    for (decision, complete) in
        [(Decision::Approve, false), (Decision::Approve, true), (Decision::Deny, false), (Decision::Deny, true)]
    {
        let mut browser = Browser { password: password.clone(), ..Browser::new() };
        let asked = request::device(&endpoint("auth/device")).set("client_id", "tv");
        let device = browser.wire.send(&browser.tape, &asked).await.expect("an answer").json().expect("a device code");
        let member = |name: &str| device[name].as_str().unwrap_or_else(|| panic!("{name} in {device}")).to_owned();
        let uri = member(if complete { "verification_uri_complete" } else { "verification_uri" });
        let start = Request::get(Endpoint::Verification, &Url::parse(&uri).expect("a URL"));
        let code = (!complete).then(|| member("user_code"));
        let seen = browser.errand(start, Stop::Decision, code.as_deref(), decision).await;
        assert!(matches!(seen.end, End::Finished) && seen.asked_consent(), "{seen:?}");
        let poll = request::poll(&endpoint("token"), &Secret::new("device_code", member("device_code"))).set("client_id", "tv");
        let answer = browser.wire.send(&browser.tape, &poll).await.expect("an answer").json().expect("JSON");
        let expected = if decision == Decision::Approve { "access_token" } else { "error" };
        assert!(answer.get(expected).is_some(), "{decision:?}: {:?}", answer.get("error"));
    }
    server.stop().await;
}

#[tokio::test]
async fn a_browser_that_only_looks_follows_what_moves_without_a_user() {
    let server = MockServer::start().await;
    let page = "<form method=post action=/approve><input type=hidden name=code value=x><button>Approve</button></form>\
                <script>document.forms[0].submit()</script>";
    on(&server, "GET", "/authorize", html(page)).await;
    on(&server, "POST", "/approve", html("<h1>Done</h1>")).await;
    let mut browser = Browser::new();
    let seen = look(&browser.wire, &browser.tape, &mut browser.jar, start(&server), &[]).await;
    assert!(matches!(seen.end, End::Finished) && seen.hops.len() == 2, "{seen:?}");
    assert_eq!(seen.hops[0].role, Role::RelayPage);
}
