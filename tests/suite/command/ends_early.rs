//! Runs that end before they are through, or leave out what they may not do: told to stop, out of requests or time, without a provider.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::Command;

use flowproof::verdict::{Finding, Outcome};

use super::{empty_dir, flowproof, report, said};

/// A provider that answers each request, in lower-case letters, with a status and JSON, and is gone with the first that has no answer.
fn answer(listener: TcpListener, with: impl Fn(&str) -> Option<(&'static str, &'static str)> + Send + 'static) {
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.expect("a connection");
            let mut request = [0; 4096];
            let length = connection.read(&mut request).expect("a request");
            let Some((status, body)) = with(&String::from_utf8_lossy(&request[..length]).to_lowercase()) else { return };
            let head = "content-type: application/json\r\ncache-control: no-store\r\nconnection: close";
            let answer = format!("HTTP/1.1 {status}\r\n{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
            connection.write_all(answer.as_bytes()).expect("the answer is taken");
        }
    });
}

#[cfg(unix)]
#[test]
fn a_run_that_is_told_to_stop_writes_what_it_found_until_then() {
    for signal in ["-TERM", "-INT"] {
        let dir = empty_dir();
        // It answers nobody, so that the run waits until it is stopped.
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let file = format!(
            "issuer: {base}\nendpoints: {{ token: \"{base}/token\" }}\n\
             clients: {{ batch: {{ id: batch, secret: s3cr3t-s3cr3t, auth: client_secret_basic, grants: [client_credentials] }} }}\n"
        );
        std::fs::write(dir.path().join("provider.yaml"), file).expect("a provider file");
        let child = Command::new(env!("CARGO_BIN_EXE_flowproof"))
            .args(["check", "--provider", "provider.yaml", "--id", "client_credentials/", "--skip-doctor"])
            .current_dir(dir.path())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .expect("the program starts");
        let (tell, is_held) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let mut held = Vec::new();
            for connection in listener.incoming() {
                let mut connection = connection.expect("a connection");
                let mut request = [0; 4096];
                let length = connection.read(&mut request).expect("a request");
                if request[..length].starts_with(b"POST") {
                    held.push(connection);
                    // Nobody listens after the first.
                    let _ = tell.send(());
                } else {
                    let answer = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
                    connection.write_all(answer).expect("the answer is taken");
                }
            }
        });
        is_held.recv_timeout(std::time::Duration::from_secs(60)).expect("a check asks for a token");
        let killed = Command::new("kill").args([signal, &child.id().to_string()]).status().expect("kill runs");
        assert!(killed.success());
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(output.status.code(), Some(3), "{signal}: {}", said(&output));
        assert!(report(dir.path()).interrupted, "{signal}");
    }
}

#[test]
fn a_run_that_spent_its_requests_or_its_time_says_so_of_all_that_is_left() {
    let runs = [
        (["--max-requests", "100"], "the request budget was spent (--max-requests 100)"),
        (["--timeout", "3"], "the run's time was up (--timeout 3)"),
    ];
    for (limit, why) in runs {
        let dir = empty_dir();
        let output = flowproof(dir.path(), &["check", "--jobs", "2", limit[0], limit[1]]);
        assert_eq!(output.status.code(), Some(3), "{}", said(&output));
        assert!(said(&output).contains(why), "{}", said(&output));
        let run = report(dir.path());
        assert_eq!((run.interrupted, run.interruption.as_deref()), (true, Some(why)));
        let because = |one: &&Finding| one.reason.as_ref().is_some_and(|reason| reason.ends_with(why));
        let (left, of) = (run.findings.iter().filter(because).count(), run.findings.len());
        assert!(left > of / 4, "{left} of {of}");
        let wrong: Vec<_> = run.findings.iter().filter(|one| one.outcome == Outcome::Violated).map(|one| &one.id).collect();
        assert!(wrong.is_empty(), "none of it is the provider's fault: {wrong:?}");
    }
}

#[test]
fn a_provider_that_dies_during_the_run_ends_it_and_the_reason_names_whose_request_was_left_without_an_answer() {
    let dir = empty_dir();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let issuer = format!("http://{}", listener.local_addr().expect("an address"));
    let file = format!(
        "issuer: {issuer}\nendpoints: {{ token: \"{issuer}/token\" }}\nclients:\n  batch: {{ id: batch, secret: demo-secret, grants: \
         [client_credentials], scopes: [read] }}\n"
    );
    std::fs::write(dir.path().join("provider.yaml"), file).expect("a provider file");
    answer(listener, |request| (!request.starts_with("post")).then_some(("404 Not Found", "")));
    let args = ["check", "--provider", "provider.yaml", "--id", "client_credentials/", "--skip-doctor", "--jobs", "1"];
    let output = flowproof(dir.path(), &args);
    let run = report(dir.path());
    let why = run.interruption.clone().unwrap_or_else(|| panic!("{}", said(&output)));
    let first = "the provider is gone: first left without an answer: client_credentials/";
    assert!(why.starts_with(first) && why.ends_with("nothing else was under way"), "{why}");
    let left = run.findings.iter().filter(|one| one.reason.as_ref().is_some_and(|reason| reason.ends_with(&why))).count();
    assert!(left > 0, "{}", said(&output));
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
}

#[test]
fn the_time_limit_counts_from_the_start_of_the_program() {
    let dir = empty_dir();
    // It takes connections and never answers.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let issuer = format!("http://{}", listener.local_addr().expect("an address"));
    std::fs::write(dir.path().join("provider.yaml"), format!("issuer: {issuer}\n")).expect("a provider file");
    let began = std::time::Instant::now();
    let output = flowproof(dir.path(), &["check", "--provider", "provider.yaml", "--timeout", "2"]);
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    assert!(said(&output).contains("the run's time was up (--timeout 2), before the provider was found"), "{}", said(&output));
    assert!(began.elapsed() < std::time::Duration::from_secs(15), "{:?}", began.elapsed());
}

#[test]
fn what_floods_is_played_beyond_this_machine_only_where_its_owner_says_so() {
    let dir = empty_dir();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let issuer = format!("http://op.example:{}", address.port());
    let file = format!(
        "issuer: {issuer}\nconnect: {{ resolve: {{ \"op.example:{}\": \"127.0.0.1\" }} }}\nendpoints: {{ token: \"{issuer}/token\" }}\n\
         clients:\n  batch: {{ id: batch, secret: demo-secret, grants: [client_credentials], scopes: [read] }}\n",
        address.port()
    );
    std::fs::write(dir.path().join("provider.yaml"), file).expect("a provider file");
    answer(listener, |request| {
        // batch:demo-secret
        let right = request.contains("basic ymf0y2g6zgvtby1zzwnyzxq=");
        Some(match right {
            true => ("200 OK", r#"{"access_token":"one","token_type":"Bearer","expires_in":60}"#),
            false => ("401 Unauthorized", r#"{"error":"invalid_client"}"#),
        })
    });
    let id = "client_authentication/many-wrong-secrets";
    let args = ["check", "--provider", "provider.yaml", "--id", id, "--skip-doctor"];
    let output = flowproof(dir.path(), &args);
    let finding = report(dir.path()).findings.remove(0);
    let why = "floods or guesses, on a host that is not this machine: needs --intrusive";
    assert_eq!((finding.outcome, finding.reason.as_deref()), (Outcome::NotApplicable, Some(why)), "{}", said(&output));
    let output = flowproof(dir.path(), &[&args[..], &["--intrusive"]].concat());
    let finding = report(dir.path()).findings.remove(0);
    // Nobody stops it, which flowproof cannot know to be wrong.
    assert_eq!((finding.id.as_str(), finding.outcome), (id, Outcome::Warned), "{}", said(&output));
}
