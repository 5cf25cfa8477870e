//! The try command as a user runs it: what each flow tells, what it keeps to itself, and what it says when the provider does not go along.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;
use wiremock::matchers::{body_string_contains, method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

fn flowproof(dir: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_flowproof"))
        .arg("try")
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

fn empty_dir() -> TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

/// Walks on the embedded server, and returns what was told.
fn embedded(args: &[&str]) -> String {
    let dir = empty_dir();
    let output = flowproof(dir.path(), args);
    assert_eq!(output.status.code(), Some(0), "{args:?}: {}", said(&output));
    assert!(output.stderr.is_empty(), "{}", said(&output));
    String::from_utf8(output.stdout).expect("text")
}

/// Asserts that these stand in the text, one after the other.
fn in_order(text: &str, parts: &[&str]) {
    let mut rest = text;
    for part in parts {
        let at = rest.find(part).unwrap_or_else(|| panic!("no {part:?} (in this order) in {text}"));
        rest = &rest[at + part.len()..];
    }
}

#[test]
fn the_code_flow_is_told_from_the_verifier_to_the_name_of_the_user() {
    let told = embedded(&["code"]);
    in_order(
        &told,
        &[
            "try code at embedded my-app",
            "my-frontend (clients.spa), public",
            "1  The client makes three values",
            "inside the client",
            "code_verifier   ‹code_verifier ",
            "code_challenge  ",
            "2  The client sends the browser to the provider",
            "front channel",
            "→ GET http://127.0.0.1:",
            "response_type          code",
            "code_challenge_method  S256",
            "3  The user logs in and approves",
            "200 login page \"Log in\"",
            "4  The provider sends the browser back with a code",
            "code   ‹code ",
            "✓ state is the one that was sent",
            "5  The client redeems the code",
            "back channel",
            "→ POST http://127.0.0.1:",
            "grant_type     authorization_code",
            "code_verifier  ‹code_verifier ",
            "← 200 application/json",
            "access_token   ‹access_token ",
            "id_token  a JWT",
            "sub        user-alice",
            "✓ signed with ES256 by key",
            "6  The client calls a protected resource",
            "authorization: Bearer ‹access_token ",
            "✓ Logged in as alice (alice@example.com)",
        ],
    );
    // The challenge that was made is the one that was sent.
    let challenge = |line: &str| line.trim().strip_prefix("code_challenge  ").map(|rest| rest.trim().to_owned());
    let challenges: Vec<String> = told.lines().filter_map(challenge).collect();
    assert_eq!((challenges.len(), &challenges[0]), (2, &challenges[1]));
}

#[test]
fn a_service_a_device_and_a_refresh_are_told_as_well() {
    in_order(
        &embedded(&["client-credentials"]),
        &[
            "authorization: Basic base64(batch-job:‹client_secret of batch›)",
            "grant_type  client_credentials",
            "access_token  a JWT",
            "client_id  batch-job",
            "active      true",
            "✓ The client batch-job has a token of its own",
            "scope billing:read billing:write; good for 5m",
        ],
    );
    in_order(
        &embedded(&["device", "--qr", "always"]),
        &[
            "device_code                ‹device_code ",
            "Open http://127.0.0.1:",
            "/device in your browser",
            "and enter code: ",
            "██ ▄▄▄▄▄ █",
            "page for the user code \"Connect a device\"",
            "The device polls",
            "grant_type   urn:ietf:params:oauth:grant-type:device_code",
            "✓ Logged in as alice",
        ],
    );
    in_order(
        &embedded(&["refresh", "--reuse", "--client", "web"]),
        &[
            "5  The client redeems the code",
            "6  The client refreshes",
            "grant_type     refresh_token",
            "✓ rotated: ‹refresh_token ",
            "A thief uses the old refresh token",
            "← 400 application/json",
            "✓ refused with status 400 with error \"invalid_grant\"",
            "The client uses the newest refresh token after that",
            "✓ Logged in as alice",
            "the old refresh token once more: refused; the newest one after that: refused",
        ],
    );
}

#[test]
fn who_writes_a_recipe_sees_each_page_with_its_forms_fields_and_cookies_by_name() {
    let told = embedded(&["code", "--verbose"]);
    in_order(
        &told,
        &[
            "1  GET http://127.0.0.1:",
            "came      200 login page \"Log in\"",
            "sets      flowproof_session",
            "form      POST /realms/my-app/login/‹…›",
            "fields: csrf (hidden), username (text), password (password)",
            "2  POST http://127.0.0.1:",
            "sent      csrf, username, password",
            "cookies   flowproof_session",
            "buttons: \"Allow\" (decision=allow), \"Deny\" (decision=deny)",
        ],
    );
}

#[test]
fn a_pipe_gets_no_colours_and_quiet_is_the_end_alone() {
    let told = embedded(&["code"]);
    assert!(!told.contains('\u{1b}'), "{told}");
    for line in told.lines().filter(|line| !line.contains("http://")) {
        assert!(line.chars().count() <= 100, "{line}");
    }
    assert!(embedded(&["code", "--color", "always"]).contains("\u{1b}[1m"));
    assert_eq!(
        embedded(&["code", "--quiet"]),
        "✓ Logged in as alice (alice@example.com)\n  scope email openid profile; good for 5m\n"
    );
    // Where a human has to go, even quiet says.
    in_order(&embedded(&["device", "--quiet"]), &["Open http://127.0.0.1:", "and enter code: ", "✓ Logged in as alice"]);
}

/// A provider that approves whoever comes, with secrets that are known.
struct Fake {
    runtime: tokio::runtime::Runtime,
    server: MockServer,
    dir: TempDir,
}

const SECRETS: [&str; 9] = [
    "cl1ent-s3cret-of-web",
    "pa55word-of-alice",
    "c0de-that-is-secret",
    "acce55-t0ken-secret",
    "refre5h-t0ken-secret",
    "next-refre5h-secret",
    "device-c0de-secret",
    "sess10n-cookie-secret",
    "csrf-t0ken-0123456789-secret",
];

impl Fake {
    fn new() -> Self {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let server = runtime.block_on(MockServer::start());
        let fake = Self { runtime, server, dir: empty_dir() };
        let base = fake.server.uri();
        let file = json!({
            "issuer": base,
            "endpoints": {
                "authorization": format!("{base}/authorize"), "token": format!("{base}/token"),
                "device_authorization": format!("{base}/device"), "resource": format!("{base}/me"), "jwks": format!("{base}/jwks"),
            },
            "clients": {
                "web": {
                    "id": "web-app", "secret": SECRETS[0], "auth": "client_secret_post",
                    "redirect_uris": ["http://127.0.0.1:8400/callback"],
                    "grants": ["authorization_code", "refresh_token", "device_code", "client_credentials"], "scopes": ["profile"],
                },
            },
            "users": { "alice": { "username": "alice", "password": SECRETS[1] } },
        });
        std::fs::write(fake.dir.path().join("provider.yaml"), file.to_string()).expect("a provider file");
        let page = format!(
            "<title>Who are you?</title><form method=post action=/login><input type=hidden name=csrf value={}>\
             <input name=username><input type=password name=password><button>Go</button></form>",
            SECRETS[8]
        );
        let cookie = format!("sid={}; Path=/", SECRETS[7]);
        fake.on("GET", "/authorize", move |request| {
            let asked: Vec<(String, String)> = request.url.query_pairs().into_owned().collect();
            let state = &asked.iter().find(|(name, _)| name == "state").expect("a state").1;
            ResponseTemplate::new(200)
                .insert_header("set-cookie", cookie.as_str())
                .set_body_raw(page.replace("/login", &format!("/login?state={state}")), "text/html")
        });
        fake.on("POST", "/login", |request| {
            let state = request.url.query_pairs().find(|(name, _)| name == "state").expect("a state").1.into_owned();
            let location = format!("http://127.0.0.1:8400/callback?code={}&state={state}", SECRETS[2]);
            ResponseTemplate::new(303).insert_header("location", location.as_str())
        });
        fake.on("GET", "/me", |_| ResponseTemplate::new(200).set_body_json(json!({ "sub": "1", "name": "Alice A." })));
        fake
    }

    /// Answers from now on; what was mounted first wins.
    fn on(&self, verb: &str, at: &str, answer: impl Fn(&Request) -> ResponseTemplate + Send + Sync + 'static) {
        self.runtime.block_on(Mock::given(method(verb)).and(path(at)).respond_with(answer).with_priority(9).mount(&self.server));
    }

    /// As [`Self::on`], before all others.
    fn first(&self, verb: &str, at: &str, status: u16, media: &'static str, body: &str) {
        let answer = ResponseTemplate::new(status).set_body_raw(body.to_owned(), media);
        self.runtime.block_on(Mock::given(method(verb)).and(path(at)).respond_with(answer).with_priority(1).mount(&self.server));
    }

    fn tokens(&self, grant: &str, body: Value) {
        let answer = ResponseTemplate::new(200).set_body_json(body);
        let mock = Mock::given(method("POST")).and(path("/token")).and(body_string_contains(format!("grant_type={grant}")));
        self.runtime.block_on(mock.respond_with(answer).with_priority(5).mount(&self.server));
    }

    fn with_tokens() -> Self {
        let fake = Self::new();
        fake.tokens(
            "authorization_code",
            json!({ "access_token": SECRETS[3], "token_type": "Bearer", "refresh_token": SECRETS[4] }),
        );
        fake.tokens("refresh_token", json!({ "access_token": SECRETS[3], "token_type": "Bearer", "refresh_token": SECRETS[5] }));
        fake.tokens("client_credentials", json!({ "access_token": SECRETS[3], "token_type": "Bearer" }));
        fake
    }

    fn walk(&self, args: &[&str]) -> Output {
        flowproof(self.dir.path(), &[args, &["--provider", "provider.yaml"]].concat())
    }

    /// Walks, and asserts the exit code and that what is said holds each of these in this order.
    fn ends(&self, args: &[&str], code: i32, parts: &[&str]) {
        let output = self.walk(args);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {}", said(&output));
        in_order(&said(&output), parts);
        for secret in SECRETS {
            assert!(!said(&output).contains(secret), "{args:?}: {secret} shows in {}", said(&output));
        }
    }

    fn device(&self) {
        let body = json!({
            "device_code": SECRETS[6], "user_code": "WXYZ-1234", "verification_uri": format!("{}/activate", self.server.uri()),
            "expires_in": 60, "interval": 1,
        });
        self.first("POST", "/device", 200, "application/json", &body.to_string());
    }
}

#[test]
fn no_secret_of_a_walk_shows_unless_it_is_asked_for_with_a_warning() {
    let fake = Fake::with_tokens();
    for args in [&["code"][..], &["code", "--verbose"], &["refresh", "--reuse", "--verbose"], &["client-credentials"]] {
        fake.ends(args, 0, &["✓ "]);
    }
    let output = fake.walk(&["refresh", "--reuse", "--show-secrets"]);
    let told = said(&output);
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(
        String::from_utf8_lossy(&output.stderr).starts_with("warning: secrets, codes and tokens are shown as they are"),
        "{told}"
    );
    // The password, the cookie and the page's token are the login driver's own affair.
    for secret in [SECRETS[0], SECRETS[2], SECRETS[3], SECRETS[4], SECRETS[5]] {
        assert!(told.contains(secret), "{secret} does not show in {told}");
    }
}

#[test]
fn a_refusal_says_at_which_step_and_what_to_look_at() {
    let fake = Fake::new();
    let body = r#"{"error":"invalid_client","error_description":"try cl1ent-s3cret-of-web harder"}"#;
    fake.first("POST", "/token", 401, "application/json", body);
    let parts = [
        "✗ Step 5: The client redeems the code",
        "expected  status 200",
        "came      status 401 with error \"invalid_client\"",
        "look at   `clients.web.id` and `clients.web.secret`",
        "`clients.web.auth`: client_secret_post was used",
    ];
    fake.ends(&["code"], 1, &parts);
    fake.ends(&["code", "--quiet"], 1, &parts);
    fake.ends(&["client-credentials"], 1, &["✗ Step 1", "`clients.web.secret`"]);
}

#[test]
fn a_page_a_redirect_and_a_crash_in_the_place_of_a_token_are_read_for_what_they_are() {
    for (status, media, body, hint) in [
        (200, "text/html", "<title>Sign in</title>", "a page came where JSON belongs"),
        (404, "text/plain", "nothing", "`endpoints:` and `issuer:`"),
        (500, "text/plain", "oops", "the provider's log"),
        (200, "application/json", "null", "`endpoints:`"),
        (200, "application/json", r#"{"error":"invalid_grant"}"#, "`endpoints:`"),
    ] {
        let fake = Fake::new();
        fake.first("POST", "/token", status, media, body);
        fake.ends(&["code"], 1, &["✗ Step 5", "expected  ", &format!("came      status {status}"), "look at   ", hint]);
    }
}

#[test]
fn a_client_does_not_go_on_after_a_wrong_state_a_denial_or_no_code() {
    for (query, parts) in [
        (
            format!("code={}&state=another", SECRETS[2]),
            ["✗ Step 4", "expected  state=", "came      state=another", "the exact value"],
        ),
        ("code=x".to_owned(), ["✗ Step 4", "expected  state=", "came      no state", "the exact value"]),
        (
            "error=access_denied&error_description=no&state=STATE".to_owned(),
            ["✗ Step 4", "with a code", "error \"access_denied\": \"no\"", "whether the provider lets this user"],
        ),
        ("state=STATE".to_owned(), ["✗ Step 4", "with a code", "neither code nor error", "the provider's log"]),
    ] {
        let fake = Fake::new();
        let answer = move |request: &Request| {
            let state = request.url.query_pairs().find(|(name, _)| name == "state").expect("a state").1.into_owned();
            let location = format!("http://127.0.0.1:8400/callback?{}", query.replace("STATE", &state));
            ResponseTemplate::new(302).insert_header("location", location.as_str())
        };
        let mock = Mock::given(method("GET")).and(path("/authorize")).respond_with(answer).with_priority(1);
        fake.runtime.block_on(mock.mount(&fake.server));
        fake.ends(&["code"], 1, &parts);
    }
}

#[test]
fn a_login_that_does_not_get_through_names_the_driver_and_the_pages() {
    let fake = Fake::new();
    fake.first(
        "POST",
        "/login",
        200,
        "text/html",
        "<title>Wrong</title><form method=post><input name=username><input type=password name=password></form>",
    );
    let parts = ["✗ Step 3", "the login page came back", "look at   `users.alice`", "the driver is form; --verbose"];
    fake.ends(&["code"], 1, &parts);
    let fake = Fake::new();
    fake.first("GET", "/authorize", 400, "text/html", "<title>Error</title><p>Invalid redirect URI</p>");
    fake.ends(&["code"], 1, &["✗ Step 3", "Invalid redirect URI", "look at   `clients.web.redirect_uris`"]);
}

#[test]
fn an_id_token_that_its_provider_did_not_sign_is_refused() {
    // Appendix A.3 of RFC 7515 with a letter of its signature changed.
    let token = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.\
        DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
    let key = json!({ "kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0" });
    for (token, code, part) in
        [(token.to_owned(), 0, "✓ signed with ES256"), (token.replace("DtEhU3", "EtEhU3"), 1, "! wrong signature")]
    {
        let fake = Fake::new();
        fake.first("GET", "/jwks", 200, "application/json", &json!({ "keys": [key] }).to_string());
        fake.tokens("authorization_code", json!({ "access_token": SECRETS[3], "token_type": "Bearer", "id_token": token }));
        fake.ends(&["code"], code, &["id_token  a JWT", "exp", "1300819380 (", "ago)", part]);
        // One that is signed, but by whom nobody asked.
        let warned = "! iss is not the issuer";
        assert_eq!(said(&fake.walk(&["code"])).contains(warned), code == 0);
    }
}

#[test]
fn a_device_slows_down_when_told_so_and_stops_when_its_user_says_no() {
    let fake = Fake::new();
    fake.device();
    let pending = |error: &str| ResponseTemplate::new(400).set_body_json(json!({ "error": error }));
    let mock =
        Mock::given(method("POST")).and(path("/token")).respond_with(pending("slow_down")).up_to_n_times(1).with_priority(1);
    fake.runtime.block_on(mock.mount(&fake.server));
    fake.runtime.block_on(
        Mock::given(method("POST"))
            .and(path("/token"))
            .respond_with(pending("access_denied"))
            .with_priority(2)
            .mount(&fake.server),
    );
    let began = std::time::Instant::now();
    fake.ends(
        &["device"],
        1,
        &[
            "/activate in your browser",
            "and enter code: WXYZ-1234",
            "← 400 application/json",
            "· told to slow down: it polls every 6 s",
            "✗ Step 3: The device polls",
            "error \"access_denied\"",
            "the answer of the user",
        ],
    );
    assert!(began.elapsed().as_secs() >= 7, "{:?}", began.elapsed());
}

#[test]
fn a_human_logs_in_in_a_browser_of_their_own() {
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};
    use std::process::Stdio;

    let fake = Fake::with_tokens();
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let file = fake.dir.path().join("provider.yaml");
    let text = std::fs::read_to_string(&file).expect("the file");
    std::fs::write(&file, text.replace("127.0.0.1:8400", &free.to_string())).expect("a file");
    for pastes in [false, true] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_flowproof"))
            .args(["try", "code", "--login-by-hand", "--provider", "provider.yaml"])
            .current_dir(fake.dir.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut told = String::new();
        let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
        while !told.contains("waiting for your browser") {
            assert!(out.read_line(&mut told).expect("a line") > 0, "{told}");
        }
        let opened = told.lines().find_map(|line| line.trim().strip_prefix("Open ")).expect("an address");
        let opened = url::Url::parse(opened).expect("a URL");
        let state = opened.query_pairs().find(|(name, _)| name == "state").expect("a state").1.into_owned();
        let target = format!("/callback?code={}&state={state}", SECRETS[2]);
        if pastes {
            let mut stdin = child.stdin.take().expect("a pipe");
            write!(stdin, "what?\nhttp://{free}{target}\n").expect("it reads");
        } else {
            for (target, expected) in [("/favicon.ico", "HTTP/1.1 404"), (target.as_str(), "HTTP/1.1 200")] {
                let mut browser = std::net::TcpStream::connect(free).expect("it listens");
                write!(browser, "GET {target} HTTP/1.1\r\nHost: {free}\r\n\r\n").expect("it reads");
                let mut answer = String::new();
                browser.read_to_string(&mut answer).expect("an answer");
                assert!(answer.starts_with(expected), "{target}: {answer}");
            }
        }
        out.read_to_string(&mut told).expect("the rest");
        assert!(child.wait().expect("it ends").success(), "{told}");
        in_order(&told, &["you, in a browser of your own", "code   ‹code ", "✓ state is the one", "✓ Logged in as Alice A."]);
        assert!(!told.contains(SECRETS[2]) && !told.contains(SECRETS[3]), "{told}");
    }
    // Somebody else is at the place where the browser would come back.
    let _taken = std::net::TcpListener::bind(free).expect("the port");
    fake.ends(&["code", "--login-by-hand"], 2, &["✗ Step 3", "cannot listen at 127.0.0.1:", "`clients.web.redirect_uris`"]);
    fake.ends(&["client-credentials", "--login-by-hand"], 2, &["nobody logs in"]);
}

#[test]
fn nobody_at_the_other_end_is_another_exit_code_than_a_refusal() {
    let dir = empty_dir();
    std::fs::write(dir.path().join("provider.yaml"), "issuer: http://127.0.0.1:1\n").expect("a file");
    let output = flowproof(dir.path(), &["code", "--provider", "provider.yaml"]);
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    let fake = Fake::new();
    let file = fake.dir.path().join("provider.yaml");
    let text = std::fs::read_to_string(&file).expect("the file");
    std::fs::write(&file, text.replace(&format!("{}/token", fake.server.uri()), "http://127.0.0.1:1/token")).expect("a file");
    fake.ends(
        &["code"],
        3,
        &["← no answer: cannot connect", "✗ Step 5", "came      cannot connect", "look at   `endpoints.token`"],
    );
}

#[test]
fn what_cannot_be_walked_is_a_usage_error_with_the_way_out() {
    let fake = Fake::new();
    fake.ends(&["code", "--client", "nobody"], 2, &["--client nobody", "expected one of: web"]);
    fake.ends(&["code", "--user", "bob"], 2, &["--user bob", "expected one of: alice"]);
    fake.ends(&["code", "--approve"], 2, &["--approve belongs to the flow `device`"]);
    fake.ends(&["code", "--reuse"], 2, &["--reuse belongs to the flow `refresh`"]);
    let file = fake.dir.path().join("provider.yaml");
    let text = std::fs::read_to_string(&file).expect("the file");
    for (from, to, flow, part) in [
        ("\"device_authorization\":", "\"revocation\":", "device", "`endpoints.device_authorization`"),
        ("\"client_credentials\"", "\"refresh_token\"", "client-credentials", "[client_credentials]"),
    ] {
        assert!(text.contains(from), "{from} in {text}");
        std::fs::write(&file, text.replacen(from, to, 1)).expect("a file");
        fake.ends(&[flow], 2, &[part]);
    }
}
