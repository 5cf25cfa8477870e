//! The reference server over the wire: realms made and moved by the admin listener, bounds, and its end.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use flowproof::server::{Config, ReferenceServer, Running};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Status, head and JSON of an answer; written by hand, since the client library has its own room.
pub(super) async fn send(address: SocketAddr, method: &str, path: &str, head: &str, body: &str) -> (u16, String, Value) {
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {length}\r\n{head}\r\n{body}"
    );
    // A server that refuses a body may close before it has read it all.
    let _ = stream.write_all(request.as_bytes()).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    let answer = String::from_utf8(answer).expect("UTF-8");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    (status, head.to_ascii_lowercase(), serde_json::from_str(body).unwrap_or_default())
}

pub(super) async fn running() -> Running {
    ReferenceServer::start(Config::demo()).await.expect("free ports")
}

pub(super) async fn admin(server: &Running, method: &str, path: &str, body: &str) -> (u16, Value) {
    let address = server.admin_url().trim_start_matches("http://").parse().expect("an address");
    let head = format!("authorization: Bearer {}\r\n", server.admin_key());
    let (status, _, document) = send(address, method, path, &head, body).await;
    (status, document)
}

async fn metadata(server: &Running, realm: &str) -> (u16, Value) {
    let path = format!("/.well-known/oauth-authorization-server/realms/{realm}");
    let (status, _, document) = send(server.addr(), "GET", &path, "", "").await;
    (status, document)
}

#[tokio::test]
async fn the_admin_listener_makes_shows_and_removes_realms() {
    let server = running().await;
    let wanted =
        json!({ "like": "strict", "name": "mutant", "defects": ["ignores-code-verifier"], "policy": { "code_lifetime": 5 } });
    let (status, made) = admin(&server, "POST", "/realms", &wanted.to_string()).await;
    assert_eq!(status, 201, "{made}");
    assert_eq!(made["issuer"], server.issuer("mutant"));
    assert_eq!(made["provider"]["clients"]["web"]["id"], "web-app");
    assert_eq!(made["provider"]["admin"]["realm"], "mutant");
    assert_eq!(made["policy"]["code_lifetime"], 5);
    assert_eq!(metadata(&server, "mutant").await.1["issuer"], made["issuer"]);
    assert_eq!(server.provider_document("mutant"), made["provider"]);
    assert_eq!(admin(&server, "GET", "/realms/mutant", "").await.1["defects"], json!(["ignores-code-verifier"]));
    assert_eq!(admin(&server, "GET", "/realms", "").await.1["realms"], json!(["lenient", "mutant", "my-app", "strict"]));
    assert_eq!(admin(&server, "POST", "/realms", &wanted.to_string()).await.0, 409);
    assert_eq!(admin(&server, "DELETE", "/realms/mutant", "").await.0, 204);
    assert_eq!(admin(&server, "DELETE", "/realms/mutant", "").await.0, 404);
    assert_eq!(metadata(&server, "mutant").await.0, 404);
    let (_, unnamed) = admin(&server, "POST", "/realms", "{\"like\":\"lenient\"}").await;
    assert!(unnamed["name"].as_str().is_some_and(|name| name.starts_with("lenient-")));
    server.stop().await;
}

#[tokio::test]
async fn the_admin_listener_moves_clocks() {
    let server = running().await;
    for (by, ahead) in [("10m", 600), ("1m30s", 690)] {
        let moved = admin(&server, "POST", "/realms/strict/clock", &json!({ "advance": by }).to_string()).await;
        assert_eq!((moved.0, &moved.1["offset_seconds"]), (200, &json!(ahead)), "{}", moved.1);
    }
    server.stop().await;
}

#[tokio::test]
async fn the_admin_listener_refuses_what_it_does_not_understand() {
    let server = running().await;
    for (method, path, body, status, word) in [
        ("POST", "/realms", "{", 400, "EOF"),
        ("POST", "/realms", "{\"like\":\"strict\",\"nmae\":\"x\"}", 400, "nmae"),
        ("POST", "/realms", "{\"like\":\"nope\"}", 400, "like"),
        ("POST", "/realms", "{\"like\":\"strict\",\"name\":\"a/b\"}", 400, "a/b"),
        ("POST", "/realms", "{\"like\":\"strict\",\"policy\":{\"code_lifetme\":1}}", 400, "code_lifetme"),
        ("POST", "/realms", "{\"like\":\"strict\",\"defects\":[\"ignore-code-verifier\"]}", 400, "ignores-code-verifier"),
        (
            "POST",
            "/realms",
            "{\"like\":\"strict\",\"policy\":{\"refresh_max_lifetime\":18446744073709551615}}",
            400,
            "refresh_max_lifetime",
        ),
        ("POST", "/realms/strict/clock", "{\"advance\":\"soon\"}", 400, "advance"),
        ("POST", "/realms/strict/clock", "{\"advance\":\"18446744073709551615s\"}", 400, "hundred years"),
        ("POST", "/realms/strict/clock", "{\"advance\":\"36501d\"}", 400, "hundred years"),
        ("POST", "/realms/nope/clock", "{\"advance\":\"1s\"}", 404, "no realm"),
        ("GET", "/realms/nope", "", 404, "no realm"),
        ("PUT", "/realms", "", 405, "method"),
    ] {
        let (got, document) = admin(&server, method, path, body).await;
        let error = document["error"].as_str().unwrap_or_default();
        assert!(got == status && error.contains(word), "{method} {path} {body}: {got} {document}");
    }
    let address: SocketAddr = server.admin_url().trim_start_matches("http://").parse().expect("an address");
    assert_eq!(send(address, "GET", "/realms", "authorization: Bearer wrong\r\n", "").await.0, 401);
    assert_eq!(send(address, "GET", "/realms", "", "").await.0, 401);
    server.stop().await;
}

#[tokio::test]
async fn the_short_device_address_leads_to_the_default_realm() {
    let server = running().await;
    let (status, head, _) = send(server.addr(), "GET", "/device?user_code=BCDF-GHJK&next=https://evil.example", "", "").await;
    assert_eq!(status, 303);
    assert!(head.contains("location: /realms/my-app/device?user_code=bcdf-ghjk\r\n"), "{head}");
    server.stop().await;
}

#[tokio::test]
async fn both_listeners_say_that_they_are_there() {
    let server = running().await;
    let admin = server.admin_url().trim_start_matches("http://").parse().expect("an address");
    for address in [server.addr(), admin] {
        let (status, _, document) = send(address, "GET", "/health", "", "").await;
        assert_eq!((status, document), (200, json!({ "status": "ok" })));
    }
    let (status, head, _) = send(server.addr(), "POST", "/health", "", "").await;
    assert!(status == 405 && head.contains("allow: get, head"), "{head}");
    server.stop().await;
}

#[tokio::test]
async fn a_body_without_end_is_cut_off() {
    let server = running().await;
    let path = "/realms/strict/protocol/openid-connect/token";
    let head = "content-type: application/x-www-form-urlencoded\r\n";
    let (status, _, _) = send(server.addr(), "POST", path, head, &"a=b&".repeat(50_000)).await;
    assert_eq!(status, 413);
    server.stop().await;
}

#[tokio::test]
async fn unusable_configurations_do_not_start() {
    let mut twice = Config::demo();
    twice.realms.push(twice.realms[0].clone());
    assert!(ReferenceServer::start(twice).await.err().is_some_and(|error| error.to_string().contains("exists already")));
    let mut bent = Config::demo();
    bent.realms[0].defects.push("no-such-defect-at-all".to_owned());
    assert!(ReferenceServer::start(bent).await.err().is_some_and(|error| error.to_string().contains("no-such-defect-at-all")));
    let server = running().await;
    let mut taken = Config::demo();
    taken.port = server.addr().port();
    assert!(ReferenceServer::start(taken).await.err().is_some_and(|error| error.to_string().contains("cannot listen on")));
    server.stop().await;
}

#[tokio::test]
async fn a_server_told_to_stop_is_gone_soon_even_with_idle_connections() {
    let server = running().await;
    let address = server.addr();
    let _idle = TcpStream::connect(address).await.expect("it listens");
    let began = Instant::now();
    server.stop().await;
    assert!(began.elapsed() < Duration::from_secs(5));
    assert!(TcpStream::connect(address).await.is_err());
}
