//! Slips of the pen, wherever they fall: none shows a secret.

use flowproof::provider::{Provider, Source};

use super::env;

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
