//! The table: a row for each feature, a column for each outcome that occurs.

use std::io::{self, Write};

use super::ink;
use crate::report::text::{Ink, Style, columns_of, plain};
use crate::verdict::{Outcome, Run};

struct Row {
    feature: String,
    counts: [usize; Outcome::ALL.len()],
}

impl Row {
    fn count(&self, outcome: Outcome) -> usize {
        let at = Outcome::ALL.iter().position(|other| *other == outcome).expect("ALL holds every outcome");
        self.counts[at]
    }

    /// The one sign that tells a feature's state at a glance.
    fn sign(&self) -> (Ink, &'static str) {
        if self.count(Outcome::Violated) > 0 {
            (Ink::Bad, "✗")
        } else if self.count(Outcome::Inconclusive) > 0 {
            (Ink::Open, "?")
        } else if self.count(Outcome::Warned) > 0 {
            (Ink::Doubt, "!")
        } else if self.count(Outcome::NotApplicable) == self.counts.iter().sum::<usize>() {
            (Ink::Faint, "–")
        } else {
            (Ink::Good, "✓")
        }
    }
}

/// A column's head: short, so that all of them fit into 80 columns.
fn head(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::NotApplicable => "n/a",
        Outcome::Passed | Outcome::Violated | Outcome::Warned | Outcome::Noted | Outcome::Inconclusive | Outcome::Known => {
            outcome.name()
        }
    }
}

/// Writes the table; nothing for a run without checks.
pub fn render(run: &Run, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let rows = rows(run);
    let outcomes: Vec<Outcome> = Outcome::ALL.into_iter().filter(|outcome| run.count(*outcome) > 0).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let numbers: usize = outcomes.iter().map(|outcome| head(*outcome).len()).sum();
    let widest = rows.iter().map(|row| columns_of(&row.feature)).max().unwrap_or_default().max("feature".len());
    // Sign, feature, and the columns, each after its gap; where that is too wide, the gaps shrink first, then the features.
    let room = style.columns().saturating_sub(4 + numbers);
    let gap = if widest + 2 * outcomes.len() <= room { 2 } else { 1 };
    let widest = widest.min(room.saturating_sub(gap * outcomes.len()).max(12));

    let mut line = format!("    {:widest$}", "feature");
    for outcome in &outcomes {
        line.push_str(&format!("{:gap$}{}", "", head(*outcome)));
    }
    writeln!(out, "{}", style.paint(Ink::Faint, line))?;
    for row in &rows {
        let (sign_ink, sign) = row.sign();
        let feature = fitted(&row.feature, widest);
        write!(out, "  {} {feature}", style.paint(sign_ink, sign))?;
        for outcome in &outcomes {
            let width = gap + head(*outcome).len();
            match row.count(*outcome) {
                0 => write!(out, "{}", style.paint(Ink::Faint, format_args!("{:>width$}", "·")))?,
                count => write!(out, "{}", style.paint(ink(*outcome), format_args!("{count:>width$}")))?,
            }
        }
        writeln!(out)?;
    }
    Ok(())
}

fn rows(run: &Run) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for finding in &run.findings {
        let feature = plain(finding.feature());
        let at = rows.iter().position(|row| row.feature == feature).unwrap_or_else(|| {
            rows.push(Row { feature, counts: [0; Outcome::ALL.len()] });
            rows.len() - 1
        });
        for (count, outcome) in rows[at].counts.iter_mut().zip(Outcome::ALL) {
            *count += usize::from(outcome == finding.outcome);
        }
    }
    rows
}

/// The text filled up or cut to exactly these columns.
fn fitted(text: &str, columns: usize) -> String {
    let mut fitted = text.to_owned();
    if columns_of(&fitted) > columns {
        while columns_of(&fitted) + 1 > columns {
            fitted.pop();
        }
        fitted.push('…');
    }
    let missing = columns.saturating_sub(columns_of(&fitted));
    format!("{fitted}{:missing$}", "")
}
