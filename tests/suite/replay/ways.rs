//! A command goes the way that its exchange went: whom it trusts, where it connects to, through which proxy.

use std::process::Command;
use std::time::Duration;

use flowproof::protocol::{Endpoint, Replay, Request};
use flowproof::wire::{Address, Bounds, Connect, Proxies, Proxy as Way, Tape, Wire};
use url::Url;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::has_curl;
use crate::connecting::proxy::{Mood, Proxy};
use crate::connecting::{NAME, named};

const PASSWORD: &str = "p@ss/word:+";

/// Whether a shell that runs the command gets status 200 from the server itself.
fn is_answered(command: &str) -> bool {
    // A shell whose environment says another way.
    let script =
        format!("export NO_PROXY='*'\nPROXY_PASSWORD='{PASSWORD}'\n{}\n", command.replacen("curl ", "curl -sS -m 20 ", 1));
    let output = Command::new("sh").args(["-c", &script]).output().expect("a shell");
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    // A tunnel that is opened answers for itself before.
    let last = told.split("\r\n\r\n").filter(|head| head.starts_with("HTTP/")).last().unwrap_or_default();
    output.status.success() && last.lines().next().is_some_and(|line| line.split(' ').nth(1) == Some("200"))
}

/// Sends a request over the wire; its command, and the options of it.
async fn command(connect: Connect, url: &str) -> (String, Vec<String>) {
    let wire = Wire::reaching(Bounds { total: Duration::from_secs(5), ..Bounds::default() }, connect).expect("TLS");
    let tape = Tape::new(wire.connect().secrets());
    let answer = wire.send(&tape, &Request::get(Endpoint::Metadata, &Url::parse(url).expect("a URL"))).await;
    assert_eq!(answer.map(|answer| answer.status), Ok(200), "{url}");
    let curl = Replay::of(&tape.exchanges()).commands.remove(0);
    (curl.line(), curl.lines[1..].to_vec())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_found_and_trusted_as_the_exchange_found_and_trusted_it() {
    let dir = tempfile::tempdir().expect("a directory");
    let (secure, authority) = named(dir.path()).await;
    let plain = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).mount(&plain).await;
    let mut trusting = Connect::default();
    trusting.trust(&authority).unwrap_or_else(|problem| panic!("{problem}"));
    let file = authority.display().to_string();
    let health = format!("https://{NAME}/health");
    let at = |text: String| Address::of_flag(&text).expect("an address");
    let placed = vec![at(format!("{NAME}:443:{}", secure.addr()))];
    let own = vec![at(format!("b.test:{}:127.0.0.1", plain.address().port()))];
    let connect_to = format!("--connect-to '{NAME}:443:{}'", secure.addr());
    let resolve = format!("--resolve 'b.test:{}:127.0.0.1'", plain.address().port());
    let direct = "--noproxy '*'".to_owned();
    for (connect, url, expected) in [
        (
            Connect { resolve: placed.clone(), ..trusting.clone() },
            &health,
            vec![format!("--cacert '{file}'"), connect_to.clone(), direct.clone()],
        ),
        (
            Connect { resolve: placed, insecure: true, ..Connect::default() },
            &health,
            vec!["-k".to_owned(), connect_to, direct.clone()],
        ),
        (trusting.clone(), &format!("https://{}/health", secure.addr()), vec![format!("--cacert '{file}'")]),
        (
            Connect { resolve: own, ..trusting.clone() },
            &format!("http://b.test:{}/x", plain.address().port()),
            vec![resolve, direct],
        ),
        (trusting, &format!("{}/x", plain.uri()), Vec::new()),
    ] {
        let (line, options) = command(connect, url).await;
        assert_eq!(options, expected, "{line}");
        if has_curl() {
            assert!(is_answered(&line), "{line}");
            let bare = line.split(" --").next().and_then(|line| line.strip_suffix(" -k").or(Some(line))).unwrap_or_default();
            assert_eq!(is_answered(bare), options.is_empty(), "nothing of it is there in vain: {bare}");
        }
    }
    secure.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_is_gone_through_with_its_password_in_a_variable() {
    let dir = tempfile::tempdir().expect("a directory");
    let (secure, authority) = named(dir.path()).await;
    let plain = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).mount(&plain).await;
    let wants = || Mood::Wants("Basic cm9ib3Q6cEBzcy93b3JkOis=".to_owned());
    for (place, mood, scheme, url) in [
        (secure.addr(), Mood::Open, "socks5h", format!("https://{NAME}/health")),
        (secure.addr(), wants(), "http", format!("https://{NAME}/health")),
        (*plain.address(), wants(), "http", "http://auth.test/x".to_owned()),
    ] {
        let with_password = matches!(mood, Mood::Wants(_));
        let proxy = Proxy::to(place, mood).await;
        let user = if with_password { "robot:p%40ss%2Fword%3A+@" } else { "" };
        let proxies = Proxies::all(Way::parse(&format!("{scheme}://{user}{}", proxy.address)).expect("a proxy"));
        let mut connect = Connect { proxies: Some(proxies), ..Connect::default() };
        connect.trust(&authority).unwrap_or_else(|problem| panic!("{problem}"));
        let (line, options) = command(connect, &url).await;
        assert!(!line.contains("p@ss") && !line.contains("p%40ss"), "{line}");
        let mut expected = vec![format!("--proxy '{scheme}://{}'", proxy.address)];
        expected.extend(with_password.then(|| "--proxy-user \"robot:${PROXY_PASSWORD}\"".to_owned()));
        expected.push("--noproxy ''".to_owned());
        assert!(options.ends_with(&expected), "{line}");
        let asked = proxy.asked().len();
        if has_curl() {
            assert!(is_answered(&line), "{line}");
            assert!(proxy.asked().len() > asked, "the command went through: {line}");
        }
    }
    secure.stop().await;
}
