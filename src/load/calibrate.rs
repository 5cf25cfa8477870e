//! What the generator of this machine can do: it is run against the reference server with more and more users until they bring no more
//! answers, and with more and more arrivals until they no longer begin in time.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio_util::sync::CancellationToken;

use super::breakpoint::Goal;
use super::export::Exports;
use super::measure::clocks::{Machine, cpu_time, cpu_time_of};
use super::pace::Shard;
use super::plan::{Plan, Rate, Warmup};
use super::run::{LoadError, Order, run};
use super::tell::{News, Tell};
use crate::provider::Provider;
use crate::verdict::{Calibration, Ceiling, Cost, Limit, LoadRun, Measurement, Pacing, Rung};

/// The flows that are tried where no plan is named, as plans spell them: a grant of its own, a write per request, and a look-up.
const KINDS: [&str; 3] = ["{ flow: client_credentials }", "{ flow: refresh }", "{ flow: introspection, tokens: { live: 100% } }"];

/// More users that bring less than this times as many answers are enough.
const GAIN: f64 = 1.03;

/// How long each number of users is measured.
const RUNG: Duration = Duration::from_secs(1);

/// What the first requests of a user cost besides.
const WARMUP: Duration = Duration::from_millis(200);

/// Users that take the arrivals.
const TAKERS: usize = 128;

/// What has to hold while arrivals come faster and faster; the first part is the generator's own.
const IN_TIME: &str = "lag < 1ms";
const ANSWERED: &str = "late < 1%, errors < 1%";

/// How much is tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extent {
    /// So many users at once, in order, as long as they bring more answers.
    pub users: Vec<usize>,
    /// So many users show what a user takes of memory.
    pub crowd: usize,
    /// How long a rate that holds is looked for.
    pub search: Duration,
}

/// As much as a minute is enough for.
impl Default for Extent {
    fn default() -> Self {
        Self { users: vec![1, 4, 16, 64], crowd: 500, search: Duration::from_secs(30) }
    }
}

/// Where and how it is measured.
pub struct Bench {
    /// The reference server.
    pub provider: Provider,
    /// Its process.
    pub server: Option<u32>,
    /// Whose flows are tried in place of those that are tried by default.
    pub plan: Option<Plan>,
    /// How much is tried.
    pub extent: Extent,
    /// Ends it at once when it is cancelled.
    pub interrupt: CancellationToken,
    /// Where news goes.
    pub tell: Arc<Tell>,
}

/// Measures what the generator can do; by default it takes about a minute.
///
/// # Errors
/// [`LoadError`]; also where it was ended before its time: half of it says nothing.
pub async fn calibrate(bench: Bench) -> Result<Calibration, LoadError> {
    let started = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let subjects = match &bench.plan {
        Some(plan) => vec![(plan.name.clone(), plan.clone())],
        None => KINDS.iter().map(|kind| subject(kind)).collect(),
    };
    let began = bench.clocks();
    // First: the most that a process held never falls, and it holds less for one user than after a climb.
    let memory = bench.crowd().await?;
    let mut ceilings = Vec::new();
    for (name, plan) in &subjects {
        ceilings.push(Ceiling { name: name.clone(), rungs: bench.rungs(name, plan, cores).await? });
    }
    let best = ceilings[0].best().map_or(0.0, |rung| rung.rate);
    let (name, plan) = &subjects[0];
    let pacing = bench.pacing(name, plan, best).await?;
    let (before, after) = (began, bench.clocks());
    let others = after.0.zip(before.0).and_then(|(now, then)| now.others_since(then, after.1.saturating_sub(before.1)));
    let flowproof = env!("CARGO_PKG_VERSION").to_owned();
    Ok(Calibration { flowproof, started, cores, others, ceilings, pacing, memory_per_thousand_users: memory })
}

/// A plan of one flow, and its name.
fn subject(flow: &str) -> (String, Plan) {
    let text = format!("users: 1\nhold: 1s\ntimeout: 5s\nflows: [{flow}]\n");
    let plan = Plan::parse(&text, "calibration").expect("a constant plan parses");
    (plan.flows[0].label().to_owned(), plan)
}

impl Bench {
    /// What the machine has done so far, and what the generator and the server have.
    fn clocks(&self) -> (Option<Machine>, Duration) {
        (Machine::look(), cpu_time() + self.server.and_then(cpu_time_of).unwrap_or_default())
    }

    async fn run(&self, plan: Plan, goal: Option<Goal>) -> Result<LoadRun, LoadError> {
        let ran = run(
            self.provider.clone(),
            Order {
                plan,
                breakpoint: goal,
                server: self.server,
                targets: Vec::new(),
                goose_report: None,
                exports: Exports::default(),
                interrupt: self.interrupt.clone(),
                tell: Arc::clone(&self.tell),
            },
        )
        .await?;
        if ran.interrupted { Err(LoadError::Interrupted) } else { Ok(ran) }
    }

    /// More and more users, until they bring no more answers.
    async fn rungs(&self, name: &str, plan: &Plan, cores: usize) -> Result<Vec<Rung>, LoadError> {
        let mut rungs: Vec<Rung> = Vec::new();
        for users in self.extent.users.iter().copied().filter(|users| *users >= plan.flows.len()) {
            (self.tell)(News::Calibrating { what: name, users });
            let ran = self.run(closed(plan, users), None).await?;
            let next = rung(&ran, users, cores);
            let gains = rungs.last().is_none_or(|last| next.rate > last.rate * GAIN);
            rungs.push(next);
            if !gains {
                break;
            }
        }
        Ok(rungs)
    }

    /// What a thousand users take of memory: a crowd's most, less that of one user.
    async fn crowd(&self) -> Result<Option<u64>, LoadError> {
        let (name, plan) = subject(KINDS[0]);
        let crowd = self.extent.crowd;
        let before = self.run(closed(&plan, 1), None).await?.generator.peak_memory;
        (self.tell)(News::Calibrating { what: &name, users: crowd });
        let after = self.run(closed(&plan, crowd), None).await?.generator.peak_memory;
        Ok(before.zip(after).map(|(before, after)| after.saturating_sub(before) * 1000 / (crowd as u64 - 1).max(1)))
    }

    /// More and more arrivals, until they do not begin in time.
    async fn pacing(&self, name: &str, plan: &Plan, best: f64) -> Result<Pacing, LoadError> {
        let goal: Goal = format!("{IN_TIME}, {ANSWERED}").parse().expect("a constant goal parses");
        let rate: Rate = format!("{:.0}/s", (best / 4.0).max(1.0)).parse().expect("a rate that was measured is one");
        let mut open = closed(plan, TAKERS);
        (open.arrivals, open.warmup, open.hold) = (Some(rate), Warmup::For(Duration::from_secs(1)), self.extent.search);
        let search = self.run(open, Some(goal.quick())).await?.breakpoint.ok_or(LoadError::Interrupted)?;
        let broken = search.attempts.iter().filter(|attempt| !attempt.held).min_by(|one, other| one.rate.total_cmp(&other.rate));
        let limit = match broken {
            None => Limit::None,
            Some(attempt) if attempt.missed.iter().any(|missed| missed == IN_TIME) => Limit::Generator,
            Some(_) => Limit::Server,
        };
        Ok(Pacing { name: name.to_owned(), users: TAKERS, search, limit })
    }
}

/// The plan's flows by so many users, as fast as they are answered, for as long as a rung is measured.
fn closed(plan: &Plan, users: usize) -> Plan {
    let mut closed = plan.clone();
    (closed.users, closed.arrivals, closed.count) = (users, None, None);
    (closed.ramp, closed.warmup, closed.hold, closed.pause) = (Duration::ZERO, Warmup::For(WARMUP), RUNG, Duration::ZERO);
    closed.shard = Shard::whole();
    closed.stages.clear();
    closed.thresholds.clear();
    closed.flows.iter_mut().for_each(|flow| flow.thresholds.clear());
    closed
}

fn rung(ran: &LoadRun, users: usize, cores: usize) -> Rung {
    let mut whole = Measurement::default();
    for step in &ran.steps {
        whole.merge(step);
    }
    let (answers, held) = (whole.count().max(1) as f64, ran.held_seconds.max(f64::EPSILON));
    let cost = |seconds: f64| Cost { micros_per_answer: seconds * 1e6 / answers, share: seconds / (held * cores as f64) };
    Rung {
        users,
        rate: whole.rate(held).unwrap_or_default(),
        error_percent: whole.error_share() * 100.0,
        p50_us: whole.latency.quantile(0.5).unwrap_or_default(),
        p99_us: whole.latency.quantile(0.99).unwrap_or_default(),
        generator: cost(ran.generator.cpu_seconds),
        server: ran.generator.server_cpu_seconds.map(cost),
    }
}
