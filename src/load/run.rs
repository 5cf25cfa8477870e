//! A whole run: find the provider, make sure that it may be loaded, prepare, let the users run, and judge.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use tokio_util::sync::CancellationToken;
use url::Url;

use super::aftermath;
use super::assign::Means;
use super::breakpoint::{self, Goal};
use super::crew::{self, Own};
use super::data::{DataError, DataSets};
use super::export::{About, Exporting, Exports, Figures};
use super::flows::Assignment;
use super::guard::{Guard, Refused};
use super::judge::{Facts, judge};
use super::ledger::Ledger;
use super::live::Live;
use super::measure::Recorder;
use super::measure::vigil::Vigil;
use super::obedience::Obedience;
use super::pace::{Course, Lane, Pacer};
use super::plan::Plan;
use super::prepare;
use super::rig::Rig;
use super::seen::{self, OpenCodes, Seen};
use super::tell::{News, Tell};
use super::watch::Watch;
use crate::protocol::Failure;
use crate::provider::{self, Provider, Target, Unreachable};
use crate::verdict::{LoadRun, Preparation};
use crate::wire::{Bounds, Tape, Wire};

/// How a plan is run.
pub struct Order {
    /// The plan.
    pub plan: Plan,
    /// What has to hold at the highest arrival rate that is searched for; none where the plan is run as it is.
    pub breakpoint: Option<Goal>,
    /// The process of the reference server, where that is the one that is loaded: its CPU time is told beside the generator's.
    pub server: Option<u32>,
    /// Hosts beyond loopback that the user repeated.
    pub targets: Vec<String>,
    /// Where goose writes its HTML report.
    pub goose_report: Option<PathBuf>,
    /// Who is told how it goes while it lasts, beside `tell`.
    pub exports: Exports,
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
    /// A data set cannot be used.
    #[error("{0}")]
    Data(#[from] DataError),
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
    let Order { mut plan, breakpoint, server, targets, goose_report, exports, interrupt, tell } = order;
    let Exports { scrape, collector, goose_dashboard } = exports;
    if breakpoint.is_some() {
        plan.search();
    }
    let plan = Arc::new(plan);
    let guard = Guard::new(&provider, targets);
    if let Ok(issuer) = Url::parse(&provider.issuer) {
        guard.check("issuer", &issuer)?;
    }
    let bounds = Bounds { connect: plan.timeout, total: plan.timeout, ..Bounds::default() };
    let wire = Wire::reaching(bounds, provider.connect.clone()).map_err(LoadError::Wire)?.paced(provider.pace);
    let tape = Tape::new(provider.secrets());
    let data = DataSets::read(&plan.data, plan.shard)?;
    tape.learn(data.secrets());
    let Target { provider, endpoints, metadata } = tokio::select! {
        biased;
        () = interrupt.cancelled() => return Err(LoadError::Interrupted),
        found = provider::discover(&wire, &tape, provider) => found?,
    };
    let means = Means { plan: &plan, provider: &provider, endpoints: &endpoints, metadata: metadata.from.as_ref(), data: &data };
    for (what, url) in means.touched() {
        guard.check(what, url)?;
    }

    let table = breakpoint.as_ref().map_or_else(|| plan.timetable(), |goal| breakpoint::timetable(&plan, goal));
    let course = Arc::new(Course::new(table, plan.own_count()));
    let steps = plan.flows.iter().flat_map(|flow| flow.steps().into_iter().map(|step| (flow.label().to_owned(), step)));
    let rig = Arc::new(Rig {
        recorder: Recorder::new(steps, Arc::clone(&course), plan.arrivals.is_some()),
        course: Arc::clone(&course),
        seen: Seen::new(seen::LIMIT),
        user_codes: OpenCodes::new(seen::MOST_OPEN),
        ledger: Ledger::default(),
        wire,
        guard,
        obedience: Obedience::new(plan.obey),
        login: provider.login.clone(),
        timeout: plan.timeout,
        cut: interrupt.child_token(),
    });
    let vigil = Arc::new(Vigil::new(tokio::runtime::Handle::current().metrics().num_workers(), server));
    let mut assignments = Vec::new();
    for (at, users) in plan.allotment().into_iter().enumerate() {
        assignments.push((Arc::new(means.assign(at, users)?), users));
    }

    let watch = Arc::new(Watch {
        rig: Arc::clone(&rig),
        plan: Arc::clone(&plan),
        assignments: assignments.iter().map(|(assignment, _)| Arc::clone(assignment)).collect(),
        tell: Arc::clone(&tell),
        aborted: OnceLock::new(),
    });
    let goal = breakpoint.as_ref().map(ToString::to_string);
    tell(News::Found(&Arc::new(Live::new(&watch, &vigil, (&provider.name, &provider.issuer), goal))));
    let figures = Arc::new(Figures {
        rig: Arc::clone(&rig),
        assignments: watch.assignments.clone(),
        vigil: Arc::clone(&vigil),
        about: About { plan: stem(&plan.name), shard: plan.shard.to_string(), provider: provider.name.clone() },
    });
    let exporting = Exporting::start(scrape, collector, &figures, &tell).map_err(engine)?;
    let prepared = tokio::select! {
        biased;
        () = interrupt.cancelled() => Preparation::default(),
        made = prepare(&rig, &assignments, tell.as_ref()) => made?,
    };
    let rested = rig.wire.rested();
    let rested_millis = rested.time.as_millis().try_into().unwrap_or(u64::MAX);
    let prepared = Preparation { asked_to_rest: rested.answers, rested_millis, ..prepared };
    // The pace is for the preparation; the plan says how the provider is loaded.
    rig.wire.measure();

    let mut searched = None;
    let started = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    if !interrupt.is_cancelled() {
        let lanes: Vec<Arc<Lane>> = assignments.iter().filter_map(|(assignment, _)| assignment.lane.clone()).collect();
        let pacer = if lanes.is_empty() { None } else { Some(Pacer::start(Arc::clone(&course), lanes).map_err(engine)?) };
        let (looks, ends) = (Arc::clone(&watch), interrupt.clone());
        let looking = tokio::spawn(async move { looks.keep(ends).await });
        let (own, eyes) = (Arc::clone(&rig), Arc::clone(&vigil));
        let keep = tokio::spawn(async move { eyes.keep(&own.course, &own.cut).await });
        let (seeker, found) = (Arc::clone(&watch), Arc::new(OnceLock::new()));
        let (goal, finds) = (breakpoint.clone(), Arc::clone(&found));
        let searching = tokio::spawn(async move {
            let Some(goal) = goal else { return };
            let Watch { rig, plan, assignments, tell, .. } = &*seeker;
            // There is one search in a run.
            drop(finds.set(breakpoint::search(rig, plan, &goal, assignments, tell.as_ref()).await));
        });
        let ran = crew::run(&plan, &rig, &assignments, Own { report: goose_report, dashboard: goose_dashboard }).await;
        looking.abort();
        // It ends with the run, and has what was found until then.
        drop(searching.await);
        searched = found.get().cloned();
        keep.abort();
        drop(pacer);
        match ran {
            Ok(()) => {}
            // What was measured is worth more than goose's report of it.
            Err(error) if rig.recorder.measurements().iter().any(|one| one.sent() > 0) => tell(News::Trouble(&error.to_string())),
            Err(error) => return Err(engine(error)),
        }
    }
    aftermath::look(&rig, &provider, &endpoints, &assignments, &interrupt, tell.as_ref()).await;
    exporting.finish().await;
    let facts = Facts {
        plan: &plan,
        provider: &provider,
        prepared,
        started,
        interrupted: interrupt.is_cancelled(),
        aborted: watch.aborted.get().cloned(),
        breakpoint: searched,
    };
    Ok(judge(facts, &rig, &vigil, &assignments))
}

/// A plan's name without the path and the ending that it may have.
fn stem(name: &str) -> String {
    Path::new(name).file_stem().map_or_else(|| name.to_owned(), |stem| stem.to_string_lossy().into_owned())
}

fn engine(error: impl std::fmt::Display) -> LoadError {
    LoadError::Engine(error.to_string())
}

/// Makes what the flows need, one flow after the other.
async fn prepare(rig: &Rig, assignments: &[(Arc<Assignment>, usize)], tell: &Tell) -> Result<Preparation, LoadError> {
    let mut prepared = Preparation::default();
    for (assignment, users) in assignments {
        let made = prepare::flow(rig, assignment, *users, tell).await?;
        prepared.chains += made.chains;
        prepared.logins += made.logins;
        prepared.tokens += made.tokens;
        prepared.millis += made.millis;
    }
    Ok(prepared)
}
