//! The JUnit report, for CI systems: a suite for each feature, and a test case is red exactly when it keeps the run from being conformant. A known
//! violation is skipped, with its reason; an entry of the baseline that is stale is a red case in a suite of its own.
//!
//! ```text
//! <testsuite name="pkce" tests="2" disabled="0" errors="0" failures="1" time="0.139">
//! ```

use std::io::{self, Write};
use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::terminal::detail::{self, Evidence};
use super::text::{Style, plain};
use crate::verdict::{Finding, Outcome, Run, Stale};

/// The text of a failure is laid out as in `report.txt`.
const STYLE: Style = Style { color: false, width: 100 };

/// Renders the run as JUnit XML.
///
/// # Errors
/// `out` cannot be written.
pub fn render(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    let mut report = Report::new("flowproof");
    report.set_time(Duration::from_millis(run.millis));
    let mut features: Vec<&str> = run.findings.iter().map(Finding::feature).collect();
    features.sort_unstable();
    features.dedup();
    for feature in features {
        let mut suite = TestSuite::new(plain(feature));
        let mut time = Duration::ZERO;
        for finding in run.findings.iter().filter(|finding| finding.feature() == feature) {
            time += Duration::from_millis(finding.millis);
            suite.add_test_case(case(finding, run)?);
        }
        suite.set_time(time);
        report.add_test_suite(suite);
    }
    if let Some(baseline) = run.baseline.as_ref().filter(|baseline| !baseline.stale.is_empty()) {
        let mut suite = TestSuite::new("known-issues");
        baseline.stale.iter().for_each(|stale| {
            suite.add_test_case(stale_case(stale, &baseline.path));
        });
        report.add_test_suite(suite);
    }
    report.serialize(&mut *out).map_err(io::Error::other)
}

fn stale_case(stale: &Stale, path: &str) -> TestCase {
    let mut failure = TestCaseStatus::non_success(NonSuccessKind::Failure);
    failure.set_type("stale");
    failure.set_message(plain(&stale.staleness.to_string()));
    failure.set_description(plain(&format!("take it out of {path}, or mend it; the reason it gave: {}", stale.reason)));
    let mut case = TestCase::new(plain(&stale.check), failure);
    case.set_classname("known-issues");
    case
}

fn case(finding: &Finding, run: &Run) -> io::Result<TestCase> {
    let text = text(finding, run)?;
    let mut case = TestCase::new(plain(&finding.id), status(finding, run, &text));
    case.set_classname(plain(finding.feature()));
    case.set_time(Duration::from_millis(finding.millis));
    match finding.outcome {
        // A passing case has no other place for what a reader should know.
        Outcome::Warned | Outcome::Noted if !run.policy.fails(finding) => {
            case.set_system_out(text);
        }
        Outcome::Known => {
            case.set_system_out(text);
        }
        Outcome::Passed
        | Outcome::Violated
        | Outcome::Warned
        | Outcome::Noted
        | Outcome::NotApplicable
        | Outcome::Inconclusive => {}
    }
    Ok(case)
}

fn status(finding: &Finding, run: &Run, text: &str) -> TestCaseStatus {
    let message = plain(&finding.message());
    let mut status = if run.policy.fails(finding) {
        let mut failure = TestCaseStatus::non_success(NonSuccessKind::Failure);
        failure.set_type(finding.violation.as_ref().map_or(finding.outcome.name(), |violation| violation.kind.name()));
        failure.set_description(text);
        failure
    } else if run.policy.leaves_open(finding) {
        let mut error = TestCaseStatus::non_success(NonSuccessKind::Error);
        error.set_type(finding.outcome.name());
        error
    } else {
        match finding.outcome {
            Outcome::Passed | Outcome::Violated | Outcome::Warned | Outcome::Noted => return TestCaseStatus::success(),
            Outcome::NotApplicable | Outcome::Inconclusive | Outcome::Known => {
                let mut skipped = TestCaseStatus::skipped();
                skipped.set_message(format!("{}: {message}", finding.outcome.name()));
                return skipped;
            }
        }
    };
    status.set_message(message);
    status
}

fn text(finding: &Finding, run: &Run) -> io::Result<String> {
    let mut text = Vec::new();
    detail::render(finding, &run.issuers, Evidence::Whole, &STYLE, &mut text)?;
    if let Some(cause) = run.shared_cause(finding) {
        STYLE.labelled(&mut text, 12, "  one cause", &format!("with {}: {}", cause.others(&finding.id), cause.describe()))?;
    }
    Ok(String::from_utf8_lossy(&text).into_owned())
}
