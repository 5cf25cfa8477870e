//! The table of steps: how many answers, how fast, how wrong, how slow.

use std::io::{self, Write};

use crate::report::load::words::time;
use crate::report::text::{Ink, Style, columns_of, plain, wrap};
use crate::verdict::{Latency, LoadRun, Measurement};

/// The titles of the columns behind the step's name, and their widths.
const COLUMNS: [(&str, usize); 8] =
    [("count", 9), ("rate/s", 10), ("errors", 8), ("p50", 8), ("p90", 8), ("p99", 8), ("p99.9", 8), ("max", 8)];

/// The name of the row below a step's, where a plan has an arrival rate.
const SERVICE: &str = "  service time";

/// Writes a row a step, and below it the service time where that is another.
pub fn render(run: &LoadRun, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let names: Vec<String> = run.steps.iter().map(|step| plain(&format!("{}/{}", step.flow, step.step))).collect();
    let is_open = run.steps.iter().any(|step| step.service.is_some());
    let named = names.iter().map(|name| columns_of(name)).max().unwrap_or_default().max(4);
    let longest = if is_open { named.max(SERVICE.len()) } else { named };
    let numbers: usize = COLUMNS.iter().map(|(_, width)| width).sum();
    // Where the page is too narrow for both, a name has a line of its own.
    let is_narrow = longest + numbers > style.columns();
    let indent = if is_narrow { style.columns().saturating_sub(numbers) } else { longest };
    writeln!(out, "{}", style.paint(Ink::Faint, row("step", indent, &COLUMNS.map(|(title, _)| title.to_owned()))))?;
    for (step, name) in run.steps.iter().zip(&names) {
        let line = row(if is_narrow { "" } else { name }, indent, &cells(step, run.held_seconds));
        if is_narrow {
            writeln!(out, "{name}")?;
        }
        match step.errors() {
            0 => writeln!(out, "{line}")?,
            _ => writeln!(out, "{}", style.paint(Ink::Bad, line))?,
        }
        if let Some(service) = &step.service {
            let name = if is_narrow { "  service" } else { SERVICE };
            writeln!(out, "{}", style.paint(Ink::Faint, row(name, indent, &service_cells(service))))?;
        }
    }
    if is_open {
        let text = "Times count from when a request was due (response time); the service time from when it was sent.";
        for line in wrap(text, style.columns()) {
            writeln!(out, "{}", style.paint(Ink::Faint, line))?;
        }
    }
    Ok(())
}

fn row(name: &str, indent: usize, cells: &[String; 8]) -> String {
    let mut line = format!("{name}{:gap$}", "", gap = indent.saturating_sub(columns_of(name)));
    for (cell, (_, width)) in cells.iter().zip(COLUMNS) {
        line.push_str(&format!("{:gap$}{cell}", "", gap = width.saturating_sub(columns_of(cell))));
    }
    line
}

fn cells(step: &Measurement, held_seconds: f64) -> [String; 8] {
    let rate = step.rate(held_seconds).map_or("-".to_owned(), |rate| format!("{rate:.1}"));
    let [p50, p90, p99, p999, max] = times(&step.latency);
    [step.count().to_string(), rate, step.errors().to_string(), p50, p90, p99, p999, max]
}

fn service_cells(service: &Latency) -> [String; 8] {
    let [p50, p90, p99, p999, max] = times(service);
    let none = String::new;
    [none(), none(), none(), p50, p90, p99, p999, max]
}

fn times(latency: &Latency) -> [String; 5] {
    let at = |share: f64| time(latency.quantile(share));
    [at(0.5), at(0.9), at(0.99), at(0.999), time((latency.count() > 0).then_some(latency.max))]
}
