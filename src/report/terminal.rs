//! The report that people read: a table of features, then what asks for attention, the worst last, then the verdict.
//!
//! ```text
//! VIOLATED  pkce/another-code-verifier  (accepted)                                RFC 7636 section 4.6
//!   required  A code_verifier that does not match the code_challenge is refused
//!   expected  status 400, error "invalid_grant"
//!   got       status 200, a token
//! ```

pub(super) mod detail;
pub(super) mod exchange;
pub(super) mod known;
mod table;

use std::io::{self, Write};

use super::text::{Ink, Style, columns_of, plain, wrap};
use crate::verdict::{Cleanup, Conformance, FailOn, Finding, Level, Outcome, Run};

/// How many issuers the heading names.
const ISSUERS_SHOWN: usize = 4;

/// Renders the run as text.
///
/// # Errors
/// `out` cannot be written.
pub fn render(run: &Run, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    heading(run, style, out)?;
    table::render(run, style, out)?;
    grouped_by_reason(run, Outcome::NotApplicable, style, out)?;
    listed(run, Outcome::Noted, style, out)?;
    known::render(run, style, out)?;
    grouped_by_reason(run, Outcome::Inconclusive, style, out)?;
    for finding in run.findings.iter().filter(|finding| finding.outcome == Outcome::Warned) {
        writeln!(out)?;
        detail::render(finding, &run.issuers, detail::Evidence::Whole, style, out)?;
    }
    detail::violations(run, style, out)?;
    totals(run, style, out)?;
    if let Some(Cleanup { tokens, revoked }) = run.cleanup {
        let what = counted(tokens, "token");
        writeln!(out, "{}", style.paint(Ink::Faint, format_args!("left behind: {what}, {revoked} revoked")))?;
    }
    if let Some(limit) = run.rate_limit {
        style.labelled(out, 14, "rate limited:", &limit.to_string())?;
    }
    verdict(run, style, out)
}

fn heading(run: &Run, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let head = format!("flowproof {}", run.flowproof);
    let facts =
        format!("profile {}, {} in {}", run.policy.profile.name(), counted(run.findings.len(), "check"), duration(run.millis));
    writeln!(out, "{}  {facts}", style.paint(Ink::Strong, plain(&head)))?;
    for issuer in run.issuers.iter().take(ISSUERS_SHOWN) {
        writeln!(out, "  {}", plain(issuer))?;
    }
    if run.issuers.len() > ISSUERS_SHOWN {
        writeln!(out, "  and {} more", run.issuers.len() - ISSUERS_SHOWN)?;
    }
    for way in &run.connection {
        style.labelled(out, 10, "  reached", way)?;
    }
    if !run.policy.selection.is_empty() {
        style.labelled(out, 8, "  only", &run.policy.selection.join(", "))?;
    }
    if let Some(baseline) = &run.baseline {
        let entries = match baseline.entries {
            1 => "1 entry".to_owned(),
            count => format!("{count} entries"),
        };
        writeln!(out, "  {}  {} ({entries})", style.paint(Ink::Faint, "known issues"), plain(&baseline.path))?;
    }
    writeln!(out)
}

/// The ink of an outcome, wherever it is shown.
pub(super) fn ink(outcome: Outcome) -> Ink {
    match outcome {
        Outcome::Passed => Ink::Good,
        Outcome::Violated => Ink::Bad,
        Outcome::Warned => Ink::Doubt,
        Outcome::Inconclusive => Ink::Open,
        Outcome::Noted | Outcome::Known => Ink::Strong,
        Outcome::NotApplicable => Ink::Faint,
    }
}

fn title(outcome: Outcome, count: usize, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let name = outcome.name().to_uppercase();
    writeln!(out, "\n{}  {}", style.paint(ink(outcome), name), counted(count, "check"))
}

/// Checks that were not judged, under their reasons, the most frequent first.
fn grouped_by_reason(run: &Run, outcome: Outcome, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let mut groups: Vec<(String, Vec<&Finding>)> = Vec::new();
    for finding in run.findings.iter().filter(|finding| finding.outcome == outcome) {
        let reason = finding.reason.as_deref().unwrap_or("no reason given");
        match groups.iter_mut().find(|(other, _)| *other == reason) {
            Some((_, findings)) => findings.push(finding),
            None => groups.push((reason.to_owned(), vec![finding])),
        }
    }
    if groups.is_empty() {
        return Ok(());
    }
    groups.sort_by_key(|(_, findings)| std::cmp::Reverse(findings.len()));
    title(outcome, groups.iter().map(|(_, findings)| findings.len()).sum(), style, out)?;
    for (reason, findings) in &groups {
        style.labelled(out, 2, "", reason)?;
        let names: Vec<String> = findings.iter().map(|finding| name_with_weight(finding, run)).collect();
        for line in wrap(&names.join(", "), style.columns() - 4) {
            writeln!(out, "    {}", style.paint(Ink::Faint, line))?;
        }
    }
    Ok(())
}

/// An inconclusive check that does not keep the run from being conformant says why not.
fn name_with_weight(finding: &Finding, run: &Run) -> String {
    let why = match (finding.outcome, finding.level) {
        (Outcome::Inconclusive, Level::Should | Level::May) => format!(" ({})", finding.level.name()),
        (Outcome::Inconclusive, Level::Must) if !run.policy.leaves_open(finding) => " (allowed)".to_owned(),
        _ => String::new(),
    };
    format!("{}{why}", finding.id)
}

/// Findings that need no more than a line each.
fn listed(run: &Run, outcome: Outcome, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    if run.count(outcome) == 0 {
        return Ok(());
    }
    title(outcome, run.count(outcome), style, out)?;
    for finding in run.findings.iter().filter(|finding| finding.outcome == outcome) {
        writeln!(out, "  {}", plain(&finding.id))?;
        style.labelled(out, 4, "", &finding.message())?;
    }
    Ok(())
}

fn totals(run: &Run, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let mut used = 0;
    let mut put = |text: String, ink: Option<Ink>, out: &mut dyn Write| {
        if used > 0 && used + columns_of(&text) > style.columns() {
            write!(out, "\n   ")?;
            used = 3;
        }
        used += columns_of(&text);
        match ink {
            Some(ink) => write!(out, "{}", style.paint(ink, text)),
            None => write!(out, "{text}"),
        }
    };
    writeln!(out)?;
    put(format!("{}:", counted(run.findings.len(), "check")), None, out)?;
    let counts = Outcome::ALL.into_iter().map(|outcome| (outcome, run.count(outcome))).filter(|(_, count)| *count > 0);
    let mut joint = "";
    for (outcome, count) in counts {
        put(format!("{joint} "), None, out)?;
        put(format!("{count} {}", outcome.name()), Some(ink(outcome)), out)?;
        joint = ",";
    }
    writeln!(out)
}

fn verdict(run: &Run, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    if run.interrupted {
        let why = run.interruption.as_ref().map(|why| format!("{why}; ")).unwrap_or_default();
        style.labelled(out, 0, "", &format!("The run was cut short: {why}what it did not reach is missing above."))?;
    }
    let (ink, why) = match run.verdict {
        Conformance::Conformant => (Ink::Good, why_conformant(run)),
        Conformance::NonConformant => (Ink::Bad, why_non_conformant(run)),
        Conformance::Incomplete => (Ink::Open, why_incomplete(run)),
    };
    let name = run.verdict.name().to_uppercase();
    style.labelled_in(ink, out, name.len() + 2, &name, &format!("with {}: {why}", run.policy.profile.name()))
}

fn why_conformant(run: &Run) -> String {
    let stale = run.baseline.as_ref().map_or(0, |baseline| baseline.stale.len());
    let mut why = match run.count(Outcome::Known) {
        0 => "every must that applies holds".to_owned(),
        known => format!("every must that applies holds but for {}", counted(known, "known violation")),
    };
    if stale > 0 {
        why.push_str(&format!("; the baseline is stale in {stale} of its entries"));
    }
    why
}

fn why_non_conformant(run: &Run) -> String {
    let violated = run.count(Outcome::Violated);
    let mut why = Vec::new();
    if violated > 0 {
        let causes = match run.causes.len() {
            0 => String::new(),
            count => format!(", {}", counted(count, "cause")),
        };
        why.push(format!("{} violated{causes}", counted(violated, "check")));
    }
    let warned = run.count(Outcome::Warned);
    match run.policy.fail_on {
        FailOn::Should if warned > 0 => why.push(format!("{warned} warned, which fail by --fail-on should")),
        FailOn::Should | FailOn::Must => {}
    }
    why.join("; ")
}

fn why_incomplete(run: &Run) -> String {
    let open = run.findings.iter().filter(|finding| run.policy.leaves_open(finding)).count();
    if open > 0 {
        format!(
            "{} that must hold could not be judged; --allow-inconclusive ID accepts one that you know of",
            counted(open, "check")
        )
    } else if run.interrupted {
        "it was cut short".to_owned()
    } else {
        "no check was applicable".to_owned()
    }
}

/// `1 check`, `2 checks`.
pub(super) fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

/// The counts of a run: `2 passed, 4 violated`.
pub(super) fn totals_in_words(run: &Run) -> String {
    let counts = Outcome::ALL.into_iter().map(|outcome| (outcome, run.count(outcome))).filter(|(_, count)| *count > 0);
    counts.map(|(outcome, count)| format!("{count} {}", outcome.name())).collect::<Vec<_>>().join(", ")
}

/// Milliseconds as people say them.
pub(super) fn duration(millis: u64) -> String {
    match millis {
        0..1_000 => format!("{millis} ms"),
        1_000..60_000 => format!("{}.{} s", millis / 1_000, millis % 1_000 / 100),
        _ => format!("{} min {} s", millis / 60_000, millis % 60_000 / 1_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_counts_are_said_as_people_do() {
        assert_eq!([0, 999, 1_640, 59_999, 125_000].map(duration), ["0 ms", "999 ms", "1.6 s", "59.9 s", "2 min 5 s"]);
        assert_eq!([0, 1, 2].map(|count| counted(count, "check")), ["0 checks", "1 check", "2 checks"]);
    }
}
