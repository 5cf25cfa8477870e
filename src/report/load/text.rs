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

use crate::report::terminal::exchange;
use crate::report::text::{Ink, Style, columns_of, plain};
use crate::verdict::{Bearing, LoadRun, Measurement, ThresholdResult, micros_in_words};

/// The widths of the columns behind the step's name.
const WIDTHS: [usize; 8] = [9, 10, 8, 8, 8, 8, 8, 8];

/// The column in which an example of an error begins.
const EXAMPLE: usize = 6;

/// Renders the run as text.
///
/// # Errors
/// `out` cannot be written.
pub fn render(run: &LoadRun, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    heading(run, style, out)?;
    table(run, style, out)?;
    errors(run, style, out)?;
    notes(run, style, out)?;
    thresholds(run, style, out)?;
    verdict(run, style, out)
}

fn heading(run: &LoadRun, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let head = format!("flowproof {}", run.flowproof);
    let seconds = |millis: u64| micros_in_words(millis as f64 * 1e3);
    let (ramp, hold) = (seconds(run.plan.ramp_millis), seconds(run.plan.hold_millis));
    let facts = format!("load plan {}: {} users, ramp {ramp}, hold {hold}", run.plan.name, run.plan.users);
    writeln!(out, "{}  {}", style.paint(Ink::Strong, head), plain(&facts))?;
    writeln!(out, "  {}: {}", plain(&run.provider), plain(&run.issuer))?;
    if run.prepared.chains > 0 {
        let took = seconds(run.prepared.millis);
        writeln!(out, "  prepared {} refresh chains in {took}, which is not measured", run.prepared.chains)?;
    }
    writeln!(out)
}

fn table(run: &LoadRun, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let names: Vec<String> = run.steps.iter().map(|step| format!("{}/{}", step.flow, step.step)).collect();
    let longest = names.iter().map(|name| columns_of(name)).max().unwrap_or_default().max(4);
    let numbers: usize = WIDTHS.iter().sum();
    // Where the page is too narrow for both, a name has a line of its own.
    let is_narrow = longest + numbers > style.columns();
    let indent = if is_narrow { style.columns().saturating_sub(numbers) } else { longest };
    let titles = ["count", "rate/s", "errors", "p50", "p90", "p99", "p99.9", "max"].map(str::to_owned);
    writeln!(out, "{}", style.paint(Ink::Faint, row("step", indent, &titles)))?;
    for (step, name) in run.steps.iter().zip(&names) {
        let line = row(if is_narrow { "" } else { name }, indent, &cells(step, run.held_seconds));
        if is_narrow {
            writeln!(out, "{}", plain(name))?;
        }
        match step.errors() {
            0 => writeln!(out, "{line}")?,
            _ => writeln!(out, "{}", style.paint(Ink::Bad, line))?,
        }
    }
    Ok(())
}

fn row(name: &str, indent: usize, cells: &[String; 8]) -> String {
    let mut line = format!("{}{:gap$}", plain(name), "", gap = indent.saturating_sub(columns_of(name)));
    for (cell, width) in cells.iter().zip(WIDTHS) {
        line.push_str(&format!("{:gap$}{cell}", "", gap = width.saturating_sub(columns_of(cell))));
    }
    line
}

fn cells(step: &Measurement, held_seconds: f64) -> [String; 8] {
    let time = |micros: Option<u64>| micros.map_or("-".to_owned(), |micros| micros_in_words(micros as f64));
    let at = |share: f64| time(step.latency.quantile(share));
    let rate = step.rate(held_seconds).map_or("-".to_owned(), |rate| format!("{rate:.1}"));
    let max = time((step.count() > 0).then_some(step.latency.max));
    [step.count().to_string(), rate, step.errors().to_string(), at(0.5), at(0.9), at(0.99), at(0.999), max]
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

fn notes(run: &LoadRun, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let mut notes = Vec::new();
    let unfinished: u64 = run.steps.iter().map(|step| step.unfinished).sum();
    if unfinished > 0 {
        notes.push(format!("requests under way when the run ended: {unfinished}; they count as neither right nor wrong"));
    }
    let chains = &run.chains;
    if !chains.lost.is_empty() {
        let causes: Vec<String> = chains.lost.iter().map(|(cause, count)| format!("{count} by {cause}")).collect();
        let (again, failed) = (chains.reseeded, chains.not_reseeded);
        notes.push(format!(
            "refresh chains that broke: {}; begun anew by a login outside the measurement: {again}, by a login that failed: {failed}",
            causes.join(", ")
        ));
    }
    if run.watch.left_out > 0 {
        notes.push(format!(
            "the watch for repeated tokens and codes was full at {}: {} came later and were not kept",
            run.watch.limit, run.watch.left_out
        ));
    }
    if !notes.is_empty() {
        writeln!(out)?;
    }
    for note in notes {
        style.labelled(out, 6, "note", &note)?;
    }
    Ok(())
}

fn thresholds(run: &LoadRun, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let name = |one: &ThresholdResult| match &one.flow {
        Some(flow) => format!("{flow}: {}", one.threshold),
        None => one.threshold.clone(),
    };
    let longest = run.thresholds.iter().map(|one| columns_of(&name(one))).max().unwrap_or_default();
    writeln!(out)?;
    for one in &run.thresholds {
        let (mark, ink) = match one.holds {
            Some(true) => ("✓", Ink::Good),
            Some(false) => ("✗", Ink::Bad),
            None => ("?", Ink::Open),
        };
        let name = name(one);
        let gap = longest - columns_of(&name) + 2;
        writeln!(out, "{} {}{:gap$}{}", style.paint(ink, mark), plain(&name), "", plain(&one.measured))?;
    }
    Ok(())
}

fn verdict(run: &LoadRun, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let missed = run.thresholds.iter().filter(|one| one.holds == Some(false)).count();
    let (ink, why) = match run.verdict {
        Bearing::Held => (Ink::Good, "every threshold holds".to_owned()),
        Bearing::Violated => (Ink::Bad, "what must hold whatever the load did not".to_owned()),
        Bearing::Regressed => (Ink::Bad, "a figure is worse than in the earlier run".to_owned()),
        Bearing::GeneratorBound => {
            let why = run.generator.bound.clone().unwrap_or_default();
            (Ink::Open, format!("the figures are the generator's, not the provider's: {why}"))
        }
        Bearing::Missed => (Ink::Bad, format!("{missed} of {} thresholds missed", run.thresholds.len())),
        Bearing::Interrupted => (Ink::Open, "the run was cut short; what it measured until then is above".to_owned()),
        Bearing::Nothing => (Ink::Open, "nothing came back in time: is the provider up?".to_owned()),
    };
    let name = run.verdict.name().to_uppercase();
    writeln!(out)?;
    style.labelled_in(ink, out, name.len() + 2, &name, &why)
}
