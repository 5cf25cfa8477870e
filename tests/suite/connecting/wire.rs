//! The client itself: whom it trusts, where it connects to, and what goes through a proxy.

use std::net::SocketAddr;
use std::time::Duration;

use flowproof::protocol::{Endpoint, Failure, Request, Response};
use flowproof::server::{Config, ReferenceServer, Tls};
use flowproof::wire::{Address, Bounds, Connect, Proxies, Proxy as Way, Tape, Wire};
use url::Url;
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::proxy::{Mood, Proxy};
use super::{NAME, named};

async fn get(connect: Connect, url: &str) -> Result<Response, Failure> {
    let bounds = Bounds { total: Duration::from_secs(5), ..Bounds::default() };
    let wire = Wire::reaching(bounds, connect).expect("TLS");
    wire.send(&Tape::default(), &Request::get(Endpoint::Metadata, &Url::parse(url).expect("a URL"))).await
}

fn status(outcome: Result<Response, Failure>) -> u16 {
    outcome.unwrap_or_else(|failure| panic!("{failure}")).status
}

fn trusting(path: &std::path::Path) -> Connect {
    let mut connect = Connect::default();
    connect.trust(path).unwrap_or_else(|problem| panic!("{problem}"));
    connect
}

fn at(server: SocketAddr) -> Address {
    Address::of_flag(&format!("{NAME}:443:{server}")).expect("an address")
}

fn through(proxy: &str) -> Proxies {
    Proxies::all(Way::parse(proxy).expect("a proxy"))
}

async fn mock() -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("GET")).respond_with(ResponseTemplate::new(200)).mount(&server).await;
    server
}

async fn hosts_of(server: &MockServer) -> Vec<String> {
    let requests = server.received_requests().await.expect("they are kept");
    requests.iter().map(|request| request.headers["host"].to_str().expect("text").to_owned()).collect()
}

#[tokio::test]
async fn an_authority_of_a_file_is_trusted_and_a_name_is_found_at_its_address() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let (server, authority) = named(dir.path()).await;
    let url = format!("https://{NAME}/health");
    let mut connect = trusting(&authority);
    connect.place(at(server.addr()));
    assert_eq!(status(get(connect.clone(), &url).await), 200);
    let stranger = get(Connect { ca: None, ..connect.clone() }, &url).await.expect_err("nobody trusts it");
    assert!(stranger.to_string().contains("UnknownIssuer"), "{stranger}");
    assert_eq!(status(get(Connect { ca: None, insecure: true, ..connect.clone() }, &url).await), 200);
    let elsewhere = format!("https://{}/health", server.addr());
    assert_eq!(status(get(trusting(&authority), &elsewhere).await), 200, "an address is not for another name");
    server.stop().await;
}

#[tokio::test]
async fn keys_that_the_file_made_trusted_are_remembered_and_no_others() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let (server, authority) = named(dir.path()).await;
    let wire =
        Wire::reaching(Bounds::default(), Connect { resolve: vec![at(server.addr())], ..trusting(&authority) }).expect("TLS");
    assert_eq!(wire.trusted_keys().len(), 1, "the authority's");
    let health = Request::get(Endpoint::Metadata, &Url::parse(&format!("https://{NAME}/health")).expect("a URL"));
    wire.send(&Tape::default(), &health).await.expect("it answers");
    assert_eq!(wire.trusted_keys().len(), 2, "the authority's and the server's");
    assert!(Wire::new(Bounds::default()).expect("TLS").trusted_keys().is_empty());
    server.stop().await;
}

/// A certificate that is signed by itself, of an authority or not, as files.
fn self_signed(dir: &std::path::Path, is_ca: bool) -> Tls {
    let mut params = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()]).expect("a name");
    if is_ca {
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    }
    let pair = rcgen::KeyPair::generate().expect("a key");
    let (cert, key) = (dir.join("cert.pem"), dir.join("key.pem"));
    std::fs::write(&cert, params.self_signed(&pair).expect("a certificate").pem()).expect("a temporary file");
    std::fs::write(&key, pair.serialize_pem()).expect("a temporary file");
    Tls::Files { cert, key }
}

#[tokio::test]
async fn a_certificate_signed_by_itself_is_told_and_trusted_where_the_file_holds_it() {
    for is_ca in [false, true] {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let config = Config { port: 0, admin_port: 0, tls: Some(self_signed(dir.path(), is_ca)), ..Config::demo() };
        let server = ReferenceServer::start(config).await.expect("free ports");
        let url = format!("https://{}/health", server.addr());
        let refused = get(Connect::default(), &url).await.expect_err("nobody trusts it");
        assert!(refused.to_string().contains("SelfSigned"), "{refused}");
        assert_eq!(status(get(trusting(&dir.path().join("cert.pem")), &url).await), 200, "authority: {is_ca}");
        let another = tempfile::tempdir().expect("a temporary directory");
        self_signed(another.path(), is_ca);
        let refused = get(trusting(&another.path().join("cert.pem")), &url).await.expect_err("another key");
        assert!(refused.to_string().contains("SelfSigned") || refused.to_string().contains("BadSignature"), "{refused}");
        let elsewhere = format!("https://localhost:{}/health", server.addr().port());
        let refused = get(trusting(&dir.path().join("cert.pem")), &elsewhere).await.expect_err("another name");
        assert!(refused.to_string().contains("not valid for name"), "authority: {is_ca}: {refused}");
        server.stop().await;
    }
}

#[tokio::test]
async fn the_host_of_the_url_is_spoken_to_wherever_it_is() {
    let server = mock().await;
    let to = server.address();
    let resolve =
        vec![Address::of_flag(&format!("a.test:80:{to}")), Address::of_flag(&format!("b.test:{}:127.0.0.1", to.port()))];
    let connect = Connect { resolve: resolve.into_iter().map(|one| one.expect("an address")).collect(), ..Connect::default() };
    assert_eq!(status(get(connect.clone(), "http://a.test/x").await), 200);
    assert_eq!(status(get(connect, &format!("http://b.test:{}/x", to.port())).await), 200);
    assert_eq!(hosts_of(&server).await, ["a.test".to_owned(), format!("b.test:{}", to.port())]);
}

#[tokio::test]
async fn a_proxy_is_asked_for_names_that_nobody_else_looks_up() {
    let (server, dir) = (mock().await, tempfile::tempdir().expect("a temporary directory"));
    let plain = Proxy::to(*server.address(), Mood::Open).await;
    let connect = Connect { proxies: Some(through(&plain.address.to_string())), ..Connect::default() };
    assert_eq!(status(get(connect, "http://auth.test/x?y").await), 200);
    assert_eq!(plain.asked(), ["GET http://auth.test/x?y HTTP/1.1"]);
    assert_eq!(hosts_of(&server).await, ["auth.test"]);

    let (secure, authority) = named(dir.path()).await;
    for scheme in ["http", "socks5h"] {
        let proxy = Proxy::to(secure.addr(), Mood::Open).await;
        let proxies = Some(through(&format!("{scheme}://{}", proxy.address)));
        let connect = Connect { proxies, ..trusting(&authority) };
        assert_eq!(status(get(connect, &format!("https://{NAME}/health")).await), 200, "{scheme}");
        let asked = if scheme == "http" { format!("CONNECT {NAME}:443 HTTP/1.1") } else { format!("{NAME}:443") };
        assert_eq!(proxy.asked(), [asked]);
    }
    secure.stop().await;
}

#[tokio::test]
async fn this_machine_and_exceptions_do_not_go_through_a_proxy_unless_it_is_said() {
    let server = mock().await;
    let proxy = Proxy::to(*server.address(), Mood::Open).await;
    let here = format!("http://{}/x", server.address());
    let mut proxies = through(&proxy.address.to_string());
    proxies.except = vec![".inside.test".to_owned()];
    let of = |proxies: &Proxies| Connect { proxies: Some(proxies.clone()), ..Connect::default() };
    assert_eq!(status(get(of(&proxies), &here).await), 200);
    let inside = get(of(&proxies), "http://a.inside.test/x").await.expect_err("there is no such host");
    assert!(!inside.to_string().contains("through the proxy"), "{inside}");
    assert!(proxy.asked().is_empty());
    proxies.loopback = true;
    assert_eq!(status(get(of(&proxies), &here).await), 200);
    assert_eq!(proxy.asked(), [format!("GET {here} HTTP/1.1")]);
}

#[tokio::test]
async fn a_proxy_hears_the_password_that_it_wants_and_nobody_else_does() {
    let (server, dir) = (mock().await, tempfile::tempdir().expect("a temporary directory"));
    let (secure, authority) = named(dir.path()).await;
    // "robot:p@ss/word:+" in Base64.
    let wants = || Mood::Wants("Basic cm9ib3Q6cEBzcy93b3JkOis=".to_owned());
    let (plain, tunnel) = (Proxy::to(*server.address(), wants()).await, Proxy::to(secure.addr(), wants()).await);
    for (proxy, url) in [(&plain, "http://auth.test/x".to_owned()), (&tunnel, format!("https://{NAME}/health"))] {
        let of =
            |user: &str| Connect { proxies: Some(through(&format!("http://{user}{}", proxy.address))), ..trusting(&authority) };
        assert_eq!(status(get(of("robot:p%40ss%2Fword%3A+@"), &url).await), 200, "{url}");
        let refused = get(of("robot:wrong-password@"), &url).await.expect_err("a wrong password").to_string();
        assert!(refused.contains(&format!("through the proxy {}", proxy.address)), "{refused}");
        assert!(refused.contains("proxy authorization required") && !refused.contains("wrong-password"), "{refused}");
    }
    let requests = server.received_requests().await.expect("they are kept");
    assert_eq!(requests.len(), 1);
    secure.stop().await;
}

#[tokio::test]
async fn a_proxy_that_is_not_there_or_says_no_is_named() {
    let nobody = { std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address") };
    let shut = Proxy::to(nobody, Mood::Shut).await;
    for (proxy, says) in [(nobody, "Connection refused"), (shut.address, "tunnel error: unsuccessful")] {
        let connect = Connect { proxies: Some(through(&proxy.to_string())), ..Connect::default() };
        let refused = get(connect, &format!("https://{NAME}/health")).await.expect_err("no way").to_string();
        assert!(refused.contains(&format!("through the proxy {proxy}")) && refused.contains(says), "{refused}");
    }
}
