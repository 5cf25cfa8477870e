//! The load report against its committed sample, and at the widths that it is read at.
//!
//! `FLOWPROOF_BLESS=1 cargo test --test suite load::reports` writes the sample anew.

use std::path::Path;

use flowproof::protocol::{Answer, Endpoint, Exchange, Method, Sent};
use flowproof::report::{Style, load};
use flowproof::verdict::{
    Bearing, Chains, Generator, Latency, LoadRun, Measurement, Packed, PlanSummary, Preparation, Second, Steadiness,
    ThresholdResult, Watch,
};

fn latency(buckets: &[(u64, u64)]) -> Latency {
    let sum = buckets.iter().map(|(highest, count)| highest * count).sum();
    Latency { buckets: buckets.to_vec(), max: buckets.last().map_or(0, |(highest, _)| *highest), sum }
}

fn example() -> Exchange {
    let text = |pairs: &[(&str, &str)]| pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Exchange {
        endpoint: Endpoint::Token,
        request: Sent {
            method: Method::Post,
            url: "http://127.0.0.1:9400/realms/my-app/protocol/openid-connect/token".to_owned(),
            headers: Vec::new(),
            form: text(&[
                ("grant_type", "refresh_token"),
                ("refresh_token", "‹refresh_token 3c2929ce›"),
                ("client_id", "my-frontend"),
            ]),
        },
        answer: Answer::Response {
            status: 400,
            headers: text(&[("content-type", "application/json")]),
            body: r#"{"error":"invalid_grant"}"#.to_owned(),
            micros: 2_100,
        },
    }
}

fn second(right: u32, wrong: u32) -> Second {
    Second { right, wrong, latency: Packed::default() }
}

fn sample() -> LoadRun {
    let machines = Measurement {
        flow: "client_credentials".to_owned(),
        step: "token".to_owned(),
        right: 121_804,
        in_hold: 121_703,
        latency: latency(&[(1_310, 61_000), (2_020, 48_700), (3_550, 11_900), (6_100, 150), (19_400, 54)]),
        seconds: vec![second(101, 0), second(121_703, 0)],
        ..Measurement::default()
    };
    let refresh = Measurement {
        flow: "refresh".to_owned(),
        step: "token".to_owned(),
        right: 990,
        wrong: [("invalid_grant".to_owned(), 7), ("timed out".to_owned(), 3)].into(),
        examples: [("invalid_grant".to_owned(), example())].into(),
        unfinished: 1,
        in_hold: 1_000,
        latency: latency(&[(2_100, 600), (4_000, 397), (10_000_000, 3)]),
        seconds: vec![second(0, 0), second(990, 10)],
        ..Measurement::default()
    };
    let threshold = |flow: Option<&str>, threshold: &str, measured: &str, holds| ThresholdResult {
        flow: flow.map(str::to_owned),
        threshold: threshold.to_owned(),
        measured: measured.to_owned(),
        holds,
    };
    LoadRun {
        flowproof: "0.1.0".to_owned(),
        started: "2026-01-02T03:04:05Z".to_owned(),
        provider: "the reference server".to_owned(),
        issuer: "http://127.0.0.1:9400/realms/my-app".to_owned(),
        plan: PlanSummary {
            name: "sample".to_owned(),
            users: 20,
            arrivals: None,
            ramp_millis: 1_000,
            hold_millis: 10_000,
            timeout_millis: 10_000,
            stages: Vec::new(),
            connections: "keep-alive, HTTP/1.1".to_owned(),
            shard: None,
        },
        prepared: Preparation { chains: 10, millis: 420 },
        before_seconds: 1.0,
        held_seconds: 10.0,
        requests: 122_805,
        steadiness: Steadiness::Steady,
        flows: Vec::new(),
        findings: Vec::new(),
        steps: vec![machines, refresh],
        chains: Chains {
            lost: [("invalid_grant".to_owned(), 7), ("timed out".to_owned(), 3)].into(),
            reseeded: 10,
            not_reseeded: 0,
        },
        watch: Watch { kept: 1_010, limit: 4_194_304, left_out: 0, one_in: 1 },
        generator: Generator::default(),
        breakpoint: None,
        changes: None,
        thresholds: vec![
            threshold(None, "p99 < 250ms", "3.55ms", Some(true)),
            threshold(None, "errors < 0.1%", "0.008%", Some(true)),
            threshold(Some("refresh"), "errors < 0.1%", "1.000%", Some(false)),
        ],
        interrupted: false,
        aborted: None,
        verdict: Bearing::Missed,
    }
}

fn text(run: &LoadRun, width: usize) -> String {
    let mut out = Vec::new();
    load::render(run, &Style { color: false, width }, &mut out).expect("a Vec takes it");
    String::from_utf8(out).expect("text")
}

fn json(run: &LoadRun) -> String {
    let mut out = Vec::new();
    load::json(run, &mut out).expect("a Vec takes it");
    String::from_utf8(out).expect("text")
}

#[test]
fn the_report_is_its_committed_sample() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/samples/load");
    for (name, rendered) in [("report.txt", text(&sample(), 100)), ("report.json", json(&sample()))] {
        let path = dir.join(name);
        if std::env::var_os("FLOWPROOF_BLESS").is_some() {
            std::fs::create_dir_all(&dir).and_then(|()| std::fs::write(&path, &rendered)).expect("the sample can be written");
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!(rendered, committed, "{}: bless it if the change is meant", path.display());
    }
}

#[test]
fn the_sample_at_the_top_of_each_format_is_its_real_output() {
    for (name, rendered) in [("text.rs", text(&sample(), 100)), ("json.rs", json(&sample()))] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/report/load").join(name);
        let source = std::fs::read_to_string(path).expect("the source");
        let shown = source.lines().skip_while(|line| *line != "//! ```text").skip(1).take_while(|line| *line != "//! ```");
        let shown: Vec<&str> = shown.map(|line| line.trim_start_matches("//!").trim()).collect();
        let lines: Vec<&str> = rendered.lines().map(str::trim).collect();
        assert!(!shown.is_empty(), "{name} has no sample");
        for line in shown {
            assert!(lines.contains(&line), "not in the report: {line}\n{rendered}");
        }
    }
}

#[test]
fn a_narrow_page_gives_long_names_a_line_of_their_own() {
    let mut run = sample();
    run.steps[0].flow = "authorization_code".to_owned();
    for width in [80, 100, 120] {
        let rendered = text(&run, width);
        // An address is not broken, so that it can be copied.
        let longest = rendered
            .lines()
            .filter(|line| !line.contains("POST http"))
            .map(|line| line.chars().count())
            .max()
            .unwrap_or_default();
        assert!(longest <= width, "{longest} columns of {width}:\n{rendered}");
        assert!(rendered.contains("authorization_code/token"));
    }
}

#[test]
fn the_json_report_reads_back_as_the_same_run() {
    let read: LoadRun = serde_json::from_str(&json(&sample())).expect("it reads back");
    assert_eq!(read, sample());
    assert!(json(&sample()).lines().count() < 150, "histograms stand on one line each");
}
