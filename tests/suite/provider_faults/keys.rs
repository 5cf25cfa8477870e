//! Keys that are missing, that mean nothing, and that are none.

use super::told;

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
  expected one of: id, secret, auth, redirect_uris, grants, scopes, introspect, pkce, rotation, reuse_grace, issuer, endpoints
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
  expected one of: id, secret, auth, redirect_uris, grants, scopes, introspect, pkce, rotation, reuse_grace, issuer, endpoints
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
  expected one of: id, secret, auth, redirect_uris, grants, scopes, introspect, pkce, rotation, reuse_grace, issuer, endpoints
  a key is followed by a colon and a space
"#,
    );
}
