//! A load run for people: a table of steps, errors by kind, thresholds, and the verdict.
//!
//! ```text
//! step                        count    rate/s  errors     p50     p90     p99   p99.9     max
//! client_credentials/token    12305    1230.5       0  1.31ms  2.21ms  3.64ms  10.9ms  32.8ms
//! refresh/token                1017     102.0      17  2.10ms  3.57ms  5.88ms  5.88ms  5.88ms
//!
//! ERRORS
//!          13    1.28%  refresh/token: invalid_grant
//!       such as  POST http://127.0.0.1:9400/realms/my-app/protocol/openid-connect/token
//!                  grant_type=refresh_token  refresh_token=‹refresh_token 3c2929ce›
//!                  client_id=my-frontend
//!                400 application/json
//!                  {"error":"invalid_grant"}
//!           4    0.39%  refresh/token: timed out
//! ```

use std::io::{self, Write};

use super::words;
use crate::report::terminal::{detail, exchange};
use crate::report::text::{Ink, Style, columns_of, plain};
use crate::verdict::{LoadRun, Outcome};

mod changes;
pub(super) mod search;
mod steps;

/// The column in which an example of an error begins.
const EXAMPLE: usize = 6;

/// The column in which a remark begins.
const REMARK: usize = 13;

/// Renders the run as text.
///
/// # Errors
/// `out` cannot be written.
pub fn render(run: &LoadRun, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    heading(run, style, out)?;
    steps::render(run, style, out)?;
    errors(run, style, out)?;
    findings(run, style, out)?;
    if let Some(search) = &run.breakpoint {
        search::render(search, style, out)?;
    }
    if let Some(changes) = &run.changes {
        changes::render(changes, style, out)?;
    }
    remarks(run, style, out)?;
    thresholds(run, style, out)?;
    verdict(run, style, out)
}

fn heading(run: &LoadRun, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let head = format!("flowproof {}", run.flowproof);
    let facts = format!("load plan {}: {}", run.plan.name, words::load(run));
    writeln!(out, "{}  {}", style.paint(Ink::Strong, plain(&head)), plain(&facts))?;
    writeln!(out, "  {}: {}", plain(&run.provider), plain(&run.issuer))?;
    for line in words::circumstances(run) {
        style.labelled(out, 2, "", &line)?;
    }
    writeln!(out)
}

fn errors(run: &LoadRun, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    if run.steps.iter().all(|step| step.errors() == 0) {
        return Ok(());
    }
    writeln!(out, "\n{}", style.paint(Ink::Bad, "ERRORS"))?;
    for step in &run.steps {
        let mut kinds: Vec<(&String, &u64)> = step.wrong.iter().collect();
        kinds.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
        for (kind, count) in kinds {
            let share = *count as f64 * 100.0 / step.count() as f64;
            writeln!(out, "  {count:>9}  {share:>6.2}%  {}/{}: {}", plain(&step.flow), step.step, plain(kind))?;
            if let Some(example) = step.examples.get(kind) {
                write!(out, "{:EXAMPLE$}{}  ", "", style.paint(Ink::Faint, "such as"))?;
                exchange::whole(example, EXAMPLE + "such as  ".len(), style, out)?;
            }
        }
    }
    Ok(())
}

/// What must hold whatever the load, as far as it did not; what held is counted among the remarks.
fn findings(run: &LoadRun, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    for finding in &run.findings {
        match finding.outcome {
            Outcome::Passed | Outcome::NotApplicable | Outcome::Known => {}
            Outcome::Violated | Outcome::Warned | Outcome::Noted | Outcome::Inconclusive => {
                writeln!(out)?;
                detail::render(finding, &[], detail::Evidence::Whole, style, out)?;
            }
        }
    }
    Ok(())
}

fn remarks(run: &LoadRun, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let remarks = words::remarks(run);
    if !remarks.is_empty() {
        writeln!(out)?;
    }
    for remark in remarks {
        style.labelled_in(remark.ink, out, REMARK, remark.label, &remark.text)?;
    }
    Ok(())
}

fn thresholds(run: &LoadRun, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let longest = run.thresholds.iter().map(|one| columns_of(&words::threshold(one))).max().unwrap_or_default();
    writeln!(out)?;
    for one in &run.thresholds {
        let (mark, ink) = words::mark(one.holds);
        let name = words::threshold(one);
        let gap = longest - columns_of(&name) + 2;
        writeln!(out, "{} {}{:gap$}{}", style.paint(ink, mark), plain(&name), "", plain(&one.measured))?;
    }
    Ok(())
}

fn verdict(run: &LoadRun, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let (ink, why) = words::verdict(run);
    let name = run.verdict.name().to_uppercase();
    writeln!(out)?;
    style.labelled_in(ink, out, name.len() + 2, &name, &why)
}
