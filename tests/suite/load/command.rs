//! `flowproof load` as a process: the embedded server, the reports, the exit codes.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use flowproof::report::load::FILES;
use flowproof::report::load::hlog::Log;

const PLAN: &str = "users: 2\nhold: 500ms\nflows: [{ flow: client_credentials }, { flow: refresh }]\n";

fn flowproof(dir: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flowproof"));
    command.arg("load").args(args).current_dir(dir).env_remove("NO_COLOR").stdin(Stdio::null());
    command.output().expect("the binary runs")
}

fn dir_with(name: &str, text: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join(name), text).expect("it can be written");
    dir
}

fn text(octets: &[u8]) -> String {
    String::from_utf8(octets.to_vec()).expect("text")
}

#[test]
fn without_a_provider_the_embedded_server_is_loaded_from_any_directory_and_reports_are_written() {
    let dir = tempfile::tempdir().expect("a directory");
    let output = flowproof(dir.path(), &["--users", "3", "--hold", "1s"]);
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    // On a machine that does other things as well the generator may say that it was what held the run back.
    let (code, verdict) = if stdout.contains("GENERATOR-BOUND") { (3, "generator-bound") } else { (0, "held") };
    assert_eq!(output.status.code(), Some(code), "{stdout}{stderr}");
    // Without a plan it is the gentle one, which touches several flows.
    for part in [
        "load plan smoke",
        "client_credentials/token",
        "refresh/token",
        "authorization_code/login",
        "p99.9",
        "✓ errors < 0.1%",
        "reports/load/report.json",
    ] {
        assert!(stdout.contains(part), "{part}: {stdout}");
    }
    assert!(stderr.lines().any(|line| line.contains("3 users") && line.contains("p99")), "{stderr}");
    assert!(!stdout.contains("launched"), "goose keeps quiet: {stdout}");
    let reports = dir.path().join("reports/load");
    let json = std::fs::read_to_string(reports.join("report.json")).expect("it is written");
    let report: serde_json::Value = serde_json::from_str(&json).expect("it is JSON");
    assert_eq!((&report["kind"], &report["verdict"]), (&"load".into(), &verdict.into()));
    let run: flowproof::verdict::LoadRun = serde_json::from_str(&json).expect("it reads back");
    assert_eq!(report["summary"][0]["count"], run.steps[0].count());
    assert!(std::fs::read_to_string(reports.join("goose.html")).expect("it is written").contains("client_credentials/token"));
    let log = Log::read(&std::fs::read(reports.join("latency.hlog")).expect("it is written")).expect("it reads back");
    assert_eq!(log.steps()[0].whole().expect("it is ours").len(), run.steps[0].count() + run.steps[0].right_before);
    let left = std::fs::read_dir(&reports).expect("it is there").map(|file| file.expect("a file").file_name());
    let left: BTreeSet<String> = left.map(|name| name.to_string_lossy().into_owned()).collect();
    let expected = FILES.iter().map(|(name, _)| *name).chain(["goose.html"]).map(str::to_owned).collect();
    assert_eq!(left, expected, "nothing is left behind");
}

#[test]
fn no_artefact_of_a_run_shows_a_secret() {
    let dir = dir_with("plan.yaml", PLAN);
    let output = flowproof(dir.path(), &["--plan", "plan.yaml"]);
    // 3 where the generator was what held the run back.
    assert!(matches!(output.status.code(), Some(0 | 3)), "{}", text(&output.stderr));
    let mut shown = vec![text(&output.stdout), text(&output.stderr)];
    for file in std::fs::read_dir(dir.path().join("reports/load")).expect("reports") {
        shown.push(std::fs::read_to_string(file.expect("a file").path()).expect("text"));
    }
    assert_eq!(shown.len(), 2 + FILES.len() + 1, "every format is looked at, and goose's");
    let demo = serde_json::to_value(flowproof::server::Config::demo().realms).expect("it serialises");
    let mut secrets = Vec::new();
    collect(&demo, &mut secrets);
    assert!(secrets.len() > 5);
    for secret in secrets {
        assert!(shown.iter().all(|text| !text.contains(&secret)), "{secret} is shown");
    }
}

pub(super) fn collect(value: &serde_json::Value, secrets: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(members) => {
            for (name, value) in members {
                match value.as_str() {
                    Some(secret) if matches!(name.as_str(), "secret" | "password") => secrets.push(secret.to_owned()),
                    _ => collect(value, secrets),
                }
            }
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| collect(item, secrets)),
        _ => {}
    }
}

#[test]
fn a_run_that_is_worse_than_an_earlier_one_exits_1_and_says_by_how_much() {
    let dir = dir_with("plan.yaml", PLAN);
    let output = flowproof(dir.path(), &["--plan", "plan.yaml", "--output", "before"]);
    assert!(matches!(output.status.code(), Some(0 | 3)), "{}", text(&output.stderr));
    // An earlier run that was a hundred times as fast.
    let report = dir.path().join("before/report.json");
    let mut earlier = flowproof::report::load::read(&report).expect("it reads back");
    earlier.held_seconds /= 100.0;
    flowproof::report::files::replace(&report, &|out| flowproof::report::load::json(&earlier, out)).expect("written");
    let output = flowproof(dir.path(), &["--plan", "plan.yaml", "--baseline", "before/report.json", "--tolerance", "50%"]);
    let stdout = text(&output.stdout);
    let code = if stdout.contains("GENERATOR-BOUND") { 3 } else { 1 };
    assert_eq!(output.status.code(), Some(code), "{stdout}");
    assert!(stdout.contains("worse") && stdout.contains("than 50%"), "{stdout}");
}

#[test]
fn a_missed_threshold_exits_1_and_quiet_says_nothing_on_the_way() {
    let dir = dir_with("plan.yaml", &format!("{PLAN}thresholds: [\"max < 1us\"]\n"));
    let output = flowproof(dir.path(), &["--plan", "plan.yaml", "--quiet"]);
    assert_eq!(output.status.code(), Some(1));
    let stdout = text(&output.stdout);
    assert!(stdout.contains("✗ max < 1us") && stdout.contains("MISSED"), "{stdout}");
    assert!(output.stderr.is_empty(), "{}", text(&output.stderr));
}

#[test]
fn wrong_usage_exits_2_with_what_was_expected() {
    let dir = dir_with("bad.yaml", "users: 2\nhodl: 1s\nflows: [{ flow: refresh }]\n");
    std::fs::write(dir.path().join("elsewhere.yaml"), "issuer: https://as.example\n").expect("it can be written");
    std::fs::write(dir.path().join("file"), "").expect("it can be written");
    for (args, expected) in [
        (&["--plan", "tokken"][..], "the shipped plans are"),
        (&["--plan", "bad.yaml"], "bad.yaml:2:1"),
        (&["--hold", "10"], "10s"),
        (&["--hold", "13h"], "at most 12h"),
        (&["--users", "0"], "expected 1 to"),
        (&["--provider", "nowhere.yaml"], "nowhere.yaml"),
        (&["--provider", "elsewhere.yaml"], "--target as.example"),
        (&["--output", "file/below"], "cannot write"),
        (&["--baseline", "bad.yaml"], "no report of `flowproof load`"),
        (&["--baseline", "bad.yaml", "--tolerance", "10"], "such as 10%"),
        (&["--tolerance", "10%"], "--baseline"),
    ] {
        let output = flowproof(dir.path(), args);
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {stderr}");
        assert!(stderr.contains(expected), "{args:?}: {stderr}");
    }
}

#[test]
fn help_names_every_shipped_plan() {
    let help = text(&flowproof(Path::new("."), &["--help"]).stdout);
    for plan in flowproof::load::Plan::shipped() {
        assert!(help.contains(&plan), "{plan}: {help}");
    }
}

#[test]
fn a_provider_that_is_down_exits_3() {
    let gone = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port");
    let dir = dir_with("provider.yaml", &format!("issuer: http://{gone}\n"));
    let output = flowproof(dir.path(), &["--provider", "provider.yaml"]);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_ends_the_embedded_server_reports_and_exits_3() {
    use std::io::{BufRead as _, BufReader};
    use std::time::{Duration, Instant};

    let dir = tempfile::tempdir().expect("a directory");
    let mut command = Command::new(env!("CARGO_BIN_EXE_flowproof"));
    command.args(["load", "--users", "3", "--hold", "1m"]).current_dir(dir.path());
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
    let mut line = String::new();
    let mut stderr = BufReader::new(child.stderr.take().expect("it is piped"));
    stderr.read_line(&mut line).expect("a progress line");
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill runs");
    assert!(sent.success());
    let asked = Instant::now();
    let output = child.wait_with_output().expect("it ends");
    assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
    let stdout = text(&output.stdout);
    assert_eq!(output.status.code(), Some(3), "{stdout}");
    assert!(stdout.contains("INTERRUPTED"), "{stdout}");
    let json = std::fs::read_to_string(dir.path().join("reports/load/report.json")).expect("it still reports");
    let run: flowproof::verdict::LoadRun = serde_json::from_str(&json).expect("it reads back");
    let port: String = run.issuer.chars().skip("http://".len()).take_while(|c| *c != '/').collect();
    assert!(std::net::TcpStream::connect(&port).is_err(), "the server is gone");
}
