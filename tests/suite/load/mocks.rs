//! A provider of wiremock's with every endpoint that flows touch, each answering as a test wants.

use std::sync::Mutex;
use std::time::Instant;

use flowproof::provider::{Provider, Source};
use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

/// The answer of one endpoint.
pub type Answer = Box<dyn Respond>;

/// An endpoint's path and what it answers.
pub fn at(path: &'static str, answer: impl Respond + 'static) -> (&'static str, Answer) {
    (path, Box::new(answer))
}

/// A provider whose endpoints answer so. What is not told: a user is redirected with a fresh code at `/auth`, and logs in at `/verify`.
pub async fn served(endpoints: impl IntoIterator<Item = (&'static str, Answer)>) -> (MockServer, Provider) {
    let server = MockServer::start().await;
    for (at, answer) in endpoints {
        Mock::given(path(at)).respond_with(move |request: &Request| answer.respond(request)).mount(&server).await;
    }
    let codes = Mutex::new(0);
    let authorize = move |request: &Request| {
        let mut code = codes.lock().expect("no holder panics");
        *code += 1;
        redirect(request, &format!("code-{code}"))
    };
    Mock::given(path("/auth")).respond_with(authorize).mount(&server).await;
    let page = |text: &str| ResponseTemplate::new(200).set_body_raw(format!("<html><body>{text}</body></html>"), "text/html");
    let form =
        "<form method=post action=/verify><input name=username><input name=password type=password><button>Log in</button></form>";
    Mock::given(method("GET")).and(path("/verify")).respond_with(page(form)).mount(&server).await;
    Mock::given(method("POST")).and(path("/verify")).respond_with(page("The device is connected.")).mount(&server).await;
    let provider = provider(&server.uri());
    (server, provider)
}

fn provider(base: &str) -> Provider {
    let endpoints: String = [
        ("authorization", "auth"),
        ("token", "token"),
        ("device_authorization", "device"),
        ("introspection", "introspect"),
        ("revocation", "revoke"),
        ("jwks", "jwks"),
    ]
    .iter()
    .map(|(key, path)| format!("  {key}: \"{base}/{path}\"\n"))
    .collect();
    let callback = "redirect_uris: [\"http://127.0.0.1:8400/callback\"], grants: [authorization_code, refresh_token]";
    let text = format!(
        "issuer: {base}\nendpoints:\n{endpoints}\
         clients:\n  \
           batch: {{ id: batch-job, secret: s3cr3t-of-the-batch, auth: client_secret_basic, grants: [client_credentials] }}\n  \
           web: {{ id: web-app, secret: s3cr3t-of-the-web, auth: client_secret_basic, {callback} }}\n  \
           spa: {{ id: spa, {callback} }}\n  \
           tv: {{ id: tv, grants: [device_code] }}\n\
         users:\n  alice: {{ username: alice, password: s3cr3t-of-alice }}\n"
    );
    Provider::parse(&text, Source::Named("mock".to_owned()), &|_| None).expect("a valid provider file")
}

/// The redirect that brings a code.
pub fn redirect(request: &Request, code: &str) -> ResponseTemplate {
    let state = request.url.query_pairs().find(|(name, _)| name == "state").map(|(_, state)| state.into_owned());
    let location = format!("http://127.0.0.1:8400/callback?code={code}&state={}", state.unwrap_or_default());
    ResponseTemplate::new(302).insert_header("location", location.as_str())
}

/// A 200 with this JSON.
pub fn json_of(body: Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

/// An OAuth error.
pub fn error(error: &str) -> ResponseTemplate {
    ResponseTemplate::new(400).set_body_json(json!({ "error": error }))
}

/// A parameter of the form in a request, or nothing.
pub fn field(request: &Request, name: &str) -> String {
    let mut form = url::form_urlencoded::parse(&request.body);
    form.find(|(other, _)| other == name).map_or_else(String::new, |(_, value)| value.into_owned())
}

/// The client that authenticates by its header.
pub fn client(request: &Request) -> String {
    use base64::Engine as _;
    let header = request.headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let pair = header.strip_prefix("Basic ").and_then(|pair| base64::engine::general_purpose::STANDARD.decode(pair).ok());
    let pair = String::from_utf8(pair.unwrap_or_default()).expect("our clients have plain names");
    pair.split(':').next().unwrap_or_default().to_owned()
}

/// Numbers its answers, from 1.
pub fn numbered(answer: impl Fn(u64, &Request) -> ResponseTemplate + Send + Sync + 'static) -> impl Respond {
    let count = Mutex::new(0);
    move |request: &Request| {
        let number = {
            let mut count = count.lock().expect("no holder panics");
            *count += 1;
            *count
        };
        answer(number, request)
    }
}

/// The tokens of a chain that begins, by its number.
pub fn chain(number: u64) -> ResponseTemplate {
    let [access, refresh] = ["access", "refresh"].map(|kind| format!("{kind}-{number}"));
    json_of(json!({ "access_token": access, "token_type": "Bearer", "refresh_token": refresh }))
}

/// A device authorization with these codes.
pub fn device(request: &Request, device_code: &str, user_code: &str) -> ResponseTemplate {
    let host = request.headers.get("host").and_then(|host| host.to_str().ok()).expect("every request has one");
    let page = format!("http://{host}/verify");
    json_of(json!({
        "device_code": device_code, "user_code": user_code, "verification_uri": page, "verification_uri_complete": page,
        "expires_in": 600, "interval": 1,
    }))
}

/// Writes down when it was asked.
pub fn timed(
    times: std::sync::Arc<Mutex<Vec<Instant>>>,
    answer: impl Fn(usize) -> ResponseTemplate + Send + Sync + 'static,
) -> impl Respond {
    move |_: &Request| {
        let mut times = times.lock().expect("no holder panics");
        times.push(Instant::now());
        answer(times.len())
    }
}
