//! URLs that cannot be used.

use super::told;

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
