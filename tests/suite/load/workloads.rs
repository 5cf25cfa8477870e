//! Every workload on the sound reference server: it runs, its answers are right, and nothing is found that should not be.

use flowproof::verdict::{LoadRun, Outcome};

use super::{held, load, reference, step};

/// Runs a plan of one flow, and says what it measured.
async fn ran(flow: &str, hold: &str) -> LoadRun {
    let (_server, provider) = reference().await;
    let plan = format!("users: 2\nhold: {hold}\ntimeout: 5s\nflows: [{flow}]\n");
    let run = load(provider, &plan).await.expect("it runs");
    assert!(held(&run), "{flow}: {:?} {:#?}", run.verdict, run.steps);
    assert!(run.findings.iter().all(|finding| finding.outcome == Outcome::Passed), "{flow}: {:#?}", run.findings);
    run
}

fn outcome(run: &LoadRun, id: &str) -> Option<Outcome> {
    run.findings.iter().find(|finding| finding.id == format!("load/{id}")).map(|finding| finding.outcome)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_way_of_client_authentication_has_its_tokens() {
    for client in ["batch", "batch_post"] {
        let run = ran(&format!("{{ flow: client_credentials, client: {client} }}"), "500ms").await;
        assert_eq!(outcome(&run, "access-token-for-one"), Some(Outcome::Passed));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_secret_is_refused_at_its_share_and_the_right_one_is_not() {
    let (_server, provider) = reference().await;
    let plan = "users: 1\nhold: 1s\ncount: 40\nflows: [{ flow: bad_credentials, share: 50% }]\n";
    let run = load(provider, plan).await.expect("it runs");
    let [refusal, token] = ["refusal", "token"].map(|name| step(&run, "bad_credentials", name));
    assert_eq!((refusal.errors(), token.errors()), (0, 0), "{run:?}");
    assert!(refusal.right.abs_diff(token.right) <= 2 && refusal.right > 10, "{} {}", refusal.right, token.right);
    assert_eq!(outcome(&run, "wrong-secret-refused"), Some(Outcome::Passed));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_reused_needs_no_password() {
    let run = ran("{ flow: authorization_code, session: reused }", "1s").await;
    let fresh = ran("{ flow: authorization_code }", "1s").await;
    assert_eq!((run.prepared.logins, fresh.prepared.logins), (2, 0));
    let per_login = |run: &LoadRun| step(run, "authorization_code", "login").latency.mean().expect("there are logins");
    assert!(per_login(&run) < per_login(&fresh), "{} {}", per_login(&run), per_login(&fresh));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_refreshes_at_once_one_wins() {
    let run = ran("{ flow: refresh_race }", "1s").await;
    let race = step(&run, "refresh_race", "race");
    assert!(race.right >= 4 && race.errors() == 0, "{race:?}");
    assert_eq!(outcome(&run, "race-has-one-winner"), Some(Outcome::Passed));
}

#[tokio::test(flavor = "multi_thread")]
async fn devices_that_nobody_approves_have_no_token() {
    let run = ran("{ flow: device, approve: 50% }", "4s").await;
    let [denial, refusal, approval] = ["denial", "refusal", "approval"].map(|name| step(&run, "device", name));
    assert!(denial.right >= 1 && refusal.right >= 1 && approval.right >= 1, "{run:?}");
    assert_eq!(outcome(&run, "no-token-without-approval"), Some(Outcome::Passed));
}

#[tokio::test(flavor = "multi_thread")]
async fn impatient_devices_are_told_to_slow_down() {
    let run = ran("{ flow: device, impatient: true }", "3s").await;
    let poll = step(&run, "device", "poll");
    assert!(poll.right >= 10 && poll.errors() == 0, "{poll:?}");
    assert_eq!(run.steps.len(), 2, "nobody approves: {:?}", run.steps);
}

#[tokio::test(flavor = "multi_thread")]
async fn introspection_is_judged_by_what_each_token_is() {
    let mix = "{ live: 50%, revoked: 25%, garbage: 25% }";
    let run = ran(&format!("{{ flow: introspection, tokens: {mix} }}"), "1s").await;
    assert!(step(&run, "introspection", "introspection").right > 10);
    for id in ["live-token-active", "dead-token-inactive"] {
        assert_eq!(outcome(&run, id), Some(Outcome::Passed), "{id}");
    }
    assert!(run.prepared.tokens >= 6, "{:?}", run.prepared);
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_users_are_introspected_where_a_holder_says_so() {
    let run = ran("{ flow: introspection, holder: web, tokens: { live: 100% } }", "500ms").await;
    assert!(step(&run, "introspection", "introspection").right > 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_had_is_said_and_left_out() {
    let (_server, provider) = reference().await;
    let plan = "users: 1\nhold: 500ms\nflows: [{ flow: introspection, tokens: { live: 50%, expired: 50% } }]\n";
    let run = load(provider, plan).await.expect("it runs");
    let finding = run.findings.iter().find(|finding| finding.id == "load/dead-token-inactive").expect("it is told of");
    assert_eq!(finding.outcome, Outcome::Inconclusive);
    let reason = finding.reason.as_deref().unwrap_or_default();
    assert!(reason.contains("expired tokens were left out") && reason.contains("300s"), "{reason}");
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_revoked_as_soon_as_they_are_issued() {
    let run = ran("{ flow: revocation }", "1s").await;
    assert!(step(&run, "revocation", "revocation").right > step(&run, "revocation", "token").right);
    assert!(step(&run, "revocation", "token").right > 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn userinfo_is_asked_with_tokens_of_users() {
    let run = ran("{ flow: userinfo }", "500ms").await;
    assert!(step(&run, "userinfo", "userinfo").right > 10);
    assert_eq!(run.prepared.logins, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_are_read_each_time() {
    for flow in ["metadata", "jwks"] {
        let run = ran(&format!("{{ flow: {flow} }}"), "300ms").await;
        assert!(step(&run, flow, flow).right > 10, "{flow}");
    }
}
