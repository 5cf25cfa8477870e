//! The doctor: each thing that can be wrong with a configuration is found and named with its way out, and a sound one is all fine.

use std::process::{Command, Output};
use std::time::{Duration, SystemTime};

use flowproof::check::Catalog;
use flowproof::doctor::{Diagnosis, Extent, Health, Remark, Sign, Topic, examine, glance};
use flowproof::provider::{Provider, Source, discover};
use flowproof::server::{Config, ReferenceServer, Running, Tls};
use flowproof::wire::{Bounds, Tape, Wire};
use serde_json::{Value, json};
use wiremock::matchers::{basic_auth, header, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

async fn running() -> Running {
    ReferenceServer::start(Config { port: 0, admin_port: 0, ..Config::demo() }).await.expect("free ports")
}

fn wire() -> Wire {
    Wire::new(Bounds { total: Duration::from_secs(5), ..Bounds::default() }).expect("TLS")
}

async fn diagnosis(provider: Provider) -> Diagnosis {
    let catalog = Catalog::embedded().expect("the features are sound");
    let extent = Extent { checks: catalog.checks(), max_wait: Duration::from_secs(30), clock: SystemTime::now };
    let mut heard = Vec::new();
    let diagnosis = examine(&wire(), provider, &extent, &mut |remarks| heard.extend_from_slice(remarks)).await;
    assert_eq!(heard, diagnosis.remarks, "what is told on the way is what is found");
    diagnosis
}

async fn of_document(document: &Value) -> Diagnosis {
    diagnosis(Provider::from_json(document, "test").unwrap_or_else(|error| panic!("{error}"))).await
}

async fn of_file(text: &str) -> Diagnosis {
    let provider = Provider::parse(text, Source::Named("test".to_owned()), &|_| None).unwrap_or_else(|error| panic!("{error}"));
    diagnosis(provider).await
}

/// The one remark of this topic about this subject that asks for attention.
fn complaint<'a>(diagnosis: &'a Diagnosis, topic: Topic, subject: &str) -> &'a Remark {
    let about =
        |remark: &&Remark| remark.topic == topic && remark.subject == subject && !matches!(remark.sign, Sign::Fine | Sign::Note);
    let found: Vec<&Remark> = diagnosis.remarks.iter().filter(about).collect();
    assert_eq!(found.len(), 1, "{topic:?} {subject}: {:#?}", diagnosis.remarks);
    assert!(found[0].way_out.is_some(), "a way out: {:?}", found[0]);
    found[0]
}

fn asserts(remark: &Remark, sign: Sign, says: &str, way_out: &str) {
    assert_eq!(remark.sign, sign, "{remark:?}");
    assert!(remark.says.contains(says), "{says:?}: {remark:?}");
    assert!(remark.way_out.as_deref().unwrap_or_default().contains(way_out), "{way_out:?}: {remark:?}");
}

#[tokio::test]
async fn the_reference_server_is_all_fine() {
    let server = running().await;
    for realm in ["strict", "lenient"] {
        let diagnosis = of_document(&server.provider_document(realm)).await;
        let attention: Vec<_> = diagnosis.remarks.iter().filter(|one| !matches!(one.sign, Sign::Fine | Sign::Note)).collect();
        assert!(attention.is_empty(), "{realm}: {attention:#?}");
        assert_eq!(diagnosis.health, Health::Sound);
        for topic in [Topic::Reach, Topic::Metadata, Topic::Clients, Topic::RedirectUris, Topic::Users, Topic::Device] {
            assert!(diagnosis.remarks.iter().any(|one| one.topic == topic && one.sign == Sign::Fine), "{realm}: {topic:?}");
        }
        let coverage = diagnosis.coverage.expect("its endpoints are known");
        assert!(coverage.plays * 10 > coverage.checks * 9, "{}", coverage.plays);
    }
    server.stop().await;
}

#[tokio::test]
async fn a_wrong_secret_a_wrong_method_and_an_unknown_client_are_told_apart() {
    let server = running().await;
    let mut document = server.provider_document("strict");
    document["clients"]["web"]["secret"] = "not-the-secret-of-web".into();
    document["clients"]["other"]["auth"] = "client_secret_post".into();
    document["clients"]["spa"]["id"] = "nobody-knows-me".into();
    let diagnosis = of_document(&document).await;
    assert_eq!(diagnosis.health, Health::Misconfigured);
    let clients = |subject| complaint(&diagnosis, Topic::Clients, subject);
    asserts(clients("web"), Sign::Wrong, "invalid_client", "clients.web.id` and `.secret");
    asserts(
        clients("other"),
        Sign::Wrong,
        "client_secret_basic, not by client_secret_post",
        "clients.other.auth: client_secret_basic",
    );
    asserts(clients("spa"), Sign::Wrong, "does not know `nobody-knows-me` as a public client", "register it");
    server.stop().await;
}

#[tokio::test]
async fn a_redirect_uri_that_is_not_registered_and_a_scope_that_is_not_the_clients_are_told_apart() {
    let server = running().await;
    let mut document = server.provider_document("strict");
    document["clients"]["spa"]["redirect_uris"] = json!(["http://127.0.0.1:8402/elsewhere"]);
    document["clients"]["batch"]["scopes"] = json!(["no-such-scope"]);
    let diagnosis = of_document(&document).await;
    let spa = complaint(&diagnosis, Topic::RedirectUris, "spa");
    asserts(spa, Sign::Wrong, "http://127.0.0.1:8402/elsewhere: refused: status 400", "register exactly this URI");
    let batch = complaint(&diagnosis, Topic::Clients, "batch");
    asserts(batch, Sign::Wrong, "its secret is right, and its scopes are not", "clients.batch.scopes");
    server.stop().await;
}

#[tokio::test]
async fn a_request_that_is_refused_at_the_redirect_uri_shows_that_the_uri_is_registered() {
    let server = mock(endpoints, SystemTime::now()).await;
    let back = ResponseTemplate::new(302).insert_header("location", "https://client.example/cb?error=unauthorized_client");
    Mock::given(method("GET")).and(path("/authorize")).respond_with(back).mount(&server).await;
    let diagnosis = of_file(&file(&server)).await;
    let web = complaint(&diagnosis, Topic::RedirectUris, "web");
    asserts(web, Sign::Wrong, "registered, but the request is refused with \"unauthorized_client\"", "authorization code flow");
}

#[tokio::test]
async fn a_password_that_is_wrong_ends_the_logins_with_what_the_driver_saw() {
    let server = running().await;
    let mut document = server.provider_document("strict");
    document["users"]["alice"]["password"] = "not-her-password".into();
    let diagnosis = of_document(&document).await;
    asserts(complaint(&diagnosis, Topic::Users, "alice"), Sign::Wrong, "a page titled", "users.alice");
    let users: Vec<_> = diagnosis.remarks.iter().filter(|one| one.topic == Topic::Users).collect();
    assert_eq!(users.len(), 1, "bob is not tried: {users:?}");
    server.stop().await;
}

#[tokio::test]
async fn a_glance_before_a_run_says_what_is_wrong_and_nothing_else() {
    let server = running().await;
    let catalog = Catalog::embedded().expect("the features are sound");
    let mut document = server.provider_document("strict");
    let mut remarks = Vec::new();
    for secret in [None, Some("not-the-secret-of-web")] {
        if let Some(secret) = secret {
            document["clients"]["web"]["secret"] = secret.into();
        }
        let provider = Provider::from_json(&document, "test").expect("a provider file");
        let target = discover(&wire(), &Tape::default(), provider).await.expect("endpoints");
        remarks.push(glance(&wire(), &target, catalog.checks()).await);
    }
    assert_eq!(remarks[0], []);
    assert_eq!(remarks[1].len(), 1, "{:?}", remarks[1]);
    asserts(&remarks[1][0], Sign::Wrong, "does not let", "clients.web");
    server.stop().await;
}

#[tokio::test]
async fn who_does_not_answer_is_unreachable_and_who_has_no_endpoint_is_misconfigured() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("an address");
    let diagnosis = of_file(&format!("issuer: http://{nobody}\n")).await;
    assert_eq!(diagnosis.health, Health::Unreachable);
    let issuer = complaint(&diagnosis, Topic::Reach, "issuer");
    asserts(issuer, Sign::Unreachable, &format!("nothing listens at {nobody}"), "start the provider");

    let server = MockServer::start().await;
    let diagnosis = of_file(&format!("issuer: {}\n", server.uri())).await;
    assert_eq!(diagnosis.health, Health::Misconfigured);
    asserts(complaint(&diagnosis, Topic::Metadata, "endpoints"), Sign::Wrong, "none is known", "set `endpoints:`");
}

#[tokio::test]
async fn a_certificate_of_an_unknown_authority_is_told_with_what_to_set() {
    let config = Config { port: 0, admin_port: 0, tls: Some(Tls::Generated), ..Config::demo() };
    let server = ReferenceServer::start(config).await.expect("free ports");
    let diagnosis = of_document(&server.provider_document("strict")).await;
    assert_eq!(diagnosis.health, Health::Unreachable);
    asserts(
        complaint(&diagnosis, Topic::Reach, "issuer"),
        Sign::Unreachable,
        "authority that this machine does not know",
        "SSL_CERT_FILE",
    );
    let plain = server.provider_document("strict")["issuer"].as_str().expect("an issuer").replace("https:", "http:");
    let diagnosis = of_file(&format!("issuer: {plain}\n")).await;
    assert_ne!(diagnosis.health, Health::Sound, "plain HTTP to a port that speaks TLS: {diagnosis:#?}");
    server.stop().await;
}

/// A provider with this metadata, whose other endpoints a test adds.
async fn mock(metadata: impl Fn(&str) -> Value, date: SystemTime) -> MockServer {
    let server = MockServer::start().await;
    let date = httpdate::fmt_http_date(date);
    let place = "/.well-known/oauth-authorization-server";
    let answer = ResponseTemplate::new(200).set_body_json(metadata(&server.uri())).insert_header("date", date.as_str());
    Mock::given(method("GET")).and(path(place)).respond_with(answer).mount(&server).await;
    let nothing = ResponseTemplate::new(404).insert_header("date", date.as_str());
    Mock::given(method("GET")).respond_with(nothing).with_priority(9).mount(&server).await;
    server
}

fn endpoints(base: &str) -> Value {
    json!({ "issuer": base, "authorization_endpoint": format!("{base}/authorize"), "token_endpoint": format!("{base}/token") })
}

fn file(server: &MockServer) -> String {
    format!(
        "issuer: {}\nclients:\n  web: {{ id: web, secret: demo-secret-of-web, redirect_uris: [\"https://client.example/cb\"] }}\n\
         users:\n  alice: {{ username: alice, password: demo-password }}\n",
        server.uri()
    )
}

#[tokio::test]
async fn a_clock_that_is_wrong_and_metadata_of_another_issuer_are_for_a_look() {
    let late = SystemTime::now() - Duration::from_secs(90);
    let elsewhere = |base: &str| {
        let mut document = endpoints(base);
        document["issuer"] = "https://elsewhere.example".into();
        document
    };
    let server = mock(elsewhere, late).await;
    let diagnosis = of_file(&format!("issuer: {}\n", server.uri())).await;
    assert_eq!(diagnosis.health, Health::Sound, "a check judges that");
    asserts(complaint(&diagnosis, Topic::Reach, "clock"), Sign::Doubt, "behind this machine's", "NTP");
    let used = complaint(&diagnosis, Topic::Metadata, "used");
    asserts(used, Sign::Doubt, "names the issuer \"https://elsewhere.example\"", "issuer: https://elsewhere.example");
}

#[tokio::test]
async fn an_endpoint_on_a_host_that_cannot_be_reached_is_named() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("an address");
    let elsewhere = |base: &str| {
        let mut document = endpoints(base);
        document["token_endpoint"] = format!("http://{nobody}/token").into();
        document
    };
    let server = mock(elsewhere, SystemTime::now()).await;
    let diagnosis = of_file(&format!("issuer: {}\n", server.uri())).await;
    let token = complaint(&diagnosis, Topic::Reach, "token");
    asserts(token, Sign::Wrong, &format!("http://{nobody} is named for it: nothing listens"), "public address");
}

#[tokio::test]
async fn a_login_page_that_cannot_be_operated_is_described() {
    let server = mock(endpoints, SystemTime::now()).await;
    let page = "<!doctype html><title>Welcome</title><div id=app></div><script src=/app.js></script>";
    let answer = ResponseTemplate::new(200).set_body_raw(page, "text/html");
    Mock::given(method("GET")).and(path("/authorize")).respond_with(answer).mount(&server).await;
    let refusal = ResponseTemplate::new(400).set_body_json(json!({ "error": "invalid_grant" }));
    Mock::given(method("POST")).and(path("/token")).respond_with(refusal).mount(&server).await;
    let diagnosis = of_file(&file(&server)).await;
    let alice = complaint(&diagnosis, Topic::Users, "alice");
    asserts(alice, Sign::Wrong, "a page titled \"Welcome\"", "the driver form cannot operate this page");
    let uri = complaint(&diagnosis, Topic::RedirectUris, "1 URI");
    asserts(uri, Sign::Doubt, "a page titled \"Welcome\", and so does one that nobody registered", "character by character");
    let web = complaint(&diagnosis, Topic::Clients, "web");
    asserts(web, Sign::Doubt, "says the same whatever the secret is", "a check will say so");
}

#[tokio::test]
async fn who_looks_at_the_redirect_uri_after_the_login_only_is_asked_with_a_user_who_has_logged_in() {
    let server = mock(endpoints, SystemTime::now()).await;
    let html = |text: &str| ResponseTemplate::new(200).set_body_raw(text.to_owned(), "text/html");
    let login = "<title>Sign in</title><form method=post action=/login><input name=user><input name=p type=password><button>Sign in</button></form>";
    let consent = "<title>Allow?</title><form method=post action=/consent><button name=d value=yes>Allow</button><button name=d value=no>Deny</button></form>";
    let known = ("cookie", "session=1");
    Mock::given(method("POST"))
        .and(path("/login"))
        .respond_with(
            ResponseTemplate::new(303).insert_header("location", "/authorize?go").insert_header("set-cookie", "session=1"),
        )
        .mount(&server)
        .await;
    Mock::given(method("GET"))
        .and(path("/authorize"))
        .and(header(known.0, known.1))
        .and(query_param("redirect_uri", "https://unregistered.flowproof.invalid/callback"))
        .respond_with(ResponseTemplate::new(400).set_body_string("this is no redirect URI of yours"))
        .with_priority(1)
        .mount(&server)
        .await;
    let asked = Mock::given(method("GET")).and(path("/authorize")).and(header(known.0, known.1));
    asked.respond_with(html(consent)).with_priority(2).mount(&server).await;
    Mock::given(method("GET")).and(path("/authorize")).respond_with(html(login)).with_priority(3).mount(&server).await;
    let diagnosis = of_file(&file(&server)).await;
    let told = diagnosis.remarks.iter().find(|one| one.topic == Topic::RedirectUris).expect("it was asked");
    assert!(told.sign == Sign::Fine && told.says.ends_with("registered; a consent page"), "{told:?}");
}

#[tokio::test]
async fn who_takes_every_redirect_uri_shows_nothing() {
    let server = mock(endpoints, SystemTime::now()).await;
    Mock::given(method("GET")).and(path("/authorize")).respond_with(BackToWhoever).mount(&server).await;
    let diagnosis = of_file(&file(&server)).await;
    let told = complaint(&diagnosis, Topic::RedirectUris, "1 URI");
    asserts(told, Sign::Doubt, "it gets an answer, and so does one that nobody registered", "compare");
}

#[tokio::test]
async fn a_provider_that_does_not_decode_basic_is_not_taken_for_a_wrong_secret() {
    let server = mock(endpoints, SystemTime::now()).await;
    let refusal = |status: u16, error: &str| ResponseTemplate::new(status).set_body_json(json!({ "error": error }));
    let raw = basic_auth("web", "demo secret: of web");
    Mock::given(path("/token")).and(raw).respond_with(refusal(400, "invalid_grant")).with_priority(1).mount(&server).await;
    Mock::given(path("/token")).respond_with(refusal(401, "invalid_client")).mount(&server).await;
    let text = file(&server).replace("demo-secret-of-web", "\"demo secret: of web\"");
    let diagnosis = of_file(&text).await;
    let web = complaint(&diagnosis, Topic::Clients, "web");
    asserts(web, Sign::Doubt, "only where it is not form-encoded", "RFC 6749 section 2.3.1");
}

#[tokio::test]
async fn a_bare_401_to_what_is_made_up_says_nothing_of_the_client() {
    let server = mock(endpoints, SystemTime::now()).await;
    let no = ResponseTemplate::new(401).set_body_json(json!({ "message": "no" }));
    Mock::given(path("/token")).respond_with(no).mount(&server).await;
    let diagnosis = of_file(&file(&server)).await;
    asserts(complaint(&diagnosis, Topic::Clients, "web"), Sign::Doubt, "cannot be told: status 401", "compare `clients.web`");
}

#[tokio::test]
async fn who_does_not_answer_is_waited_for_once_at_each_endpoint() {
    let server = mock(endpoints, SystemTime::now()).await;
    let never = || ResponseTemplate::new(200).set_delay(Duration::from_secs(60));
    Mock::given(path("/authorize")).respond_with(never()).mount(&server).await;
    Mock::given(path("/token")).respond_with(never()).mount(&server).await;
    let text = file(&server)
        .replace("users:", "  other: { id: other, secret: demo-secret, redirect_uris: [\"https://other.example/cb\"] }\nusers:");
    let began = std::time::Instant::now();
    let diagnosis = of_file(&text).await;
    assert!(began.elapsed() < Duration::from_secs(25), "three waits of five seconds: {:?}", began.elapsed());
    asserts(complaint(&diagnosis, Topic::Clients, "other"), Sign::Doubt, "the token endpoint does not answer", "were not tried");
    let uri = complaint(&diagnosis, Topic::RedirectUris, "other");
    asserts(uri, Sign::Doubt, "the authorization endpoint does not answer", "were not tried");
}

struct BackToWhoever;

impl wiremock::Respond for BackToWhoever {
    fn respond(&self, request: &wiremock::Request) -> ResponseTemplate {
        let (_, uri) = request.url.query_pairs().find(|(name, _)| name == "redirect_uri").expect("it names one");
        ResponseTemplate::new(302).insert_header("location", format!("{uri}?code=x").as_str())
    }
}

#[tokio::test]
async fn who_is_sent_to_a_login_page_in_place_of_an_answer_was_not_let_in() {
    let server = mock(endpoints, SystemTime::now()).await;
    let away = ResponseTemplate::new(302).insert_header("location", "/login");
    Mock::given(method("POST")).and(path("/token")).respond_with(away).mount(&server).await;
    let diagnosis = of_file(&file(&server)).await;
    asserts(complaint(&diagnosis, Topic::Clients, "web"), Sign::Wrong, "status 302", "clients.web.id` and `.secret");
}

fn doctor(dir: &std::path::Path, document: &Value, args: &[&str]) -> Output {
    let file = dir.join("provider.yaml");
    std::fs::write(&file, document.to_string()).expect("a temporary file");
    let mut command = Command::new(env!("CARGO_BIN_EXE_flowproof"));
    command.args(["doctor", "--provider"]).arg(&file).args(args).output().expect("the program starts")
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
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

/// A server whose certificate, for this name and these days from now, comes from an authority; the authority's PEM file.
async fn certified(dir: &std::path::Path, name: &str, days: std::ops::Range<i64>) -> (Running, std::path::PathBuf) {
    use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, KeyUsagePurpose};
    let day = |days: i64| {
        let by = Duration::from_secs(days.unsigned_abs() * 86_400);
        if days < 0 { SystemTime::now() - by } else { SystemTime::now() + by }
    };
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let authority_key = KeyPair::generate().expect("a key");
    let authority_pem = authority.self_signed(&authority_key).expect("an authority").pem();
    let mut leaf = CertificateParams::new(vec![name.to_owned()]).expect("a name");
    (leaf.not_before, leaf.not_after) = (day(days.start).into(), day(days.end).into());
    leaf.use_authority_key_identifier_extension = true;
    let key = KeyPair::generate().expect("a key");
    let certificate = leaf.signed_by(&key, &Issuer::new(authority, authority_key)).expect("a certificate");
    let (cert, private, trusted) = (dir.join("cert.pem"), dir.join("key.pem"), dir.join("authority.pem"));
    for (path, text) in [(&cert, certificate.pem()), (&private, key.serialize_pem()), (&trusted, authority_pem)] {
        std::fs::write(path, text).expect("a temporary file");
    }
    let tls = Some(Tls::Files { cert, key: private });
    let server = ReferenceServer::start(Config { port: 0, admin_port: 0, tls, ..Config::demo() }).await.expect("free ports");
    (server, trusted)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_is_over_not_yet_valid_or_for_another_name_is_told_apart() {
    for (name, days, says, way_out) in [
        ("127.0.0.1", -20..-10, "has expired", "renew the certificate"),
        ("127.0.0.1", 10..20, "is not valid yet", "set this machine's clock"),
        ("other.example", -1..20, "is for another name than 127.0.0.1", "use the name that the certificate is for"),
    ] {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let (server, authority) = certified(dir.path(), name, days).await;
        let issuer = format!("https://{}/realms/strict", server.addr());
        let file = dir.path().join("provider.yaml");
        std::fs::write(&file, format!("issuer: {issuer}\n")).expect("a temporary file");
        let mut command = Command::new(env!("CARGO_BIN_EXE_flowproof"));
        command.args(["doctor", "--provider"]).arg(&file).env("SSL_CERT_FILE", &authority);
        let output = command.output().expect("the program starts");
        let text = said(&output);
        assert_eq!(output.status.code(), Some(3), "{text}");
        assert!(text.contains(says) && text.contains(way_out), "{says}: {text}");
        server.stop().await;
    }
}
