//! The commands that send an exchange again: a shell takes each apart as it was meant, and a server answers them as it did.

mod ways;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Stdio};

use flowproof::protocol::request::form_encode;
use flowproof::protocol::{Answer, Endpoint, Exchange, Method, Origin, Replay, Request, Secret, request};
use flowproof::provider::{Grant, Provider, discover};
use flowproof::report::json;
use flowproof::server::{Config, ReferenceServer, Running};
use flowproof::verdict::Run;
use flowproof::wire::{Bounds, Tape, Wire};
use serde_json::Value;

/// The run of `check` with these arguments, in a directory of its own.
fn checked(dir: &std::path::Path, args: &[&str]) -> Run {
    let output =
        Command::new(env!("CARGO_BIN_EXE_flowproof")).arg("check").args(args).current_dir(dir).output().expect("it starts");
    json::read(&dir.join("reports/latest/report.json"))
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
}

/// Runs a script; what it printed.
fn sh(script: &str) -> Vec<u8> {
    let dir = tempfile::tempdir().expect("a directory");
    let mut shell = Command::new("sh")
        .current_dir(dir.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a shell");
    let mut input = shell.stdin.take().expect("its input");
    let script = script.to_owned();
    let writer = std::thread::spawn(move || input.write_all(script.as_bytes()));
    let output = shell.wait_with_output().expect("it ends");
    writer.join().expect("no panic").expect("the script is taken");
    assert!(output.stderr.is_empty() && output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// What curl would send, by its manual.
#[derive(Debug, Default, PartialEq)]
struct Sends {
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    body: Option<String>,
}

/// Reads the arguments of curl as curl does.
fn understood(args: &[String]) -> Sends {
    let mut sends = Sends::default();
    let (mut method, mut data, mut in_query) = (None, Vec::new(), false);
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let mut value = || args.next().unwrap_or_else(|| panic!("{arg} has a value")).clone();
        match arg.as_str() {
            "-i" | "-g" => {}
            "-I" => method = Some("HEAD".to_owned()),
            "-G" => in_query = true,
            "-X" => method = Some(value()),
            "-b" | "-c" => assert_eq!(value(), "cookies.txt"),
            "-u" => sends.headers.push(("authorization".to_owned(), format!("Basic base64({})", value()))),
            "-H" => {
                let header = value();
                let (name, value) = match header.strip_suffix(';') {
                    Some(name) if !name.contains(':') => (name, ""),
                    _ => header.split_once(':').expect("a name and a value"),
                };
                sends.headers.push((name.to_owned(), value.trim_start().to_owned()));
            }
            "--data" => data.push(value()),
            "--data-binary" => data.push(value()),
            "--data-urlencode" => {
                let pair = value();
                let (name, content) = pair.split_once('=').expect("a name and content");
                assert!(!name.contains('@'), "curl would read a file: {pair}");
                data.push(format!("{name}={}", form_encode(content)));
            }
            url => {
                assert!(url.starts_with("http") && sends.url.is_empty(), "{url} is the only address");
                sends.url = url.to_owned();
            }
        }
    }
    let has_data = !data.is_empty();
    if in_query {
        let joint = if sends.url.contains('?') { '&' } else { '?' };
        sends.url = format!("{}{joint}{}", sends.url, data.join("&"));
    } else if has_data {
        sends.body = Some(data.join("&"));
    }
    let usual = if has_data && !in_query { "POST" } else { "GET" };
    sends.method = method.unwrap_or_else(|| usual.to_owned());
    sends
}

/// What an exchange sent, `value` in the place of each secret.
fn sent(exchange: &Exchange, value: &dyn Fn(&str) -> String) -> Sends {
    let filled = |text: &str| fill(text, value);
    let request = &exchange.request;
    let headers: Vec<(String, String)> = request
        .headers
        .iter()
        .filter(|(name, value)| !(name == "cookie" && value.starts_with("‹cookies ")))
        .map(|(name, value)| (name.clone(), filled(value)))
        .collect();
    let pair = |(name, value): &(String, String)| match name.as_str() {
        "" => filled(value),
        name => format!("{}={}", form_encode(name), form_encode(&filled(value))),
    };
    let body: Vec<String> = request.form.iter().map(pair).collect();
    let has_body = !body.is_empty() || request.method == Method::Post;
    let (address, query) = request.url.split_once('?').unwrap_or((&request.url, ""));
    // What curl encodes goes last.
    let is_get = matches!(request.method, Method::Get | Method::Head) && !has_body;
    let (secret, plain): (Vec<&str>, Vec<&str>) = query.split('&').filter(|pair| !pair.is_empty()).partition(|pair| {
        is_get && pair.split_once('=').is_some_and(|(_, value)| value.starts_with('‹') && value.ends_with('›'))
    });
    let plain = plain.iter().map(|pair| filled(pair));
    let secret = secret
        .iter()
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| format!("{name}={}", form_encode(&filled(value))));
    let query: Vec<String> = plain.chain(secret).collect();
    let joint = if query.is_empty() { "" } else { "?" };
    Sends {
        method: request.method.as_str().to_owned(),
        url: format!("{address}{joint}{}", query.join("&")),
        headers,
        body: has_body.then(|| body.join("&")),
    }
}

/// The text with each mark replaced by what `value` says of its inside.
fn fill(text: &str, value: &dyn Fn(&str) -> String) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('‹') {
        let (mark, after) = after.split_once('›').expect("a mark ends");
        out.push_str(before);
        out.push_str(&value(mark));
        rest = after;
    }
    out + rest
}

#[test]
fn every_exchange_of_the_suite_is_a_command_that_a_shell_takes_apart_as_it_was_sent() {
    let dir = tempfile::tempdir().expect("a directory");
    let run = checked(dir.path(), &[]);
    // In the place of curl: its arguments, each ended by a NUL, and the word that no argument is.
    let mut script = "curl() { printf '%s\\0' \"$@\" and-that-is-all; }\n".to_owned();
    let mut expected = Vec::new();
    for finding in &run.findings {
        let replay = Replay::of(&finding.exchanges);
        assert_eq!(replay.commands.len(), finding.exchanges.len());
        // Whatever a shell could trip over.
        let value = |name: &str| format!("{name} '\"$HOME`x`&=+%é\\");
        for variable in &replay.variables {
            script.push_str(&format!("{}='{}'\n", variable.name, value(&variable.name).replace('\'', r"'\''")));
        }
        let of_mark = |mark: &str| {
            let same = |known: &str| known == mark || by_digest(known).is_some() && by_digest(known) == by_digest(mark);
            let variable = replay.variables.iter().find(|variable| same(&variable.secret));
            value(&variable.unwrap_or_else(|| panic!("{}: no variable for {mark}", finding.id)).name)
        };
        for (at, (exchange, command)) in finding.exchanges.iter().zip(&replay.commands).enumerate() {
            script.push_str(&format!("{command}\n"));
            expected.push((format!("{} {}: {command}", finding.id, at + 1), sent(exchange, &of_mark)));
        }
    }
    let told = String::from_utf8(sh(&script)).expect("text");
    let mut calls = told.split("and-that-is-all\0");
    for (what, expected) in &expected {
        let call = calls.next().unwrap_or_else(|| panic!("{what} was not run"));
        let args: Vec<String> = call.split_terminator('\0').map(str::to_owned).collect();
        let mut sends = understood(&args);
        for (_, value) in &mut sends.headers {
            // What the shell made of `base64`.
            if let Some((scheme, made)) = value.split_once(' ').filter(|_| !value.contains("base64("))
                && let Some((_, shown)) =
                    expected.headers.iter().find(|(_, shown)| shown.starts_with(&format!("{scheme} base64(")))
            {
                let pair = shown.split_once("base64(").and_then(|(_, rest)| rest.strip_suffix(')')).expect("a pair");
                assert_eq!(*made, base64_of(pair), "{what}");
                *value = shown.clone();
            }
        }
        sends.headers.sort();
        let mut headers = expected.headers.clone();
        headers.sort();
        assert_eq!((&sends.method, &sends.url, &sends.body), (&expected.method, &expected.url, &expected.body), "{what}");
        assert_eq!(sends.headers, headers, "{what}");
    }
    assert!(expected.len() > 3000, "the suite sends more than {}", expected.len());
}

fn by_digest(mark: &str) -> Option<&str> {
    mark.rsplit_once(' ').map(|(_, digest)| digest).filter(|digest| digest.len() == 8)
}

fn base64_of(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

/// Whether there is a curl to send with; the tests that need one say so and end, where there is none.
fn has_curl() -> bool {
    let found = Command::new("curl").arg("--version").output().is_ok();
    if !found {
        eprintln!("SKIPPED: there is no curl on this machine; another test takes its commands apart");
    }
    found
}

/// The reference server, started in a thread of its own.
fn server(defects: &[&str]) -> (tokio::runtime::Runtime, Running) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let mut config = Config { port: 0, admin_port: 0, ..Config::demo() };
    for realm in &mut config.realms {
        realm.defects = defects.iter().map(|defect| (*defect).to_owned()).collect();
    }
    let server = runtime.block_on(ReferenceServer::start(config)).expect("a server");
    (runtime, server)
}

/// Sends exchanges again by their commands, with the secrets of the provider file and what the answers bring, and compares what comes; the bodies.
fn repeat(exchanges: &[Exchange], commands: &[String], document: &Value) -> Vec<String> {
    let replay = Replay::of(exchanges);
    let mut values: BTreeMap<&str, String> = BTreeMap::new();
    for variable in &replay.variables {
        match variable.origin {
            Origin::ProviderFile => {
                let role = variable.secret.rsplit_once(" of ").expect("whose it is").1;
                let secret = document["clients"][role]["secret"].as_str().expect("a secret");
                let is_encoded = variable.secret.starts_with("form-encoded ");
                values.insert(&variable.name, if is_encoded { form_encode(secret) } else { secret.to_owned() });
            }
            Origin::MadeUp => {
                values.insert(&variable.name, "made-up".to_owned());
            }
            Origin::Answer(_) => {}
        }
    }
    let mut bodies = Vec::new();
    for (at, (exchange, command)) in exchanges.iter().zip(commands).enumerate() {
        let mut script: String =
            values.iter().map(|(name, value)| format!("{name}='{}'\n", value.replace('\'', r"'\''"))).collect();
        script.push_str(&command.replacen("curl ", "curl -sS ", 1));
        let answer = String::from_utf8(sh(&script)).expect("text");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        let Answer::Response { status, body: recorded, .. } = &exchange.answer else { panic!("the server answers") };
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{status} came first of\n{command}\nand now {head}\n{body}");
        for variable in replay.variables.iter().filter(|variable| variable.origin == Origin::Answer(at)) {
            let mark = format!("‹{}›", variable.secret);
            let recorded: Value = serde_json::from_str(recorded).expect("JSON");
            let members = recorded.as_object().expect("an object");
            let member = members.iter().find(|(_, value)| **value == *mark).expect("it is there").0;
            let now: Value = serde_json::from_str(body).expect("JSON");
            values.insert(&variable.name, now[member].as_str().expect("a string").to_owned());
        }
        bodies.push(body.to_owned());
    }
    bodies
}

#[test]
fn the_server_answers_the_commands_of_a_report_as_it_answered_the_check() {
    if !has_curl() {
        return;
    }
    let (_runtime, server) = server(&["sends-cacheable-errors"]);
    let document = server.provider_document("strict");
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join("provider.yaml"), document.to_string()).expect("written");
    checked(dir.path(), &["--provider", "provider.yaml", "--id", "token_endpoint/error-no-store"]);
    let report = std::fs::read(dir.path().join("reports/latest/report.json")).expect("a report");
    let report: Value = serde_json::from_slice(&report).expect("JSON");
    let wrong = report["findings"].as_array().expect("findings").iter().filter(|finding| !finding["violation"].is_null());
    let mut commands = 0;
    for finding in wrong {
        let exchanges: Vec<Exchange> = serde_json::from_value(finding["exchanges"].clone()).expect("exchanges");
        // A user who logs in is no request that is sent again.
        if exchanges.iter().any(|exchange| exchange.endpoint != Endpoint::Token) {
            continue;
        }
        let curls = finding["exchanges"].as_array().expect("exchanges").iter();
        let curls: Vec<String> = curls.map(|one| one["curl"].as_str().expect("each has its command").to_owned()).collect();
        commands += repeat(&exchanges, &curls, &document).len();
    }
    assert!(commands >= 4, "{commands}");
}

#[test]
fn what_one_answer_brings_goes_into_the_next_command_whatever_the_secret_is_made_of() {
    if !has_curl() {
        return;
    }
    let (runtime, server) = server(&[]);
    let document = server.provider_document("strict");
    let provider = Provider::from_json(&document, "the reference server").expect("it is valid");
    let wire = Wire::new(Bounds::default()).expect("a client");
    let target = runtime.block_on(discover(&wire, &Tape::default(), provider)).expect("it answers");
    let (provider, endpoints) = (&target.provider, &target.endpoints);
    let url = |of: &Option<url::Url>| of.clone().expect("the endpoint is known");
    let caller =
        provider.clients.values().find(|client| client.introspect && client.secret.is_some()).expect("it may introspect");
    let mut played = 0;
    for client in provider.clients.values().filter(|client| client.may(Grant::ClientCredentials) && client.secret.is_some()) {
        let tape = Tape::new(provider.secrets());
        let send = |request: Request| runtime.block_on(wire.send(&tape, &request)).expect("an answer");
        let tokens = send(request::client_credentials(&url(&endpoints.token)).authenticate(&client.auth()));
        let token = tokens.json().expect("JSON")["access_token"].as_str().expect("a token").to_owned();
        let token = Secret::new("access_token", token);
        let about = |token: &Secret| request::introspect(&url(&endpoints.introspection), token).authenticate(&caller.auth());
        send(about(&token));
        send(request::revoke(&url(&endpoints.revocation), &token).authenticate(&client.auth()).as_json());
        send(request::revoke(&url(&endpoints.revocation), &token).authenticate(&client.auth()));
        send(about(&token));
        send(request::resource(&url(&endpoints.resource)).bearer(&token));
        let exchanges = tape.exchanges();
        let commands: Vec<String> = Replay::of(&exchanges).commands.iter().map(ToString::to_string).collect();
        let bodies = repeat(&exchanges, &commands, &document);
        let says = |at: usize, words: &str| assert!(bodies[at].contains(words), "{}: {}", client.role, bodies[at]);
        says(1, "\"active\":true");
        says(4, "\"active\":false");
        played += 1;
    }
    assert!(played >= 3, "{played} clients");
}
