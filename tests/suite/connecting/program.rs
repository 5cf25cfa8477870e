//! The program: the flags, and what is said of how the provider was reached.

use std::path::Path;
use std::process::{Command, Output};

use flowproof::server::{Config, ReferenceServer};
use serde_json::json;

use super::proxy::{Mood, Proxy};
use super::{NAME, document, named};

pub fn flowproof(dir: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flowproof"));
    for variable in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy"] {
        command.env_remove(variable);
    }
    command.args(args).current_dir(dir).output().expect("the program starts")
}

pub fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

pub fn ends(output: &Output, code: i32) -> String {
    let text = said(output);
    assert_eq!(output.status.code(), Some(code), "{text}");
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_with_a_certificate_and_a_name_of_its_own_is_doctored_checked_and_tried() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let (server, _) = named(dir.path()).await;
    let mut document = document(&server, "strict");
    document["connect"] = json!({ "ca": "authority.pem", "resolve": { format!("{NAME}:443"): server.addr().to_string() } });
    std::fs::write(dir.path().join("provider.yaml"), document.to_string()).expect("a temporary file");
    let run = |args: &[&str]| flowproof(dir.path(), &[args, &["--provider", "provider.yaml"]].concat());
    ends(&run(&["doctor"]), 0);
    ends(&run(&["try", "code"]), 0);
    ends(&run(&["check", "--id", "pkce/"]), 0);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn flags_reach_a_provider_whose_file_does_not_say_how() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let (server, _) = named(dir.path()).await;
    std::fs::write(dir.path().join("provider.yaml"), document(&server, "strict").to_string()).expect("a temporary file");
    let at = format!("{NAME}:443:{}", server.addr());
    let file = ["--provider", "provider.yaml"];
    let reach = ["--resolve", at.as_str(), "--ca", "authority.pem"];
    let lax = ["--resolve", at.as_str(), "--insecure"];
    ends(&flowproof(dir.path(), &[&["try", "client-credentials"], &file[..], &reach].concat()), 0);
    let text = ends(&flowproof(dir.path(), &[&["try", "client-credentials"], &file[..], &lax].concat()), 0);
    assert!(text.contains("certificates are NOT verified"), "{text}");
    let text = ends(&flowproof(dir.path(), &[&["check", "--id", "bearer/"], &file[..], &lax].concat()), 0);
    assert!(text.contains("certificates are NOT verified"), "{text}");

    let issuer = server.issuer("strict");
    ends(&flowproof(dir.path(), &[&["init", &issuer, "--output", "made.yaml"], &reach[..]].concat()), 0);
    let made = std::fs::read_to_string(dir.path().join("made.yaml")).expect("it was written");
    assert!(made.contains(&format!("\"{NAME}:443\": \"{}\"", server.addr())) && made.contains("authority.pem"), "{made}");

    let proxy = Proxy::to(server.addr(), Mood::Open).await;
    let way = format!("http://{}", proxy.address);
    let text = ends(
        &flowproof(
            dir.path(),
            &[&["try", "client-credentials"], &file[..], &["--ca", "authority.pem", "--proxy", &way]].concat(),
        ),
        0,
    );
    assert!(!proxy.asked().is_empty(), "{text}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_at_an_ipv6_address_is_doctored_tried_and_checked() {
    if std::net::TcpListener::bind("[::1]:0").is_err() {
        return;
    }
    let dir = tempfile::tempdir().expect("a temporary directory");
    let config = Config { host: std::net::Ipv6Addr::LOCALHOST.into(), port: 0, admin_port: 0, ..Config::demo() };
    let server = ReferenceServer::start(config).await.expect("free ports");
    assert!(server.issuer("strict").starts_with("http://[::1]:"), "{}", server.issuer("strict"));
    std::fs::write(dir.path().join("provider.yaml"), server.provider_document("strict").to_string()).expect("a temporary file");
    let run = |args: &[&str]| flowproof(dir.path(), &[args, &["--provider", "provider.yaml"]].concat());
    ends(&run(&["doctor"]), 0);
    ends(&run(&["try", "code"]), 0);
    ends(&run(&["check", "--id", "pkce/", "--id", "device/", "--id", "metadata/"]), 0);
    server.stop().await;
}

#[test]
fn flags_that_cannot_be_meant_are_usage_errors_with_the_way_out() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    std::fs::write(dir.path().join("provider.yaml"), "issuer: http://127.0.0.1:9\n").expect("a temporary file");
    let file: &[&str] = &["--provider", "provider.yaml"];
    for (args, file, part) in [
        (&["check", "--insecure"][..], &[][..], "name its file with --provider"),
        (&["try", "code", "--resolve", "a.test:443:127.0.0.1"], &[], "name its file with --provider"),
        (&["doctor", "--resolve", "a.test=127.0.0.1"], file, "HOST:PORT:ADDRESS"),
        (&["doctor", "--ca", "nowhere.pem"], file, "nowhere.pem cannot be read"),
        (&["doctor", "--ca", "x.pem", "--insecure"], file, "cannot be used with"),
        (&["doctor", "--proxy", "http://robot:hunter2@proxy.test"], file, "leave the password to a variable"),
    ] {
        let text = ends(&flowproof(dir.path(), &[args, file].concat()), 2);
        assert!(text.contains(part) && !text.contains("hunter2"), "{args:?}: {text}");
    }
}
