//! A load run against an earlier one: what is worse, what is noise, and what makes the two hard to compare.

use flowproof::verdict::{Bearing, Changes, Latency, LoadRun, Measurement, Steadiness};

use super::sample;

/// A run that held, of one step with so many answers, wrong ones among them, that took so long.
fn run(right: u64, wrong: u64, micros: u64) -> LoadRun {
    let count = right + wrong;
    let step = Measurement {
        flow: "refresh".to_owned(),
        step: "token".to_owned(),
        right,
        wrong: [("timed out".to_owned(), wrong)].into(),
        in_hold: count,
        latency: Latency { buckets: vec![(micros, count)], max: micros, sum: micros * count },
        ..Measurement::default()
    };
    LoadRun { steps: vec![step], verdict: Bearing::Held, ..sample::closed() }
}

fn worse(before: &LoadRun, now: &LoadRun) -> Vec<String> {
    let changes = Changes::between(before, now, 10.0);
    changes.changes.iter().filter(|change| change.regressed).map(|change| change.figure.clone()).collect()
}

#[test]
fn a_figure_is_worse_beyond_the_tolerance_and_beyond_noise() {
    let before = run(10_000, 0, 10_000);
    for (now, expected) in [
        (run(10_000, 0, 10_900), &[][..]),
        (run(10_000, 0, 11_100), &["p50", "p99"]),
        (run(10_000, 0, 2_000), &[]),
        (run(9_100, 0, 10_000), &[]),
        (run(8_900, 0, 10_000), &["rate"]),
        (run(9_995, 5, 10_000), &[]),
        (run(9_980, 20, 10_000), &["errors"]),
    ] {
        assert_eq!(worse(&before, &now), expected, "{:?}", now.steps);
    }
    // A tenth of a millisecond is noise, though it is a tenth of the whole, and so is half an answer per second.
    assert!(worse(&run(10_000, 0, 1_000), &run(10_000, 0, 1_150)).is_empty());
    assert!(worse(&run(20, 0, 1_000), &run(15, 0, 1_000)).is_empty());
}

#[test]
fn a_percentile_with_few_answers_beyond_it_is_not_compared_and_that_is_said() {
    let changes = Changes::between(&run(900, 0, 1_000), &run(1_000, 0, 9_000), 10.0);
    let figures: Vec<&str> = changes.changes.iter().map(|change| change.figure.as_str()).collect();
    assert_eq!(figures, ["p50", "rate", "errors"]);
    assert!(changes.caveats.contains(&"too few answers to compare the p99 of refresh/token".to_owned()), "{:?}", changes.caveats);
    assert_eq!(Changes::between(&run(1_000, 0, 1_000), &run(1_000, 0, 1_000), 10.0).changes.len(), 4);
}

#[test]
fn what_makes_two_runs_hard_to_compare_is_said_and_the_port_of_the_embedded_server_is_not() {
    let before = sample::closed();
    let mut now = sample::closed();
    now.issuer = now.issuer.replace("9400", "9999");
    assert_eq!(Changes::between(&before, &now, 10.0).caveats, Vec::<String>::new());
    now.plan.users = 40;
    now.plan.connections = "a new connection each, HTTP/1.1".to_owned();
    now.steps[1].flow = "by post".to_owned();
    now.steadiness = Steadiness::Drifting { what: "the rate rose by 34%".to_owned(), more_seconds: None };
    assert_eq!(
        Changes::between(&before, &now, 10.0).caveats,
        [
            "users: 20 then, 40 now",
            "connections: keep-alive, HTTP/1.1 then, a new connection each, HTTP/1.1 now",
            "this run was not steady: the rate rose by 34%",
            "the earlier run has no by post/token",
            "only the earlier run has refresh/token",
        ]
    );
}

#[test]
fn only_a_run_that_would_have_held_is_regressed() {
    let before = run(10_000, 0, 10_000);
    for (verdict, expected) in [
        (Bearing::Held, Bearing::Regressed),
        (Bearing::Missed, Bearing::Missed),
        (Bearing::GeneratorBound, Bearing::GeneratorBound),
    ] {
        let mut now = LoadRun { verdict, ..run(10_000, 0, 20_000) };
        now.compare(&before, 10.0);
        assert_eq!(now.verdict, expected);
        assert!(now.changes.is_some_and(|changes| changes.regressed()));
    }
}
