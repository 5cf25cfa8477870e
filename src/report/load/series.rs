//! A load run over time, as CSV for spreadsheets and plots: a row for each second of each step, latencies in microseconds.
//!
//! ```text
//! second,phase,flow,step,right,wrong,intended,p50_us,p90_us,p99_us,max_us
//! ```
//!
//! Seconds count from when the users began; `phase` is `before` (ramp and warm-up), `hold` or `after`. `intended` are the arrivals of the flow
//! that were due, empty where the plan has no arrival rate; latencies are empty where nothing came.

use std::io::{self, Write};

use crate::verdict::{LoadRun, Second};

/// The columns.
const COLUMNS: [&str; 11] =
    ["second", "phase", "flow", "step", "right", "wrong", "intended", "p50_us", "p90_us", "p99_us", "max_us"];

/// Renders the run as a time series.
///
/// # Errors
/// `out` cannot be written, or a histogram of the run cannot be read.
pub fn render(run: &LoadRun, out: &mut dyn Write) -> io::Result<()> {
    let mut table = csv::Writer::from_writer(out);
    table.write_record(COLUMNS)?;
    let due = |flow: &str| {
        let flow = run.flows.iter().find(|one| one.flow == flow)?;
        Some(&flow.arrivals.as_ref()?.seconds)
    };
    let answered = run.steps.iter().map(|step| step.seconds.len());
    let seconds = answered.chain(run.steps.iter().filter_map(|step| due(&step.flow)).map(Vec::len)).max().unwrap_or_default();
    let nothing = Second::default();
    for second in 0..seconds {
        for step in &run.steps {
            let came = step.seconds.get(second).unwrap_or(&nothing);
            let latency = came.latency.unpack().map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
            let time = |micros: u64| if latency.is_empty() { String::new() } else { micros.to_string() };
            let at = |share: f64| time(latency.value_at_quantile(share));
            let intended = due(&step.flow).map(|due| due.get(second).copied().unwrap_or_default());
            table.write_record([
                second.to_string(),
                phase(run, second).to_owned(),
                step.flow.clone(),
                step.step.clone(),
                came.right.to_string(),
                came.wrong.to_string(),
                intended.map(|due| due.to_string()).unwrap_or_default(),
                at(0.5),
                at(0.9),
                at(0.99),
                time(latency.max()),
            ])?;
        }
    }
    table.flush()
}

/// Where a second begins.
fn phase(run: &LoadRun, second: usize) -> &'static str {
    let begins = second as f64;
    if begins < run.before_seconds {
        "before"
    } else if begins < run.before_seconds + run.held_seconds {
        "hold"
    } else {
        "after"
    }
}
