//! A provider that approves whoever comes, with secrets that are known, and answers that a test chooses.

use std::process::Output;

use serde_json::{Value, json};
use tempfile::TempDir;
use wiremock::matchers::{body_string_contains, method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::{empty_dir, flowproof, in_order, said};

/// A provider that approves whoever comes, with secrets that are known.
pub struct Fake {
    pub runtime: tokio::runtime::Runtime,
    pub server: MockServer,
    pub dir: TempDir,
}

pub const SECRETS: [&str; 9] = [
    "cl1ent-s3cret-of-web",
    "pa55word-of-alice",
    "c0de-that-is-secret",
    "acce55-t0ken-secret",
    "refre5h-t0ken-secret",
    "next-refre5h-secret",
    "device-c0de-secret",
    "sess10n-cookie-secret",
    "csrf-t0ken-0123456789-secret",
];

impl Fake {
    pub fn new() -> Self {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let server = runtime.block_on(MockServer::start());
        let fake = Self { runtime, server, dir: empty_dir() };
        let base = fake.server.uri();
        let file = json!({
            "issuer": base,
            "endpoints": {
                "authorization": format!("{base}/authorize"), "token": format!("{base}/token"),
                "device_authorization": format!("{base}/device"), "resource": format!("{base}/me"), "jwks": format!("{base}/jwks"),
            },
            "clients": {
                "web": {
                    "id": "web-app", "secret": SECRETS[0], "auth": "client_secret_post",
                    "redirect_uris": ["http://127.0.0.1:8400/callback"],
                    "grants": ["authorization_code", "refresh_token", "device_code", "client_credentials"], "scopes": ["profile"],
                },
            },
            "users": { "alice": { "username": "alice", "password": SECRETS[1] } },
        });
        std::fs::write(fake.dir.path().join("provider.yaml"), file.to_string()).expect("a provider file");
        let page = format!(
            "<title>Who are you?</title><form method=post action=/login><input type=hidden name=csrf value={}>\
             <input name=username><input type=password name=password><button>Go</button></form>",
            SECRETS[8]
        );
        let cookie = format!("sid={}; Path=/", SECRETS[7]);
        fake.on("GET", "/authorize", move |request| {
            let asked: Vec<(String, String)> = request.url.query_pairs().into_owned().collect();
            let state = &asked.iter().find(|(name, _)| name == "state").expect("a state").1;
            ResponseTemplate::new(200)
                .insert_header("set-cookie", cookie.as_str())
                .set_body_raw(page.replace("/login", &format!("/login?state={state}")), "text/html")
        });
        fake.on("POST", "/login", |request| {
            let state = request.url.query_pairs().find(|(name, _)| name == "state").expect("a state").1.into_owned();
            let location = format!("http://127.0.0.1:8400/callback?code={}&state={state}", SECRETS[2]);
            ResponseTemplate::new(303).insert_header("location", location.as_str())
        });
        fake.on("GET", "/me", |_| ResponseTemplate::new(200).set_body_json(json!({ "sub": "1", "name": "Alice A." })));
        fake
    }

    /// Answers from now on; what was mounted first wins.
    pub fn on(&self, verb: &str, at: &str, answer: impl Fn(&Request) -> ResponseTemplate + Send + Sync + 'static) {
        self.runtime.block_on(Mock::given(method(verb)).and(path(at)).respond_with(answer).with_priority(9).mount(&self.server));
    }

    /// As [`Self::on`], before all others.
    pub fn first(&self, verb: &str, at: &str, status: u16, media: &'static str, body: &str) {
        let answer = ResponseTemplate::new(status).set_body_raw(body.to_owned(), media);
        self.runtime.block_on(Mock::given(method(verb)).and(path(at)).respond_with(answer).with_priority(1).mount(&self.server));
    }

    pub fn tokens(&self, grant: &str, body: Value) {
        let answer = ResponseTemplate::new(200).set_body_json(body);
        let mock = Mock::given(method("POST")).and(path("/token")).and(body_string_contains(format!("grant_type={grant}")));
        self.runtime.block_on(mock.respond_with(answer).with_priority(5).mount(&self.server));
    }

    pub fn with_tokens() -> Self {
        let fake = Self::new();
        fake.tokens(
            "authorization_code",
            json!({ "access_token": SECRETS[3], "token_type": "Bearer", "refresh_token": SECRETS[4] }),
        );
        fake.tokens("refresh_token", json!({ "access_token": SECRETS[3], "token_type": "Bearer", "refresh_token": SECRETS[5] }));
        fake.tokens("client_credentials", json!({ "access_token": SECRETS[3], "token_type": "Bearer" }));
        fake
    }

    pub fn walk(&self, args: &[&str]) -> Output {
        flowproof(self.dir.path(), &[args, &["--provider", "provider.yaml"]].concat())
    }

    /// Walks, and asserts the exit code and that what is said holds each of these in this order.
    pub fn ends(&self, args: &[&str], code: i32, parts: &[&str]) {
        let output = self.walk(args);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {}", said(&output));
        in_order(&said(&output), parts);
        for secret in SECRETS {
            assert!(!said(&output).contains(secret), "{args:?}: {secret} shows in {}", said(&output));
        }
    }

    pub fn device(&self) {
        let body = json!({
            "device_code": SECRETS[6], "user_code": "WXYZ-1234", "verification_uri": format!("{}/activate", self.server.uri()),
            "expires_in": 60, "interval": 1,
        });
        self.first("POST", "/device", 200, "application/json", &body.to_string());
    }
}
