//! What keeps a connection from being made, or a clock from being believed, with its way out.

use std::time::{Duration, SystemTime};

use flowproof::doctor::{Health, Sign, Topic};
use flowproof::server::{Config, ReferenceServer, Running, Tls};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::TcpStream;
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::{asserts, complaint, endpoints, file, mock, of_file};
use crate::connecting::proxy::{Mood, Proxy};

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
    let dir = tempfile::tempdir().expect("a temporary directory");
    let (server, authority) = certified(dir.path(), "127.0.0.1", -1..20).await;
    let issuer = format!("https://{}/realms/strict", server.addr());
    let diagnosis = of_file(&format!("issuer: {issuer}\n")).await;
    assert_eq!(diagnosis.health, Health::Unreachable);
    let remark = complaint(&diagnosis, Topic::Reach, "issuer");
    asserts(remark, Sign::Unreachable, "authority that this machine does not know", "connect: { ca: authority.pem }");
    let trusted = of_file(&format!("issuer: {issuer}\nconnect: {{ ca: {} }}\n", authority.display())).await;
    assert!(trusted.remarks.iter().any(|remark| remark.says.contains("with a certificate that is trusted")), "{trusted:#?}");
    let lax = of_file(&format!("issuer: {issuer}\nconnect: {{ insecure: true }}\n")).await;
    asserts(complaint(&lax, Topic::Reach, "issuer"), Sign::Doubt, "that nobody verified", "connect.ca");
    server.stop().await;
}

#[tokio::test]
async fn a_certificate_signed_by_itself_is_told_with_what_to_set() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let pair = rcgen::KeyPair::generate().expect("a key");
    let params = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()]).expect("a name");
    let (cert, key) = (dir.path().join("cert.pem"), dir.path().join("key.pem"));
    std::fs::write(&cert, params.self_signed(&pair).expect("a certificate").pem()).expect("a temporary file");
    std::fs::write(&key, pair.serialize_pem()).expect("a temporary file");
    let tls = Some(Tls::Files { cert, key });
    let server = ReferenceServer::start(Config { port: 0, admin_port: 0, tls, ..Config::demo() }).await.expect("free ports");
    let diagnosis = of_file(&format!("issuer: https://{}/realms/strict\n", server.addr())).await;
    let remark = complaint(&diagnosis, Topic::Reach, "issuer");
    asserts(remark, Sign::Unreachable, "is signed by itself", "connect: { insecure: true }");
    server.stop().await;
}

#[tokio::test]
async fn http_and_https_at_a_port_of_the_other_sort_are_told_apart() {
    let config = Config { port: 0, admin_port: 0, tls: Some(Tls::Generated), ..Config::demo() };
    let server = ReferenceServer::start(config).await.expect("free ports");
    let diagnosis = of_file(&format!("issuer: http://{}/realms/strict\n", server.addr())).await;
    let remark = complaint(&diagnosis, Topic::Reach, "issuer");
    asserts(remark, Sign::Unreachable, "does not answer in plain HTTP; it speaks TLS", "begin `issuer:` with https://");

    // Many servers answer plain HTTP at such a port with an error page.
    let polite = Polite::before(server.addr()).await;
    let diagnosis = of_file(&format!("issuer: http://{}/realms/strict\n", polite.address)).await;
    let remark = complaint(&diagnosis, Topic::Reach, "issuer");
    asserts(remark, Sign::Wrong, "does not answer in plain HTTP; it speaks TLS", "begin `issuer:` with https://");
    server.stop().await;

    let plain = mock(endpoints, SystemTime::now()).await;
    let diagnosis = of_file(&format!("issuer: {}\n", plain.uri().replace("http:", "https:"))).await;
    let remark = complaint(&diagnosis, Topic::Reach, "issuer");
    asserts(remark, Sign::Unreachable, "does not speak TLS", "begin `issuer:` with http://");
}

/// A port that speaks TLS, and says so to those who do not.
struct Polite {
    address: std::net::SocketAddr,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Polite {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Polite {
    async fn before(server: std::net::SocketAddr) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let task = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let mut first = [0];
                    stream.peek(&mut first).await?;
                    if first[0] == 0x16 {
                        let mut behind = TcpStream::connect(server).await?;
                        copy_bidirectional(&mut stream, &mut behind).await.map(drop)
                    } else {
                        stream.read_u8().await?;
                        let page = "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
                        stream.write_all(page.as_bytes()).await
                    }
                });
            }
        });
        Self { address, task }
    }
}

#[tokio::test]
async fn a_name_that_nobody_knows_and_an_address_where_nobody_is_are_told() {
    let diagnosis = of_file("issuer: https://auth.flowproof.invalid\n").await;
    let remark = complaint(&diagnosis, Topic::Reach, "issuer");
    asserts(remark, Sign::Unreachable, "there is no host auth.flowproof.invalid", "--resolve auth.flowproof.invalid:443:ADDRESS");
    asserts(remark, Sign::Unreachable, "", "proxy: environment");
    let nobody = nobody();
    let resolve = format!("connect: {{ resolve: {{ \"auth.flowproof.invalid:443\": \"{nobody}\" }} }}\n");
    let diagnosis = of_file(&format!("issuer: https://auth.flowproof.invalid\n{resolve}")).await;
    let remark = complaint(&diagnosis, Topic::Reach, "issuer");
    asserts(remark, Sign::Unreachable, &format!("nothing listens at {nobody}, where `connect.resolve` has"), "`connect.resolve`");
}

fn nobody() -> std::net::SocketAddr {
    std::net::TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("an address")
}

#[tokio::test]
async fn a_provider_at_the_other_loopback_address_is_found() {
    // Some machines have no IPv6, and nothing to mix up.
    let Ok(listener) = std::net::TcpListener::bind("[::1]:0") else { return };
    let six = MockServer::builder().listener(listener).start().await;
    let port = six.address().port();
    let diagnosis = of_file(&format!("issuer: http://127.0.0.1:{port}\n")).await;
    let remark = complaint(&diagnosis, Topic::Reach, "issuer");
    asserts(remark, Sign::Unreachable, &format!("but at [::1]:{port}"), &format!("write [::1]:{port} in `issuer:`"));
    let four = MockServer::start().await;
    let port = four.address().port();
    let diagnosis = of_file(&format!("issuer: http://[::1]:{port}\n")).await;
    let remark = complaint(&diagnosis, Topic::Reach, "issuer");
    asserts(remark, Sign::Unreachable, &format!("nothing listens at [::1]:{port}"), &format!("write 127.0.0.1:{port}"));
}

#[tokio::test]
async fn a_proxy_that_is_gone_asks_or_refuses_is_told_apart() {
    let nobody = nobody();
    let asks = Proxy::to(nobody, Mood::Wants("Basic nothing".to_owned())).await;
    let shut = Proxy::to(nobody, Mood::Shut).await;
    for (place, says, way_out) in [
        (nobody, "does not answer", "correct `connect.proxy`"),
        (asks.address, "wants to know who goes through it", "http://user:${PROXY_PASSWORD}@host:port"),
        (shut.address, "does not lead to auth.flowproof.invalid:443", "except: [auth.flowproof.invalid]"),
    ] {
        let file = format!("issuer: https://auth.flowproof.invalid\nconnect: {{ proxy: \"http://{place}\" }}\n");
        let diagnosis = of_file(&file).await;
        assert_eq!(diagnosis.health, Health::Unreachable);
        asserts(complaint(&diagnosis, Topic::Reach, "issuer"), Sign::Unreachable, &format!("the proxy {place} {says}"), way_out);
    }
    let page = MockServer::start().await;
    let open = Proxy::to(*page.address(), Mood::Open).await;
    let file = format!("issuer: http://auth.flowproof.invalid\nconnect: {{ proxy: \"http://{}\" }}\n", open.address);
    let diagnosis = of_file(&file).await;
    let way_out = format!("the proxy {} that answered in its place", open.address);
    asserts(complaint(&diagnosis, Topic::Metadata, "endpoints"), Sign::Wrong, "none is known", &way_out);
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
        (
            "other.example",
            -1..20,
            "is for another name than 127.0.0.1: for other.example",
            "use the name that the certificate is for",
        ),
    ] {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let (server, authority) = certified(dir.path(), name, days).await;
        let issuer = format!("https://{}/realms/strict", server.addr());
        let diagnosis = of_file(&format!("issuer: {issuer}\nconnect: {{ ca: {} }}\n", authority.display())).await;
        asserts(complaint(&diagnosis, Topic::Reach, "issuer"), Sign::Unreachable, says, way_out);
        server.stop().await;
    }
}
