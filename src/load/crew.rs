//! Hires goose: a scenario per flow, its users, the ramp, and goose's own report. Everything that goose knows is here.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use goose::client::GooseClientBuilder;
use goose::config::GooseConfiguration;
use goose::goose::{GooseUser, Scenario, Transaction, TransactionFunction, TransactionResult};
use goose::{GooseAttack, GooseError};
use tokio::sync::{RwLock, RwLockReadGuard};
use tokio_util::sync::CancellationToken;

use super::flows::{Assignment, Sample, Shift, Worker};
use super::measure::Step;
use super::pace::Slot;
use super::plan::Plan;
use super::rig::Rig;

/// How long a user sleeps when it has nothing to do, for now or until goose lets it go.
const IDLE: Duration = Duration::from_millis(20);

/// Between two looks whether the course is over, which may come before its time.
const GLANCE: Duration = Duration::from_millis(20);

/// How often goose is told again to stop: its kill switch is cleared when it starts.
const INSISTENCE: Duration = Duration::from_millis(50);

/// goose's kill switch is one per process and reaches every run of it. Users that are there heed their own run's clock alone, but goose lets no more of
/// them in: no run throws the switch while another's users still begin.
static SWITCH: RwLock<()> = RwLock::const_new(());

/// Keeps goose's own words off our streams; installed before goose would install its logger.
struct Mute;

impl log::Log for Mute {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        false
    }

    fn log(&self, _: &log::Record<'_>) {}

    fn flush(&self) {}
}

/// What goose makes of a run by itself.
#[derive(Debug, Default)]
pub struct Own {
    /// Where it writes its HTML report.
    pub report: Option<PathBuf>,
    /// Where its dashboard is to listen, on loopback, where it asks for no token.
    pub dashboard: Option<TcpListener>,
}

/// Runs the plan's users until the plan's course is over or `rig.cut` is cancelled.
///
/// # Errors
/// goose does not take the configuration, cannot write its report, or its dashboard cannot listen.
pub async fn run(plan: &Plan, rig: &Arc<Rig>, assignments: &[(Arc<Assignment>, usize)], own: Own) -> Result<(), GooseError> {
    // Another logger than ours is as good: then goose's is not installed either.
    drop(log::set_logger(&Mute));
    // The dashboard makes goose keep a folder for each run, and lists what else is in the one above: neither is to be the user's.
    let folder = own.dashboard.as_ref().map(|_| tempfile::tempdir()).transpose()?;
    let mut configuration = configuration(plan, assignments, own.report.as_deref());
    if let (Some(listener), Some(folder)) = (&own.dashboard, &folder) {
        let address = listener.local_addr()?;
        configuration.dashboard = true;
        configuration.dashboard_host = Some(address.ip().to_string());
        configuration.dashboard_port = Some(address.port());
        configuration.output_dir = Some(folder.path().join("run").display().to_string());
    }
    let mut attack = GooseAttack::initialize_with_config(configuration)?
        // One shared client that no user sends with: a TLS store per user is what costs memory and time.
        .set_client_builder_without_cookies(GooseClientBuilder::new().without_cookies())?;
    for (assignment, users) in assignments {
        let staff = Staff::new(rig, assignment, plan.pause);
        let scenario = Scenario::new(&assignment.label).set_weight(*users)?.register_transaction(transaction(staff));
        attack = attack.register_scenario(scenario);
    }
    let beginning = tokio::select! {
        () = rig.cut.cancelled() => return Ok(()),
        beginning = SWITCH.read() => beginning,
    };
    let ended = CancellationToken::new();
    let crew = assignments.iter().map(|(assignment, _)| Arc::clone(assignment)).collect();
    let ending = tokio::spawn(end(Arc::clone(rig), crew, plan.most_users(), beginning, ended.clone()));
    // goose takes the port over.
    drop(own.dashboard);
    let outcome = attack.execute().await;
    ended.cancel();
    drop(ending.await);
    outcome.map(drop)
}

/// Tells goose to stop once the run is over: goose knows whole seconds, and nothing of an end that moves.
async fn end(
    rig: Arc<Rig>,
    crew: Vec<Arc<Assignment>>,
    users: usize,
    beginning: RwLockReadGuard<'static, ()>,
    ended: CancellationToken,
) {
    let switch = ended.run_until_cancelled(async {
        let begun = || crew.iter().map(|assignment| assignment.post.users()).sum::<usize>();
        while begun() < users && !is_closed(&rig) {
            tokio::time::sleep(GLANCE).await;
        }
        drop(beginning);
        while !is_closed(&rig) {
            tokio::select! {
                () = tokio::time::sleep(GLANCE) => {}
                () = rig.cut.cancelled() => {}
            }
        }
        SWITCH.write().await
    });
    let Some(_switch) = switch.await else { return };
    while !ended.is_cancelled() {
        goose::trigger_killswitch("the run was ended");
        drop(tokio::time::timeout(INSISTENCE, ended.cancelled()).await);
    }
    goose::reset_killswitch();
}

/// Whether no user has anything to do any more.
fn is_closed(rig: &Rig) -> bool {
    rig.course.is_closed() || rig.cut.is_cancelled()
}

fn configuration(plan: &Plan, assignments: &[(Arc<Assignment>, usize)], report: Option<&Path>) -> GooseConfiguration {
    let origin = assignments.first().map(|(assignment, _)| assignment.token.url.origin().ascii_serialization());
    // goose divides in single precision: an instant ramp is one that takes a millisecond. Where arrivals are planned, it is their rate
    // that rises, and all users are there from the beginning.
    let ramp = if plan.arrivals.is_some() { 0.001 } else { plan.ramp.as_secs_f64().max(0.001) };
    let mut it = GooseConfiguration::default();
    it.host = origin;
    it.users = Some(plan.most_users());
    it.increase_rate = Some(format!("{}", plan.most_users() as f64 / ramp));
    // Our own clock ends the run; this is only so long that a fault of ours would not leave it running.
    it.run_time = Some(format!("{}s", (plan.timetable().ends() + plan.timeout).as_secs_f64().ceil() + 60.0));
    it.report_file = report.map(|path| path.display().to_string()).into_iter().collect();
    it.quiet = 1;
    it.no_print_metrics = true;
    // goose counts anew once all users run: its report is of the hold, ours of the whole. To have it otherwise it would have
    // to print a line of its own.
    it.no_reset_metrics = false;
    it.no_transaction_metrics = true;
    it.no_scenario_metrics = true;
    // Whoever could stop or change the run from outside would end it behind the back of our own clock: goose's controllers stay off, and the
    // control of its dashboard too.
    it.no_telnet = true;
    it.no_websocket = true;
    it
}

/// What the users of a flow have in common.
struct Staff {
    rig: Arc<Rig>,
    assignment: Arc<Assignment>,
    /// Each step as goose's report names it.
    names: Vec<(Step, String)>,
    pause: Duration,
}

impl Staff {
    fn new(rig: &Arc<Rig>, assignment: &Arc<Assignment>, pause: Duration) -> Self {
        let name = |step: Step| (step, format!("{}/{}", assignment.label, step.name()));
        Self {
            rig: Arc::clone(rig),
            assignment: Arc::clone(assignment),
            names: assignment.plan.steps().into_iter().map(name).collect(),
            pause,
        }
    }

    fn name(&self, step: Step) -> &str {
        self.names.iter().find(|(other, _)| *other == step).map_or("", |(_, name)| name.as_str())
    }
}

fn transaction(staff: Staff) -> Transaction {
    let name = staff.assignment.label.clone();
    let staff = Arc::new(staff);
    let function: TransactionFunction = Arc::new(move |user| {
        let staff = Arc::clone(&staff);
        Box::pin(async move { work(user, &staff).await })
    });
    Transaction::new(function).set_name(&name)
}

/// All that a user does, in one pass of goose's: its flow over and over, until the run is over.
async fn work(user: &mut GooseUser, staff: &Staff) -> TransactionResult {
    let Staff { rig, assignment, .. } = staff;
    rig.course.begin();
    // goose asks for one pass after the other until it was told to stop.
    if is_closed(rig) {
        tokio::time::sleep(IDLE).await;
        return Ok(());
    }
    let number = assignment.post.user_began();
    let mut worker = Worker::new(assignment, rig.recorder.user_began(), rig.timeout);
    while !is_closed(rig) {
        let Some(turn) = turn(rig, assignment, number).await else { continue };
        let entry = assignment.post.begin(&rig.course, turn);
        let mut shift = Shift::new(rig, &assignment.label, turn.map(|slot| slot.due));
        worker.once(&mut shift).await;
        if !shift.has_asked {
            assignment.post.withdraw(entry);
        }
        for Sample { step, took, fault } in shift.samples {
            let (status, error) = match &fault {
                None => (Some(200), None),
                Some(fault) => (fault.status(), Some(fault.to_string())),
            };
            let name = staff.name(step);
            user.record_custom_request_duration(step.method(), name, took, fault.is_none(), status, error.as_deref()).await?;
        }
        if !staff.pause.is_zero() {
            rig.rest(staff.pause).await;
        }
    }
    Ok(())
}

/// Waits until the user may run its flow once more: none when it may not, for now or at all.
async fn turn(rig: &Rig, assignment: &Assignment, number: usize) -> Option<Option<Slot>> {
    let is_over = if assignment.lane.is_some() { is_closed(rig) } else { rig.is_over() };
    if is_over || !is_at_work(rig, assignment, number) {
        tokio::time::sleep(IDLE).await;
        return None;
    }
    let slot = match &assignment.lane {
        None => None,
        Some(lane) => Some(lane.take(&rig.course, &rig.cut).await?),
    };
    if !rig.obedience.wait(rig).await || !rig.course.takes() {
        return None;
    }
    Some(slot)
}

/// Whether the plan's stages have a place for the flow's user of this number now.
fn is_at_work(rig: &Rig, assignment: &Assignment, number: usize) -> bool {
    assignment.lane.is_some() || {
        let table = rig.course.table();
        // goose lets the users of the ramp in one by one.
        let now = rig.course.elapsed().max(table.hold_begins());
        table.level(now) * assignment.crew_share > number as f64
    }
}
