//! The flows on the embedded server: what is told, and to whom.

use super::{empty_dir, flowproof, in_order, said};

/// Walks on the embedded server, and returns what was told.
fn embedded(args: &[&str]) -> String {
    let dir = empty_dir();
    let output = flowproof(dir.path(), args);
    assert_eq!(output.status.code(), Some(0), "{args:?}: {}", said(&output));
    assert!(output.stderr.is_empty(), "{}", said(&output));
    String::from_utf8(output.stdout).expect("text")
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
