//! What a plan may say, and how it is told what it may not.

use super::*;

const PLAN: &str = "users: 10\nramp: 500ms\nhold: 10s\nflows:\n  - flow: client_credentials\n    weight: 3\n  - flow: refresh\n    thresholds: [\"p99 < 20ms\"]\nthresholds:\n  - errors < 0.1%\n";

#[test]
fn a_plan_is_read_with_its_defaults() {
    let plan = Plan::parse(PLAN, "mine.yaml").expect("it parses");
    assert_eq!((plan.users, plan.ramp, plan.hold), (10, Duration::from_millis(500), Duration::from_secs(10)));
    assert_eq!((plan.pause, plan.timeout), (Duration::ZERO, Duration::from_secs(10)));
    assert_eq!(plan.flows[1].label(), "refresh");
    assert_eq!((plan.flows[1].weight, plan.flows[1].rotates), (1, true));
    assert_eq!(plan.flows[1].thresholds[0].to_string(), "p99 < 20ms");
}

#[test]
fn every_shipped_plan_parses_says_what_it_is_for_and_bounds_errors() {
    let shipped = Plan::shipped();
    for name in ["device", "login", "mixed", "refresh", "token"] {
        assert!(shipped.iter().any(|other| other == name), "{name} is shipped: {shipped:?}");
    }
    for name in shipped {
        let plan = Plan::find(&name).and_then(|plan| plan.with(None, None)).expect("a shipped plan is valid");
        assert!(!plan.about.is_empty(), "{name}");
        assert!(plan.thresholds.iter().any(Threshold::is_for_errors), "{name}");
    }
}

#[test]
fn a_shipped_plan_is_found_by_name_and_by_its_path_in_the_repository() {
    for wanted in ["token", "token.yaml", "scenarios/token.yaml"] {
        assert_eq!(Plan::find(wanted).expect("it is shipped").flows[0].flow, Flow::ClientCredentials, "{wanted}");
    }
}

#[test]
fn an_unknown_plan_names_those_there_are() {
    let error = Plan::find("tokken").expect_err("there is none").to_string();
    assert!(error.contains("tokken") && error.contains("mixed"), "{error}");
}

#[test]
fn what_a_plan_may_not_say_is_refused_with_line_and_column_and_that_line_only() {
    for (from, to, place, expected) in [
        ("hold: 10s", "hodl: 10s", "mine.yaml:3:1", "hodl"),
        ("    weight: 3", "    wieght: 3", "mine.yaml:6:5", "wieght"),
        ("hold: 10s", "hold: 10", "mine.yaml:3:7", "not a duration"),
        ("hold: 10s", "hold: 13h", "mine.yaml:3:7", "at most 12h"),
        ("hold: 10s", "hold: 0s", "mine.yaml:3:7", "more than nothing"),
        ("users: 10", "users: many", "mine.yaml:1:8", ""),
        ("users: 10", "users: 0", "mine.yaml:1:8", "1 to 10000"),
        ("flow: refresh", "flow: refesh", "mine.yaml:7:11", "refesh"),
        ("errors < 0.1%", "errors < 0.1", "mine.yaml:10:5", "0.1%"),
        ("p99 < 20ms", "p99 = 20ms", "mine.yaml:8:18", "expected < or >"),
        ("flow: refresh", "flow: client_credentials", "mine.yaml:5:3", "twice"),
        ("weight: 3", "weight: 0", "mine.yaml:6:13", "1 to 1000"),
    ] {
        let error = Plan::parse(&PLAN.replace(from, to), "mine.yaml").expect_err(to);
        let text = error.to_string();
        assert!(text.starts_with(&format!("{place}: ")) && text.contains(expected), "{to}: {text}");
        assert_eq!(text.lines().count(), 2, "{to}: {text}");
        assert!(!text.contains("line "), "the place stands there once: {text}");
    }
}

#[test]
fn a_plan_without_a_hold_or_flows_is_refused() {
    assert!(Plan::parse(&PLAN.replace("hold: 10s\n", ""), "p").expect_err("no hold").to_string().contains("hold"));
    assert!(Plan::parse("users: 1\nhold: 1s\nflows: []\n", "p").expect_err("no flow").to_string().contains("at least one"));
}

#[test]
fn the_command_line_overrides_users_and_hold_within_bounds() {
    let plan = || Plan::parse(PLAN, "p").expect("it parses");
    assert_eq!(plan().with(Some(4), Some(Duration::from_secs(1))).expect("within bounds").users, 4);
    for (users, hold) in [(Some(0), None), (Some(1), None), (Some(1_000_000), None), (None, Some(Duration::from_secs(50_000)))] {
        assert!(plan().with(users, hold).is_err(), "{users:?} {hold:?}");
    }
}

#[test]
fn users_are_allotted_by_weight_and_every_flow_gets_one() {
    let mut plan = Plan::parse(PLAN, "p").expect("it parses");
    for (users, weights, allotted) in
        [(4, [3, 1], [3, 1]), (20, [3, 1], [15, 5]), (2, [9, 1], [1, 1]), (10, [2, 1], [7, 3]), (3, [1, 1], [2, 1])]
    {
        plan.users = users;
        (plan.flows[0].weight, plan.flows[1].weight) = (weights[0], weights[1]);
        assert_eq!(plan.allotment(), allotted, "{users} users by {weights:?}");
    }
}

#[test]
fn shards_divide_users_and_passes_and_are_one_plan() {
    let text = format!("{PLAN}count: 7\n");
    let parts: Vec<Plan> = (1..=3)
        .map(|part| {
            Plan::parse(&format!("{text}shard: {part}/3\n"), &format!("{part}.yaml")).and_then(|plan| plan.with(None, None))
        })
        .collect::<Result<_, _>>()
        .expect("they can be run");
    let users: Vec<usize> = parts.iter().map(Plan::most_users).collect();
    let levels: Vec<f64> = parts.iter().map(|plan| plan.timetable().level(Duration::from_secs(1))).collect();
    let counts: Vec<Option<u64>> = parts.iter().map(Plan::own_count).collect();
    assert_eq!((users, levels, counts), (vec![4, 3, 3], vec![4.0, 3.0, 3.0], vec![Some(3), Some(2), Some(2)]));
    let whole = Plan::parse(&text, "p").expect("it parses");
    assert!(parts.iter().all(|part| part.digest() == whole.digest()));
    assert_ne!(Plan::parse(PLAN, "p").expect("it parses").digest(), whole.digest());
    let too_few = whole.in_part("5/6".parse().ok()).with(None, None).expect_err("two flows, one user").to_string();
    assert!(too_few.contains("in shard 5/6"), "{too_few}");
}

#[test]
fn the_keys_of_a_flow_are_read_and_one_that_is_not_its_own_is_refused() {
    let plan = |flow: &str| Plan::parse(&format!("users: 4\nhold: 1s\nflows:\n  - {flow}\n"), "mine.yaml");
    let device = &plan("{ flow: device, approve: 80%, impatient: true }").expect("it parses").flows[0];
    assert_eq!((device.approve.to_string(), device.impatient), ("80%".to_owned(), true));
    assert!(plan("{ flow: device, impatient: true }").expect("it parses").flows[0].approve.is_none());
    let mix = plan("{ flow: introspection, tokens: { live: 70%, garbage: 30% } }").expect("it parses").flows[0].tokens;
    assert!(mix.has(TokenKind::Live) && mix.has(TokenKind::Garbage) && !mix.has(TokenKind::Revoked));
    for (flow, expected) in [
        ("{ flow: refresh, impatient: true }", "it is for device"),
        ("{ flow: metadata, client: web }", "has no `client`"),
        ("{ flow: client_credentials, user: alice }", "has no `user`"),
        ("{ flow: device, approve: 120% }", "0% to 100%"),
        ("{ flow: introspection, tokens: { live: 70%, garbage: 20% } }", "must come to 100%"),
        ("{ flow: introspection, tokens: { alive: 100% } }", "alive"),
        ("{ flow: authorization_code, session: old }", "old"),
    ] {
        let error = plan(flow).expect_err(flow).to_string();
        assert!(error.starts_with("mine.yaml:4:") && error.contains(expected), "{flow}: {error}");
    }
}
