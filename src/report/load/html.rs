//! A load run as one HTML page: the verdict, tables, and plots as inline SVG. It needs no script, asks no other place for anything, and is
//! read in light or dark.
//!
//! ```text
//! <!DOCTYPE html>
//! <html lang="en"><head><meta charset="utf-8">
//! ```
//!
//! Whatever the provider said is escaped; besides, the page's own policy forbids scripts and requests.

use std::io::{self, Write};

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::words;
use crate::report::text::{Ink, plain};
use crate::verdict::LoadRun;

mod axis;
mod distribution;
mod findings;
mod plot;
mod tables;
mod timeline;

/// Nothing is fetched and nothing runs, whatever a provider may have smuggled into the page.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// How the page looks.
const SHEET: &str = include_str!("html/page.css");

/// Renders the run as a page.
///
/// # Errors
/// `out` cannot be written, or a histogram of the run cannot be read.
pub fn render(run: &LoadRun, out: &mut dyn Write) -> io::Result<()> {
    let plots = plots(run)?;
    let page = html! {
        (DOCTYPE)
        (PreEscaped("\n"))
        html lang="en" {
            head {
                meta charset="utf-8";
                (PreEscaped("\n"))
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "flowproof load: " (plain(&run.plan.name)) ", " (run.verdict.name()) }
                style { (PreEscaped(SHEET)) }
            }
            body {
                (header(run))
                main {
                    (tables::thresholds(run))
                    (tables::steps(run))
                    (tables::remarks(run))
                    (findings::render(run))
                    @if let Some(search) = &run.breakpoint { (tables::search(search)) }
                    @if let Some(changes) = &run.changes { (tables::changes(changes)) }
                    (plots)
                    (findings::errors(run))
                }
                footer {
                    "flowproof " (plain(&run.flowproof)) ". The figures behind the plots: "
                    code { "series.csv" } " (a row a second), " code { "latency.hlog" } " (histograms), "
                    code { "report.json" } " (all of it)."
                }
            }
        }
    };
    // A line each for whoever reads the source; no text holds these, since it is escaped.
    let lines = ["<body", "<section", "<article", "<dt", "<figure", "<li", "<path", "<rect", "<text", "<tr"];
    let page = lines.iter().fold(page.into_string(), |page, tag| page.replace(tag, &format!("\n{tag}")));
    writeln!(out, "{page}")
}

fn header(run: &LoadRun) -> Markup {
    let (ink, why) = words::verdict(run);
    html! {
        header {
            h1 { "Load: " (plain(&run.plan.name)) }
            p class="verdict" {
                strong class=(class(ink)) { (run.verdict.name().to_uppercase()) }
                " " (plain(&why))
            }
            dl class="facts" {
                dt { "provider" } dd { (plain(&run.provider)) ", " (plain(&run.issuer)) }
                dt { "load" } dd { (plain(&words::load(run))) }
                @for line in words::circumstances(run) { dt { } dd { (plain(&line)) } }
                dt { "began" } dd { (plain(&run.started)) }
            }
        }
    }
}

fn plots(run: &LoadRun) -> io::Result<Markup> {
    let series = timeline::series(run).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    Ok(html! {
        section {
            h2 { "Over time" }
            p class="faint" { "What is shaded came before or after the hold and is not measured. Where the pointer rests, a plot says its figures." }
            div class="plots" { (timeline::throughput(run, &series)) (timeline::errors(run, &series)) }
        }
        @for (step, windows) in run.steps.iter().zip(&series.steps) {
            section {
                h2 { (plain(&format!("{}/{}", step.flow, step.step))) }
                div class="plots" { (timeline::latency(run, step, windows, &series)) (distribution::render(step)) }
            }
        }
    })
}

/// The class of an ink.
fn class(ink: Ink) -> &'static str {
    match ink {
        Ink::Good => "good",
        Ink::Bad => "bad",
        Ink::Doubt => "doubt",
        Ink::Open => "open",
        Ink::Strong => "strong",
        Ink::Faint => "faint",
    }
}
