//! What the generator of a machine can do, measured on the reference server.

use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use flowproof::load::{Bench, Extent, Plan, calibrate};
use flowproof::report::Style;
use flowproof::report::load::calibration::{render, store};
use flowproof::verdict::{Breakpoint, Calibration, Ceiling, Cost, Limit, Pacing, Rung};
use tokio_util::sync::CancellationToken;

use super::{alone, reference};

#[tokio::test(flavor = "multi_thread")]
async fn users_and_arrivals_rise_and_every_figure_is_one_that_was_measured() {
    let _alone = alone().await;
    let (_server, provider) = reference().await;
    let told = Arc::new(Mutex::new(Vec::new()));
    let tells = Arc::clone(&told);
    let plan = Plan::parse("users: 1\nhold: 1s\nflows: [{ flow: jwks }]\n", "keys").expect("a plan");
    let bench = Bench {
        provider,
        server: Some(std::process::id()),
        plan: Some(plan),
        extent: Extent { users: vec![1, 8], crowd: 60, search: Duration::from_secs(6) },
        interrupt: CancellationToken::new(),
        tell: Arc::new(move |news| tells.lock().expect("no holder panics").push(news.to_string())),
    };
    let found = calibrate(bench).await.expect("it runs");
    let [ceiling] = found.ceilings.as_slice() else { panic!("one plan: {found:?}") };
    assert_eq!((ceiling.name.as_str(), ceiling.rungs.len()), ("keys", 2));
    for rung in &ceiling.rungs {
        assert!(rung.rate > 10.0 && rung.error_percent == 0.0 && rung.p50_us <= rung.p99_us, "{rung:?}");
        assert!(rung.generator.micros_per_answer > 0.0 && rung.generator.share <= 1.01, "{rung:?}");
        // The server is this very process here: what both spent is the same, as coarse as ticks are.
        let server = rung.server.filter(|_| cfg!(target_os = "linux"));
        assert!(server.is_none_or(|server| (server.share - rung.generator.share).abs() < 0.1), "{rung:?}");
    }
    assert_eq!(found.memory_per_thousand_users.is_some(), cfg!(target_os = "linux"));
    let first = found.pacing.search.attempts.first().expect("a rate was tried");
    let best = ceiling.best().expect("there are rungs").rate;
    assert!((first.rate - best / 4.0).abs() <= 0.5, "{first:?} of {best}");
    assert!(
        first
            .measured
            .iter()
            .any(|part| part.starts_with("lag < 1ms: ") && !part.ends_with("no arrivals") && !part.ends_with("no user was free")),
        "{first:?}"
    );
    assert_eq!(found.others.is_some_and(|others| (0.0..=1.0).contains(&others)), cfg!(target_os = "linux"));
    let told = told.lock().expect("no holder panics");
    assert!(told.iter().any(|line| line == "calibrating: keys by 8 users"), "{told:?}");
}

/// A machine whose search came to this.
fn calibration(sustained: Option<f64>, limit: Limit) -> Calibration {
    let cost = |micros_per_answer, share| Cost { micros_per_answer, share };
    let rung = |users, rate| Rung {
        users,
        rate,
        error_percent: 0.0,
        p50_us: 250,
        p99_us: 900,
        generator: cost(60.0, 0.45),
        server: Some(cost(40.0, 0.3)),
    };
    Calibration {
        flowproof: "0.1.0".to_owned(),
        started: "2026-01-02T03:04:05Z".to_owned(),
        cores: 2,
        others: Some(0.25),
        ceilings: vec![Ceiling {
            name: "refresh".to_owned(),
            rungs: vec![rung(1, 4_000.0), rung(4, 15_000.0), rung(16, 14_900.0)],
        }],
        pacing: Pacing {
            name: "refresh".to_owned(),
            users: 128,
            search: Breakpoint { goal: "lag < 1ms".to_owned(), attempts: Vec::new(), sustained, broken_at: Some(9_000.0) },
            limit,
        },
        memory_per_thousand_users: Some(40 << 20),
    }
}

#[test]
fn what_gave_way_is_said_and_above_which_rate_shards_are_for() {
    for (sustained, limit, expected) in [
        (Some(7_000.0), Limit::Generator, "Up to 7000 arrivals/s of refresh"),
        (Some(7_000.0), Limit::Server, "the generator's own limit is higher"),
        (Some(7_000.0), Limit::None, "the most that was tried"),
        (None, Limit::Generator, "at no rate that was tried"),
    ] {
        let mut out = Vec::new();
        render(&calibration(sustained, limit), &Style { color: false, width: 100 }, &mut out).expect("a Vec takes it");
        let text = String::from_utf8(out).expect("text").replace("\n  ", " ");
        assert!(text.contains(expected), "{expected}: {text}");
        // 0.9 × 2 cores × 1,000,000 µs / 60 µs.
        assert!(text.contains("Other programs had 25% of the machine"), "{text}");
        assert!(text.contains("30000/s at best") && text.contains("40 MiB for a thousand users"), "{text}");
    }
}

#[test]
fn programs_read_all_of_it_back() {
    let dir = tempfile::tempdir().expect("a directory");
    let found = calibration(Some(7_000.0), Limit::Generator);
    store(&found, dir.path()).expect("written");
    let text = std::fs::read_to_string(dir.path().join("calibration.json")).expect("it is there");
    let json: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
    assert_eq!((&json["kind"], &json["pacing"]["limit"]), (&"calibration".into(), &"generator".into()));
    assert!(json["advice"].as_array().is_some_and(|advice| advice.len() == 3), "{json}");
    assert_eq!(serde_json::from_str::<Calibration>(&text).expect("it reads back"), found);
}

#[test]
fn it_is_for_the_embedded_server_alone() {
    for args in [["--provider", "provider.yaml"], ["--breakpoint", "p99 < 1s"], ["--users", "5"], ["--target", "as.example"]] {
        let output = Command::new(env!("CARGO_BIN_EXE_flowproof"))
            .args(["load", "--calibrate"])
            .args(args)
            .current_dir(Path::new(env!("CARGO_TARGET_TMPDIR")))
            .output()
            .expect("it runs");
        let stderr = String::from_utf8(output.stderr).expect("text");
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(stderr.contains("--calibrate") && stderr.contains(args[0]), "{stderr}");
    }
}
