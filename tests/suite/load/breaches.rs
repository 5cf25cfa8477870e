//! Each invariant under the defect that breaks it: the run is violated whatever its figures, and the finding shows it.

use flowproof::protocol::Answer;
use flowproof::provider::Provider;
use flowproof::server::{Config, ReferenceServer, Running};
use flowproof::verdict::{Bearing, Finding, LoadRun, Outcome};
use serde_json::json;
use wiremock::{Request, ResponseTemplate};

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

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_works_twice_is_a_breach() {
    breach("accepts-reused-code", "{ flow: authorization_code }", "800ms", "code-worth-one-token", Outcome::Violated).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replaced_refresh_token_that_works_is_a_breach_for_a_public_client_and_noted_for_another() {
    let defect = "keeps-rotated-token-valid";
    breach(defect, "{ flow: refresh, client: spa }", "800ms", "rotated-token-dead", Outcome::Violated).await;
    breach(defect, "{ flow: refresh, client: web }", "800ms", "rotated-token-dead", Outcome::Noted).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_chains_out_of_one_token_are_a_breach_for_a_public_client_and_noted_for_another() {
    let (defect, id) = ("races-refresh-rotation", "race-has-one-winner");
    breach(defect, "{ flow: refresh_race, client: spa }", "2s", id, Outcome::Violated).await;
    // Nothing obliges a provider to rotate for a client that proves who it is.
    breach(defect, "{ flow: refresh_race, client: web }", "2s", id, Outcome::Noted).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_code_that_works_twice_is_a_breach() {
    let id = "device-code-worth-one-token";
    breach("accepts-reused-device-code", "{ flow: device }", "3s", id, Outcome::Violated).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_polls_that_nobody_slows_down_is_a_warning() {
    let flow = "{ flow: device, impatient: true }";
    breach("ignores-poll-interval", flow, "3s", "slow-down-where-due", Outcome::Warned).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_secret_that_works_is_a_breach() {
    breach("ignores-client-secrets", "{ flow: bad_credentials }", "500ms", "wrong-secret-refused", Outcome::Violated).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_that_is_active_is_a_breach_of_introspection_and_of_revocation() {
    let flow = "{ flow: introspection, tokens: { live: 50%, revoked: 50% } }";
    let defect = "ignores-revocation-at-introspection";
    breach(defect, flow, "500ms", "dead-token-inactive", Outcome::Violated).await;
    breach("pretends-to-revoke-access-tokens", "{ flow: revocation }", "500ms", "revoked-token-dead", Outcome::Violated).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_access_token_again_for_the_same_user_is_noted() {
    let flow = "{ flow: authorization_code, session: reused }";
    breach("reuses-access-token-of-session", flow, "2s", "access-token-for-one", Outcome::Noted).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_token_that_two_clients_get_is_a_breach_with_its_exchange_and_without_its_secret() {
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
    let found = finding(&run, "access-token-for-one");
    assert_eq!((found.outcome, run.verdict), (Outcome::Violated, Bearing::Violated));
    let shown = found.exchanges.last().expect("it is shown");
    assert!(matches!(shown.answer, Answer::Response { status: 200, .. }));
    let report = serde_json::to_string(&run).expect("it serialises");
    assert!(!report.contains("s3cr3t"), "{report}");
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

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_another_user_is_a_breach() {
    let (_server, provider) = with_defect("attributes-code-to-latest-user", "strict").await;
    let plan = "users: 8\nhold: 1500ms\ntimeout: 5s\nflows: [{ flow: authorization_code }]\n";
    let run = load(provider, plan).await.expect("it runs");
    let found = finding(&run, "token-of-who-asked");
    assert_eq!((found.outcome, run.verdict), (Outcome::Violated, Bearing::Violated), "{found:#?}");
    assert!(found.client.is_some() && !found.exchanges.is_empty());
}
