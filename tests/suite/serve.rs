//! `flowproof serve` as a process: what it prints, what it refuses, how it ends.

#![cfg(unix)]

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use flowproof::server::defect;

fn flowproof(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flowproof"));
    command.args(args).env_remove("NO_COLOR").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn ended(args: &[&str]) -> Output {
    flowproof(args).output().expect("the binary runs")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("stderr is text")
}

/// A server of its own that ends with the test, also with one that fails.
struct Server(Child);

impl Server {
    fn start(args: &[&str]) -> Self {
        Self(flowproof(&[&["serve", "--port", "0", "--admin-port", "0"], args].concat()).spawn().expect("the binary runs"))
    }

    /// Lets it start, ends it with the signal, and says what it printed and how it ended.
    fn ended_by(mut self, signal: &str) -> (String, Option<i32>) {
        let mut stdout = BufReader::new(self.0.stdout.take().expect("stdout is piped"));
        let mut text = String::new();
        stdout.read_line(&mut text).expect("stdout is text");
        let sent = Command::new("kill").args([signal, &self.0.id().to_string()]).status().expect("kill runs");
        assert!(sent.success());
        stdout.read_to_string(&mut text).expect("stdout is text");
        (text, self.0.wait().expect("it ends").code())
    }

    fn wait_for(path: &Path) -> String {
        let begun = Instant::now();
        loop {
            match std::fs::read_to_string(path) {
                Ok(text) => return text,
                Err(_) if begun.elapsed() < Duration::from_secs(20) => std::thread::sleep(Duration::from_millis(20)),
                Err(error) => panic!("no provider file: {error}"),
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[test]
fn the_list_of_defects_names_each_once_with_its_help() {
    let output = ended(&["serve", "--list-defects"]);
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8(output.stdout).expect("text");
    for info in defect::all() {
        let line = format!("  {}", info.name);
        assert_eq!(text.lines().filter(|other| **other == line).count(), 1, "{}", info.name);
    }
    assert!(text.contains(&format!("{} defects", defect::all().len())));
    assert!(!text.contains('\u{1b}'), "no colours in a pipe");
}

#[test]
fn colours_come_when_they_are_asked_for() {
    let output = ended(&["serve", "--list-defects", "--color", "always"]);
    assert!(output.stdout.contains(&0x1b));
}

#[test]
fn a_misspelt_defect_is_refused_with_the_nearest_name() {
    let output = ended(&["serve", "--defect", "ignores-code-verifer"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("did you mean `ignores-code-verifier`"), "{}", stderr(&output));
}

#[test]
fn an_unknown_realm_is_refused_with_those_there_are() {
    let output = ended(&["serve", "--realm", "nowhere"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("strict"), "{}", stderr(&output));
}

#[test]
fn wrong_usage_exits_2_and_help_0() {
    for args in [&["serve", "--prot", "1"][..], &["serve", "--port", "high"], &["swerve"], &["--color", "pink", "serve"], &[]] {
        assert_eq!(ended(args).status.code(), Some(2), "{args:?}");
    }
    for args in [&["--help"][..], &["serve", "--help"], &["--version"]] {
        assert_eq!(ended(args).status.code(), Some(0), "{args:?}");
    }
}

#[test]
fn a_port_that_is_taken_is_named_with_the_way_out() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("bound");
    let output = ended(&["serve", "--port", &address.port().to_string(), "--admin-port", "0"]);
    assert_eq!(output.status.code(), Some(2));
    let text = stderr(&output);
    assert!(text.contains(&address.to_string()) && text.contains("--port"), "{text}");
}

#[test]
fn a_provider_file_that_cannot_be_written_ends_it() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().to_str().expect("text");
    let output = ended(&["serve", "--port", "0", "--admin-port", "0", "--provider-file", path]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains(path), "{}", stderr(&output));
}

#[test]
fn what_it_prints_is_the_provider_file_that_it_writes() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("provider.yaml");
    let server = Server::start(&["--realm", "lenient", "--provider-file", path.to_str().expect("text")]);
    let written = Server::wait_for(&path);
    let (printed, _) = server.ended_by("-TERM");
    let read = |text: &str| serde_yaml::from_str::<serde_json::Value>(text).expect("YAML");
    assert_eq!(read(&printed), read(&written));
    let issuer = read(&written)["issuer"].as_str().expect("an issuer").to_owned();
    assert!(issuer.starts_with("http://127.0.0.1:") && issuer.ends_with("/realms/lenient"), "{issuer}");
    let mode = std::fs::metadata(&path).expect("there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "only its owner reads it");
}

#[test]
fn the_printed_configuration_serves_once_it_is_changed() {
    let dir = tempfile::tempdir().expect("a directory");
    let (file, provider) = (dir.path().join("server.yaml"), dir.path().join("provider.yaml"));
    let printed = ended(&["serve", "--print-config", "--defect", "omits-no-store"]);
    assert_eq!(printed.status.code(), Some(0), "{}", stderr(&printed));
    let text = String::from_utf8(printed.stdout).expect("text");
    let changed = text
        .replace("name: lenient", "name: mine")
        .replace("batch-job-secret-b64e02", "\"${BATCH_SECRET}\"")
        .replace("# tls: generated", "tls: generated # ")
        .replace("default_realm: my-app", "default_realm: mine");
    std::fs::write(&file, &changed).expect("it is written");
    let args = ["--config", file.to_str().expect("text"), "--provider-file", provider.to_str().expect("text")];
    let server = Server(
        flowproof(&[&["serve", "--port", "0", "--admin-port", "0"][..], &args].concat())
            .env("BATCH_SECRET", "from-the-environment")
            .spawn()
            .expect("the binary runs"),
    );
    let written: serde_json::Value = serde_yaml::from_str(&Server::wait_for(&provider)).expect("YAML");
    let issuer = written["issuer"].as_str().expect("an issuer");
    assert!(issuer.starts_with("https://") && issuer.ends_with("/realms/mine"), "{issuer}");
    assert_eq!(written["clients"]["batch"]["secret"], "from-the-environment");
    let (printed, _) = server.ended_by("-TERM");
    assert!(printed.contains("# Defects of mine\n#   omits-no-store"), "{printed}");
}

#[test]
fn a_faulty_configuration_is_told_with_its_place() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("server.yaml");
    let path = file.to_str().expect("text");
    for (text, told) in [
        (
            "realms:\n  - name: a\n    clientz: {}\n",
            format!("{path}:3:5: unknown field `clientz`, expected one of name, clients"),
        ),
        ("realms: [{ name: a }, { name: a }]\n", format!("{path}: realm `a` exists already")),
        ("realms: []\n", "no realm".to_owned()),
        ("default_realm: b\nrealms: [{ name: a }]\n", format!("{path}: default_realm: there is no realm `b`")),
        ("tls: { cert: cert.pem, key: key.pem }\n", format!("{}", dir.path().join("cert.pem").display())),
    ] {
        std::fs::write(&file, text).expect("it is written");
        let output = ended(&["serve", "--port", "0", "--admin-port", "0", "--config", path]);
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(stderr(&output).contains(&told), "{text}: {}", stderr(&output));
    }
    let missing = ended(&["serve", "--config", "/nowhere/server.yaml"]);
    assert!(missing.status.code() == Some(2) && stderr(&missing).contains("/nowhere/server.yaml"), "{}", stderr(&missing));
}

#[test]
fn a_signal_ends_it_in_good_order() {
    for signal in ["-TERM", "-INT"] {
        let (printed, code) = Server::start(&["--quiet"]).ended_by(signal);
        assert!(printed.starts_with("issuer:"), "{printed}");
        assert_eq!(code, Some(0), "{signal}");
    }
}

#[test]
fn an_address_that_others_reach_is_said_loudly_and_leaves_admin_on_loopback() {
    let mut server = Server::start(&["--host", "0.0.0.0"]);
    let mut stderr = server.0.stderr.take().expect("stderr is piped");
    let (printed, _) = server.ended_by("-TERM");
    let mut text = String::new();
    stderr.read_to_string(&mut text).expect("text");
    assert!(text.contains("warning:") && text.contains("EVERYBODY"), "{text}");
    let admin = printed.lines().find(|line| line.starts_with("admin:")).expect("the admin line");
    assert!(admin.contains("http://127.0.0.1:"), "{admin}");
}

#[test]
fn the_endpoints_that_it_prints_are_those_of_the_metadata() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("provider.yaml");
    let server = Server::start(&["--provider-file", path.to_str().expect("text")]);
    let issuer = serde_yaml::from_str::<serde_json::Value>(&Server::wait_for(&path)).expect("YAML")["issuer"].clone();
    let issuer = issuer.as_str().expect("an issuer");
    let metadata = tokio::runtime::Runtime::new().expect("a runtime").block_on(async {
        let answer = reqwest::get(format!("{issuer}/.well-known/openid-configuration")).await.expect("the server answers");
        serde_json::from_slice::<serde_json::Value>(&answer.bytes().await.expect("a body")).expect("JSON")
    });
    let (printed, _) = server.ended_by("-TERM");
    let printed: Vec<&str> = printed.lines().filter_map(|line| line.rsplit(' ').next()).collect();
    for (name, value) in metadata.as_object().expect("an object") {
        if name.ends_with("_endpoint") || name == "jwks_uri" {
            assert!(printed.contains(&value.as_str().expect("a URL")), "{name} {value} is not printed");
        }
    }
    assert!(metadata["token_endpoint"].is_string());
}

#[test]
fn a_check_trusts_a_server_with_a_certificate_of_its_own_once_it_is_told_so() {
    let dir = tempfile::tempdir().expect("a directory");
    let at = |name: &str| dir.path().join(name).to_str().expect("text").to_owned();
    let (provider, authority) = (at("provider.yaml"), at("ca.pem"));
    let server = Server::start(&["--tls", "--tls-ca", &authority, "--provider-file", &provider]);
    Server::wait_for(Path::new(&provider));
    let check = ["check", "--provider", &provider, "--output", &at("reports"), "--id", "bearer/header"];
    let stranger = ended(&check);
    assert_eq!(stranger.status.code(), Some(3), "{}", stderr(&stranger));
    let friend = flowproof(&check).env("SSL_CERT_FILE", &authority).output().expect("the binary runs");
    assert_eq!(friend.status.code(), Some(0), "{}", stderr(&friend));
    let (printed, code) = server.ended_by("-TERM");
    assert_eq!(code, Some(0));
    assert!(printed.contains(&authority) && printed.contains("--cacert"), "{printed}");
}

#[test]
fn an_authority_without_a_name_is_gone_with_its_server() {
    let dir = tempfile::tempdir().expect("a directory");
    let provider = dir.path().join("provider.yaml");
    let server = Server::start(&["--tls", "--provider-file", provider.to_str().expect("text")]);
    Server::wait_for(&provider);
    let (printed, _) = server.ended_by("-TERM");
    let path = printed.lines().filter_map(|line| line.strip_prefix("#   ")).find(|line| line.ends_with(".pem"));
    assert!(!Path::new(path.expect("it is printed")).exists());
}

/// What a field of the log may hold; anything else could be a secret.
fn is_known(name: &str, value: &serde_json::Value, realms: &[&str], clients: &[String]) -> bool {
    let word = |text: &str| text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_' || byte == b' ');
    match (name, value.as_str()) {
        ("status" | "duration_us" | "defects" | "offset_seconds", None) => value.is_u64(),
        ("tls", None) => value.is_boolean(),
        ("realm", Some(text)) => realms.contains(&text) || text.starts_with("strict-"),
        ("client_id", Some(text)) => clients.iter().any(|client| client == text),
        ("level", Some(text)) => text == "INFO",
        ("endpoint" | "error" | "message", Some(text)) => word(text),
        ("target", Some(text)) => text == "flowproof::server",
        ("timestamp" | "address" | "admin_address" | "base_url", Some(_)) => true,
        _ => false,
    }
}

#[test]
fn the_log_tells_every_request_and_no_secret() {
    let dir = tempfile::tempdir().expect("a directory");
    let at = |name: &str| dir.path().join(name).to_str().expect("text").to_owned();
    let provider = at("provider.yaml");
    let args = ["--realm", "strict", "--log", "json", "--log-filter", "trace", "--provider-file", &provider];
    let mut server = Server::start(&args);
    let mut log = server.0.stderr.take().expect("stderr is piped");
    // Read at once: a full pipe would hold up the server.
    let log = std::thread::spawn(move || {
        let mut text = String::new();
        log.read_to_string(&mut text).map(|_| text)
    });
    let document: serde_json::Value = serde_yaml::from_str(&Server::wait_for(Path::new(&provider))).expect("YAML");
    let ids = ["pkce/mismatch-another", "bearer/query", "device/", "client_credentials/", "code/expired"];
    let ids: Vec<&str> = ids.iter().flat_map(|id| ["--id", *id]).collect();
    let check = ended(&[&["check", "--provider", &provider, "--output", &at("reports")], &ids[..]].concat());
    assert_eq!(check.status.code(), Some(0), "{}", stderr(&check));
    // Whatever stands where an identifier belongs is no identifier.
    let issuer = document["issuer"].as_str().expect("an issuer");
    tokio::runtime::Runtime::new().expect("a runtime").block_on(async {
        let post = reqwest::Client::new().post(format!("{issuer}/protocol/openid-connect/token"));
        let post = post.header("content-type", "application/x-www-form-urlencoded");
        post.body("client_id=batch-job-secret-b64e02&grant_type=alice-password").send().await.expect("an answer");
    });
    server.ended_by("-TERM");
    let log = log.join().expect("the reader ends").expect("text");

    let members = |name: &str| document[name].as_object().expect("a mapping").values().cloned().collect::<Vec<_>>();
    let clients: Vec<String> = members("clients").iter().map(|client| client["id"].as_str().expect("text").to_owned()).collect();
    let mut seen: Vec<(String, u64)> = Vec::new();
    for line in log.lines() {
        let event: serde_json::Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        for (name, value) in event.as_object().expect("an object") {
            assert!(is_known(name, value, &["my-app", "strict", "lenient"], &clients), "{name} in {line}");
        }
        if let (Some(endpoint), Some(status)) = (event["endpoint"].as_str(), event["status"].as_u64()) {
            seen.push((endpoint.to_owned(), status));
        }
    }
    for (endpoint, status) in [("token", 200), ("token", 400), ("login", 303), ("device_consent", 200), ("userinfo", 200)] {
        assert!(seen.contains(&(endpoint.to_owned(), status)), "{endpoint} {status}");
    }
    for word in ["listening", "realm made", "clock moved", "stopped", "invalid_grant", "invalid_client"] {
        assert!(log.contains(word), "{word}");
    }
    let secrets = members("clients").into_iter().map(|client| client["secret"].clone());
    let secrets = secrets
        .chain(members("users").into_iter().map(|user| user["password"].clone()))
        .chain([document["admin"]["key"].clone()]);
    for secret in secrets.filter_map(|secret| secret.as_str().map(str::to_owned)) {
        assert!(!log.contains(&secret), "{secret}");
    }
}

#[test]
fn without_being_asked_to_it_logs_nothing() {
    let mut server = Server::start(&[]);
    let mut stderr = server.0.stderr.take().expect("stderr is piped");
    server.ended_by("-TERM");
    let mut text = String::new();
    stderr.read_to_string(&mut text).expect("text");
    assert_eq!(text, "");
    let faulty = ended(&["serve", "--log", "--log-filter", "flowproof=loud"]);
    assert_eq!(faulty.status.code(), Some(2), "{}", self::stderr(&faulty));
}
