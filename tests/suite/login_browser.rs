//! Real browsers, each that this machine has: what they do on pages of scripts, on our own server, and where they fail.

mod drivers;
mod pictures;
mod shadow;

use flowproof::login::{Channel, Decision, End, Errand, Sighting, Stop, run};
use flowproof::protocol::{Endpoint, Request, Secret, request};
use flowproof::provider::{Login, Provider, Source};
use flowproof::server::{Config, ReferenceServer};
use flowproof::wire::{Bounds, Jar, Tape, Wire};
use url::Url;
use wiremock::matchers::{body_string, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

const CALLBACK: &str = "https://client.example/cb";

/// A page that is nothing without its script.
const SCRIPTED: &str = r#"<title>App</title><div id="app"></div><script>
    setTimeout(() => {
      const app = document.getElementById('app');
      app.innerHTML = '<label>User name <input id="u"></label><input id="p" type="password"><button type="button">Sign in</button>';
      app.querySelector('button').onclick = () => {
        const sent = new URLSearchParams({ username: app.querySelector('#u').value, password: app.querySelector('#p').value });
        fetch('/login', { method: 'POST', body: sent, redirect: 'manual' }).then(() => {
          app.innerHTML = '<p>Let the client in?</p><div role="button">Cancel</div><button type="button">Allow</button>';
          app.querySelector('button').onclick = () => { location.href = 'https://client.example/cb?code=the-code&state=xyz'; };
          app.querySelector('[role=button]').onclick = () => { location.href = 'https://client.example/cb?error=access_denied'; };
        });
      };
    }, 300);</script>"#;

/// The name of a browser in the provider file, and its driver's.
const BROWSERS: [(&str, &str); 2] = [("chromium", "chromedriver"), ("firefox", "geckodriver")];

fn is_on_path(program: &str) -> bool {
    std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).any(|folder| folder.join(program).is_file())
}

/// The browsers whose drivers are on the PATH; a machine without one is told so.
fn browsers() -> Vec<(&'static str, &'static str)> {
    let (here, missing): (Vec<_>, Vec<_>) = BROWSERS.into_iter().partition(|(_, driver)| is_on_path(driver));
    for (browser, driver) in missing {
        eprintln!("SKIPPED: no {driver} on the PATH, so nothing is known of {browser} here");
    }
    here
}

fn login(browser: &str, more: &str) -> Login {
    let text = format!(
        "issuer: https://as.example\nlogin: {{ driver: webdriver, webdriver: {{ browser: {browser}, timeout: 30s{more} }} }}\n"
    );
    let named = Source::Named("test".to_owned());
    Provider::parse(&text, named, &|_| None).unwrap_or_else(|error| panic!("{error}")).login
}

fn html(page: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(page, "text/html; charset=utf-8")
}

fn redirect(to: &str) -> ResponseTemplate {
    ResponseTemplate::new(302).insert_header("location", to)
}

/// A provider with this page, whose scripts send `/login` what was typed: Alice's password, and no other, is right.
async fn takes_alices_password(page: &str) -> MockServer {
    let server = MockServer::start().await;
    on(&server, "GET", "/authorize", html(page)).await;
    Mock::given(method("POST"))
        .and(path("/login"))
        .and(body_string("username=alice&password=correct+horse"))
        .respond_with(ResponseTemplate::new(204))
        .mount(&server)
        .await;
    on(&server, "POST", "/login", ResponseTemplate::new(401)).await;
    server
}

async fn on(server: &MockServer, verb: &str, at: &str, answer: ResponseTemplate) {
    Mock::given(method(verb)).and(path(at)).respond_with(answer).mount(server).await;
}

/// Somebody with a browser of their own.
struct Somebody {
    wire: Wire,
    tape: Tape,
    jar: Jar,
    password: Secret,
}

impl Somebody {
    fn new(password: &str) -> Self {
        let wire = Wire::new(Bounds::default()).expect("a client");
        Self { wire, tape: Tape::default(), jar: Jar::default(), password: Secret::new("password of alice", password) }
    }

    async fn go(&mut self, login: &Login, start: Request, stop_at: Stop<'_>, code: Option<&str>, decision: Decision) -> Sighting {
        let code = code.map(|code| Secret::of_member("user_code", code));
        let errand = Errand { start, stop_at, username: "alice", password: &self.password, user_code: code.as_ref(), decision };
        run(&self.wire, &self.tape, &mut self.jar, login, &errand).await
    }

    async fn walk(&mut self, server: &MockServer, login: &Login, decision: Decision) -> Sighting {
        self.go(login, start(server), Stop::RedirectUri(&[CALLBACK]), Some("WDJB-MJHT"), decision).await
    }
}

fn start(server: &MockServer) -> Request {
    let url = Url::parse(&format!("{}/authorize", server.uri())).expect("a URL");
    request::authorize(&url, "web").set("redirect_uri", CALLBACK).set("state", "xyz")
}

#[tokio::test]
async fn a_browser_operates_pages_of_scripts_and_reaches_no_client() {
    for (browser, _) in browsers() {
        let server = takes_alices_password(SCRIPTED).await;
        let login = login(browser, "");
        let seen = Somebody::new("correct horse").walk(&server, &login, Decision::Approve).await;
        assert_eq!(seen.params().and_then(|params| params.code()).unwrap_or_else(|| panic!("{seen:?}")).expose(), "the-code");
        assert!(seen.asked_login() && seen.asked_consent(), "{browser}: {seen:?}");
        let seen = Somebody::new("correct horse").walk(&server, &login, Decision::Deny).await;
        assert_eq!(seen.params().and_then(|params| params.get("error")), Some("access_denied"), "{browser}: {seen:?}");
    }
}

#[tokio::test]
async fn what_went_over_the_browsers_wire_is_known_as_it_was() {
    for (browser, _) in browsers() {
        let server = MockServer::start().await;
        let page = r#"<title>Sign in</title><form method="post" action="/login"><input name="username"><input type="password" name="password"><button>Sign in</button></form>"#;
        on(&server, "GET", "/authorize", html(page).append_header("set-cookie", "before=1; Path=/; Secure; HttpOnly")).await;
        let answer = redirect("/relay").append_header("set-cookie", "SID=1; Path=/").append_header("set-cookie", "two=2; Path=/");
        on(&server, "POST", "/login", answer).await;
        let relay = format!(
            "<form method=post action={CALLBACK}><input type=hidden name=code value=c><input type=hidden name=state value='x y'></form><script>document.forms[0].submit()</script>"
        );
        on(&server, "GET", "/relay", html(&relay)).await;
        let mut somebody = Somebody::new("correct horse");
        let seen = somebody.walk(&server, &login(browser, ""), Decision::Approve).await;
        let End::Redirected { channel, params, .. } = &seen.end else { panic!("{browser}: {seen:?}") };
        assert_eq!((*channel, params.get("state")), (Channel::FormPost, Some("x y")), "{browser}");
        assert!(seen.hops.iter().any(|hop| hop.status == 302 && hop.carried(&somebody.password)), "{browser}: {seen:?}");
        let mut cookies: Vec<String> = somebody.jar.cookies().map(|cookie| cookie.name).collect();
        cookies.sort();
        assert_eq!(cookies, ["SID", "before", "two"], "{browser}");
        let told = server.received_requests().await.expect("requests are kept");
        let posted = told.iter().find(|request| request.url.path() == "/login").expect("a login");
        assert!(posted.headers.get("cookie").is_some_and(|value| value.as_bytes() == b"before=1"), "{browser}: {posted:?}");
        let tape = serde_json::to_string(&somebody.tape.exchanges()).expect("exchanges serialise");
        assert!(!tape.contains("correct horse") && !tape.contains("correct+horse"), "{browser}: {tape}");
    }
}

#[tokio::test]
async fn each_way_to_a_client_is_seen_and_none_is_gone() {
    for (browser, _) in browsers() {
        // Somebody else's program may listen where the client would.
        let client = MockServer::start().await;
        let own = format!("{}/cb", client.uri());
        for (answer, end) in [
            (redirect(&format!("{own}?code=c")), format!("redirected to {own} with code").as_str()),
            (redirect("com.example.app:/cb?code=c&state=xyz"), "redirected to com.example.app:/cb with code"),
            (
                redirect(&format!("{CALLBACK}#code=c&state=xyz")),
                "redirected to https://client.example/cb with code in the fragment",
            ),
            (redirect("https://evil.example/?code=c"), "sent to https://evil.example/, outside of the provider, with code"),
            (ResponseTemplate::new(500), "the server failed with status 500"),
        ] {
            let server = MockServer::start().await;
            on(&server, "GET", "/authorize", html("<form method=post action=/c><button>Allow</button></form><script>1</script>"))
                .await;
            on(&server, "POST", "/c", answer).await;
            let stops = [CALLBACK, "com.example.app:/cb", &own];
            let stop_at = Stop::RedirectUri(&stops);
            let mut somebody = Somebody::new("correct horse");
            let seen = somebody.go(&login(browser, ""), start(&server), stop_at, None, Decision::Approve).await;
            assert_eq!(seen.describe(), end, "{browser}");
        }
        let reached = client.received_requests().await.expect("requests are kept");
        assert!(reached.is_empty(), "{browser} has reached the client: {reached:?}");
    }
}

#[tokio::test]
async fn a_request_by_post_begins_in_a_browser_too() {
    for (browser, _) in browsers() {
        let server = MockServer::start().await;
        let page = "<form method=post action=/c><button>Allow</button></form><script>1</script>";
        Mock::given(method("POST"))
            .and(path("/authorize"))
            .and(body_string("state=x+y"))
            .respond_with(html(page))
            .mount(&server)
            .await;
        on(&server, "POST", "/c", redirect(&format!("{CALLBACK}?code=c"))).await;
        let url = Url::parse(&format!("{}/authorize", server.uri())).expect("a URL");
        let start = Request::post(Endpoint::Authorization, &url).set("state", "x y");
        let stop_at = Stop::RedirectUri(&[CALLBACK]);
        let seen = Somebody::new("correct horse").go(&login(browser, ""), start, stop_at, None, Decision::Approve).await;
        assert!(seen.params().is_some_and(|params| params.code().is_some()), "{browser}: {seen:?}");
    }
}

#[tokio::test]
async fn a_browser_logs_in_approves_denies_and_lets_a_device_in_at_our_own_server() {
    for (browser, _) in browsers() {
        let server = ReferenceServer::start(Config::demo()).await.expect("a server");
        let document = server.provider_document("my-app");
        let password = document["users"]["alice"]["password"].as_str().expect("a password").to_owned();
        let endpoint =
            |name: &str| Url::parse(&format!("{}/protocol/openid-connect/{name}", server.issuer("my-app"))).expect("a URL");
        let login = login(browser, "");
        for (decision, words) in [(Decision::Approve, "with code"), (Decision::Deny, "with error=access_denied")] {
            let start = request::authorize(&endpoint("auth"), "web-app")
                .set("redirect_uri", CALLBACK)
                .set("scope", "openid")
                .set("state", "a state of its own")
                .set("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
                .set("code_challenge_method", "S256");
            let stop_at = Stop::RedirectUri(&[CALLBACK]);
            let seen = Somebody::new(&password).go(&login, start, stop_at, None, decision).await;
            assert_eq!(seen.describe(), format!("redirected to {CALLBACK} {words}"), "{browser}: {seen:?}");
        }
        for (decision, complete) in [(Decision::Approve, false), (Decision::Approve, true), (Decision::Deny, false)] {
            let mut somebody = Somebody::new(&password);
            let asked = request::device(&endpoint("auth/device")).set("client_id", "tv");
            let device = somebody.wire.send(&somebody.tape, &asked).await.expect("an answer").json().expect("a device code");
            let member = |name: &str| device[name].as_str().unwrap_or_else(|| panic!("{name} in {device}")).to_owned();
            let uri = member(if complete { "verification_uri_complete" } else { "verification_uri" });
            let start = Request::get(Endpoint::Verification, &Url::parse(&uri).expect("a URL"));
            let code = (!complete).then(|| member("user_code"));
            let seen = somebody.go(&login, start, Stop::Decision, code.as_deref(), decision).await;
            assert!(matches!(seen.end, End::Finished) && seen.asked_consent(), "{browser}: {seen:?}");
            let secret = Secret::new("device_code", member("device_code"));
            let poll = request::poll(&endpoint("token"), &secret).set("client_id", "tv");
            let answer = somebody.wire.send(&somebody.tape, &poll).await.expect("an answer").json().expect("JSON");
            let expected = if decision == Decision::Approve { "access_token" } else { "error" };
            assert!(answer.get(expected).is_some(), "{browser}, {decision:?}: {:?}", answer.get("error"));
        }
        server.stop().await;
    }
}

/// Pages whose controls say nothing of what they are for.
async fn wordless(server: &MockServer) {
    let page = |body: &str| html(&format!("<title>◆</title>{body}<script>1</script>"));
    let buttons = |first: &str, second: &str| {
        format!(
            "<button type=button id=a onclick=\"go('{first}')\">①</button><button type=button id=b onclick=\"go('{second}')\">②</button>"
        )
    };
    let go = "<script>function go(to) { const q = [...document.querySelectorAll('input')].map((i) => i.id + '=' + i.value).join('&'); location.href = to + (q ? '?' + q : ''); }</script>";
    on(server, "GET", "/authorize", page(&format!("{go}<input id=x1><input id=x2>{}", buttons("/wrong", "/code")))).await;
    on(server, "GET", "/code", page(&format!("{go}<input id=x3>{}", buttons("/wrong", "/secret")))).await;
    on(
        server,
        "GET",
        "/secret",
        page(&format!("{go}<input id=x4><input id=x5 type=password>{}", buttons("/wrong", "/question"))),
    )
    .await;
    let question = page(&format!("{go}{}", buttons(&format!("{CALLBACK}?error=access_denied"), &format!("{CALLBACK}?code=c"))));
    on(server, "GET", "/question", question).await;
}

#[tokio::test]
async fn selectors_say_where_things_are_that_no_word_tells() {
    let selectors = ", selectors: { username: '#x2', next: '#x1 ~ #b, #x3 ~ #b', user_code: '#x3', password: '#x5', submit: '#x4 ~ #b', \
                     approve: 'body:not(:has(input)) #b', deny: 'body:not(:has(input)) #a' }";
    for (browser, _) in browsers() {
        let server = MockServer::start().await;
        wordless(&server).await;
        let login_by = login(browser, selectors);
        for (decision, words) in [(Decision::Approve, "with code"), (Decision::Deny, "with error=access_denied")] {
            let seen = Somebody::new("secret").walk(&server, &login_by, decision).await;
            assert_eq!(seen.describe(), format!("redirected to {CALLBACK} {words}"), "{browser}: {seen:?}");
        }
        let asked: Vec<String> =
            server.received_requests().await.expect("requests are kept").iter().map(|request| request.url.to_string()).collect();
        for one in ["/code?x1=&x2=alice", "/secret?x3=WDJB-MJHT", "/question?x4=&x5=secret"] {
            assert!(asked.iter().any(|url| url.ends_with(one)), "{browser}: {one} in {asked:?}");
        }
        let broken = login(browser, ", selectors: { approve: 'button[' }");
        let seen = Somebody::new("secret").walk(&server, &broken, Decision::Approve).await;
        let why = "stuck: `login.webdriver.selectors.approve` is no CSS selector that the browser can read";
        assert_eq!(seen.describe(), why, "{browser}");
    }
}

#[test]
fn a_file_that_asks_for_what_no_browser_does_is_told_so() {
    for (more, expected) in [
        ("browser: opera", "expected one of: chromium, firefox"),
        ("url: 'https://grid.example'", "an http URL"),
        ("url: 'http://127.0.0.1:1', program: x", "no program beside `url`"),
        ("selectors: { user: x }", "expected one of: username, password, user_code, submit, next, approve, deny"),
    ] {
        let text = format!("issuer: https://as.example\nlogin: {{ driver: webdriver, webdriver: {{ {more} }} }}\n");
        let error = Provider::parse(&text, Source::Named("test".to_owned()), &|_| None).expect_err(more).to_string();
        assert!(error.contains(expected), "{error}");
    }
}
