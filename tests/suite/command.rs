//! The check and prove commands as a user runs them: exit codes, messages, files, and what stays secret.

mod ends_early;

use std::path::Path;
use std::process::{Command, Output};

use flowproof::report::json;
use flowproof::verdict::{Conformance, Outcome, Run};

fn flowproof(dir: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_flowproof"))
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

fn empty_dir() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

/// Runs, asserts the exit code and that the message holds each of these.
fn refuses(args: &[&str], code: i32, words: &[&str]) {
    let dir = empty_dir();
    let output = flowproof(dir.path(), args);
    let said = said(&output);
    assert_eq!(output.status.code(), Some(code), "{args:?}: {said}");
    for word in words {
        assert!(said.contains(word), "{args:?}: no {word:?} in {said}");
    }
}

fn report(dir: &Path) -> Run {
    json::read(&dir.join("reports/latest/report.json")).expect("the report is read back")
}

#[test]
fn the_whole_suite_passes_on_the_embedded_server_from_an_empty_directory() {
    let dir = empty_dir();
    let output = flowproof(dir.path(), &["check", "--report", "json,junit"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let run = report(dir.path());
    assert_eq!(run.verdict, Conformance::Conformant);
    let not_passed: Vec<_> =
        run.findings.iter().filter(|one| one.outcome != Outcome::Passed).map(|one| (&one.id, &one.reason)).collect();
    assert!(not_passed.is_empty(), "{not_passed:#?}");
    assert!(run.findings.len() > 100, "the whole suite was played: {}", run.findings.len());
    for name in ["report.json", "report.txt", "report.xml"] {
        assert!(dir.path().join("reports/latest").join(name).is_file(), "{name}");
    }
}

#[test]
fn findings_are_the_same_whatever_runs_side_by_side_and_in_any_order() {
    let outcomes = |args: &[&str]| {
        let dir = empty_dir();
        let output = flowproof(dir.path(), args);
        let run = report(dir.path());
        assert!(matches!(output.status.code(), Some(0 | 1)), "{args:?}: {}", said(&output));
        run.findings
            .into_iter()
            .map(|one| (one.id, one.outcome, one.violation.map(|violation| violation.kind)))
            .collect::<Vec<_>>()
    };
    // On a broken server, so that there is more to compare than passes.
    let broken = ["check", "--defect", "accepts-reused-code"];
    let one = outcomes(&[&broken[..], &["--jobs", "1"]].concat());
    assert!(one.iter().any(|(_, outcome, _)| *outcome == Outcome::Violated));
    for other in [&["--jobs", "16"][..], &["--jobs", "16", "--shuffle", "7"], &["--jobs", "5", "--shuffle", "20261124"]] {
        assert_eq!(outcomes(&[&broken[..], other].concat()), one, "{other:?}");
    }
}

#[test]
fn a_violation_says_what_was_required_expected_and_got_and_where_it_stands() {
    let dir = empty_dir();
    let output = flowproof(dir.path(), &["check", "--id", "pkce/", "--defect", "ignores-code-verifier"]);
    let said = said(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    for word in
        ["VIOLATED", "accepted", "required", "expected", "got", "RFC 7636 section 4.6", "exchange", "POST http://127.0.0.1:"]
    {
        assert!(said.contains(word), "no {word:?} in {said}");
    }
}

#[test]
fn no_artefact_holds_a_secret_of_the_run() {
    use flowproof::server::{Config, ReferenceServer};
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let server = runtime.block_on(ReferenceServer::start(Config { port: 0, admin_port: 0, ..Config::demo() })).expect("a server");
    // Warnings have what findings without a violation lack: commands that send their exchanges again.
    let (_, admin) = runtime.block_on(super::reference_server::admin(
        &server,
        "PATCH",
        "/realms/strict",
        r#"{"defects": ["sends-cacheable-errors", "omits-expires-in"]}"#,
    ));
    assert!(admin["error"].is_null(), "{admin}");
    let document = server.provider_document("strict");
    let dir = empty_dir();
    std::fs::write(dir.path().join("provider.yaml"), document.to_string()).expect("a provider file");
    let more = ["--trace", "--summary", "summary.md", "--write-baseline", "known.yaml", "--fail-on", "should"];
    let args = [&["check", "--provider", "provider.yaml", "--report", "json,junit"][..], &more].concat();
    let output = flowproof(dir.path(), &args);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let id = "token_endpoint/error-no-store-invalid-scope";
    let reported = flowproof(dir.path(), &["check", "--provider", "provider.yaml", "--bug-report", id, "--output", "bug"]);
    assert_eq!(reported.status.code(), Some(0), "{}", said(&reported));
    let mut secrets: Vec<String> = Vec::new();
    for kind in ["clients", "users"] {
        for (_, one) in document[kind].as_object().expect("a map") {
            secrets.extend(["secret", "password"].iter().filter_map(|key| one[*key].as_str()).map(str::to_owned));
            if let (Some(id), Some(secret)) = (one["id"].as_str(), one["secret"].as_str()) {
                use base64::Engine as _;
                use flowproof::protocol::request::form_encode;
                let pair = format!("{}:{}", form_encode(id), form_encode(secret));
                secrets.push(base64::engine::general_purpose::STANDARD.encode(pair));
                secrets.push(form_encode(secret));
            }
        }
    }
    secrets.push(document["admin"]["key"].as_str().expect("a key").to_owned());
    assert!(secrets.len() > 10);
    let mut artefacts = vec![said(&output)];
    for name in [
        "reports/latest/report.json",
        "reports/latest/report.txt",
        "reports/latest/report.xml",
        "summary.md",
        "known.yaml",
        "bug/bug-report-token_endpoint-error-no-store-invalid-scope.md",
    ] {
        artefacts.push(std::fs::read_to_string(dir.path().join(name)).unwrap_or_else(|error| panic!("{name}: {error}")));
    }
    assert!(artefacts[1].contains("${BATCH_SECRET}") && artefacts[6].contains("${BATCH_SECRET}"), "there are commands");
    // As the reference server makes them, typed in whatever case.
    let user_code = regex::Regex::new(r"\b(?i:[bcdfghjklmnpqrstvwxz]{4}-[bcdfghjklmnpqrstvwxz]{4})\b").expect("a pattern");
    for artefact in &artefacts {
        let leaked: Vec<_> = secrets.iter().filter(|secret| artefact.contains(secret.as_str())).collect();
        assert!(leaked.is_empty(), "{leaked:?}");
        assert!(!artefact.contains("Bearer ey"), "a token shows");
        let code = user_code.find(artefact).map(|found| found.as_str());
        assert_eq!(code, None, "a user code shows");
    }
    // Whatever stands where a token stands is a name and a digest.
    let json = &artefacts[1];
    for member in ["access_token", "refresh_token", "device_code", "user_code", "id_token"] {
        let at = format!("\\\"{member}\\\":\\\"");
        let shown = json.match_indices(&at).map(|(start, _)| &json[start + at.len()..]);
        let mut seen = 0;
        for rest in shown {
            assert!(rest.starts_with('‹'), "{member}: {}", &rest[..20]);
            seen += 1;
        }
        assert!(seen > 0, "no exchange shows a {member}");
    }
}

#[test]
fn a_tag_or_an_id_that_matches_nothing_is_a_usage_error() {
    refuses(&["check", "--tag", "no-such-tag"], 2, &["no-such-tag", "RFC7636-4.6"]);
    refuses(&["check", "--id", "pkce/no-such-check"], 2, &["pkce/no-such-check", "--list"]);
    refuses(&["check", "--id", "pkce/", "--tag", "device"], 2, &["both"]);
    refuses(&["check", "--allow-inconclusive", "pkce/no-such-check"], 2, &["pkce/no-such-check"]);
    for command in ["check", "prove", "serve"] {
        refuses(
            &[command, "--defect", "accepts-reused-code,no-such-defect"],
            2,
            &["unknown defect `no-such-defect`", "--list-defects"],
        );
    }
    refuses(&["prove", "--defect", "no-such-defect"], 2, &["no-such-defect"]);
    refuses(&["check", "--jobs", "0"], 2, &["--jobs"]);
    refuses(&["check", "--report", "pdf"], 2, &["pdf"]);
}

#[test]
fn a_missing_or_broken_provider_file_is_a_usage_error_that_names_the_place() {
    refuses(&["check", "--provider", "nowhere.yaml"], 2, &["nowhere.yaml"]);
    let dir = empty_dir();
    let file = "issuer: http://127.0.0.1:1\nclients:\n  web: { id: web, secret: hunter2-hunter2, colour: red }\n";
    std::fs::write(dir.path().join("provider.yaml"), file).expect("a file");
    let output = flowproof(dir.path(), &["check", "--provider", "provider.yaml"]);
    let said = said(&output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("provider.yaml:3") && said.contains("colour"), "{said}");
    assert!(!said.contains("hunter2"), "the secret on the same line shows: {said}");
}

#[test]
fn a_variable_that_is_not_set_and_an_issuer_or_an_endpoint_that_is_missing_are_usage_errors() {
    let with_file = |file: &str| {
        let dir = empty_dir();
        std::fs::write(dir.path().join("provider.yaml"), file).expect("a file");
        let output = flowproof(dir.path(), &["check", "--provider", "provider.yaml"]);
        assert_eq!(output.status.code(), Some(2), "{file}: {}", said(&output));
        said(&output)
    };
    let told = with_file("issuer: http://127.0.0.1:1\nclients:\n  web: { id: web, secret: \"${FLOWPROOF_TEST_UNSET}\" }\n");
    assert!(told.contains("FLOWPROOF_TEST_UNSET") && told.contains("provider.yaml:3"), "{told}");
    assert!(with_file("clients: {}\n").contains("issuer"));
    // A server that answers, and not with metadata.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        use std::io::{Read as _, Write as _};
        for connection in listener.incoming() {
            let mut connection = connection.expect("a connection");
            assert!(connection.read(&mut [0; 4096]).expect("a request") > 0);
            let answer = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            connection.write_all(answer).expect("the answer is taken");
        }
    });
    let told = with_file(&format!("issuer: http://{address}\n"));
    assert!(told.contains("endpoint"), "{told}");
}

#[test]
fn a_proxy_of_the_environment_does_not_come_between() {
    let dir = empty_dir();
    let mut command = Command::new(env!("CARGO_BIN_EXE_flowproof"));
    command.args(["check", "--id", "client_credentials/"]).current_dir(dir.path()).env_remove("NO_PROXY").env_remove("no_proxy");
    for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"] {
        // Nothing listens there.
        command.env(name, "http://127.0.0.1:1");
    }
    let output = command.output().expect("the program starts");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
}

#[test]
fn a_provider_that_does_not_answer_is_unreachable() {
    let dir = empty_dir();
    // Port 1 of loopback: nothing listens there.
    std::fs::write(dir.path().join("provider.yaml"), "issuer: http://127.0.0.1:1\n").expect("a file");
    let output = flowproof(dir.path(), &["check", "--provider", "provider.yaml"]);
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    assert!(said(&output).contains("http://127.0.0.1:1"), "{}", said(&output));
}

#[test]
fn an_output_that_cannot_be_written_is_said_before_the_run() {
    let dir = empty_dir();
    std::fs::write(dir.path().join("taken"), "a file, not a directory").expect("a file");
    let output = flowproof(dir.path(), &["check", "--output", "taken/reports"]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("taken"), "{}", said(&output));
}

#[test]
fn features_of_ones_own_are_read_and_their_faults_are_named_with_file_and_line() {
    refuses(&["check", "--features", "nowhere"], 2, &["nowhere"]);
    let dir = empty_dir();
    let features = dir.path().join("mine");
    std::fs::create_dir(&features).expect("a folder");
    let feature = "Feature: Mine\n\n  @must @RFC6749-4.4 @req:mine\n  Rule: A service gets a token\n\n    @id:token\n    Scenario: A token\n      \
                   Given a service client\n      When the client asks for a token of its own\n      Then the client gets tokens\n";
    std::fs::write(features.join("mine.feature"), feature).expect("a feature");
    let output = flowproof(dir.path(), &["check", "--features", "mine"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(report(dir.path()).findings[0].id, "mine/token");
    std::fs::write(features.join("mine.feature"), feature.replace("the client gets tokens", "the client gets rich"))
        .expect("a feature");
    let output = flowproof(dir.path(), &["check", "--features", "mine"]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("mine.feature:10") && said(&output).contains("the client gets rich"), "{}", said(&output));
}

#[test]
fn the_list_names_every_check_once() {
    let dir = empty_dir();
    let output = flowproof(dir.path(), &["check", "--list"]);
    assert_eq!(output.status.code(), Some(0));
    let list = String::from_utf8_lossy(&output.stdout);
    let catalog = flowproof::check::Catalog::embedded().expect("the features are sound");
    for check in catalog.checks() {
        assert_eq!(list.lines().filter(|line| line.split_whitespace().next() == Some(&check.id)).count(), 1, "{}", check.id);
    }
}
