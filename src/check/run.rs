//! Plays the chosen checks side by side, and makes a run of what they found.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::applicability::{Place, place};
use super::catalog::{Catalog, Check};
use super::cleanup::Leftovers;
use super::collector;
use super::health::Health;
use super::hush::Hush;
use super::order::features;
use super::playing::play;
use super::scene::Sessions;
use super::stage::Stage;
use super::turns::{Act, Turns};
use crate::provider::Target;
use crate::verdict::{FailOn, Finding, Outcome, Policy, Profile, RateLimit, Run};
use crate::wire::{Rested, Wire};

/// How a run is played.
#[derive(Clone, Debug)]
pub struct Options {
    /// The set of specifications to judge by.
    pub profile: Profile,
    /// From which level on the run fails.
    pub fail_on: FailOn,
    /// How long the user is willing to wait for one check.
    pub max_wait: Duration,
    /// Scenarios side by side.
    pub jobs: usize,
    /// Checks that may stay inconclusive.
    pub allow_inconclusive: Vec<String>,
    /// The filters, as the report names them.
    pub selection: Vec<String>,
    /// The order of play: that of the catalogue, or shuffled by this seed.
    pub shuffle: Option<u64>,
    /// The longest that one step may take, waiting aside.
    pub step_limit: Duration,
    /// When the whole run ends at the latest.
    pub limit: Option<TimeLimit>,
    /// Whether a host other than loopback may be flooded and guessed at.
    pub intrusive: bool,
    /// Whether what the run obtained is revoked at its end; where nothing is said, of every provider but the reference server.
    pub cleanup: Option<bool>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            profile: Profile::default(),
            fail_on: FailOn::default(),
            max_wait: Duration::from_secs(30),
            jobs: 16,
            allow_inconclusive: Vec::new(),
            selection: Vec::new(),
            shuffle: None,
            step_limit: Duration::from_secs(90),
            limit: None,
            intrusive: false,
            cleanup: None,
        }
    }
}

/// When a run ends at the latest: it counts from the program's start, so that what comes before the checks counts as well.
#[derive(Clone, Copy, Debug)]
pub struct TimeLimit {
    began: Instant,
    limit: Duration,
}

impl TimeLimit {
    /// This long from that moment on.
    pub fn from(began: Instant, limit: Duration) -> Self {
        Self { began, limit }
    }

    /// How much of it is left.
    fn left(&self) -> Duration {
        self.limit.saturating_sub(self.began.elapsed())
    }

    /// Ends when the time is up.
    pub async fn is_up(self) {
        tokio::time::sleep(self.left()).await;
    }
}

impl fmt::Display for TimeLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the run's time was up (--timeout {})", self.limit.as_secs())
    }
}

/// A run, and whether a bug of flowproof's own showed in it.
pub struct Played {
    /// What was found.
    pub run: Run,
    /// The ids of checks in which flowproof itself failed.
    pub bugs: Vec<String>,
}

/// How long the revocations at the end of a run may take.
const CLEANUP: Duration = Duration::from_secs(10);

/// The same, where somebody waits for the run to end.
const CLEANUP_IN_HASTE: Duration = Duration::from_secs(2);

/// Plays the checks against the targets; each on the first target that satisfies its needs.
///
/// `heard` is told of each finding as it is made. `stop` ends the run early; what was not played is inconclusive.
pub async fn run(
    catalog: &Catalog,
    checks: &[Arc<Check>],
    targets: &[Arc<Target>],
    wire: &Wire,
    options: &Options,
    stop: &CancellationToken,
    heard: Rc<dyn Fn(&Finding)>,
) -> Played {
    let _hush = Hush::begin();
    let (began, started) = (Instant::now(), timestamp());
    let stage = Rc::new(Stage {
        places: RefCell::new(BTreeMap::new()),
        wire: wire.clone(),
        options: options.clone(),
        findings: RefCell::new(Vec::new()),
        sessions: Sessions::default(),
        health: Health::default(),
        leftovers: Leftovers::default(),
        turns: Turns::default(),
        bugs: RefCell::new(BTreeSet::new()),
        heard,
    });
    for check in checks {
        match place(check, targets, options.profile, options.max_wait, options.intrusive) {
            Place::On(target) => {
                stage.places.borrow_mut().insert(check.id.clone(), (check.clone(), target));
            }
            Place::Nowhere(reason) => stage.found(collector::unplayed(check, options.profile, Outcome::NotApplicable, reason)),
        }
    }
    let acts = Act::ALL.map(|act| features(catalog, &stage.places.borrow(), act, options.shuffle));
    let playing = async {
        for features in acts.into_iter().filter(|features| !features.is_empty()) {
            play(stage.clone(), features, options.jobs).await;
        }
    };
    let interruption = tokio::select! {
        () = playing => None,
        () = stop.cancelled() => Some("the run was interrupted".to_owned()),
        limit = time_is_up(options.limit) => Some(limit.to_string()),
    };
    let interruption = interruption.or_else(|| wire.shut_because().map(str::to_owned));
    let within = match (&interruption, options.limit) {
        (None, Some(limit)) => CLEANUP.min(limit.left()),
        (None, None) => CLEANUP,
        (Some(_), _) => CLEANUP_IN_HASTE,
    };
    let cleanup = stage.leftovers.revoke(wire, within).await;
    let (mut findings, mut bugs) = (stage.findings.take(), stage.bugs.take());
    let played: BTreeSet<String> = findings.iter().map(|finding| finding.id.clone()).collect();
    for check in checks.iter().filter(|check| !played.contains(&check.id)) {
        let reason = if let Some(reason) = &interruption {
            reason.clone()
        } else {
            bugs.insert(check.id.clone());
            collector::bug("it was never played")
        };
        findings.push(collector::unplayed(check, options.profile, Outcome::Inconclusive, reason));
    }
    findings.sort_by(|a, b| a.id.cmp(&b.id));
    let causes = Run::group_causes(&mut findings);
    let policy = Policy {
        profile: options.profile,
        fail_on: options.fail_on,
        max_wait_seconds: options.max_wait.as_secs(),
        allow_inconclusive: options.allow_inconclusive.clone(),
        selection: options.selection.clone(),
        jobs: options.jobs,
    };
    let run = Run {
        flowproof: env!("CARGO_PKG_VERSION").to_owned(),
        started,
        millis: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        issuers: targets.iter().map(|target| target.provider.issuer.clone()).collect(),
        connection: wire.connect().remarks(),
        verdict: Run::judge(&findings, &policy),
        policy,
        interrupted: interruption.is_some(),
        interruption,
        cleanup,
        rate_limit: rate_limit(wire.rested()),
        findings,
        causes,
        baseline: None,
    };
    Played { run, bugs: bugs.into_iter().collect() }
}

fn rate_limit(rested: Rested) -> Option<RateLimit> {
    let Rested { answers, held_back, time } = rested;
    let rested_millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    (answers > 0).then_some(RateLimit { answers, held_back, rested_millis })
}

/// Ends when the time is up, and says so; never, where there is no limit.
pub async fn time_is_up(limit: Option<TimeLimit>) -> TimeLimit {
    match limit {
        Some(limit) => {
            limit.is_up().await;
            limit
        }
        None => std::future::pending().await,
    }
}

/// Now, as RFC 3339 writes it.
fn timestamp() -> String {
    humantime::format_rfc3339_seconds(std::time::SystemTime::now()).to_string()
}
