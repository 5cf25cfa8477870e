//! What a machine's generator can do: a table for people, and all of it for programs.
//!
//! ```text
//! closed loop             users     rate/s      p50      p99   generator      server
//! ```

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::files::TEXT_WIDTH;
use super::text::search;
use super::words::time;
use crate::report::json::SCHEMA_VERSION;
use crate::report::terminal::counted;
use crate::report::text::{Ink, Style, columns_of, plain, wrap};
use crate::report::{StoreError, files};
use crate::verdict::{Calibration, Cost, Limit, Rung};

/// Other programs that take more than this share of the machine make figures of little worth.
const DISTURBING: f64 = 0.05;

/// What tells a calibration from other reports.
const KIND: &str = "calibration";

#[derive(Serialize)]
struct Document<'a> {
    schema_version: u32,
    kind: &'static str,
    advice: Vec<String>,
    #[serde(flatten)]
    calibration: &'a Calibration,
}

/// Writes `calibration.json` and `calibration.txt` into `dir`, and says what it wrote.
///
/// # Errors
/// The directory cannot be made, or a file in it not written.
pub fn store(calibration: &Calibration, dir: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let (json, text) = (dir.join("calibration.json"), dir.join("calibration.txt"));
    let document = Document { schema_version: SCHEMA_VERSION, kind: KIND, advice: advice(calibration), calibration };
    files::replace(&json, &|out| {
        serde_json::to_writer_pretty(&mut *out, &document)?;
        writeln!(out)
    })?;
    files::replace(&text, &|out| render(calibration, &Style { color: false, width: TEXT_WIDTH }, out))?;
    Ok(vec![json, text])
}

/// Renders the calibration as text.
///
/// # Errors
/// `out` cannot be written.
pub fn render(calibration: &Calibration, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let head = format!("flowproof {}", calibration.flowproof);
    let cores = counted(calibration.cores, "core");
    writeln!(
        out,
        "{}  what this machine's generator can do: {cores}, with the reference server beside it",
        style.paint(Ink::Strong, head)
    )?;
    let longest = calibration.ceilings.iter().map(|one| columns_of(&plain(&one.name))).max().unwrap_or_default().max(11);
    let titles = format!(
        "\n{:longest$}{:>8}{:>11}{:>9}{:>9}{:>14}{:>14}",
        "closed loop", "users", "rate/s", "p50", "p99", "generator", "server"
    );
    writeln!(out, "{}", style.paint(Ink::Faint, titles))?;
    for ceiling in &calibration.ceilings {
        let best = ceiling.best().map(|rung| rung.users);
        for (at, rung) in ceiling.rungs.iter().enumerate() {
            let name = if at == 0 { plain(&ceiling.name) } else { String::new() };
            let gap = " ".repeat(longest - columns_of(&name));
            let ink = if best == Some(rung.users) { Ink::Strong } else { Ink::Faint };
            writeln!(out, "{name}{gap}{}", style.paint(ink, row(rung)))?;
        }
    }
    let pacing = &calibration.pacing;
    writeln!(
        out,
        "\n{}",
        style.paint(Ink::Faint, plain(&format!("open loop: {} by up to {}", pacing.name, counted(pacing.users, "user"))))
    )?;
    search::render(&pacing.search, style, out)?;
    writeln!(out)?;
    if let Some(octets) = calibration.memory_per_thousand_users {
        writeln!(out, "memory  {} MiB for a thousand users", octets.div_ceil(1 << 20))?;
    }
    for sentence in advice(calibration) {
        for (at, line) in wrap(&sentence, style.columns() - 2).into_iter().enumerate() {
            writeln!(out, "{}{line}", if at == 0 { "- " } else { "  " })?;
        }
    }
    Ok(())
}

fn row(rung: &Rung) -> String {
    let cost = |cost: &Cost| format!("{:.0}µs {:>3.0}%", cost.micros_per_answer, cost.share * 100.0);
    let [p50, p99] = [rung.p50_us, rung.p99_us].map(|micros| time(Some(micros)));
    let [generator, server] = [cost(&rung.generator), rung.server.as_ref().map_or("-".to_owned(), cost)];
    let wrong = if rung.error_percent > 0.0 { format!("  {:.3}% wrong", rung.error_percent) } else { String::new() };
    format!("{:>8}{:>11.1}{p50:>9}{p99:>9}{generator:>14}{server:>14}{wrong}", rung.users, rung.rate)
}

/// What the figures mean for a run against a provider.
fn advice(calibration: &Calibration) -> Vec<String> {
    let mut advice = Vec::new();
    let pacing = &calibration.pacing;
    if let Some(others) = calibration.others.filter(|others| *others > DISTURBING) {
        advice.push(format!(
            "Other programs had {:.0}% of the machine meanwhile: all of this is less than it can do. Calibrate again when nothing else runs.",
            others * 100.0
        ));
    }
    match (pacing.search.sustained, pacing.limit) {
        (Some(rate), Limit::Generator) => advice.push(format!(
            "Up to {rate:.0} arrivals/s of {} the generator keeps its times to a millisecond (p99) with the server beside it; above that, \
             divide the plan over machines with `shard`.",
            pacing.name
        )),
        (Some(rate), Limit::Server) => advice.push(format!(
            "At {rate:.0} arrivals/s of {} the generator kept its times to a millisecond (p99); above that the server was what gave way, \
             so the generator's own limit is higher.",
            pacing.name
        )),
        (Some(rate), Limit::None) => advice.push(format!(
            "The generator kept its times to a millisecond (p99) at {rate:.0} arrivals/s of {}, the most that was tried.",
            pacing.name
        )),
        (None, _) => advice.push(
            "The generator kept its times to a millisecond (p99) at no rate that was tried: this machine does something else as well, and \
             is no place to measure latencies below some milliseconds from."
                .to_owned(),
        ),
    }
    for ceiling in &calibration.ceilings {
        let Some(best) = ceiling.best() else { continue };
        let Some(alone) = best.alone(calibration.cores) else { continue };
        advice.push(format!(
            "{}: {:.0}/s beside the server. With a provider on another machine the generator has all {} to itself, and at {:.0} µs an \
             answer that is {alone:.0}/s at best; above that on this machine use shards.",
            ceiling.name,
            best.rate,
            counted(calibration.cores, "core"),
            best.generator.micros_per_answer,
        ));
    }
    advice
}
