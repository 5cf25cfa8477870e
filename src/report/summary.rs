//! The summary for a job's page: a short Markdown, appended to what other steps of the job wrote there.
//!
//! ```text
//! ## flowproof: non-conformant
//!
//! 16 checks with oauth-2.0: 2 passed, 5 violated, 1 warned, 1 noted, 3 inconclusive, 3 not applicable, 1 known, in 1.6 s
//! ```

use std::io::{self, Write};
use std::path::Path;

use super::files::StoreError;
use super::markdown::{code, text};
use super::terminal::known::of_one_reason;
use super::terminal::{counted, duration, totals_in_words};
use crate::verdict::{Cause, Finding, Outcome, Run};

/// How much of a text goes into a cell.
const CELL_SHOWN: usize = 240;

/// How many checks of a group are named.
const NAMED: usize = 20;

/// Appends the summary to the file.
///
/// # Errors
/// The file cannot be written.
pub fn append(run: &Run, path: &Path) -> Result<(), StoreError> {
    let mut summary = Vec::new();
    let failed = |source| StoreError { path: path.to_owned(), source };
    render(run, &mut summary).map_err(failed)?;
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).map_err(failed)?;
    file.write_all(&summary).map_err(failed)
}

/// Renders the summary.
///
/// # Errors
/// `out` cannot be written.
pub fn render(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "## flowproof: {}\n", run.verdict.name())?;
    let (checks, profile) = (counted(run.findings.len(), "check"), run.policy.profile.name());
    writeln!(out, "{checks} with {profile}: {}, in {}\n", totals_in_words(run), duration(run.millis))?;
    if run.interrupted {
        match &run.interruption {
            Some(why) => writeln!(out, "The run was cut short: {why}.\n")?,
            None => writeln!(out, "The run was cut short.\n")?,
        }
    }
    if let Some(limit) = &run.rate_limit {
        writeln!(out, "Rate limited: {}\n", text(&limit.to_string()))?;
    }
    for issuer in &run.issuers {
        writeln!(out, "- {}", code(issuer))?;
    }
    for way in &run.connection {
        writeln!(out, "- {}", text(way))?;
    }
    if !run.policy.selection.is_empty() {
        writeln!(out, "- only {}", run.policy.selection.iter().map(|filter| code(filter)).collect::<Vec<_>>().join(", "))?;
    }
    by_cause(run, Outcome::Violated, "Violated", out)?;
    by_cause(run, Outcome::Warned, "Warned", out)?;
    known(run, out)?;
    by_reason(run, Outcome::Inconclusive, "Inconclusive", out)?;
    by_reason(run, Outcome::NotApplicable, "Not applicable", out)?;
    writeln!(out)
}

/// The findings of an outcome in groups that share a key, the largest group first.
fn grouped<K: PartialEq>(run: &Run, outcome: Outcome, key: impl Fn(&Finding) -> K) -> Vec<(K, Vec<&Finding>)> {
    let mut groups: Vec<(K, Vec<&Finding>)> = Vec::new();
    for finding in run.findings.iter().filter(|finding| finding.outcome == outcome) {
        let key = key(finding);
        match groups.iter_mut().find(|(other, _)| *other == key) {
            Some((_, findings)) => findings.push(finding),
            None => groups.push((key, vec![finding])),
        }
    }
    groups.sort_by_key(|(_, findings)| std::cmp::Reverse(findings.len()));
    groups
}

fn by_cause(run: &Run, outcome: Outcome, title: &str, out: &mut dyn Write) -> io::Result<()> {
    let groups = Run::by_cause(&run.findings, outcome);
    if groups.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n### {title}\n\n| cause | checks | section | expected | got |\n|---|---|---|---|---|")?;
    for findings in groups {
        let Some(first) = findings.first() else { continue };
        let cause = Cause::behind(&findings).map(|cause| cause.describe());
        let section = first.sections.first().map(|section| format!("[{}]({})", text(&section.to_string()), section.link()));
        let (expected, got) = match &first.violation {
            Some(violation) => (violation.expected.as_str(), violation.got.as_str()),
            None => ("", first.reason.as_deref().unwrap_or_default()),
        };
        writeln!(
            out,
            "| {} | {} | {} | {} | {} |",
            cell(&cause.unwrap_or_default()),
            names(&findings, "<br>"),
            section.unwrap_or_default(),
            cell(expected),
            cell(got)
        )?;
    }
    Ok(())
}

fn known(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    let groups = of_one_reason(run);
    if !groups.is_empty() {
        writeln!(out, "\n### Known\n\n| checks | kind | reason | owner | until |\n|---|---|---|---|---|")?;
    }
    for group in groups {
        let Some((finding, entry)) = group.first().and_then(|finding| Some((finding, finding.known.as_ref()?))) else { continue };
        let kind = finding.violation.as_ref().map_or("", |violation| violation.kind.name());
        let reason = match &entry.link {
            Some(link) => format!("{} ([link](<{}>))", cell(&entry.reason), link.replace(['<', '>', '|', '\n'], "")),
            None => cell(&entry.reason),
        };
        let until = entry.expires.as_ref().map(ToString::to_string).unwrap_or_default();
        writeln!(
            out,
            "| {} | {kind} | {reason} | {} | {until} |",
            names(&group, "<br>"),
            cell(entry.owner.as_deref().unwrap_or_default())
        )?;
    }
    let Some(baseline) = run.baseline.as_ref().filter(|baseline| !baseline.stale.is_empty()) else { return Ok(()) };
    writeln!(out, "\n### Stale in {}\n\n| check | why it is to go | reason it gave |\n|---|---|---|", code(&baseline.path))?;
    for stale in &baseline.stale {
        writeln!(out, "| {} | {} | {} |", code(&stale.check), cell(&stale.staleness.to_string()), cell(&stale.reason))?;
    }
    Ok(())
}

fn by_reason(run: &Run, outcome: Outcome, title: &str, out: &mut dyn Write) -> io::Result<()> {
    let groups = grouped(run, outcome, |finding| finding.reason.clone().unwrap_or_default());
    if groups.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n<details><summary>{title}: {}</summary>\n", counted(run.count(outcome), "check"))?;
    for (reason, findings) in groups {
        writeln!(out, "- {}: {}", cell(&reason), names(&findings, ", "))?;
    }
    writeln!(out, "\n</details>")
}

fn names(findings: &[&Finding], joint: &str) -> String {
    let mut names: Vec<String> = findings.iter().take(NAMED).map(|finding| code(&finding.id)).collect();
    if findings.len() > NAMED {
        names.push(format!("and {} more", findings.len() - NAMED));
    }
    names.join(joint)
}

fn cell(said: &str) -> String {
    match said.char_indices().nth(CELL_SHOWN) {
        Some((end, _)) => format!("{}…", text(&said[..end])),
        None => text(said),
    }
}
