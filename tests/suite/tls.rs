//! The reference server over TLS: whom it lets in, what its pages say then, and that `check` and `load` can trust it.

use std::sync::Arc;
use std::time::Duration;

use flowproof::server::{Config, ReferenceServer, Running, Tls};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, ProtocolVersion, RootCertStore, SupportedProtocolVersion, version};

const BOTH: &[&SupportedProtocolVersion] = &[&version::TLS12, &version::TLS13];

async fn running() -> Running {
    ReferenceServer::start(Config { tls: Some(Tls::Generated), ..Config::demo() }).await.expect("free ports")
}

async fn connected(
    server: &Running,
    authority: &str,
    name: &str,
    versions: &[&'static SupportedProtocolVersion],
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority.as_bytes()).expect("PEM")).expect("an authority");
    let provider = Arc::new(tokio_rustls::rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .expect("the provider has them")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(server.addr()).await?;
    TlsConnector::from(Arc::new(config)).connect(ServerName::try_from(name.to_owned()).expect("a name"), stream).await
}

async fn answer_to(stream: &mut TlsStream<TcpStream>, path: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    answer
}

#[tokio::test]
async fn a_generated_certificate_is_good_for_every_name_of_this_machine_and_no_other() {
    let server = running().await;
    let authority = server.certificate_authority().expect("it made one");
    for name in ["localhost", "127.0.0.1", "::1"] {
        let mut stream = connected(&server, authority, name, BOTH).await.expect("a handshake");
        assert!(answer_to(&mut stream, "/health").await.starts_with("HTTP/1.1 200 "), "{name}");
    }
    assert!(connected(&server, authority, "example.com", BOTH).await.is_err());
    let another = running().await;
    let stranger = another.certificate_authority().expect("it made one");
    assert!(connected(&server, stranger, "localhost", BOTH).await.is_err());
    server.stop().await;
}

#[tokio::test]
async fn tls_1_2_and_1_3_are_spoken_and_what_is_older_is_not_even_answered_with_a_certificate() {
    let server = running().await;
    let authority = server.certificate_authority().expect("it made one");
    for (versions, spoken) in [(&[&version::TLS12], ProtocolVersion::TLSv1_2), (&[&version::TLS13], ProtocolVersion::TLSv1_3)] {
        let stream = connected(&server, authority, "localhost", versions).await.expect("a handshake");
        assert_eq!(stream.get_ref().1.protocol_version(), Some(spoken));
    }
    // A ClientHello of TLS 1.1: no library here can speak it any more.
    let mut hello = vec![3, 2];
    hello.extend([7; 32]);
    hello.extend([0, 0, 4, 0xc0, 0x13, 0x00, 0x2f, 1, 0]);
    let length = u8::try_from(hello.len()).expect("it is short");
    let mut record = vec![22, 3, 1, 0, length + 4, 1, 0, 0, length];
    record.extend(hello);
    let mut stream = TcpStream::connect(server.addr()).await.expect("it listens");
    stream.write_all(&record).await.expect("it reads");
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    assert_eq!(answer.first(), Some(&21), "an alert and nothing else: {answer:?}");
    server.stop().await;
}

#[tokio::test]
async fn whoever_does_not_finish_a_handshake_holds_up_nobody() {
    let server = running().await;
    let mut silent = Vec::new();
    for bytes in [&b""[..], &[22, 3, 1], b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n"] {
        let mut stream = TcpStream::connect(server.addr()).await.expect("it listens");
        stream.write_all(bytes).await.expect("it reads");
        silent.push(stream);
    }
    let authority = server.certificate_authority().expect("it made one");
    let mut stream = connected(&server, authority, "localhost", BOTH).await.expect("a handshake");
    assert!(answer_to(&mut stream, "/health").await.starts_with("HTTP/1.1 200 "));
    let stopped = tokio::time::timeout(Duration::from_secs(1), server.stop()).await;
    assert!(stopped.is_ok(), "it does not wait for them at its end");
}

#[tokio::test]
async fn behind_tls_issuers_are_https_and_cookies_secure() {
    let server = running().await;
    assert!(server.issuer("strict").starts_with("https://127.0.0.1:"));
    let authority = server.certificate_authority().expect("it made one");
    let mut stream = connected(&server, authority, "localhost", BOTH).await.expect("a handshake");
    let request = "/realms/strict/protocol/openid-connect/auth?client_id=my-frontend&response_type=code&state=s\
                   &redirect_uri=https%3A%2F%2Fspa.example%2Fcb&code_challenge_method=S256\
                   &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    let answer = answer_to(&mut stream, request).await;
    let cookie = answer.lines().find(|line| line.starts_with("set-cookie: ")).unwrap_or_else(|| panic!("a cookie: {answer}"));
    assert!(cookie.contains("; Secure") && cookie.contains("; HttpOnly"), "{cookie}");
    server.stop().await;
}

#[tokio::test]
async fn a_certificate_that_cannot_be_used_is_named() {
    let dir = tempfile::tempdir().expect("a directory");
    let server = running().await;
    let cert = dir.path().join("cert.pem");
    std::fs::write(&cert, server.certificate_authority().expect("it made one")).expect("it is written");
    let missing = dir.path().join("missing.pem");
    for (cert, key, word) in [(&missing, &cert, "missing.pem"), (&cert, &missing, "missing.pem"), (&cert, &cert, "private key")] {
        let tls = Some(Tls::Files { cert: cert.clone(), key: key.clone() });
        let error = ReferenceServer::start(Config { tls, ..Config::demo() }).await.err().expect("it does not start").to_string();
        assert!(error.starts_with("tls: ") && error.contains(word), "{error}");
    }
    server.stop().await;
}

#[tokio::test]
async fn behind_a_proxy_issuers_carry_the_public_name() {
    let public = |url: &str| Config { public_url: Some(url.to_owned()), ..Config::demo() };
    let server = ReferenceServer::start(public("https://auth.example.com/")).await.expect("free ports");
    assert_eq!(server.issuer("strict"), "https://auth.example.com/realms/strict");
    server.stop().await;
    for url in ["auth.example.com", "ftp://a", "https://", "https://a/b", "https://a?b", "https://u@a", "https://a b"] {
        let error = ReferenceServer::start(public(url)).await.err().unwrap_or_else(|| panic!("{url} is taken"));
        assert!(error.to_string().contains("not an origin"), "{error}");
    }
}
