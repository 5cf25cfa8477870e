//! The JUnit report, for CI systems.

use std::io::{self, Write};

use quick_junit::{Report, TestCase, TestCaseStatus, TestSuite};

use crate::verdict::Run;

/// Renders the run as JUnit XML.
///
/// # Errors
/// `out` cannot be written.
pub fn render(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    let mut report = Report::new("flowproof");
    let mut suite = TestSuite::new("flowproof");
    for finding in &run.findings {
        suite.add_test_case(TestCase::new(finding.id.as_str(), TestCaseStatus::success()));
    }
    report.add_test_suite(suite);
    report.serialize(out).map_err(io::Error::other)
}
