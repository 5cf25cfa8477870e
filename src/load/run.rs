//! A whole run: find the provider, make sure that it may be loaded, prepare, let the users run, and judge.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::crew;
use super::flows::{Assignment, Door};
use super::guard::{Guard, Refused};
use super::measure::steady::{self, FEWEST_SECONDS};
use super::measure::vigil::Vigil;
use super::measure::{Glance, Recorder};
use super::pace::{Course, Lane, Pacer, Timetable};
use super::plan::{Flow, FlowPlan, Plan, Threshold, Warmup};
use super::post::Post;
use super::prepare;
use super::rig::Rig;
use super::seen::{self, Seen};
use super::tell::{News, Tell};
use crate::protocol::Failure;
use crate::provider::{self, Client, Endpoints, Provider, Target, Unreachable, User};
use crate::verdict::{Bearing, FlowRun, LoadRun, Measurement, PlanSummary, Preparation, Steadiness, ThresholdResult};
use crate::wire::{Bounds, Tape, Wire};

/// How a plan is run.
pub struct Order {
    /// The plan.
    pub plan: Plan,
    /// Hosts beyond loopback that the user repeated.
    pub targets: Vec<String>,
    /// Where goose writes its HTML report.
    pub goose_report: Option<PathBuf>,
    /// Ends the run at once when it is cancelled; what was measured by then is still reported.
    pub interrupt: CancellationToken,
    /// Where news goes.
    pub tell: Arc<Tell>,
}

/// Why nothing was measured.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A host that is not to be loaded.
    #[error("{0}")]
    Refused(#[from] Refused),
    /// Nothing answers, or no endpoint is known.
    #[error("{0}")]
    Unreachable(#[from] Unreachable),
    /// The end was asked for before the provider was found.
    #[error("interrupted before anything was measured")]
    Interrupted,
    /// The provider file lacks something that a flow needs.
    #[error("flow {flow}: {what}")]
    Lacking {
        /// The flow.
        flow: String,
        /// What is missing, and where it belongs.
        what: String,
    },
    /// The clients that send cannot be set up.
    #[error("cannot send: {0}")]
    Wire(Failure),
    /// A login of the preparation failed.
    #[error("cannot prepare flow {flow} with clients.{client}: {seen}")]
    Preparation {
        /// The flow.
        flow: String,
        /// The client's role.
        client: String,
        /// What was seen in place of a refresh token.
        seen: String,
    },
    /// goose did not do its part.
    #[error("the load engine failed: {0}")]
    Engine(String),
}

/// Runs a plan against a provider.
///
/// # Errors
/// [`LoadError`], before anything was measured; what happens later is in the [`LoadRun`].
pub async fn run(provider: Provider, order: Order) -> Result<LoadRun, LoadError> {
    let Order { plan, targets, goose_report, interrupt, tell } = order;
    let guard = Guard::new(&provider, targets);
    if let Ok(issuer) = Url::parse(&provider.issuer) {
        guard.check("issuer", &issuer)?;
    }
    let bounds = Bounds { connect: plan.timeout, total: plan.timeout, ..Bounds::default() };
    let wire = Wire::reaching(bounds, provider.connect.clone()).map_err(LoadError::Wire)?;
    let tape = Tape::new(provider.secrets());
    let Target { provider, endpoints, .. } = tokio::select! {
        biased;
        () = interrupt.cancelled() => return Err(LoadError::Interrupted),
        found = provider::discover(&wire, &tape, provider) => found?,
    };
    for (what, url) in touched(&plan, &endpoints) {
        guard.check(what, url)?;
    }

    let course = Arc::new(Course::new(plan.timetable(), plan.count));
    let steps = plan.flows.iter().flat_map(|flow| flow.flow.steps().iter().map(|step| (flow.label().to_owned(), *step)));
    let rig = Arc::new(Rig {
        recorder: Recorder::new(steps, Arc::clone(&course), plan.arrivals.is_some()),
        course: Arc::clone(&course),
        seen: Seen::new(seen::LIMIT),
        wire,
        guard,
        login: provider.login.clone(),
        timeout: plan.timeout,
        cut: interrupt.child_token(),
    });
    let vigil = Arc::new(Vigil::new(tokio::runtime::Handle::current().metrics().num_workers()));
    let mut assignments = Vec::new();
    for (at, users) in plan.allotment().into_iter().enumerate() {
        assignments.push((Arc::new(assign(&plan, at, users, &provider, &endpoints)?), users));
    }

    let prepared = tokio::select! {
        biased;
        () = interrupt.cancelled() => Preparation::default(),
        made = prepare(&rig, &assignments, tell.as_ref()) => made?,
    };
    // The pace is for the preparation; the plan says how the provider is loaded.
    rig.wire.measure();

    let started = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    if !interrupt.is_cancelled() {
        let lanes: Vec<Arc<Lane>> = assignments.iter().filter_map(|(assignment, _)| assignment.lane.clone()).collect();
        let pacer = if lanes.is_empty() { None } else { Some(Pacer::start(Arc::clone(&course), lanes).map_err(engine)?) };
        let watch = tokio::spawn(watch(Arc::clone(&rig), plan.warmup, interrupt.clone(), Arc::clone(&tell)));
        let (own, eyes) = (Arc::clone(&rig), Arc::clone(&vigil));
        let keep = tokio::spawn(async move { eyes.keep(&own.course, &own.cut).await });
        let ran = crew::run(&plan, &rig, &assignments, goose_report.as_deref()).await;
        watch.abort();
        keep.abort();
        drop(pacer);
        match ran {
            Ok(()) => {}
            // What was measured is worth more than goose's report of it.
            Err(error) if rig.recorder.measurements().iter().any(|one| one.sent() > 0) => tell(News::Trouble(&error.to_string())),
            Err(error) => return Err(engine(error)),
        }
    }
    let facts = Facts { plan: &plan, provider: &provider, prepared, started, interrupted: interrupt.is_cancelled() };
    Ok(judge(facts, &rig, &vigil, &assignments))
}

fn engine(error: impl std::fmt::Display) -> LoadError {
    LoadError::Engine(error.to_string())
}

/// Makes what the flows need, one flow after the other.
async fn prepare(rig: &Rig, assignments: &[(Arc<Assignment>, usize)], tell: &Tell) -> Result<Preparation, LoadError> {
    let mut prepared = Preparation::default();
    for (assignment, users) in assignments {
        prepare::rehearse(rig, assignment).await?;
        if assignment.flow == Flow::Refresh {
            let made = prepare::chains(rig, assignment, *users, tell).await?;
            prepared.chains += made.chains;
            prepared.millis += made.millis;
        }
    }
    Ok(prepared)
}

/// Tells once a second how it goes, and cuts the run when its last answers take too long.
async fn watch(rig: Arc<Rig>, warmup: Warmup, interrupt: CancellationToken, tell: Arc<Tell>) {
    let mut second = tokio::time::interval(Duration::from_secs(1));
    // A late line must not be followed by a hurried one: each stands for a second.
    second.set_missed_tick_behavior(MissedTickBehavior::Delay);
    second.tick().await;
    let mut errors = 0;
    let mut is_ending = false;
    loop {
        tokio::select! {
            () = interrupt.cancelled() => {
                tell(News::Ending { interrupted: true });
                return;
            }
            _ = second.tick() => {}
        }
        let (elapsed, recent) = (rig.course.elapsed(), rig.recorder.recent());
        errors += recent.wrong;
        if let Warmup::UntilSteady(_) = warmup {
            end_warmup_when_steady(&rig);
        }
        let ends = rig.course.ends();
        // An answer has its time-out to come, also the one that was asked for last.
        if elapsed > ends + rig.timeout {
            rig.cut.cancel();
            return;
        }
        if elapsed < ends || recent.count > 0 {
            let of = ends.as_secs_f64().ceil() as u64;
            let second = (elapsed.as_secs_f64().round() as u64).min(of);
            tell(News::Running { second, of, users: rig.recorder.users(), recent: &recent, errors });
        } else if !is_ending && rig.recorder.users() > 0 {
            is_ending = true;
            tell(News::Ending { interrupted: false });
        }
    }
}

/// Ends the warm-up now if its last seconds do not drift any more.
fn end_warmup_when_steady(rig: &Rig) {
    let (table, now) = (rig.course.table(), rig.course.elapsed());
    let warm = now.saturating_sub(table.ramp());
    if now >= table.hold_begins() || warm.as_secs() < FEWEST_SECONDS as u64 {
        return;
    }
    let ramp = table.ramp().as_secs_f64().ceil() as usize;
    let last: Vec<_> = rig.recorder.glances().iter().map(|step| recent_seconds(step, ramp)).collect();
    if steady::judge(&last, !rig.recorder.is_open()) == Steadiness::Steady {
        rig.course.change(table.with_warmup(warm));
    }
}

/// The last seconds of a warm-up that is judged while it goes on: enough to judge, and not so many that its beginning weighs for ever.
fn recent_seconds<T: Copy>(seconds: &[T], ramp: usize) -> Vec<T> {
    let warm = seconds.get(ramp..).unwrap_or_default();
    warm[warm.len().saturating_sub(2 * FEWEST_SECONDS)..].to_vec()
}

/// The places that the plan's flows send to.
fn touched<'a>(plan: &Plan, endpoints: &'a Endpoints) -> Vec<(&'static str, &'a Url)> {
    let wants = |flows: &[Flow]| plan.flows.iter().any(|flow| flows.contains(&flow.flow));
    let places = [
        ("token endpoint", &endpoints.token, true),
        ("authorization endpoint", &endpoints.authorization, wants(&[Flow::AuthorizationCode, Flow::Refresh])),
        ("device authorization endpoint", &endpoints.device_authorization, wants(&[Flow::Device])),
    ];
    places.into_iter().filter(|(_, _, touched)| *touched).filter_map(|(what, url, _)| Some((what, url.as_ref()?))).collect()
}

/// Gives a flow its client, users and endpoints.
fn assign(plan: &Plan, at: usize, crew: usize, provider: &Provider, endpoints: &Endpoints) -> Result<Assignment, LoadError> {
    let flow = &plan.flows[at];
    let lacking = |what: String| LoadError::Lacking { flow: flow.label().to_owned(), what };
    let unknown =
        |what: &str| lacking(format!("the {what} endpoint is not known: set `endpoints.{what}` in {}", provider.source));
    let door = |url: &Url| Door::at(url, plan.connections, &provider.connect).map_err(LoadError::Wire);
    let weights: usize = plan.flows.iter().map(|flow| flow.weight).sum();
    let lane = plan.arrivals.as_ref().map(|_| {
        let phase = (at as f64 + 0.5) / plan.flows.len() as f64;
        Arc::new(Lane::new(flow.weight as f64 / weights as f64, phase, plan.shard))
    });
    let client = client(flow, provider).map_err(lacking)?;
    let logs_in = matches!(flow.flow, Flow::AuthorizationCode | Flow::Refresh);
    let users = if flow.flow == Flow::ClientCredentials { Vec::new() } else { users(flow, provider).map_err(lacking)? };
    if logs_in && client.redirect_uri().is_empty() {
        return Err(lacking(format!("clients.{} has no `redirect_uris` in {}", client.role, provider.source)));
    }
    if logs_in && endpoints.authorization.is_none() {
        return Err(unknown("authorization"));
    }
    let device_authorization = match (&endpoints.device_authorization, flow.flow == Flow::Device) {
        (Some(url), true) => Some(door(url)?),
        (None, true) => return Err(unknown("device_authorization")),
        (_, false) => None,
    };
    Ok(Assignment {
        flow: flow.flow,
        label: flow.label().to_owned(),
        client,
        users,
        rotates: flow.rotates,
        token: door(endpoints.token.as_ref().ok_or_else(|| unknown("token"))?)?,
        authorization: endpoints.authorization.clone(),
        device_authorization,
        crew_share: crew as f64 / plan.most_users() as f64,
        lane,
        post: Post::default(),
        chains: Mutex::default(),
    })
}

fn client(flow: &FlowPlan, provider: &Provider) -> Result<Client, String> {
    let grants = flow.flow.grants();
    let wanted = || grants.iter().map(|grant| grant.name()).collect::<Vec<_>>().join(" and ");
    let fits = |client: &Client| grants.iter().all(|grant| client.may(*grant));
    if let Some(role) = &flow.client {
        let client = provider.client(role).ok_or_else(|| format!("there is no `clients.{role}` in {}", provider.source))?;
        return if fits(client) {
            Ok(client.clone())
        } else {
            Err(format!("clients.{role} needs `grants` with {} in {}", wanted(), provider.source))
        };
    }
    let first = flow.flow.roles().iter().filter_map(|role| provider.client(role));
    let found = first.chain(provider.clients.values()).find(|client| fits(client)).cloned();
    let role = flow.flow.roles()[0];
    found.ok_or_else(|| {
        format!("needs a client whose `grants` hold {}, such as `clients.{role}` in {}", wanted(), provider.source)
    })
}

fn users(flow: &FlowPlan, provider: &Provider) -> Result<Vec<User>, String> {
    if let Some(name) = &flow.user {
        let user = provider.user(name).ok_or_else(|| format!("there is no `users.{name}` in {}", provider.source))?;
        return Ok(vec![user.clone()]);
    }
    let mut users: Vec<User> = provider.users.values().cloned().collect();
    if users.len() > 1 {
        users.retain(|user| user.name != "carol");
    }
    if users.is_empty() { Err(format!("needs a user that logs in: `users.alice` in {}", provider.source)) } else { Ok(users) }
}

/// What is known of a run beside what it measured.
struct Facts<'a> {
    plan: &'a Plan,
    provider: &'a Provider,
    prepared: Preparation,
    started: String,
    interrupted: bool,
}

fn judge(facts: Facts<'_>, rig: &Rig, vigil: &Vigil, assignments: &[(Arc<Assignment>, usize)]) -> LoadRun {
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
