//! What a run is like at this moment, for whoever watches it: plain data, made when it is asked for and at nobody's cost otherwise.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::breakpoint;
use super::flows::Assignment;
use super::judge::{Sums, holds, thresholds_of};
use super::measure::Pulse;
use super::measure::vigil::Vigil;
use super::plan::{Plan, Warmup};
use super::rig::{Phase, Rig};
use super::watch::Watch;
use crate::verdict::{Arrivals, FlowRun, Generator, Level, Measurement, ThresholdResult};

mod trail;

pub use trail::Moment;
use trail::Trail;

/// A run that can be looked at while it is under way.
pub struct Live {
    rig: Arc<Rig>,
    plan: Arc<Plan>,
    assignments: Vec<Arc<Assignment>>,
    vigil: Arc<Vigil>,
    provider: String,
    issuer: String,
    goal: Option<String>,
    seen: Mutex<Seen>,
}

/// What was seen at the last look; some of it stands until another second is over.
#[derive(Default)]
struct Seen {
    trail: Trail,
    thresholds: Vec<ThresholdResult>,
    generator: Generator,
}

/// A run at a moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    /// The plan's name.
    pub plan: String,
    /// The provider's name.
    pub provider: String,
    /// The issuer that is loaded.
    pub issuer: String,
    /// Where in its course the run is.
    pub phase: Phase,
    /// Whether the warm-up ends as soon as the figures are steady.
    pub until_steady: bool,
    /// Since the users began.
    pub elapsed: Duration,
    /// When all users are there, or the rate is reached.
    pub ramp_ends: Duration,
    /// When the hold begins, as things stand.
    pub hold_begins: Duration,
    /// When the run ends, as things stand; a search at the latest.
    pub ends: Duration,
    /// Passes of the hold that began, and how many there are to be, where they are counted.
    pub passes: Option<(u64, u64)>,
    /// Users that began.
    pub users: usize,
    /// Users that there are to be at most.
    pub most_users: usize,
    /// Arrivals per second that are intended now, where the plan has an arrival rate.
    pub intended: Option<f64>,
    /// Every step of every flow, in the plan's order.
    pub steps: Vec<StepNow>,
    /// Seconds that the rates and percentiles of the steps are taken over.
    pub window: usize,
    /// What came in each second that is over, since the users began.
    pub moments: Vec<Moment>,
    /// How the arrivals of the hold kept to their times so far, where there are any; the seconds are left out.
    pub arrivals: Option<Arrivals>,
    /// Wrong answers since the users began, by step and kind; the most frequent come first.
    pub errors: Vec<(String, u64)>,
    /// What must or should hold whatever the load, and did not.
    pub broken: Vec<Broken>,
    /// The plan's thresholds over the hold so far.
    pub thresholds: Vec<ThresholdResult>,
    /// The search for the most that the provider sustains, where this is one.
    pub search: Option<Search>,
    /// What the generator needed in the hold so far, and whether it holds the run back.
    pub generator: Generator,
    /// The share of its threads' time that it used in the last second, from 0 to 1.
    pub cpu_share: Option<f64>,
    /// How the provider asked for rests.
    pub rest: Rest,
}

/// A step as it goes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StepNow {
    /// The flow, by its name in the plan.
    pub flow: String,
    /// The step within the flow.
    pub step: String,
    /// Answers since the users began, right or wrong.
    pub count: u64,
    /// Wrong ones among them, and answers that did not come.
    pub wrong: u64,
    /// Answers per second in the last seconds; none where no second is over.
    pub rate: Option<f64>,
    /// Latencies that half, nine tenths and 99 of a hundred answers of the last seconds did not exceed, in microseconds.
    pub percentiles: Option<[u64; 3]>,
}

/// An invariant that did not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// What should have held.
    pub title: &'static str,
    /// Whether it is a must.
    pub is_must: bool,
    /// How often it did not.
    pub times: u64,
}

/// A search as it goes.
#[derive(Clone, Debug, PartialEq)]
pub struct Search {
    /// What has to hold.
    pub goal: String,
    /// The arrivals per second that are tried now; none before the first attempt and between two.
    pub trying: Option<f64>,
}

/// How a provider asked for rests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rest {
    /// Answers that asked for one: 429 and 503.
    pub asked: u64,
    /// How long all rested on that account, or are to rest.
    pub rested: Duration,
    /// How much longer they rest now.
    pub left: Option<Duration>,
}

impl Live {
    pub(super) fn new(watch: &Watch, vigil: &Arc<Vigil>, (provider, issuer): (&str, &str), goal: Option<String>) -> Self {
        Self {
            rig: Arc::clone(&watch.rig),
            plan: Arc::clone(&watch.plan),
            assignments: watch.assignments.clone(),
            vigil: Arc::clone(vigil),
            provider: provider.to_owned(),
            issuer: issuer.to_owned(),
            goal,
            seen: Mutex::default(),
        }
    }

    /// The plan's name.
    pub fn plan(&self) -> &str {
        &self.plan.name
    }

    /// The issuer that is loaded.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Looks at the run: a few times a second is often enough. Whoever looks does the work, not the users.
    pub fn snapshot(&self) -> Snapshot {
        let Rig { course, recorder, .. } = &*self.rig;
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let Seen { trail, thresholds, generator } = &mut *seen;
        let (elapsed, table) = (course.elapsed(), course.table());
        let pulses = recorder.pulse(trail.seconds());
        let flows: Vec<FlowRun> = self.assignments.iter().map(|one| one.report(course)).collect();
        let arrivals = arrivals(&flows);
        if trail.follow(&pulses, self.vigil.threads()) {
            let sums = recorder.sums();
            *thresholds = self.thresholds(&sums, &flows, elapsed);
            let mut whole = Measurement::default();
            sums.iter().for_each(|step| whole.merge(step));
            *generator = self.vigil.report(whole.count(), &whole.latency, arrivals.as_ref());
        }
        let phase = self.rig.phase();
        let (asked, rested) = self.rig.obedience.rested();
        let level = table.level(elapsed) / f64::from(self.plan.shard.of());
        Snapshot {
            plan: self.plan.name.clone(),
            provider: self.provider.clone(),
            issuer: self.issuer.clone(),
            phase,
            until_steady: matches!(self.plan.warmup, Warmup::UntilSteady(_)),
            elapsed,
            ramp_ends: table.ramp(),
            hold_begins: table.hold_begins(),
            ends: if self.goal.is_some() { table.hold_begins() + self.plan.hold } else { table.ends() },
            passes: self.plan.own_count().and_then(|all| Some((all.saturating_sub(course.left()?), all))),
            users: recorder.users(),
            most_users: self.plan.most_users(),
            intended: (recorder.is_open() && !matches!(phase, Phase::Before | Phase::Over)).then_some(level),
            steps: pulses.iter().enumerate().map(|(at, pulse)| trail.step(at, pulse)).collect(),
            window: trail.window(),
            moments: trail.moments(table.hold_begins()),
            arrivals,
            errors: errors(&pulses),
            broken: self.broken(),
            thresholds: thresholds.clone(),
            search: self.goal.clone().map(|goal| Search { goal, trying: breakpoint::tried_at(&table, elapsed) }),
            generator: generator.clone(),
            cpu_share: trail.cpu_share(),
            rest: Rest { asked, rested, left: self.rig.obedience.left() },
        }
    }

    fn thresholds(&self, sums: &[Measurement], flows: &[FlowRun], elapsed: Duration) -> Vec<ThresholdResult> {
        let table = self.rig.course.table();
        let held = elapsed.min(table.ends()).saturating_sub(table.hold_begins()).as_secs_f64();
        let sums = Sums { steps: sums, flows, held_seconds: held, violations: Some(self.rig.ledger.violations()) };
        let judged = thresholds_of(&self.plan).into_iter().map(|(flow, threshold)| {
            let (measured, holds) = holds(flow, &threshold, &sums);
            ThresholdResult { flow: flow.map(str::to_owned), threshold: threshold.to_string(), measured, holds }
        });
        judged.collect()
    }

    fn broken(&self) -> Vec<Broken> {
        let broken = self.rig.ledger.breaches().into_iter().map(|(invariant, times)| {
            let meaning = invariant.meaning();
            Broken { title: meaning.title, is_must: meaning.level == Level::Must, times }
        });
        broken.collect()
    }
}

/// The arrivals of all flows together; which second they were due in is nothing for a moment's look.
fn arrivals(flows: &[FlowRun]) -> Option<Arrivals> {
    let mut all: Option<Arrivals> = None;
    for arrivals in flows.iter().filter_map(|flow| flow.arrivals.as_ref()) {
        all.get_or_insert_default().merge(&Arrivals { seconds: Vec::new(), ..arrivals.clone() });
    }
    all
}

/// Errors by step and kind, the most frequent first.
fn errors(pulses: &[Pulse]) -> Vec<(String, u64)> {
    let of = |pulse: &Pulse| {
        let place = format!("{}/{}", pulse.flow, pulse.step.name());
        pulse.wrong.iter().map(|(fault, count)| (format!("{place}: {fault}"), *count)).collect::<Vec<_>>()
    };
    let mut errors: Vec<(String, u64)> = pulses.iter().flat_map(of).collect();
    // Kinds that are as frequent keep the order of the plan.
    errors.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    errors
}
