//! Environment variables that are not set, or not written as one.

use super::told;

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
