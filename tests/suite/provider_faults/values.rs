//! Values of the wrong type, and values that mean nothing.

use super::told;

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
