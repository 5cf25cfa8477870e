//! Two runs that every format renders: users that send as fast as they are answered, and arrivals at a given rate.

use flowproof::protocol::{Answer, Endpoint, Exchange, Method, Sent, Way};
use flowproof::verdict::{
    Arrivals, Attempt, Bearing, Breakpoint, Chains, Change, Changes, Finding, FlowRun, Generator, Kind, Latency, Level, LoadRun,
    Measurement, Outcome, Packed, PlanSummary, Preparation, Second, Section, Steadiness, ThresholdResult, Violation, Watch,
};

/// Durations about a usual one, in percent of it.
const SPREAD: [u64; 16] = [84, 88, 91, 93, 95, 97, 98, 100, 101, 103, 106, 110, 117, 130, 170, 280];

/// Seconds before the hold, and in it.
const BEFORE: usize = 2;
const HELD: usize = 10;

/// One second: right and wrong answers, and about how long they took.
#[derive(Clone, Copy)]
struct Made {
    right: u32,
    wrong: u32,
    micros: u64,
}

/// The same numbers each time, and none that repeat soon.
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }
}

fn measurement(flow: &str, step: &str, seconds: impl Iterator<Item = Made>) -> Measurement {
    let mut dice = Dice(flow.len() as u64);
    let (mut whole, mut max, mut sum) = (Latency::histogram(), 0, 0);
    let mut made = Measurement { flow: flow.to_owned(), step: step.to_owned(), ..Measurement::default() };
    for (second, Made { right, wrong, micros }) in seconds.enumerate() {
        let mut latency = Latency::histogram();
        for _ in 0..right + wrong {
            // One in a thousand takes its time.
            let stall = if dice.throw(1_000) == 0 { 9 } else { 1 };
            let took = stall * micros * SPREAD[dice.throw(SPREAD.len())] / 100;
            latency.record(took).expect("it grows");
            if second >= BEFORE {
                whole.record(took).expect("it grows");
                max = max.max(took);
                sum += took;
            }
        }
        if second < BEFORE {
            made.right_before += u64::from(right);
        } else {
            made.right += u64::from(right);
            made.in_hold += u64::from(right + wrong);
        }
        made.seconds.push(Second { right, wrong, latency: Packed::of(&latency) });
    }
    made.latency = Latency::of(&whole, max, sum);
    made
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn refreshed(token: &str, status: u16, body: &str) -> Exchange {
    Exchange {
        endpoint: Endpoint::Token,
        request: Sent {
            method: Method::Post,
            url: "http://127.0.0.1:9400/realms/my-app/protocol/openid-connect/token".to_owned(),
            headers: Vec::new(),
            form: pairs(&[("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", "my-frontend")]),
        },
        way: Way::default(),
        answer: Answer::Response {
            status,
            headers: pairs(&[("content-type", "application/json")]),
            body: body.to_owned(),
            micros: 2_100,
        },
    }
}

fn threshold(flow: Option<&str>, threshold: &str, measured: &str, holds: bool) -> ThresholdResult {
    ThresholdResult {
        flow: flow.map(str::to_owned),
        threshold: threshold.to_owned(),
        measured: measured.to_owned(),
        holds: Some(holds),
    }
}

/// Twenty users, two flows, and a few errors.
pub fn closed() -> LoadRun {
    let machine = |second: usize| Made {
        right: if second == 0 { 610 } else { 1_200 + (second as u32 * 37) % 60 },
        wrong: 0,
        micros: 1_300,
    };
    let machines = measurement("client_credentials", "token", (0..BEFORE + HELD).map(machine));
    let refresh = |second: usize| Made { right: 100, wrong: [0, 3, 7][second % 3] * u32::from(second > 6), micros: 2_100 };
    let mut refresh = measurement("refresh", "token", (0..BEFORE + HELD).map(refresh));
    refresh.wrong = [("invalid_grant".to_owned(), 13), ("timed out".to_owned(), 4)].into();
    let example = refreshed("‹refresh_token 3c2929ce›", 400, r#"{"error":"invalid_grant"}"#);
    refresh.examples = [("invalid_grant".to_owned(), example)].into();
    refresh.unfinished = 1;
    let requests = machines.sent() + refresh.sent();
    LoadRun {
        flowproof: "0.1.0".to_owned(),
        started: "2026-01-02T03:04:05Z".to_owned(),
        provider: "the reference server".to_owned(),
        issuer: "http://127.0.0.1:9400/realms/my-app".to_owned(),
        plan: PlanSummary {
            name: "sample".to_owned(),
            users: 20,
            arrivals: None,
            ramp_millis: 2_000,
            hold_millis: 10_000,
            timeout_millis: 10_000,
            stages: Vec::new(),
            connections: "keep-alive, HTTP/1.1".to_owned(),
            digest: String::new(),
            shard: None,
        },
        prepared: Preparation { chains: 10, logins: 0, tokens: 0, millis: 420, ..Preparation::default() },
        before_seconds: BEFORE as f64,
        held_seconds: HELD as f64,
        requests,
        steadiness: Steadiness::Steady,
        flows: [&machines, &refresh]
            .map(|step| FlowRun { flow: step.flow.clone(), passes: step.count(), arrivals: None })
            .to_vec(),
        steps: vec![machines, refresh],
        findings: Vec::new(),
        looked: Default::default(),
        chains: Chains {
            lost: [("invalid_grant".to_owned(), 13), ("timed out".to_owned(), 4)].into(),
            reseeded: 17,
            not_reseeded: 0,
        },
        watch: Watch { kept: 1_010, limit: 4_194_304, left_out: 0, one_in: 1 },
        generator: generator(),
        breakpoint: None,
        changes: None,
        thresholds: vec![
            threshold(None, "p99 < 250ms", "5.85ms", true),
            threshold(None, "errors < 0.2%", "0.127%", true),
            threshold(Some("refresh"), "errors < 0.1%", "1.672%", false),
        ],
        interrupted: false,
        aborted: None,
        shards: Vec::new(),
        verdict: Bearing::Missed,
    }
}

fn generator() -> Generator {
    Generator {
        server_cpu_seconds: None,
        asked_to_rest: 0,
        rested_seconds: 0.0,
        threads: 2,
        cpu_seconds: 0.19,
        cpu_micros_per_request: 13.9,
        cpu_share: 0.01,
        peak_memory: Some(35_651_584),
        lag: Latency { buckets: vec![(120, 900), (1_100, 99), (2_300, 1)], max: 2_300, sum: 219_200 },
        bound: None,
    }
}

/// An arrival rate, a provider that stalls and forgets that a refresh token is dead, and an earlier run that was better.
pub fn arrivals() -> LoadRun {
    let stalls = |second: usize| if second % 5 == 4 { 180_000 } else { 2_100 };
    let rate = |second: usize| if second == 0 { 50 } else { 100 };
    let due: Vec<u32> = (0..BEFORE + HELD).map(rate).collect();
    let response =
        |second: usize| Made { right: rate(second) - u32::from(second % 5 == 4) * 12, wrong: 0, micros: stalls(second) };
    let service = |second: usize| Made { micros: 2_100, ..response(second) };
    let mut token = measurement("refresh", "token", (0..BEFORE + HELD).map(response));
    token.service = Some(measurement("refresh", "token", (0..BEFORE + HELD).map(service)).latency);
    let made = token.count();
    LoadRun {
        plan: PlanSummary {
            name: "refresh-churn".to_owned(),
            arrivals: Some("100/s".to_owned()),
            ramp_millis: 1_000,
            stages: vec!["5s to 100/s".to_owned(), "5s to 100/s".to_owned()],
            connections: "keep-alive, HTTP/2".to_owned(),
            shard: Some("1/4".to_owned()),
            ..closed().plan
        },
        requests: token.sent(),
        steadiness: Steadiness::Drifting { what: "the median latency rose by 34%".to_owned(), more_seconds: Some(90) },
        flows: vec![FlowRun {
            flow: "refresh".to_owned(),
            passes: made,
            arrivals: Some(Arrivals {
                due: due.iter().skip(BEFORE).map(|due| u64::from(*due)).sum(),
                made,
                late_for_want_of_users: 180,
                late_by_generator: 3,
                lag: Latency { buckets: vec![(90, 1_500), (400, 200), (6_000, 3)], max: 5_900, sum: 232_700 },
                seconds: due,
            }),
        }],
        steps: vec![token],
        findings: vec![dead_token(), other_invariant()],
        looked: Default::default(),
        chains: Chains::default(),
        watch: Watch { kept: 3_900_000, limit: 4_194_304, left_out: 3_900_112, one_in: 2 },
        breakpoint: Some(breakpoint()),
        changes: Some(changes()),
        thresholds: vec![threshold(None, "p99 < 1s", "504ms", true), threshold(None, "errors < 0.1%", "0.000%", true)],
        verdict: Bearing::Violated,
        ..closed()
    }
}

fn dead_token() -> Finding {
    let first = refreshed("‹refresh_token 3c2929ce›", 200, r#"{"access_token":"‹access_token 20cf6bb7›","token_type":"Bearer"}"#);
    let again = refreshed("‹refresh_token 3c2929ce›", 200, r#"{"access_token":"‹access_token 502b8ba4›","token_type":"Bearer"}"#);
    Finding {
        id: "load/rotated-token-is-dead".to_owned(),
        title: "A rotated refresh token is dead".to_owned(),
        rule: "A refresh token that was exchanged for another is worth nothing more".to_owned(),
        requirements: vec!["refresh-reuse-detected".to_owned()],
        level: Level::Must,
        sections: vec![Section { document: "RFC9700".to_owned(), number: "4.14.2".to_owned() }],
        outcome: Outcome::Violated,
        reason: None,
        violation: Some(Violation {
            kind: Kind::Accepted,
            step: "a sample of rotated refresh tokens is used again".to_owned(),
            expected: "a refusal with error \"invalid_grant\"".to_owned(),
            got: "status 200, a token, for 3 of 100 <b>tokens</b>".to_owned(),
            endpoint: Endpoint::Token,
            answer: "200 application/json".to_owned(),
            spoiled: None,
            exchange: Some(1),
        }),
        known: None,
        cause: None,
        issuer: None,
        client: None,
        place: "flow refresh".to_owned(),
        steps: Vec::new(),
        exchanges: vec![first, again],
        millis: 0,
    }
}

fn other_invariant() -> Finding {
    Finding {
        id: "load/token-to-one-client".to_owned(),
        title: "No access token is given to two clients or users".to_owned(),
        rule: "An access token belongs to one client and one user".to_owned(),
        requirements: Vec::new(),
        sections: vec![Section { document: "RFC6749".to_owned(), number: "10.3".to_owned() }],
        outcome: Outcome::Passed,
        violation: None,
        exchanges: Vec::new(),
        ..dead_token()
    }
}

fn breakpoint() -> Breakpoint {
    let attempt = |rate: f64, answered: f64, p99: &str, held| Attempt {
        missed: if held { Vec::new() } else { vec!["p99 < 50ms".to_owned()] },
        rate,
        answered,
        measured: vec![format!("p99 < 50ms: {p99}"), "errors < 0.1%: 0.000%".to_owned()],
        held,
    };
    Breakpoint {
        goal: "p99 < 50ms, errors < 0.1%".to_owned(),
        attempts: vec![
            attempt(100.0, 100.0, "5.90ms", true),
            attempt(200.0, 199.8, "9.41ms", true),
            attempt(400.0, 322.4, "1.20s", false),
            attempt(300.0, 299.1, "44.0ms", true),
        ],
        sustained: Some(300.0),
        broken_at: Some(400.0),
    }
}

fn changes() -> Changes {
    let change = |figure: &str, before, now, regressed| Change {
        flow: "refresh".to_owned(),
        step: "token".to_owned(),
        figure: figure.to_owned(),
        before,
        now,
        regressed,
    };
    Changes {
        since: "2026-01-01T03:04:05Z".to_owned(),
        tolerance_percent: 10.0,
        caveats: vec!["users: 10 then, 20 now".to_owned()],
        changes: vec![
            change("p50", 2_060.0, 2_140.0, false),
            change("p99", 5_900.0, 504_000.0, true),
            change("rate", 100.0, 97.6, false),
            change("errors", 0.0, 0.0, false),
        ],
    }
}
