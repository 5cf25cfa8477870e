//! The flags as a process: addresses are said, answers come, goose's dashboard shows its figures, and nothing of it is left behind.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use flowproof::verdict::LoadRun;
use wiremock::matchers::{header, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::exposition::Exposition;

fn start(dir: &Path, args: &[&str], variables: &[(&str, &str)]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flowproof"));
    command.args(["load", "--plan", "token", "--users", "2"]).args(args).current_dir(dir).stdin(Stdio::null());
    command.envs(variables.iter().copied()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs")
}

/// Reads stderr up to the line that says where something is.
fn said(stderr: &mut impl std::io::BufRead, what: &str) -> SocketAddr {
    for line in stderr.lines() {
        let line = line.expect("text");
        if let Some(url) = line.strip_prefix(what) {
            let place = url.trim_start_matches("http://").split('/').next().expect("a place");
            return place.parse().expect("an address");
        }
    }
    panic!("{what} is not said");
}

/// Sends a GET, and gives the connection back: it is read as far as the caller likes.
fn get(address: SocketAddr, path: &str) -> Option<TcpStream> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).expect("it can be set");
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\naccept: application/openmetrics-text\r\n\r\n")
        .ok()?;
    Some(stream)
}

fn body(address: SocketAddr, path: &str) -> Option<String> {
    let mut text = String::new();
    get(address, path)?.read_to_string(&mut text).ok()?;
    assert!(text.starts_with("HTTP/1.1 200"), "{path}: {text}");
    text.split_once("\r\n\r\n").map(|(_, body)| body.to_owned())
}

/// Asks until the answer is what is waited for, for as long as a run lasts.
fn until<T>(mut found: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(20) {
        if let Some(found) = found() {
            return found;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("it never came")
}

fn text(octets: &[u8]) -> String {
    String::from_utf8(octets.to_vec()).expect("text")
}

fn ended(output: &Output) {
    // 3 where the generator was what held the run back.
    assert!(matches!(output.status.code(), Some(0 | 3)), "{}{}", text(&output.stdout), text(&output.stderr));
}

#[test]
fn prometheus_and_goose_are_answered_at_the_ports_that_are_said_and_nothing_is_left_behind() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut child = start(dir.path(), &["--hold", "3s", "--metrics-address", "0", "--goose-dashboard", "127.0.0.1:0"], &[]);
    let mut stderr = BufReader::new(child.stderr.take().expect("it is piped"));
    let metrics = said(&mut stderr, "metrics: ");
    let goose = said(&mut stderr, "goose's dashboard: ");
    let drained = std::thread::spawn(move || {
        let mut rest = String::new();
        stderr.read_to_string(&mut rest).map(|_| rest)
    });
    assert!(metrics.ip().is_loopback() && goose.ip().is_loopback() && metrics.port() != 0);
    let counted = |exposition: &Exposition| {
        exposition.value("flowproof_load_requests_total{flow=\"client_credentials\",step=\"token\",measured=\"true\"}")
    };
    let scraped = until(|| body(metrics, "/metrics").map(|text| Exposition::read(&text)).filter(|it| counted(it) > 10.0));
    assert_eq!(scraped.phase(), "hold");
    let page = until(|| body(goose, "/"));
    assert!(page.contains("<html"), "{page}");
    let snapshot = until(|| body(goose, "/api/v1/snapshot").filter(|text| text.contains("client_credentials/token")));
    assert!(snapshot.contains("POST"), "{snapshot}");
    // A page that stays open follows the events: the run ends all the same. What controls goose is not there.
    let follows = until(|| get(goose, "/api/v1/events"));
    let mut refused = TcpStream::connect(goose).expect("it listens");
    write!(refused, "POST /api/v1/control/stop HTTP/1.1\r\nhost: {goose}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        .expect("it listens");
    let mut answer = String::new();
    refused.read_to_string(&mut answer).expect("it answers");
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
    let asked = Instant::now();
    let output = child.wait_with_output().expect("it ends");
    assert!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());
    drop(follows);
    ended(&output);
    let stderr = drained.join().expect("it does not panic").expect("text");
    assert!(!stderr.contains("warning"), "{stderr}");
    assert!(!text(&output.stdout).contains("Press Ctrl-C"), "goose keeps quiet: {}", text(&output.stdout));
    let left: BTreeSet<_> =
        std::fs::read_dir(dir.path()).expect("it is there").map(|file| file.expect("a file").file_name()).collect();
    assert_eq!(left, ["reports".into()].into(), "goose keeps no folder of its own");
    let json = std::fs::read_to_string(dir.path().join("reports/load/report.json")).expect("it is written");
    let run: LoadRun = serde_json::from_str(&json).expect("it reads back");
    assert!(counted(&scraped) as u64 <= run.steps[0].count() && !run.interrupted);
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_ends_with_a_page_that_follows_it() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut child = start(dir.path(), &["--goose-dashboard", "0", "--hold", "1m"], &[]);
    let mut stderr = BufReader::new(child.stderr.take().expect("it is piped"));
    let goose = said(&mut stderr, "goose's dashboard: ");
    let follows = until(|| body(goose, "/api/v1/health").and_then(|_| get(goose, "/api/v1/events")));
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill runs");
    assert!(sent.success());
    let asked = Instant::now();
    let output = child.wait_with_output().expect("it ends");
    assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stdout));
    drop((follows, stderr));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_of_the_environment_is_told_with_its_headers_only_where_otlp_is_asked_for() {
    let server = MockServer::start().await;
    let taken = Mock::given(path("/base/v1/metrics"))
        .and(header("api-key", "s3cr3t value"))
        .and(header("content-type", "application/x-protobuf"));
    taken.respond_with(ResponseTemplate::new(200)).mount(&server).await;
    let endpoint = format!("{}/base", server.uri());
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
        ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=s3cr3t%20value"),
        // Longer than the run: it is told at the end alone.
        ("OTEL_METRIC_EXPORT_INTERVAL", "60000"),
    ];
    let mut outputs = Vec::new();
    for (args, pushes) in [(&["--hold", "1s"][..], 0), (&["--hold", "1s", "--otlp"], 1)] {
        let dir = tempfile::tempdir().expect("a directory");
        let child = start(dir.path(), args, &variables);
        let output = tokio::task::spawn_blocking(|| child.wait_with_output()).await.expect("it does not panic").expect("it ends");
        ended(&output);
        let pushed = server.received_requests().await.expect("they are recorded");
        assert_eq!(pushed.len(), pushes, "{}", text(&output.stderr));
        outputs.push(text(&output.stdout) + &text(&output.stderr));
    }
    assert!(outputs.iter().all(|output| !output.contains("warning") && !output.contains("s3cr3t")), "{outputs:?}");
}

#[test]
fn what_cannot_be_is_wrong_usage() {
    let dir = tempfile::tempdir().expect("a directory");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let taken = taken.local_addr().map(|address| address.to_string()).map(|address| (taken, address)).expect("it is bound");
    for (args, expected) in [
        (["--metrics-address", "127.0.0.1"], "127.0.0.1:9464, or a port"),
        (["--metrics-address", taken.1.as_str()], "0 takes a free one"),
        (["--goose-dashboard", taken.1.as_str()], "0 takes a free one"),
        (["--goose-dashboard", "0.0.0.0:5118"], "this machine only"),
        (["--otlp", "collector.example"], "--otlp: expected the http or https URL"),
        (["--otlp", "http://me:s3cr3t@127.0.0.1:4318"], "OTEL_EXPORTER_OTLP_HEADERS"),
    ] {
        let output = start(dir.path(), &args, &[]).wait_with_output().expect("it ends");
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {stderr}");
        assert!(stderr.contains(expected) && !stderr.contains("s3cr3t"), "{args:?}: {stderr}");
    }
}
