//! What is not YAML.

use super::told;

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
