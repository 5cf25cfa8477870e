//! One bug is one cause, at however many endpoints and checks it shows, and two bugs are two.

use flowproof::check::Catalog;
use flowproof::protocol::{Answer, Endpoint, Exchange, Method, Sent, Way};
use flowproof::verdict::{Cause, Finding, Kind, Level, Outcome, Run, Spoiled, Violation};

const BACK_CHANNEL: [Endpoint; 4] =
    [Endpoint::Token, Endpoint::Introspection, Endpoint::Revocation, Endpoint::DeviceAuthorization];

const UNAUTHORIZED: &str = "status 401 with error \"unauthorized_client\", application/json";

fn answered(endpoint: Endpoint, status: u16) -> Exchange {
    let request = Sent { method: Method::Post, url: "http://as.example".to_owned(), headers: vec![], form: vec![] };
    Exchange {
        endpoint,
        request,
        way: Way::default(),
        answer: Answer::Response { status, headers: vec![], body: String::new(), micros: 1 },
    }
}

fn violated(id: &str, endpoint: Endpoint, kind: Kind, status: u16, answer: &str) -> Finding {
    Finding {
        id: id.to_owned(),
        title: id.to_owned(),
        rule: format!("The rule of {id}"),
        requirements: vec![],
        level: Level::Must,
        sections: vec![],
        outcome: Outcome::Violated,
        reason: None,
        violation: Some(Violation {
            kind,
            step: "Then it refuses".to_owned(),
            expected: "a refusal with error \"invalid_client\"".to_owned(),
            got: answer.to_owned(),
            endpoint,
            answer: answer.to_owned(),
            spoiled: None,
            exchange: Some(0),
        }),
        known: None,
        cause: None,
        issuer: None,
        client: None,
        place: String::new(),
        steps: vec![],
        exchanges: vec![answered(endpoint, status)],
        millis: 1,
    }
}

/// The same, where the client did not prove who it is.
fn unauthenticated(finding: Finding) -> Finding {
    with(finding, |violation| violation.spoiled = Some(Spoiled::ClientAuthentication))
}

fn with(mut finding: Finding, change: impl Fn(&mut Violation)) -> Finding {
    change(finding.violation.as_mut().expect("it is violated"));
    finding
}

fn grouped(mut findings: Vec<Finding>) -> Vec<Cause> {
    findings.sort_by(|a, b| a.id.cmp(&b.id));
    let causes = Run::group_causes(&mut findings);
    for finding in &findings {
        let cause = &causes[finding.cause.expect("every violation has its cause")];
        assert!(cause.checks.contains(&finding.id), "{}", finding.id);
    }
    causes
}

#[test]
fn a_front_door_that_sends_every_endpoints_callers_to_its_login_page_is_one_cause() {
    let sent_away = "status 302, empty body, a redirect to http://as.example/login";
    let mut findings: Vec<Finding> = BACK_CHANNEL
        .into_iter()
        .enumerate()
        .map(|(at, endpoint)| violated(&format!("topic-{at}/check"), endpoint, Kind::Malformed, 302, sent_away))
        .collect();
    findings[1] = with(findings[1].clone(), |violation| violation.expected = "status 401".to_owned());
    findings.push(violated("topic-0/other", Endpoint::Token, Kind::Malformed, 302, sent_away));
    let causes = grouped(findings.clone());
    assert_eq!(causes.len(), 1, "{causes:?}");
    assert_eq!((causes[0].checks.len(), causes[0].endpoints.len()), (5, 4));
    assert_eq!(causes[0].endpoints[0], Endpoint::Token, "the endpoint with the most checks comes first");
    assert!(causes[0].describe().starts_with("token endpoint, introspection endpoint, "), "{}", causes[0].describe());

    // Another answer at the very same endpoints is another bug.
    let elsewhere = "status 302, empty body, a redirect to http://as.example/maintenance";
    findings.extend(
        BACK_CHANNEL
            .into_iter()
            .enumerate()
            .map(|(at, endpoint)| violated(&format!("topic-{at}/elsewhere"), endpoint, Kind::Malformed, 302, elsewhere)),
    );
    let causes = grouped(findings);
    assert_eq!(causes.iter().map(|cause| cause.checks.len()).collect::<Vec<_>>(), [5, 4], "{causes:?}");
}

#[test]
fn the_wrong_words_for_a_client_that_does_not_prove_who_it_is_are_one_cause_at_every_endpoint() {
    let at = |id: &str, endpoint| unauthenticated(violated(id, endpoint, Kind::Malformed, 401, UNAUTHORIZED));
    let mut findings = vec![
        at("client_authentication/wrong-secret", Endpoint::Token),
        at("refresh/wrong-secret", Endpoint::Token),
        at("revocation/wrong-secret", Endpoint::Revocation),
        at("device/wrong-secret", Endpoint::DeviceAuthorization),
    ];
    let causes = grouped(findings.clone());
    assert_eq!((causes.len(), causes[0].spoiled), (1, Some(Spoiled::ClientAuthentication)));
    assert!(causes[0].describe().contains("malformed after wrong client authentication"), "{}", causes[0].describe());

    // The same answer lacks a header as well; and the same words for a code that is unknown are no matter of authentication.
    findings.push(with(at("client_authentication/challenge", Endpoint::Token), |violation| {
        violation.expected = "WWW-Authenticate with a 401".to_owned();
    }));
    findings.push(violated("code/unknown", Endpoint::Token, Kind::Malformed, 401, UNAUTHORIZED));
    assert_eq!(grouped(findings).len(), 3);
}

#[test]
fn two_wrong_answers_at_the_same_endpoints_stay_two_causes() {
    let server_error = "status 401 with error \"server_error\", application/json";
    let findings = BACK_CHANNEL.into_iter().enumerate().flat_map(|(number, endpoint)| {
        let at = |name: &str, answer| {
            unauthenticated(violated(&format!("topic-{number}/{name}"), endpoint, Kind::Malformed, 401, answer))
        };
        [at("wrong-secret", UNAUTHORIZED), at("no-secret", server_error)]
    });
    let causes = grouped(findings.collect());
    assert_eq!(causes.iter().map(|cause| cause.endpoints.len()).collect::<Vec<_>>(), [4, 4], "{causes:?}");
}

#[test]
fn two_things_that_are_overlooked_are_two_causes_though_the_yes_is_the_same() {
    let yes = |id: &str, endpoint| violated(id, endpoint, Kind::Accepted, 200, "status 200, application/json");
    let same_rule = |finding: Finding| Finding { rule: "A verifier that does not match is refused".to_owned(), ..finding };
    let causes = grouped(vec![
        same_rule(yes("pkce/another-verifier", Endpoint::Token)),
        same_rule(yes("pkce/no-verifier", Endpoint::Token)),
        yes("code/second-use", Endpoint::Token),
        unauthenticated(yes("revocation/wrong-secret", Endpoint::Revocation)),
        unauthenticated(yes("introspection/wrong-secret", Endpoint::Introspection)),
    ]);
    assert_eq!(causes.iter().map(|cause| cause.checks.len()).collect::<Vec<_>>(), [2, 1, 1, 1], "{causes:?}");
}

#[test]
fn a_check_of_a_client_that_does_not_prove_who_it_is_says_so_whichever_endpoint_it_asks() {
    let catalog = Catalog::embedded().expect("the features are sound");
    for id in [
        "client_authentication/wrong-secret-basic",
        "client_authentication/malformed-basic-bearer",
        "client_credentials/unauthenticated-id-alone",
        "refresh/unauthenticated-wrong-secret",
        "revocation/without-authentication-wrong-secret",
        "revocation/dead-token-wrong-secret",
        "device/client-auth-wrong-secret",
        "device/poll-client-auth-id-alone",
        "introspection/wrong-secret",
    ] {
        let check = catalog.check(id).unwrap_or_else(|| panic!("no check {id}"));
        let judge = check.steps.iter().find(|step| step.keyword == "Then").expect("it judges");
        assert_eq!(check.spoiled_before(&judge.to_string()), Some(Spoiled::ClientAuthentication), "{id}");
    }
    let other = catalog.check("code/reused-at-once").expect("it is there");
    assert_eq!(other.spoiled_before("Then the endpoint refuses with \"invalid_grant\""), None);
}
