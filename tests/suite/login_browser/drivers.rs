//! Drivers that run already, and browsers with a window.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use flowproof::login::Decision;
use flowproof::server::{Config, ReferenceServer};
use serde_json::json;
use wiremock::{MockServer, ResponseTemplate};

use super::{SCRIPTED, Somebody, browsers, html, is_on_path, login, on};

/// A driver that runs already; it ends with this value.
struct Running {
    child: Child,
    port: u16,
}

impl Running {
    async fn start(driver: &str) -> Self {
        let free = || TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port();
        let port = free();
        let mut command = Command::new(driver);
        command.arg(format!("--port={port}")).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if driver == "geckodriver" {
            command.arg(format!("--websocket-port={}", free()));
        }
        let child = command.spawn().expect("a driver starts");
        for _ in 0..300 {
            if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Self { child, port }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn a_driver_that_runs_already_is_used_and_left_running() {
    for (browser, driver) in browsers() {
        let server = MockServer::start().await;
        on(&server, "GET", "/authorize", html(SCRIPTED)).await;
        on(&server, "POST", "/login", ResponseTemplate::new(204)).await;
        let mut running = Running::start(driver).await;
        for slash in ["", "/"] {
            let login = login(browser, &format!(", url: 'http://127.0.0.1:{}{slash}'", running.port));
            let seen = Somebody::new("correct horse").walk(&server, &login, Decision::Approve).await;
            assert!(seen.params().is_some(), "{browser}: {seen:?}");
        }
        assert!(running.child.try_wait().expect("its state").is_none(), "{driver} still runs");
        let port = running.port;
        drop(running);
        let login = login(browser, &format!(", url: 'http://127.0.0.1:{port}'"));
        let seen = Somebody::new("correct horse").walk(&server, &login, Decision::Approve).await;
        let said = seen.describe();
        assert!(said.contains("does not start at http://127.0.0.1:"), "{browser}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_with_a_window_does_the_same_where_there_is_a_display() {
    let server = ReferenceServer::start(Config::demo()).await.expect("a server");
    let has_display = is_on_path("xvfb-run");
    if !has_display {
        eprintln!("SKIPPED: no xvfb-run on the PATH, so nothing is known of browsers with a window here");
    }
    for (browser, _) in browsers() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut document = server.provider_document("my-app");
        document["login"] = json!({ "driver": "webdriver", "webdriver": { "browser": browser, "timeout": "30s" } });
        std::fs::write(folder.path().join("provider.yaml"), document.to_string()).expect("a file");
        let check = |runner: &[&str]| {
            let words =
                ["check", "--provider", "provider.yaml", "--skip-doctor", "--headed", "--id", "code/redeemed-confidential"];
            let program = env!("CARGO_BIN_EXE_flowproof");
            let mut line: Vec<&str> = runner.iter().copied().chain([program]).chain(words).collect();
            let first = line.remove(0);
            let mut command = tokio::process::Command::new(first);
            command.args(line).current_dir(folder.path()).env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
            command
        };
        if has_display {
            let output = check(&["xvfb-run", "-a"]).output().await.expect("it runs");
            let said = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success() && said.contains("1 check: 1 passed"), "{browser}: {said}");
        }
        if cfg!(target_os = "linux") {
            let output = check(&[]).output().await.expect("it runs");
            let said = String::from_utf8_lossy(&output.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(!output.status.success() && said.contains("a window needs a display"), "{browser}: {said}");
        }
    }
    server.stop().await;
}
