//! What was wrong, with the exchanges that show it: invariants that did not hold, and errors by kind.

use maud::{Markup, html};

use super::class;
use crate::protocol::Exchange;
use crate::report::terminal;
use crate::report::terminal::exchange;
use crate::report::text::{Style, plain};
use crate::verdict::{Finding, LoadRun, Measurement, Outcome};

/// The columns of an exchange; a browser scrolls what is longer.
const WIDTH: usize = 110;

/// What must hold whatever the load, as far as it did not, and by name what did.
pub fn render(run: &LoadRun) -> Markup {
    let (held, open): (Vec<&Finding>, Vec<&Finding>) = run
        .findings
        .iter()
        .partition(|finding| matches!(finding.outcome, Outcome::Passed | Outcome::NotApplicable | Outcome::Known));
    html! {
        @if !run.findings.is_empty() {
            section {
                h2 { "Still right under load" }
                @for finding in open { (open_finding(finding)) }
                @if !held.is_empty() {
                    ul class="held" {
                        @for finding in held {
                            li {
                                span class=(class(terminal::ink(finding.outcome))) { (finding.outcome.name()) } " "
                                (plain(&finding.rule))
                                @if let Some(reason) = &finding.reason { " (" (plain(reason)) ")" }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn open_finding(finding: &Finding) -> Markup {
    let judged = finding.judged().map(|at| &finding.exchanges[at]);
    html! {
        article {
            h3 {
                span class=(class(terminal::ink(finding.outcome))) { (finding.outcome.name()) } " " (plain(&finding.id))
                @if let Some(violation) = &finding.violation { " (" (violation.kind.name()) ")" }
            }
            dl class="facts" {
                dt { (finding.level.name()) } dd { (plain(&finding.rule)) }
                @for section in &finding.sections {
                    dt { "section" } dd { a href=(section.link()) rel="noreferrer" { (plain(&section.to_string())) } }
                }
                @match &finding.violation {
                    Some(violation) => {
                        dt { "expected" } dd { (plain(&violation.expected)) }
                        dt { "got" } dd { (plain(&violation.got)) }
                        dt { "step" } dd { (plain(&violation.step)) }
                    }
                    None => { dt { "got" } dd { (plain(finding.reason.as_deref().unwrap_or("no more is known"))) } }
                }
            }
            @if let Some(exchange) = judged { (shown("exchange", exchange)) }
        }
    }
}

/// Wrong answers by kind, with an example of each.
pub fn errors(run: &LoadRun) -> Markup {
    html! {
        @if run.steps.iter().any(|step| step.errors() > 0) {
            section {
                h2 { "Errors by kind" }
                table {
                    thead { tr { th class="n" { "count" } th class="n" { "share" } th { "step" } th { "kind" } } }
                    tbody {
                        @for step in &run.steps { @for (kind, count) in kinds(step) {
                            tr {
                                td class="n" { (count) }
                                td class="n" { (format!("{:.2}%", count as f64 * 100.0 / step.count() as f64)) }
                                td { (plain(&format!("{}/{}", step.flow, step.step))) }
                                td { (plain(kind)) }
                            }
                        } }
                    }
                }
                @for step in &run.steps { @for (kind, exchange) in &step.examples {
                    (shown(&format!("{}/{}: {kind}, such as", step.flow, step.step), exchange))
                } }
            }
        }
    }
}

/// The kinds of wrong answers, the most frequent first.
fn kinds(step: &Measurement) -> Vec<(&String, u64)> {
    let mut kinds: Vec<(&String, u64)> =
        step.wrong.iter().map(|(kind, count)| (kind, *count)).filter(|(_, count)| *count > 0).collect();
    kinds.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    kinds
}

fn shown(title: &str, exchange: &Exchange) -> Markup {
    let mut text = Vec::new();
    exchange::whole(exchange, 0, &Style { color: false, width: WIDTH }, &mut text).expect("a vector takes what is written");
    html! { details { summary { (plain(title)) } pre { (String::from_utf8_lossy(&text)) } } }
}
