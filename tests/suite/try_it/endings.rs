//! How a walk ends that does not arrive: refusals, wrong answers, denials, and nobody at the other end.

use serde_json::json;
use wiremock::matchers::{method, path};
use wiremock::{Mock, Request, ResponseTemplate};

use super::fake::{Fake, SECRETS};
use super::{empty_dir, flowproof, said};

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
            "user_code  ",
            "‹user_code ",
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
    for (args, times) in [(&["device"][..], 1), (&["device", "--show-secrets"], 2)] {
        let told = said(&fake.walk(args));
        assert_eq!(
            told.matches("WXYZ-1234").count(),
            times,
            "{args:?}: for the user to type, and in the answer if it is wished: {told}"
        );
    }
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
