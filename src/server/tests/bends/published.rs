//! Probes at introspection, userinfo, metadata and keys.

use serde_json::json;

use super::super::{Answer, Bench, Pairs, basic, form, pairs, with};
use super::Line;

const INSERTED: &str = "//.well-known/oauth-authorization-server/realms/strict";
const APPENDED: &str = "/.well-known/oauth-authorization-server";
const OPENID: &str = "/.well-known/openid-configuration";

fn get(bench: &Bench, path: &str) -> Answer {
    bench.send("GET", path, &[], "")
}

fn access(bench: &Bench) -> String {
    bench.tokens("web").text_of("access_token")
}

fn ask(bench: &Bench, form: &Pairs<'_>) -> Answer {
    bench.post("token/introspect", "inspector", form)
}

fn revoked(bench: &Bench) -> String {
    let token = access(bench);
    bench.post("revoke", "web", &pairs(&[("token", &token)]));
    token
}

fn expired(bench: &Bench) -> String {
    let token = access(bench);
    bench.wait(301);
    token
}

fn userinfo(bench: &Bench, headers: &[(&str, String)]) -> Answer {
    bench.send("GET", "/protocol/openid-connect/userinfo", headers, "")
}

pub(super) const PROBES: &[Line] = &[
    ("sends-active-as-string", "strict", |b| b.introspect(&access(b))["active"] == "true"),
    ("answers-unknown-token-with-404", "strict", |b| ask(b, &pairs(&[("token", "unknown")])).status == 404),
    ("ignores-expiry-at-introspection", "strict", |b| b.is_active(&expired(b))),
    ("ignores-revocation-at-introspection", "strict", |b| {
        let token = revoked(b);
        b.is_active(&token) && b.userinfo(&token).status == 401
    }),
    ("leaks-details-of-inactive-tokens", "strict", |b| {
        let told = b.introspect(&revoked(b));
        told["active"] == false && told["sub"].is_string()
    }),
    ("introspects-for-anyone", "strict", |b| {
        b.post_with("token/introspect", vec![], &pairs(&[("token", &access(b))])).json["active"] == true
    }),
    ("introspects-by-name-alone", "strict", |b| {
        let form = pairs(&[("token", &access(b)), ("client_id", "my-frontend")]);
        b.post_with("token/introspect", vec![], &form).json["active"] == true
    }),
    ("introspects-for-empty-secrets", "strict", |b| {
        let (token, secret) = (access(b), ("client_secret", ""));
        let form = pairs(&[("token", &token), ("client_id", "my-frontend"), secret]);
        let in_header = b.post_with("token/introspect", vec![basic("my-frontend", "")], &pairs(&[("token", &token)]));
        in_header.json["active"] == true && b.post_with("token/introspect", vec![], &form).json["active"] == true
    }),
    ("answers-wrong-credentials-with-inactive", "strict", |b| {
        let form = pairs(&[("token", &access(b))]);
        b.post_with("token/introspect", vec![basic("billing-api", "wrong")], &form).json == json!({ "active": false })
    }),
    ("crashes-on-introspection-of-nothing", "strict", |b| ask(b, &pairs(&[("token", "")])).status == 500),
    ("looks-up-hinted-type-only", "strict", |b| {
        ask(b, &pairs(&[("token", &access(b)), ("token_type_hint", "refresh_token")])).json["active"] == false
    }),
    ("turns-unknown-hint-inactive", "strict", |b| {
        ask(b, &pairs(&[("token", &access(b)), ("token_type_hint", "nonsense")])).json["active"] == false
    }),
    ("sends-nbf-as-string", "strict", |b| b.introspect(&access(b))["nbf"].is_string()),
    ("names-caller-as-client", "strict", |b| b.introspect(&access(b))["client_id"] == "billing-api"),
    ("trusts-jwt-payload-at-introspection", "lenient", |b| {
        let token = access(b);
        b.is_active(&format!("{}.AAAA", token.rsplit_once('.').expect("a JWT").0)) && b.is_active(&token)
    }),
    ("looks-up-tokens-by-prefix", "strict", |b| {
        let token = access(b);
        b.is_active(&format!("{token}a")) && b.is_active(&token[..21]) && !b.is_active(&token[1..])
    }),
    ("finds-tokens-by-any-part", "strict", |b| {
        let token = access(b);
        b.is_active(&token[1..]) && b.is_active(&token[..40]) && !b.is_active(&token[..5])
    }),
    ("compares-tokens-without-case", "strict", |b| {
        let token = access(b);
        b.is_active(&token.to_lowercase()) && b.userinfo(&token.to_lowercase()).status == 401
    }),
    ("omits-no-store-at-introspection", "strict", |b| ask(b, &pairs(&[("token", &access(b))])).header("cache-control").is_none()),
    ("accepts-any-bearer-at-introspection", "strict", |b| {
        let header = vec![("authorization", "Bearer made-up".to_owned())];
        b.post_with("token/introspect", header, &pairs(&[("token", &access(b))])).json["active"] == true
    }),
    ("answers-foreign-token-with-403", "strict", |b| {
        let form = pairs(&[("token", &access(b))]);
        b.post("token/introspect", "other", &form).status == 403 && b.post("token/introspect", "web", &form).status == 200
    }),
    ("introspects-for-every-client", "strict", |b| {
        b.post("token/introspect", "other", &pairs(&[("token", &access(b))])).json["username"] == "alice"
    }),
    ("introspects-every-credential", "strict", |b| {
        let device = b.post("auth/device", "console", &vec![]).text_of("device_code");
        b.is_active(&b.code("web")) && b.is_active("web-app-secret-8f3a1c") && b.is_active(&device) && !b.is_active("unknown")
    }),
    ("introspects-rotated-refresh-tokens", "strict", |b| {
        let token = b.tokens("web").text_of("refresh_token");
        b.refresh("web", &token).status == 200 && b.is_active(&token)
    }),
    ("serves-get-at-introspection", "strict", |b| {
        let path = format!("/protocol/openid-connect/token/introspect?token={}", access(b));
        b.send("GET", &path, &b.client("inspector").0, "").json["active"] == true
    }),
    ("ignores-signature-at-userinfo", "lenient", |b| {
        let token = access(b);
        b.userinfo(&format!("{}.AAAA", token.rsplit_once('.').expect("a JWT").0)).status == 200
    }),
    ("opens-to-any-token", "strict", |b| b.userinfo("made-up").status == 200),
    ("accepts-unsigned-tokens", "lenient", |b| {
        let token = access(b);
        let claims = token.split('.').nth(1).expect("a JWT");
        let signed_by_nobody = format!("{}.{claims}.AAAA", token.split('.').next().expect("a JWT"));
        // {"alg":"none"}
        b.userinfo(&format!("eyJhbGciOiJub25lIn0.{claims}.")).status == 200 && b.userinfo(&signed_by_nobody).status == 401
    }),
    ("reads-token-from-any-body", "strict", |b| {
        let json = json!({ "access_token": access(b) }).to_string();
        let kind = |name: &str| [("content-type", name.to_owned())];
        let path = "/protocol/openid-connect/userinfo";
        b.send("POST", path, &kind("application/json"), &json).status == 200
            && b.send("GET", path, &kind("application/x-www-form-urlencoded"), &format!("access_token={}", access(b))).status
                == 200
    }),
    ("ignores-scope-at-userinfo", "strict", |b| {
        let code = b.browser().approve(&with(b.request("web"), "scope", "profile")).parameter("code").expect("a code");
        let token = b.post("token", "web", &b.redemption("web", &code)).text_of("access_token");
        b.userinfo(&token).status == 200
    }),
    ("repeats-challenge-attributes", "strict", |b| {
        b.userinfo("unknown").header("www-authenticate").unwrap_or_default().matches("error=").count() == 2
    }),
    ("echoes-token-in-challenge", "strict", |b| {
        b.userinfo("un\"known").header("www-authenticate").unwrap_or_default().contains("un\"known")
    }),
    ("issues-month-long-tokens", "strict", |b| b.tokens("web").json["expires_in"] == 2_592_000),
    ("sets-token-as-cookie", "strict", |b| {
        let answer = b.tokens("web");
        answer.header("set-cookie").is_some_and(|cookie| cookie.contains(&answer.text_of("access_token")))
    }),
    ("puts-token-into-page-address", "strict", |b| {
        let token = access(b);
        let browser = b.browser();
        let page = browser.authorize(&b.request("web"));
        let cookies: Vec<String> =
            browser.cookies.lock().expect("one thread").iter().map(|(name, value)| format!("{name}={value}")).collect();
        let headers = [("cookie", cookies.join("; ")), ("content-type", "application/x-www-form-urlencoded".to_owned())];
        let fields = [("username", "alice"), ("password", "alice-password"), ("csrf", &page.csrf().expect("a field"))];
        // The redirect itself: a browser would have followed it.
        let answer = b.send("POST", &format!("/{}", page.action().expect("a form")), &headers, &form(&pairs(&fields)));
        answer.location().contains(&token)
    }),
    ("hides-oauth-metadata", "strict", |b| {
        get(b, INSERTED).status == 404 && get(b, APPENDED).status == 404 && get(b, OPENID).status == 200
    }),
    ("appends-well-known-only", "strict", |b| get(b, INSERTED).status == 404 && get(b, APPENDED).status == 200),
    ("labels-metadata-as-text", "strict", |b| get(b, INSERTED).header("content-type") == Some("text/plain")),
    ("adds-trailing-slash-to-issuer", "strict", |b| get(b, INSERTED).json["issuer"] == format!("{}/", b.issuer())),
    ("serves-any-issuer-path", "strict", |b| get(b, &format!("{INSERTED}/flowproof-nope")).status == 200),
    ("trusts-forwarded-host", "strict", |b| {
        ["host", "x-forwarded-host"].into_iter().all(|name| {
            let document = b.send("GET", INSERTED, &[(name, "evil.example".to_owned())], "");
            document.json["issuer"] == "http://evil.example/realms/strict"
        })
    }),
    ("omits-token-endpoint", "strict", |b| get(b, INSERTED).json["token_endpoint"].is_null()),
    ("omits-response-types", "strict", |b| get(b, INSERTED).json["response_types_supported"].is_null()),
    ("sends-scopes-as-string", "strict", |b| get(b, INSERTED).json["scopes_supported"].is_string()),
    ("mixes-keys-without-use", "strict", |b| {
        let keys = get(b, "/protocol/openid-connect/certs").json;
        keys["keys"][0]["use"].is_null() && keys["keys"][1]["use"] == "enc"
    }),
    ("publishes-private-key", "strict", |b| get(b, "/protocol/openid-connect/certs").json["keys"][0]["d"].is_string()),
    ("omits-challenge-methods", "strict", |b| get(b, INSERTED).json["code_challenge_methods_supported"].is_null()),
    ("publishes-bare-host-as-issuer", "strict", |b| get(b, INSERTED).json["issuer"] == "127.0.0.1:9400"),
    ("lists-disabled-grant", "strict", |b| {
        let exchange = "urn:ietf:params:oauth:grant-type:token-exchange";
        let listed = get(b, INSERTED).json["grant_types_supported"].to_string().contains(exchange);
        listed && b.post("token", "web", &pairs(&[("grant_type", exchange)])).error() == "unsupported_grant_type"
    }),
    ("lists-refused-response-type", "strict", |b| {
        get(b, INSERTED).json["response_types_supported"].to_string().contains("id_token")
    }),
    ("omits-post-from-auth-methods", "strict", |b| {
        let listed = get(b, INSERTED).json["token_endpoint_auth_methods_supported"].to_string();
        !listed.contains("client_secret_post") && b.client_token("batch_post").status == 200
    }),
    ("lists-refused-challenge-method", "strict", |b| {
        get(b, INSERTED).json["code_challenge_methods_supported"].to_string().contains("plain")
    }),
    ("lists-jwt-auth-without-algorithms", "strict", |b| {
        let document = get(b, INSERTED).json;
        document["token_endpoint_auth_methods_supported"].to_string().contains("private_key_jwt")
            && document["token_endpoint_auth_signing_alg_values_supported"].is_null()
    }),
    ("publishes-no-metadata", "strict", |b| [INSERTED, APPENDED, OPENID].into_iter().all(|path| get(b, path).status == 404)),
    ("publishes-plain-http", "strict", |b| {
        let address = |path: &str| get(b, path).text_of("token_endpoint");
        address(OPENID).starts_with("http://auth.internal.example/") && address(INSERTED).starts_with(&b.issuer())
    }),
    ("lists-refused-scope", "strict", |b| get(b, INSERTED).json["scopes_supported"].to_string().contains("archive:read")),
    ("shares-metadata-with-credentials", "strict", |b| {
        let origin = "https://stranger.example".to_owned();
        let document = b.send("GET", INSERTED, &[("origin", origin.clone())], "");
        document.header("access-control-allow-origin") == Some(&origin)
            && document.header("access-control-allow-credentials") == Some("true")
    }),
    ("advertises-legacy-grants", "strict", |b| {
        let grants = get(b, INSERTED).json["grant_types_supported"].to_string();
        grants.contains("password") && grants.contains("implicit")
    }),
    ("ignores-bearer-header", "strict", |b| b.userinfo(&access(b)).status == 401),
    ("compares-bearer-scheme-literally", "strict", |b| {
        let token = access(b);
        userinfo(b, &[("authorization", format!("bearer {token}"))]).status == 401 && b.userinfo(&token).status == 200
    }),
    ("answers-missing-token-with-403", "strict", |b| {
        let answer = userinfo(b, &[]);
        (answer.status, answer.header("www-authenticate")) == (403, None)
    }),
    ("sends-error-for-missing-token", "strict", |b| {
        userinfo(b, &[]).header("www-authenticate").unwrap_or_default().contains("error=")
    }),
    ("answers-unknown-token-with-400", "strict", |b| {
        let answer = b.userinfo("unknown");
        (answer.status, answer.header("www-authenticate")) == (400, None) && b.userinfo(&revoked(b)).status == 401
    }),
    ("ignores-expiry-at-userinfo", "strict", |b| b.userinfo(&expired(b)).status == 200),
    ("ignores-revocation-at-userinfo", "strict", |b| b.userinfo(&revoked(b)).status == 200),
    ("accepts-token-in-query", "strict", |b| {
        let path = format!("/protocol/openid-connect/userinfo?access_token={}", access(b));
        get(b, &path).status == 200
    }),
    ("falls-back-to-second-token", "strict", |b| {
        let header = vec![("authorization", "Bearer unknown".to_owned())];
        b.post_with("userinfo", header, &pairs(&[("access_token", &access(b))])).status == 200
    }),
    ("uses-first-of-two-tokens", "strict", |b| {
        let token = access(b);
        let repeated = with(vec![], "access_token", &token);
        let repeated: Pairs<'_> = repeated.iter().chain(&repeated).cloned().collect();
        userinfo(b, &[("authorization", format!("Bearer {token} {token}"))]).status == 200
            && b.post_with("userinfo", vec![], &repeated).status == 200
    }),
];
