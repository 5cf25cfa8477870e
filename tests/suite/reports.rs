//! Every format against its committed sample, and what each promises to the programs that read it.
//!
//! `FLOWPROOF_BLESS=1 cargo test --test suite reports` writes the samples anew.

mod sample;

use std::path::{Path, PathBuf};

use clap::ValueEnum as _;
use flowproof::protocol::Way;
use flowproof::report::{Format, Style, bug_report, files, json, junit, store, summary, terminal, trace};
use flowproof::verdict::{Conformance, FailOn, Finding, Outcome, Run};

fn text(run: &Run, color: bool, width: usize) -> String {
    let mut out = Vec::new();
    terminal::render(run, &Style { color, width }, &mut out).expect("a Vec takes it");
    String::from_utf8(out).expect("text")
}

fn xml(run: &Run) -> String {
    let mut out = Vec::new();
    junit::render(run, &mut out).expect("a Vec takes it");
    String::from_utf8(out).expect("text")
}

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/samples")
}

/// Writes the sample run in each format; says which files those are.
fn every_format(dir: &Path) -> Vec<PathBuf> {
    let run = sample::run();
    let mut written = store(&run, dir, Format::value_variants()).expect("the reports can be written");
    let finding = sample::one("pkce/another-code-verifier");
    let mut put = |name: &str, render: &dyn Fn(&mut dyn std::io::Write) -> std::io::Result<()>| {
        let path = dir.join(name);
        files::replace(&path, render).expect("the report can be written");
        written.push(path);
    };
    put("summary.md", &|out| summary::render(&run, out));
    put("trace.txt", &|out| trace::render(&finding, &Style { color: false, width: 100 }, out));
    let again = bug_report::command(Some("provider.yaml"), &[], &finding.id);
    put(&bug_report::file_name(&finding.id), &|out| bug_report::render(&finding, &run, &again, out));
    written
}

#[test]
fn every_format_renders_its_committed_sample() {
    if std::env::var_os("FLOWPROOF_BLESS").is_some() {
        every_format(&samples());
    }
    let dir = tempfile::tempdir().expect("a directory");
    let written = every_format(dir.path());
    let committed =
        std::fs::read_dir(samples()).expect("the samples are there").flatten().filter(|entry| entry.path().is_file()).count();
    assert_eq!(written.len(), committed, "every format has its sample, and every sample its format");
    for path in written {
        let committed = samples().join(path.file_name().expect("a name"));
        let read = |path: &Path| std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!(read(&path), read(&committed), "{}: bless it if the change is meant", committed.display());
    }
}

#[test]
fn the_sample_at_the_top_of_each_format_is_its_real_output() {
    for (source, report) in [
        ("terminal.rs", "report.txt"),
        ("json.rs", "report.json"),
        ("junit.rs", "report.xml"),
        ("summary.rs", "summary.md"),
        ("trace.rs", "trace.txt"),
        ("bug_report.rs", "bug-report-pkce-another-code-verifier.md"),
    ] {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/report").join(source);
        let source = std::fs::read_to_string(source).expect("the source is there");
        let sample: Vec<&str> = source
            .lines()
            .skip_while(|line| *line != "//! ```text")
            .skip(1)
            .take_while(|line| *line != "//! ```")
            .map(|line| line.trim_start_matches("//!").trim())
            .collect();
        assert!(!sample.is_empty(), "{report} has no sample at the top of its file");
        let output = std::fs::read_to_string(samples().join(report)).expect("the sample is there");
        let output: Vec<&str> = output.lines().map(str::trim).collect();
        assert!(output.windows(sample.len()).any(|lines| lines == sample), "not in {report}: {sample:#?}");
    }
}

#[test]
fn how_a_provider_was_reached_stands_at_the_top_of_what_people_read() {
    let way = "certificates were NOT verified (insecure)";
    let run = Run { connection: vec![way.to_owned()], ..sample::run() };
    assert!(text(&run, false, 100).contains(&format!("  reached {way}")), "{}", text(&run, false, 100));
    let mut out = Vec::new();
    summary::render(&run, &mut out).expect("a Vec takes it");
    assert!(String::from_utf8(out).expect("text").contains(&format!("- {way}")));
}

#[test]
fn a_report_reads_back_as_the_run_that_it_was() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("report.json");
    let lax = Run { connection: vec!["certificates were NOT verified".to_owned()], ..sample::conformant() };
    let mut proxied = sample::run();
    for exchange in proxied.findings.iter_mut().flat_map(|finding| &mut finding.exchanges) {
        exchange.way = Way { proxy: Some("http://proxy.example:3128".to_owned()), ..Way::default() };
    }
    for run in [sample::run(), sample::conformant(), lax, proxied] {
        json::write(&run, &path).expect("written");
        assert_eq!(json::read(&path).expect("read back"), run);
    }
}

#[test]
fn a_finding_in_json_has_what_other_programs_look_for() {
    let mut out = Vec::new();
    json::render(&sample::run(), &mut out).expect("a Vec takes it");
    let report: serde_json::Value = serde_json::from_slice(&out).expect("JSON");
    let findings = report["findings"].as_array().expect("findings");
    let members = ["id", "requirements", "level", "outcome", "kind", "cause", "section", "message", "reason", "exchanges"];
    for finding in findings {
        for member in members {
            assert!(finding.get(member).is_some(), "{} has no {member}", finding["id"]);
        }
    }
    let verifier = findings.iter().find(|finding| finding["id"] == "pkce/another-code-verifier").expect("it is there");
    assert_eq!(verifier["kind"], "accepted");
    assert_eq!(verifier["section"], "RFC 7636 section 4.6");
    assert_eq!(report["counts"]["violated"], 5);
    assert_eq!(report["verdict"], "non-conformant");
}

#[test]
fn what_is_no_report_is_refused_with_its_reason() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("report.json");
    let refused = |text: &str| {
        std::fs::write(&path, text).expect("written");
        json::read(&path).expect_err("refused").to_string()
    };
    assert!(refused("{}").contains("not a flowproof report"));
    assert!(refused("<html>").contains("not a flowproof report"));
    assert!(refused(r#"{"schema_version":99}"#).contains("version 99"));
    let missing = json::read(&dir.path().join("none.json")).expect_err("missing").to_string();
    assert!(missing.contains("none.json"), "{missing}");
}

#[test]
fn no_line_is_wider_than_the_terminal_but_an_address() {
    let mut run = sample::run();
    let long = "a-feature-whose-name-is-rather-long-indeed/check".to_owned();
    run.findings.push(Finding { id: long, ..run.findings[0].clone() });
    for width in [80, 100, 120] {
        for line in text(&run, false, width).lines() {
            let wide = line.chars().count() > width;
            // What is to be copied is not broken.
            assert!(!wide || line.contains("http") || line.trim_start().starts_with("--data"), "{width}: {line}");
        }
    }
}

#[test]
fn colour_changes_nothing_but_escape_sequences() {
    let coloured = text(&sample::run(), true, 100);
    let mut stripped = String::new();
    let mut rest = coloured.as_str();
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        stripped.push_str(before);
        rest = after.split_once('m').expect("a colour ends").1;
    }
    stripped.push_str(rest);
    assert!(coloured.contains('\u{1b}'));
    assert_eq!(stripped, text(&sample::run(), false, 100));
}

#[test]
fn what_a_provider_sends_does_not_reach_the_terminal_raw() {
    let run = sample::run();
    assert!(run.findings.iter().any(|finding| finding.violation.as_ref().is_some_and(|it| it.got.contains('\u{1b}'))));
    for text in [text(&run, false, 100), xml(&run)] {
        assert!(!text.contains('\u{1b}') && text.contains("\\u{1b}[2J"), "{text}");
    }
}

#[test]
fn violations_of_one_cause_stand_under_it() {
    let text = text(&sample::run(), false, 100);
    let cause = text.find("ONE CAUSE  token endpoint and revocation endpoint, malformed, status 302").expect("the cause");
    let first = text.find("client-authentication/unknown-client  (malformed)").expect("its first check");
    let second = text.find("client-authentication/wrong-secret  (malformed)").expect("its second check");
    let third = text.find("revocation/wrong-secret  (malformed)").expect("its check at another endpoint");
    let other = text.find("pkce/another-code-verifier  (accepted)").expect("another cause");
    assert!(cause < first && first < second && second < third && third < other);
    assert_eq!(text.matches("location: http://127.0.0.1:9400/login").count(), 1, "the answer is shown once");
}

#[test]
fn a_cause_behind_very_many_checks_names_the_last_of_them_only() {
    let mut run = sample::run();
    let one =
        run.findings.iter().find(|finding| finding.id == "client-authentication/wrong-secret").expect("it is there").clone();
    run.findings.extend((10..50).map(|number| Finding { id: format!("client-authentication/wrong-{number}"), ..one.clone() }));
    run.causes = Run::group_causes(&mut run.findings);
    let text = text(&run, false, 100);
    assert!(text.contains("/login: 43 checks") && text.contains("and 38 more checks of the same cause:"), "{text}");
    assert!(run.findings.iter().all(|finding| finding.outcome == Outcome::Passed || text.contains(&finding.id)));
    assert!(text.lines().count() < 260, "{}", text.lines().count());
}

#[test]
fn the_last_line_is_the_verdict_and_why() {
    let last = |run: &Run| text(run, false, 160).lines().last().expect("a line").to_owned();
    assert_eq!(last(&sample::run()), "NON-CONFORMANT  with oauth-2.0: 5 checks violated, 3 causes");
    assert_eq!(last(&sample::conformant()), "CONFORMANT  with oauth-2.0: every must that applies holds");

    let mut run = sample::run();
    run.findings.retain(|finding| finding.outcome != Outcome::Violated);
    run.verdict = Run::judge(&run.findings, &run.policy);
    assert_eq!(run.verdict, Conformance::Incomplete);
    assert!(last(&run).contains("2 checks that must hold could not be judged"), "{}", last(&run));

    run.policy.fail_on = FailOn::Should;
    run.verdict = Run::judge(&run.findings, &run.policy);
    assert!(last(&run).contains("1 warned"), "{}", last(&run));

    run.findings.clear();
    run.verdict = Run::judge(&run.findings, &run.policy);
    assert!(last(&run).contains("no check was applicable"), "{}", last(&run));
}

#[test]
fn junit_is_red_exactly_where_the_run_is_not_conformant() {
    let mut run = sample::run();
    let xml_of = xml(&run);
    let count = |text: &str, tag: &str| text.matches(tag).count();
    assert_eq!(count(&xml_of, "<failure "), run.count(Outcome::Violated) + 1, "and the stale entry of the baseline");
    assert_eq!(count(&xml_of, "type=\"stale\""), 1);
    assert_eq!(count(&xml_of, "<error "), 2, "the inconclusive musts");
    assert_eq!(count(&xml_of, "<skipped "), run.count(Outcome::NotApplicable) + run.count(Outcome::Known) + 1);
    assert!(xml_of.contains(r#"classname="pkce""#) && xml_of.contains(r#"type="accepted""#));

    run.policy.allow_inconclusive = vec!["device/denied".to_owned(), "code/replay-revokes".to_owned()];
    run.policy.fail_on = FailOn::Should;
    run.baseline = None;
    let xml_of = xml(&run);
    assert_eq!(count(&xml_of, "<error "), 0);
    assert_eq!(count(&xml_of, "<failure "), run.count(Outcome::Violated) + run.count(Outcome::Warned));

    let xml_of = xml(&sample::conformant());
    assert!(xml_of.contains(r#"errors="0" failures="0""#) || xml_of.contains(r#"failures="0" errors="0""#), "{xml_of}");
}

#[test]
fn a_format_of_an_earlier_run_is_taken_away() {
    let dir = tempfile::tempdir().expect("a directory");
    store(&sample::run(), dir.path(), &[Format::Json, Format::Junit]).expect("written");
    assert!(dir.path().join("report.xml").exists());
    store(&sample::run(), dir.path(), &[Format::Json]).expect("written");
    assert!(!dir.path().join("report.xml").exists() && dir.path().join("report.json").exists());
}
