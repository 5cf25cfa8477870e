//! A small run in which every outcome occurs: what the committed samples show.

use flowproof::protocol::{Answer, Endpoint, Exchange, Failure, Method, Sent, Way};
use flowproof::verdict::{
    Cleanup, ClientSeen, Comparison, FailOn, Finding, Kind, Known, Level, Outcome, PlayedStep, Policy, Profile, RateLimit, Run,
    Section, Spoiled, Stale, Staleness, Violation,
};

const ISSUER: &str = "http://127.0.0.1:9400/realms/strict";

/// The run.
pub fn run() -> Run {
    let mut findings = vec![
        client_authentication("client-authentication/unknown-client", Endpoint::Token, "An unknown client is refused", 21),
        client_authentication("client-authentication/wrong-secret", Endpoint::Token, "A wrong client secret is refused", 12),
        client_authentication("revocation/wrong-secret", Endpoint::Revocation, "Whoever revokes proves who it is", 12),
        blocked_login(),
        passed("device/pending", "A poll before the user approved is told to wait", "RFC8628", "3.5"),
        unreachable_page(),
        Finding {
            level: Level::Should,
            ..unjudged("device/qr-code", Outcome::Inconclusive, "the device page shows no form that can be operated")
        },
        poll_crashes(),
        another_code_verifier(),
        passed("pkce/s256", "A code bound by S256 redeems with its verifier", "RFC7636", "4.6"),
        no_store(),
        unjudged("redirect/loopback-port", Outcome::NotApplicable, "needs a native client: `clients.native`"),
        unjudged("redirect/private-use-scheme", Outcome::NotApplicable, "needs a native client: `clients.native`"),
        unjudged("token/expired", Outcome::NotApplicable, "would wait 10 min, needs --max-wait"),
        known(),
        extra_member(),
    ];
    findings.sort_by(|a, b| a.id.cmp(&b.id));
    let causes = Run::group_causes(&mut findings);
    let policy = Policy {
        profile: Profile::OAuth20,
        fail_on: FailOn::Must,
        max_wait_seconds: 30,
        allow_inconclusive: vec![],
        selection: vec![],
        jobs: 8,
    };
    Run {
        flowproof: "0.1.0".to_owned(),
        started: "2026-01-02T03:04:05Z".to_owned(),
        millis: 1_640,
        issuers: vec![ISSUER.to_owned()],
        connection: Vec::new(),
        verdict: Run::judge(&findings, &policy),
        policy,
        interrupted: false,
        interruption: None,
        cleanup: Some(Cleanup { tokens: 12, revoked: 11 }),
        rate_limit: Some(RateLimit { answers: 2, held_back: 9, rested_millis: 3_040 }),
        findings,
        causes,
        baseline: Some(baseline()),
    }
}

/// The same run as a provider would have it that keeps every promise.
pub fn conformant() -> Run {
    let mut run = run();
    run.findings.retain(|finding| matches!(finding.outcome, Outcome::Passed | Outcome::NotApplicable));
    run.baseline = None;
    run.causes = Run::group_causes(&mut run.findings);
    run.verdict = Run::judge(&run.findings, &run.policy);
    run
}

fn finding(id: &str, outcome: Outcome) -> Finding {
    Finding {
        id: id.to_owned(),
        title: id.split('/').next_back().unwrap_or(id).replace('-', " "),
        rule: "The provider keeps this promise".to_owned(),
        requirements: vec![id.replace('/', "-")],
        level: Level::Must,
        sections: vec![section("RFC6749", "5.2")],
        outcome,
        reason: None,
        violation: None,
        known: None,
        cause: None,
        issuer: Some(ISSUER.to_owned()),
        client: None,
        place: format!("features/{}.feature:31", id.split('/').next().unwrap_or(id)),
        steps: vec![],
        exchanges: vec![],
        millis: 48,
    }
}

fn section(document: &str, number: &str) -> Section {
    Section { document: document.to_owned(), number: number.to_owned() }
}

fn passed(id: &str, rule: &str, document: &str, number: &str) -> Finding {
    Finding { rule: rule.to_owned(), sections: vec![section(document, number)], ..finding(id, Outcome::Passed) }
}

fn unjudged(id: &str, outcome: Outcome, reason: &str) -> Finding {
    Finding { reason: Some(reason.to_owned()), ..finding(id, outcome) }
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn post(endpoint: Endpoint, path: &str, form: &[(&str, &str)], answer: Answer) -> Exchange {
    let request = Sent {
        method: Method::Post,
        url: format!("{ISSUER}/protocol/openid-connect/{path}"),
        headers: pairs(&[("accept", "application/json"), ("authorization", "Basic base64(my-service:‹client_secret of batch›)")]),
        form: pairs(form),
    };
    Exchange { endpoint, request, way: Way::default(), answer }
}

fn answered(status: u16, headers: &[(&str, &str)], body: &str) -> Answer {
    Answer::Response { status, headers: pairs(headers), body: body.to_owned(), micros: 2_310 }
}

fn another_code_verifier() -> Finding {
    let approved = Exchange {
        endpoint: Endpoint::Authorization,
        request: Sent {
            method: Method::Get,
            url: format!("{ISSUER}/protocol/openid-connect/auth?response_type=code&client_id=my-frontend&state=xyz"),
            headers: vec![],
            form: vec![],
        },
        way: Way::default(),
        answer: answered(303, &[("location", "https://spa.example/cb?code=‹code 3fa9c1d2›&state=xyz")], ""),
    };
    let redeemed = post(
        Endpoint::Token,
        "token",
        &[
            ("grant_type", "authorization_code"),
            ("code", "‹code 3fa9c1d2›"),
            ("redirect_uri", "https://spa.example/cb"),
            ("client_id", "my-frontend"),
            ("code_verifier", "‹code_verifier 77ab09e4›"),
        ],
        answered(
            200,
            &[("content-type", "application/json"), ("cache-control", "no-store")],
            "{\"access_token\":\"‹access_token 9c41d0aa›\",\"token_type\":\"Bearer\",\"expires_in\":300}",
        ),
    );
    Finding {
        title: "Another code_verifier".to_owned(),
        rule: "A code_verifier that does not match the code_challenge is refused".to_owned(),
        requirements: vec!["pkce-verifier-mismatch-rejected".to_owned()],
        sections: vec![section("RFC7636", "4.6")],
        violation: Some(Violation {
            kind: Kind::Accepted,
            step: "Then the token endpoint refuses with \"invalid_grant\"".to_owned(),
            expected: "status 400, error \"invalid_grant\"".to_owned(),
            got: "status 200, a token".to_owned(),
            endpoint: Endpoint::Token,
            answer: "status 200, application/json".to_owned(),
            spoiled: None,
            exchange: None,
        }),
        client: Some(ClientSeen { role: "spa".to_owned(), auth: "none".to_owned() }),
        steps: vec![
            PlayedStep {
                text: "Given a public client whose user approved a request with an S256 challenge".to_owned(),
                began: 0,
            },
            PlayedStep { text: "When the client redeems the code with another code_verifier".to_owned(), began: 1 },
            PlayedStep { text: "Then the token endpoint refuses with \"invalid_grant\"".to_owned(), began: 2 },
        ],
        exchanges: vec![approved, redeemed],
        millis: 91,
        ..finding("pkce/another-code-verifier", Outcome::Violated)
    }
}

fn client_authentication(id: &str, endpoint: Endpoint, rule: &str, line: usize) -> Finding {
    let (path, form) = match endpoint {
        Endpoint::Revocation => ("revoke", ("token", "‹access_token 9c41d0aa›")),
        _ => ("token", ("grant_type", "client_credentials")),
    };
    let exchange = post(
        endpoint,
        path,
        &[form],
        answered(
            302,
            &[("location", "http://127.0.0.1:9400/login"), ("content-type", "text/html")],
            "<html>\n <title>\u{1b}[2JSign in</title>\n</html>",
        ),
    );
    Finding {
        rule: rule.to_owned(),
        place: format!("features/{}.feature:{line}", id.split('/').next().unwrap_or(id)),
        violation: Some(Violation {
            kind: Kind::Malformed,
            step: format!("Then the {} refuses with \"invalid_client\"", endpoint.name()),
            expected: "status 401 or 400, error \"invalid_client\"".to_owned(),
            got: "status 302, an HTML page with the title \"\u{1b}[2JSign in\"".to_owned(),
            endpoint,
            answer: "status 302, text/html, a redirect to http://127.0.0.1:9400/login".to_owned(),
            spoiled: Some(Spoiled::ClientAuthentication),
            exchange: None,
        }),
        client: Some(ClientSeen { role: "batch".to_owned(), auth: "client_secret_basic".to_owned() }),
        exchanges: vec![exchange],
        ..finding(id, Outcome::Violated)
    }
}

fn poll_crashes() -> Finding {
    let exchange = post(
        Endpoint::Token,
        "token",
        &[("grant_type", "urn:ietf:params:oauth:grant-type:device_code"), ("device_code", "‹device_code 1c6f02bb›")],
        Answer::Failure(Failure::Broken("reset by the peer".to_owned())),
    );
    Finding {
        rule: "A device code of another client is refused".to_owned(),
        sections: vec![section("RFC8628", "3.4"), section("RFC8628", "3.5"), section("RFC6749", "5.2")],
        violation: Some(Violation {
            kind: Kind::Crashed,
            step: "Then the token endpoint refuses with \"invalid_grant\"".to_owned(),
            expected: "status 400, error \"invalid_grant\"".to_owned(),
            got: "no answer: the connection broke".to_owned(),
            endpoint: Endpoint::Token,
            answer: "no answer".to_owned(),
            spoiled: None,
            exchange: None,
        }),
        exchanges: vec![exchange],
        ..finding("device/code-of-another-client", Outcome::Violated)
    }
}

fn no_store() -> Finding {
    let exchange = post(
        Endpoint::Token,
        "token",
        &[("grant_type", "client_credentials"), ("scope", "no such scope")],
        answered(400, &[("content-type", "application/json")], "{\"error\":\"invalid_scope\"}"),
    );
    Finding {
        rule: "An error answer is not stored by caches".to_owned(),
        level: Level::Should,
        violation: Some(Violation {
            kind: Kind::Malformed,
            step: "Then the answer is not to be stored".to_owned(),
            expected: "Cache-Control with no-store".to_owned(),
            got: "no Cache-Control".to_owned(),
            endpoint: Endpoint::Token,
            answer: "status 400, application/json".to_owned(),
            spoiled: None,
            exchange: None,
        }),
        exchanges: vec![exchange],
        ..finding("token/error-no-store", Outcome::Warned)
    }
}

fn blocked_login() -> Finding {
    unjudged(
        "code/replay-revokes",
        Outcome::Inconclusive,
        "blocked by \"Given a public client whose user approved\": the login page has no form that can be operated",
    )
}

fn unreachable_page() -> Finding {
    unjudged("device/denied", Outcome::Inconclusive, "the device page shows no form that can be operated")
}

fn known() -> Finding {
    let entry = Known {
        check: "token/get-refused".to_owned(),
        reason: "fixed in 2.4, which we do not run yet".to_owned(),
        kind: Some(Kind::Accepted),
        link: Some("https://issues.example/1234".to_owned()),
        owner: Some("identity team".to_owned()),
        expires: "2027-01-31".parse().ok(),
        sometimes: false,
    };
    let violation = another_code_verifier().violation;
    Finding { violation, known: Some(entry), ..finding("token/get-refused", Outcome::Known) }
}

fn baseline() -> Comparison {
    let stale = Stale {
        check: "pkce/s256".to_owned(),
        reason: "S256 was not built yet".to_owned(),
        staleness: Staleness::FailsNoMore { outcome: Outcome::Passed },
    };
    Comparison { path: "known-issues.yaml".to_owned(), entries: 2, stale: vec![stale] }
}

/// A finding of the run.
pub fn one(id: &str) -> Finding {
    run().findings.into_iter().find(|finding| finding.id == id).unwrap_or_else(|| panic!("no finding {id}"))
}

fn extra_member() -> Finding {
    Finding {
        level: Level::May,
        reason: Some("the password grant works and the metadata does not list it".to_owned()),
        ..finding("token/undeclared-grant", Outcome::Noted)
    }
}
