//! The form driver against servers made of a few pages each: whole walks, and every way in which they may end.

mod answers;
mod cookies;
mod ways;

use flowproof::login::{Channel, Decision, End, Errand, Role, Sighting, Stop, look, run};
use flowproof::protocol::{Endpoint, Method, Request, Secret, request};
use flowproof::provider::Login;
use flowproof::wire::{Bounds, Jar, Tape, Wire};
use url::Url;
use wiremock::matchers::{body_string, body_string_contains, header, method, path, query_param};
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
async fn a_page_without_a_way_to_say_no_leaves_a_denying_user_stuck() {
    let server = MockServer::start().await;
    on(&server, "GET", "/authorize", html("<title>One way</title><form method=post><button>Allow</button></form>")).await;
    let seen = Browser::new().walk(&server, Decision::Deny).await;
    assert_eq!(seen.describe(), r#"stuck: nothing to deny with: a page titled "One way" offers "Allow" only"#);
    assert!(seen.asked_consent());
    assert_eq!(seen.hops.len(), 1, "nothing was pressed");
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
async fn a_refusal_is_a_refusal_even_if_its_layout_holds_a_login_form() {
    let server = MockServer::start().await;
    on(&server, "GET", "/authorize", ResponseTemplate::new(400).set_body_raw(LOGIN, "text/html")).await;
    let seen = Browser::new().walk(&server, Decision::Approve).await;
    assert!(matches!(seen.end, End::Refused { status: 400 }), "{seen:?}");
    assert_eq!(seen.hops[0].role, Role::ErrorPage);
    assert_eq!(seen.describe(), r#"refused with status 400, a page titled "Sign in""#);
}

#[tokio::test]
async fn a_server_that_fails_crashes_the_walk_and_one_that_is_gone_fails_it() {
    let server = MockServer::start().await;
    on(&server, "GET", "/authorize", html(LOGIN)).await;
    on(&server, "POST", "/login", ResponseTemplate::new(503)).await;
    let seen = Browser::new().walk(&server, Decision::Approve).await;
    assert!(matches!(seen.end, End::Crashed { status: 503 }), "{seen:?}");

    let gone = MockServer::builder().start().await;
    let mut request = start(&gone);
    request.url.set_port(Some(1)).expect("a port");
    let mut browser = Browser::new();
    let seen = look(&browser.wire, &browser.tape, &mut browser.jar, request, &[]).await;
    assert!(matches!(seen.end, End::Failed(_)) && seen.hops.is_empty(), "{seen:?}");
}

#[tokio::test]
async fn pages_that_cannot_be_operated_say_why() {
    for (answer, why) in [
        (html("<title>Hello</title>"), r#"a page titled "Hello": it holds no form that asks for a login or a decision"#),
        (html("<form><input name=otp><button>Go</button></form>"), "a page without a title: it asks for otp"),
        (
            html("<div id=app></div><button>Log in</button>"),
            "a page without a title: it holds no form that asks for a login or a decision",
        ),
        (ResponseTemplate::new(302), "status 302 without a Location"),
        (redirect(302, "http://[bad"), "status 302 with a Location that is no URL"),
        (ResponseTemplate::new(304), "status 304, which leads nowhere"),
        (
            html("<form method=post><input name=user_code><button>Go</button></form>"),
            "a page without a title asks for a code that this errand does not have",
        ),
    ] {
        let server = MockServer::start().await;
        on(&server, "GET", "/authorize", answer).await;
        let stop_at = Stop::RedirectUri(&[CALLBACK]);
        let seen = Browser::new().errand(start(&server), stop_at, None, Decision::Approve).await;
        let End::Stuck { why: got } = &seen.end else { panic!("{why}: {seen:?}") };
        assert_eq!(got, why);
    }
}

#[tokio::test]
async fn going_round_in_circles_is_bounded() {
    let server = MockServer::start().await;
    on(&server, "GET", "/authorize", redirect(302, "/authorize")).await;
    let seen = Browser::new().walk(&server, Decision::Approve).await;
    assert!(matches!(seen.end, End::Stuck { .. }) && seen.hops.len() == 30, "{seen:?}");

    let server = MockServer::start().await;
    on(&server, "GET", "/authorize", html("<meta http-equiv=refresh content='0;url=/authorize'>")).await;
    let seen = Browser::new().walk(&server, Decision::Approve).await;
    assert!(matches!(seen.end, End::Stuck { .. }) && seen.hops.len() == 13, "{seen:?}");

    let server = MockServer::start().await;
    on(
        &server,
        "GET",
        "/authorize",
        html("<title>Again</title><form method=post action=/authorize><button>Continue</button></form>"),
    )
    .await;
    on(&server, "POST", "/authorize", redirect(303, "/authorize")).await;
    let seen = Browser::new().walk(&server, Decision::Approve).await;
    assert_eq!(seen.describe(), r#"stuck: a page titled "Again" came back after it was answered"#);
}

#[tokio::test]
async fn a_307_hands_the_password_on_within_the_provider_and_never_to_the_client() {
    let server = MockServer::start().await;
    on(&server, "GET", "/authorize", html(LOGIN)).await;
    on(&server, "POST", "/login", redirect(307, "/login2")).await;
    Mock::given(method("POST"))
        .and(path("/login2"))
        .and(body_string("csrf=0123456789abcdef0123&username=alice&password=correct+horse"))
        .and(header("content-type", "application/x-www-form-urlencoded"))
        .respond_with(redirect(308, "https://client.example/cb?code=c&state=xyz"))
        .mount(&server)
        .await;
    let mut browser = Browser::new();
    let seen = browser.walk(&server, Decision::Approve).await;
    let End::Redirected { status, channel, params, .. } = &seen.end else { panic!("{seen:?}") };
    assert_eq!((*status, *channel, params.0.len()), (308, Channel::Query, 2), "the password is not among them");
    assert!(seen.redirects().all(|hop| hop.carried(&browser.password)));
}

#[tokio::test]
async fn the_answer_is_taken_from_every_channel() {
    let form = "<body onload='document.forms[0].submit()'><form method=post action=https://client.example/cb><input type=hidden name=code value=c><input type=hidden name=state value=xyz></form>";
    let json = |body: &str| ResponseTemplate::new(200).set_body_raw(body.to_owned(), "application/json");
    for (answer, channel, status, words) in [
        (
            redirect(302, "https://client.example/cb#access_token=t&state=xyz"),
            Channel::Fragment,
            302,
            "with access_token in the fragment",
        ),
        (redirect(302, "https://client.example/cb?code=c&state=xyz#_=_"), Channel::Query, 302, "with code"),
        (html(form), Channel::FormPost, 200, "with code by form post"),
        (redirect(202, "https://client.example/cb?code=c&state=xyz"), Channel::Query, 202, "with code"),
        (json(r#"{"redirect_to":"https://client.example/cb?code=c&state=xyz"}"#), Channel::Query, 200, "with code"),
        (
            html("<script>location.replace('https://client.example/cb?error=x&state=xyz')</script>"),
            Channel::Query,
            200,
            "with error=x",
        ),
        (
            html(
                "<form action=https://client.example/cb><input type=hidden name=error value=access_denied><input type=hidden name=state value=xyz><button>Continue</button></form>",
            ),
            Channel::Query,
            200,
            "with error=access_denied",
        ),
        (redirect(302, "https://client.example/cb"), Channel::Query, 302, "with neither code nor error"),
    ] {
        let server = MockServer::start().await;
        on(&server, "GET", "/authorize", answer).await;
        let seen = Browser::new().walk(&server, Decision::Approve).await;
        let End::Redirected { channel: got, status: seen_status, params, .. } = &seen.end else { panic!("{words}: {seen:?}") };
        assert_eq!((*got, *seen_status), (channel, status), "{words}");
        assert_eq!(seen.describe(), format!("redirected to https://client.example/cb {words}"));
        assert!(params.get("state") == Some("xyz") || params.0.is_empty(), "{words}");
    }
}

#[tokio::test]
async fn a_location_is_the_redirect_uri_only_if_scheme_authority_and_path_are_equal() {
    for (location, stops) in [
        ("https://client.example/cb?code=c", true),
        ("https://CLIENT.example:443/cb?code=c", true),
        ("https://client.example/cb/?code=c", false),
        ("https://client.example/cbx?code=c", false),
        ("http://client.example/cb?code=c", false),
        ("https://client.example:8443/cb?code=c", false),
        ("https://client.example@evil.example/cb?code=c", false),
        ("https://evil.example/?u=https://client.example/cb", false),
        ("com.example.app:/cb?code=c", true),
        ("com.example.other:/cb?code=c", false),
        ("http://127.0.0.1:8400/callback?code=c", true),
        ("http://127.0.0.1:8401/callback?code=c", false),
        ("http://localhost:8400/callback?code=c", false),
    ] {
        let server = MockServer::start().await;
        on(&server, "GET", "/authorize", redirect(302, location)).await;
        let mut browser = Browser::new();
        let uris = [CALLBACK, "com.example.app:/cb", "http://127.0.0.1:8400/callback"];
        let seen = look(&browser.wire, &browser.tape, &mut browser.jar, start(&server), &uris).await;
        match &seen.end {
            End::Redirected { raw, .. } => assert!(stops && raw == location, "{location}"),
            End::Outside { raw, status: 302, .. } => assert!(!stops && raw == location, "{location}"),
            other => panic!("{location}: {other:?}"),
        }
        assert_eq!(seen.hops.len(), 1, "nothing else was asked");
    }
}

#[tokio::test]
async fn a_form_that_would_hand_the_password_to_a_stranger_is_not_sent() {
    let server = MockServer::start().await;
    on(&server, "GET", "/authorize", html(&LOGIN.replace("/login", "https://evil.example/login"))).await;
    let mut browser = Browser::new();
    let seen = browser.walk(&server, Decision::Approve).await;
    assert!(matches!(seen.end, End::Outside { channel: Channel::FormPost, .. }), "{seen:?}");
    assert!(!format!("{seen:?}").contains("correct horse") && !seen.describe().contains("correct"), "{seen:?}");
}

#[tokio::test]
async fn a_login_host_of_the_providers_own_is_followed() {
    let (server, login) = (MockServer::start().await, MockServer::start().await);
    on(&server, "GET", "/authorize", redirect(302, &format!("{}/authorize", login.uri()))).await;
    provider(&login).await;
    let seen = Browser::new().walk(&server, Decision::Approve).await;
    assert!(seen.params().is_some(), "{seen:?}");
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
async fn looking_operates_nothing() {
    let server = MockServer::start().await;
    provider(&server).await;
    let mut browser = Browser::new();
    let seen = look(&browser.wire, &browser.tape, &mut browser.jar, start(&server), &[CALLBACK]).await;
    assert!(matches!(seen.end, End::Finished), "{seen:?}");
    assert_eq!((seen.hops.len(), &seen.hops[0].role), (1, &Role::LoginPage));
}

/// Code, login, question, end: a verification page (RFC 8628 section 3.3).
async fn verification(server: &MockServer) {
    let code =
        "<title>Connect a device</title><form method=post action=/code><input name=user_code><button>Continue</button></form>";
    on(server, "GET", "/authorize", html(code)).await;
    Mock::given(path("/code")).and(body_string("user_code=WDJB-MJHT")).respond_with(html(LOGIN)).mount(server).await;
    Mock::given(path("/code")).respond_with(html(code)).mount(server).await;
    Mock::given(path("/login"))
        .and(body_string_contains("password=correct+horse"))
        .respond_with(html(CONSENT))
        .mount(server)
        .await;
    Mock::given(path("/consent"))
        .and(body_string_contains("decision=allow"))
        .respond_with(redirect(303, "/done"))
        .mount(server)
        .await;
    Mock::given(path("/consent"))
        .and(body_string_contains("decision=deny"))
        .respond_with(redirect(303, "/denied"))
        .mount(server)
        .await;
    on(server, "GET", "/done", html("<title>Device connected</title>")).await;
    on(server, "GET", "/denied", html(&code.replace("Connect a device", "The device was denied"))).await;
}

#[tokio::test]
async fn a_device_is_approved_and_denied_and_the_page_behind_is_the_end() {
    let server = MockServer::start().await;
    verification(&server).await;
    for (decision, title) in [(Decision::Approve, "Device connected"), (Decision::Deny, "The device was denied")] {
        let seen = Browser::new().walk_to(&server, Stop::Decision, decision).await;
        assert!(matches!(seen.end, End::Finished) && seen.asked_consent(), "{seen:?}");
        assert_eq!(seen.describe(), format!("status 200 with a page titled {title:?}"));
        let roles: Vec<&Role> = seen.pages().map(|hop| &hop.role).take(3).collect();
        assert_eq!(roles, [&Role::UserCodePage, &Role::LoginPage, &Role::ConsentPage]);
    }
}

#[tokio::test]
async fn a_device_may_be_confirmed_before_its_user_is_known() {
    let server = MockServer::start().await;
    let confirm = "<title>Is this your device?</title><form method=post action=/confirm><input type=hidden name=user_code value=WDJB-MJHT><button>Continue</button><button name=abort value=yes>Deny</button></form>";
    on(&server, "GET", "/authorize", html(confirm)).await;
    Mock::given(path("/confirm"))
        .and(body_string("user_code=WDJB-MJHT"))
        .respond_with(redirect(303, "/login"))
        .mount(&server)
        .await;
    on(&server, "GET", "/login", html(LOGIN)).await;
    on(&server, "POST", "/login", html(CONSENT)).await;
    on(&server, "POST", "/consent", html("<title>Done</title><meta http-equiv=refresh content='5;url=https://www.example/'>"))
        .await;
    Mock::given(path("/confirm"))
        .and(body_string("user_code=WDJB-MJHT&abort=yes"))
        .respond_with(html("<title>Denied</title>"))
        .mount(&server)
        .await;
    for (decision, title, hops) in [(Decision::Approve, "Done", 5), (Decision::Deny, "Denied", 2)] {
        let seen = Browser::new().walk_to(&server, Stop::Decision, decision).await;
        assert_eq!(seen.describe(), format!("status 200 with a page titled {title:?}"), "{seen:?}");
        assert_eq!(seen.hops.len(), hops);
    }
}

#[tokio::test]
async fn a_user_code_that_is_not_taken_ends_the_walk() {
    let server = MockServer::start().await;
    verification(&server).await;
    let seen = Browser::new().errand(start(&server), Stop::Decision, Some("XXXX-XXXX"), Decision::Approve).await;
    assert_eq!(
        seen.describe(),
        r#"stuck: the page that asks for the user code came back after it was sent (a page titled "Connect a device")"#
    );
}

#[tokio::test]
async fn a_code_that_the_complete_address_brought_is_sent_on_as_it_is() {
    let server = MockServer::start().await;
    let code = r#"<title>Device code</title><form method="post" action="/code"><input name="user_code" value="BCDF-GHJK" required><button>Verify</button></form>"#;
    on(&server, "GET", "/authorize", html(code)).await;
    let question = r#"<title>Accept or deny</title><form method="post" action="/confirm"><button name="action" value="accept">Accept</button><button name="action" value="deny">Deny</button></form>"#;
    Mock::given(path("/code")).and(body_string("user_code=BCDF-GHJK")).respond_with(html(question)).mount(&server).await;
    on(&server, "POST", "/confirm", html("<title>Device authorized</title>")).await;
    let seen = Browser::new().errand(start(&server), Stop::Decision, None, Decision::Approve).await;
    assert_eq!(seen.describe(), r#"status 200 with a page titled "Device authorized""#, "{seen:?}");
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
async fn an_error_page_that_sends_the_browser_on_by_itself_refuses_nothing() {
    for page in [
        "<meta http-equiv=refresh content='0;url=https://evil.example/cb?error=invalid_request'>",
        "<body onload='document.forms[0].submit()'><form method=post action='https://evil.example/cb'></form>",
    ] {
        let server = MockServer::start().await;
        on(&server, "GET", "/authorize", ResponseTemplate::new(400).set_body_raw(page, "text/html")).await;
        let seen =
            Browser::new().walk_to(&server, Stop::RedirectUri(&[CALLBACK, "https://evil.example/cb"]), Decision::Approve).await;
        assert!(matches!(&seen.end, End::Redirected { status: 400, .. }), "{seen:?}");
    }
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

#[tokio::test]
async fn a_provider_that_limits_the_rate_is_waited_for_and_has_refused_nothing() {
    let server = MockServer::start().await;
    provider(&server).await;
    let slow_down = ResponseTemplate::new(429).insert_header("retry-after", "0");
    Mock::given(path("/authorize")).respond_with(slow_down.clone()).up_to_n_times(1).with_priority(1).mount(&server).await;
    let seen = Browser::new().walk(&server, Decision::Approve).await;
    assert!(seen.params().is_some() && seen.hops[0].status == 429, "{seen:?}");

    for (answer, hops) in [(slow_down, 3), (ResponseTemplate::new(429).insert_header("retry-after", "121"), 1)] {
        let server = MockServer::start().await;
        on(&server, "GET", "/authorize", answer).await;
        let seen = Browser::new().walk(&server, Decision::Approve).await;
        assert_eq!(seen.describe(), "stuck: the provider limits the rate (status 429)");
        assert_eq!(seen.hops.len(), hops);
    }
}
