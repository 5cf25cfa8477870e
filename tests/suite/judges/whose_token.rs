//! One client authenticates and another is named: whose token came back decides, and not that one came.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use flowproof::verdict::Outcome;
use serde_json::{Value, json};
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::{concludes, judged};

const CHECK: &str = "client_authentication/named-in-body-client-credentials";

/// What a token says of itself, for the client that the server thinks it serves.
type Minted = fn(client: &str) -> Value;

/// A token endpoint that lets in both clients by HTTP Basic, and chooses whom it serves where another is named in the body.
async fn provider(
    serves: fn(authenticated: &str, named: Option<&str>) -> Option<String>,
    minted: Minted,
    tells: bool,
) -> MockServer {
    let server = MockServer::builder().disable_request_recording().start().await;
    let answer = move |request: &Request| {
        let header = request.headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let pair = STANDARD.decode(header.trim_start_matches("Basic ")).unwrap_or_default();
        let pair = String::from_utf8(pair).unwrap_or_default();
        let refused = |code: &str| {
            ResponseTemplate::new(if code == "invalid_client" { 401 } else { 400 }).set_body_json(json!({ "error": code }))
        };
        let Some((authenticated, _)) = pair.split_once(':').filter(|(id, secret)| *secret == format!("secret-of-{id}")) else {
            return refused("invalid_client");
        };
        let form: Vec<(String, String)> = url::form_urlencoded::parse(&request.body).into_owned().collect();
        let named = form.iter().find(|(name, _)| name == "client_id").map(|(_, value)| value.as_str());
        let Some(client) = serves(authenticated, named) else { return refused("unauthorized_client") };
        let mut answer = minted(&client);
        answer["token_type"] = "Bearer".into();
        answer["expires_in"] = 60.into();
        ResponseTemplate::new(200).set_body_json(answer)
    };
    Mock::given(path("/token")).respond_with(answer).mount(&server).await;
    let introspection = move |request: &Request| {
        let form: Vec<(String, String)> = url::form_urlencoded::parse(&request.body).into_owned().collect();
        let token = form.iter().find(|(name, _)| name == "token").map(|(_, value)| value.clone()).unwrap_or_default();
        match token.strip_prefix("token-of-").filter(|_| tells) {
            Some(client) => ResponseTemplate::new(200).set_body_json(json!({ "active": true, "client_id": client })),
            None => ResponseTemplate::new(200).set_body_json(json!({ "active": false })),
        }
    };
    Mock::given(path("/introspect")).respond_with(introspection).mount(&server).await;
    server
}

async fn finding(server: &MockServer) -> flowproof::verdict::Finding {
    let clients = json!({
        "batch": { "id": "batch", "secret": "secret-of-batch", "grants": ["client_credentials"], "scopes": ["reports"] },
        "other": {
            "id": "other", "secret": "secret-of-other", "grants": ["authorization_code"], "scopes": ["openid"],
            "redirect_uris": ["https://other.example/cb"],
        },
    });
    judged(server, CHECK, clients).await
}

fn opaque(client: &str) -> Value {
    json!({ "access_token": format!("token-of-{client}") })
}

fn jwt(client: &str) -> Value {
    let part = |json: Value| URL_SAFE_NO_PAD.encode(json.to_string());
    json!({ "access_token": format!("{}.{}.c2lnbmVk", part(json!({ "alg": "RS256" })), part(json!({ "azp": client }))) })
}

fn mute(_: &str) -> Value {
    json!({ "access_token": "nobody-knows-whose" })
}

fn by_name(authenticated: &str, named: Option<&str>) -> Option<String> {
    Some(named.unwrap_or(authenticated).to_owned())
}

fn by_secret(authenticated: &str, _: Option<&str>) -> Option<String> {
    Some(authenticated.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_the_client_that_was_only_named_is_a_violation_whoever_says_so() {
    for (minted, tells) in [(opaque as Minted, true), (jwt, false)] {
        let finding = finding(&provider(by_name, minted, tells).await).await;
        concludes(&finding, Outcome::Violated);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_the_client_that_authenticated_is_a_warning() {
    for (minted, tells) in [(opaque as Minted, true), (jwt, false)] {
        let finding = finding(&provider(by_secret, minted, tells).await).await;
        concludes(&finding, Outcome::Warned);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_nobody_knows_the_client_of_is_judged_by_nobody() {
    for serves in [by_name as fn(&str, Option<&str>) -> Option<String>, by_secret] {
        let finding = finding(&provider(serves, mute, false).await).await;
        concludes(&finding, Outcome::Inconclusive);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_that_only_the_named_client_has_is_a_violation_even_where_nobody_says_whose_token_it_is() {
    let only_batch = |authenticated: &str, named: Option<&str>| {
        let looked_up = named.unwrap_or(authenticated);
        (looked_up == "batch").then(|| looked_up.to_owned())
    };
    concludes(&finding(&provider(only_batch, mute, false).await).await, Outcome::Violated);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scope_that_only_the_named_client_has_is_a_violation_though_the_token_is_the_others() {
    fn scoped(client: &str) -> Value {
        json!({ "access_token": "nobody-knows-whose", "scope": if client == "batch" { "reports" } else { "openid" } })
    }
    concludes(&finding(&provider(by_name, scoped, false).await).await, Outcome::Violated);
    concludes(&finding(&provider(by_secret, scoped, false).await).await, Outcome::Inconclusive);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_what_was_asked_for() {
    let agrees = |authenticated: &str, named: Option<&str>| {
        named.is_none_or(|named| named == authenticated).then(|| authenticated.to_owned())
    };
    concludes(&finding(&provider(agrees, opaque, true).await).await, Outcome::Passed);
}
