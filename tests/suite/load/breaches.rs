//! Each invariant under a provider that breaks it: the run is violated whatever its figures, and the finding shows it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flowproof::load::Invariant;
use flowproof::protocol::Answer;
use flowproof::provider::Provider;
use flowproof::server::{Config, ReferenceServer, Running};
use flowproof::verdict::{Bearing, Finding, LoadRun, Outcome};
use serde_json::{Value, json};
use wiremock::{Request, ResponseTemplate};

use super::mocks::{at, chain, device, error, json_of, numbered, redirect, served};
use super::{load, mocked};

/// The reference server with one defect.
pub async fn with_defect(defect: &str, realm: &str) -> (Running, Provider) {
    let mut config = Config { port: 0, admin_port: 0, ..Config::demo() };
    for realm in &mut config.realms {
        realm.defects = vec![defect.to_owned()];
        realm.policy.device_interval = 1;
    }
    let running = ReferenceServer::start(config).await.expect("free ports");
    let provider = Provider::from_json(&running.provider_document(realm), realm).expect("a provider document");
    (running, provider)
}

fn finding<'a>(run: &'a LoadRun, id: &str) -> &'a Finding {
    let found = run.findings.iter().find(|finding| finding.id == format!("load/{id}"));
    found.unwrap_or_else(|| panic!("{id} is told of: {:?}", run.findings.iter().map(|one| &one.id).collect::<Vec<_>>()))
}

async fn breach(defect: &str, flow: &str, hold: &str, id: &str, expected: Outcome) {
    let (_server, provider) = with_defect(defect, "strict").await;
    let plan = format!("users: 2\nhold: {hold}\ntimeout: 5s\nflows: [{flow}]\nthresholds: [\"errors <= 100%\"]\n");
    let run = load(provider, &plan).await.expect("it runs");
    let found = finding(&run, id);
    assert_eq!(found.outcome, expected, "{defect}: {found:#?}");
    assert_eq!(run.verdict == Bearing::Violated, expected == Outcome::Violated, "{defect}: {:?}", run.verdict);
    let others: Vec<_> =
        run.findings.iter().filter(|one| one.outcome == Outcome::Violated && one.id != found.id).map(|one| &one.id).collect();
    assert!(others.is_empty(), "{defect} breaks nothing else: {others:?}");
    let violation = found.violation.as_ref().expect("it says what went wrong");
    assert!(!violation.expected.is_empty() && !violation.got.is_empty());
}

/// As [`breach`], by a provider whose endpoints answer so; what shows the breach shows no secret.
async fn breach_of(endpoints: impl IntoIterator<Item = (&'static str, super::mocks::Answer)>, flow: &str, id: &str) {
    let (_server, provider) = served(endpoints).await;
    let plan = format!("users: 2\nhold: 400ms\ntimeout: 5s\nflows: [{flow}]\nthresholds: [\"errors <= 100%\"]\n");
    let run = load(provider, &plan).await.expect("it runs");
    let found = finding(&run, id);
    assert_eq!((found.outcome, run.verdict), (Outcome::Violated, Bearing::Violated), "{found:#?}");
    let others: Vec<_> = run.findings.iter().filter(|one| one.outcome == Outcome::Violated).map(|one| &one.id).collect();
    assert_eq!(others, [&found.id], "it breaks nothing else");
    assert!(!found.exchanges.is_empty(), "{found:#?}");
    let report = serde_json::to_string(&run).expect("it serialises").to_lowercase();
    assert!(!report.contains("s3cr") && !report.contains("always-the-same"), "{report}");
}

/// Each row is a test that sees its invariant broken: the table is the register of what was tried.
macro_rules! broken {
    ($( $test:ident, $id:literal: $body:expr; )+) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                ($body)($id).await;
            }
        )+

        const TRIED: &[&str] = &[$( $id ),+];
    };
}

broken! {
    a_code_that_is_issued_twice_is_a_breach, "code-issued-once": async |id| {
        let endpoints = [at("/auth", |request: &Request| redirect(request, "always-the-same")), at("/token", numbered(|number, _| chain(number)))];
        breach_of(endpoints, "{ flow: authorization_code }", id).await;
    };
    a_refresh_token_that_is_issued_twice_is_a_breach, "refresh-token-issued-once": async |id| {
        let token = numbered(|number, _| {
            json_of(json!({ "access_token": format!("access-{number}"), "token_type": "Bearer", "refresh_token": "s3cr3t-refresh" }))
        });
        breach_of([at("/token", token)], "{ flow: client_credentials }", id).await;
    };
    a_device_code_that_is_issued_twice_is_a_breach, "device-code-issued-once": async |id| {
        let codes = numbered(|number, request| device(request, "s3cr3t-device-code", &format!("USER-{number}")));
        breach_of([at("/device", codes), at("/token", error("authorization_pending"))], "{ flow: device }", id).await;
    };
    a_user_code_that_two_devices_have_is_a_breach, "user-code-issued-once": async |id| {
        let codes = numbered(|number, request| device(request, &format!("device-{number}"), "BCDF-GHJK"));
        breach_of([at("/device", codes), at("/token", error("authorization_pending"))], "{ flow: device }", id).await;
    };
    an_access_token_that_two_clients_get_is_a_breach_with_its_exchange_and_without_its_secret, "access-token-for-one": async |id| {
        let token =
            |_: &Request| ResponseTemplate::new(200).set_body_json(json!({ "access_token": "s3cr3t-token", "token_type": "Bearer" }));
        let (_server, provider) = mocked(token).await;
        let dir = tempfile::tempdir().expect("a folder");
        let rows = "id,secret\nfirst,s3cr3t-of-the-first\nsecond,s3cr3t-of-the-second\n";
        std::fs::write(dir.path().join("clients.csv"), rows).expect("it is written");
        let text = "users: 2\nhold: 300ms\nflows: [{ flow: client_credentials }]\ndata: { clients: clients.csv }\n";
        std::fs::write(dir.path().join("plan.yaml"), text).expect("it is written");
        let mut order = super::order("users: 1\nhold: 1s\nflows: [{ flow: refresh }]\n", &tokio_util::sync::CancellationToken::new());
        order.plan = flowproof::load::Plan::find(dir.path().join("plan.yaml").to_str().expect("a path")).expect("a plan");
        let _alone = super::alone().await;
        let run = flowproof::load::run(provider, order).await.expect("it runs");
        let found = finding(&run, id);
        assert_eq!((found.outcome, run.verdict), (Outcome::Violated, Bearing::Violated));
        let shown = found.exchanges.last().expect("it is shown");
        assert!(matches!(shown.answer, Answer::Response { status: 200, .. }));
        let report = serde_json::to_string(&run).expect("it serialises");
        assert!(!report.contains("s3cr3t"), "{report}");
    };
    a_token_of_another_user_is_a_breach, "token-of-who-asked": async |id| {
        let (_server, provider) = with_defect("attributes-code-to-latest-user", "strict").await;
        let plan = "users: 8\nhold: 1500ms\ntimeout: 5s\nflows: [{ flow: authorization_code }]\n";
        let run = load(provider, plan).await.expect("it runs");
        let found = finding(&run, id);
        assert_eq!((found.outcome, run.verdict), (Outcome::Violated, Bearing::Violated), "{found:#?}");
        assert!(found.client.is_some() && !found.exchanges.is_empty());
    };
    a_token_that_no_published_key_signed_is_a_breach, "signed-by-published-key": async |id| {
        let token = numbered(|number, _| {
            let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
            let header = part(json!({ "alg": "ES256", "typ": "at+jwt", "kid": "unpublished" }));
            let claims = part(json!({ "client_id": "batch-job", "sub": "batch-job", "jti": number }));
            json_of(json!({ "access_token": format!("{header}.{claims}.{}", "s".repeat(86)), "token_type": "Bearer" }))
        });
        let key = json!({ "kty": "EC", "crv": "P-256", "kid": "published", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0" });
        breach_of([at("/token", token), at("/jwks", json_of(json!({ "keys": [key] })))], "{ flow: client_credentials }", id).await;
    };
    a_replaced_refresh_token_that_works_is_a_breach_for_a_public_client_and_noted_for_another, "rotated-token-dead": async |id| {
        let defect = "keeps-rotated-token-valid";
        breach(defect, "{ flow: refresh, client: spa }", "800ms", id, Outcome::Violated).await;
        breach(defect, "{ flow: refresh, client: web }", "800ms", id, Outcome::Noted).await;
    };
    two_chains_out_of_one_token_are_a_breach_for_a_public_client_and_noted_for_another, "race-has-one-winner": async |id| {
        let defect = "races-refresh-rotation";
        breach(defect, "{ flow: refresh_race, client: spa }", "2s", id, Outcome::Violated).await;
        // Nothing obliges a provider to rotate for a client that proves who it is.
        breach(defect, "{ flow: refresh_race, client: web }", "2s", id, Outcome::Noted).await;
    };
    a_code_that_works_twice_is_a_breach, "code-worth-one-token":
        async |id| breach("accepts-reused-code", "{ flow: authorization_code }", "800ms", id, Outcome::Violated).await;
    a_device_code_that_works_twice_is_a_breach, "device-code-worth-one-token":
        async |id| breach("accepts-reused-device-code", "{ flow: device }", "3s", id, Outcome::Violated).await;
    a_token_for_a_device_that_nobody_approved_is_a_breach, "no-token-without-approval": async |id| {
        let codes = numbered(|number, request| device(request, &format!("device-{number}"), &format!("USER-{number}")));
        let token = numbered(|number, _| chain(number));
        breach_of([at("/device", codes), at("/token", token)], "{ flow: device, impatient: true }", id).await;
    };
    a_storm_of_polls_that_nobody_slows_down_is_a_warning, "slow-down-where-due": async |id| {
        breach("ignores-poll-interval", "{ flow: device, impatient: true }", "3s", id, Outcome::Warned).await;
    };
    a_wrong_secret_that_works_is_a_breach, "wrong-secret-refused":
        async |id| breach("ignores-client-secrets", "{ flow: bad_credentials }", "500ms", id, Outcome::Violated).await;
    a_live_token_that_is_not_active_is_a_breach, "live-token-active": async |id| {
        // It says what is true once, to whoever tries first.
        let introspect = numbered(|number, _| json_of(json!({ "active": number == 1 })));
        let endpoints = [at("/token", numbered(|number, _| chain(number))), at("/introspect", introspect)];
        breach_of(endpoints, "{ flow: introspection, tokens: { live: 100% } }", id).await;
    };
    a_revoked_token_that_is_active_is_a_breach_of_introspection, "dead-token-inactive": async |id| {
        let flow = "{ flow: introspection, tokens: { live: 50%, revoked: 50% } }";
        breach("ignores-revocation-at-introspection", flow, "500ms", id, Outcome::Violated).await;
    };
    a_revoked_token_that_is_active_is_a_breach_of_revocation, "revoked-token-dead":
        async |id| breach("pretends-to-revoke-access-tokens", "{ flow: revocation }", "500ms", id, Outcome::Violated).await;
}

#[test]
fn every_invariant_was_seen_to_break() {
    let all: Vec<&str> = Invariant::ALL.iter().map(|one| one.meaning().slug).collect();
    assert_eq!(TRIED, all, "a row for each, in the order of reports");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_access_token_again_for_the_same_user_is_noted() {
    let flow = "{ flow: authorization_code, session: reused }";
    breach("reuses-access-token-of-session", flow, "2s", "access-token-for-one", Outcome::Noted).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn signed_tokens_of_the_sound_server_are_verified_and_belong_to_who_asked() {
    let mut config = Config { port: 0, admin_port: 0, ..Config::demo() };
    config.default_realm = Some("lenient".to_owned());
    let running = ReferenceServer::start(config).await.expect("free ports");
    let provider = Provider::from_json(&running.provider_document("lenient"), "lenient").expect("a provider document");
    let plan = "users: 3\nhold: 1s\nflows: [{ flow: client_credentials }, { flow: authorization_code, client: spa }, { flow: refresh }]\n";
    let run = load(provider, plan).await.expect("it runs");
    for id in ["signed-by-published-key", "token-of-who-asked", "access-token-for-one", "code-worth-one-token"] {
        assert_eq!(finding(&run, id).outcome, Outcome::Passed, "{:#?}", finding(&run, id));
    }
}
