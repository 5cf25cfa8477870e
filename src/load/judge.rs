//! What a run that is over says of the provider: its thresholds, whether it was steady, the verdict.

use std::sync::Arc;
use std::time::Duration;

use super::flows::Assignment;
use super::measure::vigil::Vigil;
use super::measure::{Glance, steady};
use super::pace::Timetable;
use super::plan::{Plan, Threshold};
use super::rig::Rig;
use crate::provider::Provider;
use crate::verdict::{Bearing, FlowRun, LoadRun, Measurement, PlanSummary, Preparation, Steadiness, ThresholdResult};

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
}

/// Judges what was measured.
pub fn judge(facts: Facts<'_>, rig: &Rig, vigil: &Vigil, assignments: &[(Arc<Assignment>, usize)]) -> LoadRun {
    let Facts { plan, provider, prepared, started, interrupted } = facts;
    let (steps, table) = (rig.recorder.measurements(), rig.course.table());
    let elapsed = rig.course.elapsed().min(table.ends());
    let before = elapsed.min(table.hold_begins());
    let held = elapsed.saturating_sub(before).as_secs_f64();
    let flows: Vec<FlowRun> = assignments
        .iter()
        .map(|(assignment, _)| assignment.post.report(&assignment.label, &rig.course, assignment.lane.as_deref()))
        .collect();
    let mut whole = Measurement::default();
    for step in &steps {
        whole.merge(step);
    }
    let arrivals = flows.iter().fold(FlowRun::default(), |mut sum, flow| {
        sum.merge(flow);
        sum
    });
    let generator = vigil.report(whole.count(), &whole.latency, arrivals.arrivals.as_ref());
    let thresholds = thresholds(plan, &steps, held, interrupted);
    let verdict = if !interrupted && rig.recorder.is_silent() {
        Bearing::Nothing
    } else if thresholds.iter().any(|one| one.holds == Some(false)) {
        Bearing::Missed
    } else if interrupted {
        Bearing::Interrupted
    } else if generator.bound.is_some() {
        Bearing::GeneratorBound
    } else {
        Bearing::Held
    };
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
        steps,
        findings: Vec::new(),
        chains: rig.recorder.chains(|chains| chains.clone()),
        watch: rig.seen.watch(),
        generator,
        breakpoint: None,
        changes: None,
        thresholds,
        interrupted,
        aborted: None,
        verdict,
    }
}

/// Whether the hold drifted; a hold whose load changes by plan cannot tell.
fn steadiness(plan: &Plan, rig: &Rig, before: Duration) -> Steadiness {
    if !plan.stages.is_empty() {
        return Steadiness::Untold;
    }
    let (first, ends) = (before.as_secs_f64().ceil() as usize, rig.course.ends().as_secs_f64().floor() as usize);
    let held = |step: &Vec<Glance>| step.get(first..step.len().min(ends)).unwrap_or_default().to_vec();
    let held: Vec<_> = rig.recorder.glances().iter().map(held).collect();
    steady::judge(&held, !rig.recorder.is_open())
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
    }
}

/// Judges the plan's thresholds; in a run that was cut short, what was not measured is not held against the provider.
fn thresholds(plan: &Plan, steps: &[Measurement], held_seconds: f64, interrupted: bool) -> Vec<ThresholdResult> {
    let judge = |flow: Option<&str>, threshold: &Threshold| {
        let of_flow = steps.iter().filter(|one| flow.is_none_or(|flow| flow == one.flow));
        let (measured, holds) = threshold.judge(of_flow, held_seconds);
        let holds = if interrupted { holds } else { Some(holds.unwrap_or(false)) };
        ThresholdResult { flow: flow.map(str::to_owned), threshold: threshold.to_string(), measured, holds }
    };
    let default = Threshold::default_errors();
    let bounds_errors = plan.thresholds.iter().any(|threshold| threshold.is_for_errors() && threshold.step().is_none());
    let whole = plan.thresholds.iter().chain((!bounds_errors).then_some(&default));
    let mut results: Vec<ThresholdResult> = whole.map(|threshold| judge(None, threshold)).collect();
    for flow in &plan.flows {
        results.extend(flow.thresholds.iter().map(|threshold| judge(Some(flow.label()), threshold)));
    }
    results
}
