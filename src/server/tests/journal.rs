//! The journal of a realm: what is shown of its latest requests, and that no secret is.

use super::{Bench, DEVICE_GRANT, VERIFIER, pairs};
use crate::server::core::journal::Entry;
use crate::server::core::message::Ending;

fn keeping(number: usize) -> Bench {
    let bench = Bench::strict();
    bench.reconfigure(|config| config.journal = number);
    bench
}

fn entries(bench: &Bench) -> Vec<Entry> {
    bench.realm().memory.journal.latest(usize::MAX)
}

#[test]
fn a_realm_without_a_journal_notes_nothing() {
    let bench = Bench::strict();
    bench.client_token("batch");
    assert!(entries(&bench).is_empty());
}

#[test]
fn a_request_is_noted_with_its_answer() {
    let bench = keeping(10);
    bench.post("token", "batch", &pairs(&[("grant_type", "password"), ("scope", "billing:read"), ("x-unheard-of", "1")]));
    let entry = entries(&bench).pop().expect("an entry");
    assert_eq!((entry.number, entry.status, entry.error.as_deref()), (1, 400, Some("unsupported_grant_type")));
    assert_eq!((entry.ending, entry.request.at), (Ending::Whole, 1_800_000_000_000));
    assert_eq!((entry.request.method.as_str(), entry.request.client_id.as_deref()), ("POST", Some("batch-job")));
    assert_eq!(entry.request.path, "/realms/strict/protocol/openid-connect/token");
    let shown = |text: &str| Some(text.to_owned());
    assert_eq!(entry.request.parameters, [("grant_type", shown("password")), ("scope", shown("billing:read"))]);
    assert_eq!(entry.request.other_parameters, 1);
    assert!(entry.request.headers.contains(&("authorization", shown("Basic …"))));
    assert!(entry.request.headers.contains(&("content-type", shown("application/x-www-form-urlencoded"))));
}

#[test]
fn only_the_latest_are_kept() {
    let bench = keeping(3);
    for _ in 0..10 {
        bench.client_token("batch");
    }
    let numbers: Vec<u64> = entries(&bench).iter().map(|entry| entry.number).collect();
    assert_eq!(numbers, [8, 9, 10]);
    bench.reconfigure(|config| config.journal = 1);
    assert_eq!(entries(&bench).len(), 1);
}

#[test]
fn no_secret_of_any_flow_is_in_the_journal() {
    let bench = keeping(1_000);
    let mut secrets: Vec<String> = vec![VERIFIER.to_owned(), "alice-password".to_owned(), "a state".to_owned()];
    let code = bench.code("web");
    let tokens = bench.post("token", "web", &bench.redemption("web", &code));
    let (access, refresh) = (tokens.text_of("access_token"), tokens.text_of("refresh_token"));
    let next = bench.refresh("web", &refresh).text_of("refresh_token");
    bench.userinfo(&access);
    bench.send("GET", &format!("/protocol/openid-connect/userinfo?access_token={access}"), &[], "");
    bench.introspect(&access);
    bench.client_token("batch_post");
    let device = bench.post("auth/device", "tv", &pairs(&[]));
    let (device_code, user_code) = (device.text_of("device_code"), device.text_of("user_code"));
    bench.browser().get(&format!("/device?user_code={user_code}"));
    bench.post("token", "tv", &pairs(&[("grant_type", DEVICE_GRANT), ("device_code", &device_code)]));
    // Gone astray: a token as a scheme, a secret as a name, a secret as a client, a code behind the redirect URI.
    bench.send("GET", "/protocol/openid-connect/userinfo", &[("authorization", access.clone())], "");
    bench.post(
        "token",
        "web",
        &pairs(&[(access.as_str(), "1"), ("redirect_uri", &format!("https://client.example/cb?code={code}"))]),
    );
    bench.post_with("token", vec![], &pairs(&[("client_id", &refresh), ("grant_type", "client_credentials")]));
    secrets.extend([code, access, refresh, next, device_code, user_code]);
    secrets.extend(bench.realm().config.clients.values().filter_map(|client| Some(client.secret.as_ref()?.expose().to_owned())));
    let journal = format!("{:?}", entries(&bench));
    assert!(entries(&bench).len() > 12 && journal.contains("/realms/strict/login/…"), "{journal}");
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        assert!(!journal.contains(secret.as_str()), "{secret} is in {journal}");
    }
    let ids = |name: &str| entries(&bench).iter().filter(|entry| entry.request.path.contains(name)).count();
    assert!(ids("/consent/…") > 0 && ids("/device") > 0);
}

#[test]
fn what_a_fault_did_is_noted_too() {
    let bench = keeping(5);
    bench.reconfigure(|config| {
        config.faults = vec![crate::server::config::FaultConfig { close_rate: 1.0, ..Default::default() }];
    });
    bench.client_token("batch");
    assert_eq!(entries(&bench).pop().expect("an entry").ending, Ending::Closed);
}
