//! The tables of the page: thresholds, steps, what to know beside them, the search for a breakpoint, and changes.

use maud::{Markup, html};

use super::class;
use crate::report::load::words::{self, time};
use crate::report::text::plain;
use crate::verdict::{Breakpoint, Changes, Latency, LoadRun};

/// Each threshold, what was measured, and whether it holds.
pub fn thresholds(run: &LoadRun) -> Markup {
    html! {
        section {
            h2 { "Thresholds" }
            table {
                thead { tr { th { } th { "threshold" } th class="n" { "measured" } } }
                tbody {
                    @for one in &run.thresholds {
                        @let (mark, ink) = words::mark(one.holds);
                        tr { td class=(class(ink)) { (mark) } td { (plain(&words::threshold(one))) } td class="n" { (plain(&one.measured)) } }
                    }
                }
            }
        }
    }
}

/// What each step bore.
pub fn steps(run: &LoadRun) -> Markup {
    let titles = ["answers", "rate/s", "errors", "p50", "p90", "p99", "p99.9", "p99.99", "max"];
    html! {
        section {
            h2 { "Steps" }
            div class="wide" {
                table {
                    thead { tr { th { "step" } @for title in titles { th class="n" { (title) } } } }
                    tbody {
                        @for step in &run.steps {
                            tr {
                                td { (plain(&format!("{}/{}", step.flow, step.step))) }
                                td class="n" { (step.count()) }
                                td class="n" { (step.rate(run.held_seconds).map_or("-".to_owned(), |rate| format!("{rate:.1}"))) }
                                td class=(if step.errors() > 0 { "n bad" } else { "n" }) { (step.errors()) }
                                (times(&step.latency))
                            }
                            @if let Some(service) = &step.service {
                                tr class="faint" { td { "service time" } td { } td { } td { } (times(service)) }
                            }
                        }
                    }
                }
            }
            @if run.steps.iter().any(|step| step.service.is_some()) {
                p class="faint" { "Times count from when a request was due (response time); the service time from when it was sent." }
            }
        }
    }
}

fn times(latency: &Latency) -> Markup {
    let times = [0.5, 0.9, 0.99, 0.999, 0.9999].map(|share| time(latency.quantile(share)));
    let max = time((latency.count() > 0).then_some(latency.max));
    html! { @for time in times.iter().chain([&max]) { td class="n" { (time) } } }
}

/// What a reader has to know to take the figures for what they are.
pub fn remarks(run: &LoadRun) -> Markup {
    let remarks = words::remarks(run);
    html! {
        @if !remarks.is_empty() {
            section {
                h2 { "To know" }
                dl class="facts" {
                    @for remark in &remarks { dt class=(class(remark.ink)) { (remark.label) } dd { (plain(&remark.text)) } }
                }
            }
        }
    }
}

/// The rates that were tried, and what the search came to.
pub fn search(search: &Breakpoint) -> Markup {
    let (ink, what) = words::search(search);
    html! {
        section {
            h2 { "Breakpoint: " (plain(&search.goal)) }
            p class=(class(ink)) { (what) }
            table {
                thead { tr { th class="n" { "rate/s" } th class="n" { "answered/s" } th { } th { "measured" } } }
                tbody {
                    @for attempt in &search.attempts {
                        @let (mark, ink) = words::mark(Some(attempt.held));
                        tr {
                            td class="n" { (format!("{:.1}", attempt.rate)) }
                            td class="n" { (format!("{:.1}", attempt.answered)) }
                            td class=(class(ink)) { (mark) }
                            td { (plain(&attempt.measured.join(", "))) }
                        }
                    }
                }
            }
        }
    }
}

/// Each figure in the earlier run and in this one.
pub fn changes(changes: &Changes) -> Markup {
    html! {
        section {
            h2 { "Changes" }
            p { "Since the run of " (plain(&changes.since)) "; worse by more than " (changes.tolerance_percent) "% is marked ✗." }
            @if !changes.caveats.is_empty() {
                ul { @for caveat in &changes.caveats { li class="doubt" { (plain(caveat)) } } }
            }
            table {
                thead { tr { th { } th { "step" } th { "figure" } th class="n" { "then" } th class="n" { "now" } th class="n" { "change" } } }
                tbody {
                    @for one in &changes.changes {
                        @let [before, now, by] = words::change(one);
                        tr class=[one.regressed.then_some("bad")] {
                            td { (if one.regressed { "✗" } else { "" }) }
                            td { (plain(&format!("{}/{}", one.flow, one.step))) }
                            td { (plain(&one.figure)) }
                            td class="n" { (before) }
                            td class="n" { (now) }
                            td class="n" { (by) }
                        }
                    }
                }
            }
        }
    }
}
