//! Realms that are changed while they run, over the wire: what a client sees of their faults, and what becomes of devices and grants.

use std::time::{Duration, Instant};

use flowproof::server::Running;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::reference_server::{admin, running, send};

const TOKEN: &str = "/realms/strict/protocol/openid-connect/token";
const CREDENTIALS: &str = "grant_type=client_credentials&client_id=batch-job-post&client_secret=batch-post-secret-71c5fd";
const FORM: &str = "content-type: application/x-www-form-urlencoded\r\n";

/// All bytes that come back for a token request until the connection ends, however it does.
async fn bytes_of_a_token_answer(server: &Running) -> Vec<u8> {
    let mut stream = TcpStream::connect(server.addr()).await.expect("it listens");
    let length = CREDENTIALS.len();
    // The connection is to be kept: it is the server who ends it.
    let request = format!("POST {TOKEN} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {length}\r\n{FORM}\r\n{CREDENTIALS}");
    stream.write_all(request.as_bytes()).await.expect("it reads");
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    answer
}

async fn post(server: &Running, path: &str, body: &str) -> (u16, Value) {
    let (status, _, document) = send(server.addr(), "POST", path, FORM, body).await;
    (status, document)
}

async fn give(server: &Running, change: Value) {
    let (status, answer) = admin(server, "PATCH", "/realms/strict", &change.to_string()).await;
    assert_eq!(status, 200, "{answer}");
}

#[tokio::test]
async fn a_client_sees_the_faults_that_a_realm_is_given_and_sees_them_no_more_when_they_are_taken_back() {
    let server = running().await;
    give(&server, json!({ "faults": [{ "endpoint": "token", "close_rate": 1.0 }] })).await;
    assert_eq!(bytes_of_a_token_answer(&server).await, b"");
    give(&server, json!({ "faults": [{ "endpoint": "token", "truncate_rate": 1.0 }] })).await;
    let answer = String::from_utf8(bytes_of_a_token_answer(&server).await).expect("text");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    let promised = head.lines().find_map(|line| line.strip_prefix("content-length: ")).expect("a length");
    assert_eq!(promised.parse().map(|promised: usize| promised / 2), Ok(body.len()), "{answer}");
    assert!(head.starts_with("HTTP/1.1 200 ") && body.starts_with("{\"access_token\""), "{answer}");
    give(&server, json!({ "faults": [{ "error_rate": 1.0, "status": 502, "retry_after": 3 }] })).await;
    let (status, head, _) = send(server.addr(), "POST", TOKEN, FORM, CREDENTIALS).await;
    assert!(status == 502 && head.contains("retry-after: 3\r\n"), "{head}");
    give(&server, json!({ "faults": [{ "latency": { "fixed": "150ms" } }] })).await;
    let began = Instant::now();
    assert_eq!(post(&server, TOKEN, CREDENTIALS).await.0, 200);
    assert!(began.elapsed() >= Duration::from_millis(150));
    give(&server, json!({ "faults": [] })).await;
    let began = Instant::now();
    assert_eq!(post(&server, TOKEN, CREDENTIALS).await.0, 200);
    assert!(began.elapsed() < Duration::from_millis(150), "{:?}", began.elapsed());
    server.stop().await;
}

#[tokio::test]
async fn a_realm_gets_a_defect_and_loses_it_while_its_tokens_stay() {
    let server = running().await;
    let (_, token) = post(&server, TOKEN, CREDENTIALS).await;
    let token = token["access_token"].as_str().expect("a token");
    give(&server, json!({ "defects": ["ignores-code-verifier"], "policy": { "access_token_lifetime": 5 } })).await;
    let shown = admin(&server, "GET", "/realms/strict", "").await.1;
    assert_eq!(shown["defects"], json!(["ignores-code-verifier"]));
    assert_eq!(post(&server, TOKEN, CREDENTIALS).await.1["expires_in"], 5);
    give(&server, json!({ "defects": [] })).await;
    let introspection = "/realms/strict/protocol/openid-connect/token/introspect";
    let caller = "authorization: Basic YmlsbGluZy1hcGk6YmlsbGluZy1hcGktc2VjcmV0LTNkNzdjOA==\r\n";
    let (_, _, told) = send(server.addr(), "POST", introspection, &format!("{FORM}{caller}"), &format!("token={token}")).await;
    assert_eq!(told["active"], true, "{told}");
    server.stop().await;
}

#[tokio::test]
async fn a_device_is_approved_without_a_browser_and_its_grant_is_listed_and_ended() {
    let server = running().await;
    let (_, codes) = post(&server, "/realms/strict/protocol/openid-connect/auth/device", "client_id=tv").await;
    let (user_code, device_code) = (codes["user_code"].as_str().expect("a code"), codes["device_code"].as_str().expect("a code"));
    let said = json!({ "decision": "approve", "user": "alice" }).to_string();
    let (status, device) = admin(&server, "POST", &format!("/realms/strict/devices/{user_code}"), &said).await;
    assert_eq!((status, &device["decision"]), (200, &json!("approved")), "{device}");
    let poll = format!("grant_type=urn:ietf:params:oauth:grant-type:device_code&client_id=tv&device_code={device_code}");
    let (status, tokens) = post(&server, TOKEN, &poll).await;
    assert_eq!(status, 200, "{tokens}");
    let (_, listed) = admin(&server, "GET", "/realms/strict/grants?client_id=tv", "").await;
    assert_eq!((&listed["total"], &listed["grants"][0]["user"]), (&json!(1), &json!("alice")), "{listed}");
    let id = listed["grants"][0]["id"].as_str().expect("an id");
    assert_eq!(admin(&server, "DELETE", &format!("/realms/strict/grants/{id}"), "").await.0, 204);
    let refresh =
        format!("grant_type=refresh_token&client_id=tv&refresh_token={}", tokens["refresh_token"].as_str().expect("one"));
    assert_eq!(post(&server, TOKEN, &refresh).await.1["error"], "invalid_grant");
    server.stop().await;
}

#[tokio::test]
async fn the_next_token_answer_is_the_one_that_was_prepared() {
    let server = running().await;
    let prepared = json!({ "status": 503, "headers": { "retry-after": "1" }, "body": { "error": "temporarily_unavailable" } });
    assert_eq!(admin(&server, "POST", "/realms/strict/script", &prepared.to_string()).await.0, 201);
    let (status, head, answer) = send(server.addr(), "POST", TOKEN, FORM, CREDENTIALS).await;
    assert_eq!((status, &answer), (503, &json!({ "error": "temporarily_unavailable" })));
    assert!(head.contains("retry-after: 1\r\n"), "{head}");
    assert_eq!(post(&server, TOKEN, CREDENTIALS).await.0, 200);
    server.stop().await;
}

#[tokio::test]
async fn a_realm_of_a_configuration_has_its_faults_claims_and_journal_from_the_start() {
    let mut config = flowproof::server::Config::demo();
    let realm = json!({
        "name": "mine",
        "clients": { "job": { "id": "job", "secret": "s3cret", "grants": ["client_credentials"], "claims": { "tenant": "blue" } } },
        "users": { "dora": { "username": "dora", "password": "p", "disabled": true, "claims": { "tier": 1 } } },
        "faults": [{ "endpoint": "jwks", "error_rate": 1.0 }],
        "journal": 3,
    });
    config.realms.push(serde_json::from_value(realm).expect("a realm"));
    let server = flowproof::server::ReferenceServer::start(config).await.expect("free ports");
    let keys = "/realms/mine/protocol/openid-connect/certs";
    assert_eq!(send(server.addr(), "GET", keys, "", "").await.0, 503);
    let (_, requests) = admin(&server, "GET", "/realms/mine/requests?last=1", "").await;
    assert_eq!((&requests["requests"][0]["path"], &requests["requests"][0]["status"]), (&json!(keys), &json!(503)));
    server.stop().await;
}
