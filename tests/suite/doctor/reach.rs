//! What keeps a connection from being made, or a clock from being believed, with its way out.

use std::process::Command;
use std::time::{Duration, SystemTime};

use flowproof::doctor::{Health, Sign, Topic};
use flowproof::server::{Config, ReferenceServer, Running, Tls};
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::{asserts, complaint, endpoints, file, mock, of_document, of_file, said};

#[tokio::test]
async fn who_does_not_answer_is_unreachable_and_who_has_no_endpoint_is_misconfigured() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("an address");
    let diagnosis = of_file(&format!("issuer: http://{nobody}\n")).await;
    assert_eq!(diagnosis.health, Health::Unreachable);
    let issuer = complaint(&diagnosis, Topic::Reach, "issuer");
    asserts(issuer, Sign::Unreachable, &format!("nothing listens at {nobody}"), "start the provider");

    let server = MockServer::start().await;
    let diagnosis = of_file(&format!("issuer: {}\n", server.uri())).await;
    assert_eq!(diagnosis.health, Health::Misconfigured);
    asserts(complaint(&diagnosis, Topic::Metadata, "endpoints"), Sign::Wrong, "none is known", "set `endpoints:`");
}

#[tokio::test]
async fn a_certificate_of_an_unknown_authority_is_told_with_what_to_set() {
    let config = Config { port: 0, admin_port: 0, tls: Some(Tls::Generated), ..Config::demo() };
    let server = ReferenceServer::start(config).await.expect("free ports");
    let diagnosis = of_document(&server.provider_document("strict")).await;
    assert_eq!(diagnosis.health, Health::Unreachable);
    asserts(
        complaint(&diagnosis, Topic::Reach, "issuer"),
        Sign::Unreachable,
        "authority that this machine does not know",
        "SSL_CERT_FILE",
    );
    let plain = server.provider_document("strict")["issuer"].as_str().expect("an issuer").replace("https:", "http:");
    let diagnosis = of_file(&format!("issuer: {plain}\n")).await;
    assert_ne!(diagnosis.health, Health::Sound, "plain HTTP to a port that speaks TLS: {diagnosis:#?}");
    server.stop().await;
}

#[tokio::test]
async fn a_clock_that_is_wrong_and_metadata_of_another_issuer_are_for_a_look() {
    let late = SystemTime::now() - Duration::from_secs(90);
    let elsewhere = |base: &str| {
        let mut document = endpoints(base);
        document["issuer"] = "https://elsewhere.example".into();
        document
    };
    let server = mock(elsewhere, late).await;
    let diagnosis = of_file(&format!("issuer: {}\n", server.uri())).await;
    assert_eq!(diagnosis.health, Health::Sound, "a check judges that");
    asserts(complaint(&diagnosis, Topic::Reach, "clock"), Sign::Doubt, "behind this machine's", "NTP");
    let used = complaint(&diagnosis, Topic::Metadata, "used");
    asserts(used, Sign::Doubt, "names the issuer \"https://elsewhere.example\"", "issuer: https://elsewhere.example");
}

#[tokio::test]
async fn an_endpoint_on_a_host_that_cannot_be_reached_is_named() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("an address");
    let elsewhere = |base: &str| {
        let mut document = endpoints(base);
        document["token_endpoint"] = format!("http://{nobody}/token").into();
        document
    };
    let server = mock(elsewhere, SystemTime::now()).await;
    let diagnosis = of_file(&format!("issuer: {}\n", server.uri())).await;
    let token = complaint(&diagnosis, Topic::Reach, "token");
    asserts(token, Sign::Wrong, &format!("http://{nobody} is named for it: nothing listens"), "public address");
}

#[tokio::test]
async fn who_does_not_answer_is_waited_for_once_at_each_endpoint() {
    let server = mock(endpoints, SystemTime::now()).await;
    let never = || ResponseTemplate::new(200).set_delay(Duration::from_secs(60));
    Mock::given(path("/authorize")).respond_with(never()).mount(&server).await;
    Mock::given(path("/token")).respond_with(never()).mount(&server).await;
    let text = file(&server)
        .replace("users:", "  other: { id: other, secret: demo-secret, redirect_uris: [\"https://other.example/cb\"] }\nusers:");
    let began = std::time::Instant::now();
    let diagnosis = of_file(&text).await;
    assert!(began.elapsed() < Duration::from_secs(25), "three waits of five seconds: {:?}", began.elapsed());
    asserts(complaint(&diagnosis, Topic::Clients, "other"), Sign::Doubt, "the token endpoint does not answer", "were not tried");
    let uri = complaint(&diagnosis, Topic::RedirectUris, "other");
    asserts(uri, Sign::Doubt, "the authorization endpoint does not answer", "were not tried");
}

/// A server whose certificate, for this name and these days from now, comes from an authority; the authority's PEM file.
async fn certified(dir: &std::path::Path, name: &str, days: std::ops::Range<i64>) -> (Running, std::path::PathBuf) {
    use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, KeyUsagePurpose};
    let day = |days: i64| {
        let by = Duration::from_secs(days.unsigned_abs() * 86_400);
        if days < 0 { SystemTime::now() - by } else { SystemTime::now() + by }
    };
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let authority_key = KeyPair::generate().expect("a key");
    let authority_pem = authority.self_signed(&authority_key).expect("an authority").pem();
    let mut leaf = CertificateParams::new(vec![name.to_owned()]).expect("a name");
    (leaf.not_before, leaf.not_after) = (day(days.start).into(), day(days.end).into());
    leaf.use_authority_key_identifier_extension = true;
    let key = KeyPair::generate().expect("a key");
    let certificate = leaf.signed_by(&key, &Issuer::new(authority, authority_key)).expect("a certificate");
    let (cert, private, trusted) = (dir.join("cert.pem"), dir.join("key.pem"), dir.join("authority.pem"));
    for (path, text) in [(&cert, certificate.pem()), (&private, key.serialize_pem()), (&trusted, authority_pem)] {
        std::fs::write(path, text).expect("a temporary file");
    }
    let tls = Some(Tls::Files { cert, key: private });
    let server = ReferenceServer::start(Config { port: 0, admin_port: 0, tls, ..Config::demo() }).await.expect("free ports");
    (server, trusted)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_is_over_not_yet_valid_or_for_another_name_is_told_apart() {
    for (name, days, says, way_out) in [
        ("127.0.0.1", -20..-10, "has expired", "renew the certificate"),
        ("127.0.0.1", 10..20, "is not valid yet", "set this machine's clock"),
        ("other.example", -1..20, "is for another name than 127.0.0.1", "use the name that the certificate is for"),
    ] {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let (server, authority) = certified(dir.path(), name, days).await;
        let issuer = format!("https://{}/realms/strict", server.addr());
        let file = dir.path().join("provider.yaml");
        std::fs::write(&file, format!("issuer: {issuer}\n")).expect("a temporary file");
        let mut command = Command::new(env!("CARGO_BIN_EXE_flowproof"));
        command.args(["doctor", "--provider"]).arg(&file).env("SSL_CERT_FILE", &authority);
        let output = command.output().expect("the program starts");
        let text = said(&output);
        assert_eq!(output.status.code(), Some(3), "{text}");
        assert!(text.contains(says) && text.contains(way_out), "{says}: {text}");
        server.stop().await;
    }
}
