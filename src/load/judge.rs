//! What a run that is over says of the provider: its thresholds, whether it was steady, the verdict.

use std::sync::Arc;
use std::time::Duration;

use super::flows::Assignment;
use super::measure::vigil::Vigil;
use super::measure::{Glance, steady};
use super::pace::Timetable;
use super::plan::{Evidence, Plan, Threshold};
use super::rig::Rig;
use crate::provider::Provider;
use crate::verdict::{
    Bearing, Breakpoint, FlowRun, Generator, LoadRun, Measurement, PlanSummary, Preparation, Steadiness, ThresholdResult,
};

/// What is known of a run beside what it measured.
pub struct Facts<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// Who was loaded.
    pub provider: &'a Provider,
    /// What was made before the clock started.
    pub prepared: Preparation,
    /// When the users began, RFC 3339, UTC.
    pub started: String,
    /// Whether it was cut short.
    pub interrupted: bool,
    /// What the search for the most that the provider sustains came to.
    pub breakpoint: Option<Breakpoint>,
    /// The threshold that ended it before its time.
    pub aborted: Option<String>,
}

/// Judges what was measured.
pub fn judge(facts: Facts<'_>, rig: &Rig, vigil: &Vigil, assignments: &[(Arc<Assignment>, usize)]) -> LoadRun {
    let Facts { plan, provider, prepared, started, interrupted, aborted, breakpoint } = facts;
    // What is summed up needs no seconds; what is reported does.
    let (sums, table) = (rig.recorder.sums(), rig.course.table());
    let elapsed = rig.course.elapsed().min(table.ends());
    let before = elapsed.min(table.hold_begins());
    let held = elapsed.saturating_sub(before).as_secs_f64();
    let flows: Vec<FlowRun> = assignments.iter().map(|(assignment, _)| assignment.report(&rig.course)).collect();
    let mut whole = Measurement::default();
    for step in &sums {
        whole.merge(step);
    }
    let arrivals = flows.iter().fold(FlowRun::default(), |mut sum, flow| {
        sum.merge(flow);
        sum
    });
    let (asked_to_rest, rested) = rig.obedience.rested();
    let generator = Generator {
        asked_to_rest,
        rested_seconds: rested.as_secs_f64(),
        ..vigil.report(whole.count(), &whole.latency, arrivals.arrivals.as_ref())
    };
    let findings = rig.ledger.findings(&provider.issuer, rig.seen.watch().one_in);
    let violations = rig.ledger.violations();
    let sums = Sums { steps: &sums, flows: &flows, held_seconds: held, violations: Some(violations) };
    let thresholds = thresholds(plan, &sums, interrupted);
    let verdict = bearing(&Seen {
        is_silent: rig.recorder.is_silent(),
        interrupted,
        violations,
        thresholds: &thresholds,
        breakpoint: breakpoint.as_ref(),
        generator: &generator,
    });
    LoadRun {
        flowproof: env!("CARGO_PKG_VERSION").to_owned(),
        started,
        provider: provider.name.clone(),
        issuer: provider.issuer.clone(),
        plan: summary(plan, &table),
        prepared,
        before_seconds: before.as_secs_f64(),
        held_seconds: held,
        requests: rig.recorder.requests(),
        steadiness: steadiness(plan, rig, before),
        flows,
        steps: rig.recorder.measurements(),
        findings,
        looked: rig.ledger.looked(),
        chains: rig.recorder.chains(|chains| chains.clone()),
        watch: rig.seen.watch(),
        generator,
        breakpoint,
        changes: None,
        thresholds,
        interrupted,
        aborted,
        shards: Vec::new(),
        verdict,
    }
}

/// What the verdict is made from.
pub struct Seen<'a> {
    /// Whether nothing ever answered.
    pub is_silent: bool,
    /// Whether the run was cut short.
    pub interrupted: bool,
    /// Breaches of what must hold whatever the load.
    pub violations: u64,
    /// The thresholds.
    pub thresholds: &'a [ThresholdResult],
    /// The search, where it is one.
    pub breakpoint: Option<&'a Breakpoint>,
    /// The generator.
    pub generator: &'a Generator,
}

/// What all of it says of the provider: the first that holds.
pub fn bearing(seen: &Seen<'_>) -> Bearing {
    let found_nothing = seen.breakpoint.is_some_and(|one| one.sustained.is_none() && one.broken_at.is_some());
    if !seen.interrupted && seen.is_silent {
        Bearing::Nothing
    } else if seen.violations > 0 {
        Bearing::Violated
    } else if seen.thresholds.iter().any(|one| one.holds == Some(false)) || found_nothing {
        Bearing::Missed
    } else if seen.interrupted {
        Bearing::Interrupted
    } else if seen.breakpoint.is_some_and(|one| one.attempts.is_empty()) {
        Bearing::Nothing
    } else if seen.generator.bound.is_some() {
        Bearing::GeneratorBound
    } else {
        Bearing::Held
    }
}

/// Whether the hold drifted; a hold whose load changes by plan cannot tell.
fn steadiness(plan: &Plan, rig: &Rig, before: Duration) -> Steadiness {
    if !plan.stages.is_empty() {
        return Steadiness::Untold;
    }
    drifts(&rig.recorder.glances(), before.as_secs_f64(), rig.course.ends().as_secs_f64(), !rig.recorder.is_open())
}

/// Whether what came between these two times, in seconds since the beginning, drifted.
pub fn drifts(steps: &[Vec<Glance>], begins: f64, ends: f64, has_rate: bool) -> Steadiness {
    let (first, ends) = (begins.ceil() as usize, ends.floor() as usize);
    let held = |step: &Vec<Glance>| step.get(first..step.len().min(ends)).unwrap_or_default().to_vec();
    let held: Vec<_> = steps.iter().map(held).collect();
    steady::judge(&held, has_rate)
}

fn summary(plan: &Plan, table: &Timetable) -> PlanSummary {
    let millis = |span: Duration| u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
    PlanSummary {
        name: plan.name.clone(),
        users: plan.users,
        arrivals: plan.arrivals.as_ref().map(ToString::to_string),
        ramp_millis: millis(plan.ramp),
        hold_millis: millis(table.ends() - table.hold_begins()),
        timeout_millis: millis(plan.timeout),
        stages: plan.stages.iter().map(ToString::to_string).collect(),
        connections: plan.connections.to_string(),
        shard: (!plan.shard.is_whole()).then(|| plan.shard.to_string()),
        digest: plan.digest(),
    }
}

/// What the thresholds are judged by, beside the plan.
pub struct Sums<'a> {
    /// What the steps bore.
    pub steps: &'a [Measurement],
    /// How often the flows were run, and how their arrivals kept to their times.
    pub flows: &'a [FlowRun],
    /// Seconds that rates are taken over.
    pub held_seconds: f64,
    /// What must hold whatever the load, and did not; none where it is not known yet.
    pub violations: Option<u64>,
}

/// Judges one threshold, of a flow or of the whole run.
pub fn holds(flow: Option<&str>, threshold: &Threshold, sums: &Sums<'_>) -> (String, Option<bool>) {
    let is_meant = |name: &str| flow.is_none_or(|flow| flow == name);
    let mut of_all = FlowRun::default();
    for one in sums.flows.iter().filter(|one| is_meant(&one.flow)) {
        of_all.merge(one);
    }
    threshold.judge(&Evidence {
        steps: sums.steps.iter().filter(|one| is_meant(&one.flow)).collect(),
        held_seconds: sums.held_seconds,
        arrivals: of_all.arrivals.as_ref(),
        violations: sums.violations,
    })
}

/// The plan's thresholds, each with the flow that it is for; errors are bounded in every plan.
pub fn thresholds_of(plan: &Plan) -> Vec<(Option<&str>, Threshold)> {
    // A search goes beyond what holds, on purpose.
    if plan.is_search() {
        return Vec::new();
    }
    let bounds_errors = plan.thresholds.iter().any(|threshold| threshold.is_for_errors() && threshold.step().is_none());
    let default = (!bounds_errors).then(Threshold::default_errors);
    let whole = plan.thresholds.iter().cloned().chain(default).map(|threshold| (None, threshold));
    let of_flows = plan.flows.iter().flat_map(|flow| flow.thresholds.iter().map(|one| (Some(flow.label()), one.clone())));
    whole.chain(of_flows).collect()
}

/// Judges the plan's thresholds; in a run that was cut short, what was not measured is not held against the provider.
fn thresholds(plan: &Plan, sums: &Sums<'_>, interrupted: bool) -> Vec<ThresholdResult> {
    let judge = |(flow, threshold): (Option<&str>, Threshold)| judged(flow, &threshold, sums, interrupted);
    thresholds_of(plan).into_iter().map(judge).collect()
}

/// A threshold and what became of it.
pub fn judged(flow: Option<&str>, threshold: &Threshold, sums: &Sums<'_>, interrupted: bool) -> ThresholdResult {
    let (measured, holds) = holds(flow, threshold, sums);
    let holds = if interrupted { holds } else { Some(holds.unwrap_or(false)) };
    ThresholdResult { flow: flow.map(str::to_owned), threshold: threshold.to_string(), measured, holds }
}
