//! Clients that the provider does not know as the file has them: secrets, methods, redirect URIs.

use std::time::SystemTime;

use flowproof::doctor::{Health, Sign, Topic};
use serde_json::json;
use wiremock::matchers::{basic_auth, header, method, path, query_param};
use wiremock::{Mock, ResponseTemplate};

use super::{asserts, complaint, endpoints, file, mock, of_document, of_file, running};

#[tokio::test]
async fn a_wrong_secret_a_wrong_method_and_an_unknown_client_are_told_apart() {
    let server = running().await;
    let mut document = server.provider_document("strict");
    document["clients"]["web"]["secret"] = "not-the-secret-of-web".into();
    document["clients"]["other"]["auth"] = "client_secret_post".into();
    document["clients"]["spa"]["id"] = "nobody-knows-me".into();
    let diagnosis = of_document(&document).await;
    assert_eq!(diagnosis.health, Health::Misconfigured);
    let clients = |subject| complaint(&diagnosis, Topic::Clients, subject);
    asserts(clients("web"), Sign::Wrong, "invalid_client", "clients.web.id` and `.secret");
    asserts(
        clients("other"),
        Sign::Wrong,
        "client_secret_basic, not by client_secret_post",
        "clients.other.auth: client_secret_basic",
    );
    asserts(clients("spa"), Sign::Wrong, "does not know `nobody-knows-me` as a public client", "register it");
    server.stop().await;
}

#[tokio::test]
async fn a_redirect_uri_that_is_not_registered_and_a_scope_that_is_not_the_clients_are_told_apart() {
    let server = running().await;
    let mut document = server.provider_document("strict");
    document["clients"]["spa"]["redirect_uris"] = json!(["http://127.0.0.1:8402/elsewhere"]);
    document["clients"]["batch"]["scopes"] = json!(["no-such-scope"]);
    let diagnosis = of_document(&document).await;
    let spa = complaint(&diagnosis, Topic::RedirectUris, "spa");
    asserts(spa, Sign::Wrong, "http://127.0.0.1:8402/elsewhere: refused: status 400", "register exactly this URI");
    let batch = complaint(&diagnosis, Topic::Clients, "batch");
    asserts(batch, Sign::Wrong, "its secret is right, and its scopes are not", "clients.batch.scopes");
    server.stop().await;
}

#[tokio::test]
async fn a_request_that_is_refused_at_the_redirect_uri_shows_that_the_uri_is_registered() {
    let server = mock(endpoints, SystemTime::now()).await;
    let back = ResponseTemplate::new(302).insert_header("location", "https://client.example/cb?error=unauthorized_client");
    Mock::given(method("GET")).and(path("/authorize")).respond_with(back).mount(&server).await;
    let diagnosis = of_file(&file(&server)).await;
    let web = complaint(&diagnosis, Topic::RedirectUris, "web");
    asserts(web, Sign::Wrong, "registered, but the request is refused with \"unauthorized_client\"", "authorization code flow");
}

#[tokio::test]
async fn who_looks_at_the_redirect_uri_after_the_login_only_is_asked_with_a_user_who_has_logged_in() {
    let server = mock(endpoints, SystemTime::now()).await;
    let html = |text: &str| ResponseTemplate::new(200).set_body_raw(text.to_owned(), "text/html");
    let login = "<title>Sign in</title><form method=post action=/login><input name=user><input name=p type=password><button>Sign in</button></form>";
    let consent = "<title>Allow?</title><form method=post action=/consent><button name=d value=yes>Allow</button><button name=d value=no>Deny</button></form>";
    let known = ("cookie", "session=1");
    Mock::given(method("POST"))
        .and(path("/login"))
        .respond_with(
            ResponseTemplate::new(303).insert_header("location", "/authorize?go").insert_header("set-cookie", "session=1"),
        )
        .mount(&server)
        .await;
    Mock::given(method("GET"))
        .and(path("/authorize"))
        .and(header(known.0, known.1))
        .and(query_param("redirect_uri", "https://unregistered.flowproof.invalid/callback"))
        .respond_with(ResponseTemplate::new(400).set_body_string("this is no redirect URI of yours"))
        .with_priority(1)
        .mount(&server)
        .await;
    let asked = Mock::given(method("GET")).and(path("/authorize")).and(header(known.0, known.1));
    asked.respond_with(html(consent)).with_priority(2).mount(&server).await;
    Mock::given(method("GET")).and(path("/authorize")).respond_with(html(login)).with_priority(3).mount(&server).await;
    let diagnosis = of_file(&file(&server)).await;
    let told = diagnosis.remarks.iter().find(|one| one.topic == Topic::RedirectUris).expect("it was asked");
    assert!(told.sign == Sign::Fine && told.says.ends_with("registered; a consent page"), "{told:?}");
}

#[tokio::test]
async fn who_takes_every_redirect_uri_shows_nothing() {
    let server = mock(endpoints, SystemTime::now()).await;
    Mock::given(method("GET")).and(path("/authorize")).respond_with(BackToWhoever).mount(&server).await;
    let diagnosis = of_file(&file(&server)).await;
    let told = complaint(&diagnosis, Topic::RedirectUris, "1 URI");
    asserts(told, Sign::Doubt, "it gets an answer, and so does one that nobody registered", "compare");
}

#[tokio::test]
async fn a_provider_that_does_not_decode_basic_is_not_taken_for_a_wrong_secret() {
    let server = mock(endpoints, SystemTime::now()).await;
    let refusal = |status: u16, error: &str| ResponseTemplate::new(status).set_body_json(json!({ "error": error }));
    let raw = basic_auth("web", "demo secret: of web");
    Mock::given(path("/token")).and(raw).respond_with(refusal(400, "invalid_grant")).with_priority(1).mount(&server).await;
    Mock::given(path("/token")).respond_with(refusal(401, "invalid_client")).mount(&server).await;
    let text = file(&server).replace("demo-secret-of-web", "\"demo secret: of web\"");
    let diagnosis = of_file(&text).await;
    let web = complaint(&diagnosis, Topic::Clients, "web");
    asserts(web, Sign::Doubt, "only where it is not form-encoded", "RFC 6749 section 2.3.1");
}

#[tokio::test]
async fn a_bare_401_to_what_is_made_up_says_nothing_of_the_client() {
    let server = mock(endpoints, SystemTime::now()).await;
    let no = ResponseTemplate::new(401).set_body_json(json!({ "message": "no" }));
    Mock::given(path("/token")).respond_with(no).mount(&server).await;
    let diagnosis = of_file(&file(&server)).await;
    asserts(complaint(&diagnosis, Topic::Clients, "web"), Sign::Doubt, "cannot be told: status 401", "compare `clients.web`");
}

struct BackToWhoever;

impl wiremock::Respond for BackToWhoever {
    fn respond(&self, request: &wiremock::Request) -> ResponseTemplate {
        let (_, uri) = request.url.query_pairs().find(|(name, _)| name == "redirect_uri").expect("it names one");
        ResponseTemplate::new(302).insert_header("location", format!("{uri}?code=x").as_str())
    }
}

#[tokio::test]
async fn who_is_sent_to_a_login_page_in_place_of_an_answer_was_not_let_in() {
    let server = mock(endpoints, SystemTime::now()).await;
    let away = ResponseTemplate::new(302).insert_header("location", "/login");
    Mock::given(method("POST")).and(path("/token")).respond_with(away).mount(&server).await;
    let diagnosis = of_file(&file(&server)).await;
    asserts(complaint(&diagnosis, Topic::Clients, "web"), Sign::Wrong, "status 302", "clients.web.id` and `.secret");
}
