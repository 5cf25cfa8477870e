//! One finding in detail: required, expected, got, and the exchange that shows it.

use std::io::{self, Write};

use super::{counted, exchange, ink};
use crate::report::text::{Ink, Style, columns_of, plain};
use crate::verdict::{Cause, Finding, Level, Outcome, Run};

/// The column in which values begin.
const INDENT: usize = 12;

/// How much of the exchange is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// All of it.
    Whole,
    /// Its first line and its status: the one above it shows the same fault.
    Brief,
}

/// How many checks of one cause are shown in detail; the others are named, since they show the same fault.
const SHOWN_OF_CAUSE: usize = 5;

/// Writes every violation under its cause, the cause with the most checks first.
pub fn violations(run: &Run, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let violated = || run.findings.iter().filter(|finding| finding.outcome == Outcome::Violated);
    for (number, cause) in run.causes.iter().enumerate() {
        if cause.checks.len() > 1 {
            writeln!(out)?;
            shared_cause(cause, style, out)?;
        }
        let checks: Vec<&Finding> = violated().filter(|finding| finding.cause == Some(number)).collect();
        let (shown, named) = checks.split_at(checks.len().min(SHOWN_OF_CAUSE));
        let mut evidence = Evidence::Whole;
        for finding in shown {
            writeln!(out)?;
            render(finding, &run.issuers, evidence, style, out)?;
            evidence = Evidence::Brief;
        }
        if !named.is_empty() {
            let label = format!("and {} of the same cause:", counted(named.len(), "more check"));
            writeln!(out, "\n{}", style.paint(Ink::Bad, label))?;
            for finding in named {
                writeln!(out, "  {}", style.paint(Ink::Strong, plain(&finding.id)))?;
                style.labelled(out, 4, "", &finding.rule)?;
            }
        }
    }
    for finding in violated().filter(|finding| finding.cause.is_none_or(|number| number >= run.causes.len())) {
        writeln!(out)?;
        render(finding, &run.issuers, Evidence::Whole, style, out)?;
    }
    Ok(())
}

fn shared_cause(cause: &Cause, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let text = format!("{}: {}", cause.describe(), counted(cause.checks.len(), "check"));
    style.labelled_in(Ink::Bad, out, 11, "ONE CAUSE", &text)
}

/// Writes one finding that has a violation; of one without, its name and its message.
pub fn render(finding: &Finding, issuers: &[String], evidence: Evidence, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let sections: Vec<String> = finding.sections.iter().map(|section| plain(&section.to_string())).collect();
    let sections = sections.join(", ");
    let kind = finding.violation.as_ref().map(|violation| format!("  ({})", violation.kind.name())).unwrap_or_default();
    let outcome = finding.outcome.name().to_uppercase();
    let id = plain(&finding.id);
    let used = columns_of(&outcome) + 2 + columns_of(&id) + columns_of(&kind);
    write!(out, "{}  {}{kind}", style.paint(ink(finding.outcome), outcome), style.paint(Ink::Strong, id))?;
    let beside = used + 2 + columns_of(&sections) <= style.columns();
    if beside {
        let gap = style.columns() - used - columns_of(&sections);
        writeln!(out, "{:gap$}{}", "", style.paint(Ink::Faint, &sections))?;
    } else {
        writeln!(out)?;
        style.labelled(out, INDENT, "  section", &sections)?;
    }
    style.labelled(out, INDENT, oblige(finding.level), &finding.rule)?;
    match &finding.violation {
        Some(violation) => {
            style.labelled(out, INDENT, "  expected", &violation.expected)?;
            style.labelled(out, INDENT, "  got", &violation.got)?;
            style.labelled(out, INDENT, "  step", &violation.step)?;
        }
        None => style.labelled(out, INDENT, "  got", finding.reason.as_deref().unwrap_or("no more is known"))?,
    }
    style.labelled(out, INDENT, "  scenario", &format!("{} ({})", finding.title, finding.place))?;
    if let Some(client) = &finding.client {
        style.labelled(out, INDENT, "  client", &client.to_string())?;
    }
    if let Some(issuer) = finding.issuer.as_deref().filter(|_| issuers.len() > 1) {
        style.labelled(out, INDENT, "  issuer", issuer)?;
    }
    exchange::render(finding, evidence, INDENT, style, out)
}

fn oblige(level: Level) -> &'static str {
    match level {
        Level::Must => "  required",
        Level::Should => "  should",
        Level::May => "  may",
    }
}
