//! The load report against its committed sample, and at the widths that it is read at.
//!
//! `FLOWPROOF_BLESS=1 cargo test --test suite load::reports` writes the sample anew.

mod comparison;
pub(super) mod sample;

use std::path::{Path, PathBuf};

use flowproof::report::load::{self, FILES, hlog};
use flowproof::report::{Style, files};
use flowproof::verdict::{Bearing, LoadRun, Measurement, Outcome, Packed};

fn text(run: &LoadRun, width: usize) -> String {
    let mut out = Vec::new();
    load::render(run, &Style { color: false, width }, &mut out).expect("a Vec takes it");
    String::from_utf8(out).expect("text")
}

/// Each sample with the folder that its files stand in.
fn samples() -> [(PathBuf, LoadRun); 2] {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/samples/load");
    [(dir.clone(), sample::closed()), (dir.join("arrivals"), sample::arrivals())]
}

#[test]
fn every_format_renders_its_committed_samples() {
    for (dir, run) in samples() {
        for (name, render) in FILES {
            let path = dir.join(name);
            if std::env::var_os("FLOWPROOF_BLESS").is_some() {
                files::replace(&path, &|out| render(&run, out)).expect("the sample can be written");
            }
            let mut rendered = Vec::new();
            render(&run, &mut rendered).expect("a Vec takes it");
            let committed = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            assert!(rendered == committed, "{}: bless it if the change is meant", path.display());
        }
    }
}

#[test]
fn the_sample_at_the_top_of_each_format_is_its_real_output() {
    for (source, report) in [
        ("text.rs", "report.txt"),
        ("json.rs", "report.json"),
        ("html.rs", "report.html"),
        ("series.rs", "series.csv"),
        ("hlog.rs", "latency.hlog"),
    ] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/report/load").join(source);
        let source = std::fs::read_to_string(path).expect("the source");
        let shown = source.lines().skip_while(|line| *line != "//! ```text").skip(1).take_while(|line| *line != "//! ```");
        let shown: Vec<&str> = shown.map(|line| line.trim_start_matches("//!").trim()).collect();
        let output = std::fs::read_to_string(samples()[0].0.join(report)).expect("the sample is there");
        let output: Vec<&str> = output.lines().map(str::trim).collect();
        assert!(!shown.is_empty(), "{report} has no sample at the top of its file");
        assert!(output.windows(shown.len()).any(|lines| lines == shown), "not in {report}: {shown:#?}");
    }
}

#[test]
fn a_narrow_page_gives_long_names_a_line_of_their_own() {
    let mut run = sample::closed();
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
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("report.json");
    for (_, run) in samples() {
        files::replace(&path, &|out| load::json(&run, out)).expect("written");
        assert_eq!(load::read(&path).expect("it reads back"), run);
    }
    let lines = std::fs::read_to_string(samples()[0].0.join("report.json")).expect("the sample").lines().count();
    assert!(lines < 200, "histograms stand on one line each: {lines}");
}

#[test]
fn what_is_no_report_of_a_load_run_is_refused_with_its_reason() {
    let dir = tempfile::tempdir().expect("a directory");
    for (name, text, expected) in [
        ("no.json", "{", "no report of `flowproof load`"),
        ("check.json", r#"{ "schema_version": 2, "verdict": "conformant" }"#, "it is one of another command"),
        ("half.json", r#"{ "schema_version": 2, "kind": "load" }"#, "missing field"),
        ("old.json", r#"{ "schema_version": 1, "kind": "load" }"#, "run the load again"),
    ] {
        let path = dir.path().join(name);
        std::fs::write(&path, text).expect("written");
        let error = load::read(&path).expect_err(name).to_string();
        assert!(error.contains(name) && error.contains(expected), "{error}");
    }
    assert!(load::read(&dir.path().join("gone.json")).expect_err("it is not there").to_string().contains("cannot read"));
}

#[test]
fn the_log_holds_each_second_of_each_step_as_it_was_measured() {
    for (dir, run) in samples() {
        let log = hlog::Log::read(&std::fs::read(dir.join("latency.hlog")).expect("the sample")).expect("it reads back");
        assert_eq!(log.steps().len(), run.steps.len());
        for (read, step) in log.steps().iter().zip(&run.steps) {
            let mut whole = Packed::default();
            step.seconds.iter().for_each(|second| whole.merge(&second.latency));
            assert_eq!(read.whole().expect("it is ours"), whole.unpack().expect("it is ours"));
            assert!(read.whole().expect("it is ours").len() > 100);
        }
    }
}

#[test]
fn the_time_series_has_a_row_for_each_second_of_each_step_and_what_was_due() {
    let run = sample::arrivals();
    let text = std::fs::read_to_string(samples()[1].0.join("series.csv")).expect("the sample");
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
    assert!(rows.iter().all(|row| row.len() == rows[0].len()), "{text}");
    let due: u64 =
        rows.iter().filter(|row| row[1] == "hold" && row[3] == "token").map(|row| row[6].parse::<u64>().expect("a number")).sum();
    assert_eq!(Some(due), run.flows[0].arrivals.as_ref().map(|arrivals| arrivals.due));
}

#[test]
fn what_is_noted_holds_and_what_could_not_be_told_does_not() {
    let mut run = sample::arrivals();
    for (outcome, held) in [(Outcome::Passed, 2), (Outcome::Noted, 2), (Outcome::Inconclusive, 1), (Outcome::Warned, 1)] {
        for (finding, outcome) in run.findings.iter_mut().zip([Outcome::Passed, outcome]) {
            finding.outcome = outcome;
        }
        assert!(text(&run, 120).contains(&format!("{held} of 2 invariants hold")), "{outcome:?}");
    }
}

#[test]
fn a_search_that_found_no_rate_says_so_and_speaks_of_no_thresholds() {
    let mut run = sample::arrivals();
    run.thresholds.clear();
    let search = run.breakpoint.as_mut().expect("the sample has one");
    search.sustained = None;
    run.verdict = Bearing::Missed;
    assert!(text(&run, 120).contains("MISSED  the goal did not hold at any rate that was tried"), "{}", text(&run, 120));
    run.breakpoint.as_mut().expect("the sample has one").attempts.clear();
    run.verdict = Bearing::Nothing;
    assert!(text(&run, 120).trim_end().ends_with("no rate was tried to its end"), "{}", text(&run, 120));
}

fn html(run: &LoadRun) -> String {
    let dir = tempfile::tempdir().expect("a directory");
    load::store(run, dir.path()).expect("written");
    std::fs::read_to_string(dir.path().join("report.html")).expect("the page")
}

#[test]
fn the_page_asks_nobody_for_anything_and_shows_what_the_provider_said_as_text() {
    for (_, run) in samples() {
        let page = html(&run);
        for never in ["<script", "<link", "<img", "<iframe", "src=", "url(", "@import", "javascript:", "<b>"] {
            assert!(!page.contains(never), "{never}");
        }
        for link in page.split("href=\"").skip(1) {
            assert!(link.starts_with("https://www.rfc-editor.org/rfc/"), "{link:.60}");
        }
        for part in [run.verdict.name().to_uppercase(), run.plan.name.clone(), run.thresholds[0].measured.clone()] {
            assert!(page.contains(&part), "{part}");
        }
    }
    assert!(html(&sample::arrivals()).contains("&lt;b&gt;tokens&lt;/b&gt;"));
}

#[test]
fn a_page_of_an_hour_is_no_larger_than_one_of_minutes() {
    let mut run = sample::closed();
    for step in &mut run.steps {
        step.seconds = step.seconds.iter().cycle().take(3_600).cloned().collect();
    }
    let page = html(&run);
    assert!(page.len() < 500_000, "{}", page.len());
    assert!(page.contains("60m") || page.contains("1h"), "the axis counts hours");
}

#[test]
fn a_run_that_measured_nothing_still_renders_in_every_format() {
    let mut run = sample::closed();
    run.steps
        .iter_mut()
        .for_each(|step| *step = Measurement { flow: step.flow.clone(), step: step.step.clone(), ..Measurement::default() });
    (run.held_seconds, run.verdict) = (0.0, Bearing::Nothing);
    for (name, render) in FILES {
        let mut out = Vec::new();
        render(&run, &mut out).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(!String::from_utf8(out).expect("text").contains("NaN"), "{name}");
    }
}
