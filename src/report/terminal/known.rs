//! Known violations, each with its reason, and the entries of the baseline that have had their day.

use std::io::{self, Write};

use super::title;
use crate::report::text::{Ink, Style, plain};
use crate::verdict::{Finding, Known, Outcome, Run};

/// Writes both; nothing where there is neither.
pub fn render(run: &Run, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let count = run.count(Outcome::Known);
    if count > 0 {
        title(Outcome::Known, count, style, out)?;
    }
    for group in of_one_reason(run) {
        for finding in &group {
            let kind = finding.violation.as_ref().map(|violation| format!("  ({})", violation.kind.name())).unwrap_or_default();
            writeln!(out, "  {}{kind}", plain(&finding.id))?;
        }
        let Some(first) = group.first() else { continue };
        match &first.known {
            Some(known) => reason(known, style, out)?,
            None => style.labelled(out, 4, "", &first.message())?,
        }
        if let Some(violation) = &first.violation {
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

/// The known findings in groups of one cause that are known for one reason.
pub fn of_one_reason(run: &Run) -> Vec<Vec<&Finding>> {
    let why = |finding: &Finding| {
        let Known { check: _, reason, kind: _, link, owner, expires, sometimes: _ } = finding.known.clone()?;
        Some((reason, link, owner, expires))
    };
    let mut groups: Vec<Vec<&Finding>> = Vec::new();
    for cause in Run::by_cause(&run.findings, Outcome::Known) {
        let earlier = groups.len();
        for finding in cause {
            match groups[earlier..].iter_mut().find(|group| why(group[0]) == why(finding)) {
                Some(group) => group.push(finding),
                None => groups.push(vec![finding]),
            }
        }
    }
    groups
}

fn reason(known: &Known, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    match known.reason.as_str() {
        Known::NO_REASON => style.labelled_in(Ink::Doubt, out, 4, "", "nobody has given a reason yet")?,
        reason => style.labelled(out, 4, "", reason)?,
    }
    let owner = known.owner.as_ref().map(|owner| format!("owner {owner}"));
    let until = known.expires.as_ref().map(|expires| format!("until {expires}"));
    let sometimes = known.sometimes.then(|| "fails in some runs".to_owned());
    let facts: Vec<String> = [sometimes, owner, until, known.link.clone()].into_iter().flatten().collect();
    style.labelled(out, 4, "", &facts.join(", "))
}
