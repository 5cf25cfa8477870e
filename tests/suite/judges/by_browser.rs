//! What a browser and its user meet: challenge methods of one client and of another, forms that bring something along, consent that is remembered.

use std::collections::HashMap;

use flowproof::verdict::Outcome;
use serde_json::{Value, json};
use url::Url;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::{concludes, judged, judged_by};

type Parameters = HashMap<String, String>;

fn clients() -> Value {
    let client = |id: &str, secret: Option<&str>| json!({ "id": id, "secret": secret, "grants": ["authorization_code"], "redirect_uris": [format!("https://{id}.example/cb")] });
    let mut spa = client("spa", None);
    spa.as_object_mut().expect("an object").remove("secret");
    json!({ "web": client("web", Some("secret-of-web")), "spa": spa })
}

fn query(request: &Request) -> Parameters {
    request.url.query_pairs().into_owned().collect()
}

fn body(request: &Request) -> Parameters {
    url::form_urlencoded::parse(&request.body).into_owned().collect()
}

/// Back to the client of this request, with its state and what else is to be said.
fn back(asked: &Parameters, name: &str, value: &str) -> ResponseTemplate {
    let mut location = Url::parse(&asked["redirect_uri"]).expect("a redirect URI");
    location.query_pairs_mut().append_pair(name, value).append_pair("state", &asked["state"]);
    ResponseTemplate::new(302).insert_header("location", location.as_str())
}

fn page(html: String) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(html, "text/html")
}

fn tokens(_: &Parameters) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({ "access_token": "a-token", "token_type": "Bearer" }))
}

/// A provider whose authorization endpoint answers a request like this, and whose token endpoint a form like that.
async fn provider(authorizes: fn(&Parameters) -> ResponseTemplate, redeems: fn(&Parameters) -> ResponseTemplate) -> MockServer {
    let server = MockServer::builder().disable_request_recording().start().await;
    let authorization = move |request: &Request| authorizes(&query(request));
    Mock::given(method("GET")).and(path("/auth")).respond_with(authorization).mount(&server).await;
    Mock::given(path("/token")).respond_with(move |request: &Request| redeems(&body(request))).mount(&server).await;
    server
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_method_that_is_listed_works_if_it_does_for_any_client() {
    let published = || Some(json!({ "code_challenge_methods_supported": ["S256", "plain"] }));
    fn not_for_spa(asked: &Parameters) -> ResponseTemplate {
        let plain = asked.get("code_challenge_method").is_some_and(|method| method == "plain");
        if plain && asked["client_id"] == "spa" { back(asked, "error", "invalid_request") } else { back(asked, "code", "c") }
    }
    fn for_nobody(asked: &Parameters) -> ResponseTemplate {
        let plain = asked.get("code_challenge_method").is_some_and(|method| method == "plain");
        if plain { back(asked, "error", "invalid_request") } else { back(asked, "code", "c") }
    }
    let check = "metadata/challenge-method-plain";
    concludes(&judged_by(&provider(not_for_spa, tokens).await, check, clients(), published()).await, Outcome::Passed);
    concludes(&judged_by(&provider(for_nobody, tokens).await, check, clients(), published()).await, Outcome::Violated);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_device_grant_is_listed_together_with_its_endpoint_or_not_at_all() {
    let check = "device/metadata";
    let grant = "urn:ietf:params:oauth:grant-type:device_code";
    let server = provider(|asked| back(asked, "code", "c"), tokens).await;
    let endpoint = format!("{}/device", server.uri());
    for (published, outcome) in [
        (json!({ "grant_types_supported": [grant], "device_authorization_endpoint": endpoint }), Outcome::Passed),
        (json!({ "grant_types_supported": [grant] }), Outcome::Violated),
        (
            json!({ "grant_types_supported": ["authorization_code"], "device_authorization_endpoint": endpoint }),
            Outcome::Violated,
        ),
        (json!({ "grant_types_supported": ["authorization_code"] }), Outcome::NotApplicable),
    ] {
        server.reset().await;
        concludes(&judged_by(&server, check, clients(), Some(published)).await, outcome);
    }
}

/// A login page that remembers the request in its own address, whole.
fn login_page(asked: &Parameters) -> ResponseTemplate {
    let whole = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(asked).finish().replace('&', "&amp;");
    page(format!(
        "<form method=post action=\"/login?{whole}\"><input name=username><input type=password name=password>\
         <button>Log in</button></form>"
    ))
}

/// What comes of the login form, by the request as its address has it and by what the form brings.
async fn logs_in(server: &MockServer, answers: fn(&Parameters, &Parameters) -> ResponseTemplate) {
    let login = move |request: &Request| answers(&query(request), &body(request));
    Mock::given(method("POST")).and(path("/login")).respond_with(login).mount(server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_that_is_changed_in_the_users_own_form_is_a_warning_and_another_address_a_violation() {
    let server = provider(login_page, tokens).await;
    logs_in(&server, |asked, _| back(asked, "code", "c")).await;
    concludes(&judged(&server, "pages/form-with-more-login-state", clients()).await, Outcome::Warned);
    concludes(&judged(&server, "pages/form-with-more-login-redirect-uri", clients()).await, Outcome::Violated);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redemption_that_ends_in_500_blocks_where_every_one_does_and_is_a_violation_where_only_this_one_does() {
    fn spoiled(asked: &Parameters, form: &Parameters) -> ResponseTemplate {
        back(asked, "code", if form.contains_key("code_challenge") { "spoiled" } else { "good" })
    }
    let check = "pages/form-with-more-login-code-challenge";
    let server = provider(login_page, |_| ResponseTemplate::new(500)).await;
    logs_in(&server, spoiled).await;
    concludes(&judged(&server, check, clients()).await, Outcome::Inconclusive);
    let server =
        provider(login_page, |form| if form["code"] == "spoiled" { ResponseTemplate::new(500) } else { tokens(form) }).await;
    logs_in(&server, spoiled).await;
    concludes(&judged(&server, check, clients()).await, Outcome::Violated);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_asked_for_nothing_is_asked_once_more_with_prompt_consent_before_there_is_nothing_to_deny() {
    fn asks_if_told(asked: &Parameters) -> ResponseTemplate {
        if asked.get("prompt").is_none_or(|prompt| prompt != "consent") {
            return back(asked, "code", "c");
        }
        let denial = |answer: &str| {
            let mut uri = Url::parse(&asked["redirect_uri"]).expect("a redirect URI");
            uri.query_pairs_mut().append_pair(answer, "access_denied").append_pair("state", &asked["state"]);
            uri.as_str().replace('&', "&amp;")
        };
        page(format!(
            "<h1>Allow access?</h1><form method=post action=\"/decide\"><input type=hidden name=to value=\"{}\">\
             <button name=decision value=approve>Allow</button><button name=decision value=deny>Deny</button></form>",
            denial("error")
        ))
    }
    let decides = |request: &Request| {
        let form = body(request);
        assert_eq!(form["decision"], "deny", "who is to deny does");
        ResponseTemplate::new(303).insert_header("location", form["to"].as_str())
    };
    let server = provider(asks_if_told, tokens).await;
    Mock::given(method("POST")).and(path("/decide")).respond_with(decides).mount(&server).await;
    concludes(&judged(&server, "authorization/denied", clients()).await, Outcome::Passed);
    let server = provider(|asked| back(asked, "code", "c"), tokens).await;
    concludes(&judged(&server, "authorization/denied", clients()).await, Outcome::Inconclusive);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_to_the_login_page_that_leads_to_another_site_is_seen_before_anybody_logs_in() {
    let server = MockServer::builder().disable_request_recording().start().await;
    let to_login = |request: &Request| {
        ResponseTemplate::new(302).insert_header("location", format!("/login?{}", request.url.query().unwrap_or_default()))
    };
    Mock::given(path("/auth")).respond_with(to_login).mount(&server).await;
    Mock::given(path("/token")).respond_with(|request: &Request| tokens(&body(request))).mount(&server).await;
    let login = |request: &Request| match query(request).get("next") {
        Some(next) => ResponseTemplate::new(302).insert_header("location", next.as_str()),
        None => login_page(&query(request)),
    };
    Mock::given(method("GET")).and(path("/login")).respond_with(login).mount(&server).await;
    logs_in(&server, |asked, _| back(asked, "code", "c")).await;
    concludes(&judged(&server, "pages/return-address", clients()).await, Outcome::Violated);
}
