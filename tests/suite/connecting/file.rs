//! `connect:` of the provider file, and what an author is told who writes it wrongly.

use std::path::Path;

use flowproof::provider::{Provider, Source};
use flowproof::wire::{Authorities, Route};
use url::Url;

fn env(name: &str) -> Option<String> {
    match name {
        "PROXY_PASSWORD" => Some("s3cret!".to_owned()),
        "HTTPS_PROXY" => Some("http://of-the-environment.test:3128".to_owned()),
        "NO_PROXY" => Some("outside.test".to_owned()),
        _ => None,
    }
}

fn read(dir: &Path, connect: &str) -> Result<Provider, String> {
    let text = format!("issuer: https://auth.test\nconnect:\n{connect}");
    Provider::parse(&text, Source::File(dir.join("provider.yaml")), &env).map_err(|error| error.to_string())
}

fn authority(dir: &Path) -> String {
    let pair = rcgen::KeyPair::generate().expect("a key");
    let mut params = rcgen::CertificateParams::default();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let pem = params.self_signed(&pair).expect("a certificate").pem();
    std::fs::write(dir.join("ca.pem"), &pem).expect("a temporary file");
    pem
}

fn through(provider: &Provider, url: &str) -> Option<String> {
    match provider.connect.route(&Url::parse(url).expect("a URL")) {
        Route::Through(proxy) => Some(proxy.place()),
        Route::Direct | Route::At(_) => None,
    }
}

#[test]
fn an_authority_lies_beside_the_file_and_addresses_and_a_proxy_are_read() {
    let dir = tempfile::tempdir().expect("a folder");
    let pem = authority(dir.path());
    let connect = "  ca: ca.pem\n  resolve: { \"auth.test:443\": \"127.0.0.1:8443\", \"login.test:443\": \"::1\" }\n  \
                   proxy: \"http://robot:${PROXY_PASSWORD}@proxy.test:3128\"\n";
    let provider = read(dir.path(), connect).unwrap_or_else(|error| panic!("{error}"));
    let (path, authorities) = provider.connect.ca.clone().expect("an authority");
    assert!(path.is_absolute() && path.ends_with("ca.pem"), "{}", path.display());
    assert_eq!(Ok(authorities), Authorities::of_pem(pem.as_bytes()));
    let at = provider.connect.route(&Url::parse("https://auth.test/x").expect("a URL"));
    assert_eq!(at, Route::At("127.0.0.1:8443".parse().expect("an address")));
    assert_eq!(through(&provider, "https://else.test/").as_deref(), Some("proxy.test:3128"));
    assert_eq!(through(&provider, "https://outside.test/"), None, "NO_PROXY counts with every proxy");
    assert!(provider.secrets().any(|secret| secret.expose() == "s3cret!"), "what no output may show");
    assert!(!format!("{provider:?}").contains("s3cret!"));
}

#[test]
fn the_proxies_of_the_environment_are_used_where_the_file_says_so_and_not_otherwise() {
    let here = Path::new("");
    let asked = read(here, "  proxy: environment\n").unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(through(&asked, "https://auth.test/").as_deref(), Some("of-the-environment.test:3128"));
    assert_eq!(through(&asked, "http://auth.test/"), None, "there is none for http");
    assert_eq!(through(&read(here, "  insecure: true\n").expect("it reads"), "https://auth.test/"), None);
    let picky = read(here, "  proxy: { url: environment, except: [auth.test], loopback: true }\n").expect("it reads");
    assert_eq!(through(&picky, "https://auth.test/"), None);
    assert!(through(&picky, "https://127.0.0.1/").is_some());
}

#[test]
fn what_cannot_be_meant_is_told_with_its_line_and_the_way_out() {
    let dir = tempfile::tempdir().expect("a folder");
    authority(dir.path());
    std::fs::write(dir.path().join("key.pem"), "no certificate in here\n").expect("a temporary file");
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    std::fs::write(dir.path().join("broken.pem"), broken).expect("a temporary file");
    for (connect, parts) in [
        ("  ca: nowhere.pem\n", ["provider.yaml:3:7: `connect.ca`", "nowhere.pem cannot be read"]),
        ("  ca: key.pem\n", ["provider.yaml:3:7: `connect.ca`", "it holds no `-----BEGIN CERTIFICATE-----`"]),
        ("  ca: broken.pem\n", ["provider.yaml:3:7: `connect.ca`", "its certificate 1 cannot be used"]),
        ("  ca: ca.pem\n  insecure: true\n", ["provider.yaml:3:7: `connect.ca`", "leave one of the two out"]),
        ("  insecure: \"yes\"\n", ["provider.yaml:3:13: `connect.insecure` is a string", "expected true or false"]),
        ("  resolve: { auth.test: 127.0.0.1 }\n", ["`connect.resolve.auth.test`", "a host with its port"]),
        ("  resolve: { \"auth.test:443\": other.test }\n", ["`connect.resolve.auth.test:443`", "an IP address"]),
        ("  resolve: { \"127.0.0.1:443\": 127.0.0.2 }\n", ["`connect.resolve.127.0.0.1:443`", "is an address already"]),
        ("  proxy: \"ftp://robot:hunter2@proxy.test\"\n", ["provider.yaml:3:10: `connect.proxy`", "http://proxy.example:3128"]),
        ("  proxy: { except: [a.test] }\n", ["`connect.proxy.url` is missing", "where the proxy is"]),
        ("  prxy: http://proxy.test\n", ["`prxy` is not a key of `connect`", "did you mean `proxy`?"]),
    ] {
        let message = read(dir.path(), connect).expect_err(connect);
        assert!(parts.iter().all(|part| message.contains(part)), "{connect}: {message}");
        assert!(!message.contains("hunter2"), "{message}");
    }
}
