//! The manual driver with a person before it: one who reads what is printed, goes there, and comes back by the browser or by a paste.

use std::net::{SocketAddr, TcpListener};
use std::process::Stdio;

use flowproof::login::{Decision, Errand, Stop, run};
use flowproof::protocol::{Endpoint, Request, Secret};
use flowproof::provider::Login;
use flowproof::server::{Config, ReferenceServer, Running};
use flowproof::wire::{Bounds, Jar, Tape, Wire};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use url::Url;

/// How the person comes back.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Back {
    /// By the browser, which is sent to the redirect URI.
    Browser,
    /// By the address that the browser shows, pasted.
    Paste,
    /// There is no person.
    Nobody,
}

/// Our own server, with a redirect URI of `web` where nothing listens yet.
async fn server() -> (Running, SocketAddr) {
    let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port");
    let text = serde_json::to_string(&Config::demo()).expect("a configuration").replace("127.0.0.1:8400", &free.to_string());
    let config: Config = serde_json::from_str(&text).expect("a configuration");
    let server = ReferenceServer::start(Config { port: 0, admin_port: 0, ..config }).await.expect("a server");
    (server, free)
}

/// One check, with somebody in front of it.
struct Play {
    child: Child,
    folder: tempfile::TempDir,
    passwords: Value,
    back: Back,
    told: String,
}

impl Play {
    fn begin(mut document: Value, id: &str, back: Back) -> Self {
        document["login"] = json!({ "driver": "manual" });
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("provider.yaml"), document.to_string()).expect("a file");
        let child = Command::new(env!("CARGO_BIN_EXE_flowproof"))
            .args(["check", "--provider", "provider.yaml", "--skip-doctor", "--output", "out", "--id", id])
            .current_dir(folder.path())
            .stdin(if back == Back::Nobody { Stdio::null() } else { Stdio::piped() })
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the program starts");
        Self { child, folder, passwords: document["users"].clone(), back, told: String::new() }
    }

    /// Does what is asked until the program ends; what it found of its one check.
    async fn play_on(mut self) -> (Value, String) {
        let mut lines = BufReader::new(self.child.stderr.take().expect("a pipe")).lines();
        let mut stdin = self.child.stdin.take();
        let (mut who, mut decision, mut at) = (String::new(), Decision::Approve, None);
        let mut code = None;
        while let Some(line) = lines.next_line().await.expect("a line") {
            self.told.push_str(&line);
            self.told.push('\n');
            if let Some(asked) = line.strip_prefix("Log in as ") {
                let (user, rest) = asked.split_once(", and ").expect("what to do");
                decision = if rest.starts_with("deny") { Decision::Deny } else { Decision::Approve };
                (who, at, code) = (user.to_owned(), None, None);
            } else if let Some(url) = line.strip_prefix("  http") {
                at = Some(Url::parse(&format!("http{url}")).expect("a URL"));
            } else if let Some(typed) = line.strip_prefix("with the code ") {
                code = Some(typed.to_owned());
            } else if (line.starts_with("flowproof listens") || line.starts_with("Paste") || line.starts_with("Press"))
                && self.back != Back::Nobody
            {
                let url = at.clone().expect("an address");
                let end = self.go(&who, url, code.as_deref(), decision).await;
                match end {
                    Some(end) if self.back == Back::Browser => assert!(deliver(&end).await.starts_with("HTTP/1.1 200"), "{end}"),
                    Some(end) => {
                        let typed = format!("what is this?\n{end}\n");
                        stdin.as_mut().expect("a pipe").write_all(typed.as_bytes()).await.expect("it reads");
                    }
                    None => stdin.as_mut().expect("a pipe").write_all(b"\n").await.expect("it reads"),
                }
            }
        }
        self.child.wait().await.expect("it ends");
        let report = std::fs::read_to_string(self.folder.path().join("out/report.json")).expect("a report");
        let report: Value = serde_json::from_str(&report).expect("JSON");
        (report["findings"][0].clone(), self.told)
    }

    /// Goes there in a browser of one's own; where it led, but for a verification page.
    async fn go(&self, user: &str, url: Url, code: Option<&str>, decision: Decision) -> Option<Url> {
        let (wire, tape, mut jar) = (Wire::new(Bounds::default()).expect("a client"), Tape::default(), Jar::default());
        let password = self.passwords.as_object().expect("users").values().find(|one| one["username"] == user);
        let password = Secret::chosen("password", password.expect("a user")["password"].as_str().expect("a password"));
        let uri = url.query_pairs().find(|(name, _)| name == "redirect_uri").map(|(_, value)| value.into_owned());
        let stops: Vec<&str> = uri.iter().map(String::as_str).collect();
        let stop_at = if stops.is_empty() { Stop::Decision } else { Stop::RedirectUri(&stops) };
        let start = Request::get(Endpoint::Authorization, &url);
        let code = code.map(|code| Secret::of_member("user_code", code));
        let errand = Errand { start, stop_at, username: user, password: &password, user_code: code.as_ref(), decision };
        let seen = run(&wire, &tape, &mut jar, &Login::default(), &errand).await;
        assert!(uri.is_none() || seen.location().is_some(), "{seen:?}");
        seen.location().cloned()
    }
}

async fn request(host: &Url, head: &str) -> String {
    let address = (host.host_str().expect("a host"), host.port().expect("a port"));
    let mut stream = TcpStream::connect(address).await.expect("somebody listens");
    stream.write_all(head.as_bytes()).await.expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    answer
}

/// What a browser does that is sent there: it also asks for an icon, and opens a connection ahead that it does not use.
async fn deliver(url: &Url) -> String {
    let ahead = TcpStream::connect((url.host_str().expect("a host"), url.port().expect("a port"))).await.expect("a listener");
    drop(ahead);
    let icon = request(url, "GET /favicon.ico HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(icon.starts_with("HTTP/1.1 404"), "{icon}");
    request(url, &format!("GET {}?{} HTTP/1.1\r\nHost: x\r\n\r\n", url.path(), url.query().expect("an answer"))).await
}

fn secrets_of(folder_text: &str, document: &Value) -> bool {
    document["users"]
        .as_object()
        .expect("users")
        .values()
        .any(|user| folder_text.contains(user["password"].as_str().expect("a password")))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_logs_in_and_the_answer_is_heard_where_the_browser_is_sent() {
    let (server, _free) = server().await;
    let document = server.provider_document("my-app");
    let (finding, told) = Play::begin(document.clone(), "code/redeemed-confidential", Back::Browser).play_on().await;
    assert_eq!(finding["outcome"], "passed", "{told}\n{finding}");
    assert!(told.contains("flowproof listens for where that leads.") && !secrets_of(&told, &document), "{told}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_pastes_where_the_browser_was_sent_and_a_slip_is_forgiven() {
    let (server, _free) = server().await;
    let mut document = server.provider_document("my-app");
    document["clients"]["web"]["redirect_uris"] = json!(["https://client.example/cb"]);
    let (finding, told) = Play::begin(document, "code/redeemed-confidential", Back::Paste).play_on().await;
    assert_eq!(finding["outcome"], "passed", "{told}\n{finding}");
    assert!(told.contains("Paste the address") && told.contains("That is no address"), "{told}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_keeps_a_device_out_and_presses_enter() {
    let (server, _free) = server().await;
    let document = server.provider_document("my-app");
    let (finding, told) = Play::begin(document, "device/denied", Back::Paste).play_on().await;
    assert_eq!(finding["outcome"], "passed", "{told}\n{finding}");
    assert!(told.contains(", and deny, at") && told.contains("with the code ") && told.contains("Press Enter"), "{told}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_nobody_can_answer_the_check_says_so_at_once() {
    let (server, _free) = server().await;
    let mut document = server.provider_document("my-app");
    document["clients"]["web"]["redirect_uris"] = json!(["https://client.example/cb"]);
    let (finding, told) = Play::begin(document, "code/redeemed-confidential", Back::Nobody).play_on().await;
    assert_eq!(finding["outcome"], "inconclusive", "{told}\n{finding}");
    assert!(finding.to_string().contains("needs somebody to type"), "{finding}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_is_heard_in_each_channel() {
    let (wire, tape) = (Wire::new(Bounds::default()).expect("a client"), Tape::default());
    let provider = wiremock::MockServer::start().await;
    let page = wiremock::ResponseTemplate::new(200).set_body_raw("<title>Sign in</title><p>Use your key.", "text/html");
    wiremock::Mock::given(wiremock::matchers::any()).respond_with(page).mount(&provider).await;
    let login = Login { driver: flowproof::provider::Driver::Manual };
    let password = Secret::chosen("password", "x");
    for (sent, words) in [
        ("GET /cb?code=c&state=s HTTP/1.1\r\n\r\n", "with code"),
        ("POST /cb HTTP/1.1\r\nContent-Length: 14\r\n\r\ncode=c&state=s", "with code by form post"),
        ("PUT /cb HTTP/1.1\r\ncontent-length: 14\r\n\r\ncode=c&state=s", "with code in the fragment"),
        ("PUT /cb HTTP/1.1\r\ncontent-length: 0\r\n\r\n", "with neither code nor error"),
    ] {
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port");
        let uri = format!("http://{free}/cb");
        let start = Url::parse(&format!("{}/authorize", provider.uri())).expect("a URL");
        let start = Request::get(Endpoint::Authorization, &start).set("redirect_uri", &uri);
        let stops = [uri.as_str()];
        let stop_at = Stop::RedirectUri(&stops);
        let errand =
            Errand { start, stop_at, username: "alice", password: &password, user_code: None, decision: Decision::Approve };
        let mut jar = Jar::default();
        let person = async {
            let uri = Url::parse(&uri).expect("a URL");
            while TcpStream::connect(free).await.is_err() {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
            // A fragment does not come with the request: the page that is answered hands it over.
            let page = request(&uri, "GET /cb HTTP/1.1\r\n\r\n").await;
            assert!(page.contains("location.hash"), "{page}");
            request(&uri, sent).await
        };
        let (seen, answer) = tokio::join!(run(&wire, &tape, &mut jar, &login, &errand), person);
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert_eq!(seen.describe(), format!("redirected to {uri} {words}"));
    }
}
