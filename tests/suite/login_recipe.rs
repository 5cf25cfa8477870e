//! The recipe driver against servers that log users in by JSON: whole recipes, and every way in which they may end.

use flowproof::login::{Decision, End, Errand, Role, Sighting, Stop, run};
use flowproof::protocol::{Endpoint, Request, Secret, request};
use flowproof::provider::{Login, Provider, Source};
use flowproof::wire::{Bounds, Jar, Tape, Wire};
use serde_json::json;
use url::Url;
use wiremock::matchers::{body_json, body_string, header, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

const CALLBACK: &str = "https://client.example/cb";

/// A password that would break out of a string that is put together by hand.
const PASSWORD: &str = r#"p"a\ss&{word}"#;

/// The login of a single-page application: a session cookie, a JSON login, and a question that only some are asked.
const RECIPE: &str = r#"
    login:
      - post: "../login-actions/authenticate?client_id={start.client_id}"
        json: { username: "{username}", password: "{password}", remember: false, attempt: 1 }
        take:
          ticket: { json: /ticket, optional: true }
    consent:
      - post: /consent
        if: ticket
        form: { ticket: "{ticket}", answer: "{decision}" }
    denial:
      - post: /consent
        if: ticket
        form: { ticket: "{ticket}", answer: "{decision}" }
    device:
      - get: "/api/device?code={user_code}"
        take: { csrf: { css: "meta[name=csrf]" } }
      - put: /api/device
        headers: { x-csrf: "{csrf}" }
        json: { code: "{user_code}", user: "{username}", allow: true }
        expect: 204
    device_denial: []"#;

fn provider(recipe: &str) -> Result<Provider, String> {
    let text = format!("issuer: https://as.example\nlogin:\n  driver: recipe\n  recipe:{recipe}\n");
    Provider::parse(&text, Source::Named("test".to_owned()), &|_| None).map_err(|error| error.to_string())
}

fn login(recipe: &str) -> Login {
    provider(recipe).expect("a provider file").login
}

struct Run {
    seen: Sighting,
    tape: Tape,
}

async fn walk(start: Request, stop_at: Stop<'_>, login: &Login, decision: Decision) -> Run {
    let (wire, tape) = (Wire::new(Bounds::default()).expect("a client"), Tape::default());
    let password = Secret::chosen("password", PASSWORD);
    let code = Secret::of_member("user_code", "WDJB MJHT");
    let errand = Errand { start, stop_at, username: "alice", password: &password, user_code: Some(&code), decision };
    let seen = run(&wire, &tape, &mut Jar::default(), login, &errand).await;
    Run { seen, tape }
}

async fn log_in(server: &MockServer, recipe: &str, decision: Decision) -> Run {
    let url = Url::parse(&format!("{}/realm/auth", server.uri())).expect("a URL");
    let start = request::authorize(&url, "web app").set("redirect_uri", CALLBACK).set("state", "0123456789abcdef");
    walk(start, Stop::RedirectUri(&[CALLBACK]), &login(recipe), decision).await
}

async fn on(server: &MockServer, verb: &str, at: &str, answer: ResponseTemplate) {
    Mock::given(method(verb)).and(path(at)).respond_with(answer).mount(server).await;
}

/// The authorization endpoint sends the browser to an application that nobody has to run.
async fn opens(server: &MockServer) {
    let to_app = ResponseTemplate::new(302)
        .insert_header("location", format!("{}/app/login", server.uri()))
        .insert_header("set-cookie", "SESSION=abcdefgh; Path=/; HttpOnly");
    on(server, "GET", "/realm/auth", to_app).await;
}

async fn authenticates(server: &MockServer, answer: serde_json::Value) {
    Mock::given(method("POST"))
        .and(path("/login-actions/authenticate"))
        .and(query_param("client_id", "web app"))
        .and(header("cookie", "SESSION=abcdefgh"))
        .and(body_json(json!({ "username": "alice", "password": PASSWORD, "remember": false, "attempt": 1 })))
        .respond_with(ResponseTemplate::new(200).set_body_json(answer))
        .mount(server)
        .await;
}

fn code(run: &Run) -> Option<&str> {
    run.seen.params().and_then(|params| params.get("code"))
}

#[tokio::test]
async fn a_json_login_ends_where_its_answer_names_the_client() {
    let server = MockServer::start().await;
    opens(&server).await;
    authenticates(&server, json!({ "url": format!("{CALLBACK}?code=s3cr3tc0de&state=0123456789abcdef") })).await;
    let run = log_in(&server, RECIPE, Decision::Approve).await;
    assert_eq!(code(&run), Some("s3cr3tc0de"), "{:?}", run.seen);
    assert!(run.seen.asked_login() && !run.seen.asked_consent());
    let told = serde_json::to_string(&run.tape.exchanges()).expect("JSON");
    for secret in ["s3cr3tc0de", "p\\\"a", "a\\\\\\\\ss"] {
        assert!(!told.contains(secret), "{secret} in {told}");
    }
    let app = server.received_requests().await.expect("requests");
    assert!(app.iter().all(|request| request.url.path() != "/app/login"), "the application was fetched");
}

#[tokio::test]
async fn a_question_is_answered_with_what_the_login_took() {
    let server = MockServer::start().await;
    opens(&server).await;
    authenticates(&server, json!({ "ticket": "a ticket&" })).await;
    for (answer, query) in [("approve", "code=c0ffee00"), ("deny", "error=access_denied")] {
        Mock::given(method("POST"))
            .and(path("/consent"))
            .and(body_string(format!("ticket=a+ticket%26&answer={answer}")))
            .respond_with(ResponseTemplate::new(303).insert_header("location", format!("{CALLBACK}?{query}")))
            .mount(&server)
            .await;
    }
    let run = log_in(&server, RECIPE, Decision::Approve).await;
    assert_eq!(code(&run), Some("c0ffee00"), "{:?}", run.seen);
    assert!(run.seen.asked_consent());
    let run = log_in(&server, RECIPE, Decision::Deny).await;
    assert_eq!(run.seen.params().and_then(|params| params.get("error")), Some("access_denied"));
}

#[tokio::test]
async fn an_answer_of_the_authorization_endpoint_that_needs_no_user_ends_the_recipe_before_its_first_step() {
    for (answer, end) in [
        (ResponseTemplate::new(302).insert_header("location", format!("{CALLBACK}?error=invalid_scope")), "error=invalid_scope"),
        (ResponseTemplate::new(400).set_body_raw("<h1>no</h1>", "text/html"), "refused with status 400"),
        (ResponseTemplate::new(500), "failed with status 500"),
        (ResponseTemplate::new(302).insert_header("location", "https://evil.example/cb?code=x"), "outside of the provider"),
    ] {
        let server = MockServer::start().await;
        on(&server, "GET", "/realm/auth", answer).await;
        let run = log_in(&server, RECIPE, Decision::Approve).await;
        assert!(run.seen.end.describe().contains(end), "{end}: {}", run.seen.end.describe());
        assert_eq!(server.received_requests().await.expect("requests").len(), 1);
    }
}

#[tokio::test]
async fn a_recipe_that_cannot_go_on_says_at_which_step_and_what_it_saw() {
    let cases = [
        (
            ResponseTemplate::new(401).set_body_json(json!({ "message": "no" })),
            "step 1 of `login.recipe.login`: the answer to POST /login-actions/authenticate (status 401, application/json) is not what it expects",
        ),
        (ResponseTemplate::new(200).set_body_json(json!({})), "the recipe is at its end (`login.recipe.consent`)"),
        (ResponseTemplate::new(503), "failed with status 503"),
    ];
    for (answer, why) in cases {
        let server = MockServer::start().await;
        opens(&server).await;
        on(&server, "POST", "/login-actions/authenticate", answer).await;
        let run = log_in(&server, RECIPE, Decision::Approve).await;
        assert!(run.seen.end.describe().contains(why), "{why}: {}", run.seen.end.describe());
    }
    let server = MockServer::start().await;
    opens(&server).await;
    on(&server, "GET", "/page", ResponseTemplate::new(200).set_body_raw("<p>hello", "text/html")).await;
    let recipe = "\n    login:\n      - get: /page\n        take: { csrf: { css: 'input[name=csrf]' } }";
    let run = log_in(&server, recipe, Decision::Approve).await;
    let told = run.seen.end.describe();
    assert!(told.contains("no `csrf` in the answer to GET /page (status 200, text/html)"), "{told}");
}

#[tokio::test]
async fn values_come_from_headers_cookies_and_expressions_and_a_taken_redirect_is_followed() {
    let server = MockServer::start().await;
    opens(&server).await;
    let page = ResponseTemplate::new(200)
        .insert_header("x-flow", "flow-7")
        .set_body_raw("<script>next = '/go?flow=' + flow;</script>", "text/html");
    on(&server, "GET", "/app", page).await;
    let gone = ResponseTemplate::new(302).insert_header("location", format!("{CALLBACK}?code=c0de1234"));
    Mock::given(method("GET"))
        .and(path("/go"))
        .and(query_param("flow", "flow-7/abcdefgh"))
        .respond_with(gone)
        .mount(&server)
        .await;
    let recipe = r#"
    login:
      - get: /app
        take:
          flow: { header: X-Flow }
          session: { cookie: SESSION }
          next: { regex: "next = '([^']+)'" }
      - get: "{next}{flow}%2F{session}"
        follow: true"#;
    let run = log_in(&server, recipe, Decision::Approve).await;
    assert_eq!(code(&run), Some("c0de1234"), "{:?}", run.seen);
}

#[tokio::test]
async fn a_step_may_say_that_what_it_sees_is_a_refusal() {
    let server = MockServer::start().await;
    let error = format!("{}/app/login?login_error=unknown", server.uri());
    on(&server, "GET", "/realm/auth", ResponseTemplate::new(302).insert_header("location", error)).await;
    let recipe = r#"
    login:
      - take: { problem: { header: location, regex: "login_error=([^&]+)", optional: true } }
      - if: problem
        refused: true
      - get: /never"#;
    let run = log_in(&server, recipe, Decision::Approve).await;
    assert!(matches!(run.seen.end, End::Refused { status: 302 }), "{:?}", run.seen);
}

#[tokio::test]
async fn a_device_is_let_in_by_its_own_recipe_and_denied_only_where_there_is_one() {
    let server = MockServer::start().await;
    on(&server, "GET", "/device", ResponseTemplate::new(200)).await;
    let page = ResponseTemplate::new(200).set_body_raw(r#"<meta name="csrf" content="token-1234">"#, "text/html");
    Mock::given(method("GET"))
        .and(path("/api/device"))
        .and(query_param("code", "WDJB MJHT"))
        .respond_with(page)
        .mount(&server)
        .await;
    Mock::given(method("PUT"))
        .and(path("/api/device"))
        .and(header("x-csrf", "token-1234"))
        .and(body_json(json!({ "code": "WDJB MJHT", "user": "alice", "allow": true })))
        .respond_with(ResponseTemplate::new(204))
        .mount(&server)
        .await;
    let start = || Request::get(Endpoint::Verification, &Url::parse(&format!("{}/device", server.uri())).expect("a URL"));
    let run = walk(start(), Stop::Decision, &login(RECIPE), Decision::Approve).await;
    assert!(matches!(run.seen.end, End::Finished), "{:?}", run.seen);
    assert!(run.seen.hops.iter().any(|hop| hop.role == Role::ConsentPage));
    let run = walk(start(), Stop::Decision, &login(RECIPE), Decision::Deny).await;
    assert!(run.seen.end.describe().contains("no `login.recipe.device_denial`"), "{:?}", run.seen);
}

#[test]
fn a_recipe_that_cannot_be_meant_is_refused_with_the_way_out() {
    for (recipe, expected) in [
        ("\n    login: []", "what to send after the authorization request"),
        ("\n    login: [{ get: /a, post: /b }]", "one request for each step"),
        ("\n    login: [{ get: '/{nonsense}' }]", "a name that is known here: start, username, password, decision, user_code"),
        ("\n    login: [{ get: '/{' }]", "each { with its }"),
        ("\n    login: [{ get: /, take: { username: { json: /a } } }]", "a name of its own"),
        ("\n    login: [{ get: /, take: { a: { json: a } } }]", "a JSON pointer such as /url"),
        ("\n    login: [{ get: /, take: { a: { css: '[' } } }]", "a CSS selector"),
        ("\n    login: [{ get: /, take: { a: { regex: '(' } } }]", "a regular expression"),
        ("\n    login: [{ get: /, take: { a: {} } }]", "where it stands"),
        ("\n    login: [{ get: /, expect: 99 }]", "a whole number from 100 to 599"),
        ("\n    login: [{ form: { a: b } }]", "a request to go with"),
        ("\n    login: [{ get: /, if: later }]", "a name that is known here"),
    ] {
        let error = provider(recipe).expect_err(recipe);
        assert!(error.contains(expected), "{recipe}: {error}");
    }
}
