//! What cannot be configured: a realm whose clients would be answered where no answer may go.

use super::super::config::Config;
use super::Bench;
use super::with;

/// What is said of a realm whose native client registers this redirect URI.
fn refusal(uri: &str) -> Option<String> {
    let mut config = Config::demo().realms.remove(0);
    config.name = "another".to_owned();
    config.clients.get_mut("native").expect("a demo client").redirect_uris.push(uri.to_owned());
    Bench::strict().core.add_realm(config).err().map(|error| error.to_string())
}

#[test]
fn a_plain_http_redirect_uri_is_not_registered_unless_it_is_on_loopback() {
    assert_eq!(
        refusal("http://client.example/cb").as_deref(),
        Some(
            "client `native-app`: the redirect URI `http://client.example/cb` cannot be registered: plain http is for loopback \
             addresses only (RFC 9700 section 2.6)"
        )
    );
    assert_eq!(refusal("http://127.0.0.1:9/cb"), None);
}

#[test]
fn a_private_use_scheme_without_a_period_is_not_registered() {
    for uri in ["myapp:/cb", "javascript:alert(1)"] {
        assert!(refusal(uri).is_some_and(|said| said.contains("`native-app`") && said.contains("RFC 8252")), "{uri}");
    }
    assert_eq!(refusal("com.example.other:/cb"), None);
}

#[test]
fn a_redemption_may_name_the_only_redirect_uri_though_its_request_did_not() {
    let bench = Bench::strict();
    let request = super::without(bench.request("single"), "redirect_uri");
    for named in [true, false] {
        let code = bench.browser().approve(&request).parameter("code").expect("a code");
        let redemption = bench.redemption("single", &code);
        let redemption = if named { redemption } else { super::without(redemption, "redirect_uri") };
        assert_eq!(bench.post("token", "single", &redemption).status, 200, "named: {named}");
    }
    let code = bench.browser().approve(&request).parameter("code").expect("a code");
    let foreign = with(bench.redemption("single", &code), "redirect_uri", "https://evil.example/cb");
    assert_eq!(bench.post("token", "single", &foreign).refusal(), (400, "invalid_grant"));
}

#[test]
fn an_issuer_keeps_its_slash_and_no_address_below_it_has_two() {
    let mut config = Config::demo().realms.remove(0);
    config.name = "slash".to_owned();
    config.issuer_ends_in_slash = true;
    let mut bench = Bench::strict();
    let realm = bench.core.add_realm(config).expect("a sound configuration");
    bench.realm = "slash";
    assert_eq!(realm.issuer, "http://127.0.0.1:9400/realms/slash/");
    for path in ["//.well-known/oauth-authorization-server/realms/slash", "/.well-known/openid-configuration"] {
        let told = bench.send("GET", path, &[], "");
        assert_eq!((told.status, told.json["issuer"].as_str()), (200, Some("http://127.0.0.1:9400/realms/slash/")), "{path}");
        assert_eq!(told.json["token_endpoint"], "http://127.0.0.1:9400/realms/slash/protocol/openid-connect/token");
        assert!(!told.text.contains("slash//"), "{}", told.text);
    }
    let back = bench.browser().approve(&bench.request("web"));
    assert_eq!(back.parameter("iss").as_deref(), Some("http://127.0.0.1:9400/realms/slash/"));
    let tokens = bench.post("token", "web", &bench.redemption("web", &back.parameter("code").expect("a code")));
    assert!(bench.is_active(&tokens.text_of("access_token")));
}
