//! The program: exit codes, what it prints, and the warnings before a check.

use std::process::{Command, Output};

use flowproof::provider::Provider;
use serde_json::Value;

use super::{running, said};

fn doctor(dir: &std::path::Path, document: &Value, args: &[&str]) -> Output {
    let file = dir.join("provider.yaml");
    std::fs::write(&file, document.to_string()).expect("a temporary file");
    let mut command = Command::new(env!("CARGO_BIN_EXE_flowproof"));
    command.args(["doctor", "--provider"]).arg(&file).args(args).output().expect("the program starts")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_exit_code_says_fine_misconfigured_or_unreachable_and_no_secret_is_printed() {
    let server = running().await;
    let dir = tempfile::tempdir().expect("a temporary directory");
    let sound = server.provider_document("strict");
    let output = doctor(dir.path(), &sound, &[]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(said(&output).contains("READY  nothing is wrong"), "{}", said(&output));
    assert!(!said(&output).contains('✗'), "{}", said(&output));

    let mut broken = sound.clone();
    broken["clients"]["web"]["secret"] = "a-secret-that-is-wrong".into();
    let output = doctor(dir.path(), &broken, &["--quiet"]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("NOT READY") && !said(&output).contains('✓'), "{}", said(&output));

    let output = doctor(dir.path(), &broken, &["--json"]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    let found: Value = serde_json::from_slice(&output.stdout).expect("JSON alone");
    assert_eq!(found["health"], "misconfigured");
    assert!(found["coverage"]["plays"].as_u64().is_some_and(|plays| plays > 0));

    let shown = [doctor(dir.path(), &sound, &[]), doctor(dir.path(), &broken, &[]), output].map(|output| said(&output)).concat();
    let provider = Provider::from_json(&broken, "test").expect("a provider file");
    for secret in provider.secrets() {
        assert!(!shown.contains(secret.expose()), "{secret}");
    }
    server.stop().await;

    let output = doctor(dir.path(), &sound, &[]);
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    assert!(said(&output).contains("UNREACHABLE"), "{}", said(&output));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_warns_of_a_wrong_configuration_unless_it_was_told_not_to_look() {
    let server = running().await;
    let dir = tempfile::tempdir().expect("a temporary directory");
    let mut document = server.provider_document("strict");
    document["clients"]["web"]["secret"] = "a-secret-that-is-wrong".into();
    let file = dir.path().join("provider.yaml");
    std::fs::write(&file, document.to_string()).expect("a temporary file");
    let check = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_flowproof"));
        command.args(["check", "--id", "pkce/", "--provider"]).arg(&file).args(args).current_dir(dir.path());
        String::from_utf8(command.output().expect("the program starts").stderr).expect("text")
    };
    let warned = check(&[]);
    assert!(warned.contains("✗ clients: web: the provider does not let") && warned.contains("see: flowproof doctor"), "{warned}");
    let silent = check(&["--skip-doctor"]);
    assert!(!silent.contains("warning"), "{silent}");
    server.stop().await;
}
