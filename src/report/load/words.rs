//! What a load run says in words, for every format that people read.

use std::time::{Duration, SystemTime};

use crate::report::terminal::counted;
use crate::report::text::Ink;
use crate::verdict::{
    Bearing, Breakpoint, Change, FlowRun, Generator, LoadRun, Outcome, Steadiness, ThresholdResult, micros_in_words,
};

/// Generators that begin so close to each other began together: their clocks may differ, and a second is what is told.
const TOGETHER: Duration = Duration::from_secs(2);

/// Something worth saying beside the figures.
pub struct Remark {
    /// What it is about, in a word or two.
    pub label: &'static str,
    /// How it is to be taken.
    pub ink: Ink,
    /// The remark.
    pub text: String,
}

impl Remark {
    fn faint(label: &'static str, text: String) -> Self {
        Self { label, ink: Ink::Faint, text }
    }
}

/// Milliseconds as a plan spells them: `1m 30s`.
pub fn span(millis: u64) -> String {
    humantime::format_duration(Duration::from_millis(millis)).to_string()
}

fn seconds(seconds: f64) -> String {
    span((seconds * 10.0).round() as u64 * 100)
}

/// What was asked of the run: who asks, how often, for how long.
pub fn load(run: &LoadRun) -> String {
    let plan = &run.plan;
    let who = match &plan.arrivals {
        Some(rate) => format!("{rate} by up to {}", counted(plan.users, "user")),
        None => counted(plan.users, "user"),
    };
    let ramp = if plan.ramp_millis > 0 { format!(", ramp {}", span(plan.ramp_millis)) } else { String::new() };
    let warm = run.before_seconds - plan.ramp_millis as f64 / 1e3;
    let warm = if warm > 0.05 { format!(", warm-up {}", seconds(warm)) } else { String::new() };
    format!("{who}{ramp}{warm}, hold {}", span(plan.hold_millis))
}

/// How it was run, a line each.
pub fn circumstances(run: &LoadRun) -> Vec<String> {
    let plan = &run.plan;
    let mut lines = Vec::new();
    if !plan.stages.is_empty() {
        lines.push(format!("stages: {}", plan.stages.join(", ")));
    }
    lines.push(match &plan.shard {
        Some(shard) => format!("connections: {}; part {shard} of the plan", plan.connections),
        None => format!("connections: {}", plan.connections),
    });
    if !run.shards.is_empty() {
        let parts: Vec<&str> = run.shards.iter().map(|shard| shard.shard.as_str()).collect();
        lines.push(format!("merged from shards {}", parts.join(", ")));
    }
    if run.prepared.chains > 0 {
        let (chains, took) = (counted(run.prepared.chains, "refresh chain"), span(run.prepared.millis));
        lines.push(format!("prepared {chains} in {took}, which is not measured"));
    }
    lines
}

/// Microseconds, or a dash where there is nothing.
pub fn time(micros: Option<u64>) -> String {
    micros.map_or("-".to_owned(), |micros| micros_in_words(micros as f64))
}

/// How the arrivals of a flow kept to their times, where it has any.
pub fn arrivals(flow: &FlowRun) -> Option<Remark> {
    let arrivals = flow.arrivals.as_ref()?;
    let mut text = format!("{}: {} due, {} made", flow.flow, arrivals.due, arrivals.made);
    let causes = [
        (
            arrivals.late_for_want_of_users,
            "because every user still waited for an answer (more users would have begun them in time)",
        ),
        (arrivals.late_by_generator, "because the generator lagged"),
    ];
    let causes: Vec<(u64, &str)> = causes.into_iter().filter(|(late, _)| *late > 0).collect();
    match causes.as_slice() {
        [] => {}
        [(late, why)] => text.push_str(&format!(", {late} of them late, {why}")),
        several => {
            let causes: Vec<String> = several.iter().map(|(late, why)| format!("{late} {why}")).collect();
            text.push_str(&format!(", {} of them late: {}", arrivals.late(), causes.join(", ")));
        }
    }
    if let Some(lag) = arrivals.lag.quantile(0.99) {
        text.push_str(&format!("; where a user was free, begun within {} (p99)", micros_in_words(lag as f64)));
    }
    if arrivals.never_made() > 0 {
        text.push_str(&format!("; {} never made", arrivals.never_made()));
    }
    let ink = if arrivals.late() + arrivals.never_made() > 0 { Ink::Doubt } else { Ink::Faint };
    Some(Remark { label: "arrivals", ink, text })
}

/// What a reader has to know to take the figures for what they are.
pub fn remarks(run: &LoadRun) -> Vec<Remark> {
    let mut remarks: Vec<Remark> = run.flows.iter().filter_map(arrivals).collect();
    remarks.extend(steadiness(run));
    remarks.extend(before(run));
    remarks.extend(generator(&run.generator));
    remarks.extend(shards(run));
    remarks.extend(rests(run));
    remarks.extend(invariants(run));
    let planned = run.plan.hold_millis as f64 / 1e3;
    if run.held_seconds > 0.0 && run.held_seconds < planned * 0.99 {
        let text = format!("{} of {} were measured", seconds(run.held_seconds), span(run.plan.hold_millis));
        remarks.push(Remark { label: "hold", ink: Ink::Doubt, text });
    }
    let unfinished: u64 = run.steps.iter().map(|step| step.unfinished).sum();
    if unfinished > 0 {
        let text = format!("requests under way when the run ended: {unfinished}; they count as neither right nor wrong");
        remarks.push(Remark::faint("note", text));
    }
    let chains = &run.chains;
    if !chains.lost.is_empty() {
        let causes: Vec<String> = chains.lost.iter().map(|(cause, count)| format!("{count} by {cause}")).collect();
        let (again, failed) = (chains.reseeded, chains.not_reseeded);
        let text = format!(
            "refresh chains that broke: {}; begun anew by a login outside the measurement: {again}, by a login that failed: {failed}",
            causes.join(", ")
        );
        remarks.push(Remark { label: "chains", ink: Ink::Doubt, text });
    }
    if run.watch.left_out > 0 {
        let (kept, out, one_in) = (run.watch.kept, run.watch.left_out, run.watch.one_in);
        let text = format!("the watch for repeated tokens and codes kept {kept} of {}, one in {one_in} at its end", kept + out);
        remarks.push(Remark::faint("watch", text));
    }
    remarks
}

fn steadiness(run: &LoadRun) -> Option<Remark> {
    match &run.steadiness {
        Steadiness::Steady => Some(Remark::faint("steady", "neither rate nor latency drifted over the hold".to_owned())),
        Steadiness::Drifting { what, more_seconds } => {
            let more = match more_seconds {
                Some(more) => format!("about {} more would settle it", span(more * 1_000)),
                None => "no end of that is in sight".to_owned(),
            };
            let text = format!("{what} over the hold: the figures are of a provider that is not yet what it will be; {more}");
            Some(Remark { label: "NOT STEADY", ink: Ink::Doubt, text })
        }
        // A load that changes by plan has no steady figures.
        Steadiness::Untold if !run.plan.stages.is_empty() => None,
        Steadiness::Untold => {
            Some(Remark::faint("steady?", "too few seconds or answers to say whether the figures still drifted".to_owned()))
        }
    }
}

fn before(run: &LoadRun) -> Option<Remark> {
    let right: u64 = run.steps.iter().map(|step| step.right_before).sum();
    let wrong: u64 = run.steps.iter().map(|step| step.wrong_before).sum();
    if right + wrong == 0 {
        return None;
    }
    let bad = if wrong == 0 { "none".to_owned() } else { wrong.to_string() };
    let text = format!("{} answers of ramp and warm-up, {bad} of them wrong, are looked at and not measured", right + wrong);
    Some(Remark { label: "before", ink: if wrong > 0 { Ink::Doubt } else { Ink::Faint }, text })
}

fn generator(generator: &Generator) -> Option<Remark> {
    if generator.cpu_seconds <= 0.0 {
        return None;
    }
    let mut text = format!(
        "{:.1} µs of CPU per request, {:.0}% of {}",
        generator.cpu_micros_per_request,
        generator.cpu_share * 100.0,
        counted(generator.threads, "thread")
    );
    if let Some(octets) = generator.peak_memory {
        text.push_str(&format!(", at most {} MiB", octets.div_ceil(1 << 20)));
    }
    if let Some(lag) = generator.lag.quantile(0.99) {
        text.push_str(&format!(", woke up late by {} (p99)", micros_in_words(lag as f64)));
    }
    Some(Remark { label: "generator", ink: if generator.bound.is_some() { Ink::Open } else { Ink::Faint }, text })
}

/// The generators that a run was merged from, as far as they were not alike.
fn shards(run: &LoadRun) -> Vec<Remark> {
    let mut remarks = Vec::new();
    for shard in &run.shards {
        let of_all = shard.generator.cpu_micros_per_request;
        let mut text = format!(
            "{}: {of_all:.1} µs of CPU per request, {:.0}% of {}",
            shard.shard,
            shard.generator.cpu_share * 100.0,
            counted(shard.generator.threads, "thread")
        );
        let mut ink = Ink::Faint;
        if shard.held_seconds < run.held_seconds * 0.99 {
            text.push_str(&format!(", {} of {} were measured", seconds(shard.held_seconds), seconds(run.held_seconds)));
            ink = Ink::Doubt;
        }
        if shard.interrupted {
            text.push_str(", cut short");
            ink = Ink::Doubt;
        }
        if shard.generator.bound.is_some() {
            ink = Ink::Open;
        }
        remarks.push(Remark { label: "shard", ink, text });
    }
    let began: Vec<SystemTime> = run.shards.iter().filter_map(|shard| humantime::parse_rfc3339(&shard.started).ok()).collect();
    let apart = began.iter().max().zip(began.iter().min()).and_then(|(last, first)| last.duration_since(*first).ok());
    if let Some(apart) = apart.filter(|apart| *apart > TOGETHER) {
        let text = format!(
            "the shards began up to {} apart: seconds count from each one's beginning, and the provider did not bear all of them all the time",
            humantime::format_duration(apart)
        );
        remarks.push(Remark { label: "APART", ink: Ink::Doubt, text });
    }
    if run.shards.len() > 1 {
        let text = "a token that came to two shards is not seen: each watched its own".to_owned();
        remarks.push(Remark::faint("note", text));
    }
    remarks
}

/// What was asked for by answers that say that there are too many.
fn rests(run: &LoadRun) -> Option<Remark> {
    let (before, within) = (run.prepared.asked_to_rest, run.generator.asked_to_rest);
    if before + within == 0 {
        return None;
    }
    let rested = seconds(run.generator.rested_seconds);
    let mut text = match (within, run.generator.rested_seconds > 0.0) {
        (0, _) => String::new(),
        (_, true) => format!(
            "{} of the run asked for a rest (429, 503), and all users rested {rested}",
            counted(within as usize, "answer")
        ),
        (_, false) => {
            format!("{} of the run asked for a rest (429, 503), and the plan does not obey", counted(within as usize, "answer"))
        }
    };
    if before > 0 {
        let sep = if text.is_empty() { "" } else { "; " };
        text.push_str(&format!(
            "{sep}{} of the preparation did, which rested {}",
            counted(before as usize, "answer"),
            span(run.prepared.rested_millis)
        ));
    }
    Some(Remark { label: "rests", ink: Ink::Doubt, text })
}

fn invariants(run: &LoadRun) -> Option<Remark> {
    let of = |outcome: Outcome| run.findings.iter().filter(move |finding| finding.outcome == outcome);
    // What is allowed and worth to be known is no doubt.
    let (held, all) =
        (of(Outcome::Passed).count() + of(Outcome::Noted).count(), run.findings.len() - of(Outcome::NotApplicable).count());
    let text = format!("{held} of {} hold, whatever the load", counted(all, "invariant"));
    (all > 0).then_some(Remark { label: "still right", ink: if held == all { Ink::Faint } else { Ink::Doubt }, text })
}

/// A threshold with the flow that it is for.
pub fn threshold(one: &ThresholdResult) -> String {
    match &one.flow {
        Some(flow) => format!("{flow}: {}", one.threshold),
        None => one.threshold.clone(),
    }
}

/// A mark and ink of what holds, does not, or could not be told.
pub fn mark(holds: Option<bool>) -> (&'static str, Ink) {
    match holds {
        Some(true) => ("✓", Ink::Good),
        Some(false) => ("✗", Ink::Bad),
        None => ("?", Ink::Open),
    }
}

/// A figure then, now, and by how much it changed.
pub fn change(change: &Change) -> [String; 3] {
    let show = |value: f64| match change.figure.as_str() {
        "rate" => format!("{value:.1}/s"),
        "errors" => format!("{value:.3}%"),
        _ => micros_in_words(value),
    };
    let by = match change.percent() {
        Some(percent) => format!("{percent:+.1}%"),
        None if change.now == change.before => "=".to_owned(),
        None => "new".to_owned(),
    };
    [show(change.before), show(change.now), by]
}

/// What a search for the most that the provider sustains came to.
pub fn search(search: &Breakpoint) -> (Ink, String) {
    match (search.sustained, search.broken_at) {
        (Some(sustained), Some(broken)) => (Ink::Strong, format!("sustained {sustained:.1}/s; broken at {broken:.1}/s")),
        (Some(sustained), None) => (Ink::Strong, format!("sustained {sustained:.1}/s, the most that was tried")),
        (None, Some(broken)) => (Ink::Bad, format!("broken at {broken:.1}/s, the least that was tried")),
        (None, None) => (Ink::Open, "no rate was tried to its end".to_owned()),
    }
}

/// What the run says of the provider, and why.
pub fn verdict(run: &LoadRun) -> (Ink, String) {
    let missed = run.thresholds.iter().filter(|one| one.holds == Some(false)).count();
    match run.verdict {
        Bearing::Held => (Ink::Good, "every threshold holds".to_owned()),
        Bearing::Violated => {
            let violated = run.findings.iter().filter(|finding| finding.outcome == Outcome::Violated).count();
            (Ink::Bad, format!("{violated} of what must hold whatever the load did not"))
        }
        Bearing::Regressed => {
            let changes = run.changes.as_ref();
            let worse = changes.map_or(0, |changes| changes.changes.iter().filter(|one| one.regressed).count());
            let (are, tolerance) =
                (if worse == 1 { "is" } else { "are" }, changes.map_or(0.0, |changes| changes.tolerance_percent));
            let figures = counted(worse, "figure");
            (Ink::Bad, format!("{figures} {are} worse than in the earlier run, by more than {tolerance}%"))
        }
        Bearing::GeneratorBound => {
            let why = run.generator.bound.clone().unwrap_or_default();
            (Ink::Open, format!("the figures are the generator's, not the provider's: {why}"))
        }
        // A search has no thresholds but its goal.
        Bearing::Missed if run.thresholds.is_empty() && run.breakpoint.is_some() => {
            (Ink::Bad, "the goal did not hold at any rate that was tried".to_owned())
        }
        Bearing::Missed => {
            let aborted = run.aborted.as_ref().map(|threshold| format!("; `{threshold}` ended the run before its time"));
            let of = format!("{missed} of {}", counted(run.thresholds.len(), "threshold"));
            (Ink::Bad, format!("{of} missed{}", aborted.unwrap_or_default()))
        }
        Bearing::Interrupted => (Ink::Open, "the run was cut short; what it measured until then is above".to_owned()),
        Bearing::Nothing if run.breakpoint.as_ref().is_some_and(|search| search.attempts.is_empty()) => {
            (Ink::Open, "no rate was tried to its end".to_owned())
        }
        Bearing::Nothing => (Ink::Open, "nothing came back in time: is the provider up?".to_owned()),
    }
}
