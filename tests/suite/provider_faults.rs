//! What the author of a faulty provider file is told: each file with the whole message, and with a secret beside each fault.

use flowproof::provider::{Provider, Source};

fn env(name: &str) -> Option<String> {
    match name {
        "HOST" => Some("auth.example".to_owned()),
        "WEB_SECRET" => Some("hunter2".to_owned()),
        "EMPTY" => Some(String::new()),
        _ => None,
    }
}

/// Both start on the line after the quote, so that they stand here as they stand on the screen.
#[track_caller]
fn told(file: &str, message: &str) {
    let file = file.strip_prefix('\n').expect("a file starts on a line of its own");
    let error = match Provider::parse(file, Source::File("acme.yaml".into()), &env) {
        Ok(provider) => panic!("should be refused: {provider:?}"),
        Err(error) => error,
    };
    assert_eq!(format!("\n{error}\n"), message);
    assert!(!format!("{error}{error:?}").contains("hunter2"), "the secret is shown: {error:?}");
}

#[test]
fn an_empty_file_is_told_what_it_needs() {
    told(
        r#"
"#,
        r#"
acme.yaml: the provider file is empty
  expected at least `issuer: https://…`
"#,
    );
    told(
        r#"
# nothing yet
"#,
        r#"
acme.yaml: the provider file is empty
  expected at least `issuer: https://…`
"#,
    );
}

#[test]
fn a_key_that_must_be_there_is_named_with_what_it_is_for() {
    told(
        r#"
clients: {}
"#,
        r#"
acme.yaml: `issuer` is missing: say whom to test: `issuer: https://…`
"#,
    );
    told(
        r#"
issuer: http://x
clients:
  web:
    secret: hunter2
"#,
        r#"
acme.yaml:3:3: `clients.web.id` is missing: the `client_id` that the provider knows this client by
  3 |   web:
    |   ^
"#,
    );
    told(
        r#"
issuer: http://x
clients:
  web: { id: a, auth: client_secret_post }
"#,
        r#"
acme.yaml:3:3: `clients.web.secret` is missing: `auth:` says that this client has one; a public client is `auth: none`
  3 |   web: { id: a, auth: client_secret_post }
    |   ^
"#,
    );
    told(
        r#"
issuer: http://x
users:
  alice: { username: alice }
"#,
        r#"
acme.yaml:3:3: `users.alice.password` is missing: the login form asks for it
  3 |   alice: { username: alice }
    |   ^
"#,
    );
    told(
        r#"
issuer: http://x
admin: { url: "http://127.0.0.1:9401", key: hunter2 }
"#,
        r#"
acme.yaml:2:1: `admin.realm` is missing: the realm that this file describes
  2 | admin: { url: "http://127.0.0.1:9401", key: ‹hidden› }
    | ^
"#,
    );
}

#[test]
fn a_key_that_means_nothing_is_told_which_was_meant() {
    told(
        r#"
issuer: http://x
clients:
  web: { id: web-app, secrt: hunter2, auth: none }
"#,
        r#"
acme.yaml:3:23: `secrt` is not a key of `clients.web`
  3 |   web: { id: web-app, secrt: ‹hidden›, auth: none }
    |                       ^
  expected one of: id, secret, auth, redirect_uris, grants, scopes, introspect, pkce, rotation, reuse_grace
  did you mean `secret`?
"#,
    );
    told(
        r#"
isuer: http://x
"#,
        r#"
acme.yaml:1:1: `isuer` is not a key of a provider file
  1 | isuer: ‹hidden›
    | ^
  expected one of: issuer, connect, preset, profile, endpoints, clients, users, login, admin, load, pkce, resource, capabilities, lifetimes, pace
  did you mean `issuer`?
"#,
    );
    told(
        r#"
issuer: http://x
endpoints: { token_endpoint: "http://x/token" }
"#,
        r#"
acme.yaml:2:14: `token_endpoint` is not a key of `endpoints`
  2 | endpoints: { token_endpoint: ‹hidden› }
    |              ^
  expected one of: authorization, token, device_authorization, revocation, introspection, resource, jwks
  did you mean `token`?
"#,
    );
    told(
        r#"
issuer: http://x
capabilities: { devise: false }
"#,
        r#"
acme.yaml:2:17: `devise` is not a key of `capabilities`
  2 | capabilities: { devise: false }
    |                 ^
  expected one of: user_login, user_deny, refresh_token, introspection, revocation, device, metadata, resource, jwks, short_lifetime, wait, many_requests, concurrency, jwt_access_token, structured_code, rotation
  did you mean `device`?
"#,
    );
    told(
        r#"
issuer: http://x
login: { colour: blue }
"#,
        r#"
acme.yaml:2:10: `colour` is not a key of `login`
  2 | login: { colour: ‹hidden› }
    |          ^
  expected one of: driver, recipe, webdriver, program, timeout, cookies, refresh_tokens
"#,
    );
}

#[test]
fn a_value_that_slipped_into_a_key_is_hidden() {
    told(
        r#"
issuer: http://x
clients:
  web: { id: web-app, secret "hunter2" }
"#,
        r#"
acme.yaml:3:23: what stands here is not a key of `clients.web`
  3 |   web: { id: web-app, ‹hidden› }
    |                       ^
  expected one of: id, secret, auth, redirect_uris, grants, scopes, introspect, pkce, rotation, reuse_grace
  a key is followed by a colon and a space
"#,
    );
    told(
        r#"
issuer: http://x
clients:
  web: { id: web-app, secret:hunter2 }
"#,
        r#"
acme.yaml:3:23: what stands here is not a key of `clients.web`
  3 |   web: { id: web-app, ‹hidden› }
    |                       ^
  expected one of: id, secret, auth, redirect_uris, grants, scopes, introspect, pkce, rotation, reuse_grace
  a key is followed by a colon and a space
"#,
    );
}

#[test]
fn a_value_of_the_wrong_type_is_told_the_right_one() {
    told(
        r#"
- issuer
"#,
        r#"
acme.yaml:1:1: the file is a list
  1 | - ‹hidden›
    | ^
  expected a mapping
"#,
    );
    told(
        r#"
issuer
"#,
        r#"
acme.yaml:1:1: the file is a string
  1 | ‹hidden›
    | ^
  expected a mapping
"#,
    );
    told(
        r#"
issuer: [a]
"#,
        r#"
acme.yaml:1:9: `issuer` is a list
  1 | issuer: [‹hidden›]
    |         ^
  expected a string
"#,
    );
    told(
        r#"
issuer:
"#,
        r#"
acme.yaml:1:1: `issuer` is empty
  1 | issuer:
    | ^
  expected a string
"#,
    );
    told(
        r#"
issuer: http://x
clients:
  web:
    id: web-app
    secret: 12345678
"#,
        r#"
acme.yaml:5:13: `clients.web.secret` is a number
  5 |     secret: ‹hidden›
    |             ^
  expected a string; put it in quotes
"#,
    );
    told(
        r#"
issuer: http://x
clients:
  web: { id: a, redirect_uris: "https://a/cb" }
"#,
        r#"
acme.yaml:3:32: `clients.web.redirect_uris` is a string
  3 |   web: { id: a, redirect_uris: "https://a/cb" }
    |                                ^
  expected a list
"#,
    );
    told(
        r#"
issuer: http://x
clients:
  web: { id: a, introspect: "true" }
"#,
        r#"
acme.yaml:3:29: `clients.web.introspect` is a string
  3 |   web: { id: a, introspect: "true" }
    |                             ^
  expected true or false
"#,
    );
    told(
        r#"
issuer: http://x
users: { alice: hunter2 }
"#,
        r#"
acme.yaml:2:17: `users.alice` is a string
  2 | users: { alice: ‹hidden› }
    |                 ^
  expected a mapping
"#,
    );
    told(
        r#"
issuer: http://x
clients: { 1: { id: a } }
"#,
        r#"
acme.yaml:2:12: a key of clients is a number
  2 | clients: { ‹hidden›: { id: a } }
    |            ^
  expected a string; put it in quotes
"#,
    );
    told(
        r#"
issuer: http://x
capabilities: { device: no }
"#,
        r#"
acme.yaml:2:25: `capabilities.device` is a string
  2 | capabilities: { device: no }
    |                         ^
  expected true or false
"#,
    );
}

#[test]
fn an_unset_variable_is_named_with_its_key_and_place() {
    told(
        r#"
issuer: http://x
clients:
  web:
    id: a
    secret: ${NOPE}
"#,
        r#"
acme.yaml:5:13: `clients.web.secret` names the environment variable NOPE, which is not set
  5 |     secret: ${NOPE}
    |             ^
  set NOPE, or write $${ for a `${` that stands for itself
"#,
    );
    told(
        r#"
issuer: http://x
clients:
  web: { id: a, secret: "hunter2-${NOPE}" } # was hunter2
"#,
        r#"
acme.yaml:3:34: `clients.web.secret` names the environment variable NOPE, which is not set
  3 |   web: { id: a, secret: ‹hidden› }
    |                         ^
  set NOPE, or write $${ for a `${` that stands for itself
"#,
    );
    told(
        r#"
issuer: "http://${HOST}/${NOPE}"
"#,
        r#"
acme.yaml:1:25: `issuer` names the environment variable NOPE, which is not set
  1 | issuer: "http://${HOST}/${NOPE}"
    |                         ^
  set NOPE, or write $${ for a `${` that stands for itself
"#,
    );
    told(
        r#"
issuer: http://x
clients:
  web:
    id: a
    secret: >-
      hunter2
      ${NOPE}
"#,
        r#"
acme.yaml:6:7: `clients.web.secret` names the environment variable NOPE, which is not set
  6 |       ‹hidden›
    |       ^
  set NOPE, or write $${ for a `${` that stands for itself
"#,
    );
    told(
        r#"
issuer: http://x
clients:
  web: { id: a, secret: "${WEB_SECRET:-hunter2}" }
"#,
        r#"
acme.yaml:3:26: `clients.web.secret` has a value that means nothing here
  3 |   web: { id: a, secret: ‹hidden› }
    |                         ^
  expected ${NAME} of an environment variable; $${ stands for `${`
"#,
    );
    told(
        r#"
issuer: http://x
clients:
  web: { id: a, secret: "${EMPTY}" }
"#,
        r#"
acme.yaml:3:25: `clients.web.secret` has a value that means nothing here
  3 |   web: { id: a, secret: "${EMPTY}" }
    |                         ^
  expected a string that is not empty
"#,
    );
}

#[test]
fn a_url_that_cannot_be_used_is_told_why() {
    told(
        r#"
issuer: auth.example
"#,
        r#"
acme.yaml:1:9: `issuer` is not a URL that can be used: relative URL without a base; expected https://host/path or http://127.0.0.1:port/path
  1 | issuer: auth.example
    |         ^
"#,
    );
    told(
        r#"
issuer: ftp://x
"#,
        r#"
acme.yaml:1:9: `issuer` is not a URL that can be used: expected a URL that starts with https:// or http://
  1 | issuer: ftp://x
    |         ^
"#,
    );
    told(
        r#"
issuer: https://x?tenant=1
"#,
        r#"
acme.yaml:1:9: `issuer` is not a URL that can be used: an issuer has no query (RFC 8414 section 2)
  1 | issuer: https://x?tenant=1
    |         ^
"#,
    );
    told(
        r#"
issuer: https://admin:hunter2@x
"#,
        r#"
acme.yaml:1:9: `issuer` is not a URL that can be used: it must hold no user and no password
  1 | issuer: ‹hidden›
    |         ^
"#,
    );
    told(
        r#"
issuer: "https://x "
"#,
        r#"
acme.yaml:1:9: `issuer` is not a URL that can be used: a URL has no space in it
  1 | issuer: "https://x‹hidden›
    |         ^
"#,
    );
    told(
        r#"
issuer: http://x
endpoints: { token: "/token" }
"#,
        r#"
acme.yaml:2:21: `endpoints.token` is not a URL that can be used: relative URL without a base; expected https://host/path or http://127.0.0.1:port/path
  2 | endpoints: { token: "/token" }
    |                     ^
"#,
    );
    told(
        r#"
issuer: http://x
clients:
  web: { id: a, redirect_uris: ["https://a/cb", "/cb"] }
"#,
        r#"
acme.yaml:3:49: `clients.web.redirect_uris[1]` is not a URL that can be used: relative URL without a base; expected an absolute URI (RFC 6749 section 3.1.2)
  3 |   web: { id: a, redirect_uris: ["https://a/cb", "/cb"] }
    |                                                 ^
"#,
    );
    told(
        r#"
issuer: http://x
clients:
  web:
    id: a
    redirect_uris:
      - https://a/cb#top
"#,
        r#"
acme.yaml:6:9: `clients.web.redirect_uris[0]` is not a URL that can be used: a redirect URI has no fragment (RFC 6749 section 3.1.2)
  6 |       - https://a/cb#top
    |         ^
"#,
    );
}

#[test]
fn a_value_that_means_nothing_is_told_those_that_do() {
    told(
        r#"
issuer: http://x
profile: oauth-2.2
"#,
        r#"
acme.yaml:2:10: `profile` has a value that means nothing here
  2 | profile: oauth-2.2
    |          ^
  expected one of: oauth-2.0, oauth-2.1; did you mean `oauth-2.0`?
"#,
    );
    told(
        r#"
issuer: http://x
clients:
  web: { id: a, secret: hunter2, auth: private_key_jwt }
"#,
        r#"
acme.yaml:3:40: `clients.web.auth` has a value that means nothing here
  3 |   web: { id: a, secret: ‹hidden›, auth: private_key_jwt }
    |                                         ^
  expected one of: none, client_secret_basic, client_secret_post
"#,
    );
    told(
        r#"
issuer: http://x
clients:
  web: { id: a, secret: hunter2, auth: none }
"#,
        r#"
acme.yaml:3:40: `clients.web.auth` has a value that means nothing here
  3 |   web: { id: a, secret: ‹hidden›, auth: none }
    |                                         ^
  expected client_secret_basic or client_secret_post, as there is a secret
"#,
    );
    told(
        r#"
issuer: http://x
clients:
  web: { id: a, grants: [authorisation_code] }
"#,
        r#"
acme.yaml:3:26: `clients.web.grants[0]` has a value that means nothing here
  3 |   web: { id: a, grants: [authorisation_code] }
    |                          ^
  expected one of: authorization_code, refresh_token, client_credentials, device_code; did you mean `authorization_code`?
"#,
    );
    told(
        r#"
issuer: http://x
clients:
  web: { id: a, scopes: ["openid profile"] }
"#,
        r#"
acme.yaml:3:26: `clients.web.scopes[0]` has a value that means nothing here
  3 |   web: { id: a, scopes: ["openid‹hidden›] }
    |                          ^
  expected one scope without spaces and quotes, each an item of the list
"#,
    );
    told(
        r#"
issuer: http://x
login: { program: [./login.sh] }
"#,
        r#"
acme.yaml:2:19: `login.program` has a value that means nothing here
  2 | login: { program: [‹hidden›] }
    |                   ^
  expected `driver: command` beside it; it means nothing to the form driver
"#,
    );
    told(
        r#"
issuer: http://x
login: { driver: frm }
"#,
        r#"
acme.yaml:2:18: `login.driver` has a value that means nothing here
  2 | login: { driver: frm }
    |                  ^
  expected one of: form, recipe, webdriver, command, manual, session; did you mean `form`?
"#,
    );
    told(
        r#"
issuer: http://x
clients: { web: { id: web } }
pkce: { optional_for: [wbe] }
"#,
        r#"
acme.yaml:3:24: `pkce.optional_for[0]` has a value that means nothing here
  3 | pkce: { optional_for: [wbe] }
    |                        ^
  expected a role of `clients:` (web); did you mean `web`?
"#,
    );
    told(
        r#"
issuer: http://x
clients: { web: { id: a }, other: { id: a } }
"#,
        r#"
acme.yaml:2:41: `clients.other.id` has a value that means nothing here
  2 | clients: { web: { id: a }, other: { id: a } }
    |                                         ^
  expected another client than `clients.web`: the two show that one cannot use the other's codes and tokens
"#,
    );
}

#[test]
fn what_is_not_yaml_is_told_where_and_nothing_after_a_secret_is_shown() {
    told(
        r#"
issuer: http://x
clients:
  web:
    id: a: b
    secret: hunter2
"#,
        r#"
acme.yaml:4:10: not YAML: mapping values are not allowed in this context
  4 |     id: a: ‹hidden›
    |          ^
  a value with `:`, `#`, `@`, brackets or quotes in it belongs in quotes
"#,
    );
    told(
        r#"
issuer: http://x
clients:
  web: { id: a, secret: "hunter2 }
  other: { id: b }
"#,
        r#"
acme.yaml:3:25: not YAML: unclosed quote
  3 |   web: { id: a, secret: ‹hidden›
    |                         ^
  a value with `:`, `#`, `@`, brackets or quotes in it belongs in quotes
"#,
    );
    told(
        r#"
issuer: http://x
clients:
  web: { id: a
    secret: hunter2 }
"#,
        r#"
acme.yaml:4:11: not YAML: while parsing a flow mapping, did not find expected ',' or '}'
  4 |     secret: ‹hidden›
    |           ^
  a value with `:`, `#`, `@`, brackets or quotes in it belongs in quotes
"#,
    );
    told(
        r#"
issuer: http://x
clients:
  web:
    id: web-app    secret: hunter2
"#,
        r#"
acme.yaml:4:26: not YAML: mapping values are not allowed in this context
  4 |     id: web-app    secret: ‹hidden›
    |                          ^
  a value with `:`, `#`, `@`, brackets or quotes in it belongs in quotes
"#,
    );
    told(
        r#"
issuer: http://x
clients:
  web:
    secret: |
      hunter2
     hunter2: x
"#,
        r#"
acme.yaml:6:6: not YAML: while parsing a block mapping, did not find expected key
  a value with `:`, `#`, `@`, brackets or quotes in it belongs in quotes
"#,
    );
    told(
        r#"
issuer: http://x
clients:
  web:
    secret: @hunter2
"#,
        r#"
acme.yaml:4:13: not YAML: unexpected character
  4 |     secret: ‹hidden›
    |             ^
  a value with `:`, `#`, `@`, brackets or quotes in it belongs in quotes
"#,
    );
    told(
        r#"
issuer: http://x
issuer: http://y
"#,
        r#"
acme.yaml:2:1: not YAML: this key stands twice in its mapping
  2 | issuer: http://y
    | ^
  keep one of the two
"#,
    );
    told(
        r#"
issuer: http://x
---
issuer: http://y
"#,
        r#"
acme.yaml:3:1: not YAML: a second document starts here
  3 | issuer: http://y
    | ^
  a file is one document: leave out `---` and what follows it
"#,
    );
}

/// Every value that is a secret is made of this, so that a piece of one is as telling as the whole.
const TELLTALE: &str = "ZQ8";

const SECRETS_EVERYWHERE: &str = r#"issuer: https://auth.example
profile: oauth-2.0 # once ZQ8ZQ8ZQ8
clients:
  web: { id: web-app, secret: ZQ8ZQ8ZQ8, auth: client_secret_basic, redirect_uris: [https://a/cb, "https://b/cb"] }
  other:
    id: other-app
    secret: "ZQ8: ZQ8, 'ZQ8"
    scopes: [openid, profile]
  batch: { "secret": 'ZQ8 ZQ8', id: "batch", grants: [client_credentials] }
  special:
    secret: >-
      ZQ8ZQ8
      ZQ8: ZQ8
    id: special
users:
  alice: { username: alice, password: "ZQ8ZQ8", sub: "1" }
  bob:
    username: bob
    password: ZQ8 ZQ8
admin: { url: "http://127.0.0.1:9401", key: ZQ8ZQ8, realm: strict }
"#;

/// What a slip of the pen puts in.
const SLIPS: [&str; 27] = [
    ":", ": ", ",", "\"", "'", "{", "}", "[", "]", "#", " #", "\n", "\n ", "  ", "\t", "- ", "-", "&", "*", "!", "|", "@", "%",
    "${", "?", "x", "1",
];

#[test]
fn no_single_slip_of_the_pen_makes_an_error_show_a_secret() {
    let mut refused = 0;
    let mut try_one = |file: String| {
        let Err(error) = Provider::parse(&file, Source::File("acme.yaml".into()), &env) else { return };
        refused += 1;
        let shown = format!("{error}\n{error:?}");
        assert!(!shown.contains(TELLTALE), "shown:\n{error}\n\nof:\n{file}");
    };
    assert!(SECRETS_EVERYWHERE.is_ascii(), "it is cut at every octet");
    for at in 0..SECRETS_EVERYWHERE.len() {
        let (before, after) = SECRETS_EVERYWHERE.split_at(at);
        // Each slip at every sixth place: all of them everywhere take longer than a test should.
        for slip in SLIPS.iter().skip(at % 6).step_by(6) {
            try_one(format!("{before}{slip}{after}"));
        }
        let instead = [" ", ":", "\"", "\n"][at % 4];
        try_one(format!("{before}{}", &after[1..]));
        try_one(format!("{before}{instead}{}", &after[1..]));
        try_one(before.to_owned());
    }
    assert!(refused > 3_000, "only {refused} slips were faults");
}
