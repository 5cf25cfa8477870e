//! What says nothing of the provider is neither a breach nor a pass: answers of another kind, samples that nobody could ask about, flows that a
//! provider owes nothing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use flowproof::verdict::{Finding, LoadRun, Outcome};
use serde_json::json;
use wiremock::{Request, ResponseTemplate};

use super::breaches::with_defect;
use super::mocks::{at, chain, client, device, error, field, json_of, numbered, served, timed};
use super::{load, step};

fn finding<'a>(run: &'a LoadRun, id: &str) -> Option<&'a Finding> {
    run.findings.iter().find(|finding| finding.id == format!("load/{id}"))
}

fn outcome(run: &LoadRun, id: &str) -> Option<Outcome> {
    finding(run, id).map(|finding| finding.outcome)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_is_never_told_of_its_approval_has_spent_no_code() {
    let (_server, provider) = with_defect("never-hands-over-approved-token", "strict").await;
    let run = load(provider, "users: 2\nhold: 5s\ntimeout: 5s\nflows: [{ flow: device }]\n").await.expect("it runs");
    let token = step(&run, "device", "token");
    assert!(token.right == 0 && token.wrong["pending after approval"] > 0, "{token:?}");
    assert_eq!(outcome(&run, "device-code-worth-one-token"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_storm_a_device_waits_its_interval_from_the_last_poll() {
    let polls = Arc::new(Mutex::new(Vec::new()));
    let told = |number| match number {
        11 => json_of(json!({ "access_token": "a", "token_type": "Bearer" })),
        _ => error("authorization_pending"),
    };
    let codes = numbered(|number, request| device(request, &format!("device-{number}"), &format!("USER-{number}")));
    let (_server, provider) = served([at("/device", codes), at("/token", timed(Arc::clone(&polls), told))]).await;
    let plan = "users: 1\nhold: 3s\ncount: 1\ntimeout: 5s\nflows: [{ flow: device, impatient: true, approve: 100% }]\n";
    let run = load(provider, plan).await.expect("it runs");
    assert_eq!((step(&run, "device", "poll").right, step(&run, "device", "token").right), (10, 1), "{run:?}");
    let polls = polls.lock().expect("no holder panics");
    let gap = |at: usize| -> Duration { Instant::duration_since(&polls[at], polls[at - 1]) };
    assert!(gap(1) < Duration::from_millis(500) && gap(10) >= Duration::from_millis(990), "{:?} {:?}", gap(1), gap(10));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_token_of_a_chain_may_work_again_where_its_use_brought_no_other() {
    // Each token works five times, and the last of them brings another.
    let uses: Mutex<HashMap<String, u32>> = Mutex::default();
    let token = numbered(move |number, request| {
        let presented = field(request, "refresh_token");
        let mut uses = uses.lock().expect("no holder panics");
        let used = if presented.is_empty() { 5 } else { *uses.entry(presented).and_modify(|count| *count += 1).or_insert(1) };
        let access = format!("access-{number}");
        match used {
            1..5 => json_of(json!({ "access_token": access, "token_type": "Bearer" })),
            5 => json_of(json!({ "access_token": access, "token_type": "Bearer", "refresh_token": format!("refresh-{number}") })),
            _ => error("invalid_grant"),
        }
    });
    let (_server, provider) = served([at("/token", token)]).await;
    let plan = "users: 8\nhold: 600ms\ntimeout: 5s\nflows: [{ flow: refresh, client: spa }]\n";
    let run = load(provider, plan).await.expect("it runs");
    let dead = finding(&run, "rotated-token-dead").expect("chains were rotated");
    assert_eq!(dead.outcome, Outcome::Passed, "{dead:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_of_another_kind_does_not_say_that_a_code_is_dead() {
    for (answer, told) in [
        (error("invalid_client"), "invalid_client"),
        (ResponseTemplate::new(500).set_body_string("oops"), "500"),
        (ResponseTemplate::new(200).set_body_raw("<html>welcome</html>", "text/html"), "200"),
    ] {
        let used: Mutex<Vec<String>> = Mutex::default();
        let token = numbered(move |number, request| {
            let (code, mut used) = (field(request, "code"), used.lock().expect("no holder panics"));
            if used.contains(&code) {
                return answer.clone();
            }
            used.push(code);
            json_of(json!({ "access_token": format!("access-{number}"), "token_type": "Bearer" }))
        });
        let (_server, provider) = served([at("/token", token)]).await;
        let run = load(provider, "users: 1\nhold: 300ms\nflows: [{ flow: authorization_code }]\n").await.expect("it runs");
        let found = finding(&run, "code-worth-one-token").expect("it was looked at");
        let reason = found.reason.as_deref().unwrap_or_default();
        assert!(found.outcome == Outcome::Inconclusive && reason.contains(told), "{found:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_asked_after_the_run_is_told_of_and_the_rest_is_still_looked_at() {
    let used: Mutex<Vec<String>> = Mutex::default();
    let token = numbered(move |number, request| {
        let (code, mut used) = (field(request, "code"), used.lock().expect("no holder panics"));
        if used.contains(&code) {
            return error("invalid_grant");
        }
        used.push(code);
        json_of(json!({ "access_token": format!("access-{number}"), "token_type": "Bearer" }))
    });
    let (_server, mut provider) = served([at("/token", token)]).await;
    let gone = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port");
    provider.endpoints.introspection = Some(format!("http://{gone}/introspect").parse().expect("a URL"));
    let run = load(provider, "users: 1\nhold: 300ms\nflows: [{ flow: authorization_code }]\n").await.expect("it runs");
    let whose = finding(&run, "token-of-who-asked").expect("there were tokens to ask about");
    assert_eq!(whose.outcome, Outcome::Inconclusive, "{whose:#?}");
    assert!(whose.reason.as_deref().is_some_and(|why| why.contains("could not be asked once more")), "{whose:#?}");
    assert_eq!(outcome(&run, "code-worth-one-token"), Some(Outcome::Passed));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_secret_that_meets_a_broken_server_was_not_judged() {
    let token = numbered(|number, request| {
        let right =
            request.headers.get("authorization").is_some_and(|header| header == "Basic YmF0Y2gtam9iOnMzY3IzdC1vZi10aGUtYmF0Y2g=");
        match right {
            true => json_of(json!({ "access_token": format!("access-{number}"), "token_type": "Bearer" })),
            false => ResponseTemplate::new(500),
        }
    });
    let (_server, provider) = served([at("/token", token)]).await;
    let run = load(provider, "users: 1\nhold: 300ms\nflows: [{ flow: bad_credentials }]\n").await.expect("it runs");
    assert!(step(&run, "bad_credentials", "refusal").wrong["status 500"] > 0);
    assert_eq!(outcome(&run, "wrong-secret-refused"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_refuses_the_right_secret_too_is_not_loaded_with_wrong_ones() {
    let (server, provider) =
        served([at("/token", ResponseTemplate::new(401).set_body_json(json!({ "error": "invalid_client" })))]).await;
    let plan = "users: 1\nhold: 300ms\nflows: [{ flow: bad_credentials, share: 100% }]\n";
    let error = load(provider, plan).await.expect_err("the control fails").to_string();
    assert!(error.contains("right secret") && error.contains("invalid_client"), "{error}");
    let sent = server.received_requests().await.expect("they are kept");
    assert_eq!(sent.iter().filter(|request| request.url.path() == "/token").count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn polls_that_a_broken_server_answers_say_nothing_of_approval() {
    let codes = numbered(|number, request| device(request, &format!("device-{number}"), &format!("USER-{number}")));
    let (_server, provider) = served([at("/device", codes), at("/token", ResponseTemplate::new(503))]).await;
    let plan = "users: 1\nhold: 300ms\nobey: false\nflows: [{ flow: device, impatient: true }]\n";
    let run = load(provider, plan).await.expect("it runs");
    assert!(step(&run, "device", "poll").wrong["status 503"] > 0);
    assert_eq!(outcome(&run, "no-token-without-approval"), None);
    assert_eq!(outcome(&run, "user-code-issued-once"), Some(Outcome::Passed));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_race_that_nobody_won_says_nothing() {
    let token = numbered(|number, request| match field(request, "grant_type").as_str() {
        "refresh_token" => error("invalid_grant"),
        _ => chain(number),
    });
    let (_server, provider) = served([at("/token", token)]).await;
    let plan = "users: 1\nhold: 400ms\nflows: [{ flow: refresh_race, client: spa }]\n";
    let run = load(provider, plan).await.expect("it runs");
    assert!(step(&run, "refresh_race", "race").right > 0);
    assert_eq!(outcome(&run, "race-has-one-winner"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_token_is_revoked_by_the_client_that_it_was_issued_to() {
    let token = numbered(|number, request| {
        json_of(json!({ "access_token": format!("{}.{number}", client(request)), "token_type": "Bearer", "expires_in": 300 }))
    });
    let revoke = |request: &Request| match field(request, "token").starts_with(&client(request)) {
        true => ResponseTemplate::new(200),
        false => error("invalid_grant"),
    };
    let introspect = json_of(json!({ "active": false }));
    let (_server, provider) = served([at("/token", token), at("/revoke", revoke), at("/introspect", introspect)]).await;
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::write(dir.path().join("clients.csv"), "id,secret\nfirst,s3cr3t-1\nsecond,s3cr3t-2\nthird,s3cr3t-3\n")
        .expect("it is written");
    let text = "users: 2\nhold: 400ms\nflows: [{ flow: revocation, tokens: { live: 25%, revoked: 75% } }]\ndata: { clients: clients.csv }\n";
    std::fs::write(dir.path().join("plan.yaml"), text).expect("it is written");
    let mut order = super::order("users: 1\nhold: 1s\nflows: [{ flow: refresh }]\n", &tokio_util::sync::CancellationToken::new());
    order.plan = flowproof::load::Plan::find(dir.path().join("plan.yaml").to_str().expect("a path")).expect("a plan");
    let _alone = super::alone().await;
    let run = flowproof::load::run(provider, order).await.expect("it runs");
    let revoked = step(&run, "revocation", "revocation");
    assert!(revoked.right > 10 && revoked.errors() == 0, "{:?}", revoked.wrong);
}

#[tokio::test(flavor = "multi_thread")]
async fn passes_that_only_begin_a_chain_anew_are_no_passes() {
    let token = numbered(|number, request| match field(request, "grant_type").as_str() {
        "refresh_token" => error("invalid_grant"),
        _ => chain(number),
    });
    let (_server, provider) = served([at("/token", token)]).await;
    let run = load(provider, "users: 2\nhold: 500ms\nflows: [{ flow: refresh }]\n").await.expect("it runs");
    let refreshed = step(&run, "refresh", "token").sent();
    assert!(run.chains.reseeded > 4 && refreshed > 6, "{:?} {refreshed}", run.chains);
    assert!(run.flows[0].passes.abs_diff(refreshed) <= 2, "{} passes, {refreshed} refreshes", run.flows[0].passes);
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_every_kind_are_revoked_at_a_provider_that_issues_no_refresh_token() {
    let sent = Arc::new(Mutex::new(Vec::new()));
    let token = numbered(|number, _| {
        json_of(
            json!({ "access_token": format!("access-token-of-no-refresh-{number}"), "token_type": "Bearer", "expires_in": 1 }),
        )
    });
    let seen = Arc::clone(&sent);
    let revoke = move |request: &Request| {
        seen.lock().expect("no holder panics").push(field(request, "token"));
        ResponseTemplate::new(200)
    };
    let (_server, provider) = served([at("/token", token), at("/revoke", revoke)]).await;
    let plan = "users: 2\nhold: 1s\ntimeout: 5s\nflows:\n  \
                - { flow: revocation, tokens: { live: 40%, expired: 20%, revoked: 20%, garbage: 20% } }\n";
    let run = load(provider, plan).await.expect("it runs");
    let [token, revoked] = ["token", "revocation"].map(|name| step(&run, "revocation", name));
    assert!(revoked.right > 20 && revoked.errors() + token.errors() == 0, "{run:?}");
    let share = |count: usize, of: u64| count as f64 / of as f64;
    assert!((0.3..0.5).contains(&share(usize::try_from(token.right).expect("it fits"), revoked.right)), "{token:?} {revoked:?}");
    let sent = sent.lock().expect("no holder panics");
    let garbage = sent.iter().filter(|token| !token.starts_with("access-token-of-no-refresh-")).count();
    assert!((0.1..0.3).contains(&share(garbage, revoked.right)), "{garbage} of {}", revoked.right);
    // Four expired and four revoked ones are asked about over and over.
    let mut again: Vec<&String> = sent.iter().filter(|token| sent.iter().filter(|other| other == token).count() > 1).collect();
    again.sort();
    again.dedup();
    assert!((5..=8).contains(&again.len()), "{again:?}");
    assert_eq!(run.prepared.tokens, 2 + 4 + 4);
}
