//! Makes one run of those of all shards of a plan: counts and histograms add up without loss, and the whole of it is judged anew.

use std::collections::BTreeMap;

use super::invariant::Invariant;
use super::judge::{Seen, Sums, bearing, drifts, judged};
use super::ledger::{Account, Evidence, times_in_words};
use super::measure::Glance;
use super::pace::Shard;
use super::plan::Threshold;
use crate::verdict::{
    Finding, FlowRun, Generator, Level, LoadRun, Looked, Measurement, Outcome, PlanSummary, ShardRun, Steadiness, ThresholdResult,
};

mod alike;

pub use alike::{Difference, MergeError};

/// A shard's run, by the name that errors call it.
pub struct Part {
    /// Where it was read from.
    pub name: String,
    /// The run.
    pub run: LoadRun,
}

/// Merges the runs of all shards of one plan, in any order, as if one generator had made them. What no report holds is not there: whether a
/// token of one shard came to another as well.
///
/// # Errors
/// They are not all shards of one plan, against one issuer, by one version.
pub fn merge(mut parts: Vec<Part>) -> Result<LoadRun, MergeError> {
    alike::check(&mut parts)?;
    let runs: Vec<&LoadRun> = parts.iter().map(|part| &part.run).collect();
    let first = runs[0];
    let flows = first.flows.iter().map(|flow| {
        let mut whole = FlowRun { flow: flow.flow.clone(), ..FlowRun::default() };
        runs.iter().flat_map(|run| &run.flows).filter(|one| one.flow == flow.flow).for_each(|one| whole.merge(one));
        whole
    });
    let steps = first.steps.iter().map(|step| {
        let mut whole = Measurement { flow: step.flow.clone(), step: step.step.clone(), ..Measurement::default() };
        let is_it = |one: &&Measurement| one.flow == step.flow && one.step == step.step;
        runs.iter().flat_map(|run| &run.steps).filter(is_it).for_each(|one| whole.merge(one));
        whole
    });
    let (flows, steps): (Vec<FlowRun>, Vec<Measurement>) = (flows.collect(), steps.collect());
    let longest = |of: fn(&LoadRun) -> f64| runs.iter().map(|run| of(run)).fold(0.0, f64::max);
    let (before_seconds, held_seconds) = (longest(|run| run.before_seconds), longest(|run| run.held_seconds));
    let looked = looked(&runs);
    let watch = runs.iter().fold(crate::verdict::Watch::default(), |mut sum, run| {
        sum.kept += run.watch.kept;
        sum.limit += run.watch.limit;
        sum.left_out += run.watch.left_out;
        sum.one_in = sum.one_in.max(run.watch.one_in);
        sum
    });
    let musts = Invariant::ALL.iter().filter(|one| one.meaning().level == Level::Must);
    let violations = musts.filter_map(|one| looked.get(&one.id())).map(|looked| looked.breaches).sum();
    let interrupted = runs.iter().any(|run| run.interrupted);
    let sums = Sums { steps: &steps, flows: &flows, held_seconds, violations: Some(violations) };
    let thresholds = first.thresholds.iter().map(|one| judge(one, &sums, interrupted)).collect::<Result<Vec<_>, _>>()?;
    let generator = generators(&runs, &steps);
    let verdict = bearing(&Seen {
        is_silent: runs.iter().all(|run| run.verdict == crate::verdict::Bearing::Nothing),
        interrupted,
        violations,
        thresholds: &thresholds,
        breakpoint: None,
        generator: &generator,
    });
    let mut chains = crate::verdict::Chains::default();
    runs.iter().for_each(|run| chains.merge(&run.chains));
    let mut prepared = crate::verdict::Preparation::default();
    for made in runs.iter().map(|run| run.prepared) {
        prepared.chains += made.chains;
        prepared.logins += made.logins;
        prepared.tokens += made.tokens;
        prepared.millis = prepared.millis.max(made.millis);
        prepared.asked_to_rest += made.asked_to_rest;
        prepared.rested_millis = prepared.rested_millis.max(made.rested_millis);
    }
    Ok(LoadRun {
        flowproof: first.flowproof.clone(),
        started: runs.iter().map(|run| run.started.clone()).min().unwrap_or_default(),
        provider: first.provider.clone(),
        issuer: first.issuer.clone(),
        plan: PlanSummary { shard: None, ..first.plan.clone() },
        prepared,
        before_seconds,
        held_seconds,
        requests: runs.iter().map(|run| run.requests).sum(),
        steadiness: steadiness(first, &steps, before_seconds, before_seconds + held_seconds),
        findings: findings(&runs, &looked, watch.one_in),
        flows,
        steps,
        looked,
        chains,
        watch,
        generator,
        breakpoint: None,
        changes: None,
        thresholds,
        interrupted,
        aborted: runs.iter().find_map(|run| run.aborted.clone()),
        shards: runs.iter().map(|run| shard(run)).collect(),
        verdict,
    })
}

fn judge(one: &ThresholdResult, sums: &Sums<'_>, interrupted: bool) -> Result<ThresholdResult, MergeError> {
    let threshold: Threshold = one.threshold.parse().map_err(MergeError::Threshold)?;
    Ok(judged(one.flow.as_deref(), &threshold, sums, interrupted))
}

fn shard(run: &LoadRun) -> ShardRun {
    ShardRun {
        shard: run.plan.shard.clone().unwrap_or_default(),
        started: run.started.clone(),
        before_seconds: run.before_seconds,
        held_seconds: run.held_seconds,
        generator: run.generator.clone(),
        interrupted: run.interrupted,
    }
}

/// All generators as one; where one of them was what held its part back, the whole was.
fn generators(runs: &[&LoadRun], steps: &[Measurement]) -> Generator {
    let mut whole = Generator::default();
    let mut bounds = Vec::new();
    for run in runs {
        let one = &run.generator;
        whole.threads += one.threads;
        whole.cpu_seconds += one.cpu_seconds;
        whole.cpu_share += one.cpu_share * one.threads as f64;
        whole.peak_memory = whole.peak_memory.max(one.peak_memory);
        whole.lag.merge(&one.lag);
        whole.asked_to_rest += one.asked_to_rest;
        whole.rested_seconds = whole.rested_seconds.max(one.rested_seconds);
        bounds.extend(one.bound.as_ref().map(|bound| format!("shard {}: {bound}", run.plan.shard.as_deref().unwrap_or("?"))));
    }
    whole.cpu_share /= whole.threads.max(1) as f64;
    let answers: u64 = steps.iter().map(Measurement::count).sum();
    whole.cpu_micros_per_request = if answers == 0 { 0.0 } else { whole.cpu_seconds * 1e6 / answers as f64 };
    whole.bound = (!bounds.is_empty()).then(|| bounds.join("; "));
    whole
}

fn steadiness(first: &LoadRun, steps: &[Measurement], begins: f64, ends: f64) -> Steadiness {
    if !first.plan.stages.is_empty() {
        return Steadiness::Untold;
    }
    let glance = |second: &crate::verdict::Second| {
        let latency = second.latency.unpack().unwrap_or_else(|_| crate::verdict::Latency::histogram());
        let p50 = if latency.is_empty() { 0 } else { latency.value_at_quantile(0.5) };
        Glance { count: second.right + second.wrong, p50 }
    };
    let glances: Vec<Vec<Glance>> = steps.iter().map(|step| step.seconds.iter().map(glance).collect()).collect();
    drifts(&glances, begins, ends, first.plan.arrivals.is_none())
}

fn looked(runs: &[&LoadRun]) -> BTreeMap<String, Looked> {
    let mut sum: BTreeMap<String, Looked> = BTreeMap::new();
    for (id, looked) in runs.iter().flat_map(|run| &run.looked) {
        sum.entry(id.clone()).or_default().merge(looked);
    }
    sum
}

/// What must hold whatever the load: a breach in one shard is one of all.
fn findings(runs: &[&LoadRun], looked: &BTreeMap<String, Looked>, one_in: u64) -> Vec<Finding> {
    let of = |invariant: &Invariant| {
        let id = invariant.id();
        let found: Vec<(&LoadRun, &Finding)> =
            runs.iter().filter_map(|run| Some((*run, run.findings.iter().find(|finding| finding.id == id)?))).collect();
        let with = |outcomes: &[Outcome]| {
            let (run, finding) = found.iter().find(|(_, finding)| outcomes.contains(&finding.outcome))?;
            Some(evidence(finding, run.looked.get(&id).copied().unwrap_or_default()))
        };
        let (breach, remark) = (with(&[Outcome::Violated, Outcome::Warned]), with(&[Outcome::Noted]));
        let mut open: Vec<String> = Vec::new();
        for reason in found.iter().filter_map(|(_, finding)| finding.reason.as_ref()) {
            if !open.contains(reason) {
                open.push(reason.clone());
            }
        }
        let looked = looked.get(&id).copied().unwrap_or_default();
        let account = Account { looked, breach: breach.as_ref(), remark: remark.as_ref(), open: &open };
        account.finding(*invariant, &runs[0].issuer, one_in)
    };
    Invariant::ALL.iter().filter_map(of).collect()
}

/// What showed a breach or a remark in the run of one shard, where it was seen so often.
fn evidence(finding: &Finding, looked: Looked) -> Evidence {
    let times = times_in_words(if looked.breaches > 0 { looked.breaches } else { looked.remarks });
    let got = finding.violation.as_ref().map(|violation| violation.got.strip_suffix(&times).unwrap_or(&violation.got).to_owned());
    Evidence { got, client: finding.client.clone(), exchanges: finding.exchanges.clone() }
}

/// The shard that a run says it is.
fn shard_of(run: &LoadRun) -> Option<Shard> {
    run.plan.shard.as_deref()?.parse().ok()
}
