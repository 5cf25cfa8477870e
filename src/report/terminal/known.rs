//! Known violations, each with its reason, and the entries of the baseline that have had their day.

use std::io::{self, Write};

use super::title;
use crate::report::text::{Ink, Style, plain};
use crate::verdict::{Known, Outcome, Run};

/// Writes both; nothing where there is neither.
pub fn render(run: &Run, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let count = run.count(Outcome::Known);
    if count > 0 {
        title(Outcome::Known, count, style, out)?;
    }
    for finding in run.findings.iter().filter(|finding| finding.outcome == Outcome::Known) {
        let kind = finding.violation.as_ref().map(|violation| format!("  ({})", violation.kind.name())).unwrap_or_default();
        writeln!(out, "  {}{kind}", plain(&finding.id))?;
        match &finding.known {
            Some(known) => reason(known, style, out)?,
            None => style.labelled(out, 4, "", &finding.message())?,
        }
        if let Some(violation) = &finding.violation {
            style.labelled(out, 14, "    expected", &violation.expected)?;
            style.labelled(out, 14, "    got", &violation.got)?;
        }
    }
    let Some(baseline) = run.baseline.as_ref().filter(|baseline| !baseline.stale.is_empty()) else { return Ok(()) };
    writeln!(out, "\n{}  in {}: take out or mend", style.paint(Ink::Doubt, "STALE"), plain(&baseline.path))?;
    for stale in &baseline.stale {
        writeln!(out, "  {}", plain(&stale.check))?;
        style.labelled(out, 4, "", &stale.staleness.to_string())?;
    }
    Ok(())
}

fn reason(known: &Known, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    match known.reason.as_str() {
        Known::NO_REASON => style.labelled_in(Ink::Doubt, out, 4, "", "nobody has given a reason yet")?,
        reason => style.labelled(out, 4, "", reason)?,
    }
    let owner = known.owner.as_ref().map(|owner| format!("owner {owner}"));
    let until = known.expires.as_ref().map(|expires| format!("until {expires}"));
    let facts: Vec<String> = [owner, until, known.link.clone()].into_iter().flatten().collect();
    style.labelled(out, 4, "", &facts.join(", "))
}
