//! Those who log in on their own: browsers and programs reach the provider as everybody else does.

use std::path::Path;

use flowproof::server::Running;
use serde_json::{Value, json};

use super::program::{ends, flowproof, said};
use super::proxy::{Mood, Proxy};
use super::{NAME, document, named};

fn write(dir: &Path, server: &Running, connect: Value, login: Value) {
    let mut document = document(server, "strict");
    document["connect"] = connect;
    document["login"] = login;
    std::fs::write(dir.join("provider.yaml"), document.to_string()).expect("a temporary file");
}

fn is_here(driver: &str) -> bool {
    let here = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).any(|folder| folder.join(driver).is_file());
    if !here {
        eprintln!("SKIPPED: no {driver} on the PATH");
    }
    here
}

const TRY: [&str; 4] = ["try", "code", "--provider", "provider.yaml"];

#[tokio::test(flavor = "multi_thread")]
async fn chromium_trusts_whom_the_file_trusts_and_finds_names_where_it_has_them() {
    if !is_here("chromedriver") {
        return;
    }
    let dir = tempfile::tempdir().expect("a temporary directory");
    let (server, _) = named(dir.path()).await;
    let proxy = Proxy::to(server.addr(), Mood::Open).await;
    let resolve = json!({ format!("{NAME}:443"): server.addr().to_string() });
    for connect in [
        json!({ "ca": "authority.pem", "resolve": resolve }),
        json!({ "insecure": true, "resolve": resolve }),
        json!({ "ca": "authority.pem", "proxy": format!("http://{}", proxy.address) }),
    ] {
        write(dir.path(), &server, connect, json!({ "driver": "webdriver" }));
        ends(&flowproof(dir.path(), &TRY), 0);
    }
    let asked = proxy.asked();
    assert!(asked.iter().any(|asked| asked.starts_with(&format!("CONNECT {NAME}:443 "))), "{asked:?}");
    assert!(
        !asked.iter().any(|asked| asked.contains("127.0.0.1:8400") || asked.contains("client.example")),
        "no client: {asked:?}"
    );
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn firefox_goes_through_a_proxy_and_says_what_it_cannot_be_told() {
    if !is_here("geckodriver") {
        return;
    }
    let dir = tempfile::tempdir().expect("a temporary directory");
    let (server, _) = named(dir.path()).await;
    let proxy = Proxy::to(server.addr(), Mood::Open).await;
    let login = json!({ "driver": "webdriver", "webdriver": { "browser": "firefox" } });
    let way = format!("socks5h://{}", proxy.address);
    write(dir.path(), &server, json!({ "insecure": true, "proxy": way }), login.clone());
    ends(&flowproof(dir.path(), &TRY), 0);
    write(dir.path(), &server, json!({ "ca": "authority.pem", "proxy": way }), login);
    let text = said(&flowproof(dir.path(), &TRY));
    assert!(text.contains("Firefox cannot be told of an authority"), "{text}");
    server.stop().await;
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_login_program_is_told_how_by_its_environment() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().expect("a temporary directory");
    let (server, _) = named(dir.path()).await;
    let at = dir.path().join("login.sh");
    let script = "#!/bin/sh\nenv | grep ^FLOWPROOF_ > told\nexit 3\n";
    std::fs::write(&at, script).expect("a script");
    std::fs::set_permissions(&at, std::fs::Permissions::from_mode(0o755)).expect("a program");
    let connect = json!({
        "ca": "authority.pem",
        "resolve": { format!("{NAME}:443"): server.addr().to_string() },
        "proxy": { "url": "http://robot:hunter%2F22@proxy.invalid:3128", "except": ["inside.test"] },
    });
    write(dir.path(), &server, connect, json!({ "driver": "command", "program": ["./login.sh"] }));
    let text = said(&flowproof(dir.path(), &TRY));
    let told = std::fs::read_to_string(dir.path().join("told")).unwrap_or_else(|error| panic!("{error}: {text}"));
    let authority = std::fs::canonicalize(dir.path().join("authority.pem")).expect("it is there");
    for line in [
        format!("FLOWPROOF_CA={}", authority.display()),
        format!("FLOWPROOF_CONNECT_TO={NAME}:443:{}", server.addr()),
        "FLOWPROOF_HTTPS_PROXY=http://robot:hunter%2F22@proxy.invalid:3128/".to_owned(),
        "FLOWPROOF_NO_PROXY=inside.test".to_owned(),
    ] {
        assert!(told.lines().any(|told| told == line), "{line}: {told}");
    }
    assert!(!text.contains("hunter"), "{text}");
    server.stop().await;
}
