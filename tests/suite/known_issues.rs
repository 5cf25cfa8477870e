//! Known violations: the file and its faults, what it does to a run, and how one is written.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use flowproof::baseline;
use flowproof::report::json;
use flowproof::server::{Config, ReferenceServer, Running};
use flowproof::verdict::{Conformance, Known, Outcome, Run};

/// A folder with the provider file of a server that has defects.
struct Folder {
    dir: tempfile::TempDir,
    _server: Running,
    _runtime: tokio::runtime::Runtime,
}

impl Folder {
    fn of(defects: &[&str]) -> Self {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let mut config = Config { port: 0, admin_port: 0, ..Config::demo() };
        for realm in &mut config.realms {
            realm.defects = defects.iter().map(|defect| (*defect).to_owned()).collect();
        }
        let server = runtime.block_on(ReferenceServer::start(config)).expect("a server");
        let dir = tempfile::tempdir().expect("a directory");
        std::fs::write(dir.path().join("provider.yaml"), server.provider_document("strict").to_string()).expect("written");
        Self { dir, _server: server, _runtime: runtime }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).expect("written");
    }

    /// Runs `check --provider provider.yaml` with these arguments; the exit code, and all that was said.
    fn check(&self, args: &[&str]) -> (i32, String) {
        let args = [&["check", "--provider", "provider.yaml"], args].concat();
        let output: Output =
            Command::new(env!("CARGO_BIN_EXE_flowproof")).args(args).current_dir(self.dir.path()).output().expect("it starts");
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        (output.status.code().expect("an exit code"), said)
    }

    fn report(&self) -> Run {
        json::read(&self.path("reports/latest/report.json")).expect("the report is read back")
    }

    fn outcome(&self, id: &str) -> Outcome {
        self.report().findings.iter().find(|finding| finding.id == id).expect("it was played").outcome
    }
}

const ANOTHER: &str = "pkce/mismatch-another";
const MISMATCHES: [&str; 2] = ["--id", "pkce/mismatch"];

fn entries(extra: &str) -> String {
    let entry = |id: &str| format!("  - check: pkce/mismatch-{id}\n    reason: fixed in 2.4\n");
    format!("known:\n{}{}{}{extra}", entry("another"), entry("one-character"), entry("other-case"))
}

#[test]
fn known_violations_stay_in_the_report_and_do_not_fail_the_run() {
    let folder = Folder::of(&["ignores-code-verifier"]);
    assert_eq!(folder.check(&MISMATCHES).0, 1);
    folder.write("known-issues.yaml", &entries(""));
    let (code, said) = folder.check(&[&MISMATCHES[..], &["--report", "junit", "--summary", "summary.md"]].concat());
    assert_eq!(code, 0, "{said}");
    for words in ["known-issues.yaml (3 entries)", "3 known", "fixed in 2.4", "but for 3 known violations"] {
        assert!(said.contains(words), "no {words:?} in {said}");
    }
    let run = folder.report();
    assert_eq!((run.verdict, run.count(Outcome::Known)), (Conformance::Conformant, 3));
    let finding = run.findings.iter().find(|finding| finding.id == ANOTHER).expect("it is there");
    assert!(finding.violation.is_some() && finding.message().starts_with("fixed in 2.4; accepted at"), "{}", finding.message());
    let junit = std::fs::read_to_string(folder.path("reports/latest/report.xml")).expect("written");
    assert_eq!((junit.matches("<failure").count(), junit.matches("<skipped message=\"known: fixed in 2.4").count()), (0, 3));
    let summary = std::fs::read_to_string(folder.path("summary.md")).expect("written");
    assert!(summary.contains("### Known") && summary.contains("| `pkce/mismatch-another`<br>`pkce/"), "{summary}");

    let (code, said) = folder.check(&[&MISMATCHES[..], &["--no-baseline"]].concat());
    assert_eq!(code, 1, "{said}");
    folder.write("other.yaml", "known: []\n");
    let (code, said) = folder.check(&[&MISMATCHES[..], &["--baseline", "other.yaml"]].concat());
    assert_eq!(code, 1, "{said}");
}

#[test]
fn what_is_not_known_fails_the_run_beside_what_is() {
    let folder = Folder::of(&["ignores-code-verifier"]);
    folder.write("known-issues.yaml", "known:\n  - { check: pkce/mismatch-another, reason: seen }\n");
    let (code, said) = folder.check(&MISMATCHES);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("2 checks violated, 1 cause") && said.contains("1 known"), "{said}");
    assert_eq!(folder.report().causes[0].checks.len(), 2, "a known check is none of the cause's");
}

#[test]
fn an_entry_that_has_had_its_day_is_stale_and_one_that_was_not_judged_is_not() {
    let folder = Folder::of(&[]);
    let stale = "known:\n  - { check: pkce/mismatch-another, reason: fixed since }\n  - { check: pkce/gone, reason: renamed }\n";
    folder.write("known-issues.yaml", stale);
    let (code, said) = folder.check(&[&MISMATCHES[..], &["--report", "junit"]].concat());
    assert_eq!(code, 4, "{said}");
    for words in ["STALE", "fails no more: passed", "pkce/gone", "no check has this id", "stale in 2 of its entries"] {
        assert!(said.contains(words), "no {words:?} in {said}");
    }
    let junit = std::fs::read_to_string(folder.path("reports/latest/report.xml")).expect("written");
    assert_eq!(junit.matches("type=\"stale\"").count(), 2);

    // Played neither; the second is not selected, the first not applicable.
    let unjudged = "known:\n  - { check: code/expired, reason: slow }\n  - { check: pkce/mismatch-another, reason: seen }\n";
    folder.write("known-issues.yaml", unjudged);
    let waits = folder.check(&["--id", "client_credentials/"]);
    assert_eq!(waits.0, 0, "{}", waits.1);
}

#[test]
fn a_race_is_known_where_it_is_lost_and_not_stale_where_it_is_not() {
    let race = "known:\n  - { check: pkce/mismatch-another, reason: a race, sometimes: true }\n";
    let won = Folder::of(&[]);
    won.write("known-issues.yaml", race);
    let (code, said) = won.check(&["--id", ANOTHER, "--write-baseline", "known-issues.yaml"]);
    assert_eq!(code, 0, "{said}");
    assert_eq!(won.outcome(ANOTHER), Outcome::Passed);
    let kept = std::fs::read_to_string(won.path("known-issues.yaml")).expect("written");
    assert!(kept.contains("sometimes: true"), "{kept}");

    let lost = Folder::of(&["ignores-code-verifier"]);
    lost.write("known-issues.yaml", race);
    let (code, said) = lost.check(&["--id", ANOTHER]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("fails in some runs"), "{said}");
}

#[test]
fn an_expired_entry_makes_a_violation_count_again_and_so_does_another_kind() {
    let folder = Folder::of(&["ignores-code-verifier"]);
    let with = |key: &str| format!("known:\n  - {{ check: pkce/mismatch-another, reason: seen, {key} }}\n");
    folder.write("known-issues.yaml", &with("expires: 2020-02-29"));
    let (code, said) = folder.check(&["--id", ANOTHER]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("expired after 2020-02-29") && said.contains("VIOLATED"), "{said}");
    folder.write("known-issues.yaml", &with("expires: 9999-12-31"));
    assert_eq!(folder.check(&["--id", ANOTHER]).0, 0);
    folder.write("known-issues.yaml", &with("kind: malformed"));
    let (code, said) = folder.check(&["--id", ANOTHER]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("known as malformed, found accepted"), "{said}");
}

#[test]
fn a_warning_is_known_where_it_fails_the_run_and_fails_no_more_where_it_does_not() {
    let folder = Folder::of(&["sends-cacheable-errors"]);
    let warned = |folder: &Folder| {
        let run = folder.report();
        run.findings
            .into_iter()
            .filter(|finding| finding.outcome == Outcome::Warned)
            .map(|finding| finding.id)
            .collect::<Vec<_>>()
    };
    let select = ["--tag", "catches:sends-cacheable-errors"];
    folder.check(&[&select[..], &["--fail-on", "should"]].concat());
    let ids = warned(&folder);
    assert!(!ids.is_empty(), "the defect is one that warns");
    let (code, said) = folder.check(&[&select[..], &["--fail-on", "should", "--write-baseline", "known-issues.yaml"]].concat());
    assert_eq!(code, 1, "{said}");
    let (code, said) = folder.check(&[&select[..], &["--fail-on", "should"]].concat());
    assert_eq!(code, 0, "{said}");
    assert_eq!(folder.outcome(&ids[0]), Outcome::Known);
    let (code, said) = folder.check(&[&select[..], &["--fail-on", "must"]].concat());
    assert_eq!(code, 4, "{said}");
    assert_eq!(folder.outcome(&ids[0]), Outcome::Warned);
    assert!(said.contains("fails no more: warned"), "{said}");
}

#[test]
fn a_baseline_is_written_ready_to_edit_and_keeps_the_reasons_that_it_has() {
    let folder = Folder::of(&["ignores-code-verifier"]);
    let old = "known:\n\
               \x20 - { check: pkce/mismatch-other-case, reason: \"why: #1\", owner: us, link: \"https://issues.example/1\", expires: 2099-01-31 }\n\
               \x20 - { check: pkce/s256, reason: fixed since }\n\
               \x20 - { check: code/expired, reason: was not judged }\n";
    folder.write("issues.yaml", old);
    let select = ["--id", "pkce/mismatch", "--id", "pkce/s256"];
    let known = [&select[..2], &["--write-baseline", "issues.yaml"]].concat();
    let (code, said) = folder.check(&known);
    assert_eq!(code, 1, "the exit code is the run's: {said}");
    let written = baseline::load(&folder.path("issues.yaml")).expect("it is read back");
    let checks: Vec<&str> = written.known.iter().map(|entry| entry.check.as_str()).collect();
    assert!(checks.contains(&ANOTHER) && checks.contains(&"pkce/mismatch-other-case"), "{checks:?}");
    let of = |id: &str| written.known.iter().find(|entry| entry.check == id).expect("it is there");
    assert_eq!(of(ANOTHER).reason, Known::NO_REASON);
    let kept = of("pkce/mismatch-other-case");
    assert_eq!((kept.reason.as_str(), kept.owner.as_deref()), ("why: #1", Some("us")));
    assert_eq!(kept.link.as_deref(), Some("https://issues.example/1"));
    assert!(kept.expires.as_ref().is_some_and(|day| day.to_string() == "2099-01-31") && kept.kind.is_none());
    let (code, said) = folder.check(&[&MISMATCHES[..], &["--baseline", "issues.yaml"]].concat());
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("nobody has given a reason yet") && said.contains("why: #1"), "{said}");
    let left: Vec<_> = std::fs::read_dir(folder.dir.path()).expect("listed").flatten().map(|entry| entry.file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().starts_with(".flowproof")), "{left:?}");
}

#[test]
fn a_check_that_fails_no_more_leaves_the_baseline_that_is_written() {
    let folder = Folder::of(&[]);
    folder.write(
        "issues.yaml",
        &entries("  - { check: pkce/gone, reason: renamed }\n  - { check: code/reused-at-once, reason: later }\n"),
    );
    let (code, said) = folder.check(&[&MISMATCHES[..], &["--write-baseline", "issues.yaml"]].concat());
    assert_eq!(code, 0, "{said}");
    let written = baseline::load(&folder.path("issues.yaml")).expect("it is read back");
    let checks: Vec<&str> = written.known.iter().map(|entry| entry.check.as_str()).collect();
    assert_eq!(checks, ["code/reused-at-once"], "what was not judged stays");
}

#[test]
fn a_bug_report_and_a_trace_tell_of_one_check() {
    let folder = Folder::of(&["ignores-code-verifier"]);
    let (code, said) = folder.check(&["--bug-report", ANOTHER, "--output", "out"]);
    assert_eq!(code, 1, "{said}");
    let path = folder.path("out/bug-report-pkce-mismatch-another.md");
    let report = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{error}: {said}"));
    for words in [
        "# A code_verifier that does not match",
        "https://www.rfc-editor.org/rfc/rfc7636#section-4.6",
        "**expected** a refusal with error \"invalid_grant\"",
        "--data-urlencode \"code=${CODE_2}\"",
        "the provider's pages, where the user logs in",
        "flowproof check --provider provider.yaml --id pkce/mismatch-another --trace",
    ] {
        assert!(report.contains(words), "no {words:?} in {report}");
    }
    assert!(!report.contains("hidden field"), "a page is no request that is repeated by hand: {report}");

    let (code, said) = folder.check(&["--bug-report", "pkce/s256-verifier-none"]);
    assert_eq!(code, 2, "{said}");
    let (code, said) = folder.check(&["--id", ANOTHER, "--trace"]);
    assert_eq!(code, 1, "{said}");
    for words in ["TRACE  pkce/mismatch-another  violated", "When the client redeems", " 10  POST http", "code_verifier=‹made up"]
    {
        assert!(said.contains(words), "no {words:?} in {said}");
    }
    let sound = Folder::of(&[]);
    let (code, said) = sound.check(&["--bug-report", ANOTHER]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("there is no bug report to write"), "{said}");
    let (code, said) = sound.check(&["--id", "client_credentials/", "--trace"]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("TRACE  client_credentials/") && said.contains("passed"), "a check that passes is traced, too: {said}");
}

#[test]
fn a_summary_is_appended_to_what_is_there() {
    let folder = Folder::of(&[]);
    folder.write("summary.md", "before\n");
    for _ in 0..2 {
        assert_eq!(folder.check(&["--id", ANOTHER, "--summary", "summary.md"]).0, 0);
    }
    let summary = std::fs::read_to_string(folder.path("summary.md")).expect("written");
    assert!(summary.starts_with("before\n## flowproof: conformant\n"), "{summary}");
    assert_eq!(summary.matches("## flowproof: conformant").count(), 2);
    let (code, said) = folder.check(&["--id", ANOTHER, "--summary", "provider.yaml/summary.md"]);
    assert_eq!(code, 2, "{said}");
}

#[track_caller]
fn told(file: &str, message: &str) {
    let file = file.strip_prefix('\n').expect("a file starts on a line of its own");
    let error = match baseline::parse(file, Path::new("known-issues.yaml")) {
        Ok(baseline) => panic!("should be refused: {baseline:?}"),
        Err(error) => error,
    };
    assert_eq!(format!("\n{error}\n"), message);
}

#[test]
fn a_faulty_file_is_told_with_its_line_and_the_way_out() {
    told(
        r#"
known:
  - check: pkce/mismatch-another
    raeson: seen
"#,
        r#"
known-issues.yaml:3:5: `raeson` is not a key of `known[0]`
  3 |     raeson: seen
    |     ^
  expected one of: check, reason, kind, link, owner, expires, sometimes
  did you mean `reason`?
"#,
    );
    told(
        r#"
known:
  - check: pkce/mismatch-another
"#,
        r#"
known-issues.yaml:2:5: `known[0].reason` is missing: why this violation is put up with
  2 |   - check: pkce/mismatch-another
    |     ^
"#,
    );
    told(
        r#"
known:
  - { check: a/b, reason: seen, expires: 2026-02-30 }
"#,
        r#"
known-issues.yaml:2:42: `known[0].expires` has a value that means nothing here
  2 |   - { check: a/b, reason: seen, expires: 2026-02-30 }
    |                                          ^
  expected a day such as 2027-01-31
"#,
    );
    told(
        r#"
known:
  - { check: a/b, reason: seen }
  - { check: a/b, reason: again }
"#,
        r#"
known-issues.yaml:3:14: `known[1].check` has a value that means nothing here
  3 |   - { check: a/b, reason: again }
    |              ^
  expected each check once: another entry names this one already
"#,
    );
    told(
        r#"
know:
  - { check: a/b, reason: seen }
"#,
        r#"
known-issues.yaml:1:1: `know` is not a key of a list of known issues
  1 | know:
    | ^
  expected one of: known
  did you mean `known`?
"#,
    );
    told(
        r#"
known: [
"#,
        r#"
known-issues.yaml:1:8: not YAML: unclosed bracket '['
  1 | known: [
    |        ^
  a value with `:`, `#`, `@`, brackets or quotes in it belongs in quotes
"#,
    );
    for empty in ["", "known:\n", "known: []\n", "# nothing yet\n"] {
        let baseline = baseline::parse(empty, Path::new("known-issues.yaml")).expect("it is no fault to know of nothing");
        assert!(baseline.known.is_empty());
    }
}

#[test]
fn a_baseline_that_is_asked_for_and_cannot_be_read_is_a_usage_error() {
    let folder = Folder::of(&[]);
    let (code, said) = folder.check(&["--baseline", "nowhere.yaml"]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("nowhere.yaml: there is no such baseline") && said.contains("--write-baseline"), "{said}");
    folder.write("known-issues.yaml", "known: 3\n");
    let (code, said) = folder.check(&MISMATCHES);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("known-issues.yaml:1:8"), "{said}");
}
