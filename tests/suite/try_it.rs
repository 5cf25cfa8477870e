//! The try command as a user runs it: what each flow tells, what it keeps to itself, and what it says when the provider does not go along.

mod embedded;
mod endings;
mod fake;

use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

use self::fake::{Fake, SECRETS};

fn flowproof(dir: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_flowproof"))
        .arg("try")
        .args(args)
        .current_dir(dir)
        .env_remove("NO_COLOR")
        .env("RUST_BACKTRACE", "0")
        .output()
        .expect("the program starts")
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn empty_dir() -> TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

/// Asserts that these stand in the text, one after the other.
fn in_order(text: &str, parts: &[&str]) {
    let mut rest = text;
    for part in parts {
        let at = rest.find(part).unwrap_or_else(|| panic!("no {part:?} (in this order) in {text}"));
        rest = &rest[at + part.len()..];
    }
}

#[test]
fn no_secret_of_a_walk_shows_unless_it_is_asked_for_with_a_warning() {
    let fake = Fake::with_tokens();
    for args in [&["code"][..], &["code", "--verbose"], &["refresh", "--reuse", "--verbose"], &["client-credentials"]] {
        fake.ends(args, 0, &["✓ "]);
    }
    let output = fake.walk(&["refresh", "--reuse", "--show-secrets"]);
    let told = said(&output);
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(
        String::from_utf8_lossy(&output.stderr).starts_with("warning: secrets, codes and tokens are shown as they are"),
        "{told}"
    );
    // The password, the cookie and the page's token are the login driver's own affair.
    for secret in [SECRETS[0], SECRETS[2], SECRETS[3], SECRETS[4], SECRETS[5]] {
        assert!(told.contains(secret), "{secret} does not show in {told}");
    }
}

#[test]
fn a_human_logs_in_in_a_browser_of_their_own() {
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};
    use std::process::Stdio;

    let fake = Fake::with_tokens();
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let file = fake.dir.path().join("provider.yaml");
    let text = std::fs::read_to_string(&file).expect("the file");
    std::fs::write(&file, text.replace("127.0.0.1:8400", &free.to_string())).expect("a file");
    for pastes in [false, true] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_flowproof"))
            .args(["try", "code", "--login-by-hand", "--provider", "provider.yaml"])
            .current_dir(fake.dir.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut told = String::new();
        let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
        while !told.contains("waiting for your browser") {
            assert!(out.read_line(&mut told).expect("a line") > 0, "{told}");
        }
        let opened = told.lines().find_map(|line| line.trim().strip_prefix("Open ")).expect("an address");
        let opened = url::Url::parse(opened).expect("a URL");
        let state = opened.query_pairs().find(|(name, _)| name == "state").expect("a state").1.into_owned();
        let target = format!("/callback?code={}&state={state}", SECRETS[2]);
        if pastes {
            let mut stdin = child.stdin.take().expect("a pipe");
            write!(stdin, "what?\nhttp://{free}{target}\n").expect("it reads");
        } else {
            for (target, expected) in [("/favicon.ico", "HTTP/1.1 404"), (target.as_str(), "HTTP/1.1 200")] {
                let mut browser = std::net::TcpStream::connect(free).expect("it listens");
                write!(browser, "GET {target} HTTP/1.1\r\nHost: {free}\r\n\r\n").expect("it reads");
                let mut answer = String::new();
                browser.read_to_string(&mut answer).expect("an answer");
                assert!(answer.starts_with(expected), "{target}: {answer}");
            }
        }
        out.read_to_string(&mut told).expect("the rest");
        assert!(child.wait().expect("it ends").success(), "{told}");
        in_order(&told, &["you, in a browser of your own", "code   ‹code ", "✓ state is the one", "✓ Logged in as Alice A."]);
        assert!(!told.contains(SECRETS[2]) && !told.contains(SECRETS[3]), "{told}");
    }
    // Somebody else is at the place where the browser would come back.
    let _taken = std::net::TcpListener::bind(free).expect("the port");
    fake.ends(&["code", "--login-by-hand"], 2, &["✗ Step 3", "cannot listen at 127.0.0.1:", "`clients.web.redirect_uris`"]);
    fake.ends(&["client-credentials", "--login-by-hand"], 2, &["nobody logs in"]);
}

#[test]
fn what_cannot_be_walked_is_a_usage_error_with_the_way_out() {
    let fake = Fake::new();
    fake.ends(&["code", "--client", "nobody"], 2, &["--client nobody", "expected one of: web"]);
    fake.ends(&["code", "--user", "bob"], 2, &["--user bob", "expected one of: alice"]);
    fake.ends(&["code", "--approve"], 2, &["--approve belongs to the flow `device`"]);
    fake.ends(&["code", "--reuse"], 2, &["--reuse belongs to the flow `refresh`"]);
    let file = fake.dir.path().join("provider.yaml");
    let text = std::fs::read_to_string(&file).expect("the file");
    for (from, to, flow, part) in [
        ("\"device_authorization\":", "\"revocation\":", "device", "`endpoints.device_authorization`"),
        ("\"client_credentials\"", "\"refresh_token\"", "client-credentials", "[client_credentials]"),
    ] {
        assert!(text.contains(from), "{from} in {text}");
        std::fs::write(&file, text.replacen(from, to, 1)).expect("a file");
        fake.ends(&[flow], 2, &[part]);
    }
}
